"""From the characters on a PDF's page to pieces of lines: words that stand side by side without a wide gap.

Measures are points; y grows downwards. Text that runs another way than most of its page (a stamp in the margin) is left out.
A small figure that touches a larger one is kept apart from it, as one that is raised or lowered (`index.readers.raised`).
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.readers.raised import LEVEL, LOWERED, RAISED, write_raised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDE_GAP = 0.9  # of the size: from here on, two words of one row are two pieces (a space is a quarter, stretched a half)
_WORD_GAP = 0.25  # of the size: two characters this far apart are not of one word
_SAME_ROW = 0.3  # of the size: how far the middles of two words of one row lie apart, as with a footnote's number
_TOUCHING = 0.1  # likewise: they touch
_SHIFTED_ROW = 0.6  # of the larger size: likewise where a raised or lowered word touches one, which no other line does
_OTHER_SIZE = 0.2  # likewise: two digits of one number do not differ so much in height
_SAMPLED = 200  # characters by which a page's direction is told
_BOLD = 600  # weight of a font
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Words that stand side by side, or one word.

    Attributes:
        text: Of it.
        left: Edge.
        right: Edge.
        top: Of its tallest word.
        bottom: Likewise.
        size: Of the font, of most of its characters.
        bold: All of it is.
        first: Width of its first word.
    """

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    bold: bool
    first: float

    @property
    def middle(self) -> float:
        """Half-way between top and bottom."""
        return (self.top + self.bottom) / 2


def read_words(page: Any) -> list[Piece]:
    """Return the words of a page in the order in which the file draws them.

    Args:
        page: pypdfium2's text page.
    """
    turns = _turns(page.raw)
    return [word for start, word in _words(page.raw, turns) if _quarter(page.raw, start) == turns]


def read_pieces(words: Sequence[Piece]) -> list[Piece]:
    """Return the pieces of lines that words make, from top to bottom, in a row from left to right."""
    pieces = []
    for row in split_rows(words):
        piece: list[Piece] = []
        for word in row:
            if piece and word.left - piece[-1].right > _WIDE_GAP * max(word.size, piece[-1].size):
                pieces.append(join_pieces(piece))
                piece = []
            piece.append(word)
        pieces.append(join_pieces(piece))
    return pieces


def split_rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return pieces by the row in which they stand, rows from top to bottom, each from left to right."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda one: (one.middle, one.left)):
        for row in rows[:-4:-1]:
            anchor = max(row, key=lambda one: one.size)
            if abs(piece.middle - anchor.middle) <= _SAME_ROW * max(anchor.size, piece.size):
                row.append(piece)
                break
        else:
            rows.append([piece])
    return [sorted(row, key=lambda one: one.left) for row in _join_shifted(rows)]


def _join_shifted(rows: list[list[Piece]]) -> list[list[Piece]]:
    """Return rows in which words that stand far up or down are back beside the larger word that they touch."""
    for upper, lower in zip(rows, rows[1:], strict=False):
        for row, other in ((upper, lower), (lower, upper)):
            shifted = [piece for piece in row if any(_is_shifted(piece, one) for one in other)]
            other.extend(shifted)
            row[:] = [piece for piece in row if piece not in shifted]
    return [row for row in rows if row]


def _is_shifted(piece: Piece, beside: Piece) -> bool:
    gap = max(piece.left - beside.right, beside.left - piece.right)
    near = abs(piece.middle - beside.middle) <= _SHIFTED_ROW * beside.size
    return piece.size < beside.size and near and abs(gap) < _TOUCHING * piece.size


def join_pieces(pieces: Sequence[Piece]) -> Piece:
    """Return pieces of one row, from left to right, as one."""
    if len(pieces) == 1:
        return pieces[0]
    touching = [
        piece.size != before.size and piece.left - before.right < _TOUCHING * piece.size  # the number of a footnote
        for before, piece in zip(pieces, pieces[1:], strict=False)
    ]
    text = ""
    for at, piece in enumerate(pieces):
        beside = [pieces[other] for other in (at - 1, at + 1) if 0 <= other < len(pieces) and touching[min(at, other)]]
        text += ("" if at == 0 or touching[at - 1] else " ") + _marked(piece, beside)
    text = write_raised(text)
    sizes: Counter[float] = Counter()
    for piece in pieces:
        sizes[piece.size] += len(piece.text)
    return Piece(
        text=text,
        left=pieces[0].left,
        right=max(piece.right for piece in pieces),
        top=min(piece.top for piece in pieces),
        bottom=max(piece.bottom for piece in pieces),
        size=sizes.most_common(1)[0][0],
        bold=all(piece.bold for piece in pieces),
        first=pieces[0].first,
    )


