"""From the pieces of lines on a page to paragraphs in reading order: columns, tables, list items, headings.

Columns are found by a vertical strip that few pieces cross and on both sides of which lines run; a piece that crosses it parts what
is above from what is below. Rows that stand in the same columns three times or more are a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from index.readers.document import tell_rows
from index.readers.pdf_lines import join_pieces, split_rows
from index.readers.words import HYPHENS, join_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from index.readers.pdf_lines import Piece

LIST_MARK = re.compile(r"(?:[-*+•‣◦▪■●○–\uf0b7]|\(?\d{1,2}[.)]|\(?[a-zA-Z][.)])(?=\s|$)")
_BULLETS = "•‣◦▪■●○\uf0b7"
LEADERS = re.compile(r"\s*(?:\.\s?){4,}\s*")
_ENDED = re.compile(r"[.!?。！？:;…][\"'”’)\]]*(?:\[?\d{1,3}\]?)?$")

_COLUMN_MIN_LINES = 4
_COLUMN_MIN_CHARS = 16  # of a line of running text; the cells of most tables are shorter
_COLUMN_MIN_SHARE = 0.6  # of a column's characters that such lines hold
_PROSE_CELL = 24  # characters that half of the cells of a column have, from which on it is one of text
_SIZES_DIFFER = 0.1
_INDENT = 0.8  # of the size
_SHORT = 0.6  # of the way to the edge: a line that ends before it was broken on purpose, whatever its end
_TABLE_MIN_ROWS = 3  # two stretched lines of justified text may look like two rows
_FLUSH = 0.6  # points
_LOOSE = 1.3  # times the usual distance of two lines, from which on they are two paragraphs


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, while they are being gathered.

    Attributes:
        lines: From top to bottom; none when it is a row of a table.
        edge: Right edge of its column, where a line breaks.
        page: 1-based, of its first line.
        row: The sentence that a row of a table is told by; "" for text.
        later: Pages that begin in it, with the number of their first line.
    """

    lines: list[Piece]
    edge: float
    page: int
    row: str = ""
    later: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> float:
        """Of its font."""
        return median(line.size for line in self.lines) if self.lines else 0.0

    @property
    def bold(self) -> bool:
        """All of it is."""
        return bool(self.lines) and all(line.bold for line in self.lines)

    @property
    def listed(self) -> bool:
        """It begins like a list item."""
        return bool(self.lines) and bool(LIST_MARK.match(self.lines[0].text))

    def join(self, words: Collection[str]) -> tuple[str, list[tuple[int, int]]]:
        """Return its text, and the pages that begin in it as (page, offset)."""
        if self.row:
            return self.row, []
        text, later = self.lines[0].text, {line: page for page, line in self.later}
        offsets = []
        for number, line in enumerate(self.lines[1:], start=1):
            text, start = join_lines(text, line.text, words)
            if number in later:
                offsets.append((later[number], start))
        return text, offsets


def read_paragraphs(pieces: Sequence[Piece], page: int, pitch: float) -> list[Paragraph]:
    """Return the paragraphs of one page in reading order.

    Args:
        pieces: Of its lines.
        page: Its 1-based number.
        pitch: From one line to the next in the document, in sizes of the font.
    """
    paragraphs: list[Paragraph] = []
    for region in _regions(pieces):
        found = list(_read_region(region, page, pitch))
        if paragraphs and found and continues(paragraphs[-1], found[0]):
            paragraphs[-1].lines += found.pop(0).lines
        paragraphs += found
    return paragraphs


