"""Known facts: questions about a corpus with their accepted answers and the words that prove them.

A file of facts holds one JSON object a line:

    {"question": "...", "answers": [["60"]], "evidence": [{"source": "a.txt", "quote": "verbatim"}]}

`answers` lists the parts that a right answer holds, each part its accepted wordings; a plain list of strings is one
part. A question without answers is unanswerable; `null` are answers that nobody has written yet. Optional: `id`, `kind`,
`history` ([["question", "answer"]]), `near_miss`, and in an evidence the `part` that it proves (from 0). Evidence is a
source and a verbatim quote, never a paragraph number, so it outlives any change of the splitter.

A line with `proposed` (where it comes from) is a proposal of `pincite eval new`, not yet a fact: a file that holds one is
refused, since a score over the part that somebody happened to have read could be compared with no other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.errors import FactsError
from index.locations import ROOT, SEEDS

if TYPE_CHECKING:
    from pathlib import Path

FACTS = ROOT / "eval" / "facts.jsonl"  # about the checkout's seeds

OWN = "facts.jsonl"  # facts of one's own about a folder, beside its index

FIELDS = frozenset({"id", "kind", "question", "history", "answers", "evidence", "near_miss", "proposed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where the corpus states one part of an answer: a document's path and its verbatim words."""

    source: str
    quote: str
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One question whose answer is known.

    Attributes:
        id: Unique in its file; the line number when the file gives none.
        kind: Such as "fact", "time", "conflict", "multi", "paraphrase", "followup", "unanswerable".
        question: As a person would ask it.
        history: Earlier (question, answer) pairs.
        answers: The parts of a right answer, each with its accepted wordings; empty when unanswerable.
        evidence: Every place that proves a part; empty when unanswerable.
        near_miss: True for an unanswerable question that is close to what the documents say.
    """

    id: str
    kind: str
    question: str
    history: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, ...], ...]
    evidence: tuple[Evidence, ...]
    near_miss: bool = False

    @property
    def answerable(self) -> bool:
        """Whether the documents answer."""
        return bool(self.answers)


def own_facts(index_dir: Path) -> Path:
    """Return where the facts are kept that somebody has accepted about the documents of an index; the file may not be there."""
    return index_dir / OWN


def find_facts(corpus: Path, named: Path | None = None, own: Path | None = None) -> Path | None:
    """Return the file of known facts about a folder of documents; None when there is none.

    Args:
        corpus: The folder.
        named: A file that is named for it, which comes first.
        own: From `own_facts`; it counts where it is there, and behind the checkout's own facts about its seeds.
    """
    if named is not None:
        return named
    if corpus.resolve() == SEEDS.resolve():
        return FACTS
    return own if own is not None and own.is_file() and own.stat().st_size else None


def read_facts(path: Path) -> list[Fact]:
    """Read a file of known facts.

    Raises:
        FactsError: The file cannot be read, holds no facts, or one of its lines is not a fact; names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not at what else ends a line: a quote may hold it
    except (OSError, UnicodeDecodeError) as error:
        raise FactsError(f"{path} cannot be read ({error}); expected a JSON Lines file of known facts") from error
    rows = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    proposed = sum(_is_proposal(line) for _, line in rows)
    if proposed:
        raise FactsError(
            f"{path}: {proposed} of {len(rows)} lines are proposals that nobody has accepted; type: pincite eval review {path} "
            '(or remove "proposed" from those that are right, and the lines of the others)'
        )
    facts = [_read_line(path, number, line) for number, line in rows]
    if not facts:
        raise FactsError(f"{path} holds no facts; expected one JSON object a line")
    seen: set[str] = set()
    for fact in facts:
        if fact.id in seen:
            raise FactsError(f"{path}: the id {fact.id!r} stands twice; expected every id once")
        seen.add(fact.id)
    return facts


def read_fact(row: dict[str, Any], number: int = 1) -> Fact:
    """Return one line's fact, proposed or not.

    Raises:
        FactsError: It is not a fact, or has no answers yet.
    """
    try:
        return make_fact(row, str(number))
    except KeyError as error:
        raise FactsError(f"the field {error} is missing; expected question, answers, evidence") from error
    except (ValueError, TypeError) as error:
        raise FactsError(f"{error}; expected a fact as described in eval/facts.py") from error


def _is_proposal(line: str) -> bool:
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and bool(row.get("proposed"))


def _read_line(path: Path, number: int, line: str) -> Fact:
    try:
        return read_fact(json.loads(line), number)
    except ValueError as error:
        raise FactsError(f"{path}, line {number}: {error}; expected a fact as described in eval/facts.py") from error
    except FactsError as error:
        raise FactsError(f"{path}, line {number}: {error}") from error


def make_fact(row: Any, number: str) -> Fact:
    """Return the fact of one line.

    Args:
        row: What its JSON holds.
        number: Of the line, for a fact without an id.

    Raises:
        KeyError: The question or the answers are missing.
        TypeError: A field is of another type.
        ValueError: A field is unknown, or holds what it may not.
    """
    if not isinstance(row, dict):
        raise TypeError(f"a {type(row).__name__}")
    unknown = sorted(set(row) - FIELDS)
    if unknown:
        raise ValueError(f"unknown fields {', '.join(unknown)}")
    answers = row["answers"]
    if answers is None:
        raise ValueError("answers is null, not written yet; [] is for a question that the documents do not answer")
    if not isinstance(answers, list) or not all(isinstance(part, (str, list)) for part in answers):
        raise TypeError(f"answers is {answers!r}, not a list of wordings or of parts")
    if answers and all(isinstance(wording, str) for wording in answers):
        answers = [answers]
    if not all(isinstance(part, list) for part in answers):
        raise TypeError(f"answers is {answers!r}, which mixes wordings and parts")
    fact = Fact(
        id=str(row.get("id", number)),
        kind=row.get("kind") or ("fact" if answers else "unanswerable"),
        question=str(row["question"]),
        history=tuple((str(question), str(answer)) for question, answer in row.get("history", ())),
        answers=tuple(tuple(str(wording) for wording in part) for part in answers),
        evidence=tuple(Evidence(**entry) for entry in row.get("evidence", ())),
        near_miss=bool(row.get("near_miss", False)),
    )
    if any(not any(wording.strip() for wording in part) for part in fact.answers):
        raise ValueError("a part of the answer has no wording")
    if any(not evidence.quote or not 0 <= evidence.part < len(fact.answers) for evidence in fact.evidence):
        raise ValueError("an evidence has no quote, or names a part that the answer does not have")
    return fact
