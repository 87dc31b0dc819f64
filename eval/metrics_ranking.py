"""Measures of a ranking: how much of what proves an answer is retrieved, and how early.

Ranks are 1-based and distinct. `ranks` are those at which something relevant stands, `relevant` is how much of it there is at all;
relevance is yes or no. A case in which nothing is relevant has no score.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def recall_at(k: int, ranks: Collection[int], relevant: int) -> float | None:
    """Return the share of what is relevant that stands among the first `k`; None when nothing is relevant.

    >>> recall_at(5, [1, 4, 6], 4)
    0.5
    """
    return sum(rank <= k for rank in ranks) / relevant if relevant else None


def reciprocal_rank(rank: int | None) -> float:
    """Return 1/rank of the first that is relevant, 0 when nothing was found; its mean is the MRR.

    Reference: Voorhees, "The TREC-8 Question Answering Track Report", 1999.

    >>> reciprocal_rank(4), reciprocal_rank(None)
    (0.25, 0.0)
    """
    return 1 / rank if rank else 0.0


def ndcg_at(k: int, ranks: Collection[int], relevant: int) -> float | None:
    """Return the discounted gain of the first `k`, of that of the best ranking; None when nothing is relevant.

    DCG = sum of 1 / log2(1 + rank) over the relevant ones among the first k; the best ranking has them at 1, 2, 3 ...

    Reference: Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques", 2002.

    >>> round(ndcg_at(10, [2], 1), 3)  # 1 / log2(3)
    0.631
    """
    best = _gain(range(1, min(k, relevant) + 1))
    return _gain(rank for rank in ranks if rank <= k) / best if relevant else None


def _gain(ranks: Iterable[int]) -> float:
    return sum(1 / math.log2(1 + rank) for rank in ranks)
