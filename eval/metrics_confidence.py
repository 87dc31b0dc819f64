"""Measures of a confidence: does it tell what can be answered, do the surest answers err least, and is 0.8 right in 8 of 10?

A case is a confidence, 0..1, with whether it was deserved. Without cases there is no score. Higher is better for `auroc`; lower
is better for the others, which measure errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# A confidence, 0..1, and whether it was deserved.
Case = tuple[float, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """The cases whose confidence lies in one stretch.

    Attributes:
        confidence: Their mean confidence.
        accuracy: Share of them that deserved it.
        count: How many they are, at least one.
    """

    confidence: float
    accuracy: float
    count: int


def auroc(cases: Sequence[Case]) -> float | None:
    """Return how often a case that deserves its confidence has more of it than one that does not; equal ones count half.

    The area under the curve of true over false positives, AUC = U / (yes * no) with the statistic U of Mann and Whitney. None when
    all cases are of one class.

    Reference: Hanley and McNeil, "The Meaning and Use of the Area under a Receiver Operating Characteristic (ROC) Curve", 1982.

    >>> auroc([(0.9, True), (0.4, True), (0.6, False), (0.4, False)])  # 1 + 1 + 0 + 1/2 of 4 pairs
    0.625
    """
    yes = sum(deserved for _, deserved in cases)
    no = len(cases) - yes
    below = pairs = 0.0
    for group in _groups(cases, falling=False):
        held = sum(group)
        pairs += held * (below + (len(group) - held) / 2)
        below += len(group) - held
    return pairs / (yes * no) if yes and no else None


def risk_coverage(cases: Sequence[Case]) -> list[tuple[float, float]]:
    """Return, for each number of cases told, the surest first, their share of all and the share of them that are wrong.

    Cases of equal confidence share their errors evenly, whatever their order.

    Reference: El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", 2010.

    >>> risk_coverage([(0.9, True), (0.5, False)])
    [(0.5, 0.0), (1.0, 0.5)]
    """
    curve: list[tuple[float, float]] = []
    wrong = 0.0
    for group in _groups(cases, falling=True):
        share = 1 - sum(group) / len(group)
        for _ in group:
            wrong += share
            told = len(curve) + 1
            curve.append((told / len(cases), wrong / told))
    return curve


def aurc(cases: Sequence[Case]) -> float | None:
    """Return the area under `risk_coverage`: the mean of its risks, lower is better; None without cases.

    Reference: Geifman, Uziel and El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers", 2019.

    >>> aurc([(0.9, True), (0.5, False)])
    0.25
    """
    curve = risk_coverage(cases)
    return sum(risk for _, risk in curve) / len(curve) if curve else None


def reliability(cases: Sequence[Case], *, bins: int = 10) -> list[Bin]:
    """Return the cases in `bins` stretches of equal width, rising, empty ones left out; 1.0 is in the last.

    Reference: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017, section 2.

    >>> reliability([(0.9, True), (0.8, False), (0.1, False)], bins=2)[1]
    Bin(confidence=0.8500000000000001, accuracy=0.5, count=2)
    """
    stretches: list[list[Case]] = [[] for _ in range(bins)]
    for case in cases:
        stretches[min(int(case[0] * bins), bins - 1)].append(case)
    return [_bin(stretch) for stretch in stretches if stretch]


def calibration_error(cases: Sequence[Case], *, bins: int = 10) -> float | None:
    """Return the expected calibration error: how far confidence and accuracy of a `reliability` bin lie apart, on the mean of all cases.

    ECE = sum over bins of count / n * |accuracy - confidence|; lower is better, None without cases. Reference: as `reliability`.

    >>> round(calibration_error([(0.9, True), (0.8, False), (0.1, False)], bins=2), 3)  # 2/3 * 0.35 + 1/3 * 0.1
    0.267
    """
    found = reliability(cases, bins=bins)
    return sum(one.count * abs(one.accuracy - one.confidence) for one in found) / len(cases) if cases else None


def _groups(cases: Sequence[Case], *, falling: bool) -> list[list[bool]]:
    """Return what cases of equal confidence deserved, in the order of their confidence."""
    ordered = sorted(cases, key=lambda case: case[0], reverse=falling)
    return [[deserved for _, deserved in group] for _, group in groupby(ordered, key=lambda case: case[0])]


def _bin(cases: Sequence[Case]) -> Bin:
    return Bin(
        confidence=sum(confidence for confidence, _ in cases) / len(cases),
        accuracy=sum(deserved for _, deserved in cases) / len(cases),
        count=len(cases),
    )
