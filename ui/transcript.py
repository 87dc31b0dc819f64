"""The conversation panel as HTML: its turns, what it shows before the first, and the list of kept conversations.

What can be done is a button, a form or a link whose `data-` attributes tell the page's script what it stands for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ui.answers import render_abstention, render_answer
from ui.exports import FORMS
from ui.markup import attributes, button, count, escape, render_notice, shorten

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from ui.conversations import Conversation, Turn

_QUESTION_CHARS = 240  # shown of a question that was refused for its length
_INTERRUPTED = "This question was interrupted before it was answered."
_LISTED = 5  # earlier conversations under the welcome


def render_transcript(turns: Sequence[Turn], *, conversation: str = "", title: str = "") -> str:
    """Return the conversation, one block a turn, oldest first; the last turn can be asked again and edited.

    Args:
        turns: What was asked.
        conversation: Its id; "" for one that is not kept, which cannot be exported.
        title: Its title, which is shown where it is another than the first question.
    """
    head = _render_head(turns, conversation, title) if conversation and turns else ""
    last = len(turns) - 1
    return _transcript(head + "".join(_render_turn(turn, conversation, last=place == last) for place, turn in enumerate(turns)))


def render_suggestions(turn: int, questions: Sequence[str]) -> str:
    """Return questions that may follow a turn, for the page's script to put under it while it is the last.

    Args:
        turn: Its id.
        questions: What to offer; none is "".
    """
    return f'<div class="next" data-after="{turn}"><h3>You could ask next</h3>{_render_questions(questions)}</div>' if questions else ""


def render_welcome(
    corpus: str, *, sources: int, paragraphs: int, examples: Sequence[str] = (), earlier: Sequence[Conversation] = ()
) -> str:
    """Return what a conversation shows before its first question.

    Args:
        corpus: Name of the folder of documents.
        sources: How many documents it has.
        paragraphs: How many paragraphs they have.
        examples: Questions to try; none hides their list.
        earlier: Kept conversations, the last touched first.
    """
    tries = f"<h3>For example</h3>{_render_questions(examples)}" if examples else ""
    rows = "".join(f"<li>{_render_opener(one)}</li>" for one in earlier[:_LISTED])
    kept = f'<h3>Earlier conversations</h3><ul class="earlier">{rows}</ul>' if rows else ""
    return _transcript(
        f'<section class="welcome"><h2>Ask the documents in <em>{escape(corpus)}</em></h2>'
        f"<p>{count(sources, 'document')}, {count(paragraphs, 'paragraph')}. "
        f"Each statement of an answer is pinned to the words that say it: a number opens the document there.</p>{tries}{kept}</section>"
    )


def render_empty(corpus: str) -> str:
    """Return what a conversation shows when there is no document to ask."""
    return _transcript(
        f'<section class="welcome"><h2>No documents yet in <em>{escape(corpus)}</em></h2>'
        "<p>Add some at the right: drop files there, or choose them. They stay on this computer.</p></section>"
    )


def render_preparing(corpus: str, share: float) -> str:
    """Return what a conversation shows while the documents are read for the first time, or anew.

    Args:
        corpus: Name of the folder of documents.
        share: How much is done, 0..1.
    """
    percent = round(100 * share)
    bar = f'<progress max="100" value="{percent}" aria-label="Reading the documents"></progress>'
    return _transcript(
        f'<section class="welcome"><h2>Reading the documents in <em>{escape(corpus)}</em></h2>'
        f'<p class="preparing">{bar} <span role="status">{percent} %</span></p>'
        "<p>Done once; next time only what has changed is read again.</p></section>"
    )


def render_conversations(conversations: Sequence[Conversation]) -> str:
    """Return the list of kept conversations, each of which can be opened, renamed, exported and deleted."""
    rows = "".join(map(_render_conversation, conversations))
    listed = f'<ul class="kept">{rows}</ul>' if rows else "<p>None yet: what you ask is kept here, on this computer.</p>"
    return _transcript(f'<section class="welcome"><h2>Conversations</h2>{listed}</section>')


def _transcript(inner: str) -> str:
    return f'<div class="transcript" role="log" aria-label="Conversation">{inner}</div>'


def _render_head(turns: Sequence[Turn], conversation: str, title: str) -> str:
    """Return what stands above a conversation; nothing above a single question of its own title, which says and exports all there is."""
    named = not " ".join(turns[0].question.split()).startswith(title)
    if len(turns) == 1 and not named:
        return ""
    shown = f'<span dir="auto">{escape(title)}</span>' if named else "<span></span>"
    return f'<header class="about">{shown}{_render_exports(conversation, "Export conversation")}</header>'


def _render_turn(turn: Turn, conversation: str, *, last: bool) -> str:
    question = shorten(turn.question, _QUESTION_CHARS) if turn.error else turn.question
    heading = f'<h2 class="question" dir="auto">{escape(question)}</h2>' if question else ""
    asked = f'<p class="searched">Asked in: {escape(", ".join(turn.sources))}</p>' if turn.sources else ""
    after = _render_after(turn, conversation, last=last) if turn.id and not turn.growing else ""
    return f'<section class="turn"{attributes({"data-turn": turn.id or None})}>{heading}{asked}{_render_reply(turn)}{after}</section>'


def _render_reply(turn: Turn) -> str:
    if turn.error:
        return render_notice(turn.error)
    if turn.answer is None:
        return '<p class="pending" role="status">Looking in the documents</p>' if turn.growing else render_notice(_INTERRUPTED)
    if turn.growing:
        shown = replace(turn.answer, statements=tuple(one for one in turn.answer.statements if one.shown))
        so_far = render_answer(shown) if turn.answer.text else ""
        return f'{so_far}<p class="pending" role="status">Writing, and checking each sentence</p>'
    searched = turn.answer.searched
    follow_up = f'<p class="searched">Searched for: {escape(searched)}</p>' if searched != turn.answer.question else ""
    return follow_up + (render_abstention(turn.answer) if turn.answer.abstained else render_answer(turn.answer, turn.checks))


def _render_after(turn: Turn, conversation: str, *, last: bool) -> str:
    """Return what may follow a turn: what the asker thinks of it, and what can be done with it."""
    rating = _render_rating(turn) if turn.answer else ""
    again = button("Ask again", {"data-again": turn.id}) + button("Edit question", {"data-edit": turn.id}) if last else ""
    exports = _render_exports(f"{conversation}/{turn.id}") if turn.answer and conversation else ""
    return f'<div class="after">{rating}<div class="actions">{again}{exports}</div></div>'


def _render_rating(turn: Turn) -> str:
    buttons = "".join(
        button(label, {"data-rate": turn.id, "data-rating": rating, "aria-pressed": str(turn.rating == rating).lower()})
        for rating, label in (("right", "Yes"), ("wrong", "No"))
    )
    form = ""
    if turn.rating:
        value = attributes({"value": turn.reason, "data-rating": turn.rating, "placeholder": "Why? (kept with the answer)"})
        box = f'<input type="text" name="reason" aria-label="Reason" maxlength="500"{value}>'
        kept = "Kept" if turn.reason else "Keep"
        form = f'<form class="reason" data-reason="{turn.id}">{box}<button type="submit">{kept}</button></form>'
    return f'<div class="rating" role="group" aria-label="Was this right?"><span>Was this right?</span>{buttons}{form}</div>'


def _render_exports(what: str, label: str = "Export") -> str:
    links = "".join(f'<a href="export/{escape(what)}.{suffix}" download>{form.name}</a>' for suffix, form in FORMS.items())
    return f'<details class="menu"><summary>{label}</summary><div>{links}</div></details>'


def _render_questions(questions: Sequence[str]) -> str:
    rows = "".join(f"<li>{button(escape(text), {'data-question': text})}</li>" for text in questions)
    return f'<ul class="examples">{rows}</ul>'


def _render_conversation(conversation: Conversation) -> str:
    title = {"value": conversation.title, "aria-label": f"New title of {conversation.title}"}
    rename = (
        f'<details class="menu"><summary>Rename</summary><form data-rename="{escape(conversation.id)}">'
        f'<input type="text" name="title" maxlength="80"{attributes(title)}><button type="submit">Keep</button></form></details>'
    )
    delete = (
        f'<details class="menu"><summary>Delete</summary><div>{button("Delete for good", {"data-delete": conversation.id})}</div></details>'
    )
    return f'<li>{_render_opener(conversation)}<div class="actions">{rename}{_render_exports(conversation.id)}{delete}</div></li>'


def _render_opener(conversation: Conversation) -> str:
    where = f'<span class="where">{_render_day(conversation.touched)}<span>{count(conversation.turns, "question")}</span></span>'
    return button(f'<span class="title" dir="auto">{escape(conversation.title)}</span>{where}', {"data-open": conversation.id})


def _render_day(moment: dt.datetime) -> str:
    local = moment.astimezone()
    return f'<time datetime="{local.isoformat(timespec="seconds")}">{local.day} {local:%b %Y, %H:%M}</time>'
