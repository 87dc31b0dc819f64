"""The form that a proposal is edited in, as HTML; its fields are what `eval.judging.edit_row` reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.judging import write_answers
from ui.markup import attributes, button, escape

Form = Mapping[str, Any]  # "question", "answers" and "unanswerable" as `edit_row` takes them, and "evidence", whose parts count from 1

_ANSWERS = "Answer: a wording a line, an empty line before another part"
_LEGEND = "Proof {}: words of a document, and the part of the answer that they prove"
_NONE: Form = {"source": "", "quote": "", "part": 1}


def form_of(row: Mapping[str, Any]) -> Form:
    """Return the form of a proposal as it stands."""
    answers = row.get("answers")
    return {
        "question": row.get("question") or "",
        "answers": write_answers(answers),
        "unanswerable": answers is not None and not answers,
        "evidence": [entry | {"part": int(entry.get("part") or 0) + 1} for entry in row.get("evidence") or ()],
    }


def told_form(told: Mapping[str, Any]) -> Form:
    """Return the form as a window sent it, when it could not be taken."""
    entries = [entry for entry in told.get("evidence") or () if str(entry.get("quote") or "").strip()]
    return {"question": "", "answers": "", "unanswerable": False} | dict(told) | {"evidence": entries}


def render_form(form: Form) -> str:
    """Return the form, with room for one more evidence."""
    none = attributes({"name": "unanswerable", "checked": bool(form["unanswerable"])})
    save = '<button type="submit" class="plain primary">Save<kbd aria-hidden="true">Ctrl Enter</kbd></button>'
    cancel = button('Cancel<kbd aria-hidden="true">Esc</kbd>', {"data-judge": "show"}, css="plain")
    fields = (
        _render_text("Question", "question", form, rows=2),
        _render_text(_ANSWERS, "answers", form, rows=3),
        f'<label class="check"><input type="checkbox"{none}><span>The documents do not answer</span></label>',
        *(_render_proof(number, entry) for number, entry in enumerate([*form["evidence"], _NONE], start=1)),
    )
    return f'<form data-edit>{"".join(fields)}<p class="acts">{save}{cancel}</p></form>'


def _render_text(label: str, name: str, form: Form, *, rows: int) -> str:
    area = attributes({"name": name, "rows": rows, "dir": "auto"})
    return f"<label><span>{label}</span><textarea{area}>{_lines(form[name])}</textarea></label>"


def _render_proof(number: int, entry: Form) -> str:
    words = {"placeholder": "The words, copied from the document", "aria-label": f"Quote of proof {number}"}
    file = {"placeholder": "The document's path, as the list of documents shows it", "aria-label": f"Document of proof {number}"}
    quote = attributes({"name": "quote", "rows": 2, "dir": "auto", **words})
    source = attributes({"name": "source", "value": entry.get("source") or "", **file})
    part = attributes(
        {"name": "part", "type": "number", "min": 1, "value": entry.get("part") or 1, "aria-label": f"Part of proof {number}"}
    )
    return (
        f"<fieldset><legend>{_LEGEND.format(number)}</legend><textarea{quote}>{_lines(entry.get('quote') or '')}</textarea>"
        f"<input{source}><input{part}></fieldset>"
    )


def _lines(text: object) -> str:
    """Return what a text area shows; the browser takes a first line break away."""
    return f"\n{escape(str(text))}"
