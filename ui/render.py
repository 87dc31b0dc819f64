"""A conversation and a document as HTML: pure functions from records to strings.

Everything that a document, a question or an answer says is escaped; nothing rendered here loads anything. A place
to open is a `<button data-source …>` that carries all that `render_document` needs to find it again, so a page
stays clickable after its server was restarted. The law of the document panel: the text of its `<mark>` elements,
joined in order, is the quote.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from index.paragraphs import Paragraph
    from index.search import Hit
    from index.sources import Source
    from rag.answer import Answer, Citation, Conflict, Statement

MAX_NEAREST = 3
MAX_LISTED = 200  # documents in the table of contents

_CHANGED = "The document has changed since this answer: the quoted words no longer stand at this place."
_TO_CONTENTS = '<button type="button" class="plain" data-contents>All documents</button>'
_EXCERPT_CHARS = 180
_QUESTION_CHARS = 600  # shown of a question that was refused for its length
_LONG = 400  # paragraphs, from which on the far-off ones are laid out late
_BLANK = re.compile("[\\s\ufeff\u200b]*")
_SIGNS = re.compile(r"#{1,6}\s+")
_TAGS = {"title": "h2", "heading": "h3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and what came of it.

    Attributes:
        question: As asked; "" for an error before any question.
        answer: The answer, None while it is looked for and when there was an error.
        error: Why the question could not be answered, else "".
        growing: More of the answer may come.
    """

    question: str
    answer: Answer | None = None
    error: str = ""
    growing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to open a document.

    Attributes:
        source: Path of the document in the corpus.
        paragraph: 1-based number of the paragraph.
        start: First character of the quote in the document's text, 0-based, in Unicode code points.
        end: One past the last character.
        quote: What stands there, as far as the answer knew.
    """

    source: str
    paragraph: int
    start: int
    end: int
    quote: str

    @classmethod
    def of_citation(cls, citation: Citation) -> Place:
        """Return the place that a citation cites."""
        return cls(source=citation.source, paragraph=citation.paragraph, start=citation.start, end=citation.end, quote=citation.quote)

    @classmethod
    def of_hit(cls, hit: Hit) -> Place:
        """Return the place of a hit's passage."""
        paragraph = hit.paragraph
        quote = paragraph.text[hit.start - paragraph.start : hit.end - paragraph.start]
        return cls(source=paragraph.source, paragraph=paragraph.number, start=hit.start, end=hit.end, quote=quote)


def render_transcript(turns: Sequence[Turn]) -> str:
    """Return the conversation, one block a turn, oldest first."""
    return _transcript("".join(map(_render_turn, turns)))


def render_welcome(corpus: str, *, sources: int, paragraphs: int, examples: Sequence[str] = ()) -> str:
    """Return what a conversation shows before its first question.

    Args:
        corpus: Name of the folder of documents.
        sources: How many documents it has.
        paragraphs: How many paragraphs they have.
        examples: Questions to try; none hides their list.
    """
    buttons = "".join(f"<li>{_button(_escape(text), {'data-question': text})}</li>" for text in examples)
    tries = f'<h3>For example</h3><ul class="examples">{buttons}</ul>' if examples else ""
    return _transcript(
        f'<section class="welcome"><h2>Ask the documents in <em>{_escape(corpus)}</em></h2>'
        f"<p>{_count(sources, 'document')}, {_count(paragraphs, 'paragraph')}. "
        f"Each statement of an answer is pinned to the words that say it: a number opens the document there.</p>{tries}</section>"
    )


def render_contents(titles: Mapping[str, tuple[str, dt.date | None]], *, total: int) -> str:
    """Return the document panel with the list of documents, each of which opens with a click.

    Args:
        titles: Title and date of each document to list, by path.
        total: How many documents there are; those not listed are counted.
    """
    rows = "".join(
        f"<li>{_button(_title(title) + _where(path, None, date), {'data-source': path})}</li>" for path, (title, date) in titles.items()
    )
    more = f'<p class="more">and {total - len(titles):,} more</p>' if total > len(titles) else ""
    return _panel('<div class="name">Documents</div>', f"<ul>{rows}</ul>{more}", label="Documents", css="contents")


def render_failure(message: str) -> str:
    """Return the document panel when there is no document to show, with the reason."""
    return _panel(f'<div class="name">Documents</div>{_TO_CONTENTS}', _notice(message), label="Documents", css="contents")


def render_document(source: Source, paragraphs: Sequence[Paragraph], *, place: Place | None = None, opening: int = 0) -> str:
    """Return the document panel with a whole document, its paragraph numbers, and the words at `place` marked.

    Args:
        source: The document.
        paragraphs: All its paragraphs, in order.
        place: What to mark. Where the document no longer says the quote there, nothing is marked and a notice says so.
        opening: Differs between two openings of one place, so that the page scrolls to it again.
    """
    found = place is not None and bool(place.quote) and source.text[place.start : place.end] == place.quote
    span = (place.start, place.end) if place is not None and found else (0, 0)
    notice = _notice(_CHANGED) if place is not None and not found else ""
    layout = "text long" if len(paragraphs) > _LONG else "text"
    body = "".join(_render_body(source.text, paragraphs, span))
    return _panel(
        _document_bar(source, paragraphs, place),
        f'{notice}<div class="{layout}">{body}</div>',
        label=source.title,
        shows={"data-opening": opening, "data-opened": source.path} | (_span(place) if place is not None else {}),
    )


