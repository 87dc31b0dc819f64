"""PDF: the words of each page put together again to lines, columns and paragraphs, since the format keeps only their places.

Left out: running headers and footers, page numbers, text that runs another way than its page. The title and the date of the file's
properties are believed only where the first page says the same. What it knowingly ignores: ruled lines, so that a table is one by
the places of its cells alone; drawings; formulas, whose signs come in the order of their places; tags of accessible files.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from index.dates import MONTHS, find_dates
from index.errors import SourceError
from index.readers.document import Block, Document, clean_text, compose
from index.readers.pdf_layout import LEADERS, LIST_MARK, Paragraph, continues, line_pitch, read_paragraphs
from index.readers.pdf_lines import read_pieces, read_words, split_rows
from index.readers.words import read_words as read_vocabulary

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from index.readers.pdf_lines import Piece

_PASSWORD = 4  # pdfium's FPDF_ERR_PASSWORD
_UNMAPPED = 0.3  # share of characters without a meaning, from which on a text is none
_EDGE_ROWS = 6  # rows from the top and from the bottom of a page among which running ones are sought
_SAME_PLACE = 4.0  # points
_RUNNING_MAX_CHARS = 80  # of a row that may run with other figures on every page; a longer one is likely a line of a text
_FIGURE = re.compile(r"\d+|\b[ivxlc]+\b")
_APART = 1.6  # sizes of the font from one row to the next, from which on a gap parts them
_PAGE_NUMBER = re.compile(
    r"(?:page|p\.|seite|第)?\s*[-–—|]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*[-–—|]?\s*(?:(?:of|/|von)\s*\d{1,4})?\s*页?", re.IGNORECASE
)
_HEADING_SIZE = 1.12  # times the size of the running text
_HEADING_MAX_CHARS, _BOLD_MAX_CHARS = 200, 120
_ENDED = re.compile(r"[.!?。！？,;][\"'”’)\]]*$")


def parse(raw: bytes) -> Document:
    """Read a PDF.

    Raises:
        SourceError: It needs a password, is damaged, or has no text; the message does not name the file.
    """
    import pypdfium2

    if not raw:
        return Document(text="")
    try:
        document = pypdfium2.PdfDocument(raw)
        pages = [_pieces(document, number) for number in range(len(document))]
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "password" in str(error).lower():
            raise SourceError("protected by a password; expected a PDF that opens without one: save it without") from error
        raise SourceError("damaged, or no PDF; expected a file that a PDF viewer opens: print it to PDF anew") from error
    _check_text(pages)
    body = _leave_out_running(pages)
    sizes: Counter[float] = Counter()
    for piece in (piece for page in body for piece in page):
        sizes[piece.size] += len(piece.text)
    blocks = _blocks(_paragraphs(body), sizes)
    text, offsets = compose(blocks, pages=len(pages))
    first = " ".join(piece.text for piece in pages[0])
    properties = document.get_metadata_dict()
    return Document(text=text, title=_title(properties.get("Title", ""), first, blocks), made=_date(properties, first), pages=offsets)


def _pieces(document: Any, number: int) -> list[Piece]:
    page = document[number]
    text = page.get_textpage()
    try:
        return read_pieces(read_words(text))
    finally:
        text.close()
        page.close()


def _check_text(pages: Sequence[Sequence[Piece]]) -> None:
    text = "".join(piece.text for page in pages for piece in page)
    if not text.strip():
        raise SourceError(f"no text in its {len(pages)} pages, only pictures; expected text: have it recognised, for example by ocrmypdf")
    unmapped = sum(unicodedata.category(char) in {"Co", "Cn", "Cc"} or char == "\ufffd" for char in text)
    if unmapped > _UNMAPPED * len(text):
        raise SourceError(
            "its fonts do not say which characters they show; expected text that can be copied: have it recognised (ocrmypdf)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row at the edge of a page: where it stands, and what it says, figures aside."""

    pieces: list[Piece]
    middle: float
    pattern: str


def _leave_out_running(pages: Sequence[Sequence[Piece]]) -> list[list[Piece]]:
    """Return the pages without what stands at the same place at the edge of most of them, figures aside, and page numbers."""
    rows = [split_rows(pieces) for pieces in pages]
    top = [[_row(row) for row in page[: _EDGE_ROWS + 1]] for page in rows]
    bottom = [[_row(row) for row in page[: -_EDGE_ROWS - 2 : -1]] for page in rows]
    kept = []
    for number, pieces in enumerate(pages):
        out = {id(piece) for side in (top, bottom) for row in _running_rows(side, number) for piece in row.pieces}
        kept.append([piece for piece in pieces if id(piece) not in out])
    return kept if any(kept) else [list(pieces) for pieces in pages]  # slides of one line each, say


def _row(pieces: list[Piece]) -> _Row:
    text = " ".join(piece.text for piece in pieces)
    return _Row(
        pieces=pieces, middle=pieces[0].middle, pattern=_FIGURE.sub("#", text.casefold()) if len(text) <= _RUNNING_MAX_CHARS else text
    )


