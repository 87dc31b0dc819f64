"""The cases that `eval.fit_evidence` learns from: the questions of a public set with what the reader would read for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eval.bench import overlaps
from eval.metrics import holds
from rag.abstention import find_fitting
from rag.confidence import read_signals
from rag.evidence import FEATURES, EvidenceModel, rank_evidence
from rag.question import read_question
from rag.retrieval import find_hits
from rag.selection import MAX_STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from eval.bench import BenchQuestion, BenchSet
    from index.search import ParagraphIndex
    from rag.evidence import Evidence
    from rag.question import Question

MAX_SHORT = 12  # words of an answer that a sentence can be expected to hold as they are
MOST_QUESTIONS = 400  # of one set
# What is promising enough to be read by the ranker: near the weights that are found, so that what is read is what will be.
START = EvidenceModel(weights=(1.0, 2.4, 2.3, 2.2, 2.2, 0.2, -0.4, 0.8, 0.0, -0.3), margin=0.0, other_margin=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question: its candidate sentences, which of them are right, and whether any can be."""

    question: Question
    index: ParagraphIndex
    evidences: tuple[Evidence, ...]
    rows: NDArray[np.float64]  # features, (sentences, len(FEATURES))
    right: NDArray[np.bool_]
    proving: NDArray[np.bool_]  # stands in a paragraph that holds evidence
    answerable: bool
    answers: tuple[str, ...]

    def order(self, model: EvidenceModel) -> NDArray[np.int64]:
        """Return the rows, best first by the model."""
        return (-(self.rows @ model.weights)).argsort(kind="stable")

    def told(self, model: EvidenceModel) -> NDArray[np.int64]:
        """Return the rows that are within the model's margin, best first."""
        scores = self.rows @ model.weights
        best = self.order(model)[:MAX_STATEMENTS]
        return best[scores[best] >= scores.max() - model.margin] if len(best) else best

    def signals(self, model: EvidenceModel) -> tuple[float, ...] | None:
        """Return the signals of the best row, in the order of `rag.confidence.SIGNALS`; None when it is refused without them."""
        scores = self.rows @ model.weights
        ranked = [replace(self.evidences[row], score=float(scores[row])) for row in self.order(model).tolist()]
        fitting = find_fitting(self.question, ranked, self.index, model.margin)
        return read_signals(self.question, fitting, self.index) if fitting else None

    def withhold(self) -> Case:
        """Return the case as if the paragraphs that answer it did not exist."""
        kept = ~self.proving
        return replace(
            self,
            evidences=tuple(evidence for evidence, keep in zip(self.evidences, kept, strict=True) if keep),
            rows=self.rows[kept],
            right=self.right[kept],
            proving=self.proving[kept],
            answerable=False,
        )


def gather(bench: BenchSet) -> list[Case]:
    """Return the cases of a set."""
    return [_case(bench, question) for question in draw_questions(bench.questions)]


def draw_questions(questions: Sequence[BenchQuestion]) -> list[BenchQuestion]:
    """Return the questions that become cases, at most `MOST_QUESTIONS` of them or a few more, evenly drawn."""
    asked = [question for question in questions if question.evidence or question.unanswerable]
    return asked[:: max(1, len(asked) // MOST_QUESTIONS)]


def _case(bench: BenchSet, question: BenchQuestion) -> Case:
    import numpy as np

    understood = read_question(question.question, question.history)
    ranked = rank_evidence(understood, find_hits(understood, bench.index), bench.index, START)
    return Case(
        question=understood,
        index=bench.index,
        evidences=tuple(ranked),
        rows=np.array([evidence.features for evidence in ranked]).reshape(len(ranked), len(FEATURES)),
        right=np.array([_is_right(evidence, question) for evidence in ranked], dtype=np.bool_),
        proving=np.array([_is_proving(evidence, question) for evidence in ranked], dtype=np.bool_),
        answerable=not question.unanswerable,
        answers=question.answers,
    )


def _is_right(evidence: Evidence, question: BenchQuestion) -> bool:
    place = (evidence.paragraph.source, (evidence.start, evidence.end))
    if question.unanswerable or not any(overlaps(place, true) for true in question.evidence):
        return False
    short = [answer for answer in question.answers if len(answer.split()) <= MAX_SHORT]
    return not short or any(holds(evidence.text, answer) for answer in short)


def _is_proving(evidence: Evidence, question: BenchQuestion) -> bool:
    place = (evidence.paragraph.source, (evidence.paragraph.start, evidence.paragraph.end))
    return any(overlaps(place, true) for true in question.evidence)
