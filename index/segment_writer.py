"""Writing the documents of one segment: rows of new ones, or those of other segments, copied.

Ids of documents, paragraphs and passages are given once in the life of an index, so that what knows them (the keyword
index, the catalogue) need not change when segments are merged; only an index that is written anew counts from 0 again. A
window's id is its row among the vectors of its segment. The ids of one document follow one another.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.database import read_only
from index.errors import StoreError
from index.generations import is_unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from index.paragraphs import Paragraph
    from index.sentences import Span
    from index.sources import Source

_TABLES = """
CREATE TABLE source (id INTEGER PRIMARY KEY, path TEXT NOT NULL, sha256 TEXT NOT NULL, title TEXT NOT NULL, date TEXT,
    media_type TEXT NOT NULL, text TEXT NOT NULL, pages TEXT NOT NULL);
CREATE TABLE paragraph (id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source, number INTEGER NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL, heading TEXT NOT NULL, kind TEXT NOT NULL);
CREATE TABLE passage (id INTEGER PRIMARY KEY, paragraph INTEGER NOT NULL REFERENCES paragraph,
    start INTEGER NOT NULL, end INTEGER NOT NULL);
CREATE TABLE window (id INTEGER PRIMARY KEY, passage INTEGER NOT NULL REFERENCES passage, sha256 BLOB NOT NULL,
    source INTEGER NOT NULL REFERENCES source);
CREATE UNIQUE INDEX paragraph_number ON paragraph (source, number);
CREATE INDEX window_source ON window (source);
"""


@dataclass(slots=True, kw_only=True)
class Ids:
    """The next id of each kind that is free."""

    source: int = 0
    paragraph: int = 0
    passage: int = 0


@dataclass(slots=True, kw_only=True)
class Counts:
    """How many of each kind a segment holds."""

    sources: int = 0
    paragraphs: int = 0
    passages: int = 0
    windows: int = 0


class SegmentWriter:
    """Fills a new file with documents."""

    def __init__(self, path: Path, ids: Ids) -> None:
        """Create the file and its tables; `ids` goes on counting as rows are added."""
        self.counts = Counts()
        self._ids = ids
        self._db = sqlite3.connect(path.resolve().as_uri(), uri=True)
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)

    def add_source(self, source: Source, sha256: str) -> int:
        """Add a document and return its id; the paragraphs that follow are its own."""
        number = self._ids.source
        self._ids.source += 1
        self.counts.sources += 1
        date = source.date.isoformat() if source.date else None
        row = (number, source.path, sha256, source.title, date, source.media_type, source.text, json.dumps(source.pages))
        self._db.execute("INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return number

    def add_paragraph(self, paragraph: Paragraph) -> None:
        """Add a paragraph of the last source."""
        row = (paragraph.number, paragraph.start, paragraph.end, paragraph.text, paragraph.heading, paragraph.kind)
        self._db.execute("INSERT INTO paragraph VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (self._ids.paragraph, self._ids.source - 1, *row))
        self._ids.paragraph += 1
        self.counts.paragraphs += 1

    def add_passage(self, span: Span) -> int:
        """Add a passage of the last paragraph and return its id."""
        number = self._ids.passage
        self._ids.passage += 1
        self.counts.passages += 1
        self._db.execute("INSERT INTO passage VALUES (?, ?, ?, ?)", (number, self._ids.paragraph - 1, *span))
        return number

    def add_windows(self, windows: Iterable[tuple[int, bytes]]) -> None:
        """Add windows of the last source, each with its passage's id and the hash of its text."""
        for passage, sha256 in windows:
            self._db.execute("INSERT INTO window VALUES (?, ?, ?, ?)", (self.counts.windows, passage, sha256, self._ids.source - 1))
            self.counts.windows += 1

    def attach(self, files: Sequence[Path]) -> None:
        """Open finished segments to copy from; `copy_source` knows them by their places. SQLite allows ten.

        Raises:
            StoreError: One of them is damaged.
        """
        with _reading_others():
            for place, file in enumerate(files):
                self._db.execute(f"ATTACH ? AS part{place}", (read_only(file),))

    def copy_source(self, place: int, number: int, *, keep_ids: bool) -> tuple[int, range]:
        """Copy a document with all that belongs to it.

        Args:
            place: Of the segment it is in.
            number: Its id there.
            keep_ids: All ids stay as they are; else they count on from those that were given last.

        Returns:
            Its id here, and its rows among the vectors of the segment it comes from.

        Raises:
            StoreError: The segment it comes from is damaged.
            sqlite3.Error: The disk is full, or cannot be written.
        """
        with _reading_others():
            return self._copy(place, number, keep_ids=keep_ids)

    def _copy(self, place: int, number: int, *, keep_ids: bool) -> tuple[int, range]:
        part = f"part{place}"
        paragraph, paragraphs = self._one(f"SELECT min(id), count(*) FROM {part}.paragraph WHERE source = ?", number)
        window, windows, passage, last = self._one(
            f"SELECT min(id), count(*), min(passage), max(passage) FROM {part}.window WHERE source = ?", number
        )
        passages = last - passage + 1 if windows else 0
        new = number if keep_ids else self._ids.source
        by_paragraph = 0 if keep_ids or not paragraphs else self._ids.paragraph - paragraph
        by_passage = 0 if keep_ids or not passages else self._ids.passage - passage
        columns = "path, sha256, title, date, media_type, text, pages"
        self._db.execute(f"INSERT INTO source SELECT ?, {columns} FROM {part}.source WHERE id = ?", (new, number))
        columns = "number, start, end, text, heading, kind"
        self._db.execute(
            f"INSERT INTO paragraph SELECT id + ?, ?, {columns} FROM {part}.paragraph WHERE source = ? ORDER BY id",
            (by_paragraph, new, number),
        )
        self._db.execute(
            f"INSERT INTO passage SELECT id + ?, paragraph + ?, start, end FROM {part}.passage WHERE id BETWEEN ? AND ? ORDER BY id",
            (by_passage, by_paragraph, passage, last),
        )
        self._db.execute(
            f"INSERT INTO window SELECT id + ?, passage + ?, sha256, ? FROM {part}.window WHERE source = ? ORDER BY id",
            (self.counts.windows - (window or 0), by_passage, new, number),
        )
        self._count(paragraphs, passages, windows, given=not keep_ids)
        return new, range(window or 0, (window or 0) + windows)

    def close(self) -> Counts:
        """Finish the file; return how much it holds."""
        self._db.execute("CREATE INDEX window_sha256 ON window (sha256)")  # at once is faster than row by row
        self._db.commit()
        self._db.close()
        return self.counts

    def _count(self, paragraphs: int, passages: int, windows: int, *, given: bool) -> None:
        self.counts.sources += 1
        self.counts.paragraphs += paragraphs
        self.counts.passages += passages
        self.counts.windows += windows
        if given:
            self._ids.source += 1
            self._ids.paragraph += paragraphs
            self._ids.passage += passages

    def _one(self, query: str, number: int) -> tuple[int, ...]:
        row: tuple[int, ...] = self._db.execute(query, (number,)).fetchone()
        return row


@contextlib.contextmanager
def _reading_others() -> Iterator[None]:
    """Turn errors in reading a segment that was written before into a `StoreError`."""
    try:
        yield
    except sqlite3.Error as error:
        if is_unwritable(error):
            raise
        raise StoreError(f"a part of the index is damaged ({error}); type: pincite index --rebuild") from error
