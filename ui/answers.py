"""One answer as HTML: its statements with their markers, its sources, its conflicts; or the abstention and what came nearest.

A citation whose quote no longer stands where it stood says so, and leads to where the words are now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.markup import Place, button, count, escape, opens, render_date, render_title, render_where, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from index.search import Hit
    from rag.answer import Answer, Citation, Conflict, Statement
    from rag.recheck import Check

MAX_NEAREST = 3

_EXCERPT_CHARS = 180
_STANDING = {
    "moved": "moved since this answer",
    "changed": "changed since this answer",
    "missing": "no longer in the documents",
}


def render_answer(answer: Answer, checks: Sequence[Check] = ()) -> str:
    """Return an answer: what it says, what was withheld, and its sources.

    Args:
        answer: No abstention.
        checks: How the citations stand whose quote is no longer where it was.
    """
    standing = {check.number: check for check in checks}
    markers = {citation.number: _render_marker(citation, standing.get(citation.number)) for citation in answer.citations}
    shown = [statement for statement in answer.statements if statement.shown]
    shorts = (answer.short, *[None] * len(shown))
    statements = "".join(_render_statement(*pair, markers) for pair in zip(shown, shorts, strict=False))
    withheld = _render_withheld([statement for statement in answer.statements if not statement.shown])
    conflicts = "".join(_render_conflict(conflict, answer.citations, markers) for conflict in answer.conflicts)
    sources = "".join(_render_source(citation, standing.get(citation.number)) for citation in answer.citations)
    listed = f'<h3>Sources</h3><ol class="sources">{sources}</ol>' if sources else ""
    short = f'<p class="short" dir="auto">{escape(answer.short)}</p>' if answer.short else ""
    return f'<div class="answer">{short}{statements}{conflicts}</div>{_render_writer(answer.model)}{withheld}{listed}'


def render_abstention(answer: Answer) -> str:
    """Return an abstention with the paragraphs that came nearest, marked as no answer."""
    best = {(hit.paragraph.source, hit.paragraph.number): hit for hit in reversed(answer.nearest)}  # one hit a paragraph
    hits = sorted(best.values(), key=lambda hit: hit.rank)[:MAX_NEAREST]
    listed = f'<h3>Nearest, does not answer</h3><ul class="nearest">{"".join(map(_render_hit, hits))}</ul>' if hits else ""
    return f'<div class="abstention"><p class="verdict">{escape(answer.text)}</p>{listed}</div>'


def _render_writer(model: str) -> str:
    return "" if model == "extractive" else f'<p class="writer">Written by {escape(model)}, checked against the documents</p>'


def _render_statement(statement: Statement, short: str | None, markers: Mapping[int, str]) -> str:
    before, found, after = statement.text.partition(short) if short else (statement.text, "", "")
    text = f"{escape(before)}<strong>{escape(found)}</strong>{escape(after)}" if found else escape(before)
    if statement.status == "not a claim":
        return f'<p class="statement" dir="auto">{text}</p>'
    cited = "".join(markers[number] for number in statement.citations)
    return f'<p class="statement" dir="auto">{text} <span class="markers">{cited}</span></p>'


def _render_withheld(statements: Sequence[Statement]) -> str:
    """Return what a chat model wrote and the documents do not say, folded away."""
    if not statements:
        return ""
    rows = "".join(f'<li class="unsupported" dir="auto">{escape(one.text)} {_render_flag(one)}</li>' for one in statements)
    return f'<details class="withheld"><summary>Withheld: {count(len(statements), "sentence")}</summary><ul>{rows}</ul></details>'


def _render_flag(statement: Statement) -> str:
    """Return what is wrong with a statement that the documents do not support."""
    status = "" if statement.status == "unsupported" else f" ({statement.status})"
    reason = f": {statement.reason}" if statement.reason else ""
    return f'<span class="flag">{escape(f"Not supported by the documents{status}{reason}")}</span>'


def _render_marker(citation: Citation, check: Check | None) -> str:
    stale = f", {_STANDING[check.status]}" if check else ""
    label = f"Source {citation.number}: {citation.place}{stale}"
    css = "marker stale" if check else "marker"
    return button(f"[{citation.number}]", _opens(citation, check) | {"aria-label": label}, css=css)


def _render_source(citation: Citation, check: Check | None) -> str:
    flag = f'<span class="flag">{escape(_STANDING[check.status].capitalize())}</span>' if check else ""
    where = render_where(citation.source, citation.paragraph, citation.date, page=citation.page)
    inner = f'<span class="number">{citation.number}</span>{render_title(citation.title)}{where}{flag}'
    return f"<li>{button(inner, _opens(citation, check))}</li>"


def _opens(citation: Citation, check: Check | None) -> dict[str, object]:
    """Return what makes a button open a citation, where its words or the nearest ones are now, and what its card shows."""
    place = Place.of_check(check) if check and check.source else Place.of_citation(citation)
    date = f"{citation.date.day} {citation.date:%b %Y}" if citation.date else None
    return opens(place) | {"data-title": citation.title, "data-date": date, "data-standing": check.status if check else None}


def _render_conflict(conflict: Conflict, citations: Sequence[Citation], markers: Mapping[int, str]) -> str:
    cited = {citation.number: citation for citation in citations}
    rows = "".join(_render_value(value, cited[number], markers[number]) for value, number in conflict.values)
    head = '<tr><th scope="col">Value</th><th scope="col">Source</th><th scope="col">Date</th><th scope="col">Paragraph</th></tr>'
    caption = f"The sources differ: {escape(conflict.subject)}"
    return f'<table class="conflict"><caption>{caption}</caption><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _render_value(value: str, citation: Citation, marker: str) -> str:
    date = render_date(citation.date) if citation.date else "–"
    source = f'<span class="file">{escape(citation.source)}</span>'
    page = f" (page {citation.page})" if citation.page else ""
    return f"<tr><td>{escape(value)}</td><td>{source}</td><td>{date}</td><td>{citation.paragraph}{page} {marker}</td></tr>"


def _render_hit(hit: Hit) -> str:
    place = Place.of_hit(hit)
    excerpt = f'<span class="excerpt" dir="auto">{escape(shorten(place.quote, _EXCERPT_CHARS))}</span>'
    return f"<li>{button(excerpt + render_where(place.source, place.paragraph, None), opens(place))}</li>"
