"""The measures, each a pure function of what was said and what is known.

Words are compared after folding case, accents, punctuation and articles, and figures by their value in plain digits
("4,810" is "4810"), as SQuAD's evaluation does for words (Rajpurkar and others, 2016).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from index.terms import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

MAX_ANSWER_WORDS = 90  # quoting the whole document is not an answer

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|%|[^\W\d_]+")
_ARTICLES = frozenset({"a", "an", "the"})
_Z95 = 1.959964

Interval = tuple[float, float]


def tokens(text: str) -> list[str]:
    """Split a text into tokens for comparing answers.

    >>> tokens("The 4,810 firms' share: 35.10%")
    ['4810', 'firms', 'share', '35.1', '%']
    """
    found = (_number(token) if token[0].isdigit() else token for token in _TOKEN.findall(fold(text)))
    return [token for token in found if token not in _ARTICLES]


def _number(written: str) -> str:
    plain = written.replace(",", "")
    return plain.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", plain) else plain


def holds(text: str, wording: str) -> bool:
    """Say whether `text` holds the tokens of `wording` in a row.

    >>> holds("It has gathered 4,810 firms.", "4810 firms"), holds("It has 14,810 firms.", "4810 firms")
    (True, False)
    """
    have, want = tokens(text), tokens(wording)
    return bool(want) and any(have[at : at + len(want)] == want for at in range(len(have) - len(want) + 1))


def is_right(text: str, parts: Sequence[Sequence[str]], *, max_words: int = MAX_ANSWER_WORDS) -> bool:
    """Say whether an answer holds every part, in one of its wordings, in at most `max_words` words."""
    return len(text.split()) <= max_words and all(any(holds(text, wording) for wording in part) for part in parts)


def token_f1(text: str, wording: str) -> float:
    """Return the harmonic mean of precision and recall of the tokens of `text` against `wording`, as SQuAD does.

    >>> round(token_f1("60 unicorn companies", "60 companies"), 3)
    0.8
    """
    have, want = Counter(tokens(text)), Counter(tokens(wording))
    shared = (have & want).total()
    return 2 * shared / (have.total() + want.total()) if shared else 0.0


def precision(chosen: Collection[object], true: Collection[object]) -> float | None:
    """Return the share of what was chosen that is true; None when nothing was chosen.

    >>> precision({1, 2}, {2, 3, 4})
    0.5
    """
    return sum(one in true for one in chosen) / len(chosen) if chosen else None


def part_recall(chosen: Collection[object], parts: Sequence[Collection[object]]) -> float | None:
    """Return the share of the parts of which at least one place was chosen; None when there are no parts.

    >>> part_recall({1, 2}, [{2, 3}, {4}])
    0.5
    """
    return sum(any(one in part for one in chosen) for part in parts) / len(parts) if parts else None


def reciprocal_rank(rank: int | None) -> float:
    """Return 1/rank, 0 when nothing was found.

    >>> reciprocal_rank(4), reciprocal_rank(None)
    (0.25, 0.0)
    """
    return 1 / rank if rank else 0.0


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


def bootstrap(values: Sequence[float], statistic: Callable[[Sequence[float]], float] | None = None, *, samples: int = 1000) -> Interval:
    """Return the 95 % percentile interval of a statistic (the mean, unless given) by resampling; (0, 1) for no values.

    The resampling starts from a fixed seed, so the same values give the same interval.

    Reference: Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979.
    """
    if not values:
        return (0.0, 1.0)
    import numpy as np

    drawn = np.random.default_rng(0).choice(np.asarray(values, dtype=np.float64), size=(samples, len(values)))
    found = drawn.mean(axis=1) if statistic is None else np.array([statistic(row) for row in drawn])
    low, high = np.percentile(found, [2.5, 97.5])
    return (float(low), float(high))


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least `share` of the values do not exceed; None for no values.

    >>> quantile([4, 1, 3, 2], 0.5), quantile([4, 1, 3, 2], 0.95)
    (2, 4)
    """
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else None
