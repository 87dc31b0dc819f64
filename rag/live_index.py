"""The index of a folder as its files are now: opened on first use, built when it is missing or older than the files.

The files' sizes and times are looked at again when the index is asked for, at most once a second, and at most every five
where there are so many files that looking takes long. Who asks then waits for what is built of changed files. During
`LiveIndex.update`, which changes files on purpose, nobody waits: what is open serves until the new index takes its place.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.build import build_index, is_current, open_index
from index.errors import CorpusError
from index.generations import current_generation
from index.listing import list_files
from index.search import ParagraphIndex
from rag.alias_file import load_aliases
from rag.settings import load_encoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.build import BuildReport
    from index.catalogue import FileState
    from index.encoders import Encoder
    from rag.aliases import Aliases

_PAUSE = 1.0  # seconds between two looks at the files, at least

_log = logging.getLogger("pincite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One generation: the index, and the other names that its documents give."""

    index: ParagraphIndex
    aliases: Aliases


class LiveIndex:
    """Keeps the index of one folder open and up to date; safe to use from several threads."""

    def __init__(self, corpus: Path, index_dir: Path, *, encoder: Encoder | None, encoder_name: str, progress: bool) -> None:
        """Prepare it; nothing is read or loaded yet.

        Args:
            corpus: Folder of documents.
            index_dir: Where its index is kept.
            encoder: Makes the vectors; None is the one that `encoder_name` names, loaded on first use.
            encoder_name: As `rag.settings.load_encoder` takes it.
            progress: Show progress bars on standard error while an index is built.
        """
        self._corpus = corpus
        self._index_dir = index_dir
        self._encoder = encoder
        self._encoder_name = encoder_name
        self._progress = progress
        self._turn = threading.Condition()  # guards what follows, never for longer than a few lines take
        self._busy = False  # somebody looks at the files or builds
        self._updates = 0  # that run or wait
        self._opened: Opened | None = None
        self._look_again = 0.0
        self._failed: dict[str, FileState] | None = None  # the files of which no other index could be made

    def current(self, watch: Callable[[str, float], None] | None = None) -> Opened:
        """Return the index of the documents as they are now.

        Args:
            watch: As `index.build.build_index` says; called where an index is built.

        Raises:
            CorpusError: The folder is missing, empty or unreadable.
            StoreError: The index cannot be written.
            EncoderError: The embedding model cannot be loaded.
        """
        with self._turn:
            while (serving := self._serving()) is None and self._busy:
                self._turn.wait()
            if serving is not None:
                return serving
            self._busy = True
        try:
            return self._look(watch)
        finally:
            self._end_turn()

    def update(self, change: Callable[[], None] | None, watch: Callable[[str, float], None] | None) -> BuildReport:
        """Change the files and build an index of them, while what is open serves; see `Assistant.update`."""
        with self._turn:
            self._updates += 1
            self._turn.notify_all()  # whoever waits for an index need not any more
        try:
            with self._turn:
                self._turn.wait_for(lambda: not self._busy)
                self._busy = True
            try:
                return self._renew(change, watch)
            finally:
                self._end_turn()
        finally:
            with self._turn:
                self._updates -= 1

    def _serving(self) -> Opened | None:
        """Return what is open where it answers without a look at the files."""
        return self._opened if self._updates or time.monotonic() < self._look_again else None

    def _end_turn(self) -> None:
        with self._turn:
            self._busy = False
            self._turn.notify_all()

    def _renew(self, change: Callable[[], None] | None, watch: Callable[[str, float], None] | None) -> BuildReport:
        """Change the files, build an index of them, and put it in the place of what is open, which stays when that fails."""
        try:
            if change is not None:
                change()
            encoder = self._load_encoder()
            report = build_index(self._corpus, self._index_dir, encoder, progress=self._progress, watch=watch)
            self._open(ParagraphIndex(report.generation, encoder))
        except CorpusError:  # no document may be left to answer from: the next question looks
            self._look_again = 0.0
            raise
        except BaseException:
            with contextlib.suppress(CorpusError):
                self._failed = list_files(self._corpus).states
            raise
        self._look_again = time.monotonic() + _PAUSE
        return report

    def _open(self, index: ParagraphIndex) -> Opened:
        self._opened = Opened(index=index, aliases=load_aliases(index, self._index_dir))
        self._failed = None
        return self._opened

    def _load_encoder(self) -> Encoder:
        self._encoder = self._encoder or load_encoder(self._encoder_name)
        return self._encoder

    def _look(self, watch: Callable[[str, float], None] | None) -> Opened:
        """Return what is open where the files have not changed since, else what is built of them."""
        opened, encoder = self._opened, self._load_encoder()
        started = time.monotonic()
        current = opened is not None and self._is_current(opened.index, encoder)
        looked = time.monotonic() - started
        if opened is None or not current:
            states = list_files(self._corpus).states
            index, report = open_index(self._corpus, self._index_dir, encoder, progress=self._progress, watch=watch)
            opened = self._open(index)
            if report is None and not self._is_current(index, encoder):  # it cannot be written, and was opened as it is
                self._failed = states  # as they were before they were compared: what has changed meanwhile is looked at
            for reason in report.skipped.values() if report else ():
                _log.warning("skipped %s", reason)
        self._look_again = time.monotonic() + min(5.0, max(_PAUSE, 20 * looked))
        return opened

    def _is_current(self, index: ParagraphIndex, encoder: Encoder) -> bool:
        if index.generation != current_generation(self._index_dir):
            return False
        if self._failed is not None and self._failed == list_files(self._corpus).states:
            return True  # there is no other index of these files
        return is_current(self._corpus, self._index_dir, encoder)
