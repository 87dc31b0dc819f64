"""The generation in force, as a build sees it: what of it can be taken over.

Vectors are taken over from the same encoder; parsed documents from the same readers and folder; documents as they were
split and indexed only where the splitter is the same, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from index.errors import StoreError
from index.generations import SEGMENTS, VECTORS, check_hashes, current_generation, read_manifest
from index.paragraphs import SPLITTER_VERSION
from index.readers.types import readers_fingerprint
from index.store import Store
from index.vectors import VectorIndex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.catalogue import FileState
    from index.encoders import Encoder


class Earlier:
    """A generation to take over from. A context manager: leaving it closes what it opened.

    Attributes:
        generation: Its folder.
        manifest: Its manifest.
        store: Its documents.
        entries: Its files, by path.
        same_vectors: Its vectors are the encoder's.
        same_texts: Its documents are what the readers would read of the folder.
        same_rows: Its documents can stay as they are, with their paragraphs and vectors.
    """

    def __init__(self, generation: Path, corpus: Path, encoder: Encoder, *, check: bool) -> None:
        """Open a generation.

        Args:
            generation: Its folder.
            corpus: The folder of documents that is to be indexed.
            encoder: That makes the vectors.
            check: Compare every file with its hash first.

        Raises:
            StoreError: It is damaged or of another format.
        """
        self.generation = generation
        self.manifest = read_manifest(generation)
        if check:
            check_hashes(generation)
        self.store = Store(generation, self.manifest)
        self.entries = self.store.catalogue.entries()
        self.same_vectors = self.manifest.encoder == encoder.fingerprint
        self.same_texts = (self.manifest.readers, self.manifest.corpus) == (readers_fingerprint(), str(corpus.resolve()))
        self.same_rows = self.same_vectors and self.same_texts and self.manifest.splitter == SPLITTER_VERSION
        self._vectors: dict[int, NDArray[np.float16]] = {}

    @property
    def states(self) -> dict[str, FileState]:
        """What the file system said of its files, by path."""
        return {path: entry.state for path, entry in self.entries.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def find_vectors(self, hashes: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
        """Return the place of the segment and the row of the vector of each text that is known, by its hash."""
        found: dict[bytes, tuple[int, int]] = {}
        for place, segment in enumerate(self.store.segments if self.same_vectors else ()):
            left = [key for key in hashes if key not in found]
            found.update({key: (place, row) for key, row in segment.windows_of(left).items()})
        return found

    def read_vectors(self, hashes: Sequence[bytes]) -> dict[bytes, NDArray[np.float16]]:
        """Return the vector of each text that is known, shape (dimension,), by its hash."""
        return {key: self._rows(place)[row] for key, (place, row) in self.find_vectors(hashes).items()}

    def _rows(self, place: int) -> NDArray[np.float16]:
        if place not in self._vectors:
            file = self.generation / SEGMENTS / self.manifest.segments[place].name / VECTORS
            self._vectors[place] = VectorIndex.open(file).vectors()
        return self._vectors[place]


def open_earlier(index_dir: Path, corpus: Path, encoder: Encoder, *, check: bool) -> Earlier | None:
    """Return the generation in force, None when there is none that can be read; see `Earlier`."""
    generation = current_generation(index_dir)
    try:
        return Earlier(generation, corpus, encoder, check=check) if generation is not None else None
    except StoreError:  # damaged: nothing to take over, and this build replaces it
        return None
