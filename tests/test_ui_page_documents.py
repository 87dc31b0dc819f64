"""The documents on the page: read, added, chosen, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browsing import find, shown, wait_until
from by_heart import SECOND

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


def test_documents_can_be_read_without_a_question(browser: Chrome) -> None:
    """The list opens a document at its beginning, and the document leads back to the list."""
    find(browser, "#reader .contents button[data-source]")[1].click()
    wait_until(browser, lambda: shown(browser).source == SECOND)
    assert shown(browser).marked == ""
    find(browser, "#reader [data-contents]")[0].click()
    wait_until(browser, lambda: find(browser, "#reader .contents li"))
