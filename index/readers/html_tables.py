"""Tables of HTML pages: the cells of each row under the names of their columns.

A cell that spans several rows counts in each of them, as far as its part of the table goes. The rows of the head, or those of header
cells alone with which the table begins, name the columns together ("2023 Boats"); one that is a single cell across the table is its
title. A body's cell that spans several columns is told under the first of them.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from index.readers.document import tell_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MAX_COLUMNS = 50  # that a cell is believed to span
_ALL_ROWS = 65_534  # what HTML lets a cell span at most, and what "0" means


def read_table(rows: Sequence[Any], caption: Any, read: Callable[[Any], str]) -> list[str] | None:
    """Return the rows of a table as sentences, its caption and titles first; None when it only lays out the page.

    Args:
        rows: Its `<tr>` that are shown, in order.
        caption: Its `<caption>`, or None.
        read: Returns the cleaned text of an element.
    """
    cells = [[cell for cell in row if cell.tag in {"td", "th"}] for row in rows]
    if max((len(row) for row in cells), default=0) < 2 or any(len(cell.findall(".//p")) > 2 for row in cells for cell in row):
        return None
    heads = sum(1 for _ in takewhile(lambda at: _is_head(rows[at], cells[at]), range(len(rows))))
    heads = min(heads, 1) if heads == len(rows) else heads  # nothing but names: they are what it tells
    texts = _spread(rows, cells, heads, read)
    titles = [read(cells[at][0]) for at in range(heads) if len(cells[at]) == 1 and len(set(texts[at])) == 1]
    names = _join_names([texts[at] for at in range(heads) if len(cells[at]) > 1 or len(set(texts[at])) > 1])
    stated = [read(caption)] if caption is not None else []
    told = tell_rows([names, *texts[heads:]], headed=True) if any(names) else tell_rows(texts[heads:])
    return [one for one in (*stated, *titles) if one] + told


def _is_head(row: Any, cells: Sequence[Any]) -> bool:
    return bool(cells) and (all(cell.tag == "th" for cell in cells) or row.getparent().tag == "thead")


def _join_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the name of each column, from the rows that name them; one that spans rows says its name once."""
    columns = range(max(map(len, rows), default=0))
    return [" ".join(dict.fromkeys(row[at] for row in rows if at < len(row) and row[at])) for at in columns]


def _spread(rows: Sequence[Any], cells: Sequence[Sequence[Any]], heads: int, read: Callable[[Any], str]) -> list[list[str]]:
    """Return the texts of each row's cells, one a column; what spans columns is repeated in the head alone."""
    spread: list[list[str]] = []
    carried: dict[int, tuple[int, str]] = {}  # by column: rows that a cell above still spans, and its text there
    for at, row in enumerate(cells):
        if at and rows[at].getparent() is not rows[at - 1].getparent():  # no cell spans parts of a table
            carried.clear()
        texts: list[str] = []
        for cell in row:
            _carry(carried, texts)
            text, left = read(cell), _span(cell, "rowspan", _ALL_ROWS) - 1
            for column in range(_span(cell, "colspan", _MAX_COLUMNS)):
                shown = text if column == 0 or at < heads else ""
                carried.pop(len(texts), None)  # of a cell above that this one covers
                if left:
                    carried[len(texts)] = (left, shown)
                texts.append(shown)
        own = any(texts)
        while any(column >= len(texts) for column in carried):  # a row may lack cells before one that a cell above spans
            _carry(carried, texts)
            texts += [""] if any(column > len(texts) for column in carried) else []
        spread.append(texts if own else [])
    return spread


def _carry(carried: dict[int, tuple[int, str]], texts: list[str]) -> None:
    """Add to a row what cells above span of its next columns."""
    while len(texts) in carried:
        left, text = carried.pop(len(texts))
        if left > 1:
            carried[len(texts)] = (left - 1, text)
        texts.append(text)


def _span(cell: Any, name: str, most: int) -> int:
    written = cell.get(name, "1").strip()
    if not (written.isascii() and written.isdigit()):
        return 1
    span = int(written[:9])
    return min(span, most) if span else (most if name == "rowspan" else 1)