def _transcript(inner: str) -> str:
    return f'<div class="transcript" role="log" aria-label="Conversation">{inner}</div>'


def _panel(bar: str, inner: str, *, label: str, css: str = "document", shows: Mapping[str, object] | None = None) -> str:
    return (
        f'<article class="{css}"{_attributes(shows or {})}><header class="bar">{bar}</header>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_escape(label)}">{inner}</div></article>'
    )


def _button(inner: str, attributes: Mapping[str, object], *, css: str = "") -> str:
    named = f' class="{css}"' if css else ""
    return f'<button type="button"{named}{_attributes(attributes)}>{inner}</button>'


def _attributes(values: Mapping[str, object]) -> str:
    return "".join(f' {name}="{_escape(str(value))}"' for name, value in values.items())


def _render_turn(turn: Turn) -> str:
    question = _shorten(turn.question, _QUESTION_CHARS) if turn.error else turn.question
    heading = f'<h2 class="question" dir="auto">{_escape(question)}</h2>' if question else ""
    return f'<section class="turn">{heading}{_render_reply(turn)}</section>'


def _render_reply(turn: Turn) -> str:
    if turn.error:
        return _notice(turn.error)
    if turn.answer is None:
        return '<p class="pending">Looking in the documents</p>'
    if turn.growing:
        growing = replace(turn.answer, statements=tuple(one for one in turn.answer.statements if one.shown))
        return (_render_answer(growing) if turn.answer.text else "") + '<p class="pending">Writing, and checking each sentence</p>'
    searched = turn.answer.searched
    follow_up = f'<p class="searched">Searched for: {_escape(searched)}</p>' if searched != turn.answer.question else ""
    return follow_up + (_render_abstention(turn.answer) if turn.answer.abstained else _render_answer(turn.answer))


def _render_answer(answer: Answer) -> str:
    citations = {citation.number: citation for citation in answer.citations}
    shown = [statement for statement in answer.statements if statement.shown]
    shorts = (answer.short, *[None] * len(shown))
    statements = "".join(_render_statement(*pair, citations) for pair in zip(shown, shorts, strict=False))
    withheld = _render_withheld([statement for statement in answer.statements if not statement.shown])
    conflicts = "".join(_render_conflict(conflict, citations) for conflict in answer.conflicts)
    sources = "".join(map(_render_source, answer.citations))
    listed = f'<h3>Sources</h3><ol class="sources">{sources}</ol>' if sources else ""
    short = f'<p class="short" dir="auto">{_escape(answer.short)}</p>' if answer.short else ""
    return f'<div class="answer">{short}{statements}{conflicts}</div>{_render_writer(answer.model)}{withheld}{listed}'


def _render_writer(model: str) -> str:
    return "" if model == "extractive" else f'<p class="writer">Written by {_escape(model)}, checked against the documents</p>'


def _render_statement(statement: Statement, short: str | None, citations: Mapping[int, Citation]) -> str:
    before, found, after = statement.text.partition(short) if short else (statement.text, "", "")
    text = f"{_escape(before)}<strong>{_escape(found)}</strong>{_escape(after)}" if found else _escape(before)
    if statement.status == "not a claim":
        return f'<p class="statement" dir="auto">{text}</p>'
    markers = "".join(_render_marker(citations[number]) for number in statement.citations)
    return f'<p class="statement" dir="auto">{text} <span class="markers">{markers}</span></p>'


def _render_withheld(statements: Sequence[Statement]) -> str:
    """Return what a chat model wrote and the documents do not say, folded away."""
    if not statements:
        return ""
    rows = "".join(f'<li class="unsupported" dir="auto">{_escape(one.text)} {_render_flag(one)}</li>' for one in statements)
    return f'<details class="withheld"><summary>Withheld: {_count(len(statements), "sentence")}</summary><ul>{rows}</ul></details>'


def _render_flag(statement: Statement) -> str:
    """Return what is wrong with a statement that the documents do not support."""
    status = "" if statement.status == "unsupported" else f" ({statement.status})"
    reason = f": {statement.reason}" if statement.reason else ""
    return f'<span class="flag">{_escape(f"Not supported by the documents{status}{reason}")}</span>'


def _render_marker(citation: Citation) -> str:
    label = f"Source {citation.number}: {citation.source}, paragraph {citation.paragraph}"
    return _button(f"[{citation.number}]", _opens(Place.of_citation(citation)) | {"aria-label": label}, css="marker")


def _render_source(citation: Citation) -> str:
    where = _where(citation.source, citation.paragraph, citation.date)
    inner = f'<span class="number">{citation.number}</span>{_title(citation.title)}{where}'
    return f"<li>{_button(inner, _opens(Place.of_citation(citation)))}</li>"


