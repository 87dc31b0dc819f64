"""Gates: figures of a run that must not fall short of a bound, or exceed one, for a build to go on."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.metrics_statistics import quantile
from eval.scores import answer_scores, confidence_scores, kind_scores, retrieval_scores, writing_scores
from index.errors import GateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eval.results import Result

_COSTS = ("median-words-an-answer", "milliseconds-a-question", "milliseconds-p95")  # the others are shares
_ALSO = {"accuracy": "answer-accuracy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A bound on one figure.

    Attributes:
        name: Of the figure: its label in the table with dashes for spaces, or "accuracy".
        bound: The least or the most that passes.
        least: Whether it is the least.
    """

    name: str
    bound: float
    least: bool

    @classmethod
    def read(cls, written: str, *, least: bool) -> Gate:
        """Read "accuracy=0.95".

        Raises:
            ValueError: It is not a name and a finite number with "=" between them.
        """
        name, equals, bound = written.partition("=")
        if not (equals and name.strip()) or not math.isfinite(float(bound)):
            raise ValueError(f"{written!r} is no gate")
        return cls(name=name.strip().lower(), bound=float(bound), least=least)

    def fault(self, value: float | None) -> str | None:
        """Say why a value does not pass, None when it does. A figure without cases has not been shown to hold."""
        expected = f"expected at {'least' if self.least else 'most'} {self.bound:g}"
        if value is None:
            return f"{self.name} has no cases, {expected}"
        passes = value >= self.bound if self.least else value <= self.bound
        return None if passes else f"{self.name} is {value:.4g}, {expected}"


def check_gates(gates: Iterable[Gate], kinds: Iterable[str]) -> None:
    """See that every gate names a figure and bounds it by what it can be, before anything is asked.

    Args:
        gates: Any number.
        kinds: Of the facts.

    Raises:
        GateError: A name is unknown; the message lists the known ones. Or a share is bounded by more than 1, such as a percentage.
    """
    known = [*_ALSO, *find_figures(()), *map(_name, dict.fromkeys(kinds))]
    for gate in gates:
        if gate.name not in known:
            raise GateError(f"there is no figure {gate.name!r}; expected one of {', '.join(known)}")
        if gate.name not in _COSTS and not 0 <= gate.bound <= 1:
            raise GateError(f"{gate.name}={gate.bound:g} is not a share; expected 0 to 1, such as 0.95 for 95 %")


def pass_gates(gates: Sequence[Gate], results: Sequence[Result]) -> None:
    """See that the figures of a run are within their bounds.

    Raises:
        GateError: Some are not; the message names each with its value and its bound.
    """
    figures = find_figures(results)
    faults = [fault for gate in gates if (fault := gate.fault(figures.get(_ALSO.get(gate.name, gate.name)))) is not None]
    if faults:
        raise GateError(f"{len(faults)} of {len(gates)} gates failed: {'; '.join(faults)}")


def find_figures(results: Sequence[Result]) -> dict[str, float | None]:
    """Return the figures that the table prints, by name; None for one without cases."""
    told = [result.words for result in results if not result.abstained]
    times = [result.milliseconds for result in results]
    costs = (quantile(told, 0.5), quantile(times, 0.5), quantile(times, 0.95))
    groups = (kind_scores, answer_scores, confidence_scores, retrieval_scores, writing_scores)
    scores = {_name(score.label): score.value for group in groups for score in group(results)}
    return scores | dict(zip(_COSTS, costs, strict=True))


def _name(label: str) -> str:
    return re.sub(r"\s+", "-", label.strip().lower())
