"""`pincite doctor`: what is in the index, whether it is today's, and what on this machine wants mending.

`examine` looks and changes nothing; neither torch nor a model is loaded, and no document is opened. Each finding is a fault,
which something should be done about, or a note. What it knowingly ignores: whether answers are right (`pincite eval`).
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.duplicates import find_near_duplicates
from index.encoders import check_bundled, count_cores
from index.errors import CorpusError, EncoderError, PinciteError, StoreError
from index.export import check_export, export_name, needs_reduced_range
from index.generations import check_hashes
from index.inspection import compare_files, inspect_index, read_texts
from index.listing import list_files
from index.locations import ENCODERS, default_index_dir
from index.ownership import find_owner, tell_owner
from index.paragraphs import SPLITTER_VERSION
from index.readers.types import readers_fingerprint
from rag.settings import Settings, name_encoder
from ui.examination import Examination
from ui.network import name_hosts
from ui.versions import compare_versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index.duplicates import NearDuplicate
    from index.inspection import FileChanges, Inspected
    from index.listing import Listing

_MOST = 5  # files of a kind that are named
_MOST_SKIPPED = 20
_MOST_PAIRS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Building:
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


def examine(corpus: Path | None = None, index_dir: Path | None = None, *, verify: bool = False) -> Examination:
    """Look at a folder, its index and this machine.

    Args:
        corpus: Folder of documents; None is the one that is set.
        index_dir: Where its index is kept; None is the default place.
        verify: Compare every file of the index and the encoder with its hash, too.
    """
    seen = Examination()
    settings = _read_settings(seen)
    folder = (corpus or settings.corpus).expanduser()
    place = (index_dir or default_index_dir(folder)).expanduser()
    seen.facts |= {"documents": str(folder), "index": str(place)}
    seen.record |= {"corpus": str(folder), "index_dir": str(place)}
    building = _look_at_place(seen, place, [("--corpus", corpus), ("--index-dir", index_dir)])
    _look_at_index(seen, folder, place, settings, building, verify=verify)
    _look_at_encoder(seen, settings, verify=verify)
    _look_at_machine(seen, settings)
    return seen


def _read_settings(seen: Examination) -> Settings:
    try:
        return Settings.from_environment()
    except PinciteError as error:
        seen.fault(error, "unset what should not be set: unset NAME")
        return Settings.from_environment({})


def _look_at_place(seen: Examination, index_dir: Path, named: Sequence[tuple[str, Path | None]]) -> _Building:
    """Return what can be built there; `named` are the folders that were typed, by their options."""
    options = {option: shlex.quote(str(path.expanduser())) for option, path in named if path}
    writable = not index_dir.exists() or os.access(index_dir, os.W_OK)
    if not writable:
        seen.note(f"the index folder {index_dir} cannot be written; it can be asked while every document says what it said")
        options["--index-dir"] = "FOLDER"
    typed = " ".join(["pincite index", *(f"{option} {path}" for option, path in options.items())])
    return _Building(typed=typed, possible=writable)


def _look_at_index(seen: Examination, corpus: Path, index_dir: Path, settings: Settings, building: _Building, *, verify: bool) -> None:
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
    if inspected is None:
        seen.fault(f"there is no index at {index_dir}", building.typed)
        return
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


def _compare_making(seen: Examination, inspected: Inspected, settings: Settings, building: _Building) -> None:
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


def _compare_folders(seen: Examination, inspected: Inspected, places: tuple[Path, Path], files: Listing, building: _Building) -> None:
    """Tell which folder the index is of, where that is another, and which files have changed."""
    index_dir, corpus = places
    then, now = inspected.manifest.corpus, str(corpus.resolve())
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


def _tell_changes(seen: Examination, changes: FileChanges, building: _Building) -> None:
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


def _look_at_encoder(seen: Examination, settings: Settings, *, verify: bool) -> None:
    seen.facts["encoder"] = name_encoder(settings.encoder)
    seen.record["encoder"] = seen.facts["encoder"]
    if settings.encoder not in {"onnx", "reference"}:
        return
    try:
        check_bundled()
        seen.facts["model"] = "the published file, by its SHA-256"
        if settings.encoder == "onnx":
            check_export(ENCODERS / export_name(), hashes=verify)
    except EncoderError as error:
        seen.fault(error, "make install")


def _look_at_machine(seen: Examination, settings: Settings) -> None:
    reduced = needs_reduced_range()
    seen.facts["machine"] = f"{count_cores()} cores, 8-bit products {'without VNNI: a range of 7 bits is used' if reduced else 'exact'}"
    seen.record["machine"] = {"cores": count_cores(), "reduced_range": reduced}
    hosts = name_hosts(settings)
    seen.facts["network"] = "; ".join(f"{host}: {why}" for host, why in hosts.items()) or "needed for nothing"
    seen.record["network"] = hosts
    versions = compare_versions()
    seen.facts["packages"] = ", ".join(f"{each.name} {each.installed or 'missing'}" for each in versions)
    seen.record["packages"] = {each.name: each.installed for each in versions}
    for each in versions:
        if each.installed is None:
            seen.fault(f"the package {each.name} is missing", "make install")
        elif each.tested and each.installed != each.tested:
            seen.note(
                f"{each.name} is {each.installed}; tested with {each.tested}",
                f"if something is odd: pip install {each.name}=={each.tested}",
            )


def _counted(ignored: dict[str, int]) -> str:
    return ", ".join(f"{count} {suffix}" for suffix, count in sorted(ignored.items()))


def _named(paths: Sequence[str]) -> str:
    more = f", and {len(paths) - _MOST} more" if len(paths) > _MOST else ""
    return ", ".join(paths[:_MOST]) + more


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.0f} KiB"
