"""Sources: bytes are decoded unchanged, titles and dates are the document's own, faults are named."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from index.errors import CorpusError, SourceError
from index.sources import find_files, find_title_and_date, read_source

if TYPE_CHECKING:
    from pathlib import Path


def test_byte_order_mark_and_line_ends_are_kept(tmp_path: Path) -> None:
    """So that offsets hold in the file as it lies on disk."""
    raw = b"\xef\xbb\xbfTitle\r\n\r\nBody.\r\n"
    (tmp_path / "a.txt").write_bytes(raw)
    source = read_source(tmp_path, "a.txt")
    assert source.text.encode("utf-8") == raw
    assert source.title == "Title"


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("A title\nAuthor:Li Time:2025-12-23 Reader:35\n\nBody text.", dt.date(2025, 12, 23)),
        ("A title\nBody.\nApr 29,2025\n\nMore.", dt.date(2025, 4, 29)),
        ("A title\nPublished: 3rd of May, 2021\n\nBody.", dt.date(2021, 5, 3)),
        ("A title\n13/05/2020 | Reuters\n\nBody.", dt.date(2020, 5, 13)),
        ("题目\n发布时间：2024年1月5日\n\n正文。", dt.date(2024, 1, 5)),
        ("---\ntitle: Notes\ndate: 2022-02-02\n---\n\nBody.", dt.date(2022, 2, 2)),
        ("A title\nBody.\n\nMore.\n\nLast updated: 2019-07-01", dt.date(2019, 7, 1)),
        ("A title\n\nOn 3 May 2021 the bridge was opened by the mayor of the town.", None),
        ("A title\n04/05/2021\n\nBody.", None),
        ("A title\n2021-02-30\n\nBody.", None),
    ],
)
def test_the_date_is_the_one_that_the_document_states_of_itself(text: str, date: dt.date | None) -> None:
    """In a byline or a date line; never one inside the story, an ambiguous one or an impossible one."""
    assert find_title_and_date(text)[1] == date


def test_a_document_without_a_title_is_called_by_its_file_name(tmp_path: Path) -> None:
    """A first sentence is not a title."""
    (tmp_path / "minutes.txt").write_text("We met at nine.\n\nWe left at ten.", encoding="utf-8")
    assert read_source(tmp_path, "minutes.txt").title == "minutes"


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("latin.txt", "caf\xe9 au lait".encode("latin-1"), "not UTF-8 .*iconv -f WINDOWS-1252"),
        ("chinese.txt", "中文文件的内容".encode("gb18030"), "iconv -f GB18030"),
        ("wide.txt", "hello".encode("utf-16"), "iconv -f UTF-16"),
        ("image.txt", b"\x89PNG\r\n\0\0\0", "binary data"),
        ("sheet.xlsx", b"PK", r"type \.xlsx are not read"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_reason(tmp_path: Path, name: str, raw: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(SourceError, match=f"{name}.*{said}|{said}"):
        read_source(tmp_path, name)


def test_files_are_listed_in_order_without_hidden_ones(tmp_path: Path) -> None:
    """Paths are POSIX, relative to the folder."""
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("b/z.txt", "a.txt", ".hidden.txt", ".git/config.txt"):
        (tmp_path / name).touch()
    assert find_files(tmp_path) == ["a.txt", "b/z.txt"]


def test_a_missing_folder_and_a_file_are_told_apart(tmp_path: Path) -> None:
    """Both are errors that say what was seen."""
    (tmp_path / "a.txt").touch()
    with pytest.raises(CorpusError, match="does not exist"):
        find_files(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="is a file"):
        find_files(tmp_path / "a.txt")


def test_a_marked_heading_with_a_date_is_the_title() -> None:
    """And its date is the document's."""
    text = "# Harbour Committee: Minutes, 14 March 2024\n\n**Present:** Ada Kask (chair), Tomas Berg\n\nThe crane was sold.\n"
    assert find_title_and_date(text) == ("Harbour Committee: Minutes, 14 March 2024", dt.date(2024, 3, 14))
