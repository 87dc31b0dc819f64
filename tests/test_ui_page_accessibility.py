"""The page for everybody: on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browsing import ask, find, on_a_phone, wait_shown, wait_until

if TYPE_CHECKING:
    from by_heart import Scripted
    from selenium.webdriver import Chrome


def test_a_phone_stacks_the_panels(browser: Chrome, scripted: Scripted) -> None:
    """At 390 pixels nothing is wider than the window, a marker brings the document into view, and there is a way back."""
    with on_a_phone(browser):
        turn = ask(browser, "Both?")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        turn.find_elements("css selector", ".marker")[1].click()
        wait_shown(browser, scripted.answers["Both?"].citations[1])
        top = "return document.querySelector('#reader').getBoundingClientRect().top"
        wait_until(browser, lambda: 0 <= browser.execute_script(top) < 50)
        find(browser, "#reader .back")[0].click()
        assert browser.switch_to.active_element.text == "[2]"
