"""The document panel as HTML: pure functions from documents to strings.

Its law: the text of the `<mark>` elements, joined in order, is the quote.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.readers.document import page_at
from rag.answer import describe_place
from ui.markup import Place, attributes, count, escape, overlap, render_marked, render_notice, render_where, span_attributes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from index.paragraphs import Paragraph
    from index.sources import Source

_GONE = "The document has changed since this answer: the quoted words no longer stand at this place."
_NOTES = {
    "changed": "This passage has changed since the answer. Marked is how it reads now.",
    "moved": "This passage has moved since the answer. Marked is where it stands now.",
}
# The script shows these where there is more than one citation, and tells which of them this is.
_STEPS = (
    '<span class="steps" hidden><button type="button" data-step="-1" aria-label="Previous citation">Previous</button>'
    '<span class="step"></span><button type="button" data-step="1" aria-label="Next citation">Next</button></span>'
)
_COPY = '<button type="button" data-copy>Copy citation</button>'
_BACK = '<button type="button" class="back" data-back>Back to the answer</button>'
_TO_CONTENTS = '<button type="button" class="plain" data-contents>All documents</button>'
_LONG = 400  # paragraphs, from which on the far-off ones are laid out late
_BLANK = re.compile("[\\s\ufeff\u200b]*")
_SIGNS = re.compile(r"#{1,6}\s+")
_TAGS = {"title": "h2", "heading": "h3"}


def render_failure(message: str) -> str:
    """Return the document panel when there is no document to show, with the reason."""
    return render_panel(f'<div class="name">Documents</div>{_TO_CONTENTS}', render_notice(message), label="Documents", css="contents")


def render_document(
    source: Source, paragraphs: Sequence[Paragraph], *, place: Place | None = None, standing: str = "", opening: int = 0
) -> str:
    """Return the document panel with a whole document, its paragraph numbers, and the words at `place` marked.

    Args:
        source: The document.
        paragraphs: All its paragraphs, in order.
        place: What to mark. Where the document no longer says the quote there, nothing is marked and a notice says so.
        standing: "moved" or "changed" when the place is not the one that was cited; a notice says so.
        opening: Differs between two openings of one place, so that the page scrolls to it again.
    """
    found = place is not None and bool(place.quote) and source.text[place.start : place.end] == place.quote
    span = (place.start, place.end) if place is not None and found else (0, 0)
    note = "" if place is None else _NOTES.get(standing, "") if found else _GONE
    notice = render_notice(note) if note else ""
    layout = "text long" if len(paragraphs) > _LONG else "text"
    body = "".join(_render_body(source.text, paragraphs, span))
    return render_panel(
        _document_bar(source, paragraphs, place, found=found),
        f'{notice}<div class="{layout}">{body}</div>',
        label=source.title,
        shows={"data-opening": opening, "data-opened": source.path} | (_shows(source, place) if place is not None else {}),
    )


def _shows(source: Source, place: Place) -> dict[str, object]:
    """Return what tells the page's script which place is shown, and how a citation of it names it."""
    return {**span_attributes(place), "data-where": describe_place(place.paragraph, page_at(source.pages, place.start))}


def render_panel(bar: str, inner: str, *, label: str, css: str = "document", shows: Mapping[str, object] | None = None) -> str:
    """Return the frame of the panel: a bar at the top, and below it what scrolls.

    Args:
        bar: HTML.
        inner: HTML.
        label: What the panel holds, for a screen reader.
        css: Class of the panel.
        shows: Attributes that tell the page's script what is shown.
    """
    return (
        f'<article class="{css}"{attributes(shows or {})}><header class="bar">{bar}</header>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">{inner}</div></article>'
    )


def _document_bar(source: Source, paragraphs: Sequence[Paragraph], place: Place | None, *, found: bool) -> str:
    at = count(len(paragraphs), "paragraph")
    if place is not None:
        at = f"{describe_place(place.paragraph, page_at(source.pages, place.start)).capitalize()} of {len(paragraphs)}"
    steps = "" if place is None else _STEPS + (_COPY if found else "") + _BACK
    where = render_where(source.path, None, source.date, f'<span role="status">{at}</span>')
    name = f'<div class="name" dir="auto" title="{escape(source.title)}">{escape(source.title)}</div>'
    tools = f'<div class="tools">{steps}</div>' if steps else ""
    return f"{name}{where}{_TO_CONTENTS}{tools}"


def _render_body(text: str, paragraphs: Sequence[Paragraph], span: tuple[int, int]) -> Iterator[str]:
    """Yield every paragraph, and what stands between two of them where it is marked or visible."""
    at = 0
    for paragraph in paragraphs:
        yield _render_gap(text, at, paragraph.start, span)
        yield _render_paragraph(text, paragraph, span)
        at = paragraph.end
    yield _render_gap(text, at, len(text), span)


def _render_gap(text: str, start: int, end: int, span: tuple[int, int]) -> str:
    between = text[start:end]
    if not overlap(start, end, span) and _BLANK.fullmatch(between):
        return ""
    return f'<div class="gap">{render_marked(text, start, end, span)}</div>'


def _render_paragraph(text: str, paragraph: Paragraph, span: tuple[int, int]) -> str:
    tag = _TAGS.get(paragraph.kind, "p")
    cited = " cited" if overlap(paragraph.start, paragraph.end, span) else ""
    start = paragraph.start
    signs = ""
    if tag != "p" and (found := _SIGNS.match(paragraph.text)):
        start += found.end()
        signs = f'<span class="signs">{render_marked(text, paragraph.start, start, span)}</span>'
    kind = paragraph.kind.replace(" ", "-")
    inner = signs + render_marked(text, start, paragraph.end, span)
    return f'<{tag} class="{kind}{cited}" data-number="{paragraph.number}" dir="auto">{inner}</{tag}>'