def _marked(piece: Piece, beside: Sequence[Piece]) -> str:
    """Return the text of a word, marked where it is smaller than a word that it touches and stands higher or lower."""
    larger = max((one for one in beside if one.size > piece.size), key=lambda one: one.size, default=None)
    if larger is None:
        return piece.text
    return f"{RAISED if piece.middle < larger.middle else LOWERED}{piece.text}{LEVEL}"


def _words(raw: Any, turns: int) -> Iterator[tuple[int, Piece]]:
    """Yield each word with the number of its first character."""
    start, text, box, size = 0, "", (0.0, 0.0, 0.0, 0.0), 0.0
    last = 0.0  # height of the character before
    spaced = False  # the parser saw a space that the file does not write
    for at, char, (left, right, top, bottom) in _characters(raw, turns):
        if not char.strip():
            spaced = _is_generated(raw, at)
            if text and not spaced:
                yield start, _word(raw, start, text, box, size)
                text = ""
            continue
        gap = (_TOUCHING if spaced else _WORD_GAP) * size
        shifted = text[-1:].isdigit() and char.isdigit() and abs(bottom - top - last) > _OTHER_SIZE * size
        last = bottom - top
        if text and (shifted or left - box[1] > gap or left < box[0] - size or abs(bottom - box[3]) > 0.5 * (bottom - top)):
            yield start, _word(raw, start, text, box, size)
            text = ""
        spaced = False
        if text:
            box = (box[0], max(box[1], right), min(box[2], top), max(box[3], bottom))
        else:
            start, box, size = at, (left, right, top, bottom), max(1.0, bottom - top)
        text += char
    if text:
        yield start, _word(raw, start, text, box, size)


def _characters(raw: Any, turns: int) -> Iterator[tuple[int, str, tuple[float, float, float, float]]]:
    """Yield number, character and (left, right, top, bottom) of each, as they stand when the page is turned to be read."""
    import pypdfium2.raw as pdfium

    rect = pdfium.FS_RECTF()
    pointer = ctypes.byref(rect)
    high = 0
    for at in range(pdfium.FPDFText_CountChars(raw)):
        code = pdfium.FPDFText_GetUnicode(raw, at)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00 if high else 0xFFFD
        high = 0
        if not pdfium.FPDFText_GetLooseCharBox(raw, at, pointer):
            continue
        char = chr(code) if code else " "
        yield at, _LIGATURES.get(char, char), _turned(turns, rect.left, rect.right, -rect.top, -rect.bottom)


def _is_generated(raw: Any, at: int) -> bool:
    import pypdfium2.raw as pdfium

    return bool(pdfium.FPDFText_IsGenerated(raw, at) == 1)


def _word(raw: Any, start: int, text: str, box: tuple[float, float, float, float], height: float) -> Piece:
    import pypdfium2.raw as pdfium

    left, right, top, bottom = box
    matrix = pdfium.FS_MATRIX()
    written = pdfium.FPDFText_GetFontSize(raw, start)
    scaled = pdfium.FPDFText_GetMatrix(raw, start, ctypes.byref(matrix))
    size = written * math.hypot(matrix.c, matrix.d) if scaled else written
    bold = pdfium.FPDFText_GetFontWeight(raw, start) >= _BOLD or _names_bold(raw, start)
    size = round(2 * (size if size > 1 else height)) / 2
    return Piece(text=text, left=left, right=right, top=top, bottom=bottom, size=size, bold=bold, first=right - left)


def _names_bold(raw: Any, at: int) -> bool:
    import pypdfium2.raw as pdfium

    name = ctypes.create_string_buffer(96)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(raw, at, name, 96, ctypes.byref(flags))
    return b"bold" in name.value.lower() or b"black" in name.value.lower()


def _turns(raw: Any) -> int:
    """Return how many quarter turns most of a page's text is turned."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFText_CountChars(raw)
    sampled = Counter(_quarter(raw, at) for at in range(0, count, max(1, count // _SAMPLED)))
    return max((turns for turns in sampled if turns is not None), key=lambda turns: sampled[turns], default=0)


def _quarter(raw: Any, at: int) -> int | None:
    """Return how many quarter turns a character is turned, None for any other angle."""
    import pypdfium2.raw as pdfium

    turns = pdfium.FPDFText_GetCharAngle(raw, at) / (math.pi / 2)
    return round(turns) % 4 if abs(turns - round(turns)) < 0.06 else None


def _turned(turns: int, left: float, right: float, top: float, bottom: float) -> tuple[float, float, float, float]:
    if turns == 0:
        return left, right, top, bottom
    if turns == 1:
        return top, bottom, -right, -left
    return (-right, -left, -bottom, -top) if turns == 2 else (-bottom, -top, left, right)
