"""Conversations that the page keeps: found again, listed, renamed, exported, rated, and mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browsing import ask, find, open_page, wait_until
from by_heart import UNICORNS

if TYPE_CHECKING:
    from by_heart import Scripted
    from selenium.webdriver import Chrome

    from ui.serving import RunningPage


def test_a_new_conversation_forgets_the_old_one(browser: Chrome, scripted: Scripted) -> None:
    """The welcome and the list of documents are back, and the next question has no history."""
    ask(browser, UNICORNS)
    find(browser, "#new")[0].click()
    wait_until(browser, lambda: find(browser, ".welcome") and find(browser, "#reader .contents"))
    ask(browser, "Both?")
    assert scripted.history_of("Both?") == []


def test_each_window_has_its_own_conversation(browser: Chrome, page: RunningPage, scripted: Scripted) -> None:
    """A second window starts empty, and the first one's history stays its own."""
    ask(browser, "Both?")
    first_window = browser.current_window_handle
    open_page(browser, page, beside=True)
    ask(browser, "Tungsten?")
    assert scripted.history_of("Tungsten?") == []
    browser.close()
    browser.switch_to.window(first_window)
    ask(browser, UNICORNS)
    assert scripted.history_of(UNICORNS) == [("Both?", scripted.answers["Both?"].told)]
