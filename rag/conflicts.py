"""Both sides: what another document says where the best evidence gives a value.

Two sentences that both answer a question give the same thing by answering it; what is left to tell is whether they give
the same value. The words that answer (`rag.ranker`, `point`) are compared: as figures where they hold one, which must
measure in one unit and count one kind of thing (`rag.figures`), else as words. Figures that both hold as stated
("over 4,800" and "4,810") are shown side by side too, because a reader would take them for one; values that each
belong to a year of their own are not, unless the years are what is asked for. Other words differ when the two sentences tell the
same but for them, or when a question with one right answer (who, when, where) is surely answered by both.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.terms import STOP_WORDS, split_terms
from rag.answer import plain_text
from rag.evidence import FEATURES, rank_evidence
from rag.figures import comparable, find_figures
from rag.kinds import asked_to_count, asks_for_percent
from rag.periods import overlap
from rag.question import read_question
from rag.ranker import ranker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.search import ParagraphIndex
    from rag.evidence import Evidence, EvidenceModel
    from rag.figures import Figure
    from rag.question import Question

_MANY_ANSWERS = re.compile(r"\b(?:what|which \w+) (?:do|does|did)\b", re.IGNORECASE)  # "what does it make": several things may be right
_EDGE = re.compile(r"[,;:()](?=\s|$)|(?<=\s)\(")
_RANKER = FEATURES.index("ranker")
_MOST_CHARS = 300  # of a sentence on either side of its figure that its question keeps

MIN_WORDS = 3  # that a figure's question keeps before it, where the sentence has them
RESTATED = 12  # passages that are looked at for it, and sentences that are read
LOOKED_AT = 3  # best sentences of another document
_SINGLE = frozenset({"person", "date", "place"})  # kinds of which a question has one right answer, as of a figure
_SHARED = 0.5  # of the telling words of the shorter value; with more in common, two values name one thing
_ALIKE = 0.6  # Jaccard similarity of two sentences' other words at which they tell the same
LIKELY = 0.5  # how likely the words that answer must be, for values that are no figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What one sentence gives as the answer.

    Attributes:
        evidence: The sentence.
        start: First character of the words that answer, in the sentence.
        end: One past the last.
        likely: 0..1, that these are the words.
        figure: The figure in them; None when they hold none.
    """

    evidence: Evidence
    start: int
    end: int
    likely: float
    figure: Figure | None

    @property
    def text(self) -> str:
        """The words that answer, as they stand in a statement."""
        return plain_text(self.evidence.text[self.start : self.end])


def read_value(question: Question, evidence: Evidence) -> Value:
    """Return the words of a sentence that answer a question; where a figure is asked for, it alone, with what it counts."""
    start, end, likely = ranker().point(evidence.asked, evidence.text, evidence.context)
    figure = _answering_figure(question, evidence.text, start, end)
    if figure is not None:
        start, end = figure.start, figure.noun_end
    return Value(evidence=evidence, start=start, end=end, likely=likely, figure=figure)


def _answering_figure(question: Question, text: str, start: int, end: int) -> Figure | None:
    """Return the figure of the sentence that is asked for: of the unit asked for, pointed at or the only one.

    Where the question says what is to be counted, a figure that counts it comes before one that is pointed at.
    """
    if question.kind not in {"count", "amount"}:
        return None
    figures = list(find_figures(text))
    if asks_for_percent(question.searched):
        figures = [figure for figure in figures if figure.unit == "%"]
    elif question.kind == "count":
        figures = [figure for figure in figures if figure.unit != "%" and (figure.unit or figure.counted)]
    asked = asked_to_count(question.searched)
    counting = [figure for figure in figures if asked and asked.issubset(figure.counted)]
    pointed = [figure for figure in figures if figure.start < end and figure.noun_end > start]
    both = [figure for figure in counting if figure in pointed]
    found = [*both, *counting, *pointed] or (figures if len(figures) == 1 else [])
    return found[0] if found else None


def find_other_values(question: Question, lead: Value, ranked: Sequence[Evidence], *, within: float) -> list[Value]:
    """Return what other documents give instead of the lead's value, one of each, best first.

    Args:
        question: A single question.
        lead: The value of the best evidence.
        ranked: Evidence, best first.
        within: How far below the lead's score a sentence is looked at.
    """
    others: dict[str, Value] = {}
    looked_at: Counter[str] = Counter({lead.evidence.paragraph.source: LOOKED_AT})
    for evidence in ranked:
        source = evidence.paragraph.source
        if source in others or looked_at[source] == LOOKED_AT or lead.evidence.score - evidence.score > within:
            continue
        looked_at[source] += 1
        value = read_value(question, evidence)
        if _rival(question, lead, value) and not any(_same(value, other) for other in others.values()):
            others[source] = value
    return list(others.values())


