"""From a question, and from each of its parts, to the passages whose sentences may answer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.search import DENSE_WEIGHT

if TYPE_CHECKING:
    from pathlib import Path

    from index.search import Hit, ParagraphIndex
    from rag.question import Question

HITS = 20  # best passages, by words and meaning, whose sentences may be read
CLOSEST = 10  # and so many of the best by meaning alone, for questions in other words than the documents'


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A question with the hits for it, and for each of its parts."""

    question: Question
    hits: tuple[Hit, ...]
    of_parts: tuple[tuple[Hit, ...], ...]
    index: ParagraphIndex
    corpus: Path


def retrieve(
    question: Question, index: ParagraphIndex, corpus: Path, *, dense_weight: float = DENSE_WEIGHT, closest: int = CLOSEST
) -> Found:
    """Return a question with the passages found for it, and for each of its parts; `find_hits` says how."""
    hits = find_hits(question, index, dense_weight=dense_weight, closest=closest)
    parts = question.parts if len(question.parts) > 1 else ()
    of_parts = [find_hits(part, index, dense_weight=dense_weight, closest=closest) for part in parts] or [hits]
    return Found(question=question, hits=tuple(hits), of_parts=tuple(map(tuple, of_parts)), index=index, corpus=corpus)


def find_hits(question: Question, index: ParagraphIndex, *, dense_weight: float = DENSE_WEIGHT, closest: int = CLOSEST) -> list[Hit]:
    """Return the passages whose sentences may answer a single question, best first.

    Args:
        question: A single question.
        index: Of the documents.
        dense_weight: Share of meaning against words, 0..1.
        closest: So many of the nearest by meaning alone are among them.
    """
    return index.search(question.search_text, k=HITS, nearest=closest, dense_weight=dense_weight)
