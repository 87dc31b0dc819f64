"""Documents that are nearly the same: pairs, with the share of the shorter one's words that stand in the other in the same order.

A document counts by the hashes of its runs of five words (in a script without spaces: five characters). Pairs are looked for by a
quarter of the hashes, which is the same quarter in all documents, and then compared by all. What it knowingly ignores: the
same thing said in other words, documents of fewer than five words unless they are equal, and, where many documents share a
run, most of the pairs among these.

Reference: Broder, "On the resemblance and containment of documents", 1997; the fixed part of all hashes is his "modulus".
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from index.terms import UNSPACED

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

NEAR = 0.8  # share from which on a pair is told
_RUN = 5  # words
_EVERY = 4  # hash takes part in the looking
_MANY = 30  # documents that share a run, from which on only neighbours among them are paired
_LIKELY = 0.5 * NEAR  # share by the quarter of the hashes, from which on all are compared
_JOINED, _ALONE = 1, 2
_LAST = 0x2FFFF  # code points beyond the first three planes are in no word


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicate:
    """Two documents that are nearly the same.

    Attributes:
        first: Path of one.
        second: Path of the other; the paths are in order.
        share: Of the shorter one's runs of five words that stand in the other, `NEAR`..1.
        same: Whether the texts are equal.
    """

    first: str
    second: str
    share: float
    same: bool


def find_near_duplicates(texts: Iterable[tuple[str, str]]) -> list[NearDuplicate]:
    """Return the pairs of documents that are nearly the same, the closest first, then by path.

    Args:
        texts: Path and text of each document.

    >>> [pair.second for pair in find_near_duplicates([("a", "one two three four five six"), ("b", "One two three, four five six!")])]
    ['b']
    """
    paths, runs, digests = [], [], []
    for path, text in texts:
        words = _hash_words(text)
        paths.append(path)
        runs.append(_hash_runs(words))
        digests.append(words.tobytes())
    candidates = {pair for pair, shared in _count_shared(runs).items() if _may_be_near(pair, shared, runs)} | _equal(digests)
    found = []
    for one, other in candidates:
        same = digests[one] == digests[other]
        share = 1.0 if same else _share(runs[one], runs[other])
        if share >= NEAR:
            first, second = sorted((paths[one], paths[other]))
            found.append(NearDuplicate(first=first, second=second, share=share, same=same))
    return sorted(found, key=lambda pair: (-pair.share, not pair.same, pair.first, pair.second))


def _hash_words(text: str) -> NDArray[np.uint64]:
    """Return a hash of each word in order, case folded; shape (words,).

    A word's hash is the sum of its characters' codes, each times a number that belongs to its place in the word.
    """
    import numpy as np

    codes = np.frombuffer(text.casefold().encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _kinds()[np.minimum(codes, _LAST)]
    places = np.flatnonzero(kinds)
    if not len(places):
        return np.empty(0, dtype=np.uint64)
    inside, before = kinds[places], kinds[places - 1]  # the first place's is looked at below
    begins = (inside == _ALONE) | (before != _JOINED) | (np.arange(len(places)) == 0)
    firsts = np.flatnonzero(begins)
    within = np.arange(len(places)) - firsts[np.cumsum(begins) - 1]
    factors = np.random.default_rng(_RUN).integers(1, 2**63, size=64, dtype=np.uint64) | np.uint64(1)
    hashes: NDArray[np.uint64] = np.add.reduceat((codes[places].astype(np.uint64) + np.uint64(1)) * factors[within % 64], firsts)
    return hashes


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """Return what each code point is in a word: nothing, a character that goes on with a word, or one of a script without spaces."""
    import numpy as np

    joined = np.fromiter((chr(code).isalnum() for code in range(_LAST + 1)), dtype=np.uint8)
    joined[[ord(char) for char in re.findall(f"[{UNSPACED}]", "".join(map(chr, range(0x3000, 0xD800))))]] = _ALONE
    return joined


def _hash_runs(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the distinct hashes of all runs of words, ascending; shape (n,)."""
    import numpy as np

    if len(words) < _RUN:
        return np.empty(0, dtype=np.uint64)
    mixed = np.zeros(len(words) - _RUN + 1, dtype=np.uint64)
    for place in range(_RUN):  # multiplication wraps around, which is meant
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + words[place : place + len(mixed)]
        mixed ^= mixed >> np.uint64(29)
    return np.unique(mixed)


def _sampled(runs: NDArray[np.uint64]) -> NDArray[np.uint64]:
    import numpy as np

    sampled: NDArray[np.uint64] = runs[runs % np.uint64(_EVERY) == 0]
    return sampled


def _count_shared(runs: list[NDArray[np.uint64]]) -> Counter[tuple[int, int]]:
    """Return how many of the sampled hashes two documents share, for pairs that share any."""
    import numpy as np

    sampled = [_sampled(each) for each in runs]
    hashes = np.concatenate([*sampled, np.empty(0, dtype=np.uint64)])
    owners = np.repeat(np.arange(len(sampled)), [len(each) for each in sampled])
    order = np.lexsort((owners, hashes))
    hashes, owners = hashes[order], owners[order]
    edges = np.flatnonzero(np.diff(hashes, prepend=hashes[:1] + np.uint64(1), append=hashes[-1:] + np.uint64(1)))
    sizes = np.diff(edges)
    shared: Counter[tuple[int, int]] = Counter()
    for start, size in zip(edges[:-1][sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        among = owners[start : start + size].tolist()
        reach = size if size <= _MANY else 1
        shared.update((one, other) for place, one in enumerate(among) for other in among[place + 1 : place + 1 + reach])
    return shared


def _may_be_near(pair: tuple[int, int], shared: int, runs: list[NDArray[np.uint64]]) -> bool:
    return shared >= _LIKELY * min(len(runs[pair[0]]), len(runs[pair[1]])) / _EVERY


def _equal(digests: list[bytes]) -> set[tuple[int, int]]:
    """Return pairs of documents with the same words, each with the first of its kind."""
    first: dict[bytes, int] = {}
    return {(first[digest], place) for place, digest in enumerate(digests) if digest and first.setdefault(digest, place) != place}


def _share(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    import numpy as np

    return len(np.intersect1d(one, other, assume_unique=True)) / min(len(one), len(other))
