"""What the doctor sees of an index: what is in it, whether it is today's, and what can be done where it is not."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.duplicates import find_near_duplicates
from index.errors import CorpusError, StoreError
from index.generations import check_hashes, is_being_built
from index.inspection import compare_files, inspect_index, read_texts
from index.journal import count_left
from index.listing import list_files
from index.ownership import find_owner, tell_owner
from index.paragraphs import SPLITTER_VERSION
from index.readers.types import readers_fingerprint
from rag.settings import Settings, name_encoder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index.duplicates import NearDuplicate
    from index.inspection import FileChanges, Inspected
    from index.listing import Listing
    from ui.examination import Examination

_MOST = 5  # files of a kind that are named
_MOST_SKIPPED = 20
_MOST_PAIRS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """What can be done about an index that is not today's.

    Attributes:
        typed: What to type.
        possible: Whether it can be built again where it is; the next question then does it.
    """

    typed: str
    possible: bool

    @property
    def otherwise(self) -> str:
        """What becomes of the index if nothing is typed."""
        return "the next question builds it again" if self.possible else "it cannot be built again where it is"


def look_at_place(seen: Examination, index_dir: Path, named: Sequence[tuple[str, Path | None]]) -> Building:
    """Return what can be built there; `named` are the folders that were typed, by their options."""
    options = {option: shlex.quote(str(path.expanduser())) for option, path in named if path}
    writable = not index_dir.exists() or os.access(index_dir, os.W_OK)
    if not writable:
        seen.note(f"the index folder {index_dir} cannot be written; an index there is asked while every document says what it said")
        options["--index-dir"] = "FOLDER"
    typed = " ".join(["pincite index", *(f"{option} {path}" for option, path in options.items())])
    return Building(typed=typed, possible=writable)


def look_at_index(seen: Examination, corpus: Path, index_dir: Path, settings: Settings, building: Building, *, verify: bool) -> None:
    """Look at an index and at the documents that it is asked for.

    Args:
        seen: Is added to.
        corpus: Folder of documents.
        index_dir: Where the index is kept.
        settings: In force.
        building: From `look_at_place`.
        verify: Compare every file of the index with its hash, too.
    """
    files = None
    try:
        files = list_files(corpus)
    except CorpusError as error:
        seen.fault(error, "name the folder: --corpus FOLDER")
    seen.record["ignored"] = files.ignored if files else {}
    if files and files.ignored:
        seen.note(f"left alone, not of a type that is read: {_counted(files.ignored)}")
    try:
        inspected = inspect_index(index_dir)
    except StoreError as error:
        seen.fault(error, f"{building.typed} --rebuild")
        return
    unfinished, todo = _look_at_build(seen, index_dir, settings, building)
    if inspected is None:
        seen.fault(f"there is no index at {index_dir}" + (f" yet: {unfinished}" if unfinished else ""), todo or building.typed)
        return
    if unfinished:
        seen.note(unfinished, todo)
    _tell_contents(seen, inspected)
    _compare_making(seen, inspected, settings, building)
    if files:
        _compare_folders(seen, inspected, (index_dir, corpus), files, building)
    try:
        if verify:
            check_hashes(inspected.generation)
            seen.facts["hashes"] = f"those of all {len(inspected.manifest.files)} files of the index are as written"
        _tell_duplicates(seen, find_near_duplicates(read_texts(inspected)))
    except (StoreError, OSError) as error:
        seen.fault(error, f"{building.typed} --rebuild")


def _look_at_build(seen: Examination, index_dir: Path, settings: Settings, building: Building) -> tuple[str, str]:
    """Return what is to be said of a build that is not done, and what to do; nothing when there is none that can be gone on with."""
    left = count_left(index_dir, name_encoder(settings.encoder)) if building.possible else 0
    running = is_being_built(index_dir)
    seen.record["unfinished"] = {"vectors": left, "running": running}
    if running:
        return f"a build is going on, with {left} vectors so far", "wait until it is done"
    if left:
        return f"a build was broken off; the next one takes over the {left} vectors that it made", f"to go on: {building.typed}"
    return "", ""


def _tell_contents(seen: Examination, inspected: Inspected) -> None:
    manifest = inspected.manifest
    whole = sum(inspected.parts.values())
    parts = ", ".join(f"{name} {_size(size)}" for name, size in sorted(inspected.parts.items()))
    seen.facts["in the index"] = f"{manifest.sources} documents, {manifest.paragraphs} paragraphs, {manifest.windows} vectors"
    seen.facts["on disk"] = f"{_size(whole)}: {parts}"
    seen.facts["made by"] = f"encoder {manifest.encoder}, splitter {manifest.splitter}, readers {manifest.readers}"
    seen.record["index"] = {
        "generation": str(inspected.generation),
        "documents": manifest.sources,
        "paragraphs": manifest.paragraphs,
        "vectors": manifest.windows,
        "bytes": inspected.parts,
        "encoder": manifest.encoder,
        "splitter": manifest.splitter,
        "readers": manifest.readers,
        "skipped": inspected.skipped,
    }
    for reason in list(inspected.skipped.values())[:_MOST_SKIPPED]:
        seen.note(f"not read: {reason}")
    if len(inspected.skipped) > _MOST_SKIPPED:
        seen.note(f"not read: {len(inspected.skipped) - _MOST_SKIPPED} more files", "all of them with their reasons: pincite doctor --json")


def _compare_making(seen: Examination, inspected: Inspected, settings: Settings, building: Building) -> None:
    """Tell what made the index and is another today."""
    manifest = inspected.manifest
    today = {
        "encoder": (manifest.encoder, name_encoder(settings.encoder)),
        "splitter": (manifest.splitter, SPLITTER_VERSION),
        "readers": (manifest.readers, readers_fingerprint()),
    }
    for name, (then, now) in today.items():
        if then != now:
            seen.fault(f"the index was made by {name} {then}, today's is {now}; {building.otherwise}", f"now: {building.typed}")


def _compare_folders(seen: Examination, inspected: Inspected, places: tuple[Path, Path], files: Listing, building: Building) -> None:
    """Tell which folder the index is of, where that is another, and which files have changed."""
    index_dir, corpus = places
    then, now = inspected.manifest.corpus, str(corpus.resolve())
    seen.record["changes"] = {"new": [], "changed": [], "gone": []}
    if owner := find_owner(then, inspected.states, corpus, files.states):
        seen.fault(tell_owner(index_dir, owner, corpus), f"--index-dir FOLDER; to replace this one: {building.typed} --rebuild")
        return
    changes = compare_files(files.states, inspected)
    if building.possible and then != now:
        seen.fault(f"the index was made of the folder {then}, today's is {now}; {building.otherwise}", f"now: {building.typed}")
    elif not building.possible:
        alike = [path for path in changes.changed if files.states[path].size == inspected.states[path].size]
        changes = replace(changes, changed=tuple(path for path in changes.changed if path not in alike))
        if alike:
            seen.note(f"other times than when the index was made, so that what they say is compared at every start: {_named(alike)}")
    _tell_changes(seen, changes, building)


def _tell_changes(seen: Examination, changes: FileChanges, building: Building) -> None:
    seen.record["changes"] = {"new": list(changes.new), "changed": list(changes.changed), "gone": list(changes.gone)}
    if changes:
        seen.fault(
            f"the files are others than when the index was made: {_name_changes(changes)}; {building.otherwise}",
            f"now: {building.typed}",
        )


def _name_changes(changes: FileChanges) -> str:
    kinds = (("new", changes.new), ("changed", changes.changed), ("gone", changes.gone))
    return "; ".join(f"{len(paths)} {name} ({_named(paths)})" for name, paths in kinds if paths)


def _tell_duplicates(seen: Examination, pairs: Sequence[NearDuplicate]) -> None:
    seen.record["near_duplicates"] = [
        {"first": pair.first, "second": pair.second, "share": round(pair.share, 4), "same": pair.same} for pair in pairs
    ]
    for pair in pairs[:_MOST_PAIRS]:
        alike = "the same words" if pair.same else f"{pair.share:.0%} of the shorter stands in the other"
        seen.note(f"{pair.first} and {pair.second}: {alike}", "what both say is cited as two sources; keep one of them")
    if len(pairs) > _MOST_PAIRS:
        seen.note(f"{len(pairs) - _MOST_PAIRS} more pairs of documents are nearly the same", "all of them: pincite doctor --json")


def _counted(ignored: dict[str, int]) -> str:
    return ", ".join(f"{count} {suffix}" for suffix, count in sorted(ignored.items()))


def _named(paths: Sequence[str]) -> str:
    more = f", and {len(paths) - _MOST} more" if len(paths) > _MOST else ""
    return ", ".join(paths[:_MOST]) + more


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.0f} KiB"