def line_pitch(pages: Sequence[Sequence[Piece]]) -> float:
    """Return how far a line is from the one above it, in sizes of the font: what a quarter of all pairs stay below."""
    ratios = []
    for pieces in pages:
        ordered = sorted(pieces, key=lambda one: (one.left // 20, one.middle))
        for above, below in zip(ordered, ordered[1:], strict=False):
            ratio = (below.middle - above.middle) / below.size
            if above.size == below.size and 0.9 <= ratio <= 2.5:
                ratios.append(ratio)
    return sorted(ratios)[len(ratios) // 4] if ratios else 1.2


def continues(before: Paragraph, after: Paragraph) -> bool:
    """Say whether a paragraph goes on at the top of the next column or page."""
    if before.row or after.row or after.listed or before.bold != after.bold or _differ(before.size, after.size):
        return False
    last, first = before.lines[-1], after.lines[0]
    if _ENDED.search(last.text):
        return _is_flush(before) and not _is_indented(after)
    return first.text[0].islower() or last.text[-1] in HYPHENS or (not _had_room(last, first, before.edge) and len(before.lines) > 1)


def _is_flush(paragraph: Paragraph) -> bool:
    """Say whether justified text breaks off in a full line, as the last one of a paragraph is by rare chance."""
    full = sum(abs(line.right - paragraph.edge) < _FLUSH for line in paragraph.lines)
    return abs(paragraph.lines[-1].right - paragraph.edge) < _FLUSH and len(paragraph.lines) > 1 and full >= 0.8 * len(paragraph.lines)


def _is_indented(paragraph: Paragraph) -> bool:
    lines = paragraph.lines
    return len(lines) > 1 and lines[0].left > lines[1].left + _INDENT * lines[0].size


def _regions(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield what is read from top to bottom, in order: columns, and what goes across them."""
    gutter = _gutter(pieces)
    if gutter is None:
        if pieces:
            yield list(pieces)
        return
    crossing = sorted((one for one in pieces if one.left < gutter < one.right), key=lambda one: one.middle)
    others = [one for one in pieces if not one.left < gutter < one.right]
    across: list[Piece] = []
    top = float("-inf")
    for piece in [*crossing, None]:
        bottom = piece.middle if piece else float("inf")
        band = [one for one in others if top <= one.middle < bottom]
        if band:
            if across:
                yield across
                across = []
            yield from _regions([one for one in band if one.right <= gutter])
            yield from _regions([one for one in band if one.left >= gutter])
        if piece:
            across.append(piece)
            top = piece.middle
    if across:
        yield across


def _gutter(pieces: Sequence[Piece]) -> float | None:
    """Return where a page, or a part of it, is best parted into columns; None when it is one."""
    best: tuple[int, float] | None = None
    for gutter in {round(one.left) - 1.5 for one in pieces}:
        left = [one for one in pieces if one.right <= gutter]
        right = [one for one in pieces if one.left >= gutter]
        if not (_runs(left) and _runs(right) and _side_by_side(left, right)):
            continue
        crossed = len(pieces) - len(left) - len(right)
        score = min(len(left), len(right)) - crossed // 2
        if score > 0 and (best is None or (score, -gutter) > (best[0], -best[1])):
            best = (score, gutter)
    return best[1] if best else None


def _runs(pieces: Sequence[Piece]) -> bool:
    """Say whether pieces are, for the most part, lines of running text."""
    long = [len(one.text) for one in pieces if len(one.text) >= _COLUMN_MIN_CHARS]
    return len(long) >= _COLUMN_MIN_LINES and sum(long) >= _COLUMN_MIN_SHARE * sum(len(one.text) for one in pieces)


def _side_by_side(left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    top = max(min(one.middle for one in side) for side in (left, right))
    bottom = min(max(one.middle for one in side) for side in (left, right))
    return all(sum(top - 1 <= one.middle <= bottom + 1 for one in side) >= _COLUMN_MIN_LINES for side in (left, right))


def _read_region(pieces: Sequence[Piece], page: int, pitch: float) -> Iterator[Paragraph]:
    rows = [_join_mark(row) for row in split_rows(pieces)]
    lines: list[Piece] = []
    at = 0
    while at < len(rows):
        end = at
        while end < len(rows) and (len(rows[end]) > 1 or (end > at and _fills_cell(rows[end], rows[end - 1], pitch))):
            end += 1
        told = _read_table(rows[at:end], pitch) if end - at > 1 else None
        beside = _text_columns(rows[at:end]) if told is not None else ()
        if beside:
            yield from _read_lines(lines, page, pitch)
            for column in beside:
                yield from _read_lines([join_pieces(row) for row in split_rows(column)], page, pitch)
            lines = []
        elif told is None:
            lines += [join_pieces(row) for row in rows[at : max(end, at + 1)]]
        else:
            yield from _read_lines(lines, page, pitch)
            yield from (Paragraph(lines=[], edge=0.0, page=page, row=row) for row in told)
            lines = []
        at = max(end, at + 1)
    yield from _read_lines(lines, page, pitch)


def _join_mark(row: list[Piece]) -> list[Piece]:
    """Join the mark of a list item, or the number of a heading, with what it marks."""
    if len(row) > 1 and (LIST_MARK.fullmatch(row[0].text) or re.fullmatch(r"[\d.]{1,8}", row[0].text)) and len(row) == 2:
        return [join_pieces(row)]
    return row


def _fills_cell(row: Sequence[Piece], above: Sequence[Piece], pitch: float) -> bool:
    """Say whether a row is one more line of a cell in the row above: close to it, and not in the first column."""
    return row[0].left > above[0].right and row[0].middle - above[0].middle < _LOOSE * pitch * row[0].size


def _read_table(rows: Sequence[Sequence[Piece]], pitch: float) -> list[str] | None:
    """Return the rows of a table as sentences, None when these rows are none."""
    columns = _columns([piece for row in rows for piece in row])
    full = sum(len(row) > 1 for row in rows)
    if len(columns) < 2 or full < _TABLE_MIN_ROWS:
        return None
    table: list[list[str]] = []
    above: Sequence[Piece] = ()
    for row in rows:
        cells = ["" for _ in columns]
        for piece in row:
            at = next(number for number, (left, right) in enumerate(columns) if left <= piece.left <= right)
            cells[at] = f"{cells[at]} {LEADERS.sub(' ', piece.text)}".strip()
        if above and not cells[0] and row[0].middle - above[0].middle < _LOOSE * pitch * row[0].size:
            table[-1] = [f"{one} {more}".strip() for one, more in zip(table[-1], cells, strict=True)]
        else:
            table.append(cells)
        above = row
    return tell_rows(table)


def _text_columns(rows: Sequence[Sequence[Piece]]) -> list[list[Piece]]:
    """Return the pieces of each column where what looks like a table is running text side by side; none where it is a table."""
    pieces = [piece for row in rows for piece in row]
    columns = [[one for one in pieces if left <= one.left <= right] for left, right in _columns(pieces)]
    texts = sum(len(column) >= _COLUMN_MIN_LINES and median(len(one.text) for one in column) >= _PROSE_CELL for column in columns)
    return columns if texts > 1 else []


def _columns(pieces: Sequence[Piece]) -> list[tuple[float, float]]:
    """Return the extents of the columns in which pieces stand, from left to right."""
    columns: list[tuple[float, float]] = []
    for piece in sorted(pieces, key=lambda one: one.left):
        if columns and piece.left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], piece.right))
        else:
            columns.append((piece.left, piece.right))
    return columns


def _read_lines(lines: Sequence[Piece], page: int, pitch: float) -> Iterator[Paragraph]:
    """Yield the paragraphs that lines of one column make."""
    rights = sorted(line.right for line in lines)
    edge = rights[int(0.95 * (len(rights) - 1))] if rights else 0.0
    paragraph: Paragraph | None = None
    for line in lines:
        if paragraph is not None and not _starts(paragraph, line, pitch):
            paragraph.lines.append(line)
            continue
        if paragraph is not None:
            yield paragraph
        paragraph = Paragraph(lines=[line], edge=edge, page=page)
    if paragraph is not None:
        yield paragraph


def _starts(paragraph: Paragraph, line: Piece, pitch: float) -> bool:
    """Say whether a line begins a new paragraph: by its look, its place, or because the break above it was meant."""
    above = paragraph.lines[-1]
    if _differ(above.size, line.size) or above.bold != line.bold or LEADERS.search(above.text) or line.text[0] in _BULLETS:
        return True
    if line.middle - above.middle > _LOOSE * pitch * line.size or _shifts(paragraph, line):
        return True
    ended, meant = bool(_ENDED.search(above.text)), _had_room(above, line, paragraph.edge)
    if LIST_MARK.match(line.text):
        return meant or ended  # else a figure of a sentence that goes on
    if line.text[0].islower() or above.text[-1] in HYPHENS:
        return False
    return meant and (ended or above.right < _SHORT * paragraph.edge)


def _shifts(paragraph: Paragraph, line: Piece) -> bool:
    """Say whether a line is indented against the one above it, or stands before a list item's other lines."""
    indent, above = _INDENT * line.size, paragraph.lines[-1]
    if paragraph.listed:
        return len(paragraph.lines) > 1 and line.left < above.left - indent
    return line.left > above.left + indent and not line.text[0].islower()


def _had_room(line: Piece, following: Piece, edge: float) -> bool:
    """Say whether a line could have held the first word of the next, so that its break was meant."""
    return line.right + 0.3 * line.size + following.first < edge


def _differ(one: float, other: float) -> bool:
    return abs(one - other) > _SIZES_DIFFER * max(one, other)
