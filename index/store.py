"""The documents and paragraphs of one generation: those of all its segments, as one.

Texts are stored as they were read, so that an answer's offsets hold in the text that was searched even when the
file has changed since. A paragraph may be searched as several passages, and a passage embedded as several
windows, which are rows of the vectors of their segment.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from index.catalogue import Catalogue
from index.generations import CATALOGUE, SEGMENTS, STORE
from index.segment_store import SegmentStore

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from index.generations import Manifest
    from index.paragraphs import Paragraph
    from index.segment_store import Extent, Listed, Passage
    from index.sources import Source


class Store:
    """The stores of a finished generation, read from any thread.

    Attributes:
        catalogue: Of its files.
        segments: Its parts, in the manifest's order.
    """

    def __init__(self, generation: Path, manifest: Manifest) -> None:
        """Open the files, which nobody writes any more.

        Raises:
            StoreError: A file is not there, not a database, or damaged where that is seen at once.
        """
        catalogue = generation / CATALOGUE
        self.catalogue = Catalogue(catalogue)
        self.segments = [SegmentStore(generation / SEGMENTS / segment.name / STORE, catalogue) for segment in manifest.segments]

    def close(self) -> None:
        """Give the files back."""
        self.catalogue.close()
        for segment in self.segments:
            segment.close()

    def skipped(self) -> dict[str, str]:
        """Return the reason for every file that could not be read, by path."""
        return self.catalogue.skipped()

    def sources(self) -> list[str]:
        """Return the paths of all documents, in order."""
        return self.catalogue.sources()

    def extents(self, paths: Iterable[str]) -> dict[str, tuple[int, Extent]]:
        """Return the place of each document's segment and what belongs to it there, by path, in order; others are passed over."""
        wanted = list(paths)
        found = {}
        for place, segment in enumerate(self.segments):
            numbers = segment.numbers_of(wanted)
            extents = {extent.source: extent for extent in segment.extents(numbers.values())}
            found.update({path: (place, extents[number]) for path, number in numbers.items()})
        return dict(sorted(found.items()))

    def source(self, path: str) -> Source:
        """Return one document.

        Raises:
            KeyError: There is no such document.
        """
        for segment in self.segments:
            if (source := segment.source(path)) is not None:
                return source
        raise KeyError(path)

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each document's text, in hexadecimal, by path, in order."""
        return dict(sorted(pair for segment in self.segments for pair in segment.hashes().items()))

    def titles(self, paths: Iterable[str]) -> dict[str, tuple[str, dt.date | None]]:
        """Return title and date of each document, without its text."""
        wanted = list(dict.fromkeys(paths))
        return {path: stated for segment in self.segments for path, stated in segment.titles(wanted).items()}

    def pages(self, paths: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Return where the pages of each document begin, see `Source.pages`, without its text."""
        wanted = list(dict.fromkeys(paths))
        return {path: pages for segment in self.segments for path, pages in segment.pages(wanted).items()}

    def contents(self, most: int) -> list[Listed]:
        """Return what a list of documents shows, in order, of the first `most`; -1 is all."""
        listed = sorted((one for segment in self.segments for one in segment.contents(most)), key=attrgetter("path"))
        return listed if most < 0 else listed[:most]

    def text_between(self, path: str, start: int, end: int) -> str | None:
        """Return the characters of a document from `start` to before `end`; None when there is no such document."""
        texts = (segment.text_between(path, start, end) for segment in self.segments)
        return next((text for text in texts if text is not None), None)

    def paragraphs(self, path: str) -> list[Paragraph]:
        """Return the paragraphs of one document, in order."""
        return next((found for segment in self.segments if (found := segment.paragraphs(path))), [])

    def paragraphs_at(self, places: Sequence[tuple[str, int]], *, last: bool = False) -> list[Paragraph]:
        """Return the paragraphs at (path, number), in reading order; a place where there is none is passed over.

        Of one that is longer than `excerpts.WHOLE_MOST` only the opening is returned, or the ending where the `last` words are wanted.
        """
        found = [paragraph for segment in self.segments for paragraph in segment.paragraphs_at(places, last=last)] if places else []
        return sorted(found, key=attrgetter("source", "number"))

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """Return passages by their ids."""
        return {number: passage for segment in self.segments for number, passage in segment.passages(ids).items()}

    def passages_of_windows(self, windows: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
        """Return the passage id of each window, by the place of its segment and its row there."""
        found = {}
        for place, group in groupby(sorted(windows), key=lambda window: window[0]):
            passages = self.segments[place].passages_of_windows([row for _, row in group])
            found.update({(place, row): passage for row, passage in passages.items()})
        return found
