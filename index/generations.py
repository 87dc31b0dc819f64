"""An index on disk is a row of immutable generations, and one pointer to the newest.

A generation lists immutable segments, each with the documents and vectors of some build. A generation shares the segments
and keyword files that it takes over from the one before by hard links, so that each is whole by itself, and a file goes
when the last generation that holds it goes.

A build writes into a staging folder, makes every byte durable, writes the manifest last, renames the folder and
swaps the pointer. Whatever dies half-way leaves the old generation in force. Readers keep the generation they
opened; the one before the newest is kept for them, older ones are removed. One builder at a time holds the lock.

    INDEX/CURRENT                 the name of the generation in force
    INDEX/generations/NAME/       manifest.json, catalogue.sqlite, keywords/, segments/NAME/{store.sqlite, vectors.faiss}
    INDEX/journal                 what a build that is not done has encoded, see `index.journal`
    INDEX/lock
"""

from __future__ import annotations

import contextlib
import errno
import json
import shutil
import sqlite3
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import StoreError, UnwritableError
from index.files import link, sha256_file, sync, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 5
MANIFEST, CATALOGUE, KEYWORDS, SEGMENTS = "manifest.json", "catalogue.sqlite", "keywords", "segments"
STORE, VECTORS = "store.sqlite", "vectors.faiss"  # of each segment
_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}
_SQLITE_UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a generation.

    Attributes:
        name: Of its folder.
        sources: Documents in it that count.
        paragraphs: Paragraphs of these.
        passages: Passages of these.
        windows: All its vectors.
        gone: The rows, first and one past the last, of vectors whose documents no longer count; ascending and disjoint.
    """

    name: str
    sources: int
    paragraphs: int
    passages: int
    windows: int
    gone: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation holds, and how it was made.

    Attributes:
        format: Version of the layout and tables.
        encoder: Fingerprint of the encoder of all its vectors.
        splitter: Version of the splitter of all its paragraphs.
        readers: Versions of the readers of its documents, see `index.readers.types.readers_fingerprint`.
        corpus: Absolute path of the folder it was made from.
        ids: The next free id of each kind, see `index.segment_writer.Ids`.
        segments: The parts, oldest first.
        files: Size in bytes and SHA-256 of every other file of the generation, by relative POSIX path.
    """

    format: int
    encoder: str
    splitter: int
    readers: str
    corpus: str
    ids: dict[str, int]
    segments: tuple[Segment, ...]
    files: dict[str, dict[str, Any]]

    @property
    def sources(self) -> int:
        """How many documents there are."""
        return sum(segment.sources for segment in self.segments)

    @property
    def paragraphs(self) -> int:
        """How many paragraphs there are."""
        return sum(segment.paragraphs for segment in self.segments)

    @property
    def passages(self) -> int:
        """How many passages there are."""
        return sum(segment.passages for segment in self.segments)

    @property
    def windows(self) -> int:
        """How many vectors count."""
        return sum(segment.windows - sum(stop - start for start, stop in segment.gone) for segment in self.segments)


def current_generation(index_dir: Path) -> Path | None:
    """Return the folder of the generation in force, or None when there is none."""
    try:
        name = (index_dir / "CURRENT").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    folder = index_dir / "generations" / name
    return folder if name and folder.is_dir() else None


def read_manifest(generation: Path) -> Manifest:
    """Read a generation's manifest and check that every file it lists is there at its size.

    Raises:
        StoreError: The manifest is missing, unreadable or of another format, or a file does not fit it.
    """
    try:
        read = json.loads((generation / MANIFEST).read_text(encoding="utf-8"))
        if read["format"] != FORMAT:
            raise StoreError(f"the index at {generation} has format {read['format']}, expected {FORMAT}; type: pincite index --rebuild")
        segments = tuple(Segment(**{**one, "gone": tuple(tuple(ends) for ends in one["gone"])}) for one in read["segments"])
        manifest = Manifest(**{**read, "segments": segments})
        for name, entry in manifest.files.items():
            size = (generation / name).stat().st_size
            if size != entry["bytes"]:
                raise StoreError(f"{generation / name} has {size} bytes, the manifest says {entry['bytes']}; type: pincite index --rebuild")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"the index at {generation} cannot be read ({error}); type: pincite index --rebuild") from error
    return manifest


