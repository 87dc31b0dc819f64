"""The vectors of a build: those of texts that an earlier build encoded are taken over, the others are encoded in batches.

Nothing is held in memory but one batch. The texts that wait for the encoder lie in a database in the build's staging
folder; what is encoded goes to the journal (see `index.journal`), from which it is read again when the vectors are written. A large build
may be encoded by a graphics card (see `index.graphics`).
"""

from __future__ import annotations

import hashlib
import sqlite3
from itertools import islice
from typing import TYPE_CHECKING, Self

from index.errors import StoreError
from index.graphics import GraphicsEncoder, choose_encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.earlier import Earlier
    from index.encoders import Encoder
    from index.journal import Journal

BATCH = 256  # windows encoded between two records of the journal, which is what a killed build does again
_ROWS = 1024  # vectors gathered at once when they are written

_TABLES = """
CREATE TABLE waiting (row INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE encoded (sha256 BLOB PRIMARY KEY, at INTEGER NOT NULL, resumed INTEGER NOT NULL) WITHOUT ROWID;
"""


def hash_window(window: str) -> bytes:
    """Return what a window's text is known by, from one generation to the next."""
    return hashlib.sha256(window.encode()).digest()


class WindowVectors:
    """The vectors of the windows of one build, found by the hash of their text.

    First every window is told (`add`), then what is missing is encoded (`encode_waiting`), then all can be read (`read`).
    A context manager: leaving it closes what it opened.

    Attributes:
        resumed: How many of the vectors that were read had been encoded by a build that was killed.
    """

    def __init__(self, folder: Path, encoder: Encoder, journal: Journal, earlier: Earlier | None) -> None:
        """Begin.

        Args:
            folder: Where the texts that wait are kept; the caller removes it.
            encoder: Makes the vectors.
            journal: Of this build; what a killed build left in it is taken over.
            earlier: The generation whose vectors are taken over; None takes none over.
        """
        self.resumed = 0
        self._encoder = encoder
        self._journal = journal
        self._earlier = earlier
        self._path = folder / "waiting.sqlite"
        self._db = sqlite3.connect(self._path)
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        for hashes, at in journal.left():
            self._record(hashes, at, resumed=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)

    def add(self, first: int, windows: Sequence[str]) -> list[bytes]:
        """Tell of windows that follow one another; return the hash of each.

        Args:
            first: The row of the first among the vectors that will be written.
            windows: Their texts.
        """
        hashes = [hash_window(window) for window in windows]
        found = self._places(hashes).keys() | (self._earlier.find_vectors(hashes).keys() if self._earlier else set())
        waiting = [(first + place, key, windows[place]) for place, key in enumerate(hashes) if key not in found]
        self._db.executemany("INSERT OR IGNORE INTO waiting VALUES (?, ?, ?)", waiting)
        return hashes

    def encode_waiting(self, *, rows: int, progress: bool, watch: Callable[[Sequence[int], int], None] | None = None) -> int:
        """Encode the windows that wait; return how many they were.

        Args:
            rows: How many windows there are in all.
            progress: Show a progress bar on standard error.
            watch: Called after each batch with the rows that it encoded, rising, and the row before which all are now whole. Of
                windows with one text only the first is encoded.
        """
        from tqdm import tqdm

        total = int(self._db.execute("SELECT count(*) FROM waiting").fetchone()[0])
        encoder = choose_encoder(self._encoder, total)
        last = -1
        with tqdm(total=total, desc="embedding", unit="passage", disable=not progress, delay=1) as bar:
            while batch := self._next(last, encoder.batch if isinstance(encoder, GraphicsEncoder) else BATCH):
                hashes = [key for _, key, _ in batch]
                self._record(hashes, self._journal.append(hashes, encoder.encode([text for *_, text in batch])))
                last = batch[-1][0]
                bar.update(len(batch))
                if watch is not None:
                    following = self._db.execute("SELECT row FROM waiting WHERE row > ? ORDER BY row LIMIT 1", (last,)).fetchone()
                    watch([row for row, *_ in batch], following[0] if following else rows)
        return total

    def read(self, hashes: Iterable[bytes]) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of windows in their order, in arrays of shape (m, dimension); `resumed` counts.

        Raises:
            StoreError: One of them is nowhere.
        """
        import numpy as np

        keys = iter(hashes)
        while batch := list(islice(keys, _ROWS)):
            vectors = np.empty((len(batch), self._encoder.dimension), dtype=np.float32)
            places = self._places(batch)
            taken = self._earlier.read_vectors([key for key in batch if key not in places]) if self._earlier else {}
            for row, key in enumerate(batch):
                if key in places:
                    at, resumed = places[key]
                    vectors[row] = self._journal.read(at)
                    self.resumed += resumed
                elif key in taken:
                    vectors[row] = taken[key]
                else:
                    raise StoreError("a vector that was to be taken over is not there; type: pincite index --rebuild")
            yield vectors

    def _next(self, last: int, most: int) -> list[tuple[int, bytes, str]]:
        """Return what waits behind a row, at most so many: rows, hashes and texts."""
        return self._db.execute("SELECT row, sha256, text FROM waiting WHERE row > ? ORDER BY row LIMIT ?", (last, most)).fetchall()

    def _record(self, hashes: Sequence[bytes], at: int, *, resumed: bool = False) -> None:
        rows = ((key, at + place * self._journal.stride(), resumed) for place, key in enumerate(hashes))
        self._db.executemany("INSERT OR IGNORE INTO encoded VALUES (?, ?, ?)", rows)

    def _places(self, hashes: Sequence[bytes]) -> dict[bytes, tuple[int, bool]]:
        """Return, of those that are encoded, where the vector stands in the journal, and whether a killed build put it there."""
        found: dict[bytes, tuple[int, bool]] = {}
        for at in range(0, len(hashes), _ROWS):
            batch = hashes[at : at + _ROWS]
            marks = ", ".join("?" * len(batch))
            rows = self._db.execute(f"SELECT sha256, at, resumed FROM encoded WHERE sha256 IN ({marks})", batch)
            found.update((key, (place, bool(resumed))) for key, place, resumed in rows)
        return found
