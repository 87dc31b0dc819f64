"""A finished SQLite file, read by several threads and written by nobody."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from index.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MOST_VALUES = 1000  # bound in one query


class Database:
    """One file that is read only; errors of SQLite come as `StoreError`."""

    def __init__(self, path: Path, *, attached: Path | None = None, views: str = "") -> None:
        """Open it.

        Args:
            path: The file.
            attached: Another file that is read with it; its tables are called `now.NAME`.
            views: Statements that create temporary views.

        Raises:
            StoreError: A file is not there or not a database.
        """
        self.path = path
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(read_only(path), uri=True, check_same_thread=False)
            if attached is not None:
                self._db.execute("ATTACH ? AS now", (read_only(attached),))
            self._db.executescript("PRAGMA temp_store = MEMORY;" + views)
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    def all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query.

        Raises:
            StoreError: The file is damaged.
        """
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def each(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query one by one, for a caller that is alone with the file.

        Raises:
            StoreError: The file is damaged.
        """
        try:
            yield from self._db.execute(query)
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def _damaged(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"{self.path} cannot be read ({error}); type: pincite index --rebuild")


def read_only(path: Path) -> str:
    """Return what opens a file that nobody writes any more."""
    return f"{path.resolve().as_uri()}?mode=ro&immutable=1"


def marks(values: Sequence[object]) -> str:
    """Return the places of bound values in a query."""
    return ", ".join("?" * len(values))