def find_restated_values(question: Question, lead: Value, index: ParagraphIndex, model: EvidenceModel) -> list[Value]:
    """Return what other documents give in the lead's own words, which may be other words than the question's.

    The lead's sentence becomes a question for its figure; a sentence that the ranker is surer than not to answer that may
    dispute it.
    """
    if lead.figure is None:
        return []
    restated = replace(read_question(restate(lead.evidence.text, lead.figure)), kind=question.kind)
    own = lead.evidence.paragraph.source
    hits = [hit for hit in index.search(restated.searched, k=RESTATED) if hit.paragraph.source != own]
    ranked = rank_evidence(restated, hits, index, model, read=RESTATED)[:LOOKED_AT]
    return find_other_values(question, lead, [evidence for evidence in ranked if evidence.features[_RANKER] > 0], within=math.inf)


def restate(sentence: str, figure: Figure) -> str:
    """Return the question whose answer a figure is: its clause, or more of its sentence where that is short.

    >>> restate("In all, the city has 60 firms, and more.", next(find_figures("In all, the city has 60 firms, and more.")))
    'the city has how many firms?'
    """
    before, after = sentence[: figure.start], sentence[figure.end :]
    starts = [edge.end() for edge in _EDGE.finditer(before)]
    left = next((start for start in reversed(starts) if len(before[start:].split()) >= MIN_WORDS), 0)
    least = 0 if figure.unit else 1  # what is counted follows its figure
    ends = (edge.start() for edge in _EDGE.finditer(after))
    right = next((end for end in ends if len(after[:end].split()) >= least), len(after))
    asked = {"": "how many", "%": "what percentage"}.get(figure.unit, "how much")
    return f"{before[left:][-_MOST_CHARS:].strip()} {asked} {after[:right][:_MOST_CHARS].strip(' .!?')}".strip() + "?"


def _rival(question: Question, lead: Value, other: Value) -> bool:
    """Say whether a reader would take two values for the same thing told differently.

    Figures must be comparable. Other values must stand in sentences that tell the same but for them, or answer a question
    with one right answer, both surely.
    """
    if _same(lead, other) or not _of_one_time(question, lead, other):
        return False
    sure, other_sure = (value.evidence.features[_RANKER] for value in (lead, other))
    as_sure = other_sure > min(0.0, sure - 1.0)
    if lead.figure is not None and other.figure is not None:
        return as_sure and comparable(lead.figure, other.figure)
    named, other_named = (question.names_in(f"{value.evidence.text} {value.evidence.context}") for value in (lead, other))
    if lead.figure is not None or other.figure is not None or other_named < named:
        return False
    one_answer = not question.several and not _MANY_ANSWERS.search(question.searched)
    if named and as_sure and one_answer and _differ_only_there(lead, other):
        return True
    return question.kind in _SINGLE and min(sure, other_sure) > 0 and min(lead.likely, other.likely) >= LIKELY


def _of_one_time(question: Question, lead: Value, other: Value) -> bool:
    """Say whether two values may be of one time; of two dates, the years are what differs."""
    periods = [value.evidence.periods for value in (lead, other)]
    if question.periods and any(stated and not overlap(stated, question.periods) for stated in periods):
        return False
    return question.kind == "date" or not all(periods) or overlap(*periods)


def _differ_only_there(lead: Value, other: Value) -> bool:
    """Say whether two sentences tell the same but for the words that answer."""
    one, two = (set(split_terms(value.evidence.text)) - set(split_terms(value.text)) for value in (lead, other))
    return len(one & two) >= _ALIKE * len(one | two) > 0


def _same(one: Value, other: Value) -> bool:
    """Say whether two values are one figure, or name one thing: most telling words of the shorter in both, and no other figures."""
    if one.figure is not None and other.figure is not None:
        return one.figure.value == other.figure.value
    mine, theirs = ({term for term in split_terms(value.text) if term not in STOP_WORDS} for value in (one, other))
    figures = [{term for term in terms if any(map(str.isdigit, term))} for terms in (mine, theirs)]
    if all(figures) and not (figures[0] <= figures[1] or figures[1] <= figures[0]):
        return False
    return len(mine & theirs) > _SHARED * min(len(mine), len(theirs)) or not (mine and theirs)
