"""The evidence ranker: reads a question and a sentence in its context, and scores "this sentence answers it".

The weights in `rag/models/ranker.onnx` were trained by `python -m eval.train_ranker`; `rag/models/README.md` is their card.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from index.encoders import bundled_tokenizer

if TYPE_CHECKING:
    from index.pairs import PairScorer

MODEL = Path(__file__).parent / "models" / "ranker.onnx"


@lru_cache(maxsize=1)
def ranker() -> PairScorer:
    """Return the shipped ranker, opened once."""
    from index.pairs import PairScorer

    return PairScorer(MODEL, bundled_tokenizer())
