"""Waiting for what may never come: an iterator is read by another thread, for as long as there is time and somebody wants more."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from rag.pacing import Pace

_POLL = 0.05  # seconds between two looks at whether more is still wanted
_MOST_WAITING = 64  # things that are read ahead

_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class Patience:
    """How long something may go on: until a time, and while somebody wants to hear it.

    Attributes:
        deadline: On the clock of `time.monotonic`.
        stopped: Set when nobody wants the rest.
        pace: At which a chat model is asked; None takes a refusal for a failure.
    """

    deadline: float
    stopped: threading.Event = field(default_factory=threading.Event)
    pace: Pace | None = None

    @classmethod
    def of(cls, seconds: float, stopped: threading.Event | None = None, pace: Pace | None = None) -> Patience:
        """Return patience for so many seconds from now."""
        return cls(deadline=time.monotonic() + seconds, stopped=stopped or threading.Event(), pace=pace)

    @property
    def left(self) -> float:
        """Seconds; 0 when nobody wants the rest."""
        return 0.0 if self.stopped.is_set() else max(0.0, self.deadline - time.monotonic())


def read_in_time(make: Callable[[], Iterator[_T]], patience: Patience) -> Generator[_T, None, bool]:
    """Yield what an iterator yields that another thread makes and reads; return whether its end was reached in time.

    When patience ends, or this generator is closed, the thread stops at the iterator's next thing. Where there is no patience at all,
    nothing is made.

    Raises:
        BaseException: Whatever the iterator raises.
    """
    if not patience.left:
        return False
    pipe: _Pipe[_T] = _Pipe()
    target = contextvars.copy_context().run
    threading.Thread(target=target, args=(pipe.fill, make), name="pincite waiting", daemon=True).start()
    try:
        while patience.left:
            try:
                come = pipe.things.get(timeout=_POLL)
            except queue.Empty:
                continue
            if isinstance(come, _End):
                if come.error is not None:
                    raise come.error
                return True
            yield come.thing
        return False
    finally:
        pipe.left.set()


@dataclass(frozen=True, slots=True)
class _Thing(Generic[_T]):
    thing: _T


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


class _Pipe(Generic[_T]):
    """Between the thread that reads and the one that waits."""

    def __init__(self) -> None:
        self.things: queue.Queue[_Thing[_T] | _End] = queue.Queue(maxsize=_MOST_WAITING)
        self.left = threading.Event()  # set when nobody waits any more

    def fill(self, make: Callable[[], Iterator[_T]]) -> None:
        try:
            for thing in make():
                self._put(_Thing(thing))
                if self.left.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - handed over to the one who waits
            self._put(_End(error))
        else:
            self._put(_End())

    def _put(self, come: _Thing[_T] | _End) -> None:
        while not self.left.is_set():
            try:
                self.things.put(come, timeout=_POLL)
            except queue.Full:
                continue
            return
