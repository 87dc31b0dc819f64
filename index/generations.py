"""An index on disk is a row of immutable generations, and one pointer to the newest.

A build writes into a staging folder, makes every byte durable, writes the manifest last, renames the folder and
swaps the pointer. Whatever dies half-way leaves the old generation in force. Readers keep the generation they
opened; the one before the newest is kept for them, older ones are removed. One builder at a time holds the lock.

    INDEX/CURRENT                 the name of the generation in force
    INDEX/generations/NAME/       manifest.json, store.sqlite, vectors.faiss, keywords/
    INDEX/lock
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import StoreError
from index.files import sha256_file, sync, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 4
STORE, VECTORS, KEYWORDS, MANIFEST = "store.sqlite", "vectors.faiss", "keywords", "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation holds, and how it was made.

    Attributes:
        format: Version of the layout and tables.
        encoder: Fingerprint of the encoder of all its vectors.
        splitter: Version of the splitter of all its paragraphs.
        readers: Versions of the readers of its documents, see `index.readers.types.readers_fingerprint`.
        corpus: Absolute path of the folder it was made from.
        sources: Number of documents.
        paragraphs: Number of paragraphs.
        windows: Number of vectors.
        files: Size in bytes and SHA-256 of every other file of the generation, by relative POSIX path.
    """

    format: int
    encoder: str
    splitter: int
    readers: str
    corpus: str
    sources: int
    paragraphs: int
    windows: int
    files: dict[str, dict[str, Any]]


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
        manifest = Manifest(**json.loads((generation / MANIFEST).read_text(encoding="utf-8")))
        for name, entry in manifest.files.items():
            size = (generation / name).stat().st_size
            if size != entry["bytes"]:
                raise StoreError(f"{generation / name} has {size} bytes, the manifest says {entry['bytes']}; type: pincite index --rebuild")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"the index at {generation} cannot be read ({error}); type: pincite index --rebuild") from error
    if manifest.format != FORMAT:
        raise StoreError(f"the index at {generation} has format {manifest.format}, expected {FORMAT}; type: pincite index --rebuild")
    return manifest


def check_hashes(generation: Path) -> None:
    """Compare every file with the SHA-256 in the manifest.

    Raises:
        StoreError: A file's bytes are not those that were written.
    """
    for name, entry in read_manifest(generation).files.items():
        if sha256_file(generation / name) != entry["sha256"]:
            raise StoreError(f"{generation / name} has changed since it was written; type: pincite index --rebuild")


@contextlib.contextmanager
def staging(index_dir: Path) -> Iterator[Path]:
    """Give a builder an empty folder to write a generation into, under the lock; what is left of it is removed.

    Raises:
        StoreError: The folder cannot be written, or another process has been building for ten minutes.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(index_dir / "lock", timeout=600)
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise StoreError(f"another process is building the index at {index_dir}; wait for it, or delete {index_dir / 'lock'}") from error
    except OSError as error:
        raise StoreError(
            f"the index folder {index_dir} cannot be written ({error.strerror}); choose another: --index-dir FOLDER"
        ) from error
    folder = None
    try:
        for left in index_dir.glob("staging-*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="staging-", dir=index_dir))
        yield folder
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def publish(folder: Path, index_dir: Path, **facts: Any) -> Path:
    """Turn a written staging folder into the generation in force.

    Args:
        folder: From `staging`, with every file closed.
        index_dir: Where the generations are.
        **facts: The fields of `Manifest` other than `format` and `files`.

    Returns:
        The new generation's folder.
    """
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        sync(path)
        files[path.relative_to(folder).as_posix()] = {"bytes": path.stat().st_size, "sha256": sha256_file(path)}
    manifest = Manifest(format=FORMAT, files=files, **facts)
    write_atomically(folder / MANIFEST, json.dumps(asdict(manifest), indent=1))
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


def _next_name(generations: Path) -> str:
    numbers = [int(path.name) for path in generations.iterdir() if path.name.isdigit()]
    return f"{max(numbers, default=0) + 1:06d}"
