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
        windows: The ids of each one's windows, which are rows of the vectors; empty for a document without text.
    """

    sources: frozenset[str]
    numbers: tuple[int, ...]
    windows: tuple[range, ...]


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
    numbers, windows = zip(*extents.values(), strict=True) if extents else ((), ())
    return Scope(sources=frozenset(extents), numbers=numbers, windows=windows)


def _explain(path: str, store: Store) -> str:
    """Return why a path cannot be searched, and what to do."""
    reason = store.skipped().get(path)
    if reason:
        return f"the document was not read: {reason}; or leave it out of the sources to search"
    return f"no document {path!r} is in the index; expected paths as citations name them, such as {store.sources()[0]!r}"
