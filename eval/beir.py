"""A question set in BEIR's form, read into the common one: `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`.

Reference: Thakur and others, "BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval Models", 2021.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from index.errors import FactsError

if TYPE_CHECKING:
    from pathlib import Path

_QUERIES, _JUDGEMENTS = "queries.jsonl", "qrels/test.tsv"


def is_beir(folder: Path) -> bool:
    """Say whether a folder holds a set in BEIR's form."""
    return (folder / _QUERIES).is_file() and (folder / _JUDGEMENTS).is_file()


def read_beir(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return documents and questions; the evidence of a question is every document that is judged relevant, whole.

    Questions that nobody judged are left out, as BEIR leaves them out.

    Raises:
        FactsError: A file has another form.
    """
    try:
        documents = [
            {"id": row["_id"], "title": row.get("title") or "", "date": None, "text": row["text"]}
            for row in _lines(folder / "corpus.jsonl")
        ]
        texts = {document["id"]: document["text"] for document in documents}
        relevant = _read_judgements(folder / _JUDGEMENTS)
        questions = [
            {
                "id": row["_id"],
                "question": row["text"],
                "answers": [],
                "unanswerable": False,
                "evidence": [{"doc": document, "text": texts[document]} for document in relevant[row["_id"]] if document in texts],
                "relevant_docs": relevant[row["_id"]],
            }
            for row in _lines(folder / _QUERIES)
            if row["_id"] in relevant
        ]
    except (KeyError, ValueError) as error:
        raise FactsError(f"{folder} is not in BEIR's form ({error!r}); expected corpus.jsonl, {_QUERIES} and {_JUDGEMENTS}") from error
    return documents, questions


def _lines(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream if line.strip()]


def _read_judgements(file: Path) -> dict[str, list[str]]:
    """Return the documents that are judged relevant, by question; the first line names the columns."""
    relevant: dict[str, list[str]] = defaultdict(list)
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            if int(row["score"]) > 0:
                relevant[row["query-id"]].append(row["corpus-id"])
    return relevant
