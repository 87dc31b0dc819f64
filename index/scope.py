"""Which documents a search keeps to, by the ids that the two indexes know them by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Collection

    from index.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Some of the documents of one generation.

    Attributes:
        sources: Their paths.
        numbers: Their ids, which the keyword index holds with each passage.
        windows: For each segment the rows of its vectors that are theirs.
    """

    sources: frozenset[str]
    numbers: tuple[int, ...]
    windows: tuple[tuple[range, ...], ...]


def read_scope(sources: Collection[str], store: Store, outer: Scope | None = None) -> Scope:
    """Return the scope of some documents.

    Args:
        sources: Their paths.
        store: Of the generation.
        outer: They must be among these; None is all.

    Raises:
        CorpusError: One of them is not there.
    """
    extents = store.extents(sources)
    unknown = sorted(path for path in sources if path not in extents or (outer and path not in outer.sources))
    if unknown:
        raise CorpusError(_explain(unknown[0], store))
    windows = (tuple(extent.windows for place, extent in extents.values() if place == segment) for segment in range(len(store.segments)))
    return Scope(sources=frozenset(extents), numbers=tuple(extent.source for _, extent in extents.values()), windows=tuple(windows))


def _explain(path: str, store: Store) -> str:
    """Return why a path cannot be searched, and what to do."""
    reason = store.skipped().get(path)
    if reason:
        return f"the document was not read: {reason}; or leave it out of the sources to search"
    return f"no document {path!r} is in the index; expected paths as citations name them, such as {store.sources()[0]!r}"
