"""The first opening of the index, in a thread of its own, so that the page is there at once and says how far it is."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from index.errors import PinciteError
from index.listing import list_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.search import ParagraphIndex
    from rag import Assistant

_log = logging.getLogger("pincite")


class Preparation:
    """Opens an assistant's index, building it when it is missing or older than the files."""

    def __init__(self, assistant: Assistant, after: Callable[[ParagraphIndex], object]) -> None:
        """Begin.

        Args:
            assistant: Whose index is opened.
            after: Called with the index when it is open, before the preparation is over.
        """
        self._assistant = assistant
        self._after = after
        self._shares: dict[str, float] = {}
        self._documents = 0
        self._over = threading.Event()
        threading.Thread(target=self._prepare, name="pincite preparation", daemon=True).start()

    @property
    def over(self) -> bool:
        """Whether the index is open, or will not be; asking for it then says why."""
        return self._over.is_set()

    @property
    def share(self) -> float:
        """How much of the documents is embedded, 0..1."""
        return sum(self._shares.values()) / self._documents if self._documents else 0.0

    def wait(self, seconds: float) -> bool:
        """Wait until it is over, but not longer; return whether it is."""
        return self._over.wait(seconds)

    def _prepare(self) -> None:
        try:
            self._documents = len(list_files(self._assistant.corpus).states)
            self._after(self._assistant.open(watch=self._shares.__setitem__))
        except PinciteError:
            pass  # whoever asks for the index is told
        except Exception:  # noqa: BLE001 - the page is there, and whoever asks for the index meets it again
            _log.exception("the documents could not be prepared")
        finally:
            self._over.set()
