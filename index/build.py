"""Build the index of a folder, again and again, paying only for what changed.

Every build writes a whole new generation (see `generations`); what it does not do again is embed: the vector of
every window whose text is unchanged is taken from the generation before. A file that cannot be read is recorded
with its reason and the build goes on; a folder with nothing readable in it is an error and harms no index.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from index.embedding import WindowVectors
from index.encoders import split_windows
from index.errors import CorpusError, SourceError, StoreError
from index.generations import KEYWORDS, STORE, VECTORS, current_generation, publish, read_manifest, staging
from index.journal import Journal, remove_journal
from index.keywords import KeywordIndex
from index.known import KnownVectors
from index.paragraphs import SPLITTER_VERSION, split_paragraphs
from index.readers.types import MEDIA_TYPES, readers_fingerprint
from index.reading import read_sources
from index.search import ParagraphIndex
from index.sentences import split_passages
from index.sources import find_files
from index.store import FileState, Store, StoreWriter, context_of
from index.vectors import VectorIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from index.encoders import Encoder
    from index.sources import Source


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
    states = file_states(corpus)
    if generation is None:
        return False
    try:
        manifest = read_manifest(generation)
        made = (manifest.encoder, manifest.splitter, manifest.readers, manifest.corpus)
        if made != (encoder.fingerprint, SPLITTER_VERSION, readers_fingerprint(), str(corpus.resolve())):
            return False
        store = Store(generation / STORE)
    except StoreError:
        return False
    try:
        return store.file_states() == states
    except StoreError:
        return False
    finally:
        store.close()


def file_states(corpus: Path) -> dict[str, FileState]:
    """Return the state of every file of a type that is read, by path."""
    return {path: _state(corpus / path) for path in find_files(corpus) if Path(path).suffix.lower() in MEDIA_TYPES}


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
        StoreError: `index_dir` cannot be written.
    """
    states = file_states(corpus)
    ignored = Counter(Path(path).suffix.lower() or "no suffix" for path in find_files(corpus) if path not in states)
    if not states:
        seen = f"{ignored.total()} files, none of a type that is read" if ignored else "no files"
        raise CorpusError(f"{corpus} holds {seen}; expected at least one of: {', '.join(MEDIA_TYPES)}")
    with staging(index_dir) as folder:
        with (
            Journal(index_dir, encoder) as journal,
            KnownVectors(None if rebuild else index_dir, encoder) as known,
            WindowVectors(folder, encoder, journal, known) as vectors,
        ):
            draft = _Draft(writer=StoreWriter(folder / STORE), vectors=vectors)
            sources = read_sources(corpus, states, None if rebuild else index_dir)
            skipped = _read_all(sources, states, encoder, draft, progress=progress)
            counts = draft.writer.close()
            if not counts["paragraph"]:
                raise CorpusError(f"{corpus} holds nothing readable in {len(states)} files; the first: {next(iter(skipped.values()))}")
            shares = _tell_shares(draft.extents, watch) if watch else None
            embedded = vectors.encode_waiting(rows=counts["window"], progress=progress, watch=shares)
            _write_searchable(folder, vectors, encoder, counts["window"])
        if watch:
            for path in draft.extents:
                watch(path, 1.0)
        generation = publish(
            folder,
            index_dir,
            encoder=encoder.fingerprint,
            splitter=SPLITTER_VERSION,
            readers=readers_fingerprint(),
            corpus=str(corpus.resolve()),
            sources=counts["source"],
            paragraphs=counts["paragraph"],
            windows=counts["window"],
        )
        remove_journal(index_dir)
    return BuildReport(
        generation=generation,
        sources=counts["source"],
        paragraphs=counts["paragraph"],
        embedded=embedded,
        reused=counts["window"] - embedded - vectors.resumed,
        resumed=vectors.resumed,
        skipped=skipped,
        ignored=dict(ignored),
    )


@dataclass(slots=True)
class _Draft:
    """What a build has gathered so far.

    Attributes:
        writer: Of the store.
        vectors: Of the windows.
        extents: The ids of each document's windows, by path, in order.
    """

    writer: StoreWriter
    vectors: WindowVectors
    extents: dict[str, range] = field(default_factory=dict)


def _state(file: Path) -> FileState:
    try:
        stat = file.stat()
    except OSError:  # a dangling link, say: reading it will name the reason
        return FileState(size=-1, mtime_ns=-1, ctime_ns=-1)
    return FileState(size=stat.st_size, mtime_ns=stat.st_mtime_ns, ctime_ns=stat.st_ctime_ns)


def _read_all(
    sources: Iterable[tuple[str, Source | SourceError]], states: Mapping[str, FileState], encoder: Encoder, draft: _Draft, *, progress: bool
) -> dict[str, str]:
    """Split and store every document as it is read; return the reasons for those that could not be read."""
    from tqdm import tqdm

    skipped = {}
    for path, read in tqdm(sources, desc="reading", total=len(states), unit="file", disable=not progress, delay=1):
        if isinstance(read, SourceError):
            skipped[path] = str(read)
            draft.writer.add_skipped(path, states[path], str(read))
        else:
            _add_source(read, states[path], encoder, draft)
    return skipped


def _add_source(source: Source, state: FileState, encoder: Encoder, draft: _Draft) -> None:
    first = draft.writer.windows
    draft.writer.add_source(source, state, hashlib.sha256(source.text.encode()).hexdigest())
    for paragraph in split_paragraphs(source.path, source.text):
        draft.writer.add_paragraph(paragraph)
        context = context_of(source.title, paragraph.kind, paragraph.heading)
        for start, end in split_passages(paragraph.text):
            draft.writer.add_passage((paragraph.start + start, paragraph.start + end))
            windows = split_windows(encoder, paragraph.text[start:end], context=context)
            for sha256 in draft.vectors.add(draft.writer.windows, windows):
                draft.writer.add_window(sha256)
    draft.extents[source.path] = range(first, draft.writer.windows)


def _write_searchable(folder: Path, vectors: WindowVectors, encoder: Encoder, windows: int) -> None:
    """Write what is searched of a finished store."""
    store = Store(folder / STORE)
    try:
        VectorIndex.write_rows(folder / VECTORS, vectors.read(store.window_hashes()), count=windows, dimension=encoder.dimension)
        KeywordIndex.write(folder / KEYWORDS, store.passage_texts())
    finally:
        store.close()


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

    Returns:
        The index, and the report of the build when there was one.

    Raises:
        CorpusError: As `build_index`.
        StoreError: As `build_index`.
    """
    report = None
    if not is_current(corpus, index_dir, encoder):
        report = build_index(corpus, index_dir, encoder, progress=progress, watch=watch)
    try:
        return _open_current(index_dir, encoder), report
    except StoreError:
        if report is not None:
            raise
    # damaged where only opening shows it
    report = build_index(corpus, index_dir, encoder, rebuild=True, progress=progress, watch=watch)
    return _open_current(index_dir, encoder), report


def _open_current(index_dir: Path, encoder: Encoder) -> ParagraphIndex:
    generation = current_generation(index_dir)
    if generation is None:
        raise StoreError(f"the index at {index_dir} vanished while it was opened; type: pincite index")
    return ParagraphIndex(generation, encoder)
