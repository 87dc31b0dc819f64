"""The vectors of a build: those of texts that an earlier generation knows are taken over, the others are encoded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from index.errors import StoreError
from index.generations import STORE, VECTORS, check_hashes, current_generation, read_manifest
from index.store import Store
from index.vectors import VectorIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.encoders import Encoder

_BATCH = 256  # windows encoded between two steps of the progress bar


def hash_window(window: str) -> bytes:
    """Return what a window's text is known by, from one generation to the next."""
    return hashlib.sha256(window.encode()).digest()


def known_vectors(index_dir: Path, encoder: Encoder) -> dict[bytes, NDArray[np.float32]]:
    """Return the vectors of the generation in force by the hash of their text; none when it does not fit."""
    generation = current_generation(index_dir)
    try:
        if generation is None or read_manifest(generation).encoder != encoder.fingerprint:
            return {}
        check_hashes(generation)
        store = Store(generation / STORE)
        try:
            hashes = store.window_hashes()
        finally:
            store.close()
        vectors = VectorIndex.open(generation / VECTORS).vectors()
    except StoreError:  # damaged: nothing to take over, and this build replaces it
        return {}
    return dict(zip(hashes, vectors, strict=True)) if len(hashes) == len(vectors) else {}


def encode_missing(
    encoder: Encoder,
    windows: Sequence[str],
    known: Mapping[bytes, NDArray[np.float32]],
    *,
    progress: bool,
    watch: Callable[[Sequence[int], int], None] | None = None,
) -> tuple[NDArray[np.float32], int]:
    """Return one row a window, shape (n, dimension), and how many were encoded rather than taken over.

    Args:
        encoder: Makes the vectors.
        windows: Texts, in the order of their ids.
        known: Vectors by the hash of their text.
        progress: Show a progress bar on standard error.
        watch: Called after each batch with the rows that it encoded, rising, and the row before which all are now whole. Of
            windows with one text only the first is encoded.
    """
    import numpy as np
    from tqdm import tqdm

    vectors = np.empty((len(windows), encoder.dimension), dtype=np.float32)
    missing: dict[bytes, list[int]] = {}
    for row, window in enumerate(windows):
        key = hash_window(window)
        if key in known:
            vectors[row] = known[key]
        else:
            missing.setdefault(key, []).append(row)
    groups = list(missing.values())
    with tqdm(total=len(groups), desc="embedding", unit="passage", disable=not progress, delay=1) as bar:
        for at in range(0, len(groups), _BATCH):
            batch = groups[at : at + _BATCH]
            for rows, vector in zip(batch, encoder.encode([windows[rows[0]] for rows in batch]), strict=True):
                vectors[rows] = vector
            bar.update(len(batch))
            if watch is not None:
                after = at + len(batch)
                watch([rows[0] for rows in batch], groups[after][0] if after < len(groups) else len(windows))
    return vectors, len(groups)
