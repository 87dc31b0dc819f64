"""Pieces of HTML that every part of the page is made of; pure functions from values to strings.

Everything that a document, a question or an answer says goes through `escape`; nothing rendered loads anything. A place to open is
a `<button data-source …>` that carries all that is needed to find it again, so a page stays clickable after its server was
restarted.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answer import describe_place

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from index.search import Hit
    from rag.answer import Citation
    from rag.recheck import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to open a document.

    Attributes:
        source: Path of the document in the corpus.
        paragraph: 1-based number of the paragraph.
        start: First character of the quote in the document's text, 0-based, in Unicode code points.
        end: One past the last character.
        quote: What stands there, as far as the answer knew.
        page: 1-based, on which it begins; None where that is not known, or the document has no pages.
    """

    source: str
    paragraph: int
    start: int
    end: int
    quote: str
    page: int | None = None

    @classmethod
    def of_citation(cls, citation: Citation) -> Place:
        """Return the place that a citation cites."""
        return cls(
            source=citation.source,
            paragraph=citation.paragraph,
            start=citation.start,
            end=citation.end,
            quote=citation.quote,
            page=citation.page,
        )

    @classmethod
    def of_check(cls, check: Check) -> Place:
        """Return the place where a citation's words stand now."""
        return cls(source=check.source, paragraph=check.paragraph, start=check.start, end=check.end, quote=check.text, page=check.page)

    @classmethod
    def of_hit(cls, hit: Hit) -> Place:
        """Return the place of a hit's passage."""
        paragraph = hit.paragraph
        quote = paragraph.text[hit.start - paragraph.start : hit.end - paragraph.start]
        return cls(source=paragraph.source, paragraph=paragraph.number, start=hit.start, end=hit.end, quote=quote)


def escape(text: str) -> str:
    """Escape for element content and quoted attributes, so that the browser reads back the same characters.

    HTML turns a carriage return into a line feed unless it is written as a reference, and has no way to write NUL.
    """
    return html.escape(text).replace("\r", "&#13;").replace("\0", "\ufffd")


def attributes(values: Mapping[str, object]) -> str:
    """Return ` name="value"` for each; a value of True is a name alone, None and False leave the attribute out."""
    shown = {name: value for name, value in values.items() if value is not None and value is not False}
    return "".join(f" {name}" if value is True else f' {name}="{escape(str(value))}"' for name, value in shown.items())


def button(inner: str, values: Mapping[str, object], *, css: str = "") -> str:
    """Return a button.

    Args:
        inner: HTML.
        values: Attributes by name, as `attributes` takes them.
        css: Its classes.
    """
    return f'<button type="button"{attributes({"class": css or None})}{attributes(values)}>{inner}</button>'


def opens(place: Place) -> dict[str, object]:
    """Return the attributes that make a button open a place; hovering or focusing it shows the quote."""
    where = describe_place(place.paragraph, place.page)
    return {
        "data-source": place.source,
        "data-paragraph": place.paragraph,
        **span_attributes(place),
        "data-quote": place.quote,
        "data-where": where,
    }


def span_attributes(place: Place) -> dict[str, object]:
    """Return the attributes that tell two places of one document apart."""
    return {"data-start": place.start, "data-end": place.end}


def render_parts(part: str) -> str:
    """Return the links between the two parts of the evaluation, "evaluation" and "facts"."""
    names = {"evaluation": "Runs", "facts": "Known facts"}
    links = "".join(
        f"<a{attributes({'href': f'#{one}', 'aria-current': 'page' if one == part else None})}>{name}</a>" for one, name in names.items()
    )
    return f'<nav class="parts" aria-label="Evaluation">{links}</nav>'


def render_notice(message: str) -> str:
    """Return a message about something that went wrong."""
    return f'<p class="notice" role="alert">{escape(message)}</p>'


def render_title(title: str) -> str:
    """Return a document's title."""
    return f'<span class="title" dir="auto">{escape(title)}</span>'


def render_where(path: str, paragraph: int | None, date: dt.date | None, *more: str, page: int | None = None) -> str:
    """Return a line that says where something stands.

    Args:
        path: Of the document; "" leaves it out.
        paragraph: 1-based number; None leaves it out.
        date: The document's own; None leaves it out.
        more: HTML of further parts.
        page: 1-based number of the paragraph's page; None leaves it out.
    """
    parts = [
        f'<span class="file">{escape(path)}</span>' if path else "",
        f"<span>{describe_place(paragraph, page)}</span>" if paragraph is not None else "",
        render_date(date) if date else "",
        *more,
    ]
    return f'<span class="where">{"".join(parts)}</span>'


def render_date(date: dt.date) -> str:
    """Return a date, "3 May 2024"."""
    return f'<time datetime="{date}">{date.day} {date:%b %Y}</time>'


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count(1, "document"), count(1200, "document")
    ('1 document', '1,200 documents')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def render_marked(text: str, start: int, end: int, span: tuple[int, int]) -> str:
    """Return `text[start:end]` escaped, with the part of it that lies in `span` marked."""
    if not overlap(start, end, span):
        return escape(text[start:end])
    first, last = max(start, span[0]), min(end, span[1])
    return f"{escape(text[start:first])}<mark>{escape(text[first:last])}</mark>{escape(text[last:end])}"


def overlap(start: int, end: int, span: tuple[int, int]) -> bool:
    """Say whether two spans share a character."""
    return max(start, span[0]) < min(end, span[1])


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line, cut at a word (or in a word too long for that) and with an ellipsis beyond `limit` characters."""
    line = " ".join(text[: 4 * limit].split())
    if len(line) <= limit and len(text) <= 4 * limit:
        return line
    cut = line[:limit]
    return (cut[: cut.rfind(" ")] if " " in cut[limit // 2 :] else cut).rstrip(" ,;:") + " …"
