"""A folder of somebody's documents: text, Markdown, HTML, PDF and Word files with headings, lists, tables and columns, some of them broken.

What was written into each file is returned, so that a test can say whether it is found again.
"""

from __future__ import annotations

import html
import io
import random
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import docx
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=10, leading=12, spaceAfter=6, alignment=4)
HEADING = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=14, leading=18, spaceAfter=6, spaceBefore=8)
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=20, leading=26, spaceAfter=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a document is to say: sections of a heading with paragraphs."""

    title: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def paragraphs(self) -> list[str]:
        """The running text, without title and headings."""
        return [paragraph for _, paragraphs in self.sections for paragraph in paragraphs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that was written, with its paragraphs; of a PDF, the page on which each ends."""

    path: str
    paragraphs: tuple[str, ...]
    pages: tuple[int, ...] = ()


def draft_all(texts: Sequence[str], count: int, seed: int) -> Iterator[Draft]:
    """Yield documents of paragraphs drawn from `texts`, each of which says at least a sentence."""
    draw = random.Random(seed)
    for number in range(count):
        sections = [
            (f"Section {section} of report {number}", tuple(draw.sample(texts, draw.randint(2, 4))))
            for section in range(1, draw.randint(1, 3) + 1)
        ]
        yield Draft(title=f"Report {number} about several things", sections=tuple(sections))


def write_all(folder: Path, drafts: Sequence[Draft]) -> list[Written]:
    """Write the documents into `folder`, in turn as each kind of file."""
    written = []
    for number, (draft, (suffix, write)) in enumerate(zip(drafts, cycle(_WRITERS), strict=False)):
        path = f"part {number % 7}/report-{number:04d}{suffix}"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        raw, pages = write(draft)
        (folder / path).write_bytes(raw)
        written.append(Written(path=path, paragraphs=tuple(draft.paragraphs), pages=pages))
    return written


def write_broken(folder: Path) -> list[str]:
    """Write ten files that cannot be read, and return their paths."""
    story = _pdf(Draft(title="Cut off", sections=(("A", ("A paragraph that nobody will read." * 20,)),)))[0]
    word = _docx(Draft(title="Cut off", sections=(("A", ("A paragraph that nobody will read." * 20,)),)))[0]
    broken = {
        "broken/latin1.txt": "Caf\xe9 au lait, a drink.".encode("latin-1"),
        "broken/utf16.txt": "A text in another encoding.".encode("utf-16"),
        "broken/binary.md": bytes(range(256)) * 8,
        "broken/half.pdf": story[: len(story) // 2],
        "broken/none.pdf": b"",
        "broken/page.pdf": b"<html><body>This is a page, whatever its name says.</body></html>",
        "broken/half.docx": word[: len(word) // 2],
        "broken/none.docx": b"",
        "broken/old.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
        "broken/empty-zip.docx": b"PK\x05\x06" + bytes(18),
    }
    for path, raw in broken.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    return list(broken)


def _text(draft: Draft) -> tuple[bytes, tuple[int, ...]]:
    return _lines(draft, heading="", between="\n").encode(), ()


def _windows_text(draft: Draft) -> tuple[bytes, tuple[int, ...]]:
    return b"\xef\xbb\xbf" + _lines(draft, heading="", between="\n\n").replace("\n", "\r\n").encode(), ()


def _markdown(draft: Draft) -> tuple[bytes, tuple[int, ...]]:
    return ("# " + _lines(draft, heading="## ", between="\n\n")).encode(), ()


def _lines(draft: Draft, *, heading: str, between: str) -> str:
    lines = [draft.title]
    for name, paragraphs in draft.sections:
        lines += [f"{heading}{name}", *paragraphs]
    return between.join(lines) + "\n"


def _html(draft: Draft) -> tuple[bytes, tuple[int, ...]]:
    sections = "".join(
        f"<section><h2>{html.escape(name)}</h2>{''.join(f'<p>{html.escape(paragraph)}</p>' for paragraph in paragraphs)}</section>"
        for name, paragraphs in draft.sections
    )
    page = (
        f"<!doctype html><html><head><title>{html.escape(draft.title)}</title><style>p {{ color: red }}</style></head><body>"
        f"<nav><ul><li><a href='/'>Home</a></li><li><a href='/all'>All reports</a></li></ul></nav><main><h1>{html.escape(draft.title)}</h1>"
        f"{sections}</main><script>var nothing = 1;</script><footer>All rights reserved.</footer></body></html>"
    )
    return page.encode(), ()


def _docx(draft: Draft) -> tuple[bytes, tuple[int, ...]]:
    document = docx.Document()
    document.add_heading(draft.title, level=0)
    for name, paragraphs in draft.sections:
        document.add_heading(name, level=1)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    table = document.add_table(rows=2, cols=2)
    for cell, words in zip([*table.rows[0].cells, *table.rows[1].cells], ("Year", "Boats", "2021", "310"), strict=True):
        cell.text = words
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue(), ()


class _Numbered(Paragraph):
    """A paragraph of running text that keeps its number when it is split between two columns."""

    number = 0

    def split(self, *room: float) -> list[Paragraph]:
        parts: list[Paragraph] = super().split(*room)
        for part in parts:
            part.number = self.number
        return parts


class _Paged(BaseDocTemplate):
    """Notes on which page each paragraph of running text ends."""

    def __init__(self, stream: io.BytesIO, columns: int) -> None:
        super().__init__(stream, pagesize=A4)
        self.ends: dict[int, int] = {}
        frames = [Frame(60, 50, 475, 750)] if columns == 1 else [Frame(55, 50, 235, 750), Frame(305, 50, 235, 750)]
        self.addPageTemplates(PageTemplate("page", frames, onPage=_frame_page))

    def afterFlowable(self, flowable: Any) -> None:  # noqa: N802 - the library's name
        if isinstance(flowable, _Numbered):
            self.ends[flowable.number] = self.page


def _frame_page(canvas: Any, document: Any) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(60, 815, "Reports of the harbour office")
    canvas.drawRightString(540, 25, f"Page {document.page}")


def _pdf(draft: Draft, columns: int = 1) -> tuple[bytes, tuple[int, ...]]:
    stream = io.BytesIO()
    document = _Paged(stream, columns)
    story: list[Paragraph] = [Paragraph(html.escape(draft.title), TITLE)]
    for name, paragraphs in draft.sections:
        story.append(Paragraph(html.escape(name), HEADING))
        story += [_Numbered(html.escape(paragraph), BODY) for paragraph in paragraphs]
    for number, paragraph in enumerate(part for part in story if isinstance(part, _Numbered)):
        paragraph.number = number
    document.build(story)
    return stream.getvalue(), tuple(document.ends.values())


def _columns(draft: Draft) -> tuple[bytes, tuple[int, ...]]:
    return _pdf(draft, columns=2)


_WRITERS: tuple[tuple[str, Callable[[Draft], tuple[bytes, tuple[int, ...]]]], ...] = (
    (".txt", _text),
    (".pdf", _pdf),
    (".md", _markdown),
    (".docx", _docx),
    (".html", _html),
    (".pdf", _columns),
    (".txt", _windows_text),
)
