"""Documents added and removed from the page: what gets into the folder, and what is said of the rest."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from index.errors import CorpusError
from rag import Assistant
from ui.library import Added, add_files, remove_file

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder

TOWER = "The tower of Karst\n\nThe tower of Karst is 77 metres high.\n"


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder, trash: Path) -> Assistant:
    """Over three documents."""
    made = Assistant(corpus, tmp_path / "index", encoder=encoder)
    assert made.index.manifest.sources == 3
    return made


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    return folder


def put(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def last(assistant: Assistant, *files: Path) -> tuple[Added, ...]:
    *_, added = add_files(assistant, files)
    return added


def test_a_file_is_added_and_answers(assistant: Assistant, uploads: Path) -> None:
    """It is moved into the folder, and the next question finds it; how far it is never falls."""
    steps = list(add_files(assistant, [put(uploads, "karst.txt", TOWER)]))
    shares = [added[0].share for added in steps]
    assert shares == sorted(shares)
    assert [added[0].state for added in steps] == ["read", *["indexing"] * (len(steps) - 2), "added"]
    assert steps[-1] == (Added(name="karst.txt", state="added", share=1.0),)
    assert (assistant.corpus / "karst.txt").read_text() == TOWER
    assert "77 metres" in assistant.ask("How high is the tower of Karst?").text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("sheet.xlsx", b"PK", "files of type .xlsx are not read"),
        ("paper.pdf", b"%PDF-1.7", "damaged, or no PDF"),
        ("noise.txt", b"\0\1\2", "binary data"),
        ("latin.txt", "Käse".encode("latin-1"), "not UTF-8"),
        ("empty.md", b" \n", "the file is empty; expected a text"),
        ("harbour.txt", TOWER.encode(), "another document has this name"),
    ],
)
def test_a_file_that_cannot_be_added_says_why(assistant: Assistant, uploads: Path, name: str, content: bytes, said: str) -> None:
    """It never gets into the folder, and what is there stays as it is."""
    before = {path: path.read_bytes() for path in assistant.corpus.rglob("*") if path.is_file()}
    generation = assistant.index.generation
    (added,) = last(assistant, put(uploads, name, content))
    assert added.failed
    assert said in added.state
    assert {path: path.read_bytes() for path in assistant.corpus.rglob("*") if path.is_file()} == before
    assert assistant.index.generation == generation


def test_a_broken_file_does_not_hold_up_the_others(assistant: Assistant, uploads: Path) -> None:
    """Each has its own line, in the order given; the same name twice is added once."""
    twice = uploads / "again"
    twice.mkdir()
    files = [put(uploads, "a.md", TOWER), put(uploads, "b.pdf", b"%PDF"), put(twice, "a.md", TOWER), put(uploads, "c.txt", "Karst is old.")]
    assert [(added.name, added.failed) for added in last(assistant, *files)] == [
        ("a.md", False),
        ("b.pdf", True),
        ("a.md", True),
        ("c.txt", False),
    ]


def test_the_same_file_again_is_there_already(assistant: Assistant, uploads: Path) -> None:
    shutil.copy(assistant.corpus / "harbour.txt", uploads)
    (added,) = last(assistant, uploads / "harbour.txt")
    assert added.state == "is there already, with the same text"


def test_a_removed_document_is_in_the_bin_and_no_longer_found(assistant: Assistant, trash: Path) -> None:
    text = (assistant.corpus / "sub" / "tower.txt").read_text(encoding="utf-8")
    remove_file(assistant, "sub/tower.txt")
    assert assistant.index.store.sources() == ["bees.md", "harbour.txt"]
    assert text in [file.read_text(encoding="utf-8") for file in trash.rglob("tower*.txt")]


def test_the_last_document_can_be_removed(assistant: Assistant) -> None:
    """The folder is empty then, which the next question says."""
    for path in assistant.index.store.sources():
        remove_file(assistant, path)
    with pytest.raises(CorpusError, match="holds no files"):
        assistant.ask("How many cranes are there?")


@pytest.mark.parametrize("path", ["nowhere.txt", "../secret.txt", "/etc/hostname"])
def test_only_a_document_can_be_removed(assistant: Assistant, tmp_path: Path, path: str) -> None:
    """A path that leads out of the folder is no document."""
    secret = put(tmp_path, "secret.txt", "mine")
    with pytest.raises(CorpusError, match="is not among the documents"):
        remove_file(assistant, path)
    assert secret.exists()


def test_a_folder_that_cannot_be_written_is_an_error(assistant: Assistant, uploads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was answered before is answered still."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "copyfile", refuse)  # the tests may run as root, whom no folder refuses
    with pytest.raises(CorpusError, match="cannot be written"):
        last(assistant, put(uploads, "karst.txt", TOWER))
    assert "14 cranes" in assistant.ask("How many cranes does the harbour of Ostmark have?").text
    assert not list(assistant.corpus.glob(".*"))


def test_two_windows_cannot_add_one_name(assistant: Assistant, uploads: Path) -> None:
    """The first stays, the second is told; nothing is overwritten."""
    other = uploads / "other"
    other.mkdir()
    first, second = put(uploads, "karst.txt", TOWER), put(other, "karst.txt", "Another text.\n")
    slow = add_files(assistant, [second])
    next(slow)  # it has been looked at, and the name was free
    last(assistant, first)
    with pytest.raises(CorpusError, match="added by somebody else"):
        list(slow)
    assert (assistant.corpus / "karst.txt").read_text() == TOWER
