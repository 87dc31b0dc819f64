"""Choosing the sentences that answer, from the passages that a search found.

In two steps. Every sentence of the best passages gets features that cost nothing (`FEATURES` but the first): the share
of the question's words that it holds, how well its passage fits, whether it has the kind of thing that is asked
for, its names and years. The most promising ones are read by the ranker (`rag.ranker`), a small cross-encoder. A
linear model scores all features; it is fitted by `python -m eval.fit_evidence` on public question sets and lies in
`rag/models/evidence.json`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from index.dates import MONTHS
from index.terms import query_terms, split_terms
from rag.candidates import find_candidates
from rag.followups import SUBJECT
from rag.names import find_names
from rag.ranker import ranker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from index.paragraphs import Paragraph
    from index.search import Hit, ParagraphIndex
    from rag.candidates import Candidate
    from rag.question import Question

FEATURES = ("ranker", "coverage", "context coverage", "passage", "kind fits", "kind missing", "names", "year fits", "year differs")
READ = 32  # sentences that the ranker reads for one question

_YEAR = re.compile(r"(?<![\d.,-])(?:1[5-9]|20)\d{2}(?![\d,%]|\.\d)")
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
        score: Of the linear model, higher is better; comparable between questions.
        features: In the order of `FEATURES`.
    """

    paragraph: Paragraph
    start: int
    end: int
    text: str
    score: float
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceModel:
    """A linear model of evidence, and when an answer is given.

    Attributes:
        weights: One a feature.
        margin: A further sentence is added while its score is at most this much below the best.
        other_margin: The same for the best sentence of another document, which may tell it differently.
        slope: Of the logistic curve that turns the best score into a confidence.
        offset: Of the same: `confidence = 1 / (1 + exp(-(slope * score + offset)))`.
        threshold: Confidence below which the answer is an abstention.
    """

    weights: tuple[float, ...]
    margin: float
    other_margin: float
    slope: float
    offset: float
    threshold: float

    def confidence(self, score: float) -> float:
        """Return the confidence, 0..1, that a sentence of this score answers its question."""
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, self.slope * score + self.offset))))


@lru_cache(maxsize=1)
def evidence_model() -> EvidenceModel:
    """Return the shipped model."""
    stored = json.loads((Path(__file__).parent / "models" / "evidence.json").read_text(encoding="utf-8"))
    return EvidenceModel(
        weights=tuple(stored["weights"][name] for name in FEATURES),
        margin=stored["margin"],
        other_margin=stored["other_margin"],
        slope=stored["slope"],
        offset=stored["offset"],
        threshold=stored["threshold"],
    )


def rank_evidence(question: Question, hits: Sequence[Hit], index: ParagraphIndex, model: EvidenceModel) -> list[Evidence]:
    """Score the sentences of the hits.

    Args:
        question: What is asked; a single question, see `rag.question.split_parts`.
        hits: Best first.
        index: The index that the hits came from.
        model: Its weights score the features.

    Returns:
        The `READ` most promising ones, best first; equal scores stand in the order of the hits. Empty when the hits
        hold no evidence.
    """
    import numpy as np

    candidates = find_candidates(hits, index)
    if not candidates:
        return []
    weights = term_weights(question.searched, index)
    rows = np.array([_features(question, candidate, weights) for candidate in candidates])
    promising = np.argsort(-(rows @ model.weights[1:]), kind="stable")[:READ]
    candidates = [candidates[row] for row in promising.tolist()]
    read = ranker().score(question.searched, [(candidate.text, candidate.context) for candidate in candidates])
    rows = np.column_stack([read, rows[promising]])
    scores = rows @ model.weights
    return [_evidence(candidates[row], scores[row], rows[row]) for row in np.argsort(-scores, kind="stable").tolist()]


def _evidence(candidate: Candidate, score: float, features: NDArray[np.float64]) -> Evidence:
    return Evidence(
        paragraph=candidate.hit.paragraph,
        start=candidate.start,
        end=candidate.end,
        text=candidate.text,
        score=float(score),
        features=tuple(features.tolist()),
    )


def _features(question: Question, candidate: Candidate, weights: Mapping[str, float]) -> tuple[float, ...]:
    """Return the features of a sentence but the ranker's, in the order of `FEATURES`."""
    own = split_terms(candidate.text)
    around = split_terms(f"{candidate.context} {candidate.hit.paragraph.heading}")
    kind = _kind_fits(question, candidate.text)
    return (
        coverage(weights, own),
        coverage(weights, [*own, *around]),
        candidate.hit.score,
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


def coverage(weights: Mapping[str, float], terms: Sequence[str]) -> float:
    """Return the share, by weight, of the question's terms that are among `terms`, 0..1."""
    held = set(terms)
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in held) / total if total else 0.0


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
    text, around = text.casefold(), around.casefold()
    held = [1.0 if name.casefold() in text else 0.5 if name.casefold() in around else 0.0 for name in question.names]
    return sum(held) / len(held)


def _years(question: Question, text: str, before: str, written_in: int | None) -> tuple[float, float]:
    """Say whether a sentence states a year that is asked for, and whether it states only other ones."""
    if not question.years:
        return 0.0, 0.0
    stated = {int(year) for year in _YEAR.findall(text)} or {int(year) for year in _YEAR.findall(before)}
    if stated & set(question.years):
        return 1.0, 0.0
    if stated:
        return 0.0, 1.0
    return (0.5, 0.0) if written_in in question.years else (0.0, 0.0)
