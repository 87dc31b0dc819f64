"""The documents and paragraphs of one generation, in one read-only SQLite file.

Texts are stored as they were read, so that an answer's offsets hold in the text that was searched even when the
file has changed since. A paragraph may be searched as several passages, and a passage embedded as several
windows; ids are given in reading order, so that those of one document follow one another, and the id of a window is
its row among the vectors.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from index.errors import StoreError
from index.paragraphs import Paragraph
from index.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from index.paragraphs import Kind
    from index.sentences import Span

_TABLES = """
CREATE TABLE source (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, title TEXT NOT NULL, date TEXT, media_type TEXT NOT NULL, text TEXT NOT NULL,
    pages TEXT NOT NULL);
CREATE TABLE paragraph (id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source, number INTEGER NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL, heading TEXT NOT NULL, kind TEXT NOT NULL);
CREATE UNIQUE INDEX paragraph_number ON paragraph (source, number);
CREATE TABLE passage (id INTEGER PRIMARY KEY, paragraph INTEGER NOT NULL REFERENCES paragraph,
    start INTEGER NOT NULL, end INTEGER NOT NULL);
CREATE TABLE window (id INTEGER PRIMARY KEY, passage INTEGER NOT NULL REFERENCES passage, sha256 BLOB NOT NULL,
    source INTEGER NOT NULL REFERENCES source);
