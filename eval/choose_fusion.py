"""Choose the weight of meaning against words in the hybrid search.

    python -m eval.choose_fusion --data FOLDER

For every set it takes both lists of every answerable question, fuses them with each weight, and prints the mean
reciprocal rank and hit@1, hit@5 of a passage that holds evidence, beside reciprocal rank fusion (k = 60). The
shipped weight is the one with the best mean over the sets, each set counting once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from eval.bench import evidence_rank, open_bench
from index.export import open_encoder
from index.search import CANDIDATES, fuse
from rag.question import read_question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.bench import BenchQuestion, BenchSet

SETS = (
    "squad2-500",
    "xquad-en",
    "clapnq-dev",
    "timeqa-human-train",
    "covid-qa",
    "scifact",
    "anthropic-docs",
    "mtrag-un",
    "multihop-500-facts",
)
WEIGHTS = tuple(step / 10 for step in range(11))
RRF = -1.0  # stands for reciprocal rank fusion in the tables below
_MOST_QUESTIONS = 600  # of one set


def main() -> None:
    """Print the table and the best weight."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of question sets")
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    args = parser.parse_args()
    encoder = open_encoder()
    table = {name: _measure(open_bench(args.data / name, encoder)) for name in args.sets}
    print(f"{'set':22s} {'n':>5s} " + " ".join(f"{_label(weight):>17s}" for weight in (*WEIGHTS, RRF)))
    for name, (count, figures) in table.items():
        cells = (f"{mrr:.3f} {first:.3f} {five:.3f}" for mrr, first, five in figures.values())
        print(f"{name:22s} {count:5d} " + " ".join(f"{cell:>17s}" for cell in cells))
    means = {weight: sum(figures[weight][0] for _, figures in table.values()) / len(table) for weight in (*WEIGHTS, RRF)}
    print(f"{'mean MRR':22s} {'':5s} " + " ".join(f"{means[weight]:17.4f}" for weight in (*WEIGHTS, RRF)))
    print(f"best: {_label(max(means, key=means.__getitem__))}")


def _label(weight: float) -> str:
    return "rrf" if weight == RRF else f"dense {weight:.1f}"


def _measure(bench: BenchSet) -> tuple[int, dict[float, tuple[float, float, float]]]:
    """Return the number of questions and, by weight, (MRR@10, hit@1, hit@5)."""
    asked = [question for question in bench.questions if question.evidence]
    asked = asked[:: max(1, len(asked) // _MOST_QUESTIONS)]
    ranks: dict[float, list[int | None]] = {weight: [] for weight in (*WEIGHTS, RRF)}
    for question in asked:
        for weight, rank in _ranks(bench, question).items():
            ranks[weight].append(rank)
    print(f"{bench.name}: {len(asked)} questions", file=sys.stderr)
    return len(asked), {weight: _summary(found) for weight, found in ranks.items()}


def _ranks(bench: BenchSet, question: BenchQuestion) -> dict[float, int | None]:
    dense, words = bench.index.candidates(read_question(question.question, question.history).searched, CANDIDATES)
    passages = bench.index.store.passages([*dense, *words])
    ranks = {}
    for weight in (*WEIGHTS, RRF):
        fused = reciprocal_ranks([*dense], [*words]) if weight == RRF else fuse(dense, words, dense_weight=weight)
        best = sorted(fused, key=lambda key: (-fused[key], key))[:10]
        places = [(passages[key].paragraph.source, (passages[key].start, passages[key].end)) for key in best]
        ranks[weight] = evidence_rank(places, question.evidence)
    return ranks


def reciprocal_ranks(*lists: Sequence[int], k: int = 60) -> dict[int, float]:
    """Fuse ranked lists by `sum(1 / (k + rank))`.

    Reference: Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion", 2009.
    """
    fused: dict[int, float] = {}
    for ranked in lists:
        for rank, key in enumerate(ranked, start=1):
            fused[key] = fused.get(key, 0.0) + 1 / (k + rank)
    return fused


def _summary(ranks: Sequence[int | None]) -> tuple[float, float, float]:
    count = max(1, len(ranks))
    return (
        sum(1 / rank for rank in ranks if rank) / count,
        sum(rank == 1 for rank in ranks) / count,
        sum(rank is not None and rank <= 5 for rank in ranks) / count,
    )


if __name__ == "__main__":
    main()
