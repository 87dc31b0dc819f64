"""From what was found to the answer: evidence read and chosen, both sides shown, every sentence cited.

The parts of a question are answered one by one and told together. What was asked and is not answered is said as well, as a
statement without a citation ("not a claim").
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.terms import UNSPACED
from rag.abstention import decline, find_fitting, find_unknown_names, find_unknown_numbers, knows_nothing
from rag.answer import Answer, Conflict, Statement, plain_text
from rag.citing import Located, cite_located
from rag.confidence import read_signals
from rag.conflicts import find_other_values, find_restated_values, read_value
from rag.evidence import FEATURES, rank_evidence
from rag.figures import find_figures
from rag.fitted import fitted
from rag.kinds import asks_for_latest
from rag.ranker import ranker
from rag.selection import MAX_STATEMENTS, arrange, select_evidence

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from index.search import Hit, ParagraphIndex
    from rag.answer import Citation
    from rag.conflicts import Value
    from rag.evidence import Evidence
    from rag.fitted import Fitted
    from rag.question import Question
    from rag.retrieval import Found
    from rag.selection import Group

MAX_CITATIONS_EACH = 3  # places cited for one statement
NEAREST = 10  # passages that are listed as having come nearest
NEVER_NEAREST = frozenset({"title", "heading", "byline"})  # kinds of paragraph that are not: nobody looks for an answer there

_YEAR_DIFFERS = FEATURES.index("year differs")
_NO_WORDS = re.compile(  # yes or no, and what is not: a few words of a sentence would mislead
    r"^(?:and |but )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may)\b"
    r"|\b(?:not|never|no longer|cannot)\b|n['’]t\b",
    re.IGNORECASE,
)
_TOLD_AT_LENGTH = frozenset({"reason", "manner", "other"})  # kinds of question that a list may answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One single question with what answers it; no groups, but a sentence that declines, when nothing does.

    Attributes:
        question: The question.
        ranked: Sentences, the likeliest to answer first.
        confidence: 0..1, that they do.
        declined: Why there is no answer, "" when there is one.
        groups: The sentences that are told; those that say the same are one group.
        value: The words of the best sentence that answer; None where there is none, or the ranker cannot read the question.
        others: What other documents give instead.
    """

    question: Question
    ranked: list[Evidence]
    confidence: float
    declined: str = ""
    groups: tuple[Group, ...] = ()
    value: Value | None = None
    others: tuple[Value, ...] = ()


def compose(found: Found, model: Fitted | None = None, *, most: int | None = None, both_sides: bool = True) -> Answer:
    """Return the answer to a question from the passages that were found for it; see `read_parts`."""
    model = model or fitted()
    answer, _ = tell_parts(read_parts(found, model, most=most, both_sides=both_sides), found, model)
    return answer


def read_parts(found: Found, model: Fitted, *, most: int | None = None, both_sides: bool = True) -> list[Part]:
    """Return what answers each part of a question.

    Args:
        found: The question and its passages.
        model: How evidence is weighed and when it is enough.
        most: Sentences for one part at most; None is `MAX_STATEMENTS`, and two where there are several parts.
        both_sides: Whether other documents' values are looked for.
    """
    most = most or (MAX_STATEMENTS if len(found.of_parts) == 1 else 2)
    asked = zip(found.question.parts, found.of_parts, strict=True)
    parts = [_answer_part(part, hits, found.index, model, most) for part, hits in asked]
    return [_add_other_values(part, found.index, model) for part in parts] if both_sides else parts


def tell_parts(parts: Sequence[Part], found: Found, model: Fitted) -> tuple[Answer, tuple[Located, ...]]:
    """Return the answer that quotes what was read for each part, and its statements with the places that tell them."""
    arranged = arrange(
        [part.groups for part in parts],
        found.index,
        owed=[1 + len(part.others) for part in parts],
        counted_lists=all(part.question.kind in _TOLD_AT_LENGTH for part in parts),
    )
    located, citations = cite(arranged, found.index)
    said = {(citation.source, citation.start): citation.number for citation in citations}
    conflicts = [conflict for part in parts if (conflict := _conflict(part, said, citations)) is not None]
    dates = {citation.source: citation.date for citation in citations}
    newest = [_newest(part, dates) for part in parts]
    if located:
        remarks = [*map(_as_of, dict.fromkeys(latest[1] for latest in newest if latest))]
        remarks += [_not_found(part.question) for part in parts if not part.groups]
        located += tuple(Located(statement=remark) for remark in remarks)
    statements = tuple(one.statement for one in located)
    answer = Answer(
        question=found.question.text,
        searched=found.question.search_text,
        text=" ".join(map(str, statements)) or parts[0].declined,
        short=_short(parts, statements, newest, model.short_likely),
        statements=statements,
        citations=citations,
        conflicts=tuple(conflicts),
        nearest=tuple(hit for hit in found.hits if hit.paragraph.kind not in NEVER_NEAREST)[:NEAREST],
        abstained=not statements,
        confidence=max((part.confidence for part in parts), default=0.0),
        corpus=found.corpus,
    )
    return answer, located


