"""The figures of a run, each with its 95 % interval and its denominator: what the terminal prints and the page draws.

A score is a share of yes and no (interval: Wilson's) or a mean of values (interval: bootstrap). Cases without a value are
left out of a mean, and a score without cases has no value.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

from eval.metrics import bootstrap, reciprocal_rank, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.metrics import Interval
    from eval.run import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One figure.

    Attributes:
        label: What it is a figure of.
        value: 0..1; None without cases.
        interval: The 95 % interval of the value; (0, 1) without cases.
        count: Number of cases.
        hits: Cases that count as a yes; None for a mean.
    """

    label: str
    value: float | None
    interval: Interval
    count: int
    hits: int | None

    @classmethod
    def of_counts(cls, label: str, hits: int, count: int) -> Score:
        """Return a share.

        >>> print(Score.of_counts("heads", 8, 10))
        0.800  [0.490, 0.943]  8/10
        """
        return cls(label=label, value=hits / count if count else None, interval=wilson(hits, count), count=count, hits=hits)

    @classmethod
    def of_cases(cls, label: str, cases: Sequence[bool]) -> Score:
        """Return the share of the cases that are true."""
        return cls.of_counts(label, sum(cases), len(cases))

    @classmethod
    def of_values(cls, label: str, values: Sequence[float | None]) -> Score:
        """Return the mean of the values that are there."""
        there = [value for value in values if value is not None]
        return cls(label=label, value=mean(there) if there else None, interval=bootstrap(there), count=len(there), hits=None)

    def __str__(self) -> str:
        """Value, interval and denominator, as a terminal shows them."""
        if self.value is None:
            return "-"
        low, high = self.interval
        cases = f"n={self.count}" if self.hits is None else f"{self.hits}/{self.count}"
        return f"{self.value:.3f}  [{low:.3f}, {high:.3f}]  {cases}"


def answer_accuracy(results: Sequence[Result]) -> Score:
    """Return the share of right answers, of the questions that the documents answer."""
    return Score.of_cases("answer accuracy", [bool(result.right) for result in _answerable(results)])


def abstention_recall(results: Sequence[Result]) -> Score:
    """Return the share of abstentions, of the questions that the documents do not answer."""
    return Score.of_cases("abstention recall", [result.abstained for result in results if not result.answerable])


def answer_scores(results: Sequence[Result]) -> list[Score]:
    """Return how right the answers are, how well they cite, and how well the assistant knows when to decline."""
    answerable = _answerable(results)
    cited = [result for result in answerable if not result.abstained]
    return [
        answer_accuracy(results),
        Score.of_cases("right and cited", [bool(result.right) and bool(result.citation_precision) for result in answerable]),
        Score.of_values("citation precision", [result.citation_precision for result in cited]),
        Score.of_values("citation recall", [result.citation_recall for result in cited]),
        Score.of_counts("exact spans", sum(result.exact_spans for result in results), sum(result.citations for result in results)),
        Score.of_cases("abstention precision", [not result.answerable for result in results if result.abstained]),
        abstention_recall(results),
        Score.of_cases("false abstentions", [result.abstained for result in answerable]),
    ]


def retrieval_scores(results: Sequence[Result]) -> list[Score]:
    """Return how often, and how early, a proving paragraph is retrieved."""
    ranks = [result.rank for result in _answerable(results)]
    recalls = [Score.of_cases(f"retrieval recall@{k}", [rank is not None and rank <= k for rank in ranks]) for k in (1, 5, 10)]
    return [*recalls, Score.of_values("retrieval MRR@10", [reciprocal_rank(rank) for rank in ranks])]


def kind_scores(results: Sequence[Result]) -> list[Score]:
    """Return, for each kind of fact in the order of the results, how often the assistant did the right thing."""
    kinds = dict.fromkeys(result.kind for result in results)
    return [Score.of_cases(kind, [not result.missed for result in results if result.kind == kind]) for kind in kinds]


def writing_scores(results: Sequence[Result]) -> list[Score]:
    """Return what came of a chat model's sentences, of the questions that were answered."""
    told = [result for result in results if not result.abstained]
    return [
        Score.of_cases("written by the model", [result.written for result in told]),
        Score.of_cases("something withheld", [result.withheld > 0 for result in told]),
    ]


def _answerable(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.answerable]
