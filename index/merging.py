"""The segments of a new generation: which are taken over, and which are written as one.

A change adds a segment. Small segments at the end are merged with it, so that there are never many, and no document is copied
often; ids stay, so that nothing else changes. A small index, and one in which much is gone, is written anew instead,
documents in the order of their paths: it is then the same index as one that was built at once.
"""

from __future__ import annotations

import shutil
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.errors import StoreError
from index.files import sha256_file
from index.generations import KEYWORDS, SEGMENTS, STORE, VECTORS, Segment, link_folder
from index.keywords import KeywordIndex
from index.segment_store import SegmentStore
from index.segment_writer import Ids, SegmentWriter
from index.segments import join_rows
from index.vectors import VectorIndex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.catalogue import Entry
    from index.earlier import Earlier

ANEW_BELOW = 4000  # paragraphs in all: such an index is written anew
GONE_MOST = 0.05  # of all passages, that no longer count but weigh in how rare words are; beyond it the index is written anew
SEGMENTS_MOST = 8  # SQLite attaches ten files at once
SMALL = 2000  # paragraphs: a segment below is merged with what comes after it
GROWTH = 2  # so is one that is at most so many times as large as what comes after it
_ROWS = 1024  # vectors copied at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a generation holds that is being written.

    Attributes:
        segments: Its parts, oldest first.
        entries: Its files, by path.
        ids: That are free.
    """

    segments: list[Segment]
    entries: dict[str, Entry]
    ids: Ids


def carry_segments(folder: Path, base: Earlier, gone: Collection[int]) -> list[Segment]:
    """Take the segments of a generation over into the folder of another, by links.

    Args:
        folder: Of the generation that is being written.
        base: The generation before.
        gone: The ids of its documents that no longer count.

    Returns:
        The segments of which a document still counts.
    """
    carried = []
    for segment, store in zip(base.manifest.segments, base.store.segments, strict=True):
        extents = store.extents(gone) if gone else []
        rows = [range(*ends) for ends in segment.gone] + [extent.windows for extent in extents]
        left = replace(
            segment,
            sources=segment.sources - len(extents),
            paragraphs=segment.paragraphs - sum(extent.paragraphs for extent in extents),
            passages=segment.passages - sum(extent.passages for extent in extents),
            gone=join_rows(rows),
        )
        if left.sources:
            link_folder(base.generation / SEGMENTS / segment.name, folder / SEGMENTS / segment.name)
            carried.append(left)
    return carried


def settle(folder: Path, contents: Contents, *, base: Earlier | None, gone: Collection[int], name: str, dimension: int) -> Contents:
    """Write the keyword index of a new generation, and merge its segments where that is due.

    Args:
        folder: Of the generation that is being written.
        contents: Its segments, the last of which is new, and its files.
        base: The generation that the others come from; None is none.
        gone: The ids of its documents that no longer count.
        name: Of a segment that is written here.
        dimension: Of a vector.

    Returns:
        What the generation holds.

    Raises:
        StoreError: A segment that would be merged is not as it was written.
    """
    *carried, added = contents.segments
    if not added.sources:
        shutil.rmtree(folder / SEGMENTS / added.name)
    segments = [*carried, added] if added.sources else carried
    numbers = {path: entry.source for path, entry in sorted(contents.entries.items()) if entry.source is not None}
    if base is None:
        _write_keywords(folder, added.name)
    elif (added.sources or gone) and must_write_anew(segments, contents.ids):
        _check_carried(folder, base, carried)
        ids = Ids()
        whole, renumbered = merge_segments(folder, segments, numbers.values(), name, ids=ids, keep_ids=False, dimension=dimension)
        _write_keywords(folder, name)
        entries = contents.entries | {path: replace(contents.entries[path], source=renumbered[old]) for path, old in numbers.items()}
        return Contents(segments=[whole], entries=entries, ids=ids)
    else:
        link_folder(base.generation / KEYWORDS, folder / KEYWORDS)
        if added.sources or gone:
            with closing(SegmentStore(folder / SEGMENTS / added.name / STORE)) if added.sources else nullcontext() as store:
                KeywordIndex.update(folder / KEYWORDS, store.passage_texts() if store else (), gone=gone)
        first = find_tail(segments)
        if added.sources and first < len(segments) - 1:
            _check_carried(folder, base, segments[first:-1])
            within = {number for one in segments[first:] for number in _numbers(folder / SEGMENTS / one.name)}
            kept = sorted(within & set(numbers.values()))
            tail, _ = merge_segments(folder, segments[first:], kept, name, ids=contents.ids, keep_ids=True, dimension=dimension)
            segments = [*segments[:first], tail]
    return replace(contents, segments=segments)


def _check_carried(folder: Path, base: Earlier, segments: Iterable[Segment]) -> None:
    """Compare segments that are to be copied with their hashes: a copy has new ones, so that damage would never be seen again.

    Raises:
        StoreError: A file's bytes are not those that were written.
    """
    for segment in segments:
        inside = f"{SEGMENTS}/{segment.name}/"
        for name, entry in base.manifest.files.items():
            if name.startswith(inside) and sha256_file(folder / name) != entry["sha256"]:
                raise StoreError(f"{base.generation / name} has changed since it was written; type: pincite index --rebuild")


def _write_keywords(folder: Path, name: str) -> None:
    """Write the keyword index of a generation whose only segment this is."""
    with closing(SegmentStore(folder / SEGMENTS / name / STORE)) as store:
        KeywordIndex.write(folder / KEYWORDS, store.passage_texts())


def must_write_anew(segments: Sequence[Segment], ids: Ids) -> bool:
    """Say whether an index of these segments, of which so many ids were given, is to be written anew."""
    passages = sum(segment.passages for segment in segments)
    small = sum(segment.paragraphs for segment in segments) <= ANEW_BELOW
    return small or len(segments) > SEGMENTS_MOST or ids.passage - passages > GONE_MOST * ids.passage


def find_tail(segments: Sequence[Segment]) -> int:
    """Return the place from which segments are merged into one: the last, where none is.

    >>> sizes = [90_000, 7_000, 3_000, 500, 1]
    >>> find_tail([Segment(name="", sources=1, paragraphs=size, passages=size, windows=size) for size in sizes])
    3
    """
    first = len(segments) - 1
    size = segments[first].paragraphs
    while first > 0 and segments[first - 1].paragraphs <= max(SMALL, GROWTH * size):
        first -= 1
        size += segments[first].paragraphs
    return first


def merge_segments(
    folder: Path, segments: Sequence[Segment], numbers: Iterable[int], name: str, *, ids: Ids, keep_ids: bool, dimension: int
) -> tuple[Segment, dict[int, int]]:
    """Write the documents of several segments as one, and remove the several.

    Args:
        folder: Of the generation that is being written.
        segments: In it, at most nine.
        numbers: The ids of the documents, in the order to be; of others nothing is left.
        name: Of the new segment.
        ids: That are free, where they are given anew.
        keep_ids: Keep all ids; `numbers` must then ascend.
        dimension: Of a vector.

    Returns:
        The new segment, and the new id of each document by its old one.
    """
    folders = [folder / SEGMENTS / segment.name for segment in segments]
    place_of = {number: place for place, one in enumerate(folders) for number in _numbers(one)}
    target = folder / SEGMENTS / name
    target.mkdir()
    writer = SegmentWriter(target / STORE, ids)
    writer.attach([one / STORE for one in folders])
    renumbered: dict[int, int] = {}
    rows: list[tuple[int, range]] = []
    for number in numbers:
        renumbered[number], windows = writer.copy_source(place_of[number], number, keep_ids=keep_ids)
        rows.append((place_of[number], windows))
    counts = writer.close()
    if counts.windows:
        VectorIndex.write_rows(target / VECTORS, _gather(folders, rows), count=counts.windows, dimension=dimension)
    for one in folders:
        shutil.rmtree(one)
    merged = Segment(name=name, sources=counts.sources, paragraphs=counts.paragraphs, passages=counts.passages, windows=counts.windows)
    return merged, renumbered


def _numbers(segment: Path) -> list[int]:
    with closing(SegmentStore(segment / STORE)) as store:
        return store.numbers()


def _gather(segments: Sequence[Path], rows: Iterable[tuple[int, range]]) -> Iterator[NDArray[np.float16]]:
    """Yield rows of the vectors of several segments, those that follow one another at once."""
    opened: dict[int, NDArray[np.float16]] = {}
    for place, windows in _join(rows):
        if place not in opened:
            opened[place] = VectorIndex.open(segments[place] / VECTORS).vectors()
        for start in range(windows.start, windows.stop, _ROWS):
            yield opened[place][start : min(start + _ROWS, windows.stop)]


def _join(rows: Iterable[tuple[int, range]]) -> Iterator[tuple[int, range]]:
    last: tuple[int, range] | None = None
    for place, windows in rows:
        if not windows:
            continue
        if last and last[0] == place and last[1].stop == windows.start:
            last = (place, range(last[1].start, windows.stop))
        else:
            if last:
                yield last
            last = (place, windows)
    if last:
        yield last
