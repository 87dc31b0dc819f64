"""All conflicts of a corpus, without a question: where two documents give different figures for one thing.

Every sentence that states a figure becomes a question for it ("Huangpu District has gathered how many enterprises?"),
which is then asked like any other. A sentence of another document disputes it when the ranker is surer than not that it
answers, with another figure of one unit and kind (`rag.conflicts`). Each pair of places is told once.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from index.sentences import split_sentences
from rag.answer import Citation, Conflict, citation_dict, conflict_dict
from rag.composition import age, cite
from rag.conflicts import Value, find_other_values, restate
from rag.evidence import FEATURES, rank_evidence
from rag.figures import find_figures, measured
from rag.fitted import fitted
from rag.question import read_question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from index.paragraphs import Paragraph
    from index.search import Hit, ParagraphIndex
    from rag.figures import Figure
    from rag.question import Question

_RANKER = FEATURES.index("ranker")  # its log-odds: above 0 it is surer than not
_STATES = frozenset({"text", "list item"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A conflict with the citations that its values name."""

    conflict: Conflict
    citations: tuple[Citation, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return conflict_dict(self.conflict) | {"citations": [citation_dict(citation) for citation in self.citations]}

    def __str__(self) -> str:
        """Return a line a value, newest source first, for a terminal."""
        places = {citation.number: citation for citation in self.citations}
        lines = [f"  {text}  ({_where(places[number])})" for text, number in self.conflict.values]
        return "\n".join([self.conflict.subject, *lines])


@dataclass(frozen=True, slots=True)
class Stated:
    """A sentence with one of its figures."""

    source: str
    start: int
    text: str
    figure: Figure


def find_disputes(
    index: ParagraphIndex, figures: Sequence[Stated], find_hits: Callable[[Question], Sequence[Hit]]
) -> Iterator[Dispute | None]:
    """Look at stated figures one by one.

    Args:
        index: Of the documents.
        figures: From `stated_figures`.
        find_hits: Returns the passages that may answer a question.

    Yields:
        For every figure the dispute about it, None where there is none or when it was told already.
    """
    told: set[frozenset[tuple[str, int]]] = set()
    for stated in figures:
        values = _values(stated, index, find_hits)
        places = [(value.evidence.paragraph.source, value.evidence.start + value.start) for value in values]
        pairs = {frozenset({places[0], place}) for place in places[1:]}
        new = bool(pairs - told)
        told |= {frozenset(pair) for pair in combinations(places, 2)}
        yield _dispute(restate(stated.text, stated.figure), values, index) if new else None


def stated_figures(index: ParagraphIndex) -> list[Stated]:
    """Return the figures that another document may dispute: it states one of the same unit, or of the same noun."""
    found = [stated for path in index.store.sources() for paragraph in index.store.paragraphs(path) for stated in _stated(paragraph)]
    sources: dict[str, set[str]] = defaultdict(set)
    for stated in found:
        sources[measured(stated.figure)].add(stated.source)
    return [stated for stated in found if len(sources[measured(stated.figure)]) > 1]


def _stated(paragraph: Paragraph) -> Iterator[Stated]:
    if paragraph.kind not in _STATES:
        return
    for start, end in split_sentences(paragraph.text):
        text = paragraph.text[start:end]
        for figure in find_figures(text):
            if measured(figure):
                yield Stated(paragraph.source, paragraph.start + start, text, figure)


def _values(stated: Stated, index: ParagraphIndex, find_hits: Callable[[Question], Sequence[Hit]]) -> list[Value]:
    """Return the value of the figure and those that dispute it; empty when none does."""
    model = fitted().evidence
    question = read_question(restate(stated.text, stated.figure))
    ranked = rank_evidence(question, find_hits(question), index, model, sure=math.inf)
    own = next((evidence for evidence in ranked if (evidence.paragraph.source, evidence.start) == (stated.source, stated.start)), None)
    if own is None:
        return []
    lead = Value(evidence=own, start=stated.figure.start, end=stated.figure.noun_end, likely=1.0, figure=stated.figure)
    sure = [evidence for evidence in ranked if evidence.features[_RANKER] > 0]
    others = find_other_values(question, lead, sure, within=2 * model.other_margin)
    return [lead, *others] if others else []


def _dispute(subject: str, values: Sequence[Value], index: ParagraphIndex) -> Dispute:
    _, citations = cite([[value.evidence] for value in values], index)
    told = [(value.text, citation) for value, citation in zip(values, citations, strict=True)]
    told.sort(key=lambda pair: age(pair[1].date))
    return Dispute(
        conflict=Conflict(subject=subject, values=tuple((text, citation.number) for text, citation in told)), citations=citations
    )


def _where(citation: Citation) -> str:
    dated = f", {citation.date}" if citation.date else ""
    return f"{citation.place}{dated}"
