"""How the search by meaning grows, from a hundred rows to a million: time, memory, disk and recall, beside plain FAISS.

    python -m eval.scale --data FOLDER [--rows 100 10000 100000 1000000] [--keep FILE.npz]

The rows are mixed from vectors of real paragraphs: each is one of these, moved by a random mixture of its differences to its
nearest neighbours, which keeps to the directions in which paragraphs differ there. The queries are vectors of
real questions. FOLDER holds question sets as `eval.bench` describes them; without it the checkout's own seeds and known facts
serve, which is quick and says little about recall.

Every query is put to the index as it is shipped and to `faiss.IndexFlatIP` with full-precision rows in memory, in turns, in one
run: read the ratios, not the milliseconds. What it ignores: the encoder, the keyword index, the store, a cold disk.
Linux only, because peak memory is read from /proc; a million rows take minutes, and 4 GB for the peer.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TID253 - every function here needs it

from eval.passages import read_passages
from eval.speed import Measure, peak_memory, stopwatch
from index.export import open_encoder
from index.locations import ROOT
from index.vectors import EXACT_ROWS, VectorIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

NEIGHBOURS = 16  # that a row is mixed with
SPREAD = 0.7  # length of the mixture; mixed from 4,000 real rows, 32,000 lie about a question as 32,000 real ones do, see DECISIONS.md
QUERIES = 200
_BATCH = 20_000
_OPEN = "import sys; from eval.scale import open_and_search; open_and_search(*sys.argv[1:])"


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorGrowth:
    """What was measured at one size; times are medians and 95th percentiles of one query each, in milliseconds.

    Attributes:
        rows: How many.
        build: Seconds to write the index from rows that come in batches, codes included.
        disk: MiB of its files.
        opened: Milliseconds to open it in a fresh process.
        resident: MiB that the process holds at most, after `QUERIES` searches.
        ours: Of the index.
        flat: Of `IndexFlatIP`.
        recall10: Share of the ten nearest full-precision rows that the ten results hold.
        recall100: The same of a hundred.
    """

    rows: int
    build: float
    disk: float
    opened: float
    resident: float
    ours: tuple[float, float]
    flat: tuple[float, float]
    recall10: float
    recall100: float

    def __str__(self) -> str:
        times = " ".join(f"{value:8.2f}" for value in (*self.ours, *self.flat, self.flat[0] / self.ours[0]))
        return (
            f"{self.rows:>9,} {self.build:8.1f} {self.disk:8.1f} {self.opened:8.1f} {self.resident:8.0f} {times}"
            f" {self.recall10:8.4f} {self.recall100:8.4f}"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of question sets (default: the checkout's seeds)")
    parser.add_argument("--texts", type=int, default=20_000, help="paragraphs that are encoded at most (default: 20,000)")
    parser.add_argument("--keep", type=Path, help="file of vectors to mix from; made when missing, else used as it is")
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 10_000, 100_000], help="sizes (default: 100 10000 100000)")
    args = parser.parse_args()
    real, queries = _real_vectors(args.data, args.texts, args.keep)
    neighbours = VectorIndex.build(real).search(real, NEIGHBOURS + 1)[1][:, 1:]
    print(f"mixed from {len(real):,} vectors of real paragraphs; {len(queries)} questions; up to {EXACT_ROWS:,} rows without codes")
    print("     rows  build s disk MiB  open ms resident ours p50     p95 flat p50      p95    ratio recall10      100")
    for count in args.rows:
        print(_measure(count, partial(mix, real, neighbours, count), queries), flush=True)
    print(measure_scan(np.concatenate(list(mix(real, neighbours, min(max(args.rows), EXACT_ROWS)))), queries))


def mix(real: Vectors, neighbours: NDArray[np.int64], count: int) -> Iterator[Vectors]:
    """Make unit rows that lie among real ones, the same with every call.

    `x = a + sum_j w_j (b_j - a)`, brought to unit length, with `a` drawn evenly from the real rows, `b_j` its neighbours and
    `w_j` normal with the deviation `SPREAD / sqrt(m)`.

    Args:
        real: Unit rows, shape (n, dimension).
        neighbours: Of each real row, shape (n, m).
        count: How many to make.

    Yields:
        Arrays of shape (at most 20,000, dimension).
    """
    generator = np.random.default_rng(1)
    m = neighbours.shape[1]
    for at in range(0, count, _BATCH):
        size = min(_BATCH, count - at)
        drawn = generator.integers(0, len(real), size)
        weights = generator.standard_normal((size, m), dtype=np.float32) * np.float32(SPREAD / m**0.5)
        rows = real[drawn] * (1 - weights.sum(axis=1, keepdims=True))
        for column in range(m):
            rows += weights[:, column : column + 1] * real[neighbours[drawn, column]]
        yield rows / np.linalg.norm(rows, axis=1, keepdims=True)


def measure_scan(rows: Vectors, queries: Vectors) -> Measure:
    """Compare how fast the exact search reads its rows with copying as many bytes, in turns.

    Args:
        rows: Unit rows, shape (n, dimension); more than fit the caches, or both are faster than memory.
        queries: Unit rows, shape (m, dimension).
    """
    index = VectorIndex.build(rows)
    kept = index.vectors()
    copy = kept.copy()
    scan, copying = _in_turns([lambda query: index.search(query, 10), lambda _: np.copyto(copy, kept)], queries)
    return Measure(
        name=f"exact search of {len(rows):,} vectors",
        value=kept.nbytes / scan[0] / 1e6,
        unit="GB/s",
        beside="copying them",
        other=kept.nbytes / copying[0] / 1e6,
    )


def open_and_search(path: str, queries: str) -> None:
    """Open an index, search it for each query, and print the milliseconds of opening and the peak MiB of this process; Linux only."""
    vectors = np.load(queries)
    VectorIndex.build(vectors[:1])  # loads the library, which is not what opening costs
    started = time.perf_counter()
    index = VectorIndex.open(Path(path))
    opened = time.perf_counter() - started
    for query in vectors:
        index.search(query[None], 100)
    print(opened * 1000, peak_memory())


def _measure(count: int, rows: Callable[[], Iterator[Vectors]], queries: Vectors) -> VectorGrowth:
    import faiss

    flat: Any = faiss.IndexFlatIP(queries.shape[1])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "vectors.faiss")
        made = _Paused(rows())
        started = time.perf_counter()
        VectorIndex.write_rows(path, made, count=count, dimension=queries.shape[1])
        build = time.perf_counter() - started - made.seconds
        for batch in rows():
            flat.add(batch)
        np.save(Path(folder, "queries.npy"), queries)
        command = [sys.executable, "-c", _OPEN, str(path), str(Path(folder, "queries.npy"))]
        child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own
        opened, resident = map(float, child.stdout.split())
        index = VectorIndex.open(path)
        ours, theirs = _in_turns([lambda query: index.search(query, 10), lambda query: flat.search(query, min(10, count))], queries)
        truth = flat.search(queries, min(100, count))[1]
        return VectorGrowth(
            rows=count,
            build=build,
            disk=sum(file.stat().st_size for file in path.parent.glob("vectors.*")) / 2**20,
            opened=opened,
            resident=resident,
            ours=ours,
            flat=theirs,
            recall10=_recall(index, queries, truth[:, :10]),
            recall100=_recall(index, queries, truth),
        )


class _Paused:
    """Batches, and the seconds that were spent on making them."""

    def __init__(self, batches: Iterator[Vectors]) -> None:
        self._batches = batches
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Vectors]:
        while True:
            started = time.perf_counter()
            batch = next(self._batches, None)
            self.seconds += time.perf_counter() - started
            if batch is None:
                return
            yield batch


def _in_turns(searches: Sequence[Callable[[Vectors], Any]], queries: Vectors) -> list[tuple[float, float]]:
    """Return the median and the 95th percentile of each search's milliseconds a query."""
    for search in searches:
        search(queries[:1])
    times = [[1000 * stopwatch(partial(search, query[None])) for search in searches] for query in queries]
    return [(float(np.median(column)), float(np.percentile(column, 95))) for column in np.array(times).T]


def _recall(index: VectorIndex, queries: Vectors, truth: NDArray[np.int64]) -> float:
    found = index.search(queries, truth.shape[1])[1]
    return float(
        np.mean([len(set(ids) & set(nearest)) / len(nearest) for ids, nearest in zip(found.tolist(), truth.tolist(), strict=True)])
    )


def _real_vectors(folder: Path | None, limit: int, kept: Path | None) -> tuple[Vectors, Vectors]:
    """Return the vectors of real paragraphs and of real questions."""
    if kept and kept.exists():
        with np.load(kept) as arrays:
            return arrays["rows"], arrays["queries"]
    encoder, passages = open_encoder(), read_passages(folder)
    rows = encoder.encode([f"{title}\n{text}" for title, text in passages.paragraphs[:limit]])
    queries = encoder.encode_questions(passages.questions[:QUERIES])
    if kept:
        np.savez(kept, rows=rows, queries=queries)
    return rows, queries


if __name__ == "__main__":
    main()
