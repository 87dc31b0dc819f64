"""Small promises about files: hashes, and writes that are whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Write `text` so that a reader, or a crash, sees the old file or the new one and never a part of either."""
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    staging.write_text(text, encoding="utf-8")
    sync(staging)
    staging.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Ask the system to put a file, or a folder's list of names, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link(file: Path, target: Path) -> None:
    """Give a file that nobody writes any more a second name; where the file system cannot, copy it."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)
