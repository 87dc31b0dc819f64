"""Proposals for a whole folder, as lines of a file of facts: `Assistant -> Searched, …, rows`.

What is in the file already, or was rejected, is not proposed again. Each near miss stands behind the question that it was made from, with
what the assistant does with it, for the reader's eyes only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.near_misses import miss, miss_row
from eval.proposals import Library, find_candidates, propose, to_row
from rag.chat_models import EXTRACTIVE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from rag import Assistant

Row = dict[str, Any]

_MISSES = 5  # one proposal in so many is a near miss
_ID = re.compile(r"p(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """How far the search is: documents that were searched, of all."""

    done: int
    total: int


def find_proposals(assistant: Assistant, count: int, *, known: Iterable[Mapping[str, Any]] = ()) -> Iterator[Searched | tuple[Row, ...]]:
    """Yield how far the search is, and at the end the lines: by document and place, each near miss behind what it was made from.

    Args:
        assistant: Over the documents.
        count: How many lines at most.
        known: Lines whose questions, and the sentences that prove them, are not asked about again; their ids are not given again.

    Raises:
        PinciteError: The documents or the index cannot be used.
    """
    kept = list(known)
    known_texts = known_questions(kept) | {str(entry.get("quote")) for row in kept for entry in row.get("evidence") or ()}
    library = Library.read(assistant.index.store)
    candidates = {}
    yield Searched(done=0, total=len(library.documents))
    for path, found in find_candidates(library):
        candidates[path] = found
        yield Searched(done=len(candidates), total=len(library.documents))
    proposals = propose(library, count, candidates=candidates, known=known_texts)
    misses = miss(library, proposals, count // _MISSES, known_texts)
    proposals = proposals[: count - len(misses)]
    rows: list[Row] = []
    first = 1 + max((int(named[1]) for row in kept if (named := _ID.fullmatch(str(row.get("id"))))), default=0)
    for proposal in proposals:
        rows.append(to_row(proposal, first + len(rows)))
        for near in misses:
            if near.proposal is proposal:
                answer = assistant.ask(near.question, model=EXTRACTIVE)
                rows.append(miss_row(near, first + len(rows), "" if answer.abstained else " ".join(answer.told.split())))
    yield tuple(rows)


def known_questions(rows: Collection[Mapping[str, Any]]) -> set[str]:
    """Return the questions of lines."""
    return {str(row.get("question")) for row in rows}
