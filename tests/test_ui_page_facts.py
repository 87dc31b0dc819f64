"""The known facts as a person makes them: proposed, looked at, edited, accepted, rejected with single keys, kept, and asked in a run."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from browsing import ask, click, find, open_page, shown, texts, visible, wait_text, wait_until
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from eval.facts import own_facts, read_facts
from rag import Assistant
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder
    from ui.serving import RunningPage

MILL = "Acme Mills was founded in 1912."
QUESTION = "#facts .proposal > h3"


@pytest.fixture
def assistant(tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    """Two documents that answer a question each."""
    folder = tmp_path / "papers"
    folder.mkdir()
    for name, text in (
        ("mill.txt", f"The mill\nApril 1, 2020\n\nOld men like Acme Mills. {MILL}\n"),
        ("works.txt", "The works\nMay 2, 2021\n\nOld men like Brill Works. Brill Works was opened in 1920. It has 14 cranes.\n"),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return Assistant(folder, tmp_path / "index", encoder=encoder)


@pytest.fixture
def running(assistant: Assistant) -> Iterator[RunningPage]:
    with closing(serve(assistant, port=0, block=False)) as page:
        yield page


def press(chrome: Chrome, *keys: str) -> None:
    """Press keys wherever the focus is."""
    ActionChains(chrome).send_keys(*keys).perform()


def proposed(chrome: Chrome, page: RunningPage) -> list[str]:
    """Open the view of known facts, have some proposed, and return how many and the first."""
    open_page(chrome, page)
    click(chrome, "#masthead nav a", "Evaluation")
    click(chrome, "#evaluation .wanted a", "Have some proposed")
    click(chrome, "#facts [data-propose]")
    wait_until(chrome, lambda: visible(chrome, QUESTION))
    return texts(chrome, f"#facts .proposal > .where span:first-child, {QUESTION}")


def focus_on_card(chrome: Chrome) -> object:
    return chrome.execute_script("return document.activeElement.matches('#facts .proposal')")


def test_facts_are_made_and_asked(chrome: Chrome, running: RunningPage, assistant: Assistant) -> None:
    """Proposed, one edited and accepted, the others rejected; a reload finds what is left, and a run asks what was accepted."""
    count, first = proposed(chrome, running)
    assert (count, first) == ("Proposal 1 of 4", "When was Acme Mills founded?")
    wait_until(chrome, lambda: focus_on_card(chrome))
    assert texts(chrome, "#facts mark") == [MILL]
    wait_text(chrome, "#facts .now", "Right by this proposal")
    press(chrome, "e")
    wait_until(chrome, lambda: chrome.execute_script("return document.activeElement.name === 'question'"))
    press(chrome, Keys.END, Keys.BACKSPACE, ", aer?")  # letters that would be keys elsewhere
    chrome.switch_to.active_element.send_keys(Keys.CONTROL, Keys.ENTER)
    wait_text(chrome, QUESTION, "When was Acme Mills founded, aer?")
    wait_until(chrome, lambda: focus_on_card(chrome))
    press(chrome, "a")
    wait_text(chrome, "#facts .said", "Accepted: When was Acme Mills founded, aer?")
    wait_text(chrome, QUESTION, "When was Acme Mills dissolved?")
    press(chrome, "e")
    wait_until(chrome, lambda: [box.is_selected() for box in find(chrome, "#facts [name=unanswerable]")] == [True])
    press(chrome, Keys.ESCAPE)
    wait_until(chrome, lambda: focus_on_card(chrome))
    press(chrome, "r")
    wait_text(chrome, "#facts .said", "Rejected: When was Acme Mills dissolved?")
    press(chrome, "u")
    wait_text(chrome, QUESTION, "When was Acme Mills dissolved?")
    press(chrome, "r")
    wait_text(chrome, QUESTION, "When was Brill Works opened?")
    chrome.refresh()
    wait_text(chrome, QUESTION, "When was Brill Works opened?")
    assert texts(chrome, "#facts .proposal > .where span:first-child") == ["Proposal 1 of 2"]
    click(chrome, "#facts .parts a", "Runs")
    wait_until(chrome, lambda: "2 proposals are not judged yet" in texts(chrome, "#evaluation")[0])
    assert not find(chrome, "[data-evaluate]")
    click(chrome, "#evaluation .wanted a", "Judge them")
    for left in ("Proposal 1 of 1", None):
        click(chrome, "#facts [data-judge=reject]")
        wait_until(chrome, lambda left=left: texts(chrome, "#facts .proposal > .where span:first-child") == ([left] if left else []))
    click(chrome, "#facts [data-score]")
    wait_until(chrome, lambda: visible(chrome, "#evaluation .figures"))
    assert "1 fact, 1 answerable" in texts(chrome, "#evaluation .where")[0]
    assert [fact.question for fact in read_facts(own_facts(assistant.index_dir))] == ["When was Acme Mills founded, aer?"]


def test_the_proof_opens_its_document_and_there_is_a_way_back(chrome: Chrome, running: RunningPage) -> None:
    """At the marked words, in the other view; what was being judged is still there."""
    proposed(chrome, running)
    click(chrome, "#facts [data-judge=next]")
    wait_text(chrome, QUESTION, "When was Acme Mills dissolved?")
    press(chrome, "s")
    wait_text(chrome, QUESTION, "When was Brill Works opened?")
    click(chrome, "#facts figcaption button")
    wait_until(chrome, lambda: shown(chrome).source == "works.txt" and shown(chrome).in_view)
    assert shown(chrome).marked == "Brill Works was opened in 1920."
    assert visible(chrome, "#reader mark")
    click(chrome, "#reader [data-back]", "Back to the proposal")
    wait_until(chrome, lambda: visible(chrome, QUESTION) and focus_on_card(chrome))
    assert texts(chrome, QUESTION) == ["When was Brill Works opened?"]


def test_keys_judge_nothing_while_the_focus_is_elsewhere(chrome: Chrome, running: RunningPage, assistant: Assistant) -> None:
    """A letter typed in the conversation, or with Ctrl, is no decision."""
    proposed(chrome, running)
    kept = own_facts(assistant.index_dir).read_text()
    wait_until(chrome, lambda: focus_on_card(chrome))
    ActionChains(chrome).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).perform()
    chrome.execute_script("document.activeElement.blur()")
    press(chrome, "r")
    click(chrome, "#masthead nav a", "Ask")
    ask(chrome, "area")
    click(chrome, "#masthead nav a", "Evaluation")
    click(chrome, "#evaluation .parts a", "Known facts")
    wait_text(chrome, QUESTION, "When was Acme Mills founded?")
    assert own_facts(assistant.index_dir).read_text() == kept


def test_an_answer_rated_wrong_gets_its_right_answer(chrome: Chrome, running: RunningPage, assistant: Assistant) -> None:
    """It comes first, with what is answered now; accepting it without an answer says what is missing; an edit that is none stays typed."""
    open_page(chrome, running)
    ask(chrome, "How many cranes does Brill Works have?")
    click(chrome, "[data-rating]", "No")
    wait_until(chrome, lambda: visible(chrome, "form.reason"))
    click(chrome, "#masthead nav a", "Evaluation")
    click(chrome, "#evaluation .parts a", "Known facts")
    click(chrome, "#facts [data-propose]")
    wait_text(chrome, QUESTION, "How many cranes does Brill Works have?")
    press(chrome, "a")
    wait_text(chrome, "#facts .notice", "Nobody has written the right answer yet")
    press(chrome, "e")
    wait_until(chrome, lambda: visible(chrome, "#facts form"))
    answers, quote, source = (find(chrome, f"#facts [name={name}]")[0] for name in ("answers", "quote", "source"))
    answers.send_keys("14 cranes")
    quote.send_keys("It has 15 cranes.")
    source.send_keys("works.txt", Keys.ENTER)
    wait_text(chrome, "#facts .notice", "does not stand in works.txt")
    quote = find(chrome, "#facts [name=quote]")[0]
    assert quote.get_attribute("value") == "It has 15 cranes."
    quote.clear()
    quote.send_keys("It has 14  cranes.")
    click(chrome, "#facts [type=submit]")
    wait_until(chrome, lambda: texts(chrome, "#facts mark") == ["It has 14 cranes."])
    press(chrome, "a")
    wait_text(chrome, "#facts .said", "Accepted: How many cranes")
    first = json.loads(own_facts(assistant.index_dir).read_text(encoding="utf-8").splitlines()[0])
    assert (first["answers"], first["evidence"][0]["quote"]) == ([["14 cranes"]], "It has 14 cranes.")
