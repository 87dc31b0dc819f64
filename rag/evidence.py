"""Choosing the sentences that answer, from the passages that a search found.

In two steps. Every sentence of the best passages gets features that cost nothing (`FEATURES` but the first): the share
of the question's words that it holds, how well its passage fits, whether it has the kind of thing that is asked
for, its names and years. The most promising ones are read by the ranker (`rag.ranker`), a small cross-encoder, unless the
question's words are not of its language: then neither its log-odds nor the encoder's cosine counts, and both are 0. A
linear model scores all features; it is fitted by `python -m eval.fit_evidence` on public question sets and lies in
`rag/models/evidence.json`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from index.terms import query_terms, split_terms
from rag.candidates import find_candidates
from rag.cosines import scale_hits
from rag.followups import SUBJECT, name_subject
from rag.kinds import holds_kind
from rag.periods import overlap
from rag.ranker import ranker

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from index.paragraphs import Paragraph
    from index.search import Hit, ParagraphIndex
    from rag.candidates import Candidate
    from rag.periods import Period
    from rag.question import Question

FEATURES = (
    "ranker",  # what the ranker says of the sentence, a log-odds
    "coverage",  # share, by weight, of the question's terms in it
    "context coverage",  # and in it, its title, heading and the sentence before
    "passage",  # how well its passage fits, beside the other passages
    "cosine",  # of question and passage, as the encoder sees them
    "kind fits",  # it has the kind of thing that is asked for
    "kind missing",  # it lacks it
    "names",  # share of the question's names in it, half when they are around it
    "year fits",  # it speaks of a year that is asked for; half when it states none, and its heading or document is of that year
    "year differs",  # it speaks only of others, or what is around it does
)
_COSINE = FEATURES.index("cosine")
READ = 28  # sentences that the ranker reads for one question
FIRST = 12  # of them are read first; the others only when the ranker finds none of these likely to answer
SURE = -2.0  # the log-odds from which on it does
CLOSE = 10  # of them, those of the passages nearest in meaning, whatever their words


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sentence that may answer.

    Attributes:
        paragraph: The paragraph it stands in.
        start: First character in the source's text.
        end: One past its last character.
        text: The sentence.
        context: What the ranker reads beside it, its document's title and the sentence before.
        periods: The years that it states, "this year" among them.
        asked: The question as the ranker read it: by the name that the sentence uses, and with a pronoun named.
        score: Of the linear model, higher is better; comparable between questions.
        features: In the order of `FEATURES`.
    """

    paragraph: Paragraph
    start: int
    end: int
    text: str
    context: str
    periods: tuple[Period, ...]
    asked: str
    score: float
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceModel:
    """A linear model of evidence, and how far below the best a further sentence may be.

    Attributes:
        weights: One a feature.
        margin: A further sentence is added while its score is at most this much below the best.
        other_margin: The same for the best sentence of another document, which may tell it differently.
    """

    weights: tuple[float, ...]
    margin: float
    other_margin: float


def rank_evidence(
    question: Question, hits: Sequence[Hit], index: ParagraphIndex, model: EvidenceModel, *, read: int = READ, sure: float = SURE
) -> list[Evidence]:
    """Score the sentences of the hits.

    Args:
        question: What is asked; a single question, see `rag.question.split_parts`.
        hits: Best first.
        index: The index that the hits came from.
        model: Its weights score the features.
        read: How many sentences the ranker reads at most; of `READ`, the last `CLOSE` are those nearest in meaning.
        sure: The log-odds from which on one of the `FIRST` sentences is good enough for the others not to be read.

    Returns:
        Those that were read, at most `read`, best first; equal scores stand in the order of the hits. Empty when the hits
        hold no evidence.
    """
    import numpy as np

    candidates = find_candidates(scale_hits(hits, index.encoder), index)
    if not candidates:
        return []
    asked = [question.asked_of(f"{candidate.text} {candidate.context}") for candidate in candidates]
    weights = {one: term_weights(one, index) for one in set(asked)}
    rows = np.array([_features(question, candidate, weights[one]) for candidate, one in zip(candidates, asked, strict=True)])
    reads = ranker().reads(question.searched)
    if not reads:
        rows[:, _COSINE - 1] = 0.0
    promising = _promising(candidates, rows @ model.weights[1:], read)
    candidates = [candidates[row] for row in promising]
    asked = [name_subject(asked[row]) if question.subject else asked[row] for row in promising]
    log_odds = _read(asked, candidates, sure) if reads else np.zeros(len(promising))
    rows = np.column_stack([log_odds, rows[promising[: len(log_odds)]]])
    scores = rows @ model.weights
    return [_evidence(candidates[row], asked[row], scores[row], rows[row]) for row in np.argsort(-scores, kind="stable").tolist()]


