"""The figures of a run, each with its 95 % interval and its denominator: what the terminal prints and the page draws.

A score is a share of yes and no (interval: Wilson's) or a mean of values (interval: bootstrap). Cases without a value are
left out of a mean, and a score without cases has no value.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

from eval.metrics_confidence import aurc, auroc, calibration_error
from eval.metrics_ranking import ndcg_at, recall_at, reciprocal_rank
from eval.metrics_statistics import bootstrap, bootstrap_cases, wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eval.metrics_confidence import Case
    from eval.metrics_statistics import Interval
    from eval.results import Result


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

    @classmethod
    def of_statistic(cls, label: str, cases: Sequence[Case], statistic: Callable[[Sequence[Case]], float | None]) -> Score:
        """Return a figure of confidences, each with whether it was deserved."""
        value = statistic(cases)
        interval = (0.0, 1.0) if value is None else bootstrap_cases(cases, statistic)
        return cls(label=label, value=value, interval=interval, count=0 if value is None else len(cases), hits=None)

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
    proved = _proved(results)
    checked = [result for result in results if result.claims is not None]
    return [
        answer_accuracy(results),
        Score.of_cases("right and cited", [bool(result.right) and bool(result.citation_precision) for result in proved]),
        *wording_scores(results),
        *sources_scores(results),
        Score.of_values("citation precision", [result.citation_precision for result in cited]),
        Score.of_values("citation recall", [result.citation_recall for result in cited]),
        Score.of_values("sentence citation precision", [result.sentence_precision for result in results]),
        Score.of_values("sentence citation recall", [result.sentence_recall for result in results]),
        Score.of_counts("statements supported", sum(one.supported or 0 for one in checked), sum(one.claims or 0 for one in checked)),
        Score.of_counts("exact spans", sum(result.exact_spans for result in results), sum(result.citations for result in results)),
        Score.of_cases("abstention precision", [not result.answerable for result in results if result.abstained]),
        abstention_recall(results),
        Score.of_cases("false abstentions", [result.abstained for result in answerable]),
    ]


def wording_scores(results: Sequence[Result]) -> list[Score]:
    """Return how near the words that answer come to the accepted ones, of the answerable questions with an answer of one part.

    These are the figures that SQuAD 2.0's evaluation calls HasAns_exact and HasAns_f1; a declined question counts as not answered.
    """
    asked = [result for result in _answerable(results) if result.exact_match is not None]
    return [
        Score.of_cases("SQuAD exact match", [bool(result.exact_match) for result in asked]),
        Score.of_values("SQuAD F1", [result.squad_f1 for result in asked]),
    ]


def sources_scores(results: Sequence[Result]) -> list[Score]:
    """Return how well dates and differences between documents are seen.

    Dates: of the facts of kind "time" that were answered, those answered right, so that a figure of another time counts against it and
    declining does not. Conflicts: of the facts of kind "conflict" those that show one, and of all others that were answered those
    that show one all the same.
    """
    timed = [bool(result.right) for result in results if result.kind == "time" and result.answerable and not result.abstained]
    counted = [(result, result.conflicts > 0) for result in results if result.conflicts is not None]
    return [
        Score.of_cases("date correctness", timed),
        Score.of_cases("conflict recall", [shown for result, shown in counted if result.kind == "conflict"]),
        Score.of_cases("conflict false alarms", [shown for one, shown in counted if one.kind != "conflict" and not one.abstained]),
    ]


def confidence_scores(results: Sequence[Result]) -> list[Score]:
    """Return what the confidence is worth.

    AUROC: it tells answerable questions from others. AURC and calibration error, which lower is better for: of the questions that were
    answered, whether it is highest for the right answers, and as high as they are often right.
    """
    return [
        Score.of_statistic("confidence AUROC", [(result.confidence, result.answerable) for result in results], auroc),
        Score.of_statistic("confidence AURC", told_confidences(results), aurc),
        Score.of_statistic("calibration error", told_confidences(results), calibration_error),
    ]


def told_confidences(results: Sequence[Result]) -> list[Case]:
    """Return the confidence of each answer that was given, and whether it was right; one to an unanswerable question is not."""
    return [(result.confidence, bool(result.right)) for result in results if not result.abstained]


def retrieval_scores(results: Sequence[Result]) -> list[Score]:
    """Return how often, and how early, what proves the answer is retrieved; of the questions for which evidence is given.

    "retrieval recall@k" asks for one proving paragraph, which some call success@k or hit rate; "full recall" for all of them.
    """
    asked = _proved(results)
    ranks = [result.rank for result in asked]
    recalls = [Score.of_cases(f"retrieval recall@{k}", [rank is not None and rank <= k for rank in ranks]) for k in (1, 5, 10)]
    return [
        *recalls,
        Score.of_values("retrieval full recall@10", [recall_at(10, result.ranks, result.proving) for result in asked]),
        Score.of_values("retrieval MRR@10", [reciprocal_rank(rank) for rank in ranks]),
        Score.of_values("retrieval nDCG@10", [ndcg_at(10, result.ranks, result.proving) for result in asked]),
    ]


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
        Score.of_cases("the model failed", [result.failed for result in told]),
    ]


def _answerable(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.answerable]


def _proved(results: Sequence[Result]) -> list[Result]:
    """Return the answerable ones for which evidence is given; only those have a recall."""
    return [result for result in _answerable(results) if result.citation_recall is not None]
