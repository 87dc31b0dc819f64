"""The documents on the page: read, added, chosen, removed, and changed behind its back."""

from __future__ import annotations

import shutil
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from browsing import ask, choose_files, click, drop_files, find, open_page, send, shown, texts, wait_text, wait_until
from by_heart import SECOND

from rag import Assistant
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder, Vectors

CRANES = "How many cranes does the harbour of Ostmark have?"
TOWERS = ("Karst", "Velm", "Druna", "Ostra", "Pelin", "Sarn", "Tolva")
BROKEN = {
    "paper.xyz": (b"x", "files of type .xyz are not read"),
    "noise.txt": (b"\0\1\2", "binary data"),
    "latin.txt": ("Käse".encode("latin-1"), "not UTF-8"),
}


class Patient:
    """The real encoder, which can be held up at the text of a document."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder
        self.fingerprint, self.dimension, self.max_tokens = encoder.fingerprint, encoder.dimension, encoder.max_tokens
        self.tokenizer = encoder.tokenizer
        self.go_on = threading.Event()
        self.go_on.set()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode, and wait first where the text is that of a held up document."""
        if any("Tolva is" in text for text in texts):
            assert self.go_on.wait(60)
        return self._encoder.encode(texts)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self.encode(questions)


@pytest.fixture
def patient(encoder: OnnxEncoder) -> Patient:
    return Patient(encoder)


@pytest.fixture
def opened(chrome: Chrome, corpus: Path, tmp_path: Path, patient: Patient, trash: Path) -> Iterator[Chrome]:
    """The browser on a page over three documents."""
    with closing(serve(Assistant(corpus, tmp_path / "index", encoder=patient), port=0, block=False)) as running:
        yield open_page(chrome, running)


