"""How sure a figure is: intervals of shares and means, quantiles, and whether two runs differ by more than chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Z95 = 1.959964

Interval = tuple[float, float]
Case = TypeVar("Case")


def wilson(hits: int, count: int) -> Interval:
    """Return the 95 % interval of a share of yes and no; (0, 1) for no cases.

    Reference: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.

    >>> tuple(round(bound, 3) for bound in wilson(8, 10))
    (0.49, 0.943)
    """
    if not count:
        return (0.0, 1.0)
    share, square = hits / count, _Z95**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _Z95 / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    return (max(0.0, middle - half), min(1.0, middle + half))


def bootstrap(values: Sequence[float], *, samples: int = 1000) -> Interval:
    """Return the 95 % percentile interval of the mean by resampling; (0, 1) for no values.

    The resampling starts from a fixed seed, so the same values give the same interval.

    Reference: Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979.
    """
    if not values:
        return (0.0, 1.0)
    import numpy as np

    drawn = np.random.default_rng(0).choice(np.asarray(values, dtype=np.float64), size=(samples, len(values)))
    low, high = np.percentile(drawn.mean(axis=1), [2.5, 97.5])
    return (float(low), float(high))


def bootstrap_cases(cases: Sequence[Case], statistic: Callable[[Sequence[Case]], float | None], *, samples: int = 1000) -> Interval:
    """Return the 95 % percentile interval of a statistic of whole cases, as `bootstrap` does.

    Args:
        cases: Drawn with replacement, all parts of a case together.
        statistic: Of as many cases; a sample for which it is None, as one of a single class may be, is left out.
        samples: How often.

    Returns:
        The interval; (0, 1) when there is no sample with a value.
    """
    import numpy as np

    rows = np.random.default_rng(0).integers(len(cases), size=(samples, len(cases))).tolist() if cases else []
    found = [value for row in rows if (value := statistic([cases[at] for at in row])) is not None]
    if not found:
        return (0.0, 1.0)
    low, high = np.percentile(found, [2.5, 97.5])
    return (float(low), float(high))


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least `share` of the values do not exceed; None for no values.

    >>> quantile([4, 1, 3, 2], 0.5), quantile([4, 1, 3, 2], 0.95)
    (2, 4)
    """
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else None


def mcnemar(lost: int, won: int) -> float:
    """Return how probable it is that two equally good runs differ at least so much on the same questions: a two-sided p, exact.

    Of the questions that only one run got right, each is as likely the one's as the other's: p = 2 P(X <= min(lost, won)) for X
    binomial with n = lost + won and 1/2, at most 1; 1 when there are none.

    Args:
        lost: Questions that only the first run got right.
        won: Questions that only the second got right.

    Reference: McNemar, "Note on the Sampling Error of the Difference Between Correlated Proportions", 1947; exact as in Fagerland,
    Lydersen and Laake, "The McNemar Test for Binary Matched-Pairs Data", 2013.

    >>> mcnemar(0, 5), mcnemar(1, 5), mcnemar(3, 3)  # 2/32, 2 * 7/64
    (0.0625, 0.21875, 1.0)
    """
    count = lost + won
    tail = sum(math.comb(count, few) for few in range(min(lost, won) + 1))
    return min(1.0, 2 * tail / float(2**count))
