"""From a question, and from each of its parts, to the passages whose sentences may answer it.

A question that is asked of some documents only narrows the index here, once and for all that follows: whatever looks
for more (other values, the question in other words) searches `Found.index`, and so sees no other document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.question import add_aliases, read_question

if TYPE_CHECKING:
    from pathlib import Path

    from index.search import Hit, ParagraphIndex
    from rag.aliases import Aliases
    from rag.question import Question

HITS = 20  # best passages, by words and meaning, whose sentences may be read
CLOSEST = 10  # and so many of the best by meaning alone, for questions in other words than the documents'


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A question with the hits for it, and for each of its parts.

    Attributes:
        question: As searched.
        hits: For the whole of it, best first.
        of_parts: For each of its parts.
        index: Where they were found, narrowed to the documents that are asked.
        corpus: The folder of the documents.
        aliases: The other names that the documents give, for what is searched next; None when they were not asked for.
    """

    question: Question
    hits: tuple[Hit, ...]
    of_parts: tuple[tuple[Hit, ...], ...]
    index: ParagraphIndex
    corpus: Path
    aliases: Aliases | None = None


def retrieve(
    question: Question,
    index: ParagraphIndex,
    corpus: Path,
    *,
    aliases: Aliases | None = None,
    dense_weight: float | None = None,
    closest: int = CLOSEST,
) -> Found:
    """Return a question with the passages found for it, and for each of its parts; `find_hits` says how.

    Args:
        question: Its `sources` are the only documents that are searched.
        index: Of the documents.
        corpus: Their folder.
        aliases: Names are searched by their other names, too; None leaves the question as it is.
        dense_weight: Share of meaning against words, 0..1; None is what `index.search` takes.
        closest: So many of the nearest by meaning alone are among the passages.

    Raises:
        CorpusError: One of the sources is not in the index.
    """
    question = question if aliases is None else add_aliases(question, aliases)
    index = index.within(question.sources)
    hits = find_hits(question, index, dense_weight=dense_weight, closest=closest)
    parts = question.parts if len(question.parts) > 1 else ()
    of_parts = [find_hits(part, index, dense_weight=dense_weight, closest=closest) for part in parts] or [hits]
    return Found(question=question, hits=tuple(hits), of_parts=tuple(map(tuple, of_parts)), index=index, corpus=corpus, aliases=aliases)


def search_again(found: Found, text: str) -> Found:
    """Return what is found for another question where the first was asked: the same documents of the same generation."""
    return retrieve(read_question(text), found.index, found.corpus, aliases=found.aliases)


def find_hits(question: Question, index: ParagraphIndex, *, dense_weight: float | None = None, closest: int = CLOSEST) -> list[Hit]:
    """Return the passages whose sentences may answer a single question, best first.

    Args:
        question: A single question.
        index: Of the documents.
        dense_weight: Share of meaning against words, 0..1; None is what `index.search` takes.
        closest: So many of the nearest by meaning alone are among them.
    """
    return index.search(question.search_text, k=HITS, nearest=closest, dense_weight=dense_weight)
