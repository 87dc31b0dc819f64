"""The documents of a build: what an earlier build has parsed is taken over while its file is the same, the rest is read.

Here text and Markdown are always read again, which costs next to nothing. What has to be parsed is parsed on all cores, ahead of
its turn; the documents come in the order of their files all the same. A file that could not be parsed is not tried again
until it changes: it may have cost its whole time limit.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import SourceError
from index.readers.pool import ParserPool
from index.readers.types import MEDIA_TYPES, PARSERS
from index.sources import read_source

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from concurrent.futures import Future

    from index.catalogue import Entry, FileState
    from index.earlier import Earlier
    from index.sources import Source

AHEAD = 4  # files for each child that are parsed ahead of their turn: what a long one holds up is parsed meanwhile
AHEAD_BYTES = 64 * 2**20  # of files, beyond which there is one for each child at most: their texts wait in memory


def read_sources(
    corpus: Path, states: Mapping[str, FileState], earlier: Earlier | None
) -> Generator[tuple[str, Source | SourceError], None, None]:
    """Yield each document by its path, or why it cannot be read, in the order of `states`.

    To be closed where it is not read to its end: parsers may be running.

    Args:
        corpus: Folder of the documents.
        states: Of the files to read, by path.
        earlier: The generation from which parsed documents are taken over; None reads all.
    """
    taken = _find_taken(states, earlier)
    with ParserPool() as pool:
        ahead = _Ahead(pool, corpus, ((path, state.size) for path, state in states.items() if _is_parsed(path) and path not in taken))
        for path in states:
            try:
                if earlier is not None and path in taken:
                    reason = taken[path].reason
                    source = SourceError(reason) if reason is not None else earlier.store.source(path)
                else:
                    source = ahead.take() if _is_parsed(path) else read_source(corpus, path, None)
            except SourceError as error:
                source = error
            yield path, source


def _find_taken(states: Mapping[str, FileState], earlier: Earlier | None) -> dict[str, Entry]:
    """Return the files that had to be parsed, and were parsed by an earlier build as they are."""
    known = earlier.entries if earlier is not None and earlier.same_texts else {}
    return {path: known[path] for path, state in states.items() if path in known and known[path].state == state and _is_parsed(path)}


def _is_parsed(path: str) -> bool:
    """Say whether a file is parsed in a child process; text is decoded here."""
    return MEDIA_TYPES[Path(path).suffix.lower()] in PARSERS


class _Ahead:
    """Files that are parsed ahead of their turn, bounded, so that memory stays flat however many they are."""

    def __init__(self, pool: ParserPool, corpus: Path, files: Iterable[tuple[str, int]]) -> None:
        """Hand out the first.

        Args:
            pool: That parses them.
            corpus: Folder of the documents.
            files: The path and size of each, in the order in which they will be taken.
        """
        self._pool = pool
        self._corpus = corpus
        self._files = iter(files)
        self._waiting: deque[tuple[Future[Source], int]] = deque()
        self._bytes = 0
        self._hand_out()

    def take(self) -> Source:
        """Return the next document.

        Raises:
            SourceError: As `read_source`.
        """
        future, size = self._waiting.popleft()
        try:
            return future.result()
        finally:
            self._bytes -= size
            self._hand_out()

    def _hand_out(self) -> None:
        most = AHEAD * self._pool.children
        while len(self._waiting) < (most if self._bytes < AHEAD_BYTES else self._pool.children):
            path, size = next(self._files, (None, 0))
            if path is None:
                return
            self._waiting.append((self._pool.submit(partial(read_source, self._corpus, path)), size))
            self._bytes += size
