"""What is said where documents disagree: RAMDocs (Wang and others, 2025), asked of all its documents at once.

    python -m eval.ramdocs --data FOLDER

Every question has one or more right answers, each in documents of its own, and often planted documents that give wrong ones. A reply
counts when it holds every right answer, and no wrong one unless as a side of a conflict that it shows; a reply longer than
`MAX_ANSWER_WORDS` does not count. Beside ours, in the same run, stands a plain hybrid search that quotes its two best sentences.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from eval.ablation import PLAIN_HYBRID, reduce_model
from eval.bench import open_bench
from eval.metrics import holds, is_right
from eval.metrics_statistics import wilson
from index.export import open_encoder
from rag.composition import compose
from rag.fitted import fitted
from rag.question import read_question
from rag.retrieval import retrieve

if TYPE_CHECKING:
    from eval.bench import BenchQuestion
    from rag.answer import Answer


def main() -> None:
    """Ask every question twice; print both shares with their intervals, and how long ours takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the set `ramdocs`")
    args = parser.parse_args()
    bench = open_bench(args.data / "ramdocs", open_encoder())
    plain = reduce_model(fitted(), PLAIN_HYBRID)
    shares: dict[str, list[bool]] = {"plain hybrid": [], "ours": [], "ours, every right answer told": [], "ours, refused": []}
    seconds = []
    for question in tqdm(bench.questions, unit="question"):
        started = time.perf_counter()
        found = retrieve(read_question(question.question), bench.index, args.data / "ramdocs")
        told = compose(found)
        seconds.append(time.perf_counter() - started)
        shares["plain hybrid"].append(is_strictly_right(compose(found, plain, most=2, both_sides=False), question))
        shares["ours"].append(is_strictly_right(told, question))
        shares["ours, every right answer told"].append(_tells_all(told, question))
        shares["ours, refused"].append(told.abstained)
    for name, share in shares.items():
        low, high = wilson(sum(share), len(share))
        print(f"{name:30s} {sum(share) / len(share):.3f} [{low:.3f}, {high:.3f}] ({sum(share)}/{len(share)})")
    print(f"milliseconds a question over {len(bench.index.store.sources())} documents: median {1000 * statistics.median(seconds):.0f}")


def is_strictly_right(answer: Answer, question: BenchQuestion) -> bool:
    """Say whether a reply holds every right answer, and outside the values of its conflicts no wrong one."""
    if not _tells_all(answer, question):
        return False
    said = " ".join([answer.short or "", *(statement.text for statement in answer.statements)])
    for conflict in answer.conflicts:
        for value, _ in conflict.values:
            said = said.replace(value, " ")
    return not any(holds(said, wrong) for wrong in question.wrong_answers)


def _tells_all(answer: Answer, question: BenchQuestion) -> bool:
    return is_right(answer.text, [[right] for right in question.answers])


if __name__ == "__main__":
    main()