def _running_rows(side: Sequence[Sequence[_Row]], number: int) -> list[_Row]:
    """Return the running rows at one edge of a page, whose rows `side` lists from the edge inwards.

    Such a row may also be one of a table or a form that goes on: it runs only where a gap parts it from what follows, since what
    is wrongly kept harms less than what is wrongly left out.
    """
    rows = side[number]
    running: list[_Row] = []
    for row in rows[:_EDGE_ROWS]:
        if not (_is_running(row, number, side) or (not running and _is_page_number(row))):
            break
        running.append(row)
    while running and len(running) < len(rows):
        inner = rows[len(running)]
        if abs(inner.middle - running[-1].middle) > _APART * inner.pieces[0].size:
            break
        running.pop()
    return running


def _is_page_number(row: _Row) -> bool:
    return len(row.pieces) == 1 and bool(_PAGE_NUMBER.fullmatch(row.pieces[0].text))


def _is_running(row: _Row, number: int, side: Sequence[Sequence[_Row]]) -> bool:
    """Say whether a row stands on most pages, or on most of the even or the odd ones."""
    on = [any(abs(one.middle - row.middle) <= _SAME_PLACE and one.pattern == row.pattern for one in page) for page in side]
    alike = on[number % 2 :: 2]
    return (sum(on) > 1 and 2 * sum(on) > len(on)) or (sum(alike) > 2 and 2 * sum(alike) > len(alike))


def _paragraphs(pages: Sequence[Sequence[Piece]]) -> list[Paragraph]:
    """Return the paragraphs of all pages; one that goes on overleaf is one."""
    pitch = line_pitch(pages)
    paragraphs: list[Paragraph] = []
    for number, pieces in enumerate(pages, start=1):
        found = read_paragraphs(pieces, number, pitch)
        if found:
            _turn_page(paragraphs, found, number)
        paragraphs += found
    return paragraphs


def _turn_page(paragraphs: list[Paragraph], found: list[Paragraph], number: int) -> None:
    """Let the last paragraph of the running text go on with the first of the next page; footnotes come before it then."""
    first = found[0]
    notes = 0
    for before in reversed(paragraphs):
        if before.row or notes > 5 or before.page < number - 1 or before.size >= 0.95 * first.size:
            break
        notes += 1
    at = len(paragraphs) - 1 - notes
    if at >= 0 and continues(paragraphs[at], first):
        before = paragraphs.pop(at)
        before.later.append((number, len(before.lines)))
        before.lines += found.pop(0).lines
        paragraphs.append(before)


def _blocks(paragraphs: Sequence[Paragraph], sizes: Counter[float]) -> list[Block]:
    words = read_vocabulary(line.text for paragraph in paragraphs for line in paragraph.lines)
    usual = sizes.most_common(1)[0][0]
    headings = sorted({paragraph.size for paragraph in paragraphs if paragraph.size > _HEADING_SIZE * usual}, reverse=True)
    blocks: list[Block] = []
    for paragraph in paragraphs:
        text, later = paragraph.join(words)
        cleaned = clean_text(LEADERS.sub(" … ", text))
        if not cleaned:
            continue
        pages = ((paragraph.page, 0), *((page, len(clean_text(text[:offset])) + 1) for page, offset in later))
        blocks.append(_shape(paragraph, cleaned, usual, headings, pages, first=not blocks or paragraph.page == 1))
    return blocks


def _shape(
    paragraph: Paragraph, text: str, usual: float, headings: Sequence[float], pages: tuple[tuple[int, int], ...], *, first: bool
) -> Block:
    """Return a paragraph as the block that it is."""
    plain = Block(text=text, pages=pages)
    if paragraph.row or LEADERS.search(paragraph.lines[0].text):  # a line of the table of contents
        return plain
    mark = LIST_MARK.match(text)
    large = paragraph.size > _HEADING_SIZE * usual and len(text) <= _HEADING_MAX_CHARS
    bold = paragraph.bold and len(text) <= _BOLD_MAX_CHARS and not _ENDED.search(text)
    if (large or bold) and any(char.isalpha() for char in text):
        rank = headings.index(paragraph.size) if large else len(headings)
        level = 1 if large and rank == 0 and first else min(6, 2 + rank)
        return replace(plain, kind="heading", level=level)
    if mark and text[: mark.end()] != text:
        rest = text[mark.end() :].lstrip()
        shown = mark.group() if any(char.isalnum() for char in mark.group()) else "-"
        return replace(plain, text=rest, kind="item", mark=shown)
    return plain


def _title(stated: str, first: str, blocks: Sequence[Block]) -> str | None:
    """Return the property where the first page says it too, else the largest heading of the first page."""
    stated = clean_text(stated)
    if stated and _letters(stated) in _letters(first):
        return stated
    return next((block.text for block in blocks if block.kind == "heading" and block.level == 1), None)


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _date(properties: dict[str, str], first: str) -> dt.date | None:
    """Return the day on which the file was made, where the first page names its month and year."""
    written = re.match(r"(?:D:)?(\d{4})(\d{2})(\d{2})", properties.get("CreationDate", ""))
    made = next(find_dates("-".join(written.groups())), None) if written else None
    if made is None:
        return None
    month = MONTHS[made.date.month - 1]
    named = re.search(rf"\b{month}[a-z]*\.?,?\s+(?:\d{{1,2}},?\s+)?{made.date.year}\b|\b{made.date:%Y-%m}\b", first, re.IGNORECASE)
    return made.date if named else None
