"""Choosing the sentences that answer, from the passages that a search found.

In two steps. Every sentence of the best passages gets features that cost nothing (`FEATURES` but the first): the share
of the question's words that it holds, how well its passage fits, whether it has the kind of thing that is asked
for, its names and years. The most promising ones are read by the ranker (`rag.ranker`), a small cross-encoder. A
linear model scores all features; it is fitted by `python -m eval.fit_evidence` on public question sets and lies in
`rag/models/evidence.json`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from index.dates import MONTHS
from index.terms import query_terms, split_terms
from rag.candidates import find_candidates
from rag.followups import SUBJECT
from rag.names import find_names
from rag.periods import find_periods, overlap
from rag.ranker import ranker

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from index.paragraphs import Paragraph
    from index.search import Hit, ParagraphIndex
    from rag.candidates import Candidate
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
    "year fits",  # it states a year that is asked for; half when its document is of that year
    "year differs",  # it states only others
)
READ = 28  # sentences that the ranker reads for one question
CLOSE = 10  # of them, those of the passages nearest in meaning, whatever their words

_YEAR = re.compile(r"(?<![\d.,-])(?:1[5-9]|20)\d{2}(?!,?\d|%|\.\d)")
_WRITTEN_NUMBER = (
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundreds?|thousands?|dozens?|half|twice|double|triple)\b"
)
_FIGURE = re.compile(rf"\d|{_WRITTEN_NUMBER}", re.IGNORECASE)
_DATE = re.compile(
    rf"{_YEAR.pattern}|\b(?:{'|'.join(MONTHS)})[a-z]*\.? \d"
    r"|\b(?:century|decade|today|yesterday|(?:last|this|next) (?:year|month|week))\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|due to|owing to|thanks to|since|so that|in order to|therefore|reasons?|as a result|caused?|leads? to"
    r"|aim(?:s|ed|ing)? to|to)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\b(?:in|at|on|from|near|to|of) (?:the )?[A-Z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sentence that may answer.

    Attributes:
        paragraph: The paragraph it stands in.
        start: First character in the source's text.
        end: One past its last character.
        text: The sentence.
        context: What the ranker reads beside it, its document's title and the sentence before.
        asked: The question as it was put to it, see `Question.asked_of`.
        score: Of the linear model, higher is better; comparable between questions.
        features: In the order of `FEATURES`.
    """

    paragraph: Paragraph
    start: int
    end: int
    text: str
    context: str
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
    question: Question, hits: Sequence[Hit], index: ParagraphIndex, model: EvidenceModel, *, read: int = READ
) -> list[Evidence]:
    """Score the sentences of the hits.

    Args:
        question: What is asked; a single question, see `rag.question.split_parts`.
        hits: Best first.
        index: The index that the hits came from.
        model: Its weights score the features.
        read: How many sentences the ranker reads; `CLOSE` of `READ` of them are those nearest in meaning.

    Returns:
        The `read` most promising ones, best first; equal scores stand in the order of the hits. Empty when the hits
        hold no evidence.
    """
    import numpy as np

    candidates = find_candidates(hits, index)
    if not candidates:
        return []
    asked = [question.asked_of(f"{candidate.text} {candidate.context}") for candidate in candidates]
    weights = {one: term_weights(one, index) for one in set(asked)}
    rows = np.array([_features(question, candidate, weights[one]) for candidate, one in zip(candidates, asked, strict=True)])
    promising = _promising(candidates, rows @ model.weights[1:], read)
    candidates, asked = [candidates[row] for row in promising], [asked[row] for row in promising]
    log_odds = ranker().score([(one, candidate.text, candidate.context) for one, candidate in zip(asked, candidates, strict=True)])
    rows = np.column_stack([log_odds, rows[promising]])
    scores = rows @ model.weights
    return [_evidence(candidates[row], asked[row], scores[row], rows[row]) for row in np.argsort(-scores, kind="stable").tolist()]


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
        asked=asked,
        score=float(score),
        features=tuple(features.tolist()),
    )


def _features(question: Question, candidate: Candidate, weights: Mapping[str, float]) -> tuple[float, ...]:
    """Return the features of a sentence but the ranker's, in the order of `FEATURES`."""
    own = _terms(candidate.text)
    around = _terms(f"{candidate.context} {candidate.hit.paragraph.heading}")
    kind = _kind_fits(question, candidate.text)
    return (
        coverage(weights, own),
        coverage(weights, own | around),
        candidate.hit.score,
        candidate.hit.cosine or 0.0,
        float(kind is True),
        float(kind is False),
        _named(question, candidate.text, candidate.context),
        *_years(question, candidate.text, candidate.before, candidate.written_in),
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


def _kind_fits(question: Question, text: str) -> bool | None:
    """Say whether a sentence has the kind of thing that is asked for; None when no kind can be told."""
    match question.kind:
        case "count" | "amount":
            return bool(_FIGURE.search(_YEAR.sub("", text)))
        case "date":
            return bool(_DATE.search(text))
        case "person":
            return any(name not in question.searched for name in find_names(text))
        case "place":
            return bool(_PLACE.search(text))
        case "reason":
            return bool(_REASON.search(text)) or None
        case _:
            return None


def _named(question: Question, text: str, around: str) -> float:
    """Return the share of the question's names in the sentence, one that stands only around it counting half."""
    if not question.names:
        return 0.0
    inside, anywhere = question.names_in(text), question.names_in(f"{text} {around}")
    return (inside + anywhere) / (2 * len(question.names))


def _years(question: Question, text: str, before: str, written_in: int | None) -> tuple[float, float]:
    """Say whether a sentence states a year that is asked for, and whether it states only other ones."""
    if not question.periods:
        return 0.0, 0.0
    stated = find_periods(text) or find_periods(before)
    if overlap(stated, question.periods):
        return 1.0, 0.0
    if stated:
        return 0.0, 1.0
    written = ((written_in, written_in),) if written_in else ()
    return (0.5, 0.0) if overlap(written, question.periods) else (0.0, 0.0)
