"""The files of one generation: what the file system said of each, and which document was read from it, or why none was.

The only part of an index that is written whole by every build, and all that is read to see that nothing has changed.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.database import Database

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TABLE = """
CREATE TABLE file (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    source INTEGER, reason TEXT) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """What the file system says of a file: enough to see, without reading it, that it has not changed."""

    size: int
    mtime_ns: int
    ctime_ns: int  # a change of permissions, or a copy that keeps the time of writing, shows here only


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file as it was read.

    Attributes:
        state: At that time.
        source: The id of the document, None when it could not be read.
        reason: Why it could not be read, else None.
    """

    state: FileState
    source: int | None = None
    reason: str | None = None


def write_catalogue(path: Path, entries: Mapping[str, Entry]) -> None:
    """Write the files of a generation, by their paths, into a new file."""
    db = sqlite3.connect(path)
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLE)
    rows = ((path, one.state.size, one.state.mtime_ns, one.state.ctime_ns, one.source, one.reason) for path, one in sorted(entries.items()))
    db.executemany("INSERT INTO file VALUES (?, ?, ?, ?, ?, ?)", rows)
    db.execute("CREATE INDEX file_source ON file (source)")
    db.commit()
    db.close()


class Catalogue:
    """What `write_catalogue` wrote, read from any thread."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            StoreError: It is not there or not a database.
        """
        self._db = Database(path)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def entries(self) -> dict[str, Entry]:
        """Return every file, by path, in order."""
        rows = self._db.all("SELECT path, size, mtime_ns, ctime_ns, source, reason FROM file ORDER BY path")
        return {
            path: Entry(state=FileState(size=size, mtime_ns=mtime_ns, ctime_ns=ctime_ns), source=source, reason=reason)
            for path, size, mtime_ns, ctime_ns, source, reason in rows
        }

    def states(self) -> dict[str, FileState]:
        """Return the state of every file that was read or skipped, by path."""
        return {path: entry.state for path, entry in self.entries().items()}

    def skipped(self) -> dict[str, str]:
        """Return the reason for every file that could not be read, by path."""
        return dict(self._db.all("SELECT path, reason FROM file WHERE source IS NULL ORDER BY path"))

    def sources(self) -> list[str]:
        """Return the paths of all documents, in order."""
        return [path for (path,) in self._db.all("SELECT path FROM file WHERE source IS NOT NULL ORDER BY path")]
