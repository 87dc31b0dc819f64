"""Train the support model: the cross-encoder that reads a statement and a sentence, and scores "the sentence tells it".

    python -m eval.train_support --data FOLDER --weights .index/training/ranker/stage2.pt --out .index/training/support

It goes on from the weights of the evidence ranker, which can read already, with its loss and its trainer (`eval.train_ranker`), over
the groups of `eval.statements`: about forty minutes on 2 cores. Seeds are fixed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from eval.statements import read_statements
from eval.train_ranker import average, export, train
from rag.support import MODEL

RATE = 6e-5


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of training sets")
    parser.add_argument("--weights", type=Path, required=True, help="weights of the evidence ranker to start from")
    parser.add_argument("--out", type=Path, required=True, help="folder that the weights go to, with checkpoints")
    parser.add_argument("--onnx", type=Path, default=MODEL, help="where the int8 graph goes (default: the shipped one)")
    args = parser.parse_args()
    groups = read_statements(args.data)
    weights = args.out / "support.pt"
    if not weights.exists():
        train(groups, weights, rate=RATE, weights=args.weights)
    export(average([weights], (1.0,)), groups, args.onnx)


if __name__ == "__main__":
    main()
