"""Public question sets, in the one form that `--data FOLDER` holds them in.

A set is a folder with `corpus.jsonl` ({"id", "title", "date", "text"}) and `questions.jsonl` ({"id", "question",
"answers", "unanswerable", "evidence": [{"doc", "text"}], "history"}). Its documents are written out as text files
and indexed like anybody's folder, under `.index/bench/`, so that what is measured is what is shipped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.beir import is_beir, read_beir
from index.build import open_index
from index.errors import FactsError
from index.locations import BUILT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index.encoders import Encoder
    from index.search import ParagraphIndex
    from index.sentences import Span

# A place in a corpus: the path of a source and a span of its text.
Place = tuple[str, "Span"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchQuestion:
    """A question of a public set.

    Attributes:
        id: As in the set.
        question: As in the set.
        history: Earlier (question, answer) pairs.
        answers: Accepted wordings; empty for a set without answer strings.
        wrong_answers: What planted documents say, for a set that has such.
        unanswerable: True when the documents do not answer.
        evidence: Where the documents answer.
        type: The set's own word for its kind.
    """

    id: str
    question: str
    history: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]
    wrong_answers: tuple[str, ...]
    unanswerable: bool
    evidence: tuple[Place, ...]
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSet:
    """A set that is indexed and ready to be asked."""

    name: str
    index: ParagraphIndex
    questions: tuple[BenchQuestion, ...]


def open_bench(folder: Path, encoder: Encoder) -> BenchSet:
    """Index a set, unless it is already, and read its questions.

    Raises:
        FactsError: `folder` does not hold a set.
    """
    documents, rows = _read_set(folder)
    corpus = BUILT / "bench" / folder.name / "corpus"
    paths = {document["id"]: f"{number:05d}.txt" for number, document in enumerate(documents)}
    _write_corpus(corpus, documents, paths)
    index, _ = open_index(corpus, corpus.parent / "index", encoder, progress=True)
    texts = {path: index.store.source(path).text for path in index.store.sources()}
    questions = tuple(_question(row, paths, texts) for row in rows)
    return BenchSet(name=folder.name, index=index, questions=questions)


def _read_set(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the documents and the questions of a set, as their records."""
    if is_beir(folder):
        return read_beir(folder)
    if not (folder / "questions.jsonl").is_file():
        seen = "holds no questions.jsonl" if folder.is_dir() else "is not a folder"
        raise FactsError(f"{folder} {seen}; expected the folder of one question set, in the form that eval/bench.py says or in BEIR's")
    return read_lines(folder / "corpus.jsonl"), read_lines(folder / "questions.jsonl")


def evidence_rank(places: Sequence[Place], evidence: Sequence[Place]) -> int | None:
    """Return the 1-based rank of the first place that overlaps any evidence, None when none does."""
    return next((rank for rank, place in enumerate(places, start=1) if any(overlaps(place, true) for true in evidence)), None)


def overlaps(one: Place, other: Place) -> bool:
    """Say whether two places share a character."""
    return one[0] == other[0] and one[1][0] < other[1][1] and other[1][0] < one[1][1]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the records of a JSON Lines file of a set."""
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _write_corpus(corpus: Path, documents: Sequence[dict[str, Any]], paths: dict[str, str]) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    for document in documents:
        file = corpus / paths[document["id"]]
        if not file.exists():
            head = [line for line in (document["title"], document["date"]) if line]
            file.write_text("\n\n".join([*head, document["text"]]), encoding="utf-8", newline="")


def _question(row: dict[str, Any], paths: dict[str, str], texts: dict[str, str]) -> BenchQuestion:
    evidence = []
    for entry in row["evidence"]:
        path = paths[entry["doc"]]
        start = texts.get(path, "").find(entry["text"])  # what could not be read is no evidence
        if start >= 0 and entry["text"]:
            evidence.append((path, (start, start + len(entry["text"]))))
    return BenchQuestion(
        id=row["id"],
        question=row["question"],
        history=_history(row.get("history") or ()),
        answers=tuple(row["answers"]),
        wrong_answers=tuple(row.get("wrong_answers") or ()),
        unanswerable=row["unanswerable"],
        evidence=tuple(evidence),
        type=row.get("type") or "",
    )


def _history(turns: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Return pairs from turns written as (role, text), the asker's first."""
    texts = [text for _, text in turns]
    return tuple(zip(texts[::2], [*texts[1::2], ""], strict=False))