def _answer_part(question: Question, hits: Sequence[Hit], index: ParagraphIndex, model: Fitted, most: int) -> Part:
    ranked = rank_evidence(question, hits, index, model.evidence)
    may_decline = model.confidence.threshold > 0
    fitting = find_fitting(question, ranked, index, model.evidence.margin) if may_decline else ranked
    confidence = model.confidence.confidence(read_signals(question, fitting, index)) if fitting else 0.0
    if may_decline and _is_of_something_else(question, ranked, index):
        confidence = min(confidence, model.confidence.threshold / 2)
    if not fitting or confidence < model.confidence.threshold:
        return Part(question=question, ranked=ranked, confidence=confidence, declined=decline(question, ranked, index))
    groups = select_evidence(fitting, model.evidence, most=most, several=question.several)
    value = read_value(question, fitting[0]) if ranker().reads(question.searched) else None
    return Part(question=question, ranked=fitting, confidence=confidence, groups=tuple(groups), value=value)


def _is_of_something_else(question: Question, ranked: Sequence[Evidence], index: ParagraphIndex) -> bool:
    """Say whether the question names something that stands nowhere in the documents, or holds no word of theirs at all."""
    return bool(
        find_unknown_names(question, ranked, index) or find_unknown_numbers(question, ranked, index) or knows_nothing(question, index)
    )


def _add_other_values(part: Part, index: ParagraphIndex, model: Fitted) -> Part:
    """Return the part with what other documents give instead of its value."""
    if part.value is None:
        return part
    others = find_other_values(part.question, part.value, part.ranked, within=2 * model.evidence.other_margin)
    others = others or find_restated_values(part.question, part.value, index, model.evidence)
    return replace(part, groups=_both_sides(part.groups, others, index), others=tuple(others))


def _both_sides(groups: Sequence[Group], others: Sequence[Value], index: ParagraphIndex) -> tuple[Group, ...]:
    """Return the groups with those of the other values beside the first, the newest document's leading."""
    if not others:
        return tuple(groups)
    told = [value.evidence for value in others]
    rivals = [next((group for group in groups[1:] if group[0] == evidence), [evidence]) for evidence in told]
    titles = index.store.titles(group[0].paragraph.source for group in (groups[0], *rivals))
    leading = sorted((groups[0], *rivals), key=lambda group: age(titles[group[0].paragraph.source][1]))
    return (*leading, *(group for group in groups[1:] if group[0] not in told))


def age(date: dt.date | None) -> float:
    """Return what sorts newest first, and the undated last."""
    return -date.toordinal() if date else math.inf


def _conflict(part: Part, said: Mapping[tuple[str, int], int], citations: Sequence[Citation]) -> Conflict | None:
    """Return the values that are told for one part, newest source first; None when fewer than two are."""
    if part.value is None or not part.others:
        return None
    values = []
    for value in (part.value, *part.others):
        number = said.get((value.evidence.paragraph.source, value.evidence.start))
        if number is not None:
            values.append((value.text, number))
    dates = {citation.number: citation.date for citation in citations}
    values.sort(key=lambda value: age(dates[value[1]]))
    return Conflict(subject=part.question.text, values=tuple(values)) if len(values) > 1 else None


def _short(
    parts: Sequence[Part], statements: Sequence[Statement], newest: Sequence[tuple[Value, dt.date] | None], least: float
) -> str | None:
    """Return the words that answer, of every part; None when those of one cannot be told, or sources differ and no latest is asked for."""
    words = []
    for part, latest in zip(parts, newest, strict=True):
        value = latest[0] if latest else part.value
        if value is None or (part.others and not latest) or not can_lead(part.question, value, least):
            return None
        if not value.text or not any(value.text in statement.text for statement in statements):
            return None
        words.append(value.text)
    return "; ".join(dict.fromkeys(words)) or None


def _newest(part: Part, dates: Mapping[str, dt.date | None]) -> tuple[Value, dt.date] | None:
    """Return the value of the newest source, with its date, where values differ and the latest is asked for."""
    if part.value is None or not part.others or not asks_for_latest(part.question.searched):
        return None
    first, second, *_ = sorted((part.value, *part.others), key=lambda value: age(dates.get(value.evidence.paragraph.source)))
    date = dates.get(first.evidence.paragraph.source)
    return (first, date) if date is not None and date != dates.get(second.evidence.paragraph.source) else None


def _as_of(date: dt.date) -> Statement:
    return Statement(
        text=f"The newest of these sources is of {date}.",
        citations=(),
        status="not a claim",
        reason="the latest was asked for",
    )


def can_lead(question: Question, value: Value, least: float) -> bool:
    """Say whether the words that answer may stand alone: pointed at, one value, and of a question that words can answer."""
    if value.likely < least or value.evidence.features[_YEAR_DIFFERS]:
        return False
    if question.kind == "date" and not any(map(str.isdigit, value.text)):  # "last year"
        return False
    if value.text.count("(") != value.text.count(")"):  # torn out of a bracket
        return False
    if question.periods and len(value.evidence.periods) > 1:  # of which year the words are cannot be told
        return False
    if _NO_WORDS.search(question.searched) or re.search(f"[{UNSPACED}]", question.searched):
        return False
    return len(list(find_figures(value.text))) <= 1


def _not_found(question: Question) -> Statement:
    return Statement(
        text=f"The documents do not answer: {question.text}",
        citations=(),
        status="not a claim",
        reason="no evidence was found for this part",
    )


def cite(groups: Sequence[Group], index: ParagraphIndex) -> tuple[tuple[Located, ...], tuple[Citation, ...]]:
    """Turn groups of evidence into statements, each with the citations of the places that say it."""
    located = [
        Located(
            statement=Statement(text=plain_text(group[0].text), citations=()),
            places=tuple((evidence.paragraph, (evidence.start, evidence.end)) for evidence in group[:MAX_CITATIONS_EACH]),
        )
        for group in groups
    ]
    return cite_located(located, index.store)
