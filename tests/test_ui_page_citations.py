"""The citations on the page: every one opens its document at its words, whatever the file and its letters are."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import docx
import pytest
from browsing import ask, click, find, open_page, shown, texts, wait_shown, wait_until
from by_heart import Scripted, answer, cite, pin
from reportlab.pdfgen.canvas import Canvas
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from rag import Assistant
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder
    from ui.serving import RunningPage

HOSTILE = (
    "Trap\r\n\r\n<img src=x onerror=\"document.title='caught'\"> costs ${6*7} {{value}}.\r\n\r\n"
    "<script>document.title='caught'</script> & 'more'.\r\n"
)
FILLER = "\n".join(f"Line {number} says nothing that matters here." for number in range(1, 61))
QUOTES = (
    ("windows.txt", "It has 14 cranes."),  # BOM and CRLF before it
    ("notes.md", "It feeds 40,000 bees & <b>one</b> keeper."),
    ("notes.md", "Close the lower entrance"),  # in a list item, under a heading
    ("emoji.txt", "Η γέφυρα έχει μήκος 120 μέτρα."),  # after letters that JavaScript counts as two
    ("emoji.txt", "桥长120米，建于1931年。"),
    ("emoji.txt", "طول الجسر 120 مترا."),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Scripted:
    """Three files whose letters and line ends differ, and an answer that cites them in several places."""
    corpus = tmp_path_factory.mktemp("written")
    windows = f"The harbour of Ostmark\nBy Jana Weiss\nMarch 3, 2021\n{FILLER}\nThe harbour opened in 2019. It has 14 cranes. It is new.\n{FILLER}\n"
    (corpus / "windows.txt").write_bytes(b"\xef\xbb\xbf" + windows.replace("\n", "\r\n").encode())
    notes = f"# Keeping bees\n\n{FILLER}\n\nA hive stands there. It feeds 40,000 bees & <b>one</b> keeper. So it is.\n\n## Winter\n\n- Feed them.\n- Close the lower entrance, then wait.\n"
    (corpus / "notes.md").write_text(notes, encoding="utf-8")
    letters = f"Bridges 🌉🌉\n{FILLER}\n👩‍🚀 Η αρχή. Η γέφυρα έχει μήκος 120 μέτρα. Τέλος.\n😀 很久以前。桥长120米，建于1931年。\nجسر قديم. طول الجسر 120 مترا. النهاية.\n"
    (corpus / "emoji.txt").write_text(letters, encoding="utf-8")
    assistant = Scripted(corpus, tmp_path_factory.mktemp("index"), encoder=encoder, answers={})
    assistant.answers["All?"] = answer("All?", pin(assistant, *QUOTES))
    return assistant


# Of the formats whose text a reader makes: a real question, since the answer must come from that very file.
FORMATS = {
    "tower.html": ("How high is the tower of Brill?", "The tower of Brill is 61 metres high."),
    "mill.docx": ("When was the mill of Acme built?", "The mill of Acme was built in 1912."),
    "bridge.pdf": ("How long is the bridge of Karst?", "The bridge of Karst is 77 metres long."),
}


@pytest.fixture(scope="module")
def formats_page(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Iterator[RunningPage]:
    """A web page, a Word file, and a PDF whose sentence stands on its second page."""
    corpus = tmp_path_factory.mktemp("formats")
    lines = FILLER.splitlines()
    texts_of = {name: [*lines, f"It is old. {words} Nobody minds."] for name, (_, words) in FORMATS.items()}
    page = "".join(f"<p>{line}</p>" for line in texts_of["tower.html"])
    (corpus / "tower.html").write_text(f"<html><title>Towers</title><body><h1>Towers</h1>{page}</body></html>", encoding="utf-8")
    document = docx.Document()
    for line in texts_of["mill.docx"]:
        document.add_paragraph(line)
    document.save(str(corpus / "mill.docx"))
    canvas = Canvas(str(corpus / "bridge.pdf"))
    canvas.drawString(60, 780, "The first page speaks of something else.")
    canvas.showPage()
    canvas.drawString(60, 780, texts_of["bridge.pdf"][-1])
    canvas.save()
    assistant = Assistant(corpus, tmp_path_factory.mktemp("index"), encoder=encoder)
    with closing(serve(assistant, port=0, block=False)) as running:
        yield running


@pytest.fixture(scope="module")
def written_page(written: Scripted) -> Iterator[RunningPage]:
    with closing(serve(written, port=0, block=False)) as running:
        yield running


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Scripted:
    """One document of markup with CRLF line ends, cited across two paragraphs."""
    corpus = tmp_path_factory.mktemp("hostile")
    (corpus / "trap.txt").write_bytes(HOSTILE.encode())
    assistant = Scripted(corpus, tmp_path_factory.mktemp("index"), encoder=encoder, answers={})
    assistant.answers["Trap?"] = answer("Trap?", cite(assistant, ("trap.txt", 2, 3)))
    return assistant


def test_every_citation_marks_its_words(chrome: Chrome, written_page: RunningPage, written: Scripted) -> None:
    """Whatever stands before them, what is marked is the quote, to the letter, in its paragraph, in view."""
    turn = ask(open_page(chrome, written_page), "All?")
    citations = written.answers["All?"].citations
    markers = turn.find_elements("css selector", ".marker")
    assert [marker.text for marker in markers] == ["[1]", "[2]", "[3]", "[4]", "[5]", "[6]"]
    for marker, citation, (_, words) in zip(markers, citations, QUOTES, strict=True):
        marker.click()
        wait_shown(chrome, citation)
        assert shown(chrome).marked == words


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_citation_of_every_format_marks_its_words(chrome: Chrome, formats_page: RunningPage, name: str) -> None:
    """Of a web page, a Word file and a PDF the reader's text is shown; the quote is marked in it, and a PDF's page is told."""
    question, words = FORMATS[name]
    turn = ask(open_page(chrome, formats_page), question)
    turn.find_elements("css selector", ".marker")[0].click()
    wait_until(chrome, lambda: shown(chrome).source == name and shown(chrome).in_view)
    assert shown(chrome).marked == words
    assert ("page 2" in turn.find_element("css selector", ".sources").text) == (name == "bridge.pdf")


def test_the_page_of_a_pdf_is_told_on_the_card_and_copied(chrome: Chrome, formats_page: RunningPage) -> None:
    """In the words of the list of sources."""
    question, words = FORMATS["bridge.pdf"]
    turn = ask(open_page(chrome, formats_page), question)
    (where,) = {one for one in texts(chrome, ".sources .where span") if "paragraph" in one}
    assert where.startswith("page 2, paragraph ")
    chrome.execute_script("arguments[0].focus()", turn.find_elements("css selector", ".marker")[0])
    wait_until(chrome, lambda: texts(chrome, "#card")[0].endswith(f" · {where}"))
    turn.find_elements("css selector", ".marker")[0].click()
    wait_until(chrome, lambda: shown(chrome).source == "bridge.pdf")
    assert copy_citation(chrome, formats_page) == f"bridge.pdf, {where}: “{words}”"


def test_previous_and_next_walk_through_the_citations(chrome: Chrome, written_page: RunningPage, written: Scripted) -> None:
    """From the first to the last and back, across documents; at either end there is no further."""
    ask(open_page(chrome, written_page), "All?")
    citations = written.answers["All?"].citations
    wait_shown(chrome, citations[0])
    for number, citation in enumerate(citations[1:], start=2):
        click(chrome, "#reader [data-step='1']")
        wait_shown(chrome, citation)
        wait_until(chrome, lambda number=number: texts(chrome, "#reader .step") == [f"{number} of 6"])
    assert not find(chrome, "#reader [data-step='1']")[0].is_enabled()
    click(chrome, "#reader [data-step='-1']")
    wait_shown(chrome, citations[-2])


def test_the_card_shows_what_a_marker_cites(chrome: Chrome, written_page: RunningPage) -> None:
    """At the pointer and at the focus: quote, title, date and paragraph; Esc hides it, and leaving does."""
    turn = ask(open_page(chrome, written_page), "All?")
    first, second = turn.find_elements("css selector", ".marker")[:2]
    card = lambda: "\n".join(one.text for one in find(chrome, "#card") if one.is_displayed())  # noqa: E731
    ActionChains(chrome).move_to_element(first).perform()
    wait_until(chrome, card)
    assert card().splitlines() == ["It has 14 cranes.", "The harbour of Ostmark · 3 Mar 2021 · paragraph 64"]
    assert first.get_attribute("aria-describedby") == "card"
    ActionChains(chrome).send_keys(Keys.ESCAPE).perform()
    wait_until(chrome, lambda: not card())
    ActionChains(chrome).move_to_element(second).perform()
    wait_until(chrome, lambda: card().splitlines() == ["It feeds 40,000 bees & <b>one</b> keeper.", "Keeping bees · paragraph 62"])
    ActionChains(chrome).move_to_element(find(chrome, "#masthead h1")[0]).perform()
    wait_until(chrome, lambda: not card())
    chrome.execute_script("arguments[0].focus()", first)
    wait_until(chrome, lambda: "14 cranes" in card())
    assert first.get_attribute("aria-describedby") == "card"
    first.click()  # the document shows the quote now, and the card would stand over other markers
    wait_until(chrome, lambda: not card())


def test_a_citation_is_copied(chrome: Chrome, written_page: RunningPage) -> None:
    """With its file and paragraph, for a paper or a mail; the button says that it was done."""
    ask(open_page(chrome, written_page), "All?")
    assert copy_citation(chrome, written_page) == "windows.txt, paragraph 64: “It has 14 cranes.”"


def copy_citation(chrome: Chrome, page: RunningPage) -> str:
    """Click the button that copies, and return what it copied."""
    allowed = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": page.url}
    chrome.execute_cdp_cmd("Browser.grantPermissions", allowed)
    try:
        click(chrome, "#reader [data-copy]")
        wait_until(chrome, lambda: texts(chrome, "#reader [data-copy]") == ["Copied"])
        return chrome.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    finally:
        chrome.execute_cdp_cmd("Browser.resetPermissions", {})


def test_markup_in_a_document_stays_text(chrome: Chrome, hostile: Scripted) -> None:
    """Tags and templates are shown as they are written, and a quote across CRLF lines is marked to the character."""
    with closing(serve(hostile, port=0, block=False)) as running:
        open_page(chrome, running)
        ask(chrome, "Trap?")
        (citation,) = hostile.answers["Trap?"].citations
        assert "\r\n\r\n" in citation.quote
        wait_until(chrome, lambda: shown(chrome).marked == citation.quote)
        assert chrome.title == "Pincite"
        assert not find(chrome, "#reader img, #reader script, #conversation img")


def test_sources_that_differ_are_compared(chrome: Chrome, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """A table gives each value with its source, date and paragraph, the newest first, and a marker that opens it."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "old.txt").write_text("The port\nMarch 3, 2019\nThe port of Ostmark has 14 cranes.\n", encoding="utf-8")
    (corpus / "new.txt").write_text("The harbour\nMay 9, 2023\nA word before.\nThe port of Ostmark has 17 cranes.\n", encoding="utf-8")
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    with closing(serve(assistant, port=0, block=False)) as running:
        ask(open_page(chrome, running), "How many cranes does the port of Ostmark have?")
        assert texts(chrome, ".conflict th") == ["Value", "Source", "Date", "Paragraph"]
        assert texts(chrome, ".conflict td") == [
            "17 cranes",
            "new.txt",
            "9 May 2023",
            "4 [1]",
            "14 cranes",
            "old.txt",
            "3 Mar 2019",
            "3 [2]",
        ]
        click(chrome, ".conflict .marker", "[2]")
        wait_until(chrome, lambda: shown(chrome).source == "old.txt")
        assert shown(chrome).marked == "The port of Ostmark has 14 cranes."
