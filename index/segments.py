"""The vectors of a generation: those of all its segments, searched as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.generations import SEGMENTS, VECTORS
from index.vectors import VectorIndex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.generations import Manifest, Segment


class SegmentVectors:
    """The vectors of a finished generation, searched from any thread."""

    def __init__(self, generation: Path, manifest: Manifest) -> None:
        """Open them.

        Raises:
            StoreError: A file is damaged.
        """
        folder = generation / SEGMENTS
        self._parts = [VectorIndex.open(folder / segment.name / VECTORS) if segment.windows else None for segment in manifest.segments]
        self._live = [live_rows(segment) if segment.gone else None for segment in manifest.segments]

    def search(
        self, query: NDArray[np.float32], k: int, *, within: Sequence[Sequence[range]] | None = None
    ) -> list[tuple[tuple[int, int], float]]:
        """Find the rows nearest to a query, among documents that count.

        Args:
            query: A unit row, shape (1, dimension).
            k: How many at most.
            within: For each segment, only these rows; None is all.

        Returns:
            Place of the segment and row in it, and the cosine, best first; equal ones by place and row.
        """
        found = []
        for place, (part, live) in enumerate(zip(self._parts, self._live, strict=True)):
            if part is None:  # no document in it has any text
                continue
            cosines, rows = part.search(query, k, within=live if within is None else within[place])
            found += [((place, row), cosine) for row, cosine in zip(rows[0].tolist(), cosines[0].tolist(), strict=True)]
        return sorted(found, key=lambda one: (-one[1], one[0]))[: max(0, k)]


def live_rows(segment: Segment) -> list[range]:
    """Return the rows of a segment's vectors whose documents count."""
    edges = [0, *(edge for ends in segment.gone for edge in ends), segment.windows]
    return [range(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True) if start < stop]


def join_rows(rows: Sequence[range]) -> tuple[tuple[int, int], ...]:
    """Return where ranges start and stop, ascending, those that meet joined.

    >>> join_rows([range(5, 7), range(0, 2), range(2, 3), range(4, 4)])
    ((0, 3), (5, 7))
    """
    joined: list[tuple[int, int]] = []
    for one in sorted((one.start, one.stop) for one in rows if one):
        if joined and one[0] <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], one[1]))
        else:
            joined.append(one)
    return tuple(joined)
