"""Word documents (.docx): paragraphs, headings by their style, list items, tables, footnotes.

Insertions that were not yet accepted are read, deletions are not; hidden and struck runs, headers, footers, comments and field
codes are left out. Raised figures are kept apart (`index.readers.raised`). What it knowingly ignores: the pages, which only Word
knows, the numbers of numbered lists, text that is part of a drawing or a formula, and text raised by points instead of as
superscript.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from index.errors import SourceError
from index.readers.document import Block, Document, clean_text, compose, tell_rows
from index.readers.raised import LEVEL, LOWERED, RAISED, write_raised

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # says again what stands beside it
_SKIPPED = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", f"{_W}txbxContent", _FALLBACK})
_WRITTEN = {f"{_W}tab": " ", f"{_W}br": " ", f"{_W}cr": " ", f"{_W}noBreakHyphen": "-"}
_WRAPPERS = frozenset({f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins", f"{_W}moveTo", f"{_W}smartTag"})
_UNSEEN = (f"{_W}vanish", f"{_W}strike", f"{_W}dstrike")  # hidden, or struck out
_OFF = frozenset({"0", "false", "off"})
_SHIFTED = {"superscript": RAISED, "subscript": LOWERED}
_HEADING_STYLE = re.compile(r"heading (\d)", re.IGNORECASE)
_ENDED = re.compile(r"[.!?。！？,;:]$")
_BOLD_HEADING_MAX_CHARS = 100
_OLE = b"\xd0\xcf\x11\xe0"  # the container of old Office files, and of encrypted new ones
_TEMPLATE_YEAR = 2013  # python-docx's own template; documents made with it keep that date when nobody sets another


def parse(raw: bytes) -> Document:
    """Read a Word document.

    Raises:
        SourceError: It is encrypted, of the old format, damaged, or no Word document; the message does not name the file.
    """
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    if not raw:
        return Document(text="")
    if raw.startswith(_OLE):
        raise SourceError("protected by a password, or an old .doc; expected a .docx without one: save it as that")
    try:
        document = docx.Document(io.BytesIO(raw))
    except (zipfile.BadZipFile, PackageNotFoundError, EOFError) as error:
        raise SourceError("a damaged file, or no .docx; expected a Word document: open it in Word, and save it anew") from error
    except (KeyError, ValueError) as error:
        raise SourceError("a zip file, but no Word document; expected a .docx: give it its own suffix") from error
    reader = _Reader(document)
    blocks = [*reader.blocks(document.element.body), *reader.footnotes()]
    title = clean_text(document.core_properties.title or "")
    return Document(text=compose(blocks)[0], title=_stated_title(title, blocks), made=_date(document.core_properties))


def _stated_title(title: str, blocks: list[Block]) -> str | None:
    """Return the title of the first paragraphs, else that of the properties, which few people fill in."""
    first = next((block.text for block in blocks[:5] if block.kind == "heading" and block.level == 1), None)
    return first or (title if title and title.casefold() != "word document" else None)


def _date(properties: Any) -> dt.date | None:
    """Return when the document was made, None where only its template was."""
    made = properties.created
    return made.date() if made and made.year > _TEMPLATE_YEAR else None


class _Reader:
    def __init__(self, document: Any) -> None:
        self._document = document
        self._styles = {style.style_id: style for style in document.styles}

    def blocks(self, container: Any) -> Iterator[Block]:
        """Yield the blocks of a container, in order."""
        for element in container:
            if element.tag == f"{_W}p":
                yield from self._paragraph(element)
            elif element.tag == f"{_W}tbl":
                yield from self._table(element)
            elif element.tag in _WRAPPERS:
                yield from self.blocks(element)

    def footnotes(self) -> Iterator[Block]:
        """Yield the footnotes, which stand in a part of their own."""
        from docx.oxml import parse_xml

        for relation in self._document.part.rels.values():
            if not relation.is_external and relation.reltype.endswith(("/footnotes", "/endnotes")):
                for note in parse_xml(relation.target_part.blob):
                    if note.get(f"{_W}type") is None:  # not the line above them
                        yield from self.blocks(note)

    def _paragraph(self, element: Any) -> Iterator[Block]:
        text = clean_text(write_raised("".join(self._pieces(element))))
        if text:
            yield self._shape(element, text)
        for box in element.iter(f"{_W}txbxContent"):
            if not any(True for _ in box.iterancestors(_FALLBACK)):
                yield from self.blocks(box)

    def _pieces(self, element: Any) -> Iterator[str]:
        """Yield the texts of an element, those of raised and lowered runs with their marks."""
        for child in element:
            if child.tag in _SKIPPED or (child.tag == f"{_W}r" and self._is_unseen(child)):
                continue
            if child.tag == f"{_W}t":
                yield child.text or ""
                continue
            aligned = self._run_property(child, f"{_W}vertAlign") if child.tag == f"{_W}r" else None
            mark = _SHIFTED.get(aligned.get(f"{_W}val", ""), "") if aligned is not None else ""
            yield mark + _WRITTEN.get(child.tag, "")
            yield from self._pieces(child)
            yield LEVEL if mark else ""

    def _is_unseen(self, run: Any) -> bool:
        found = [self._run_property(run, tag) for tag in _UNSEEN]
        return any(one is not None and one.get(f"{_W}val", "1") not in _OFF for one in found)

    def _run_property(self, run: Any, tag: str) -> Any:
        """Return a property of a run, its own, else that of its style, else that of its paragraph's style."""
        found = run.find(f"{_W}rPr/{tag}")
        if found is None:
            found = self._styled(run.find(f"{_W}rPr/{_W}rStyle"), f"{_W}rPr/{tag}")
        if found is None:
            paragraph = next(run.iterancestors(f"{_W}p"), None)
            found = self._styled(paragraph.find(f"{_W}pPr/{_W}pStyle"), f"{_W}rPr/{tag}") if paragraph is not None else None
        return found

    def _styled(self, chosen: Any, path: str) -> Any:
        """Return what a chosen style says, or one that it is based on; None when nothing is chosen."""
        style = self._styles.get(chosen.get(f"{_W}val")) if chosen is not None else None
        for _ in range(10):  # a style may be based on itself
            found = style.element.find(path) if style is not None else None
            if found is not None or style is None:
                return found
            style = getattr(style, "base_style", None)
        return None

    def _shape(self, element: Any, text: str) -> Block:
        level = self._level(element)
        if level:
            return Block(text=text, kind="heading", level=level)
        if self._find(element, f"{_W}numPr") is not None or self._style_name(element).startswith("list "):
            return Block(text=text, kind="item")
        short = len(text) <= _BOLD_HEADING_MAX_CHARS and not _ENDED.search(text)
        return Block(text=text, kind="heading", level=3) if short and _is_bold(element) else Block(text=text)

    def _level(self, element: Any) -> int:
        """Return the level of a heading, 1 for the title; 0 for any other paragraph."""
        name = self._style_name(element)
        if name == "title":
            return 1
        if name.startswith("toc "):
            return 0
        styled = _HEADING_STYLE.fullmatch(name)
        outline = self._find(element, f"{_W}outlineLvl")
        if styled or (outline is not None and outline.get(f"{_W}val", "9") < "9"):
            level = int(styled[1]) if styled else int(outline.get(f"{_W}val")) + 1
            return max(1, min(6, level))
        return 0

    def _style_name(self, element: Any) -> str:
        chosen = element.find(f"{_W}pPr/{_W}pStyle")
        style = self._styles.get(chosen.get(f"{_W}val")) if chosen is not None else None
        return (style.name or "").casefold() if style is not None else ""

    def _find(self, element: Any, tag: str) -> Any:
        """Return a property of a paragraph, its own or that of the styles which its style is based on."""
        found = element.find(f"{_W}pPr/{tag}")
        return self._styled(element.find(f"{_W}pPr/{_W}pStyle"), f"{_W}pPr/{tag}") if found is None else found

    def _table(self, table: Any) -> Iterator[Block]:
        rows = [row for row in table.iter(f"{_W}tr") if next(row.iterancestors(f"{_W}tbl")) is table]
        cells = [[cell for cell in row.iter(f"{_W}tc") if next(cell.iterancestors(f"{_W}tr")) is row] for row in rows]
        if max(map(len, cells), default=0) < 2:  # one column is a frame around text
            for cell in (cell for row in cells for cell in row):
                yield from self.blocks(cell)
            return
        told = [[text for cell in row for text in (self._cell(cell), *[""] * (_span(cell) - 1))] for row in cells]
        headed = rows[0].find(f"{_W}trPr/{_W}tblHeader") is not None
        yield from (Block(text=text) for text in tell_rows(told, headed=headed or None))

    def _cell(self, cell: Any) -> str:
        return " ".join(block.text for block in self.blocks(cell))


def _is_bold(element: Any) -> bool:
    runs = [run for run in element.iter(f"{_W}r") if any((piece.text or "").strip() for piece in run.iter(f"{_W}t"))]
    bolds = [run.find(f"{_W}rPr/{_W}b") for run in runs]
    return bool(bolds) and all(bold is not None and bold.get(f"{_W}val", "1") not in _OFF for bold in bolds)


def _span(cell: Any) -> int:
    span = cell.find(f"{_W}tcPr/{_W}gridSpan")
    written = span.get(f"{_W}val", "1") if span is not None else "1"
    return min(int(written), 50) if written.isdigit() else 1