CREATE INDEX window_source ON window (source);
CREATE TABLE skipped (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL, reason TEXT NOT NULL);
"""
_MOST_VALUES = 1000  # in one query
_PARAGRAPH = "source.path, paragraph.number, paragraph.start, paragraph.end, paragraph.text, paragraph.heading, paragraph.kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """What the file system says of a file: enough to see, without reading it, that it has not changed."""

    size: int
    mtime_ns: int
    ctime_ns: int  # a change of permissions, or a copy that keeps the time of writing, shows here only


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What is searched: a paragraph, or whole sentences of a long one; `start` and `end` are in the source's text."""

    paragraph: Paragraph
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A document in a list.

    Attributes:
        path: In the corpus.
        title: As the document states it, else the file's name.
        date: As the document states it, else None.
        paragraphs: How many it has.
    """

    path: str
    title: str
    date: dt.date | None
    paragraphs: int


class StoreWriter:
    """Fills a new store; ids count up from 0 in the order of the calls."""

    def __init__(self, path: Path) -> None:
        """Create the file and its tables."""
        self._db = sqlite3.connect(path)
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        self._counts = dict.fromkeys(("source", "paragraph", "passage", "window"), 0)

    def add_source(self, source: Source, state: FileState, sha256: str) -> int:
        """Add a document and return its id; the paragraphs that follow are its own."""
        date = source.date.isoformat() if source.date else None
        stated = (source.title, date, source.media_type, source.text, json.dumps(source.pages))
        return self._insert("source", source.path, state.size, state.mtime_ns, state.ctime_ns, sha256, *stated)

    def add_paragraph(self, paragraph: Paragraph) -> None:
        """Add a paragraph of the last source."""
        row = (paragraph.number, paragraph.start, paragraph.end, paragraph.text, paragraph.heading, paragraph.kind)
        self._insert("paragraph", self._counts["source"] - 1, *row)

    def add_passage(self, span: Span) -> int:
        """Add a passage of the last paragraph and return its id."""
        return self._insert("passage", self._counts["paragraph"] - 1, *span)

    def add_window(self, sha256: bytes) -> int:
        """Add a window of the last passage and return its id."""
        return self._insert("window", self._counts["passage"] - 1, sha256, self._counts["source"] - 1)

    def add_skipped(self, path: str, state: FileState, reason: str) -> None:
        """Record a file that could not be read, so that it is not tried again until it changes."""
        self._db.execute("INSERT INTO skipped VALUES (?, ?, ?, ?, ?)", (path, state.size, state.mtime_ns, state.ctime_ns, reason))

    @property
    def windows(self) -> int:
        """How many windows there are so far: the id of the next."""
        return self._counts["window"]

    def close(self) -> dict[str, int]:
        """Finish the file; return how many sources, paragraphs, passages and windows it holds."""
        self._db.execute("CREATE INDEX window_sha256 ON window (sha256)")  # at once is faster than row by row
        self._db.commit()
        self._db.close()
        return self._counts

    def _insert(self, table: str, *values: object) -> int:
        row = self._counts[table]
        self._counts[table] += 1
        self._db.execute(f"INSERT INTO {table} VALUES (?{', ?' * len(values)})", (row, *values))
        return row


class Store:
    """A finished store, read from any thread."""

    def __init__(self, path: Path) -> None:
        """Open the file, which nobody writes any more.

        Raises:
            StoreError: The file is not there or not a database.
        """
        try:
            self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            self._db.execute("SELECT count(*) FROM skipped").fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"{path} cannot be read ({error}); type: pincite index --rebuild") from error
        self._lock = threading.Lock()
        self.path = path

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    def file_states(self) -> dict[str, FileState]:
        """Return the state of every file that was read or skipped, by path."""
        rows = self._all("SELECT path, size, mtime_ns, ctime_ns FROM source UNION ALL SELECT path, size, mtime_ns, ctime_ns FROM skipped")
        return {path: FileState(size=size, mtime_ns=mtime_ns, ctime_ns=ctime_ns) for path, size, mtime_ns, ctime_ns in rows}

    def skipped(self) -> dict[str, str]:
        """Return the reason for every file that could not be read, by path."""
        return dict(self._all("SELECT path, reason FROM skipped ORDER BY path"))

    def sources(self) -> list[str]:
        """Return the paths of all documents, in order."""
        return [path for (path,) in self._all("SELECT path FROM source ORDER BY id")]

    def extents(self, paths: Iterable[str]) -> dict[str, tuple[int, range]]:
        """Return the id of each document and those of its windows, in order; a path that names none is passed over."""
        rows = self._all(
            "SELECT source.path, source.id, (SELECT min(id) FROM window WHERE window.source = source.id),"
            " (SELECT max(id) FROM window WHERE window.source = source.id)"
            " FROM source WHERE path IN (SELECT value FROM json_each(?)) ORDER BY source.id",
            (json.dumps(list(paths)),),
        )
        return {path: (number, range(0) if first is None else range(first, last + 1)) for path, number, first, last in rows}

    def source(self, path: str) -> Source:
        """Return one document.

        Raises:
            KeyError: There is no such document.
        """
        rows = self._all("SELECT path, text, title, date, media_type, pages FROM source WHERE path = ?", (path,))
        if not rows:
            raise KeyError(path)
        _, text, title, date, media_type, pages = rows[0]
        return Source(path=path, text=text, title=title, date=_date(date), media_type=media_type, pages=tuple(json.loads(pages)))

    def titles(self, paths: Iterable[str]) -> dict[str, tuple[str, dt.date | None]]:
        """Return title and date of each document, without its text."""
        wanted = list(dict.fromkeys(paths))
        rows = self._all(f"SELECT path, title, date FROM source WHERE path IN ({_marks(wanted)})", wanted)
        return {path: (title, _date(date)) for path, title, date in rows}

    def pages(self, paths: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Return where the pages of each document begin, see `Source.pages`, without its text."""
        wanted = list(dict.fromkeys(paths))
        rows = self._all(f"SELECT path, pages FROM source WHERE path IN ({_marks(wanted)})", wanted)
        return {path: tuple(json.loads(pages)) for path, pages in rows}

    def contents(self, most: int) -> list[Listed]:
        """Return what a list of documents shows, in order, of the first `most`."""
        rows = self._all(
            "SELECT path, title, date, (SELECT count(*) FROM paragraph WHERE paragraph.source = source.id) FROM source ORDER BY id LIMIT ?",
            (most,),
        )
        return [Listed(path=path, title=title, date=_date(date), paragraphs=paragraphs) for path, title, date, paragraphs in rows]

    def text_between(self, path: str, start: int, end: int) -> str | None:
        """Return the characters of a document from `start` to before `end`; None when there is no such document."""
        rows = self._all("SELECT substr(text, ? + 1, ? - ?) FROM source WHERE path = ?", (start, end, start, path))
        return rows[0][0] if rows else None

    def paragraphs(self, path: str) -> list[Paragraph]:
        """Return the paragraphs of one document, in order."""
        rows = self._all(
            f"SELECT {_PARAGRAPH} FROM paragraph JOIN source ON source.id = paragraph.source WHERE source.path = ? ORDER BY paragraph.id",
            (path,),
        )
        return [_paragraph(*row) for row in rows]

    def paragraphs_at(self, places: Sequence[tuple[str, int]]) -> list[Paragraph]:
        """Return the paragraphs at (path, number), in reading order; a place where there is none is passed over."""
        rows = (
            self._all(
                f"SELECT {_PARAGRAPH} FROM paragraph JOIN source ON source.id = paragraph.source"
                f" WHERE (source.path, paragraph.number) IN (VALUES {', '.join('(?, ?)' for _ in places)}) ORDER BY paragraph.id",
                [value for place in places for value in place],
            )
            if places
            else []
        )
        return [_paragraph(*row) for row in rows]

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """Return passages by their ids."""
        rows = self._all(
            f"SELECT passage.id, passage.start, passage.end, {_PARAGRAPH} FROM passage JOIN paragraph ON paragraph.id = passage.paragraph"
            f" JOIN source ON source.id = paragraph.source WHERE passage.id IN ({_marks(ids)})",
            ids,
        )
        return {row[0]: Passage(start=row[1], end=row[2], paragraph=_paragraph(*row[3:])) for row in rows}

    def passages_of_windows(self, ids: Sequence[int]) -> dict[int, int]:
        """Return the passage id of each window id."""
        return dict(self._all(f"SELECT id, passage FROM window WHERE id IN ({_marks(ids)})", ids))

    def windows_of(self, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """Return a window id for each hash that a window's text has."""
        found: dict[bytes, int] = {}
        for at in range(0, len(hashes), _MOST_VALUES):
            batch = hashes[at : at + _MOST_VALUES]
            found.update(self._all(f"SELECT sha256, min(id) FROM window WHERE sha256 IN ({_marks(batch)}) GROUP BY sha256", batch))
        return found

    def window_hashes(self) -> Iterator[bytes]:
        """Yield the hash of every window's text, in the order of the vectors."""
        return (sha256 for (sha256,) in self._each("SELECT sha256 FROM window ORDER BY id"))

    def passage_texts(self) -> Iterator[tuple[int, int, str]]:
        """Yield id, document's id, and text with title and heading of every passage, in order: what is searched by words."""
        rows = self._each(
            "SELECT passage.id, source.id, source.title, paragraph.kind, paragraph.heading, paragraph.text,"
            " passage.start - paragraph.start, passage.end - paragraph.start"
            " FROM passage JOIN paragraph ON paragraph.id = passage.paragraph JOIN source ON source.id = paragraph.source"
            " ORDER BY passage.id"
        )
        for number, source, title, kind, heading, text, start, end in rows:
            yield number, source, f"{context_of(title, kind, heading)}\n{text[start:end]}"

    def _each(self, query: str) -> Iterator[tuple]:  # type: ignore[type-arg]
        """Yield the rows of a query one by one, for a caller that is alone with this store."""
        try:
            yield from self._db.execute(query)
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def _damaged(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"the index at {self.path.parent} is damaged ({error}); type: pincite index --rebuild")

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple]:  # type: ignore[type-arg]
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error


def context_of(title: str, kind: str, heading: str) -> str:
    """Return the title and heading that a paragraph of a kind is embedded and searched with."""
    return "\n".join(line for line in ("" if kind == "title" else title, heading) if line)


def _paragraph(*row: Any) -> Paragraph:
    source, number, start, end, text, heading, kind = row
    return Paragraph(source=source, number=number, start=start, end=end, text=text, heading=heading, kind=cast("Kind", kind))


def _date(written: str | None) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
