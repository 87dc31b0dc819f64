"""What an index holds and how it was made, and what has happened to the files since: for looking, nothing is changed.

No document is opened, and neither the encoder nor the vectors are loaded.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.catalogue import Catalogue
from index.generations import CATALOGUE, KEYWORDS, current_generation, read_manifest
from index.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from index.catalogue import FileState
    from index.generations import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """The generation in force.

    Attributes:
        generation: Its folder.
        manifest: What it says of itself.
        parts: Bytes on disk by part: "store", "vectors", "codes" of the vectors where there are any, "keywords", "catalogue".
        skipped: Reason for each file that could not be read, by path.
        states: Of the files that it was made from, by path.
    """

    generation: Path
    manifest: Manifest
    parts: dict[str, int]
    skipped: dict[str, str]
    states: dict[str, FileState]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanges:
    """How the files of a folder differ from those that an index was made from; paths, in order."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]

    def __bool__(self) -> bool:
        """Say whether anything differs."""
        return bool(self.new or self.changed or self.gone)


def inspect_index(index_dir: Path) -> Inspected | None:
    """Look at the generation in force; None when there is none.

    Raises:
        StoreError: It is damaged, or of another format.
    """
    generation = current_generation(index_dir)
    if generation is None:
        return None
    manifest = read_manifest(generation)
    parts: Counter[str] = Counter()
    for name, entry in manifest.files.items():
        parts[_part(Path(name))] += entry["bytes"]
    with closing(Catalogue(generation / CATALOGUE)) as files:
        return Inspected(generation=generation, manifest=manifest, parts=dict(parts), skipped=files.skipped(), states=files.states())


def _part(file: Path) -> str:
    """Return what a file of a generation belongs to, see `index.generations`."""
    if file.parts[0] == KEYWORDS:
        return KEYWORDS
    return "codes" if file.suffix == ".codes" else file.stem


def compare_files(now: Mapping[str, FileState], inspected: Inspected) -> FileChanges:
    """Compare files as they are, see `index.listing`, by name, size and times, with those that an index was made from."""
    return FileChanges(
        new=tuple(sorted(now.keys() - inspected.states.keys())),
        changed=tuple(sorted(path for path in now.keys() & inspected.states.keys() if now[path] != inspected.states[path])),
        gone=tuple(sorted(inspected.states.keys() - now.keys())),
    )


def read_texts(inspected: Inspected) -> Iterator[tuple[str, str]]:
    """Yield path and text of each document, as they were read.

    Raises:
        StoreError: The index is damaged.
    """
    with closing(Store(inspected.generation, inspected.manifest)) as store:
        for path in store.sources():
            yield path, store.source(path).text
