"""The documents of a build: what an earlier build has parsed is taken over while its file is the same, the rest is read.

Text and Markdown are always read again, which costs next to nothing. A file that could not be parsed is not tried again either until
it changes: it may have cost its whole time limit.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import SourceError, StoreError
from index.files import sha256_file
from index.generations import STORE, current_generation, read_manifest
from index.readers.process import ParserProcess
from index.readers.types import MEDIA_TYPES, PARSERS, readers_fingerprint
from index.sources import read_source
from index.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from index.sources import Source
    from index.store import FileState


def read_sources(corpus: Path, states: Mapping[str, FileState], index_dir: Path | None) -> Iterator[tuple[str, Source | SourceError]]:
    """Yield each document by its path, or why it cannot be read.

    Args:
        corpus: Folder of the documents.
        states: Of the files to read, by path.
        index_dir: Of the index from whose generation in force parsed documents are taken over; None reads all.
    """
    with ExitStack() as stack:
        parsers = stack.enter_context(ParserProcess())
        earlier = _open_earlier(corpus, index_dir) if index_dir else None
        known: dict[str, FileState] = {}
        reasons: dict[str, str] = {}
        if earlier is not None:
            stack.callback(earlier.close)
            known, reasons = earlier.file_states(), earlier.skipped()
        for path, state in states.items():
            if earlier is not None and known.get(path) == state and MEDIA_TYPES[Path(path).suffix.lower()] in PARSERS:
                yield path, SourceError(reasons[path]) if path in reasons else earlier.source(path)
                continue
            try:
                yield path, read_source(corpus, path, parsers)
            except SourceError as error:
                yield path, error


def _open_earlier(corpus: Path, index_dir: Path) -> Store | None:
    """Return the store of the generation in force, None when there is none that these readers made of this folder."""
    generation = current_generation(index_dir)
    try:
        if generation is None:
            return None
        manifest = read_manifest(generation)
        if (manifest.readers, manifest.corpus) != (readers_fingerprint(), str(corpus.resolve())):
            return None
        if sha256_file(generation / STORE) != manifest.files[STORE]["sha256"]:
            return None
        return Store(generation / STORE)
    except StoreError:  # damaged: everything is read
        return None
