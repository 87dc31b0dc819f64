"""Build the index of a folder, again and again, paying only for what changed.

A file that has not changed costs a look at its size and times; a document that is new or changed goes to a new segment of a
new generation (see `generations`, `merging`). The vector of every window whose text was ever in the generation before is
taken from there, wherever the text stands now; a build that was killed goes on from its journal. A file that cannot be read is recorded
with its reason and the build goes on; a folder with nothing readable in it is an error and harms no index.
"""

from __future__ import annotations

import shutil
import sqlite3
from bisect import bisect_right
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from index.catalogue import Catalogue, write_catalogue
from index.draft import Draft
from index.earlier import open_earlier
from index.embedding import WindowVectors
from index.errors import CorpusError, StoreError, UnwritableError
from index.generations import (
    CATALOGUE,
    check_hashes,
    current_generation,
    explain_unwritable,
    is_unwritable,
    publish,
    read_manifest,
    staging,
)
from index.journal import Journal, remove_journal
from index.listing import list_files
from index.merging import Contents, carry_segments, settle
from index.ownership import check_owner
from index.paragraphs import SPLITTER_VERSION
from index.readers.types import MEDIA_TYPES, readers_fingerprint
from index.search import ParagraphIndex
from index.segment_writer import Ids
from index.unchanged import check_unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from index.catalogue import Entry
    from index.earlier import Earlier
    from index.encoders import Encoder
    from index.generations import Manifest
    from index.listing import Listing

