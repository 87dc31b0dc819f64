"""Proposals of known facts as HTML, one at a time; pure functions from what there is to judge to strings.

Its buttons are for the page's script, which sends `data-judge` with the key of the proposal that is shown and with the last decision; the
form of an edit goes with it. `data-propose` and `data-stop` start and end the search for proposals, `data-score` asks the accepted ones.
What the assistant answers now is asked for by the script and put into `.now`, so that nobody waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.judging import show_answers
from ui.answers import render_abstention, render_answer
from ui.markup import attributes, button, count, escape, opens, render_marked, render_notice, render_parts, render_title, render_where
from ui.proposal_form import Form, form_of, render_form

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from eval.proposing import Searched
    from rag import Answer
    from ui.markup import Place

_KEYS = {"accept": "a", "edit": "e", "reject": "r", "next": "s", "back": "b", "undo": "u"}
_HOW = (
    "Questions are made from sentences of the documents, with the answer and the words that prove it, and some that the documents come "
    "near and do not answer. What you rated wrong comes first. You accept, edit or reject each; a run asks those that you accept."
)
_SHARED = " Whoever may use this page sees what is proposed, your questions that you rated wrong among it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An evidence of a proposal, as it stands in the documents.

    Attributes:
        source: Path of the document.
        quote: The words that prove the answer.
        part: Of the answer, from 0.
        place: Where they stand; None where they do not, any more.
        text: Of the paragraphs that they stand in.
        start: Where that text begins, in characters of the document.
        title: Of the document.
        date: The document's own, None when it states none.
    """

    source: str
    quote: str
    part: int
    place: Place | None = None
    text: str = ""
    start: int = 0
    title: str = ""
    date: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The proposal that is shown.

    Attributes:
        key: What the window calls it.
        row: Its line.
        place: Which of the proposals left it is, from 1.
        proofs: Its evidence.
        editing: It is shown as a form.
        form: What the form holds that could not be taken, else the row's.
    """

    key: str
    row: dict[str, Any]
    place: int
    proofs: Sequence[Proof] = ()
    editing: bool = False
    form: Form | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The file that is judged.

    Attributes:
        file: Of facts and proposals; it may not be there yet.
        command: That asks its facts in a terminal.
        accepted: Facts in it.
        left: Proposals in it.
        shared: Others see it, too.
    """

    file: Path
    command: str
    accepted: int = 0
    left: int = 0
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The last decision of a window: a key for it, and what it was."""

    key: str
    said: str


def render_judging(
    facts: Facts, judged: Judged | None = None, *, undo: Undo | None = None, searched: Searched | None = None, notice: str = ""
) -> str:
    """Return the panel.

    Args:
        facts: The file.
        judged: The proposal to judge; None when none is left, or while some are looked for.
        undo: The decision that can be taken back.
        searched: How far the search for proposals is; None when none is going on.
        notice: What went wrong, else "".
    """
    body = [
        render_notice(notice) if notice else "",
        _render_searched(searched) if searched else "",
        _render_undo(undo),
        _render_card(judged, facts) if judged else "",
        "" if judged or searched else _render_begin(facts),
    ]
    act = button("Stop", {"data-stop": True}, css="plain") if searched else ""
    return (
        f'<article class="facts"{attributes({"data-undo": undo.key if undo else None})}><header><h2>Evaluation</h2>{render_parts("facts")}'
        f'{act}</header><div class="report">{"".join(body)}</div>{_render_file(facts)}</article>'
    )


def _render_searched(searched: Searched) -> str:
    bar = f"<progress{attributes({'max': searched.total, 'value': searched.done})}></progress>"
    return (
        f'<label class="running"><span>{searched.done:,} of {count(searched.total, "document")} searched for questions</span>{bar}</label>'
    )


def _render_undo(undo: Undo | None) -> str:
    said = f"{escape(undo.said)} {_judge('Undo', 'undo')}" if undo else ""
    return f'<p class="said" role="status">{said}</p>'


def _render_begin(facts: Facts) -> str:
    """Return what can be done when nothing is left to judge."""
    propose = button("Propose more" if facts.accepted else "Propose questions", {"data-propose": True}, css="plain")
    score = button(f"Ask {'it' if facts.accepted == 1 else 'them'} in a run", {"data-score": True}, css="plain") if facts.accepted else ""
    told = f"<p>Nothing is left to judge. {count(facts.accepted, 'known fact').capitalize()} can be asked.</p>" if facts.accepted else ""
    how = f"<p>{_HOW}{_SHARED if facts.shared else ''}</p>"
    return f'<section class="wanted">{told}{how}<p class="acts">{score}{propose}</p></section>'


def _render_card(judged: Judged, facts: Facts) -> str:
    label = f"Proposal {judged.place} of {facts.left}"
    head = f'<p class="where"><span>{label}</span><span>{escape(str(judged.row.get("kind") or ""))}</span></p>'
    inner = render_form(judged.form or form_of(judged.row)) if judged.editing else _render_row(judged)
    shown = attributes({"data-key": judged.key, "tabindex": -1, "aria-label": label})
    rest = "" if judged.editing else _render_rest(facts)
    return f'<section class="proposal"{shown}>{head}{inner}{_render_details(judged)}</section>{rest}'


def _render_row(judged: Judged) -> str:
    row = judged.row
    history = "".join(f'<p class="before" dir="auto">{escape(str(asked))}</p>' for asked, _ in row.get("history") or ())
    written = row.get("answers") is not None
    acts = (
        _judge("Accept", "accept", css="primary" if written else ""),
        _judge("Edit" if written else "Write the answer", "edit", css="" if written else "primary"),
        _judge("Reject", "reject"),
        _judge("Back", "back"),
        _judge("Skip", "next"),
    )
    return f'{history}<h3 dir="auto">{escape(str(row.get("question")))}</h3><p class="acts">{"".join(acts)}</p>'


def _render_details(judged: Judged) -> str:
    """Return what a judgement rests on; while it is edited, the form holds the answer."""
    row = judged.row
    rows = {
        "Answer": "" if judged.editing else _render_answers(row),
        "Proved by": "".join(_render_proof(proof, parts=len(row.get("answers") or ())) for proof in judged.proofs),
        "Answered now": f'<div class="now" data-of="{escape(judged.key)}">Asking …</div>',
        "Proposed": escape(str(row.get("proposed"))),
    }
    listed = "".join(f'<div><dt>{name}</dt><dd dir="auto">{shown}</dd></div>' for name, shown in rows.items() if shown)
    return f"<dl>{listed}</dl>"


def _judge(label: str, action: str, *, css: str = "") -> str:
    key = _KEYS[action]
    inner = f'{label}<kbd aria-hidden="true">{key.upper()}</kbd>'
    return button(inner, {"data-judge": action, "aria-keyshortcuts": key}, css=f"plain {css}".strip())


def _render_answers(row: dict[str, Any]) -> str:
    answers = show_answers(row)
    if answers is None:
        return "<em>Not written yet</em>"
    if not answers:
        return "<em>The documents do not answer</em>"
    parts = ["<span>or</span>".join(f'<strong dir="auto">{escape(wording)}</strong>' for wording in part) for part in answers]
    return "".join(f'<p class="part">{part}</p>' for part in parts)


def _render_proof(proof: Proof, *, parts: int) -> str:
    part = f"<span>part {proof.part + 1}</span>" if parts > 1 else ""
    if proof.place is None:
        gone = f"These words no longer stand in {proof.source}"
        return f'<figure><blockquote dir="auto">{escape(proof.quote)}</blockquote><p class="flag">{escape(gone)}</p></figure>'
    place = proof.place
    text = render_marked(proof.text, 0, len(proof.text), (place.start - proof.start, place.end - proof.start))
    where = render_where(place.source, place.paragraph, proof.date, *([part] if part else []), page=place.page)
    opener = button(f"{render_title(proof.title)}{where}", opens(place))
    return f'<figure><blockquote dir="auto">{text}</blockquote><figcaption>{opener}</figcaption></figure>'


def render_now(key: str, answer: Answer, *, right: bool | None, quoted: bool = False) -> str:
    """Return what the assistant answers at present, for the page's script to put to the proposal: a hint, the reader decides.

    Args:
        key: Of the proposal.
        answer: The answer.
        right: Whether it is right by the proposal; None where nobody has written the answer.
        quoted: The assistant's chat model was not asked.
    """
    verdict = {True: "Right by this proposal", False: "Wrong by this proposal", None: ""}[right]
    said = ". ".join(filter(None, (verdict, "In quotations; no chat model was asked" if quoted else "")))
    flag = f'<p class="flag {"right" if right else "wrong"}">{said}</p>' if said else ""
    shown = render_abstention(answer) if answer.abstained else render_answer(answer)
    return f'<div data-of="{escape(key)}">{flag}<div class="transcript">{shown}</div></div>'


def render_unanswered(key: str, why: str) -> str:
    """Return why a proposal has no answer now, likewise."""
    return f'<div data-of="{escape(key)}"><p class="flag">{escape(why)}</p></div>'


def _render_rest(facts: Facts) -> str:
    """Return how to come to a run without judging all: what is left is taken out, and may be proposed again unless it was reworded."""
    leave = button(f"Take out {count(facts.left, 'proposal')}", {"data-judge": "leave", "data-left": facts.left})
    return (
        '<details class="menu rest"><summary>Leave out the rest</summary><div><p>What nobody has judged is taken out of '
        f"the file. It may be proposed again; what you have reworded is not.</p>{leave}</div></details>"
    )


def _render_file(facts: Facts) -> str:
    kept = f"{count(facts.accepted, 'known fact')}, {count(facts.left, 'proposal')} to judge"
    return (
        f'<div class="file-kept"><p>{kept}</p><p>Every decision is kept at once in <code>{escape(str(facts.file))}</code>'
        f"</p><p>In a terminal: <code>{escape(facts.command)}</code></p></div>"
    )