def _read(asked: Sequence[str], candidates: Sequence[Candidate], sure: float) -> NDArray[np.float64]:
    """Return what the ranker says of the first sentences, and of all when it is sure of none of these."""
    import numpy as np

    pairs = [(one, candidate.text, candidate.context) for one, candidate in zip(asked, candidates, strict=True)]
    log_odds = ranker().score(pairs[:FIRST])
    return log_odds if log_odds.max() >= sure else np.concatenate([log_odds, ranker().score(pairs[FIRST:])])


def _promising(candidates: Sequence[Candidate], scores: NDArray[np.float64], read: int) -> list[int]:
    """Return which candidates are read: the best by their scores, and some of the passages nearest in meaning."""
    order: list[int] = (-scores).argsort(kind="stable").tolist()
    best = read - read * CLOSE // READ
    rest = sorted(order[best:], key=lambda row: -(candidates[row].hit.cosine or 0.0))
    return order[:best] + rest[: read - best]


def _evidence(candidate: Candidate, asked: str, score: float, features: NDArray[np.float64]) -> Evidence:
    return Evidence(
        paragraph=candidate.hit.paragraph,
        start=candidate.start,
        end=candidate.end,
        text=candidate.text,
        context=candidate.context,
        periods=candidate.periods,
        asked=asked,
        score=float(score),
        features=tuple(features.tolist()),
    )


def _features(question: Question, candidate: Candidate, weights: Mapping[str, float]) -> tuple[float, ...]:
    """Return the features of a sentence but the ranker's, in the order of `FEATURES`."""
    own = _terms(candidate.text)
    around = _terms(f"{candidate.context} {candidate.hit.paragraph.heading}")
    kind = holds_kind(question.kind, question.searched, candidate.text)
    return (
        coverage(weights, own),
        coverage(weights, own | around),
        candidate.hit.score,
        candidate.hit.cosine or 0.0,
        float(kind is True),
        float(kind is False),
        _named(question, candidate.text, candidate.context),
        *_years(question, candidate),
    )


def term_weights(question: str, index: ParagraphIndex) -> dict[str, float]:
    """Return the inverse document frequency of each of the question's terms, `log(1 + n / (1 + df))`.

    What stands in brackets at the end, where a follow-up's subject is put, counts half: the sentence that was
    quoted before holds all of it, and is seldom the answer again.
    """
    own = set(query_terms(SUBJECT.sub("", question)))
    terms = query_terms(question)
    frequencies = index.frequencies(terms)
    return {term: (1.0 if term in own else 0.5) * math.log(1 + index.manifest.paragraphs / (1 + frequencies[term])) for term in terms}


@lru_cache(maxsize=20_000)  # sentences come up again and again; splitting them took a tenth of a question's time
def _terms(text: str) -> frozenset[str]:
    return frozenset(split_terms(text))


def coverage(weights: Mapping[str, float], terms: Collection[str]) -> float:
    """Return the share, by weight, of the question's terms that are among `terms`, 0..1."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / total if total else 0.0


def _named(question: Question, text: str, around: str) -> float:
    """Return the share of the question's names in the sentence, one that stands only around it counting half."""
    if not question.names:
        return 0.0
    inside, anywhere = question.names_in(text), question.names_in(f"{text} {around}")
    return (inside + anywhere) / (2 * len(question.names))


def _years(question: Question, candidate: Candidate) -> tuple[float, float]:
    """Say whether a sentence speaks of a year that is asked for, half when what is around it does, and whether only of others."""
    asked = question.periods
    if not asked:
        return 0.0, 0.0
    stated = candidate.periods
    if stated or overlap(candidate.periods_before, asked):
        return (0.0, 1.0) if stated and not overlap(stated, asked) else (1.0, 0.0)
    around = candidate.periods_around
    if overlap(around, asked):
        return 0.5, 0.0
    # What is said without a year is of its document's time, which may be the year that has just ended.
    near = tuple((first - 1, last) for first, last in around)
    return 0.0, float(bool(candidate.periods_before) or (bool(near) and not overlap(near, asked)))
