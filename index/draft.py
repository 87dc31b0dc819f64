"""The documents of a build: those that are new or whose text has changed go to a new segment, the others stay where they are."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING

from index.catalogue import Entry
from index.encoders import split_all_windows
from index.errors import SourceError
from index.generations import SEGMENTS, STORE, VECTORS, Segment
from index.paragraphs import split_paragraphs
from index.reading import read_sources
from index.segment_store import SegmentStore, context_of
from index.segment_writer import SegmentWriter
from index.sentences import split_passages
from index.vectors import VectorIndex

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from index.catalogue import FileState
    from index.earlier import Earlier
    from index.embedding import WindowVectors
    from index.encoders import Encoder
    from index.segment_writer import Ids
    from index.sources import Source


class Draft:
    """The new segment of a build, and what is known of every file.

    Attributes:
        entries: Every file, by path, once `read` is done.
        extents: The rows that the windows of each document of the new segment will have among its vectors, by path, in order.
    """

    def __init__(self, folder: Path, name: str, encoder: Encoder, vectors: WindowVectors, *, ids: Ids, base: Earlier | None) -> None:
        """Begin a segment.

        Args:
            folder: Of the generation that is being written.
            name: Of the segment.
            encoder: Whose windows the documents are cut into.
            vectors: Of the windows.
            ids: That are free.
            base: The generation whose documents can stay; None is none.
        """
        self.entries: dict[str, Entry] = {}
        self.extents: dict[str, range] = {}
        self._name = name
        self._folder = folder / SEGMENTS / name
        self._folder.mkdir(parents=True)
        self._encoder = encoder
        self._vectors = vectors
        self._base = base
        self._writer = SegmentWriter(self._folder / STORE, ids)

    def read(self, corpus: Path, states: Mapping[str, FileState], earlier: Earlier | None, *, progress: bool) -> Segment:
        """Look at every file, read those that are not as they were, and return the new segment, still without vectors.

        Args:
            corpus: Folder of the documents.
            states: Of all files to be indexed, by path.
            earlier: The generation from which parsed documents are taken over, where `base` is none.
            progress: Show a progress bar on standard error.
        """
        from tqdm import tqdm

        known = self._base.entries if self._base else {}
        self.entries = {path: known[path] for path, state in states.items() if path in known and known[path].state == state}
        fresh = {path: state for path, state in states.items() if path not in self.entries}
        with closing(read_sources(corpus, fresh, None if self._base else earlier)) as sources:
            for path, source in tqdm(sources, desc="reading", total=len(fresh), unit="file", disable=not progress, delay=1):
                if isinstance(source, SourceError):
                    self.entries[path] = Entry(state=fresh[path], reason=str(source))
                else:
                    self.entries[path] = Entry(state=fresh[path], source=self._find(source) if path in known else self._add(source))
        counts = self._writer.close()
        return Segment(
            name=self._name, sources=counts.sources, paragraphs=counts.paragraphs, passages=counts.passages, windows=counts.windows
        )

    def write_vectors(self) -> None:
        """Write the vectors of the segment; all of them are known by now."""
        count = sum(map(len, self.extents.values()))
        if count:
            with closing(SegmentStore(self._folder / STORE)) as store:
                batches = self._vectors.read(store.window_hashes())
                VectorIndex.write_rows(self._folder / VECTORS, batches, count=count, dimension=self._encoder.dimension)

    def _find(self, source: Source) -> int:
        """Return the id of a document whose file has changed: its old one where it says the same as before."""
        entry = self._base.entries[source.path] if self._base else None
        if self._base and entry and entry.source is not None and self._base.store.source(source.path) == source:
            return entry.source
        return self._add(source)

    def _add(self, source: Source) -> int:
        """Split a document and store it; return its id."""
        number = self._writer.add_source(source, hashlib.sha256(source.text.encode()).hexdigest())
        ids: list[int] = []
        passages: list[tuple[str, str]] = []
        for paragraph in split_paragraphs(source.path, source.text):
            self._writer.add_paragraph(paragraph)
            context = context_of(source.title, paragraph.kind, paragraph.heading)
            for start, end in split_passages(paragraph.text):
                ids.append(self._writer.add_passage((paragraph.start + start, paragraph.start + end)))
                passages.append((paragraph.text[start:end], context))
        split = split_all_windows(self._encoder, passages)
        windows = [(passage, window) for passage, texts in zip(ids, split, strict=True) for window in texts]
        first = self._writer.counts.windows
        hashes = self._vectors.add(first, [window for _, window in windows])
        self._writer.add_windows((passage, sha256) for (passage, _), sha256 in zip(windows, hashes, strict=True))
        self.extents[source.path] = range(first, first + len(windows))
        return number
