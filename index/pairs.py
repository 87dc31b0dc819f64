"""Scoring pairs: how well a sentence, in its context, answers a question, by a small ONNX cross-encoder.

A pair is read as `[CLS] question [SEP] sentence [SEP] context [SEP]`; the sentence has token type 1, the rest 0. The
model runs on onnxruntime one pair at a time, several at once, for the reason that `encoders` gives.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from index.encoders import count_cores, open_session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

MAX_QUESTION, MAX_SENTENCE, MAX_CONTEXT = 40, 80, 32  # tokens
_CLS, _SEP = 101, 102


def pair_ids(tokenizer: Tokenizer, question: str, sentence: str, context: str) -> tuple[list[int], list[int]]:
    """Return token ids and token types of a pair; the context is cut at its start, the other two at their ends."""
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION]
    said = tokenizer.encode(sentence, add_special_tokens=False).ids[:MAX_SENTENCE]
    around = tokenizer.encode(context, add_special_tokens=False).ids[-MAX_CONTEXT:]
    ids = [_CLS, *asked, _SEP, *said, _SEP, *around, _SEP]
    types = [0] * (len(asked) + 2) + [1] * (len(said) + 1) + [0] * (len(around) + 1)
    return ids, types


class PairScorer:
    """Scores pairs of one question with many sentences; use it from any thread."""

    def __init__(self, model: Path, tokenizer: Tokenizer) -> None:
        """Open a model.

        Args:
            model: An ONNX file that maps `ids` and `types`, shape (tokens,) each, to one `score`.
            tokenizer: Of the model, without truncation or padding.
        """
        import numpy as np

        self._numpy = np
        self._session = open_session(model)
        self._tokenizer = tokenizer
        self._pool = ThreadPoolExecutor(count_cores())

    def score(self, question: str, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """Return one score, a log-odds, for each (sentence, context), shape (len(pairs),)."""
        rows = [pair_ids(self._tokenizer, question, sentence, context) for sentence, context in pairs]
        return self._numpy.fromiter(self._pool.map(self._score_ids, rows), dtype=self._numpy.float64, count=len(rows))

    def _score_ids(self, row: tuple[list[int], list[int]]) -> float:
        ids, types = (self._numpy.array(part, dtype=self._numpy.int64) for part in row)
        return float(self._session.run(None, {"ids": ids, "types": types})[0].item())
