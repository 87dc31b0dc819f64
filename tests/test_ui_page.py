"""Asking on the page, and the citations of what it answers: a real server on loopback and a real browser.

The browser tests need Chromium and its driver; without them they are skipped, or fail when REQUIRE_BROWSER is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from browsing import Shown, ask, find, shown, tab_back_to, wait_shown, wait_until
from by_heart import FIRST, SECOND, UNICORNS, Scripted
from selenium.webdriver.common.keys import Keys

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


def test_a_question_is_answered_and_its_place_shown(browser: Chrome, scripted: Scripted) -> None:
    """The answer says 60, names file and paragraph, and the document opens by itself and again at [1]."""
    turn = ask(browser, UNICORNS)
    assert "60" in turn.text
    first = scripted.ask(UNICORNS).citations[0]
    assert (first.source, first.paragraph) == (FIRST, 4)
    source_line = turn.find_element("css selector", ".sources button")
    assert FIRST in source_line.text
    assert "paragraph 4" in source_line.text
    assert source_line.get_attribute("data-quote") == first.quote
    wait_shown(browser, first)
    browser.execute_script("document.querySelector('#reader .scroll').scrollTop = 1e6")
    assert not shown(browser).in_view
    turn.find_element("css selector", ".marker").click()
    wait_shown(browser, first)


def test_another_citation_switches_the_document(browser: Chrome, scripted: Scripted) -> None:
    """[2] opens the other document; its marker and its source line, and no others, are the current ones."""
    turn = ask(browser, "Both?")
    first, second = scripted.answers["Both?"].citations
    wait_shown(browser, first)
    turn.find_elements("css selector", ".marker")[1].click()
    wait_shown(browser, second)
    wait_until(browser, lambda: [b.text for b in find(browser, ".marker[aria-current]")] == ["[2]"])
    turn.find_elements("css selector", ".sources button")[0].click()
    wait_shown(browser, first)


def test_an_abstention_shows_what_came_nearest(browser: Chrome, scripted: Scripted) -> None:
    """It does not look like an answer, opens nothing by itself, and its nearest paragraphs open with a click."""
    turn = ask(browser, "Tungsten?")
    assert "The documents do not answer this question." in turn.text
    assert "Nearest, does not answer" in turn.text
    assert not find(browser, ".marker, .sources")
    assert shown(browser).marked == ""
    nearest = scripted.answers["Tungsten?"].nearest[0].paragraph
    find(browser, ".nearest button")[0].click()
    wait_until(browser, lambda: shown(browser) == Shown(nearest.source, str(nearest.number), nearest.text, in_view=True))


def test_a_follow_up_says_what_was_searched(browser: Chrome) -> None:
    ask(browser, "How many clinical drug approval documents were granted in 2023?")
    turn = ask(browser, "and in 2024?")
    assert "Searched for: How many clinical drug approval documents were granted in 2024?" in turn.text


def test_an_example_is_asked_with_a_click(browser: Chrome) -> None:
    """The welcome counts the documents; an example's answer is no abstention."""
    assert "2 documents, 114 paragraphs" in find(browser, ".welcome")[0].text
    example = find(browser, ".examples button")[0]
    question = example.text
    example.click()
    wait_until(browser, lambda: find(browser, ".turn .marker"))
    assert find(browser, ".question")[0].text == question


def test_errors_leave_the_page_working(browser: Chrome) -> None:
    """A refused question and a bug each show a message, and the next one is answered."""
    assert "The question is empty" in ask(browser, "???").text
    assert "Something went wrong" in ask(browser, "Break!").text
    assert "60" in ask(browser, UNICORNS).text
    assert len(find(browser, ".turn")) == 3


def test_the_page_works_from_the_keyboard(browser: Chrome, scripted: Scripted) -> None:
    """Shift+Tab from the text box reaches the source lines, and then the markers; Enter opens; the focus is visible."""
    ask(browser, "Both?")
    first, second = scripted.answers["Both?"].citations
    tab_back_to(browser, ".sources button")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    wait_shown(browser, second)
    tab_back_to(browser, ".marker")
    focused = browser.switch_to.active_element
    assert focused.text == "[2]"
    assert focused.value_of_css_property("outline-style") == "solid"
    assert focused.get_attribute("aria-label") == f"Source 2: {SECOND}, paragraph 48"
    assert find(browser, "#card")[0].text.startswith(" ".join(second.quote.split())[:40])
    focused.send_keys(Keys.ESCAPE)
    assert not find(browser, "#card")[0].is_displayed()
    focused.send_keys(Keys.ARROW_LEFT)
    assert browser.switch_to.active_element.text == "[1]"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    wait_shown(browser, first)
    browser.find_element("css selector", "#reader .scroll").send_keys(Keys.ARROW_RIGHT)
    wait_shown(browser, second)
    browser.find_element("css selector", "#reader .scroll").send_keys(Keys.ESCAPE)
    assert browser.switch_to.active_element.tag_name == "textarea"
