"""The vectors that the generation in force holds, found by the hash of their text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from index.errors import StoreError
from index.generations import STORE, VECTORS, check_hashes, current_generation, read_manifest
from index.store import Store
from index.vectors import VectorIndex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.encoders import Encoder


class KnownVectors:
    """A generation's vectors, opened when the first is read. A context manager: leaving it closes what it opened."""

    def __init__(self, index_dir: Path | None, encoder: Encoder) -> None:
        """Open the generation in force; of another encoder, or damaged, it knows none, and None is no index."""
        self._store = _open(index_dir, encoder) if index_dir else None
        self._vectors: NDArray[np.float32] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._store is not None:
            self._store.close()

    def find(self, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """Return the row of each text that is known."""
        return self._store.windows_of(hashes) if self._store is not None else {}

    def read(self, hashes: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the vector of each text that is known, shape (dimension,)."""
        rows = self.find(hashes)
        if not rows or self._store is None:
            return {}
        if self._vectors is None:
            self._vectors = VectorIndex.open(self._store.path.with_name(VECTORS)).vectors()
        return dict(zip(rows, self._vectors[list(rows.values())], strict=True))


def _open(index_dir: Path, encoder: Encoder) -> Store | None:
    generation = current_generation(index_dir)
    try:
        if generation is None or read_manifest(generation).encoder != encoder.fingerprint:
            return None
        check_hashes(generation)
        return Store(generation / STORE)
    except StoreError:  # damaged: nothing to take over, and this build replaces it
        return None
