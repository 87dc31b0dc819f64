"""Finding measured by characters, for sets that compare ways of splitting.

Reference: Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval", Chroma, 2024: recall, precision and intersection over
union of the characters that were retrieved and those that are evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.bench import Place


def span_values(cases: Sequence[tuple[Sequence[Place], Sequence[Place]]]) -> dict[str, list[float | None]]:
    """Return the three figures of every case, by name; None where there is nothing to divide by.

    Args:
        cases: For each question its evidence, and the places that were retrieved.
    """
    recalls: list[float | None] = []
    precisions: list[float | None] = []
    unions: list[float | None] = []
    for evidence, retrieved in cases:
        true, found = characters(evidence), characters(retrieved)
        shared = len(true & found)
        recalls.append(shared / len(true) if true else None)
        precisions.append(shared / len(found) if found else None)
        unions.append(shared / len(true | found) if true or found else None)
    return {"recall of characters": recalls, "precision of characters": precisions, "intersection over union": unions}


def characters(places: Sequence[Place]) -> set[tuple[str, int]]:
    """Return every character of some places, as its document and its number.

    >>> sorted(characters([("a.txt", (0, 2)), ("a.txt", (1, 3))]))
    [('a.txt', 0), ('a.txt', 1), ('a.txt', 2)]
    """
    return {(source, at) for source, (start, end) in places for at in range(start, end)}
