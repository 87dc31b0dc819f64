"""Parsing in a child process: a file that crashes, hangs or swells its parser costs itself, and nothing else.

One child reads many files, one after the other; after a crash, a time-out or a shortage of memory it is replaced. It is started
when the first file needs it, so a folder of plain text starts none.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Self

from index.errors import SourceError
from index.locations import ROOT
from index.readers.document import Document

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECONDS = 120.0  # for one file: a PDF of a thousand pages takes a quarter of it
MEMORY = 2 * 2**30  # bytes of address space, of which the parsers' libraries take a tenth

_START = "import sys; sys.path[:0] = sys.argv[3:]; from index.readers.child import serve; serve(int(sys.argv[1]), int(sys.argv[2]))"


class ParserProcess:
    """A child process that parses files, on demand; may be used by several threads, which wait for one another.

    A context manager: leaving it ends the child.
    """

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY, folders: Sequence[Path] = ()) -> None:
        """Set the limits; nothing is started yet.

        Args:
            seconds: That one file may take.
            memory: Bytes of address space of the child, where the system limits it (Linux does, macOS does not).
            folders: Further ones from which the child imports parsers.
        """
        self._seconds = seconds
        self._memory = memory
        self._folders = [str(ROOT), *map(str, folders)]
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def parse(self, file: Path, parser: str) -> Document:
        """Return what a file says.

        Args:
            file: Which can be read.
            parser: "module:function", from bytes to a `Document`.

        Raises:
            SourceError: It cannot be parsed, or not within the limits; the message does not name it.
        """
        request = json.dumps({"file": str(file.resolve()), "parser": parser}).encode() + b"\n"
        with self._lock:
            reply = json.loads(self._exchange(request))
            if reply.get("spent"):
                self._end()
        if "error" in reply:
            raise SourceError(reply["error"])
        return Document.from_dict(reply)

    def close(self) -> None:
        """End the child; the next file starts another."""
        with self._lock:
            self._end()

    def stop(self) -> None:
        """End the child at once, also while another thread waits for it, whose file then fails; no other is started."""
        self._stopped = True
        child = self._child
        if child is not None:
            child.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exchange(self, request: bytes) -> bytes:
        """Send a request and return the reply; a child that gives none is ended."""
        child = self._child = self._child or self._start()
        try:
            if self._stopped:  # while it was started, when `stop` knew of no child yet
                child.kill()
            _pipe(child.stdin).write(request)
            _pipe(child.stdin).flush()
            return self._receive(child)
        except BrokenPipeError as error:
            raise self._failed(child) from error
        except BaseException:
            self._end()
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: "-c" alone would import from the current folder first, where a json.py may lie that nobody vouches for.
        limits = [str(self._memory), str(int(self._seconds) + 1)]
        command = [sys.executable, "-P", "-c", _START, *limits, *self._folders]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - our own

    def _receive(self, child: subprocess.Popen[bytes]) -> bytes:
        descriptor = _pipe(child.stdout).fileno()
        until = time.monotonic() + self._seconds
        received = bytearray()
        while not received.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not _readable(descriptor, left):
                raise SourceError(f"parsing it took more than {self._seconds:g} seconds; expected less: split the file, or print it anew")
            piece = os.read(descriptor, 2**20)
            if not piece:
                raise self._failed(child)
            received += piece
        return bytes(received)

    def _failed(self, child: subprocess.Popen[bytes]) -> SourceError:
        code = child.wait(timeout=10)
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self._end()
        return SourceError(f"its parser crashed ({how}); expected a whole file: open it, and save it anew")

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            try:
                _pipe(pipe).close()
            except BrokenPipeError:  # what was left to be written is for nobody
                continue


def _readable(descriptor: int, seconds: float) -> bool:
    """Wait until something can be read, or the time is over; `select` itself knows no descriptor beyond 1,023."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    """Return a pipe that a child was started with."""
    if pipe is None:
        raise TypeError("the child was started without a pipe")
    return pipe
