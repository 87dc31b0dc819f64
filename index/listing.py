"""The files of a folder: what the file system says of those that are read, and how many there are of other types."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from index.catalogue import FileState
from index.readers.types import MEDIA_TYPES
from index.sources import find_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files of a folder.

    Attributes:
        states: Of every file of a type that is read, by path.
        ignored: How many files of each other type there are, by suffix in lower case; "no suffix" for those without.
    """

    states: dict[str, FileState]
    ignored: dict[str, int]


def list_files(corpus: Path) -> Listing:
    """List a folder in one walk; no file is opened.

    Raises:
        CorpusError: `corpus` is missing or not a folder.
    """
    files, root = find_files(corpus), str(corpus)
    # In plain strings, which is half the time of ten thousand.
    states = {path: _state(f"{root}/{path}") for path in files if path[path.rfind(".") :].lower() in MEDIA_TYPES}
    ignored = Counter(Path(path).suffix.lower() or "no suffix" for path in files if path not in states)
    return Listing(states=states, ignored=dict(ignored))


def _state(file: str) -> FileState:
    try:
        stat = os.stat(file)  # noqa: PTH116 - see `list_files`
    except OSError:  # a dangling link, say: reading it will name the reason
        return FileState(size=-1, mtime_ns=-1, ctime_ns=-1)
    return FileState(size=stat.st_size, mtime_ns=stat.st_mtime_ns, ctime_ns=stat.st_ctime_ns)
