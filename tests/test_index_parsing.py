"""The child process: what crashes, hangs or swells costs one file, and says so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SourceError
from index.paragraphs import split_spans
from index.readers.document import Block, Document, clean_text, compose, page_at, tell_rows
from index.readers.process import ParserProcess
from index.readers.words import join_lines, read_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STAND_INS = """
import os, signal, sys
from index.readers.document import Document

def read(raw): return Document(text=raw.decode(), title=str(os.getpid()), pages=(0, 3))
def say(raw): print("noise"); os.write(1, b"more noise\\n"); return read(raw)
def crash(raw): os.kill(os.getpid(), signal.SIGSEGV)
def leave(raw): os._exit(3)
def hang(raw):
    while True: pass
def swell(raw):
    kept = []
    while True: kept.append(bytearray(2**24))
def fail(raw): raise KeyError("xref")
def dive(raw): return dive(raw)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "stand_ins.py").write_text(STAND_INS, encoding="utf-8")
    (tmp_path / "a.pdf").write_bytes(b"Hello.")
    return tmp_path / "a.pdf"


@pytest.fixture
def parsers(file: Path) -> Iterator[ParserProcess]:
    with ParserProcess(seconds=5, memory=2**30, folders=[file.parent]) as one:
        yield one


def test_one_child_reads_many_files(parsers: ParserProcess, file: Path) -> None:
    """Starting one takes longer than reading a small file; it is not this process."""
    first, second = (parsers.parse(file, "stand_ins:read") for _ in range(2))
    assert first == second == Document(text="Hello.", title=first.title, pages=(0, 3))
    assert first.title != str(os.getpid())


def test_what_a_parser_prints_is_no_reply(parsers: ParserProcess, file: Path) -> None:
    """Neither by Python nor by a library below it."""
    assert parsers.parse(file, "stand_ins:say").text == "Hello."


@pytest.mark.parametrize(
    ("parser", "said"),
    [
        ("crash", "crashed .SIGSEGV"),
        ("leave", "crashed .exit code 3"),
        ("hang", "more than 2 seconds"),
        ("swell", "more than 1024 MiB of memory"),
        ("fail", "damaged .KeyError: 'xref'"),
        ("dive", "nested too deep"),
    ],
)
def test_a_file_that_its_parser_cannot_stand_is_named_and_the_next_is_read(file: Path, parser: str, said: str) -> None:
    """In three parts; the child is replaced where it was lost."""
    with ParserProcess(seconds=2 if parser == "hang" else 20, memory=2**30, folders=[file.parent]) as parsers:
        with pytest.raises(SourceError, match=f"{said}.*; expected .*: "):
            parsers.parse(file, f"stand_ins:{parser}")
        assert parsers.parse(file, "stand_ins:read").text == "Hello."


@pytest.mark.parametrize("module", ["json", "lxml", "index"])
def test_nothing_is_imported_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Whoever stands in a folder of documents vouches for none of the code in it."""
    (tmp_path / f"{module}.py").write_text("open('imported', 'w').close()", encoding="utf-8")
    (tmp_path / "a.html").write_text("<p>Hello.</p>", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with ParserProcess() as parsers:
        assert parsers.parse(tmp_path / "a.html", "index.readers.html:parse").text == "Hello.\n"
    assert not (tmp_path / "imported").exists()


VISIBLE = st.text(st.characters(exclude_categories=("Cs",)), max_size=40).map(clean_text).filter(bool)


@given(texts=st.lists(VISIBLE, max_size=8), every=st.integers(1, 3))
def test_the_splitter_finds_the_readers_paragraphs_again(texts: list[str], every: int) -> None:
    """Whatever characters a file holds: as many paragraphs, each as it was, and each on its page."""
    blocks = [Block(text=text, pages=((at // every + 1, 0),) if at % every == 0 else ()) for at, text in enumerate(texts)]
    text, pages = compose(blocks, pages=len(texts) // every + 2)
    spans = split_spans(text)
    assert [text[start:end] for start, end in spans] == texts
    assert [page_at(pages, start) for start, _ in spans] == [at // every + 1 for at in range(len(texts))]
    assert list(pages) == sorted(pages)


def test_a_page_that_begins_within_a_paragraph_begins_there() -> None:
    """The heading's signs count, and an empty page begins where the next one does."""
    text, pages = compose([Block(text="Boats", kind="heading", pages=((1, 0),)), Block(text="one two", pages=((4, 4),))], pages=5)
    assert text == "## Boats\n\none two\n"
    assert [text[at:] for at in pages] == [text, "two\n", "two\n", "two\n", ""]


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("the har-", "bour", "the harbour"),  # stands elsewhere in the document
        ("a well-", "known man", "a well-known man"),  # two words, and no word together
        ("the infor-", "mation", "the information"),  # a common word, and "infor" is none
        ("the state-", "owned yard", "the state-owned yard"),  # stands elsewhere with its hyphen
        ("Ost\u00ad", "mark", "Ostmark"),  # made for the line end only
        ("Anglo-", "Saxon", "Anglo-Saxon"),
        ("2019-", "2024", "2019-2024"),
        ("one", "two", "one two"),
        ("一二", "三四", "一二三四"),
    ],
)
def test_a_hyphen_at_a_line_end_goes_when_it_was_made_there(first: str, second: str, joined: str) -> None:
    """By the document's own words first, then by common ones."""
    words = read_words(["The harbour is state-owned.", "the har-", "bour"])
    text, at = join_lines(first, second, words)
    assert text == joined
    assert text[at:] == second


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([["Year", "Boats"], ["2023", "310"]], ["Year: 2023; Boats: 310."]),
        ([["Chair", "Ada Kask"], ["Clerk", "Tomas Berg"]], ["Chair: Ada Kask.", "Clerk: Tomas Berg."]),
        ([["", "2023", "2024"], ["Boats", "310", "325"]], ["Boats; 2023: 310; 2024: 325."]),
        ([["Lund", "12", "7"], ["Visby", "9", "8"]], ["Lund; 12; 7.", "Visby; 9; 8."]),
        ([["Name", "Task", "Town"], ["Ada", "", "Lund"], ["", "", ""]], ["Name: Ada; Town: Lund."]),
        ([], []),
    ],
)
def test_a_row_is_told_with_the_names_of_its_columns(rows: list[list[str]], told: list[str]) -> None:
    """Years may name columns, other figures do not; an empty cell is not told."""
    assert tell_rows(rows) == told
