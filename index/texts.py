"""Texts with their vectors, added and removed one by one, in one SQLite file: what stands behind the LangChain store.

The index of a folder (`index.build`) is made of files and never changed; this is for a program's own texts. Every change is
one transaction, so whatever dies half-way leaves what was there. A row is written once: a text that is put again under its
id is a new row. The vectors are searched in memory by `index.vectors`, in half precision, in two parts: most rows, and those
that came since, joined when the latter are many. Each part is compared row by row up to `index.vectors.EXACT_ROWS`, and is
looked through by short codes beyond, which may miss a near text: a million rows then cost about as much processor time as a
hundred thousand compared one by one (DECISIONS.md, "Vectors", tells the recall). Several threads and processes may use one file.
Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from index.errors import StoreError
from index.vectors import VectorIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

FILE = "texts.sqlite"
_VERSION = 1
_TABLES = """
CREATE TABLE entry (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, fields TEXT NOT NULL,
    vector BLOB NOT NULL);
CREATE TABLE probe (one INTEGER PRIMARY KEY CHECK (one = 1), vector BLOB NOT NULL);
"""
PROBE = "The harbour has 14 cranes."  # whose vector says whether an embedding model is the one that made the others
_SAME_MODEL = 0.999  # cosine of the probe's vectors; servers round, and batches differ
_FEW = 1000  # rows that may be searched beside the others before they are joined
_SHARE = 0.25  # or this share of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A text.

    Attributes:
        id: Given, or made up.
        text: As it was put.
        fields: What goes with it, of JSON's types.
    """

    id: str
    text: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Rows whose vectors are searched together."""

    rows: NDArray[np.int64]  # (n,), ascending
    vectors: VectorIndex  # the id of a vector is its row's place in `rows`
    dimension: int


class TextStore:
    """Texts that can be changed and searched by vector; safe to use from several threads and processes."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open a store; its vectors are read when it is first searched.

        Args:
            folder: Where `texts.sqlite` lies, or is made; None keeps everything in memory.

        Raises:
            StoreError: The file cannot be read or written, is no store, or a newer version wrote it.
        """
        self._path = folder / FILE if folder else None
        self._lock = threading.RLock()
        self._parts: tuple[_Part, ...] = ()
        self._alive: NDArray[np.int64]  # the rows that are in the file; with `_parts`, as of `_seen`
        self._seen: object = None
        try:
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self._path or ":memory:", check_same_thread=False, timeout=30, isolation_level=None)
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._db.executescript(
                    f"PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; {_if_new(_TABLES)} PRAGMA user_version = {_VERSION}; COMMIT;"
                )
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the texts at {self._path} cannot be used ({error}); expected a folder of their own that can be written"
            ) from error
        if version > _VERSION:
            raise StoreError(f"the texts at {self._path} have version {version}, expected {_VERSION}; use the Pincite that wrote them")

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    def __len__(self) -> int:
        """Return how many texts there are."""
        return int(self._all("SELECT count(*) FROM entry")[0][0])

    def check_model(self, encode: Callable[[str], Sequence[float]], *, remember: bool = True) -> bool:
        """Compare an embedding model with the one that made the vectors.

        Of several programs that ask at the same moment one is remembered, and the others are compared with it.

        Args:
            encode: Returns the vector of a text.
            remember: When there is none yet, this model is the one.

        Returns:
            Whether it is; False when there is none yet.

        Raises:
            StoreError: It is another model.
        """
        import numpy as np

        known = self._all("SELECT vector FROM probe")
        if not known and not remember:
            return False
        probe = unit_rows([encode(PROBE)])[0]
        if not known:  # a row's number is its key, also in files whose table has no column for it
            self._change([("INSERT OR IGNORE INTO probe (rowid, vector) VALUES (1, ?)", (probe.tobytes(),))])
            known = self._all("SELECT vector FROM probe")
        earlier = np.frombuffer(known[0][0], dtype=np.float32)
        if earlier.shape != probe.shape or float(earlier @ probe) < _SAME_MODEL:
            raise StoreError(
                f"the texts at {self._path or 'memory'} were embedded by another model, into {len(earlier)} numbers; "
                f"this one gives {len(probe)}: open them with the model that made them, or begin in another folder"
            )
        return True

    def put(self, entries: Sequence[Entry], vectors: NDArray[np.float32]) -> None:
        """Add texts, all or none; one with a known id takes the place of what was there.

        Args:
            entries: Of one id the last counts.
            vectors: Unit rows, shape (len(entries), dimension).

        Raises:
            TypeError: Fields are not of JSON's types.
            StoreError: The file cannot be written.
        """
        rows = [(entry.id, entry.text, _to_json(entry), vector.tobytes()) for entry, vector in zip(entries, vectors, strict=True)]
        put = "INSERT OR REPLACE INTO entry (id, text, fields, vector) VALUES (?, ?, ?, ?)"
        self._change([(put, row) for row in rows])

    def delete(self, ids: Iterable[str] | None) -> None:
        """Remove texts by their ids, all or none; an unknown id is passed over, None removes everything."""
        self._change([("DELETE FROM entry", ())] if ids is None else [("DELETE FROM entry WHERE id = ?", (one,)) for one in ids])

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """Return texts by their ids, in the order of the ids, each once; an unknown id is passed over."""
        rows = self._all("SELECT id, text, fields FROM entry WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),))
        found = {row[0]: _entry(*row) for row in rows}
        return [found[one] for one in dict.fromkeys(ids) if one in found]

    def search(
        self, vector: Sequence[float], k: int, *, keep: Mapping[str, Any] | Callable[[Entry], bool] | None = None
    ) -> list[tuple[Entry, float, NDArray[np.float32]]]:
        """Find the texts nearest to a vector.

        Args:
            vector: Any length but 0; one of another dimension than the texts' is an error.
            k: How many at most.
            keep: Only texts whose fields have these values, or for which this says yes, which may read the store but not change
                it; the others are not compared with at all.

        Returns:
            Text, cosine and unit vector of each, nearest first, equal ones in the order in which they were put.

        Raises:
            ValueError: The vector has another dimension.
            StoreError: The file cannot be read.
        """
        import numpy as np

        query = unit_rows([vector])
        with self._reading():
            parts, alive = self._refresh()
            kept = alive if keep is None else self._kept(keep)
            found: list[tuple[float, int]] = []
            for part in parts:
                places = np.flatnonzero(np.isin(part.rows, kept, assume_unique=True))
                if not len(places) or k < 1:
                    continue
                if query.shape[1] != part.dimension:
                    raise ValueError(f"the vector has {query.shape[1]} numbers; expected {part.dimension}, as many as those of the texts")
                cosines, ids = part.vectors.search(query, k, within=None if len(places) == len(part.rows) else _ranges(places))
                found += [(float(cosine), int(part.rows[at])) for cosine, at in zip(cosines[0], ids[0], strict=True)]
            best = sorted(found, key=lambda one: (-one[0], one[1]))[:k]
            wanted = json.dumps([row for _, row in best])
            stored = self._all("SELECT row, vector, id, text, fields FROM entry WHERE row IN (SELECT value FROM json_each(?))", (wanted,))
        entries = {row: (_entry(*rest), np.frombuffer(vector, dtype=np.float32)) for row, vector, *rest in stored}
        return [(entries[row][0], cosine, entries[row][1]) for cosine, row in best]

    def _kept(self, keep: Mapping[str, Any] | Callable[[Entry], bool]) -> NDArray[np.int64]:
        """Return the rows that a filter keeps."""
        import numpy as np

        if callable(keep):
            rows = [row[0] for row in self._all("SELECT row, id, text, fields FROM entry ORDER BY row") if keep(_entry(*row[1:]))]
        else:
            rows = [row for row, fields in self._all("SELECT row, fields FROM entry ORDER BY row") if _has(json.loads(fields), keep)]
        return np.array(rows, dtype=np.int64)

    def _refresh(self) -> tuple[tuple[_Part, ...], NDArray[np.int64]]:
        """Return the parts that hold the rows as they are in the file, and which rows these are."""
        import numpy as np

        state = (self._all("PRAGMA data_version"), self._db.total_changes)  # of other connections, and of ours
        if state == self._seen:
            return self._parts, self._alive
        self._alive = np.array([row for (row,) in self._all("SELECT row FROM entry ORDER BY row")], dtype=np.int64)
        base = self._parts[0] if self._parts else None
        last = int(base.rows[-1]) if base else 0
        late = int((self._alive > last).sum())
        dead = len(base.rows) + late - len(self._alive) if base else 0
        if base is None or late + dead > max(_FEW, _SHARE * len(self._alive)):
            self._parts = self._read_parts(0)
        else:
            self._parts = (base, *self._read_parts(last))
        self._seen = state
        return self._parts, self._alive

    def _read_parts(self, after: int) -> tuple[_Part, ...]:
        """Return the rows after one as a part; none when there are none."""
        import numpy as np

        stored = self._all("SELECT row, vector FROM entry WHERE row > ? ORDER BY row", (after,))
        if not stored:
            return ()
        vectors = np.frombuffer(b"".join(vector for _, vector in stored), dtype=np.float32).reshape(len(stored), -1)
        return (
            _Part(
                rows=np.array([row for row, _ in stored], dtype=np.int64), vectors=VectorIndex.build(vectors), dimension=vectors.shape[1]
            ),
        )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Keep other threads out, and what other processes change out of sight: everything is read in one state of the file."""
        with self._lock:
            if self._db.in_transaction:  # a filter that searches
                yield
                return
            self._all("BEGIN")
            try:
                yield
            finally:
                self._all("ROLLBACK")  # nothing was written

    def _change(self, steps: Sequence[tuple[str, Sequence[object]]]) -> None:
        """Run the steps in one transaction."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    for statement, values in steps:
                        self._db.execute(statement, values)
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise StoreError(f"the texts at {self._path} cannot be written ({error}); nothing was changed") from error

    def _all(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise StoreError(f"the texts at {self._path} cannot be read ({error})") from error


def unit_rows(vectors: ArrayLike) -> NDArray[np.float32]:
    """Return vectors, n of them but not none, as unit rows, shape (n, dimension); one of zeros stays as it is, and is like nothing."""
    import numpy as np

    rows = np.array(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit


def _if_new(tables: str) -> str:
    """Return the statements for a file that another process may be making at the same moment."""
    return tables.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ")


def _to_json(entry: Entry) -> str:
    try:
        written = json.dumps(entry.fields, ensure_ascii=False)
        same = json.loads(written) == entry.fields
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"the metadata of {entry.id!r} cannot be kept ({error}); expected text, numbers, true, false, null, lists, dicts"
        ) from error
    if not same:
        raise TypeError(f"the metadata of {entry.id!r} would come back otherwise; expected keys that are text, and lists for tuples")
    return written


def _entry(number: str, text: str, fields: str) -> Entry:
    return Entry(id=number, text=text, fields=json.loads(fields))


def _has(fields: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Say whether fields have these values, of the same type: 1 is not true."""
    return all(name in fields and type(fields[name]) is type(value) and fields[name] == value for name, value in wanted.items())


def _ranges(places: NDArray[np.int64]) -> list[range]:
    """Return ascending places as ranges."""
    import numpy as np

    edges = [0, *(np.flatnonzero(np.diff(places) > 1) + 1).tolist(), len(places)]
    return [range(int(places[first]), int(places[last - 1]) + 1) for first, last in pairwise(edges)]