def check_hashes(generation: Path) -> None:
    """Compare every file with the SHA-256 in the manifest.

    Raises:
        StoreError: A file's bytes are not those that were written.
    """
    for name, entry in read_manifest(generation).files.items():
        if sha256_file(generation / name) != entry["sha256"]:
            raise StoreError(f"{generation / name} has changed since it was written; type: pincite index --rebuild")


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """Where a builder writes.

    Attributes:
        folder: Empty.
        interrupted: The builder before did not come to an end.
    """

    folder: Path
    interrupted: bool


@contextlib.contextmanager
def staging(index_dir: Path) -> Iterator[Staging]:
    """Give a builder an empty folder to write a generation into, under the lock; what is left of it is removed.

    Raises:
        UnwritableError: The folder cannot be written.
        StoreError: Another process has been building for ten minutes.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(index_dir / "lock", timeout=600)
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise StoreError(
            f"another process has been building the index at {index_dir} for ten minutes; wait for it or end it, then try again"
        ) from error
    except OSError as error:
        raise explain_unwritable(index_dir, error) from error
    folder = None
    try:
        left = list(index_dir.glob("staging-*"))
        for old in left:
            shutil.rmtree(old, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="staging-", dir=index_dir))
        yield Staging(folder=folder, interrupted=bool(left))
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def is_being_built(index_dir: Path) -> bool:
    """Say whether a builder holds the lock of an index folder; of one where nothing can be written it is not told."""
    from filelock import FileLock, Timeout

    file = index_dir / "lock"
    try:
        if file.exists():
            FileLock(file, timeout=0).acquire().lock.release()
    except Timeout:
        return True
    except OSError:
        return False
    return False


def is_unwritable(error: BaseException) -> bool:
    """Say whether an error of the system or of SQLite is that nothing more can be written, and not that something is damaged."""
    if isinstance(error, OSError):
        return error.errno in _UNWRITABLE
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) in _SQLITE_UNWRITABLE


def explain_unwritable(index_dir: Path, error: OSError | sqlite3.Error) -> UnwritableError:
    """Return what to raise instead of an error in writing to an index folder."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return UnwritableError(
        f"the index folder {index_dir} cannot be written ({reason}); make room there, or choose another: --index-dir FOLDER"
    )


def publish(folder: Path, index_dir: Path, *, earlier: Path | None = None, **facts: Any) -> Path:
    """Turn a written staging folder into the generation in force.

    Args:
        folder: From `staging`, with every file closed.
        index_dir: Where the generations are.
        earlier: A generation; the hashes of the files that are linked from it are taken from its manifest.
        **facts: The fields of `Manifest` other than `format` and `files`.

    Returns:
        The new generation's folder.
    """
    known = read_manifest(earlier).files if earlier else {}
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if earlier and name in known and path.samefile(earlier / name):
            files[name] = known[name]
            continue
        sync(path)
        files[name] = {"bytes": path.stat().st_size, "sha256": sha256_file(path)}
    manifest = Manifest(format=FORMAT, files=files, **facts)
    write_atomically(folder / MANIFEST, json.dumps(asdict(manifest), indent=1))
    for inside in (path for path in folder.rglob("*") if path.is_dir()):
        sync(inside)
    generations = index_dir / "generations"
    generations.mkdir(exist_ok=True)
    target = generations / _next_name(generations)
    folder.rename(target)
    sync(generations)
    previous = current_generation(index_dir)
    write_atomically(index_dir / "CURRENT", target.name + "\n")
    for old in generations.iterdir():
        if old not in {target, previous}:
            shutil.rmtree(old, ignore_errors=True)
    return target


def link_folder(folder: Path, target: Path) -> None:
    """Give the files of a folder of a generation second names in a new folder; lock files are left out."""
    target.mkdir(parents=True)
    for file in sorted(folder.iterdir()):
        if file.suffix != ".lock":
            link(file, target / file.name)


def _next_name(generations: Path) -> str:
    numbers = [int(path.name) for path in generations.iterdir() if path.name.isdigit()]
    return f"{max(numbers, default=0) + 1:06d}"