_TRIES = 5  # to open an index that other builds replace meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did.

    Attributes:
        generation: Folder of the generation now in force.
        sources: Documents in it.
        paragraphs: Paragraphs in it.
        embedded: Windows that were encoded.
        reused: Windows whose vector was taken over from the index before, or encoded once for several.
        resumed: Windows whose vector a build had encoded that was killed before it was done.
        skipped: Reason for each file that could not be read, by path.
        ignored: How many files of each other type were left alone, by suffix.
    """

    generation: Path
    sources: int
    paragraphs: int
    embedded: int
    reused: int
    resumed: int
    skipped: dict[str, str]
    ignored: dict[str, int]


def is_current(corpus: Path, index_dir: Path, encoder: Encoder) -> bool:
    """Say whether the index in force was made from the files as they are, by this encoder, splitter and readers.

    It compares names, sizes and modification times, and opens no document. A damaged index is not current.

    Raises:
        CorpusError: `corpus` is missing or not a folder.
    """
    generation = current_generation(index_dir)
    states = list_files(corpus).states
    if generation is None:
        return False
    try:
        manifest = read_manifest(generation)
        made = (manifest.encoder, manifest.splitter, manifest.readers, manifest.corpus)
        if made != (encoder.fingerprint, SPLITTER_VERSION, readers_fingerprint(), str(corpus.resolve())):
            return False
        catalogue = Catalogue(generation / CATALOGUE)
    except StoreError:
        return False
    try:
        return catalogue.states() == states
    except StoreError:
        return False
    finally:
        catalogue.close()


def build_index(
    corpus: Path,
    index_dir: Path,
    encoder: Encoder,
    *,
    rebuild: bool = False,
    progress: bool = False,
    watch: Callable[[str, float], None] | None = None,
) -> BuildReport:
    """Build the index of `corpus` into `index_dir` and put it in force.

    Args:
        corpus: Folder of documents.
        index_dir: Where the generations are kept; made when missing.
        encoder: Makes the vectors; vectors of another encoder are never taken over.
        rebuild: Take nothing over from the generation before.
        progress: Show progress bars on standard error.
        watch: Called with a document's path and the share of it that is embedded, 0..1: as batches finish, in order, for
            documents that have anything to embed; at the end, before the index is put in force, with 1.0 for every document
            that could be read. What it raises ends the build.

    Raises:
        CorpusError: `corpus` is missing, empty, or holds nothing that can be read.
        UnwritableError: `index_dir` cannot be written, or its disk is full.
        StoreError: What is there is the index of another folder, see `index.ownership`, and `rebuild` is not set; or another process
            builds there and does not end.
    """
    _list_readable(corpus)  # before a folder is made
    told = _Watch(watch) if watch else None
    try:
        with staging(index_dir) as stage:
            files = _list_readable(corpus)  # another build may have been waited for
            build = _Build(corpus=corpus, index_dir=index_dir, files=files, encoder=encoder, progress=progress, watch=told)
            earlier = None if rebuild else open_earlier(index_dir, corpus, encoder, check=stage.interrupted)
            if earlier is None:
                return build.write(stage.folder, None)
            with earlier:
                check_owner(index_dir, earlier.manifest.corpus, earlier.states, corpus, files.states)
                if earlier.same_rows and earlier.states == files.states:
                    return build.leave(earlier)
                try:
                    return build.write(stage.folder, earlier)
                except Exception as error:
                    if (told and error is told.raised) or not _is_damage(error, earlier):
                        raise
            shutil.rmtree(stage.folder)
            stage.folder.mkdir()
            return build.write(stage.folder, None)
    except (OSError, sqlite3.Error) as error:
        if (told and error is told.raised) or not is_unwritable(error):
            raise
        raise explain_unwritable(index_dir, error) from error


class _Watch:
    """Calls what watches a build, and remembers what that raised."""

    def __init__(self, watch: Callable[[str, float], None]) -> None:
        self.raised: BaseException | None = None
        self._watch = watch

    def __call__(self, path: str, share: float) -> None:
        try:
            self._watch(path, share)
        except BaseException as error:
            self.raised = error
            raise


def _is_damage(error: Exception, earlier: Earlier) -> bool:
    """Say whether a build failed because the generation that it took over from is damaged where only reading shows it."""
    if isinstance(error, CorpusError) or is_unwritable(error):
        return False
    if isinstance(error, StoreError):
        return True
    try:
        check_hashes(earlier.generation)
    except StoreError:
        return True
    return False


def _list_readable(corpus: Path) -> Listing:
    """Return the files of a folder.

    Raises:
        CorpusError: It is missing, or none of them is of a type that is read.
    """
    listing = list_files(corpus)
    if not listing.states:
        others = sum(listing.ignored.values())
        seen = f"{others} files, none of a type that is read" if others else "no files"
        raise CorpusError(f"{corpus} holds {seen}; expected at least one of: {', '.join(MEDIA_TYPES)}")
    return listing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """One build: what `build_index` was told and has seen."""

    corpus: Path
    index_dir: Path
    files: Listing
    encoder: Encoder
    progress: bool
    watch: Callable[[str, float], None] | None

    def leave(self, earlier: Earlier) -> BuildReport:
        """Leave a generation in force that is what would be written."""
        remove_journal(self.index_dir)
        self._tell_whole(earlier.entries)
        return self._report(earlier.generation, earlier.manifest, earlier.entries)

    def write(self, folder: Path, earlier: Earlier | None) -> BuildReport:
        """Write a generation into an empty folder and put it in force."""
        base = earlier if earlier is not None and earlier.same_rows else None
        ids = Ids(**base.manifest.ids) if base else Ids()
        number = max((int(segment.name) for segment in base.manifest.segments), default=0) + 1 if base else 1
        with Journal(self.index_dir, self.encoder) as journal, WindowVectors(folder, self.encoder, journal, earlier) as vectors:
            draft = Draft(folder, f"{number:06d}", self.encoder, vectors, ids=ids, base=base)
            added = draft.read(self.corpus, self.files.states, earlier, progress=self.progress)
            gone = _gone(base, draft.entries)
            carried = carry_segments(folder, base, gone) if base else []
            if not sum(segment.paragraphs for segment in (*carried, added)):
                first = next(entry.reason for _, entry in sorted(draft.entries.items()) if entry.reason)
                raise CorpusError(f"{self.corpus} holds nothing readable in {len(self.files.states)} files; the first: {first}")
            shares = _tell_shares(draft.extents, self.watch) if self.watch else None
            embedded = vectors.encode_waiting(rows=added.windows, progress=self.progress, watch=shares)
            draft.write_vectors()
        contents = Contents(segments=[*carried, added], entries=draft.entries, ids=ids)
        contents = settle(folder, contents, base=base, gone=gone, name=f"{number + 1:06d}", dimension=self.encoder.dimension)
        write_catalogue(folder / CATALOGUE, contents.entries)
        self._tell_whole(contents.entries)
        generation = publish(
            folder,
            self.index_dir,
            earlier=base.generation if base else None,
            encoder=self.encoder.fingerprint,
            splitter=SPLITTER_VERSION,
            readers=readers_fingerprint(),
            corpus=str(self.corpus.resolve()),
            ids=asdict(contents.ids),
            segments=tuple(contents.segments),
        )
        remove_journal(self.index_dir)
        return self._report(generation, read_manifest(generation), contents.entries, embedded=embedded, resumed=vectors.resumed)

    def _tell_whole(self, entries: Mapping[str, Entry]) -> None:
        """Tell of every document that could be read that it is done."""
        if self.watch:
            for path in sorted(path for path, entry in entries.items() if entry.source is not None):
                self.watch(path, 1.0)

    def _report(
        self, generation: Path, manifest: Manifest, entries: Mapping[str, Entry], *, embedded: int = 0, resumed: int = 0
    ) -> BuildReport:
        return BuildReport(
            generation=generation,
            sources=manifest.sources,
            paragraphs=manifest.paragraphs,
            embedded=embedded,
            reused=manifest.windows - embedded - resumed,
            resumed=resumed,
            skipped={path: entry.reason for path, entry in sorted(entries.items()) if entry.reason is not None},
            ignored=self.files.ignored,
        )


def _gone(base: Earlier | None, entries: Mapping[str, Entry]) -> set[int]:
    """Return the ids of the documents of a generation that a new one has no longer."""
    before = {entry.source for entry in base.entries.values()} if base else set()
    return {number for number in before - {entry.source for entry in entries.values()} if number is not None}


def _tell_shares(extents: Mapping[str, range], watch: Callable[[str, float], None]) -> Callable[[Sequence[int], int], None]:
    """Return what tells `watch` of the documents whose windows `encode_missing` has encoded."""
    paths, starts = list(extents), [windows.start for windows in extents.values()]

    def tell(encoded: Sequence[int], whole: int) -> None:
        for place in dict.fromkeys(bisect_right(starts, row) - 1 for row in encoded):
            windows = extents[paths[place]]
            watch(paths[place], (min(whole, windows.stop) - windows.start) / len(windows))

    return tell


def open_index(
    corpus: Path, index_dir: Path, encoder: Encoder, *, progress: bool = False, watch: Callable[[str, float], None] | None = None
) -> tuple[ParagraphIndex, BuildReport | None]:
    """Open the index of `corpus`, building it first, as `build_index` does, when it is missing, damaged or older than the files.

    One that cannot be written is opened as it is while the documents say what it holds, whatever became of their times.

    Returns:
        The index, and the report of the build when there was one.

    Raises:
        CorpusError: As `build_index`.
        StoreError: As `build_index`.
    """
    report = None
    if not is_current(corpus, index_dir, encoder):
        try:
            report = build_index(corpus, index_dir, encoder, progress=progress, watch=watch)
        except UnwritableError as error:
            check_unchanged(corpus, index_dir, encoder, error)
    for _ in range(_TRIES):
        generation = current_generation(index_dir)
        try:
            return _open_current(index_dir, encoder), report
        except StoreError:
            if current_generation(index_dir) != generation:  # other builds came between, and removed it
                continue
            if report is not None:
                raise
            break
    # damaged where only opening shows it
    report = build_index(corpus, index_dir, encoder, rebuild=True, progress=progress, watch=watch)
    return _open_current(index_dir, encoder), report


def _open_current(index_dir: Path, encoder: Encoder) -> ParagraphIndex:
    generation = current_generation(index_dir)
    if generation is None:
        raise StoreError(f"the index at {index_dir} vanished while it was opened; type: pincite index")
    return ParagraphIndex(generation, encoder)
