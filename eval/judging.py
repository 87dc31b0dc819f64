"""A reader in front of a pile of proposals: which one is shown, and what an edit makes of it. Pure steps from one state to the next.

What is decided is kept by `eval.review`; what a proposal looks like is the page's. A window knows a proposal by the hash of its line: one
that has been judged or reworded elsewhere meanwhile is not taken for another.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eval.facts import read_fact
from eval.metrics import is_right
from index.errors import FactsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eval.facts import Fact

_KEY_CHARS = 16
_PART = "\n\n"  # between the parts of an answer, as an edit writes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """The proposals that are left, and the one that is shown.

    Attributes:
        lines: Of the proposals, in the order of their file.
        at: Which of them is shown, from 0; 0 where none is left.
        editing: It is shown as a form.
    """

    lines: tuple[str, ...]
    at: int = 0
    editing: bool = False

    @classmethod
    def open(cls, lines: Sequence[str], key: str = "") -> Pile:
        """Show the proposal of a key, the first where there is none."""
        places = [place for place, line in enumerate(lines) if proposal_key(line) == key]
        return cls(lines=tuple(lines), at=places[0] if places else 0)

    @property
    def line(self) -> str:
        """The proposal that is shown; "" where none is left."""
        return self.lines[self.at] if self.lines else ""

    @property
    def key(self) -> str:
        """What a window calls it; "" where none is left."""
        return proposal_key(self.line) if self.lines else ""

    def turn(self, by: int) -> Pile:
        """Show the next one (1) or the one before (-1); behind the last comes the first."""
        return replace(self, at=(self.at + by) % len(self.lines), editing=False) if self.lines else self

    def edit(self) -> Pile:
        """Show it as a form."""
        return replace(self, editing=bool(self.lines))

    def follow(self, lines: Sequence[str]) -> Pile:
        """Return the pile after some of its proposals were judged, here or elsewhere.

        It shows the same proposal, or the first behind it that is left.
        """
        left = set(lines)
        shown = next((line for line in (*self.lines[self.at :], *self.lines[: self.at]) if line in left), "")
        return Pile.open(lines, proposal_key(shown)) if shown else Pile(lines=tuple(lines))


def proposal_key(line: str) -> str:
    """Return what a window calls a proposal: a hash of its line."""
    return hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()[:_KEY_CHARS]


def write_answers(answers: Sequence[str | Sequence[str]] | None) -> str:
    r"""Return answers as they are edited: a wording a line, an empty line between two parts.

    >>> write_answers([["60", "sixty"], ["2019"]])
    '60\nsixty\n\n2019'
    """
    if answers and all(isinstance(wording, str) for wording in answers):
        answers = [[str(wording) for wording in answers]]
    return _PART.join("\n".join(part) for part in answers or ())


def read_answers(written: str) -> list[list[str]]:
    r"""Return the parts that `write_answers` wrote.

    >>> read_answers(" 60\nsixty\n \n2019\n")
    [['60', 'sixty'], ['2019']]
    """
    parts = re.split(r"\n\s*\n", written.replace("\r\n", "\n").strip())
    return [[" ".join(wording.split()) for wording in part.split("\n")] for part in parts if part.strip()]


def edit_row(row: Mapping[str, Any], told: Mapping[str, Any], text_of: Callable[[str], str | None]) -> dict[str, Any]:
    """Return a proposal as somebody has edited it.

    Args:
        row: The proposal.
        told: What the form holds: "question", "answers" as `write_answers` writes them, "unanswerable" (whether the documents do not
            answer), and "evidence", a list of {"source", "quote", "part"} whose parts count from 1; those without a quote are left out.
        text_of: Returns a document's text by its path, None where there is no such document.

    Raises:
        FactsError: The form holds no question, neither answers nor that there are none, or a quote that does not stand in its source.
    """
    question = " ".join(str(told.get("question") or "").split())
    answers = [] if told.get("unanswerable") else read_answers(str(told.get("answers") or ""))
    if not question:
        raise FactsError("the question is empty; expected one, or reject the proposal")
    if not answers and not told.get("unanswerable"):
        raise FactsError("no answer is written; expected one, or that the documents do not answer")
    entries = [entry for entry in told.get("evidence") or () if str(entry.get("quote") or "").strip()]
    evidence = [_edit_evidence(entry, len(answers), text_of) for entry in entries] if answers else []
    edited = {**row, "question": question, "answers": answers, "evidence": evidence}
    if bool(answers) != bool(row.get("answers")) and row.get("answers") is not None:  # another sort of question than was proposed
        edited = {name: value for name, value in edited.items() if name not in {"kind", "near_miss"}}
    fact_of(edited)
    return edited


def _edit_evidence(entry: Mapping[str, Any], parts: int, text_of: Callable[[str], str | None]) -> dict[str, Any]:
    source, quote = str(entry.get("source") or "").strip(), str(entry["quote"])
    text = text_of(source)
    if text is None:
        raise FactsError(f"{source!r} is not among the documents; expected the path of one, as the list of documents shows it")
    found = find_verbatim(quote, text)
    if not found:
        raise FactsError(f"{' '.join(quote.split())[:60]!r} does not stand in {source}; expected words copied from it")
    part = str(entry.get("part") or 1)
    if not part.isdecimal() or not 1 <= int(part) <= parts:
        raise FactsError(f"a quote proves part {part} of the answer; expected a part from 1 to {parts}")
    return {"source": source, "quote": found, "part": int(part) - 1}


def find_verbatim(quote: str, text: str) -> str:
    r"""Return a quote as a text has it, which may break its lines elsewhere; "" where its words do not stand there in a row.

    >>> find_verbatim("It has 14 cranes.", "It has\r\n14 cranes.")
    'It has\r\n14 cranes.'
    """
    if quote.strip() and quote in text:
        return quote
    words = quote.split()
    found = re.search(r"\s+".join(map(re.escape, words)), text) if words else None
    return found.group() if found else ""


def fact_of(row: Mapping[str, Any]) -> Fact:
    """Return the fact that a proposal would be.

    Raises:
        FactsError: It is none yet, such as one without answers.
    """
    return read_fact({name: value for name, value in row.items() if name != "proposed"})


def is_right_by(row: Mapping[str, Any], said: str) -> bool | None:
    """Say whether an answer is right by a proposal, as `eval.results` scores it; None where nobody has written the right one.

    Args:
        row: The proposal.
        said: The answer's statements, "" for an abstention.
    """
    try:
        fact = fact_of(row)
    except FactsError:
        return None
    return bool(said) and is_right(said, fact.answers) if fact.answerable else not said


def show_answers(row: Mapping[str, Any]) -> list[list[str]] | None:
    """Return a proposal's answers as parts of wordings; None where nobody has written them yet."""
    return None if row.get("answers") is None else read_answers(write_answers(row["answers"]))


def row_of(line: str) -> dict[str, Any]:
    """Return a line's JSON object."""
    row: dict[str, Any] = json.loads(line)
    return row
