"""Several child processes that parse at once: at most one a core and eight in all, each started when a file finds the others busy.

The threads here only wait for the children; one file is as isolated as it is in `index.readers.process`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import LifoQueue
from typing import TYPE_CHECKING, Self, TypeVar

from index.encoders import count_cores
from index.readers.process import ParserProcess

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

_Read = TypeVar("_Read")
_MOST = 8  # a container may see many more cores than it is given, and a file that waits for one must not run out of its time


class ParserPool:
    """Child processes that parse files, on demand.

    A context manager: leaving it, for whatever reason, ends the children at once and starts none of what still waits.

    Attributes:
        children: How many there can be at once.
    """

    def __init__(self, *, children: int | None = None, make: Callable[[], ParserProcess] = ParserProcess) -> None:
        """Set how many; nothing is started yet.

        Args:
            children: At most so many; None is one a core, and no more than `_MOST`.
            make: Each of them, with its limits.
        """
        self.children = children or min(count_cores(), _MOST)
        self._threads = ThreadPoolExecutor(self.children, thread_name_prefix="parsing")
        self._all = [make() for _ in range(self.children)]
        self._idle: LifoQueue[ParserProcess] = LifoQueue()  # the last that was busy first: those at the bottom may never be started
        for one in self._all:
            self._idle.put(one)

    def submit(self, read: Callable[[ParserProcess], _Read]) -> Future[_Read]:
        """Call `read` in a thread, with a child of its own for as long as that takes; return what it will return or raise."""
        return self._threads.submit(self._run, read)

    def _run(self, read: Callable[[ParserProcess], _Read]) -> _Read:
        parsers = self._idle.get_nowait()  # there are as many as threads
        try:
            return read(parsers)
        finally:
            self._idle.put(parsers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for one in self._all:
            one.stop()
        self._threads.shutdown(wait=True)
        for one in self._all:
            one.close()
