"""What a reader returns: a text made of paragraphs, with the title, date and pages that the file states.

The text is written so that `index.paragraphs` finds the reader's own paragraphs in it again: one a line, a blank line between two,
headings with the signs of Markdown, list items with a dash or their number.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from index.dates import YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

BlockKind = Literal["heading", "item", "text"]

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffe\uffff\ud800-\udfff]"
)
_ENDED = re.compile(r"[.!?。！？…:;][\"'”’)\]]*$")
_NUMBER = re.compile(r"[\s\d.,%()\[\]^€$£¥+−–-]+")
_YEAR = re.compile(YEAR)
_HEADER_MAX_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says.

    Attributes:
        text: Its paragraphs.
        title: As the file states it beside its text, else None.
        date: Likewise, as the day of its publication.
        made: Day on which the file was made, as far as that is plausible; its text may state a better one.
        pages: Where the text of each page begins, ascending, in code points; empty for a format without pages.
    """

    text: str
    title: str | None = None
    date: dt.date | None = None
    made: dt.date | None = None
    pages: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        dates = {"date": self.date, "made": self.made}
        written = {name: date.isoformat() if date else None for name, date in dates.items()}
        return {"text": self.text, "title": self.title, "pages": list(self.pages), **written}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Document:
        """Return the document that `to_dict` wrote."""
        date, made = (dt.date.fromisoformat(values[name]) if values[name] else None for name in ("date", "made"))
        return cls(text=values["text"], title=values["title"], date=date, made=made, pages=tuple(values["pages"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One paragraph as a reader found it.

    Attributes:
        text: On one line, not empty.
        kind: A heading and a list item are marked in the text.
        level: Of a heading, 1 for the title, up to 6.
        mark: Of a list item, such as "-" or "3.".
        pages: Pages that begin in this block, as (1-based page, offset in `text`), ascending; the first block of a page names it at 0.
    """

    text: str
    kind: BlockKind = "text"
    level: int = 2
    mark: str = "-"
    pages: tuple[tuple[int, int], ...] = ()


def clean_text(text: str) -> str:
    """Return text on one line, without characters that nobody can see or that are none; maybe empty.

    >>> clean_text(f" a{chr(0xAD)}b  {chr(0x200B)} c ")
    'ab c'
    """
    return " ".join(_INVISIBLE.sub("", text).split())


def compose(blocks: Sequence[Block], *, pages: int = 0) -> tuple[str, tuple[int, ...]]:
    """Return the text of the blocks, and where each page begins in it.

    Args:
        blocks: In reading order.
        pages: How many there are; one without text begins where the next one does.

    Returns:
        The text, and `pages` ascending offsets.
    """
    parts: list[str] = []
    starts: dict[int, int] = {}
    at = 0
    for block in blocks:
        mark = {"heading": f"{'#' * block.level} ", "item": f"{block.mark} ", "text": ""}[block.kind]
        for page, offset in block.pages:
            starts.setdefault(page, at + (len(mark) + offset if offset else 0))
        parts.append(mark + block.text)
        at += len(parts[-1]) + 2
    text = "\n\n".join(parts) + "\n" if parts else ""
    offsets, following = [], len(text)
    for page in range(pages, 0, -1):
        following = min(following, starts.get(page, following))
        offsets.append(following)
    return text, tuple(reversed(offsets))


def page_at(pages: Sequence[int], offset: int) -> int | None:
    """Return the 1-based page on which a character stands, None in a document without pages.

    >>> page_at((0, 40, 40), 39), page_at((0, 40, 40), 40), page_at((), 5)
    (1, 3, None)
    """
    return max(1, bisect_right(pages, offset)) if pages else None


def tell_rows(rows: Sequence[Sequence[str]], *, headed: bool | None = None) -> list[str]:
    """Return each row of a table as a sentence that can be quoted, such as "Year: 2023; Boats: 310.", in order.

    Args:
        rows: Cells, cleaned; a row may be shorter than others.
        headed: Whether the first row names the columns; None when the file does not say.

    Returns:
        A sentence for every row with a visible cell, but for a row of column names. In a table of two columns without such a row the
        first cell names the second.
    """
    rows = [row for row in rows if any(row)]
    if not rows:
        return []
    if headed is None:
        headed = _looks_headed(rows)
    names, body = (rows[0], rows[1:]) if headed and len(rows) > 1 else ((), rows)
    return [_tell_row(names, row, paired=not names and max(map(len, rows)) == 2) for row in body]


def _tell_row(names: Sequence[str], row: Sequence[str], *, paired: bool) -> str:
    if paired and len(row) == 2 and all(row):
        told = f"{row[0].rstrip(':')}: {row[1]}"
    else:
        labels = [*names, *[""] * len(row)]
        told = "; ".join(f"{label.rstrip(':')}: {cell}" if label else cell for label, cell in zip(labels, row, strict=False) if cell)
    return told if _ENDED.search(told) else f"{told}."


def _looks_headed(rows: Sequence[Sequence[str]]) -> bool:
    first, rest = rows[0], rows[1:]
    if len(rest) < 1 or len(first) < 2 or not all(first[1:]) or len(set(first)) < len(first):
        return False
    years = all(_YEAR.fullmatch(cell) for cell in first[1:])
    if any(len(cell) > _HEADER_MAX_CHARS or (cell and not years and _NUMBER.fullmatch(cell)) for cell in first):
        return False
    lasts = [row[1:] for row in rest if len(row) > 1]
    figures = sum(bool(_NUMBER.fullmatch(cell)) for cells in lasts for cell in cells if cell)
    return len(first) > 2 or 2 * figures > len(lasts)
