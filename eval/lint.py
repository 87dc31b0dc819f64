"""Faults in a file of known facts, which would otherwise pass for faults of the answers.

A fault makes a figure wrong: a quote that stands nowhere, an answer that its evidence does not hold, a question that tells its answer. A
warning is for a person to look at: a kind with too few questions to tell anything, an unanswerable question that is answered.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from eval.facts import FIELDS, make_fact
from eval.metrics import holds, tokens
from eval.proofs import find_all
from index.errors import FactsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from eval.facts import Evidence, Fact
    from index.search import ParagraphIndex
    from rag import Assistant

FEWEST = 5  # of a kind: with fewer a share can be anything
LARGEST = 0.6  # share of one kind, above which the whole is that kind's figure
_UNANSWERABLE = "unanswerable"
_SHOWN = 60  # characters of a quote or question in a message

# A fact and the 1-based line that it stands in.
Numbered = tuple[int, "Fact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about one line.

    Attributes:
        line: 1-based.
        fault: Whether it makes figures wrong; else it is a warning.
        seen: What there is.
        expected: What should be.
    """

    line: int
    fault: bool
    seen: str
    expected: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return asdict(self)

    def __str__(self) -> str:
        """Return "12: fault: what was seen; expected what should be"."""
        return f"{self.line}: {'fault' if self.fault else 'warning'}: {self.seen}; expected {self.expected}"


def lint_facts(path: Path, assistant: Assistant) -> list[Finding]:
    """Look for faults in a file of known facts.

    Args:
        path: JSON Lines as `eval.facts` says.
        assistant: Over the corpus that the facts are about; it is asked every unanswerable question.

    Returns:
        What was found, by line.

    Raises:
        FactsError: The file cannot be read, or holds nothing.
        PinciteError: The documents or the index cannot be used.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise FactsError(f"{path} cannot be read ({error}); expected a JSON Lines file of known facts") from error
    findings: list[Finding] = []
    facts: list[Numbered] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            facts += _read_line(number, line, findings)
    if not facts and not findings:
        raise FactsError(f"{path} holds no facts; expected one JSON object a line")
    findings += [*_find_twice(facts), *_find_unbalanced(facts)]
    for number, fact in facts:
        findings += _lint_fact(number, fact, assistant.index)
        findings += _find_answered(number, fact, assistant)
    return sorted(findings, key=lambda finding: finding.line)


def _read_line(number: int, line: str, findings: list[Finding]) -> list[Numbered]:
    """Return the fact of a line, none when it holds none; what is wrong with its form is added to the findings."""

    def fault(seen: str, expected: str) -> None:
        findings.append(Finding(line=number, fault=True, seen=seen, expected=expected))

    try:
        row = json.loads(line)
        if isinstance(row, dict):
            unknown = sorted(set(row) - FIELDS)
            if unknown:
                fault(f"unknown fields {', '.join(unknown)}", f"only {', '.join(sorted(FIELDS))}")
            row = {name: value for name, value in row.items() if name in FIELDS}
            if "question" in row and not (isinstance(row["question"], str) and tokens(row["question"])):
                fault(f"the question is {row['question']!r}", "a question in words")
                return []
        return [(number, make_fact(row, str(number)))]
    except KeyError as error:
        fault(f"the field {error} is missing", "question, answers and evidence")
    except (ValueError, TypeError) as error:
        fault(str(error), "a fact as described in eval/facts.py")
    return []


def _find_twice(facts: Sequence[Numbered]) -> Iterator[Finding]:
    """Yield questions and ids that stood before; the same words in another conversation are another question."""
    ids: dict[str, int] = {}
    asked: dict[object, int] = {}
    for number, fact in facts:
        if ids.setdefault(fact.id, number) != number:
            yield Finding(line=number, fault=True, seen=f"the id {fact.id!r} of line {ids[fact.id]}", expected="every id once")
        key = (tuple(tokens(fact.question)), fact.history)
        if asked.setdefault(key, number) != number:
            seen = f"the question of line {asked[key]}, {fact.question[:_SHOWN]!r}"
            yield Finding(line=number, fault=True, seen=seen, expected="every question once")


def _find_unbalanced(facts: Sequence[Numbered]) -> Iterator[Finding]:
    kinds: defaultdict[str, list[int]] = defaultdict(list)
    for number, fact in facts:
        kinds[fact.kind].append(number)
    for kind, numbers in kinds.items():
        if len(numbers) < FEWEST:
            expected = f"at least {FEWEST} for a figure of its own"
            yield Finding(line=numbers[0], fault=False, seen=f"{len(numbers)} of kind {kind!r}", expected=expected)
        elif len(numbers) > LARGEST * len(facts):
            seen = f"{len(numbers)} of {len(facts)} are of kind {kind!r}"
            yield Finding(line=numbers[0], fault=False, seen=seen, expected=f"at most {LARGEST:.0%} of one kind")


def _lint_fact(number: int, fact: Fact, index: ParagraphIndex) -> Iterator[Finding]:
    """Yield what is wrong with one fact and its evidence."""
    if fact.answerable == (fact.kind == _UNANSWERABLE):
        seen = f"kind {fact.kind!r} {'with' if fact.answerable else 'without'} answers"
        yield Finding(line=number, fault=True, seen=seen, expected=f"{_UNANSWERABLE!r} for those without, another kind for others")
    for wording in dict.fromkeys(wording for part in fact.answers for wording in part):
        if holds(fact.question, wording):
            seen = f"the question tells the answer {wording!r}"
            yield Finding(line=number, fault=True, seen=seen, expected="a question that does not hold an accepted answer")
    for evidence in dict.fromkeys(fact.evidence):
        yield from _lint_evidence(number, evidence, index)
    for part, wordings in enumerate(fact.answers):
        quotes = [evidence.quote for evidence in fact.evidence if evidence.part == part]
        if not quotes:
            seen = f"no evidence for {' | '.join(wordings)!r}"
            yield Finding(line=number, fault=False, seen=seen, expected="a source and a quote, without which no citation can be scored")
        elif not any(holds(quote, wording) for quote in quotes for wording in wordings):
            seen = f"no quote holds {' | '.join(wordings)!r}"
            yield Finding(line=number, fault=True, seen=seen, expected="an accepted wording in one of the quotes that prove it")


def _lint_evidence(number: int, evidence: Evidence, index: ParagraphIndex) -> Iterator[Finding]:
    try:
        text = index.store.source(evidence.source).text
    except KeyError:
        yield Finding(line=number, fault=True, seen=f"evidence in {evidence.source}", expected="the path of a document in the corpus")
        return
    shown = f"{evidence.quote[:_SHOWN]!r} stands {{}} in {evidence.source}"
    count = len(find_all(evidence.quote, text))
    if count == 0:
        yield Finding(line=number, fault=True, seen=shown.format("nowhere"), expected="a verbatim quote")
    elif count > 1:
        yield Finding(line=number, fault=False, seen=shown.format(f"{count} times"), expected="a quote that stands there once")


def _find_answered(number: int, fact: Fact, assistant: Assistant) -> Iterator[Finding]:
    """Yield an unanswerable question that is answered all the same: the answerer errs, or the documents do answer it."""
    if fact.answerable:
        return
    answer = assistant.ask(fact.question, fact.history)
    if not answer.abstained:
        cited = answer.citations[0]
        place = f"{cited.place}, with {answer.confidence:.2f} confidence"
        yield Finding(line=number, fault=False, seen=f"answered from {place}", expected="that the documents do not answer it")
