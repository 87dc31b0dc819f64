"""A conversation as HTML: pure functions from turns to strings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ui.markup import Place, button, count, escape, opens, render_notice, render_title, render_where, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from index.search import Hit
    from rag.answer import Answer, Citation, Conflict, Statement

MAX_NEAREST = 3

_EXCERPT_CHARS = 180
_QUESTION_CHARS = 600  # shown of a question that was refused for its length


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
    buttons = "".join(f"<li>{button(escape(text), {'data-question': text})}</li>" for text in examples)
    tries = f'<h3>For example</h3><ul class="examples">{buttons}</ul>' if examples else ""
    return _transcript(
        f'<section class="welcome"><h2>Ask the documents in <em>{escape(corpus)}</em></h2>'
        f"<p>{count(sources, 'document')}, {count(paragraphs, 'paragraph')}. "
        f"Each statement of an answer is pinned to the words that say it: a number opens the document there.</p>{tries}</section>"
    )


def _transcript(inner: str) -> str:
    return f'<div class="transcript" role="log" aria-label="Conversation">{inner}</div>'


def _render_turn(turn: Turn) -> str:
    question = shorten(turn.question, _QUESTION_CHARS) if turn.error else turn.question
    heading = f'<h2 class="question" dir="auto">{escape(question)}</h2>' if question else ""
    return f'<section class="turn">{heading}{_render_reply(turn)}</section>'


def _render_reply(turn: Turn) -> str:
    if turn.error:
        return render_notice(turn.error)
    if turn.answer is None:
        return '<p class="pending">Looking in the documents</p>'
    if turn.growing:
        growing = replace(turn.answer, statements=tuple(one for one in turn.answer.statements if one.shown))
        return (_render_answer(growing) if turn.answer.text else "") + '<p class="pending">Writing, and checking each sentence</p>'
    searched = turn.answer.searched
    follow_up = f'<p class="searched">Searched for: {escape(searched)}</p>' if searched != turn.answer.question else ""
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
    short = f'<p class="short" dir="auto">{escape(answer.short)}</p>' if answer.short else ""
    return f'<div class="answer">{short}{statements}{conflicts}</div>{_render_writer(answer.model)}{withheld}{listed}'


def _render_writer(model: str) -> str:
    return "" if model == "extractive" else f'<p class="writer">Written by {escape(model)}, checked against the documents</p>'


def _render_statement(statement: Statement, short: str | None, citations: Mapping[int, Citation]) -> str:
    before, found, after = statement.text.partition(short) if short else (statement.text, "", "")
    text = f"{escape(before)}<strong>{escape(found)}</strong>{escape(after)}" if found else escape(before)
    if statement.status == "not a claim":
        return f'<p class="statement" dir="auto">{text}</p>'
    markers = "".join(_render_marker(citations[number]) for number in statement.citations)
    return f'<p class="statement" dir="auto">{text} <span class="markers">{markers}</span></p>'


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


def _render_marker(citation: Citation) -> str:
    label = f"Source {citation.number}: {citation.source}, paragraph {citation.paragraph}"
    return button(f"[{citation.number}]", opens(Place.of_citation(citation)) | {"aria-label": label}, css="marker")


def _render_source(citation: Citation) -> str:
    where = render_where(citation.source, citation.paragraph, citation.date)
    inner = f'<span class="number">{citation.number}</span>{render_title(citation.title)}{where}'
    return f"<li>{button(inner, opens(Place.of_citation(citation)))}</li>"


def _render_conflict(conflict: Conflict, citations: Mapping[int, Citation]) -> str:
    rows = "".join(_render_value(value, citations[number]) for value, number in conflict.values)
    return f'<table class="conflict"><caption>The sources differ: {escape(conflict.subject)}</caption><tbody>{rows}</tbody></table>'


def _render_value(value: str, citation: Citation) -> str:
    where = render_where("", None, citation.date)
    return f"<tr><td>{escape(value)}</td><td>{where}</td><td>{_render_marker(citation)}</td></tr>"


def _render_abstention(answer: Answer) -> str:
    best = {(hit.paragraph.source, hit.paragraph.number): hit for hit in reversed(answer.nearest)}  # one hit a paragraph
    hits = sorted(best.values(), key=lambda hit: hit.rank)[:MAX_NEAREST]
    listed = f'<h3>Nearest, does not answer</h3><ul class="nearest">{"".join(map(_render_hit, hits))}</ul>' if hits else ""
    return f'<div class="abstention"><p class="verdict">{escape(answer.text)}</p>{listed}</div>'


def _render_hit(hit: Hit) -> str:
    place = Place.of_hit(hit)
    excerpt = f'<span class="excerpt" dir="auto">{escape(shorten(place.quote, _EXCERPT_CHARS))}</span>'
    return f"<li>{button(excerpt + render_where(place.source, place.paragraph, None), opens(place))}</li>"
