"""How many replies of one chat model are awaited at once, learnt from its refusals; shared by all threads that ask it.

A provider that has no room for a question says so, and mostly for how long. Nobody asks then until that time is over, half as many
ask at once, and one more for each round of replies that came. What was refused is asked again; the waiting costs nothing of an answer's
own time. Without a pace a refusal is a failure like any other, and the documents are quoted: a reader would not wait.

Reference: Chiu and Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in Computer Networks", 1989.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from index.errors import BusyError
from rag.model_failures import refused_for

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from rag.waiting import Patience

LONGEST = 300.0  # seconds of nothing but refusals, after which it is no limit a minute that one waits for
_POLL = 0.05  # seconds between two looks at whether the answer is still wanted
_MOST_DOUBLED = 6  # 1, 2, 4 ... 64 seconds

_T = TypeVar("_T")


class Pace:
    """The pace at which several threads ask one chat model."""

    def __init__(self, most: int = 1, *, longest: float = LONGEST, first: float = 1.0) -> None:
        """Begin with as many replies at once as there may ever be.

        Args:
            most: Replies that are awaited at once, 1 or more.
            longest: Seconds of refusals in a row before it is given up.
            first: Seconds to wait after a refusal that says nothing of it, twice as many after each further one; and the least.
        """
        self.most = most
        self._longest = longest
        self._first = first
        self._turns = threading.Condition()  # guards what follows
        self._allowed = float(most)
        self._asking = 0
        self._not_before = 0.0  # on the clock of time.monotonic, as all that follow
        self._slowed = 0.0  # when the pace was last slowed down
        self._refusals = 0  # rounds in a row
        self._refused_since = 0.0

    @property
    def allowed(self) -> int:
        """How many replies may be awaited at once now."""
        return max(1, int(self._allowed))

    def read(
        self, make: Callable[[], Generator[_T, None, bool]], patience: Patience, begun: Callable[[], bool], *, name: str
    ) -> Generator[_T, None, bool]:
        """Yield what a generator yields, in its turn; where it is refused before anything came, what another one yields.

        Args:
            make: Asks the model anew.
            patience: Of the answer; waiting here moves its end.
            begun: Says whether anything of the reply came.
            name: What the model is called.

        Returns:
            What the generator returns.

        Raises:
            BusyError: There were nothing but refusals for too long.
            Exception: Whatever the generator raises that is no refusal.
        """
        while True:
            with self._turn(patience) as asked:
                try:
                    finished = yield from make()
                except Exception as error:
                    seconds = refused_for(error)
                    if seconds is None or begun():
                        raise
                    self._slow_down(seconds, asked, error, name)
                else:
                    if begun():
                        self._speed_up()
                    return finished

    @contextlib.contextmanager
    def _turn(self, patience: Patience) -> Iterator[float]:
        """Wait for a turn, for as long as the answer is wanted; give when it began."""
        came = time.monotonic()
        with self._turns:
            while not patience.stopped.is_set() and (self._asking >= self.allowed or time.monotonic() < self._not_before):
                self._turns.wait(_POLL)
            self._asking += 1
            asked = time.monotonic()
        patience.deadline += asked - came
        try:
            yield asked
        finally:
            with self._turns:
                self._asking -= 1
                self._turns.notify()

    def _slow_down(self, seconds: float, asked: float, error: Exception, name: str) -> None:
        """Let nobody ask for some time, and fewer at once then; refusals of one round count once."""
        with self._turns:
            now = time.monotonic()
            if asked >= self._slowed:
                self._refused_since = self._refused_since if self._refusals else now
                self._refusals += 1
                self._allowed = max(1.0, self._allowed / 2)
                self._slowed = now
            wait = max(self._first, seconds or self._first * 2 ** min(self._refusals - 1, _MOST_DOUBLED))
            self._not_before = max(self._not_before, now + wait)
            if self._not_before - self._refused_since > self._longest:
                refused, more = now - self._refused_since, self._not_before - now
                raise BusyError(
                    f"{name} has refused for {refused:.0f} seconds and is not to be asked for {more:.0f} more (rate limit or quota); "
                    f"expected room within {self._longest:.0f} seconds: ask again later"
                ) from error

    def _speed_up(self) -> None:
        with self._turns:
            self._refusals = 0
            self._allowed = min(self.most, self._allowed + 1 / self._allowed)
            self._turns.notify()