@pytest.fixture
def uploads(tmp_path: Path) -> list[Path]:
    """Ten files, of which three cannot be read."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    good = {
        f"{name.lower()}.{kind}": tower(name) for name, kind in zip(TOWERS, ("txt", "md", "txt", "md", "txt", "md", "txt"), strict=True)
    }
    for name, content in {
        **{name: text.encode() for name, text in good.items()},
        **{name: content for name, (content, _) in BROKEN.items()},
    }.items():
        (folder / name).write_bytes(content)
    return sorted(folder.iterdir())


def tower(name: str) -> str:
    """Return a document about a tower whose height is told by its name."""
    return f"The tower of {name}\n\nThe tower of {name} is {100 + TOWERS.index(name)} metres high.\n"


def reload_until(chrome: Chrome, selector: str) -> None:
    """Reload the page until it shows something; it looks at the files no more than once a second."""

    def reloaded() -> bool:
        chrome.refresh()
        wait_until(chrome, lambda: texts(chrome, ".transcript"))
        return bool(find(chrome, selector))

    wait_until(chrome, reloaded)


def test_documents_can_be_read_without_a_question(browser: Chrome) -> None:
    """The list opens a document at its beginning, and the document leads back to the list."""
    find(browser, "#reader .contents button[data-source]")[1].click()
    wait_until(browser, lambda: shown(browser).source == SECOND)
    assert shown(browser).marked == ""
    find(browser, "#reader [data-contents]")[0].click()
    wait_until(browser, lambda: find(browser, "#reader .contents li"))


def test_ten_files_are_added_of_which_three_are_broken(opened: Chrome, uploads: list[Path], patient: Patient) -> None:
    """Each broken one says why; while the others are indexed a question is answered; then all seven answer."""
    patient.go_on.clear()
    choose_files(opened, uploads)
    try:
        wait_until(opened, lambda: len(find(opened, ".added li")) == 10 and find(opened, ".added progress"))
        assert "14 cranes" in ask(opened, CRANES).text
    finally:
        patient.go_on.set()
    wait_until(opened, lambda: len(find(opened, ".contents [data-source]")) == 10)
    for name in TOWERS:
        assert f"{100 + TOWERS.index(name)} metres" in ask(opened, f"How high is the tower of {name}?").text


def test_each_broken_file_says_why(opened: Chrome, uploads: list[Path]) -> None:
    """In its line, beside those that were added; the list of documents has the seven new ones."""
    choose_files(opened, uploads)
    wait_until(opened, lambda: texts(opened, ".added li span:last-child").count("added") == 7)
    failed = dict(line.split("\n", 1) for line in texts(opened, ".added .failed"))
    assert {name: reason in failed[name] for name, (_, reason) in BROKEN.items()} == dict.fromkeys(BROKEN, True)
    assert len(failed) == 3
    assert texts(opened, ".contents .bar [role=status]") == ["10 documents, all asked; tick some to ask only in them"]


def test_dropped_files_are_added(opened: Chrome) -> None:
    """Dropped on the list of documents; the file of another text that has its name stays out."""
    drop_files(opened, [("karst.txt", tower("Karst")), ("velm.md", tower("Velm")), ("harbour.txt", tower("Druna"))])
    wait_until(opened, lambda: texts(opened, ".added li span:last-child").count("added") == 2)
    assert "another document has this name" in texts(opened, ".added .failed")[0]
    assert "100 metres" in ask(opened, "How high is the tower of Karst?").text


def test_files_can_be_added_twice_in_a_row(opened: Chrome, uploads: list[Path]) -> None:
    """The second time says what the first one did."""
    karst = next(file for file in uploads if file.name == "karst.txt")
    for said in ("added", "is there already, with the same text"):
        choose_files(opened, [karst])
        wait_until(opened, lambda said=said: texts(opened, ".added li span:last-child") == [said])


def test_only_ticked_documents_are_asked(opened: Chrome) -> None:
    """The line above the box says so, as does the turn; "Ask all" asks all again, here and in the list."""
    click(opened, "[data-choose='bees.md']")
    wait_until(opened, lambda: texts(opened, ".chip") == ["Asking 1 document only Ask all"])
    assert texts(opened, ".contents .bar [role=status]") == ["1 of 3 documents asked"]
    turn = ask(opened, CRANES)
    assert "Asked in: bees.md" in turn.text
    assert "14 cranes" not in turn.text
    opened.refresh()
    wait_until(opened, lambda: texts(opened, ".chip") == ["Asking 1 document only Ask all"])
    click(opened, ".chip [data-all]")
    wait_until(opened, lambda: not find(opened, ".chip") and not find(opened, "[data-choose]:checked"))
    assert "14 cranes" in ask(opened, CRANES).text


def test_a_removed_document_is_said_to_be_gone(opened: Chrome, corpus: Path, trash: Path) -> None:
    """Its file is in the bin, and the citations of earlier answers say that it is no longer there."""
    text = (corpus / "harbour.txt").read_text(encoding="utf-8")
    ask(opened, CRANES)
    click(opened, "[data-contents]")
    click(opened, "summary[aria-label='Remove The new harbour of Ostmark']")
    click(opened, "[data-remove='harbour.txt']", "Move the file to the bin")
    wait_text(opened, ".said", "harbour.txt was moved to this computer's bin.")
    assert len(find(opened, ".contents [data-source]")) == 2
    wait_text(opened, ".sources .flag", "No longer in the documents")
    assert not (corpus / "harbour.txt").exists()
    assert text in [file.read_text(encoding="utf-8") for file in trash.rglob("harbour*.txt")]
    click(opened, ".marker.stale", "[1]")
    wait_text(opened, "#reader .notice", "harbour.txt is no longer among the documents")


@pytest.mark.parametrize(
    ("before", "after", "said", "note", "marked"),
    [
        ("The harbour of", "Some news.\n\nThe harbour of", "Moved since this answer", "has moved since the answer", "It has 14 cranes."),
        ("14 cranes", "15 cranes", "Changed since this answer", "has changed since the answer", "It has 15 cranes."),
    ],
)
def test_a_changed_document_is_said_to_have_changed(
    opened: Chrome, corpus: Path, before: str, after: str, said: str, note: str, marked: str
) -> None:
    """The citation says so, and opens where its words, or what became of them, stand now."""
    ask(opened, CRANES)
    file = corpus / "harbour.txt"
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    reload_until(opened, ".sources .flag")
    assert texts(opened, ".sources .flag") == [said]
    click(opened, ".marker.stale", "[1]")
    wait_text(opened, "#reader .notice", note)
    assert shown(opened).marked == marked


def test_an_empty_folder_is_a_page_that_takes_files(chrome: Chrome, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """It says that there is nothing yet, a question says so too, and the first file that is added answers."""
    folder = tmp_path / "empty"
    folder.mkdir()
    with closing(serve(Assistant(folder, tmp_path / "index", encoder=encoder), port=0, block=False)) as running:
        open_page(chrome, running)
        wait_text(chrome, ".welcome", "No documents yet in empty")
        assert "holds no files" in ask(chrome, CRANES).text
        drop_files(chrome, [("karst.txt", tower("Karst"))])
        wait_until(chrome, lambda: texts(chrome, ".added li span:last-child") == ["added"])
        assert "100 metres" in ask(chrome, "How high is the tower of Karst?").text


def test_a_folder_that_vanished_is_told_and_forgiven(chrome: Chrome, corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """A question and a reload say that it does not exist; once it is back, the next question is answered."""
    with closing(serve(Assistant(corpus, tmp_path / "index", encoder=encoder), port=0, block=False)) as running:
        open_page(chrome, running)
        away = shutil.move(corpus, tmp_path / "elsewhere")
        reload_until(chrome, ".transcript .notice")
        wait_text(chrome, ".transcript .notice", "does not exist")
        wait_text(chrome, "#reader .notice", "does not exist")
        send(chrome, CRANES)
        wait_until(chrome, lambda: texts(chrome, ".question") == [CRANES] and not find(chrome, ".pending"))
        wait_text(chrome, ".turn .notice", "does not exist")
        shutil.move(away, corpus)
        assert "14 cranes" in ask(chrome, CRANES).text
