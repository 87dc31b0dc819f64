"""Conversations that the page keeps: found again, listed, renamed, exported, rated, and asked anew."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from browsing import ask, click, find, open_page, read_page_file, send, texts, wait_shown, wait_text, wait_until
from by_heart import UNICORNS
from selenium.webdriver.common.keys import Keys

from rag import Assistant
from ui.cli import main
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from by_heart import Scripted
    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder
    from ui.serving import RunningPage

CRANES = "How many cranes does the harbour of Ostmark have?"
OPENED = "When did the harbour of Ostmark open?"


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    """Over three documents, and a fourth that suggests a question."""
    (corpus / "mill.txt").write_text(
        "The mill\n\nAcme Mills was founded in 1912. It is red.\n\nLater, Acme Mills has gathered 14 water wheels.\n\nWe like Acme Mills.\n",
        encoding="utf-8",
    )
    return Assistant(corpus, tmp_path / "index", encoder=encoder)


@pytest.fixture
def opened(chrome: Chrome, assistant: Assistant) -> Iterator[Chrome]:
    """The browser on a page that nobody has asked anything."""
    with closing(serve(assistant, port=0, block=False)) as running:
        yield open_page(chrome, running)


def test_a_new_conversation_forgets_the_old_one(browser: Chrome, scripted: Scripted) -> None:
    """The welcome and the list of documents are back and stay, and the next question has no history."""
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


def test_a_reload_finds_the_conversation_again(opened: Chrome, assistant: Assistant) -> None:
    """Its citations still open, and a follow-up has it behind it."""
    ask(opened, OPENED)
    opened.refresh()
    wait_until(opened, lambda: texts(opened, ".question") == [OPENED])
    wait_until(opened, lambda: find(opened, "#reader .contents"))
    click(opened, ".marker", "[1]")
    wait_shown(opened, assistant.ask(OPENED).citations[0])
    assert "Searched for:" in ask(opened, "and how many cranes does it have?").text


def test_a_new_server_finds_the_conversation_again(chrome: Chrome, corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """A reload of the same window, after the server was started anew, shows it; another window lists it."""
    with closing(serve(Assistant(corpus, tmp_path / "index", encoder=encoder), port=0, block=False)) as running:
        ask(open_page(chrome, running), CRANES)
    port = int(running.url.rpartition(":")[2])
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    with closing(serve(assistant, port=port, block=False)) as running:
        chrome.refresh()
        wait_until(chrome, lambda: texts(chrome, ".question") == [CRANES])
        click(chrome, ".marker", "[1]")
        wait_shown(chrome, assistant.ask(CRANES).citations[0])
        open_page(chrome, running)
        click(chrome, ".earlier button", CRANES)
        wait_until(chrome, lambda: texts(chrome, ".question") == [CRANES])


def test_conversations_are_listed_renamed_opened_and_deleted(opened: Chrome) -> None:
    """The last touched one comes first; what was deleted is gone after a reload, too."""
    ask(opened, CRANES)
    click(opened, "#new")
    wait_until(opened, lambda: find(opened, ".welcome"))
    ask(opened, OPENED)
    click(opened, "#kept")
    wait_until(opened, lambda: texts(opened, ".kept .title") == [OPENED, CRANES])
    rename = find(opened, ".kept li")[1].find_elements("css selector", ".menu")[0]
    rename.find_element("css selector", "summary").click()
    box = rename.find_element("css selector", "input")
    box.clear()
    box.send_keys("About the harbour", Keys.ENTER)
    wait_until(opened, lambda: texts(opened, ".kept .title") == [OPENED, "About the harbour"])
    click(opened, ".kept [data-open]", "About the harbour")
    wait_until(opened, lambda: texts(opened, ".question") == [CRANES])
    assert texts(opened, ".about > span") == ["About the harbour"]
    click(opened, "#kept")
    wait_until(opened, lambda: len(find(opened, ".kept li")) == 2)
    click(opened, ".kept li:last-child .menu summary", "Delete")
    click(opened, "[data-delete]", "Delete for good")
    wait_until(opened, lambda: texts(opened, ".kept .title") == [OPENED])
    opened.refresh()
    wait_until(opened, lambda: texts(opened, ".earlier .title") == [OPENED])


def test_an_answer_and_a_conversation_are_taken_away(opened: Chrome, corpus: Path, tmp_path: Path) -> None:
    """Each link downloads a document of its form; the JSON of one answer can be verified against the files."""
    ask(opened, CRANES)
    turn = ask(opened, "Who is the director of the harbour of Ostmark?")
    assert [link.get_attribute("textContent") for link in find(opened, ".about .menu a")] == ["Markdown", "HTML", "JSON"]
    for link, begins in zip(find(opened, ".about .menu a"), ("# How many cranes", "<!doctype html>", "{"), strict=True):
        text, disposition = read_page_file(opened, link.get_attribute("href"))
        assert text.startswith(begins)
        assert "14 cranes" in text
        assert "Karel Novotny" in text
        form = link.get_attribute("href").rpartition(".")[2]
        assert disposition == f'attachment; filename="how-many-cranes-does-the-harbour-of-ostmark-have.{form}"'
    turn.find_element("css selector", ".menu summary").click()
    link = turn.find_elements("css selector", ".menu a")[2]
    assert link.text == "JSON"
    text, _ = read_page_file(opened, link.get_attribute("href"))
    assert json.loads(text)["question"] == "Who is the director of the harbour of Ostmark?"
    (tmp_path / "answer.json").write_text(text, encoding="utf-8")
    assert main(["verify", str(tmp_path / "answer.json"), "--corpus", str(corpus)]) == 0
    (corpus / "harbour.txt").write_text("The harbour is closed.\n", encoding="utf-8")
    assert main(["verify", str(tmp_path / "answer.json"), "--corpus", str(corpus)]) == 1


def test_an_answer_is_rated_with_a_reason(opened: Chrome) -> None:
    """The rating and its reason are there after a reload; a second click on it takes it back."""
    ask(opened, CRANES)
    click(opened, "[data-rating]", "No")
    wait_until(opened, lambda: find(opened, "form.reason"))
    find(opened, "form.reason input")[0].send_keys("there are 15", Keys.ENTER)
    wait_until(opened, lambda: texts(opened, "form.reason button") == ["Kept"])
    opened.refresh()
    wait_until(opened, lambda: find(opened, "form.reason input"))
    assert find(opened, "form.reason input")[0].get_attribute("value") == "there are 15"
    assert texts(opened, "[data-rating][aria-pressed=true]") == ["No"]
    click(opened, "button[data-rating]", "No")
    wait_until(opened, lambda: not find(opened, "form.reason"))


def test_a_question_is_asked_again(opened: Chrome, assistant: Assistant) -> None:
    """In its place, of the documents as they are now; what is being typed stays."""
    ask(opened, CRANES)
    file = assistant.corpus / "harbour.txt"
    file.write_text(file.read_text(encoding="utf-8").replace("14 cranes", "15 cranes"), encoding="utf-8")
    assistant.update()
    find(opened, "#composer textarea")[0].send_keys("and its")
    click(opened, "[data-again]")
    wait_text(opened, ".answer", "15 cranes")
    assert texts(opened, ".question") == [CRANES]
    assert find(opened, "#composer textarea")[0].get_attribute("value") == "and its"


def test_the_last_question_is_edited(opened: Chrome) -> None:
    """What is sent takes its place; a cancelled edit leaves the question and an empty box."""
    ask(opened, CRANES)
    box = find(opened, "#composer textarea")[0]
    click(opened, "[data-edit]")
    wait_until(opened, lambda: box.get_attribute("value") == CRANES)
    assert opened.switch_to.active_element == box
    assert texts(opened, ".chip") == ["Editing the last question Cancel"]
    click(opened, "[data-cancel]")
    wait_until(opened, lambda: not find(opened, ".chip"))
    assert box.get_attribute("value") == ""
    assert texts(opened, ".question") == [CRANES]
    click(opened, "[data-edit]")
    wait_until(opened, lambda: box.get_attribute("value") == CRANES)
    box.clear()
    send(opened, OPENED)
    wait_text(opened, ".answer", "2019")
    assert texts(opened, ".question") == [OPENED]
    assert not find(opened, ".chip")


def test_a_suggested_question_is_asked_with_a_click(opened: Chrome) -> None:
    """It follows the answer, and is no longer offered once it was asked."""
    ask(opened, "When was Acme Mills founded?")
    wait_until(opened, lambda: "How many water wheels has Acme Mills gathered?" in texts(opened, ".turn .examples button"))
    click(opened, ".turn .examples button", "How many water wheels")
    wait_until(opened, lambda: len(find(opened, ".turn")) == 2 and not find(opened, ".pending"))
    assert "14 water wheels" in texts(opened, ".answer")[-1]
    assert "How many water wheels has Acme Mills gathered?" not in texts(opened, ".turn .examples button")
