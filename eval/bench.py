"""Public question sets, in the one form that `--data FOLDER` holds them in.

A set is a folder with `corpus.jsonl` ({"id", "title", "date", "text"}) and `questions.jsonl` ({"id", "question",
"answers", "unanswerable", "evidence": [{"doc", "text"}]}; where the set has such, "history", "type", "scope_doc" for a
question of one document, "relevant_docs" as judged, "wrong_answers" of planted documents). Its documents are written out as
text files and indexed like anybody's folder, under `.index/bench/`, so that what is measured is what is shipped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.beir import is_beir, read_beir
from index.build import open_index
from index.errors import FactsError
from index.locations import BUILT
from rag.alias_file import load_aliases

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index.encoders import Encoder
    from index.search import ParagraphIndex
    from index.sentences import Span
    from rag.aliases import Aliases

_QUESTIONS = "questions.jsonl"
_FORM = "a folder of sets, each a folder in the form that eval/bench.py says or in BEIR's"

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
        relevant: Paths of the documents that were judged relevant, whether or not they answer; else those of the evidence.
        sources: Paths of the only documents that are asked; None for all.
        type: The set's own word for its kind.
    """

    id: str
    question: str
    history: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]
    wrong_answers: tuple[str, ...]
    unanswerable: bool
    evidence: tuple[Place, ...]
    relevant: tuple[str, ...] = ()
    sources: tuple[str, ...] | None = None
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSet:
    """A set that is indexed and ready to be asked.

    Attributes:
        name: Of its folder.
        corpus: Folder of its documents, as they were written out.
        index: Of them.
        aliases: The other names that they give.
        questions: In the order of the set.
        judged: Whether documents were judged relevant, as for a measure by document.
        spans: Whether the set is one that compares ways of splitting.
    """

    name: str
    corpus: Path
    index: ParagraphIndex
    aliases: Aliases
    questions: tuple[BenchQuestion, ...]
    judged: bool = False
    spans: bool = False


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
    return BenchSet(
        name=folder.name,
        corpus=corpus,
        index=index,
        aliases=load_aliases(index, corpus.parent / "index"),
        questions=tuple(_question(row, paths, texts) for row in rows),
        judged=any("relevant_docs" in row for row in rows),
        spans=any("spans" in row for row in rows),
    )


def list_sets(data: Path) -> list[str]:
    """Return the names of the sets in a folder, sorted; none when there is no such folder."""
    folders = sorted(data.iterdir()) if data.is_dir() else []
    return [folder.name for folder in folders if is_beir(folder) or (folder / _QUESTIONS).is_file()]


def _read_set(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the documents and the questions of a set, as their records."""
    if is_beir(folder):
        return read_beir(folder)
    if not (folder / _QUESTIONS).is_file():
        seen = f"holds no {_QUESTIONS}" if folder.is_dir() else "is not a folder"
        there = ", ".join(list_sets(folder.parent))
        expected = (
            f"expected one of the sets in {folder.parent}: {there}" if there else f"and {folder.parent} holds no set; expected " + _FORM
        )
        raise FactsError(f"{folder} {seen}; {expected}")
    return read_lines(folder / "corpus.jsonl"), read_lines(folder / _QUESTIONS)


def evidence_rank(places: Sequence[Place], evidence: Sequence[Place]) -> int | None:
    """Return the 1-based rank of the first place that overlaps any evidence, None when none does."""
    return next((rank for rank, place in enumerate(places, start=1) if any(overlaps(place, true) for true in evidence)), None)


def overlaps(one: Place, other: Place) -> bool:
    """Say whether two places share a character."""
    return one[0] == other[0] and one[1][0] < other[1][1] and other[1][0] < one[1][1]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the records of a JSON Lines file of a set.

    Raises:
        FactsError: The file is missing, or a line is no JSON.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            return [json.loads(line) for line in stream]
    except (OSError, ValueError) as error:
        raise FactsError(f"{path} cannot be read ({error}); expected one JSON object a line, as eval/bench.py says") from error


def _write_corpus(corpus: Path, documents: Sequence[dict[str, Any]], paths: dict[str, str]) -> None:
    """Write the documents where they are not yet; what another set of the same name left is taken away."""
    corpus.mkdir(parents=True, exist_ok=True)
    for document in documents:
        file = corpus / paths[document["id"]]
        head = [line for line in (document["title"], document["date"]) if line]
        text = "\n\n".join([*head, document["text"]]).encode()
        if not file.exists() or file.read_bytes() != text:
            file.write_bytes(text)
    for file in corpus.iterdir():
        if file.name not in paths.values():
            file.unlink()


def _question(row: dict[str, Any], paths: dict[str, str], texts: dict[str, str]) -> BenchQuestion:
    evidence = []
    for entry in row["evidence"]:
        path = paths[entry["doc"]]
        start = texts.get(path, "").find(entry["text"])  # what could not be read is no evidence
        if start >= 0 and entry["text"]:
            evidence.append((path, (start, start + len(entry["text"]))))
    judged = [paths[document] for document in row.get("relevant_docs") or () if document in paths]
    scope = paths.get(str(row.get("scope_doc")))
    return BenchQuestion(
        id=row["id"],
        question=row["question"],
        history=_history(row.get("history") or ()),
        answers=tuple(row["answers"]),
        wrong_answers=tuple(row.get("wrong_answers") or ()),
        unanswerable=row["unanswerable"],
        evidence=tuple(evidence),
        relevant=tuple(dict.fromkeys(judged or (path for path, _ in evidence))),
        sources=(scope,) if scope in texts else None,
        type=row.get("type") or "",
    )


def _history(turns: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Return pairs from turns written as (role, text), the asker's first."""
    texts = [text for _, text in turns]
    return tuple(zip(texts[::2], [*texts[1::2], ""], strict=False))
