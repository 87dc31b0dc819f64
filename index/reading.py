"""The documents of a build: what an earlier build has parsed is taken over while its file is the same, the rest is read.

Here text and Markdown are always read again, which costs next to nothing. A file that could not be parsed is not tried again either until
it changes: it may have cost its whole time limit.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import SourceError
from index.readers.process import ParserProcess
from index.readers.types import MEDIA_TYPES, PARSERS
from index.sources import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from index.catalogue import FileState
    from index.earlier import Earlier
    from index.sources import Source


def read_sources(corpus: Path, states: Mapping[str, FileState], earlier: Earlier | None) -> Iterator[tuple[str, Source | SourceError]]:
    """Yield each document by its path, or why it cannot be read.

    Args:
        corpus: Folder of the documents.
        states: Of the files to read, by path.
        earlier: The generation from which parsed documents are taken over; None reads all.
    """
    known = earlier.entries if earlier is not None and earlier.same_texts else {}
    with ParserProcess() as parsers:
        for path, state in states.items():
            entry = known.get(path)
            if earlier is not None and entry is not None and entry.state == state and MEDIA_TYPES[Path(path).suffix.lower()] in PARSERS:
                yield path, SourceError(entry.reason) if entry.reason is not None else earlier.store.source(path)
                continue
            try:
                yield path, read_source(corpus, path, parsers)
            except SourceError as error:
                yield path, error
