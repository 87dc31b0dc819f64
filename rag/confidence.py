"""How sure an answer is: whether the documents answer the question at all, from several signals.

The best evidence's score alone tells which sentence is best, not whether it is good enough. The signals (`SIGNALS`) also
say how much of what is asked is accounted for: its names and kind of answer. How many of its words are found is left out
on purpose: it rates a question in other words than the documents' like one without an answer. Where the ranker cannot read the
question, its words are all there is, and the only signal. A logistic curve over the
signals is fitted by `python -m eval.fit_evidence`, on questions that public sets mark as answered or not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.terms import split_terms
from rag.cosines import bundled_scale
from rag.evidence import FEATURES
from rag.ranker import ranker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.search import ParagraphIndex
    from rag.evidence import Evidence
    from rag.question import Question

SIGNALS = (
    "highest ranker",  # the best that the ranker says of any sentence read, a log-odds
    "sentence cosine",  # of question and best sentence, as the encoder sees them
    "passage cosine",  # of question and the best sentence's passage
    "kind missing",  # 1 when the best sentence lacks the kind of thing that is asked for
    "names unread",  # share of the question's names that no sentence read, nor its paragraph or title, holds
    "unread",  # 1 when the ranker cannot read the question; the signals above are then 0
    "unread coverage",  # share of its terms in the best sentence and around it, 0 when the ranker reads it
)
_RANKER, _AROUND = FEATURES.index("ranker"), FEATURES.index("context coverage")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceModel:
    """A logistic curve over the signals.

    Attributes:
        weights: One a signal.
        offset: Added to the weighted sum.
        threshold: Confidence below which the answer is an abstention.
    """

    weights: tuple[float, ...]
    offset: float
    threshold: float

    def confidence(self, signals: Sequence[float]) -> float:
        """Return `1 / (1 + exp(-(weights . signals + offset)))`, 0..1."""
        logit = self.offset + sum(weight * signal for weight, signal in zip(self.weights, signals, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


def read_signals(question: Question, ranked: Sequence[Evidence], index: ParagraphIndex) -> tuple[float, ...]:
    """Return the signals, in the order of `SIGNALS`, of the best evidence.

    Args:
        question: A single question.
        ranked: From `rag.evidence.rank_evidence`, best first, at least one.
        index: The index that it came from.
    """
    best = ranked[0]
    if not ranker().reads(question.searched):
        return (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, best.features[_AROUND])
    features = dict(zip(FEATURES, best.features, strict=True))
    return (
        max(evidence.features[_RANKER] for evidence in ranked),
        _cosine(best, index),
        features["cosine"],
        features["kind missing"],
        _unread(question, ranked, index),
        0.0,
        0.0,
    )


def _cosine(best: Evidence, index: ParagraphIndex) -> float:
    asked, said = index.encoder.encode_questions([best.asked]), index.encoder.encode([best.text])
    return bundled_scale(float(asked[0] @ said[0]), index.encoder)


def _unread(question: Question, ranked: Sequence[Evidence], index: ParagraphIndex) -> float:
    """Return the share of the names that do not stand in what was read, by any name, nor have all their words there."""
    if not question.names:
        return 0.0
    titles = index.store.titles(evidence.paragraph.source for evidence in ranked)
    texts = {evidence.paragraph.text for evidence in ranked} | {title for title, _ in titles.values()}
    held = {term for text in texts for term in split_terms(text)}
    known = dict(question.aliases)
    spellings = [(name, *known.get(name, ())) for name in question.names]
    return sum(not any(held.issuperset(split_terms(name)) for name in names) for names in spellings) / len(spellings)
