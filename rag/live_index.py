"""The index of a folder as its files are now: opened on first use, built when it is missing or older than the files.

The files' sizes and times are looked at again when the index is asked for, at most once a second, and at most every five
where there are so many files that looking takes long.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.build import is_current, open_index
from index.generations import current_generation
from rag.aliases import load_aliases
from rag.settings import load_encoder

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import Encoder
    from index.search import ParagraphIndex
    from rag.aliases import Aliases

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
        self._lock = threading.Lock()
        self._opened: Opened | None = None
        self._look_again = 0.0

    def current(self) -> Opened:
        """Return the index of the documents as they are now.

        Raises:
            CorpusError: The folder is missing, empty or unreadable.
            StoreError: The index cannot be written.
            EncoderError: The embedding model cannot be loaded.
        """
        with self._lock:
            if self._opened is None or time.monotonic() >= self._look_again:
                self._opened = self._look(self._opened)
            return self._opened

    def _look(self, opened: Opened | None) -> Opened:
        """Return what is open where the files have not changed since, else what is built of them."""
        self._encoder = self._encoder or load_encoder(self._encoder_name)
        started = time.monotonic()
        current = opened is not None and self._is_current(opened.index, self._encoder)
        looked = time.monotonic() - started
        if opened is None or not current:
            index, report = open_index(self._corpus, self._index_dir, self._encoder, progress=self._progress)
            opened = Opened(index=index, aliases=load_aliases(index, self._index_dir))
            for reason in report.skipped.values() if report else ():
                _log.warning("skipped %s", reason)
        self._look_again = time.monotonic() + min(5.0, max(1.0, 20 * looked))
        return opened

    def _is_current(self, index: ParagraphIndex, encoder: Encoder) -> bool:
        return index.generation == current_generation(self._index_dir) and is_current(self._corpus, self._index_dir, encoder)
