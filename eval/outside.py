"""Outside measures: public question sets asked of the shipped index and answerer, beside the figures that are known of them.

    pincite eval --bench scifact --data FOLDER

A set is a folder in the form that `eval.bench` says, or in BEIR's (`corpus.jsonl`, `queries.jsonl`, `qrels/test.tsv`). What is measured
follows from what the set knows: `eval.finding`, `eval.answering`, and on demand `eval.references`. Every figure has its interval and
its denominator, and what it is compared with was asked the same questions in the same run.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.answering import answering_tables, ask_questions, costs, pooled
from eval.finding import finding_tables
from eval.fit_evidence import fitted_on
from eval.published import published
from eval.references import MISSING, has_bm25, reference_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.answering import Asked
    from eval.bench import BenchQuestion, BenchSet
    from eval.tables import Table

_SEED = 0  # of samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The figures of one set.

    Attributes:
        name: Of the set.
        documents: How many can be read.
        questions: How many it has.
        sampled: How many of them were asked.
        tables: The figures.
        asked: What came back; nothing for a set without answers.
        seen: Ids of the questions that the confidence is fitted on.
        notes: What else is to be said.
        published: What is known from elsewhere.
    """

    name: str
    documents: int
    questions: int
    sampled: int
    tables: tuple[Table, ...]
    asked: tuple[Asked, ...]
    seen: frozenset[str]
    notes: tuple[str, ...]
    published: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready record, with one record a figure in `scores`."""
        return {
            "set": self.name,
            "documents": self.documents,
            "questions": self.questions,
            "sampled": self.sampled,
            "scores": [record for table in self.tables for record in table.records()],
            "notes": list(self.notes),
            "published": list(self.published),
        }

    def __str__(self) -> str:
        """The tables, and what is known from elsewhere last."""
        asked = "" if self.sampled == self.questions else f", {self.sampled} of them drawn"
        head = f"{self.name}: {self.documents} documents, {self.questions} questions{asked}"
        known = self.published or ("published: nothing that can be compared",)
        return "\n\n".join([head, *map(str, self.tables), "\n".join([*self.notes, *known])])


def measure_bench(bench: BenchSet, *, sample: int | None = None, references: bool = False) -> Measures:
    """Ask a set's questions, and measure what is found and what is answered.

    Args:
        bench: An indexed set.
        sample: So many of its questions, drawn alike every time; None for all.
        references: Also run independent implementations on the same questions, see `eval.references`.
    """
    questions = draw_sample(bench.questions, sample)
    asked = ask_questions(bench, questions)
    seen = fitted_on(bench)
    tables = [*finding_tables(bench, questions), *answering_tables(asked, seen)]
    others = reference_table(bench, questions) if references else None
    missing = [MISSING] if references and not has_bm25() else []
    return Measures(
        name=bench.name,
        documents=len(bench.index.store.sources()),
        questions=len(bench.questions),
        sampled=len(questions),
        tables=(*tables, *([others] if others else [])),
        asked=tuple(asked),
        seen=seen,
        notes=(*([costs(asked)] if asked else []), *_fitted(questions, seen), *missing),
        published=published(bench.name),
    )


def _fitted(questions: Sequence[BenchQuestion], seen: frozenset[str]) -> list[str]:
    """Return what is to be said of a set that something was fitted on; nothing for another."""
    count = sum(question.id in seen for question in questions)
    return [f"{count} of these questions took part in fitting the numbers that are shipped (eval.fit_evidence)"] if count else []


def pool_sets(measured: Sequence[Measures]) -> Table | None:
    """Return how well answerable questions are told from others over several sets together; None for fewer than two that have both."""
    mixed = [one for one in measured if len({asked.question.unanswerable for asked in one.asked}) > 1]
    if len(mixed) < 2:
        return None
    title = f"{' and '.join(one.name for one in mixed)}, together"
    unseen = [asked for one in mixed for asked in one.asked if asked.question.id not in one.seen]
    return pooled([asked for one in mixed for asked in one.asked], unseen, title)


def draw_sample(questions: Sequence[BenchQuestion], count: int | None) -> tuple[BenchQuestion, ...]:
    """Return so many questions in their order, drawn from a fixed seed; all when there are no more."""
    if count is None or count >= len(questions):
        return tuple(questions)
    kept = sorted(random.Random(_SEED).sample(range(len(questions)), count))  # noqa: S311 - no secret
    return tuple(questions[at] for at in kept)
