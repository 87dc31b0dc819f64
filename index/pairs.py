"""Scoring pairs: how well a sentence, in its context, answers a question, by a small ONNX cross-encoder.

A pair is read as `[CLS] question [SEP] sentence [SEP] context [SEP]`; the sentence has token type 1, the rest 0. The
model runs on onnxruntime one pair at a time, several at once, for the reason that `encoders` gives.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING

from index.encoders import count_cores, open_session
from index.known_words import knows_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

MAX_QUESTION, MAX_SENTENCE, MAX_CONTEXT = 64, 80, 32  # tokens
MAX_ANSWER = 16  # tokens of the words that answer
_CLS, _SEP = 101, 102
_KEPT = 512  # rows whose outputs are kept


def pair_ids(tokenizer: Tokenizer, question: str, sentence: str, context: str) -> tuple[list[int], list[int]]:
    """Return token ids and token types of a pair; the context is cut at its start, the other two at their ends."""
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION]
    said = tokenizer.encode(sentence, add_special_tokens=False).ids[:MAX_SENTENCE]
    around = tokenizer.encode(context, add_special_tokens=False).ids[-MAX_CONTEXT:]
    ids = [_CLS, *asked, _SEP, *said, _SEP, *around, _SEP]
    types = [0] * (len(asked) + 2) + [1] * (len(said) + 1) + [0] * (len(around) + 1)
    return ids, types


def answer_tokens(tokenizer: Tokenizer, question: str, sentence: str) -> tuple[int, list[tuple[int, int]]]:
    """Return where the sentence begins in the row that `pair_ids` gives, and the characters of each of its tokens."""
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION]
    return len(asked) + 2, tokenizer.encode(sentence, add_special_tokens=False).offsets[:MAX_SENTENCE]


class PairScorer:
    """Scores pairs of questions and sentences; use it from any thread."""

    def __init__(self, model: Path, tokenizer: Tokenizer) -> None:
        """Open a model.

        Args:
            model: An ONNX file that maps `ids` and `types`, shape (tokens,) each, to one `score`, and to `span`, how
                much each token looks like the first and like the last of the answer, shape (tokens, 2).
            tokenizer: Of the model, without truncation or padding.
        """
        import numpy as np

        self._numpy = np
        self._session = open_session(model)
        self._tokenizer = tokenizer
        self._pool = ThreadPoolExecutor(count_cores())
        self._read = lru_cache(maxsize=_KEPT)(self._run)  # what was scored is often pointed at next

    def reads(self, question: str) -> bool:
        """Say whether the words of a question are known; a score of others says nothing."""
        return knows_words(self._tokenizer, question)

    def score(self, pairs: Sequence[tuple[str, str, str]]) -> NDArray[np.float64]:
        """Return one score, a log-odds, for each (question, sentence, context), shape (len(pairs),)."""
        rows = [pair_ids(self._tokenizer, *pair) for pair in pairs]
        return self._numpy.fromiter(self._pool.map(self._score_ids, rows), dtype=self._numpy.float64, count=len(rows))

    def point(self, question: str, sentence: str, context: str) -> tuple[int, int, float]:
        """Return the characters of the sentence that answer best, and how likely they are, 0..1.

        The likelihood is that of the first token times that of the last, each a softmax over the sentence's tokens; an
        answer has at most `MAX_ANSWER` tokens.

        Reference: Devlin and others, 2019, section 4.2.
        """
        np = self._numpy
        first, spans = answer_tokens(self._tokenizer, question, sentence)
        if not spans:
            return 0, 0, 0.0
        ids, types = pair_ids(self._tokenizer, question, sentence, context)
        _, span = self._read(tuple(ids), tuple(types))
        tokens = span[first : first + len(spans)].astype(np.float64)
        starts, ends = (np.exp(column - column.max()) / np.exp(column - column.max()).sum() for column in tokens.T)
        likely = np.triu(np.tril(starts[:, None] * ends[None, :], MAX_ANSWER - 1))  # a last token stands at most so far behind a first
        start, end = divmod(int(likely.argmax()), len(spans))
        return spans[start][0], spans[end][1], float(likely[start, end])

    def _score_ids(self, row: tuple[list[int], list[int]]) -> float:
        ids, types = row
        return self._read(tuple(ids), tuple(types))[0]

    def _run(self, ids: tuple[int, ...], types: tuple[int, ...]) -> tuple[float, NDArray[np.float32]]:
        """Return the score of a row, and how much each of its tokens looks like the answer's first and last."""
        feeds = {"ids": self._numpy.array(ids, dtype=self._numpy.int64), "types": self._numpy.array(types, dtype=self._numpy.int64)}
        score, span = self._session.run(["score", "span"], feeds)
        return float(score.item()), span
