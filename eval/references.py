"""Independent implementations on the same questions and documents, so that a figure of ours far from a published one can be explained.

Whole documents, title before text, are ranked as BEIR ranks them: by sentence-transformers in full precision, cut at 256 tokens, and by
bm25s, Lucene's BM25 with Anserini's k1 = 0.9 and b = 0.4 over stemmed words. Where they come out as ours do and the published figure
does not, the part of the set at hand is another; where they come out as published, the fault is ours. The last rows search the same
windows as ours, made by the full-precision encoder instead of int8 and kept and searched alike: what the fast encoder costs.

References: Thakur and others, "BEIR", 2021; Lù, "BM25S", 2024; Kamphuis and others, "Which BM25 Do You Mean?", 2020.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from typing import TYPE_CHECKING

from eval.finding import DEPTH, WAYS, document_gains, measure_finding, search_all, searched, to_find
from eval.tables import Table, compare
from index.build import open_index
from index.encoders import ReferenceEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from eval.bench import BenchQuestion, BenchSet

MISSING = "BM25 of others is left out: bm25s is not installed; type: pip install -c constraints.txt -e '.[dev]'"
_K1, _B = 0.9, 0.4  # Anserini's, which the published figures of BM25 were made with


def reference_table(bench: BenchSet, questions: Sequence[BenchQuestion]) -> Table | None:
    """Return ours beside others, question by question; None for a set that has nothing to be found.

    The first time every document is encoded twice in full precision, which takes minutes for thousands; the vectors are kept.
    """
    asked = to_find(bench, questions)
    if not asked:
        return None
    encoder = ReferenceEncoder()
    texts = searched(bench, asked)
    ours = {name: search_all(bench.index, asked, texts, weight) for name, weight in WAYS.items()}
    gains = {
        name: document_gains(asked, [list(dict.fromkeys(hit.paragraph.source for hit in found)) for found in hits])
        for name, hits in ours.items()
    }
    slow, _ = open_index(bench.corpus, bench.corpus.parent / "index-fp32", encoder, progress=True)
    rows = [compare(f"meaning alone, nDCG@{DEPTH} by document", gains["meaning alone"], _by_meaning(bench, asked, texts, encoder))]
    if has_bm25():
        rows.append(compare(f"words alone, nDCG@{DEPTH} by document", gains["words alone"], _by_words(bench, asked, texts)))
    for name in ("meaning alone", "both"):
        main, fast = next(iter(measure_finding(bench, asked, ours[name]).items()))
        full = measure_finding(bench, asked, search_all(slow, asked, texts, WAYS[name]))[main]
        rows.append(compare(f"{name}, {main}, int8 beside fp32", fast, full))
    return Table(title="beside others' code", columns=("ours", "the other", "difference"), rows=tuple(rows))


def has_bm25() -> bool:
    """Say whether the package of the reference for words is installed."""
    return find_spec("bm25s") is not None


def _by_meaning(
    bench: BenchSet, questions: Sequence[BenchQuestion], searched_as: Sequence[str], encoder: ReferenceEncoder
) -> list[float | None]:
    """Return the gain of each question with one vector a document, of its first 256 tokens."""
    paths, texts = _documents(bench)
    documents = _encode_kept(texts, encoder, bench.corpus.parent / "documents-fp32.npy")
    cosines = encoder.encode_questions(searched_as) @ documents.T
    return document_gains(questions, [_best(row, paths, question.sources) for row, question in zip(cosines, questions, strict=True)])


def _by_words(bench: BenchSet, questions: Sequence[BenchQuestion], searched_as: Sequence[str]) -> list[float | None]:
    """Return the gain of each question by BM25 over whole documents."""
    import bm25s
    import Stemmer

    paths, texts = _documents(bench)
    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25(k1=_K1, b=_B, method="lucene")
    index.index(bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    words = bm25s.tokenize(list(searched_as), stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)
    ranked = [_best(index.get_scores(terms), paths, one.sources) for terms, one in zip(words, questions, strict=True)]
    return document_gains(questions, ranked)


def _best(scores: NDArray[np.float32], paths: Sequence[str], sources: Sequence[str] | None) -> list[str]:
    """Return the paths of the best documents, best first, among `sources` alone when there are such."""
    order = (-scores).argsort(kind="stable").tolist()
    return [paths[row] for row in order if sources is None or paths[row] in sources][:DEPTH]


def _documents(bench: BenchSet) -> tuple[list[str], list[str]]:
    """Return path and text of every document; the text begins with its title."""
    paths = bench.index.store.sources()
    return paths, [bench.index.store.source(path).text for path in paths]


def _encode_kept(texts: Sequence[str], encoder: ReferenceEncoder, file: Path) -> NDArray[np.float32]:
    """Return a vector a text, shape (len(texts), dimension), encoded once for the same texts in the same order."""
    import numpy as np

    name = hashlib.sha256("\0".join([encoder.fingerprint, *texts]).encode()).hexdigest()[:16]
    kept = file.with_stem(f"{file.stem}-{name}")
    if kept.exists():
        vectors: NDArray[np.float32] = np.load(kept)
        return vectors
    made = encoder.encode(texts)
    np.save(kept, made)
    return made
