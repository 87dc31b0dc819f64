"""Choosing the sentences that answer, from the passages that a search found.

Each sentence of the best passages is described by a few features (`FEATURES`): its meaning against the question's,
the share of the question's words that it holds, how well its passage fits, and whether it has the kind of thing
that is asked for. A linear model scores them; its weights are fitted by `python -m eval.fit_evidence` on public
question sets and lie in `rag/models/evidence.json`. Titles, headings and bylines are never evidence: they
are about what follows them.
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
from index.sentences import split_sentences
from index.terms import query_terms, split_terms
from rag.names import find_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from index.paragraphs import Paragraph
    from index.search import Hit, ParagraphIndex
    from rag.question import Question

FEATURES = (
    "cosine",
    "context cosine",
    "coverage",
    "context coverage",
    "passage",
    "kind fits",
    "kind missing",
    "names",
    "year fits",
    "year differs",
)
MAX_SENTENCES = 100  # looked at for one question
MAX_STATEMENTS = 3

_NOT_EVIDENCE = frozenset({"title", "byline", "heading"})
_SAME_TERMS = 0.85  # Jaccard similarity of two sentences' terms at which they say the same
_YEAR = re.compile(r"(?<![\d.,-])(?:1[5-9]|20)\d{2}(?![\d,%]|\.\d)")
_WRITTEN_NUMBER = r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|thousands?|dozens?|half|twice|double|triple)\b"
_FIGURE = re.compile(rf"\d|{_WRITTEN_NUMBER}", re.IGNORECASE)
_DATE = re.compile(
    rf"{_YEAR.pattern}|\b(?:{'|'.join(MONTHS)})[a-z]*\.? \d|\b(?:century|decade|today|yesterday|(?:last|this|next) (?:year|month|week))\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|due to|owing to|thanks to|since|so that|in order to|therefore|reasons?|as a result|caused?|leads? to|aim(?:s|ed|ing)? to|to)\b",
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
        slope: Of the logistic curve that turns the best score into a confidence.
        offset: Of the same: `confidence = 1 / (1 + exp(-(slope * score + offset)))`.
        threshold: Confidence below which the answer is an abstention.
    """

    weights: tuple[float, ...]
    margin: float
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
        slope=stored["slope"],
        offset=stored["offset"],
        threshold=stored["threshold"],
    )


def rank_evidence(question: Question, hits: Sequence[Hit], index: ParagraphIndex, model: EvidenceModel) -> list[Evidence]:
    """Score the sentences of the hits.

    Args:
        question: What is asked.
        hits: Best first; sentences of the first ones are looked at, up to `MAX_SENTENCES`.
        index: The index that the hits came from.
        model: Its weights score the features.

    Returns:
        Best first; equal scores stand in the order of the hits. Empty when the hits hold no evidence.
    """
    candidates = _candidates(hits)
    if not candidates:
        return []
    rows = _features(question, candidates, index)
    scores = rows @ model.weights
    order = sorted(range(len(candidates)), key=lambda row: (-scores[row], row))
    return [
        Evidence(
            paragraph=candidates[row].hit.paragraph,
            start=candidates[row].hit.paragraph.start + candidates[row].start,
            end=candidates[row].hit.paragraph.start + candidates[row].end,
            text=candidates[row].text,
            score=float(scores[row]),
            features=tuple(rows[row].tolist()),
        )
        for row in order
    ]


def select_evidence(ranked: Sequence[Evidence], model: EvidenceModel) -> list[list[Evidence]]:
    """Choose the shortest set of sentences that answers.

    The best sentence always stands; another is added while it scores within the model's margin of the best, up to
    `MAX_STATEMENTS`. Sentences that say the same in several places are one group.

    Returns:
        Groups, best first; the first of a group is its best.
    """
    groups: list[list[Evidence]] = []
    for evidence in ranked:
        same = next((group for group in groups if _say_the_same(group[0].text, evidence.text)), None)
        if same is not None:
            same.append(evidence)
        elif not groups or (len(groups) < MAX_STATEMENTS and evidence.score >= ranked[0].score - model.margin):
            groups.append([evidence])
        if evidence.score < ranked[0].score - max(model.margin, 1.0):
            break
    return groups


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A sentence, by its place in its paragraph, with the words around it that it leans on."""

    hit: Hit
    start: int
    end: int
    before: str

    @property
    def text(self) -> str:
        return self.hit.paragraph.text[self.start : self.end]


def _candidates(hits: Sequence[Hit]) -> list[_Candidate]:
    found: list[_Candidate] = []
    for hit in hits:
        if hit.paragraph.kind in _NOT_EVIDENCE:
            continue
        spans = split_sentences(hit.paragraph.text)
        for i, (start, end) in enumerate(spans):
            inside = hit.paragraph.start + start < hit.end and hit.paragraph.start + end > hit.start
            if inside and any(char.isalnum() for char in hit.paragraph.text[start:end]):
                before = hit.paragraph.text[spans[i - 1][0] : spans[i - 1][1]] if i else hit.paragraph.heading
                found.append(_Candidate(hit=hit, start=start, end=end, before=before))
    return found[:MAX_SENTENCES]


def _features(question: Question, candidates: Sequence[_Candidate], index: ParagraphIndex) -> NDArray[np.float64]:
    """Return one row a candidate, shape (n, len(FEATURES))."""
    import numpy as np

    query = index.encoder.encode([question.searched])[0]
    cosines = index.encoder.encode([candidate.text for candidate in candidates]) @ query
    contexts = index.encoder.encode([f"{candidate.before}\n{candidate.text}" for candidate in candidates]) @ query
    titles = index.store.titles(candidate.hit.paragraph.source for candidate in candidates)
    weights = term_weights(question.searched, index)
    rows = []
    for candidate, cosine, context_cosine in zip(candidates, cosines, contexts, strict=True):
        title, date = titles[candidate.hit.paragraph.source]
        own = split_terms(candidate.text)
        around = split_terms(f"{title}\n{candidate.hit.paragraph.heading}\n{candidate.before}")
        year_fits, year_differs = _years(question, candidate.text, candidate.before, date.year if date else None)
        kind = _kind_fits(question, candidate.text)
        rows.append(
            (
                float(cosine),
                float(context_cosine),
                coverage(weights, own),
                coverage(weights, [*own, *around]),
                candidate.hit.score,
                float(kind is True),
                float(kind is False),
                _named(question, candidate.text, f"{candidate.before} {title} {candidate.hit.paragraph.heading}"),
                year_fits,
                year_differs,
            )
        )
    return np.array(rows, dtype=np.float64)


def term_weights(question: str, index: ParagraphIndex) -> dict[str, float]:
    """Return the inverse document frequency of each of the question's terms, with `log(1 + n / (1 + df))`."""
    terms = query_terms(question)
    frequencies = index.frequencies(terms)
    return {term: math.log(1 + index.manifest.paragraphs / (1 + frequencies[term])) for term in terms}


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


def _say_the_same(one: str, other: str) -> bool:
    first, second = set(split_terms(one)), set(split_terms(other))
    return bool(first and second) and len(first & second) / len(first | second) >= _SAME_TERMS
