"""The documents of one segment, of which those count that the generation's catalogue lists."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from index.database import MOST_VALUES, Database, marks
from index.excerpts import EXCERPT_CHARS, ending, excerpt, is_long, opening
from index.paragraphs import Paragraph
from index.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from index.paragraphs import Kind

_LIVE = """
CREATE TEMP VIEW live AS SELECT source.id, now.file.path, title, date, media_type, text, pages, sha256
    FROM now.file JOIN main.source ON source.id = now.file.source;
"""
_PARAGRAPH = "source.path, paragraph.number, paragraph.start, paragraph.end, paragraph.text, paragraph.heading, paragraph.kind"

_NEIGHBOURS = 32  # passages to either side that may start in the same stretch of a paragraph: two together have more than 500 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What is searched: a paragraph, or whole sentences of a long one; `start` and `end` are in the source's text.

    Where the paragraph is longer than `excerpts.WHOLE_MOST`, `paragraph` is an excerpt of it: passages that follow one another.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What belongs to a document.

    Attributes:
        source: Its id.
        paragraphs: How many it has.
        passages: How many it has.
        windows: Their rows among the vectors of the segment.
    """

    source: int
    paragraphs: int
    passages: int
    windows: range


class SegmentStore:
    """The store of a finished segment, read from any thread."""

    def __init__(self, path: Path, catalogue: Path | None = None) -> None:
        """Open the file.

        Args:
            path: The file.
            catalogue: Of the generation that it is read for; without it no method can be called that asks which documents count.

        Raises:
            StoreError: One of them is not there, not a database, or damaged where that is seen at once.
        """
        self._db = Database(path, attached=catalogue, views=_LIVE if catalogue else "")
        for table in ("source", "paragraph", "passage", "window"):  # a look at each, for damage
            self._db.all(f"SELECT max(id) FROM {table}")

    def close(self) -> None:
        """Give the files back."""
        self._db.close()

    def numbers(self) -> list[int]:
        """Return the ids of all documents, those that no longer count among them."""
        return [number for (number,) in self._db.all("SELECT id FROM source ORDER BY id")]

    def extents(self, numbers: Iterable[int]) -> list[Extent]:
        """Return what belongs to documents by their ids, in order, whether they count or not."""
        return [
            Extent(source=number, paragraphs=paragraphs, passages=passages, windows=range(first, first + windows))
            for number, paragraphs, passages, first, windows in self._db.all(
                "SELECT value, (SELECT count(*) FROM paragraph WHERE source = value),"
                " (SELECT coalesce(max(passage) - min(passage) + 1, 0) FROM window WHERE source = value),"
                " (SELECT coalesce(min(id), 0) FROM window WHERE source = value), (SELECT count(*) FROM window WHERE source = value)"
                " FROM json_each(?) JOIN source ON source.id = value ORDER BY value",
                (json.dumps(list(numbers)),),
            )
        ]

    def numbers_of(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the id of each document by its path."""
        return dict(self._db.all("SELECT path, id FROM live WHERE path IN (SELECT value FROM json_each(?))", (json.dumps(list(paths)),)))

    def source(self, path: str) -> Source | None:
        """Return one document."""
        rows = self._db.all("SELECT path, text, title, date, media_type, pages FROM live WHERE path = ?", (path,))
        for path_, text, title, date, media_type, pages in rows:
            return Source(path=path_, text=text, title=title, date=_date(date), media_type=media_type, pages=tuple(json.loads(pages)))
        return None

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each document's text, in hexadecimal, by path."""
        return dict(self._db.all("SELECT path, sha256 FROM live"))

    def titles(self, paths: Sequence[str]) -> dict[str, tuple[str, dt.date | None]]:
        """Return title and date of each document, without its text."""
        rows = self._db.all(f"SELECT path, title, date FROM live WHERE path IN ({marks(paths)})", paths)
        return {path: (title, _date(date)) for path, title, date in rows}

    def pages(self, paths: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Return where the pages of each document begin, see `Source.pages`, without its text."""
        rows = self._db.all(f"SELECT path, pages FROM live WHERE path IN ({marks(paths)})", paths)
        return {path: tuple(json.loads(pages)) for path, pages in rows}

    def contents(self, most: int) -> list[Listed]:
        """Return what a list of documents shows, in order, of the first `most`; -1 is all."""
        rows = self._db.all(
            "SELECT path, title, date, (SELECT count(*) FROM paragraph WHERE paragraph.source = live.id) FROM live ORDER BY path LIMIT ?",
            (most,),
        )
        return [Listed(path=path, title=title, date=_date(date), paragraphs=paragraphs) for path, title, date, paragraphs in rows]

    def text_between(self, path: str, start: int, end: int) -> str | None:
        """Return the characters of a document from `start` to before `end`; None when there is no such document."""
        rows = self._db.all("SELECT substr(text, ? + 1, ? - ?) FROM live WHERE path = ?", (start, end, start, path))
        return rows[0][0] if rows else None

    def paragraphs(self, path: str) -> list[Paragraph]:
        """Return the paragraphs of one document, in order."""
        rows = self._db.all(
            f"SELECT {_PARAGRAPH} FROM live AS source JOIN paragraph ON paragraph.source = source.id"
            " WHERE source.path = ? ORDER BY paragraph.id",
            (path,),
        )
        return [_paragraph(*row) for row in rows]

    def paragraphs_at(self, places: Sequence[tuple[str, int]], *, last: bool = False) -> list[Paragraph]:
        """Return the paragraphs at (path, number), in order of their ids; a place where there is none is passed over.

        Of one that is longer than `excerpts.WHOLE_MOST` only the opening is returned, or the ending where the `last` words are wanted.
        """
        wanted = list(dict.fromkeys(places))
        rows = self._db.all(  # from the places to the paragraphs, one look each: left to itself SQLite reads all paragraphs
            f"WITH place (path, number) AS (VALUES {', '.join('(?, ?)' for _ in wanted)})"
            f" SELECT {_PARAGRAPH} FROM place CROSS JOIN live AS source ON source.path = place.path"
            " CROSS JOIN paragraph ON paragraph.source = source.id AND paragraph.number = place.number ORDER BY paragraph.id",
            [value for place in wanted for value in place],
        )
        return [(ending if last else opening)(_paragraph(*row)) for row in rows]

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """Return passages by their ids, whether their documents count or not."""
        rows = self._db.all(f"SELECT id, start, end, paragraph FROM passage WHERE id IN ({marks(ids)})", ids)
        numbers = list(dict.fromkeys(number for *_, number in rows))
        texts = self._db.all(
            f"SELECT paragraph.id, {_PARAGRAPH} FROM paragraph JOIN main.source ON source.id = paragraph.source"
            f" WHERE paragraph.id IN ({marks(numbers)})",
            numbers,
        )
        paragraphs = {row[0]: _paragraph(*row[1:]) for row in texts}
        found = {}
        for passage, start, end, number in rows:
            paragraph = paragraphs[number]
            if is_long(paragraph):
                paragraph = excerpt(paragraph, *self._stretch(passage, start, number, paragraph.start))
            found[passage] = Passage(start=start, end=end, paragraph=paragraph)
        return found

    def _stretch(self, passage: int, start: int, paragraph: int, begins: int) -> tuple[int, int]:
        """Return where the excerpt of a long paragraph begins and ends that holds a passage: those that start in the same stretch of it."""
        stretch = (start - begins) // EXCERPT_CHARS
        rows = self._db.all(
            "SELECT min(start), max(end) FROM passage WHERE id BETWEEN ? AND ? AND paragraph = ? AND (start - ?) / ? = ?",
            (passage - _NEIGHBOURS, passage + _NEIGHBOURS, paragraph, begins, EXCERPT_CHARS, stretch),
        )
        first, last = rows[0]
        return int(first), int(last)

    def passages_of_windows(self, rows: Sequence[int]) -> dict[int, int]:
        """Return the passage id of each row of the vectors."""
        return dict(self._db.all(f"SELECT id, passage FROM window WHERE id IN ({marks(rows)})", rows))

    def windows_of(self, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """Return a row of the vectors for each hash that a window's text has, whether its document counts or not."""
        found: dict[bytes, int] = {}
        for at in range(0, len(hashes), MOST_VALUES):
            batch = hashes[at : at + MOST_VALUES]
            found.update(self._db.all(f"SELECT sha256, min(id) FROM window WHERE sha256 IN ({marks(batch)}) GROUP BY sha256", batch))
        return found

    def window_hashes(self) -> Iterator[bytes]:
        """Yield the hash of every window's text, in the order of the vectors."""
        return (sha256 for (sha256,) in self._db.each("SELECT sha256 FROM window ORDER BY id"))

    def passage_texts(self) -> Iterator[tuple[int, int, str]]:
        """Yield id, document's id, and text with title and heading of every passage, in order: what is searched by words."""
        paragraphs = self._db.each(  # each once: with every passage of its own, a long one would be read as often as it has passages
            "SELECT paragraph.id, source.id, source.title, kind, heading, paragraph.text, start"
            " FROM paragraph JOIN main.source ON source.id = paragraph.source ORDER BY paragraph.id"
        )
        passages = self._db.each("SELECT id, paragraph, start, end FROM passage ORDER BY id")
        for wanted, group in groupby(passages, key=itemgetter(1)):
            _, source, title, kind, heading, text, begins = next(row for row in paragraphs if row[0] == wanted)
            context = context_of(title, kind, heading)
            for number, _, start, end in group:
                yield number, source, f"{context}\n{text[start - begins : end - begins]}"


def context_of(title: str, kind: str, heading: str) -> str:
    """Return the title and heading that a paragraph of a kind is embedded and searched with."""
    return "\n".join(line for line in ("" if kind == "title" else title, heading) if line)


def _paragraph(*row: Any) -> Paragraph:
    source, number, start, end, text, heading, kind = row
    return Paragraph(source=source, number=number, start=start, end=end, text=text, heading=heading, kind=cast("Kind", kind))


def _date(written: str | None) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None
