"""A folder with every type of file: read, indexed, asked, cited with pages, checked again."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING

import docx
import pytest
from reportlab.pdfgen.canvas import Canvas

from index import reading
from index.build import build_index, is_current
from index.errors import SourceError
from index.generations import current_generation, read_manifest
from index.sources import read_source
from index.store import Store
from rag import Answer, Assistant

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder


def write_pdf(file: Path, captain: str) -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    for page in (["The ferry of Lund", "", "The ferry of Lund was built by a yard in Visby."], [f"The captain of the ferry is {captain}."]):
        for line, text in enumerate(page):
            canvas.drawString(60, 700 - 30 * line, text)
        canvas.showPage()
    canvas.save()
    file.write_bytes(stream.getvalue())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five documents of five types, each with a fact of its own."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "harbour.txt").write_text("The harbour\n\nThe harbour of Ostmark has 14 cranes.\n", encoding="utf-8")
    (folder / "bees.md").write_text("# Bees\n\nA hive of the monastery holds 40,000 bees in summer.\n", encoding="utf-8")
    (folder / "tower.html").write_text(
        "<html><head><meta name=date content=2024-05-03></head><body><nav>Menu</nav><h1>Tower</h1><p>The tower of Brill is "
        "<b>61</b> metres high.</p></body></html>",
        encoding="utf-8",
    )
    write_pdf(folder / "ferry.pdf", "Ada Kask")
    document = docx.Document()
    document.add_heading("Museum", 0)
    document.add_paragraph("The museum of Tallow was founded in 1931.")
    document.save(str(folder / "museum.docx"))
    return folder


@pytest.mark.parametrize(
    ("question", "path", "page", "said"),
    [
        ("How many cranes does the harbour of Ostmark have?", "harbour.txt", None, "14"),
        ("How many bees does a hive of the monastery hold?", "bees.md", None, "40,000"),
        ("How high is the tower of Brill?", "tower.html", None, "61"),
        ("Who is the captain of the ferry?", "ferry.pdf", 2, "Ada Kask"),
        ("When was the museum of Tallow founded?", "museum.docx", None, "1931"),
    ],
)
def test_every_type_is_asked_and_cited(
    question: str, path: str, page: int | None, said: str, folder: Path, tmp_path: Path, encoder: OnnxEncoder
) -> None:
    """The quote is what stands between the offsets of the stored text; a PDF's has a page; the record comes back."""
    assistant = Assistant(folder, tmp_path / "index", encoder=encoder)
    answer = assistant.ask(question)
    citation = answer.citations[0]
    assert (citation.source, citation.page, said in citation.quote) == (path, page, True)
    for one in answer.citations:
        assert assistant.index.store.source(one.source).text[one.start : one.end] == one.quote
        assert read_source(folder, one.source).text[one.start : one.end] == one.quote
    assert (f"{path}, page 2, paragraph 3" in str(answer)) == (page == 2)
    assert Answer.from_dict(json.loads(json.dumps(answer.to_dict()))).citations == answer.citations
    assert [(check.status, check.page) for check in answer.verify()] == [("ok", one.page) for one in answer.citations]


def test_a_record_without_pages_is_read(folder: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """As it was kept before there were any."""
    kept = Assistant(folder, tmp_path / "index", encoder=encoder).ask("Who is the captain of the ferry?").to_dict()
    for citation in kept["citations"]:
        del citation["page"]
    assert Answer.from_dict(kept).citations[0].page is None


def test_a_pdf_that_was_edited_is_changed(folder: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """It is read again by its reader; the index that answered is not asked."""
    answer = Assistant(folder, tmp_path / "index", encoder=encoder).ask("Who is the captain of the ferry?")
    write_pdf(folder / "ferry.pdf", "Tomas Berg")
    (check, *_) = answer.verify()
    assert (check.status, check.page, check.text) == ("changed", 2, "The captain of the ferry is Tomas Berg.")


def test_bad_files_are_named_and_the_others_are_read(folder: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Each with its reason, the empty ones too."""
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 no more")
    (folder / "bad.docx").write_bytes(b"PK\x03\x04 no more")
    (folder / "bad.html").write_bytes(b"\x89PNG\0\0")
    for name in ("empty.pdf", "empty.docx", "empty.html"):
        (folder / name).touch()
    report = build_index(folder, tmp_path / "index", encoder)
    assert (report.sources, sorted(report.skipped)) == (5, ["bad.docx", "bad.html", "bad.pdf", "empty.docx", "empty.html", "empty.pdf"])
    assert all(reason.startswith(f"{path}: ") and "; expected " in reason for path, reason in report.skipped.items())


def test_what_was_parsed_once_is_taken_over(folder: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """After another file was added the documents are the same, with their pages and dates, and only the new one is embedded."""
    build_index(folder, tmp_path / "index", encoder)
    texts = {path: stored(tmp_path / "index").source(path) for path in ("ferry.pdf", "museum.docx", "tower.html")}
    (folder / "new.txt").write_text("A new file.", encoding="utf-8")
    report = build_index(folder, tmp_path / "index", encoder)
    assert (report.sources, report.embedded) == (6, 1)
    assert {path: stored(tmp_path / "index").source(path) for path in texts} == texts
    assert texts["tower.html"].date == dt.date(2024, 5, 3)
    assert len(texts["ferry.pdf"].pages) == 2


def test_for_another_encoder_no_document_is_parsed_again(
    folder: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text and Markdown are read, all is embedded."""
    first = build_index(folder, tmp_path / "index", encoder)
    read: list[str] = []
    real = reading.read_source
    monkeypatch.setattr("index.reading.read_source", lambda corpus, path, parsers: (read.append(path), real(corpus, path, parsers))[1])
    monkeypatch.setattr(encoder, "fingerprint", "another")
    report = build_index(folder, tmp_path / "index", encoder)
    assert (report.sources, report.paragraphs, report.embedded) == (first.sources, first.paragraphs, first.embedded)
    assert read
    assert not {path for path in read if not path.endswith((".txt", ".md"))}


def stored(index_dir: Path) -> Store:
    generation = current_generation(index_dir)
    assert generation is not None
    return Store(generation, read_manifest(generation))


def test_an_index_of_other_readers_is_rebuilt(folder: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Their version stands in the manifest; nothing that they read is taken over."""
    manifest = build_index(folder, tmp_path / "index", encoder).generation / "manifest.json"
    assert is_current(folder, tmp_path / "index", encoder)
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("pypdfium2", "older"), encoding="utf-8")
    assert not is_current(folder, tmp_path / "index", encoder)


def test_one_file_is_read_without_a_build(folder: Path) -> None:
    """By a child process of its own, as when a file is dropped on the page."""
    source = read_source(folder, "tower.html")
    assert (source.title, source.text) == ("Tower", "# Tower\n\nThe tower of Brill is 61 metres high.\n")
    (folder / "ferry.pdf").write_bytes(b"no PDF")
    with pytest.raises(SourceError, match=r"^ferry\.pdf: damaged"):
        read_source(folder, "ferry.pdf")