def _render_conflict(conflict: Conflict, citations: Mapping[int, Citation]) -> str:
    rows = "".join(
        f"<tr><td>{_escape(value)}</td><td>{_where('', None, citations[number].date)}</td><td>{_render_marker(citations[number])}</td></tr>"
        for value, number in conflict.values
    )
    return f'<table class="conflict"><caption>The sources differ: {_escape(conflict.subject)}</caption><tbody>{rows}</tbody></table>'


def _render_abstention(answer: Answer) -> str:
    best = {(hit.paragraph.source, hit.paragraph.number): hit for hit in reversed(answer.nearest)}  # one hit a paragraph
    hits = sorted(best.values(), key=lambda hit: hit.rank)[:MAX_NEAREST]
    listed = f'<h3>Nearest, does not answer</h3><ul class="nearest">{"".join(map(_render_hit, hits))}</ul>' if hits else ""
    return f'<div class="abstention"><p class="verdict">{_escape(answer.text)}</p>{listed}</div>'


def _render_hit(hit: Hit) -> str:
    place = Place.of_hit(hit)
    excerpt = f'<span class="excerpt" dir="auto">{_escape(_shorten(place.quote, _EXCERPT_CHARS))}</span>'
    return f"<li>{_button(excerpt + _where(place.source, place.paragraph, None), _opens(place))}</li>"


def _opens(place: Place) -> dict[str, object]:
    """Return the attributes that make a button open a place; its hover title is the quote."""
    return {"data-source": place.source, "data-paragraph": place.paragraph} | _span(place) | {"title": place.quote}


def _span(place: Place) -> dict[str, object]:
    return {"data-start": place.start, "data-end": place.end}


def _document_bar(source: Source, paragraphs: Sequence[Paragraph], place: Place | None) -> str:
    at = f"Paragraph {place.paragraph} of {len(paragraphs)}" if place is not None else _count(len(paragraphs), "paragraph")
    back = _button("Back to the answer", {"data-back": ""}, css="plain back") if place is not None else ""
    where = _where(source.path, None, source.date, f'<span role="status">{at}</span>')
    return f'<div class="name" dir="auto" title="{_escape(source.title)}">{_escape(source.title)}</div>{where}{back}{_TO_CONTENTS}'


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
    if not _overlap(start, end, span) and _BLANK.fullmatch(between):
        return ""
    return f'<div class="gap">{_mark(text, start, end, span)}</div>'


def _render_paragraph(text: str, paragraph: Paragraph, span: tuple[int, int]) -> str:
    tag = _TAGS.get(paragraph.kind, "p")
    cited = " cited" if _overlap(paragraph.start, paragraph.end, span) else ""
    start = paragraph.start
    signs = ""
    if tag != "p" and (found := _SIGNS.match(paragraph.text)):
        start += found.end()
        signs = f'<span class="signs">{_mark(text, paragraph.start, start, span)}</span>'
    kind = paragraph.kind.replace(" ", "-")
    inner = signs + _mark(text, start, paragraph.end, span)
    return f'<{tag} class="{kind}{cited}" data-number="{paragraph.number}" dir="auto">{inner}</{tag}>'


def _mark(text: str, start: int, end: int, span: tuple[int, int]) -> str:
    """Return `text[start:end]` escaped, with the part of it that lies in `span` marked."""
    if not _overlap(start, end, span):
        return _escape(text[start:end])
    first, last = max(start, span[0]), min(end, span[1])
    return f"{_escape(text[start:first])}<mark>{_escape(text[first:last])}</mark>{_escape(text[last:end])}"


def _overlap(start: int, end: int, span: tuple[int, int]) -> bool:
    return max(start, span[0]) < min(end, span[1])


def _notice(message: str) -> str:
    return f'<p class="notice" role="alert">{_escape(message)}</p>'


def _title(title: str) -> str:
    return f'<span class="title" dir="auto">{_escape(title)}</span>'


def _where(path: str, paragraph: int | None, date: dt.date | None, *more: str) -> str:
    parts = [
        f'<span class="file">{_escape(path)}</span>' if path else "",
        f"<span>paragraph {paragraph}</span>" if paragraph is not None else "",
        f'<time datetime="{date}">{date.day} {date:%b %Y}</time>' if date else "",
        *more,
    ]
    return f'<span class="where">{"".join(parts)}</span>'


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _shorten(text: str, limit: int) -> str:
    """Return `text` on one line, cut at a word (or in a word too long for that) and with an ellipsis beyond `limit` characters."""
    line = " ".join(text[: 4 * limit].split())
    if len(line) <= limit and len(text) <= 4 * limit:
        return line
    cut = line[:limit]
    return (cut[: cut.rfind(" ")] if " " in cut[limit // 2 :] else cut).rstrip(" ,;:") + " …"


def _escape(text: str) -> str:
    """Escape for element content and quoted attributes, so that the browser reads back the same characters.

    HTML turns a carriage return into a line feed unless it is written as a reference, and has no way to write NUL.
    """
    return html.escape(text).replace("\r", "&#13;").replace("\0", "\ufffd")
