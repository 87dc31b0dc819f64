"""What a chat model says, sentence by sentence as it comes, and within limits: of time, of length, and of patience with repetition.

The model is read by a thread of its own, so that one that keeps silent holds nobody up. When the limits are passed, or nobody wants the
rest, the thread stops reading at the next piece of text, which closes the connection; a server that is silent meanwhile is left
when its own time-out has passed.
"""

from __future__ import annotations

import contextvars
import queue
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.errors import ModelError
from rag.chat_models import explain_failure
from rag.statements import split_statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.messages.ai import UsageMetadata

MOST_CHARS = 8_000  # of a reply
MOST_SENTENCE_CHARS = 1_000  # without an end: no sentence, but garbage
MOST_STATEMENTS = 12  # an answer that is longer is none
TOO_LONG = "it was too long"
MOST_REPEATED = 3  # sentences said before, from which on the model only repeats itself

_MOST_RAW = 3 * MOST_CHARS  # with what a model thinks aloud before it answers
_POLL = 0.05  # seconds between two looks at whether the rest is still wanted
_ENDS = re.compile(r"[.!?。！？\n]")
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)


@dataclass(slots=True, kw_only=True)
class Reply:
    """A reply while it is read, and afterwards.

    Attributes:
        text: So far, without what a model thinks aloud.
        usage: Tokens, as the model counts them; None when it does not.
        cut: Why the rest was not read, "" when all was.
    """

    text: str = ""
    usage: UsageMetadata | None = None
    cut: str = ""


@dataclass(slots=True, kw_only=True)
class Patience:
    """How long a model may go on: until a time, and while somebody wants to hear it.

    Attributes:
        deadline: On the clock of `time.monotonic`.
        stopped: Set when nobody wants the rest.
    """

    deadline: float
    stopped: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, seconds: float, stopped: threading.Event | None = None) -> Patience:
        """Return patience for so many seconds from now."""
        return cls(deadline=time.monotonic() + seconds, stopped=stopped or threading.Event())

    @property
    def left(self) -> float:
        """Seconds; 0 when nobody wants the rest."""
        return 0.0 if self.stopped.is_set() else max(0.0, self.deadline - time.monotonic())


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A chat model that is at work on one answer.

    Attributes:
        model: Any chat model.
        name: What it is called.
        patience: How long all its replies may take.
    """

    model: BaseChatModel
    name: str
    patience: Patience


def read_statements(writer: Writer, messages: Sequence[BaseMessage], reply: Reply, *, run_name: str) -> Iterator[str]:
    """Yield the sentences of a model's reply, each once, as soon as the next one has begun.

    Args:
        writer: Who is asked.
        messages: What it is given.
        reply: Filled as the text comes.
        run_name: Of this run, for LangChain's callbacks.

    Raises:
        ModelError: The model failed; the sentences that came before have been yielded.
    """
    yielded = repeated = 0
    said: set[str] = set()
    for whole in _growing_text(writer, messages, reply, run_name):
        statements = split_statements(reply.text)
        ready = statements if whole else statements[:-1]
        for statement in ready[yielded:]:
            yielded += 1
            if len(said) == MOST_STATEMENTS or len(statement) > MOST_SENTENCE_CHARS:
                reply.cut = TOO_LONG
            elif statement.casefold() in said:
                repeated += 1
                reply.cut = "it repeated itself" if repeated == MOST_REPEATED else ""
            else:
                said.add(statement.casefold())
                yield statement
            if reply.cut:
                return
        if statements and len(statements[-1]) > MOST_SENTENCE_CHARS:
            reply.cut = TOO_LONG
            return


def _growing_text(writer: Writer, messages: Sequence[BaseMessage], reply: Reply, run_name: str) -> Iterator[bool]:
    """Yield whenever a sentence may have ended, and True once at the end of a whole reply; the text is in the reply."""
    raw = ""
    ended = False
    try:
        for piece in _pieces(writer, messages, reply, run_name):
            raw += piece
            reply.text = _THOUGHT.sub("", raw[:_MOST_RAW])[:MOST_CHARS]
            ends = _ENDS.search(piece) is not None
            if ends or (ended and piece.strip()) or len(raw) > MOST_SENTENCE_CHARS:
                yield False
            ended = ends or (ended and not piece.strip())
            if len(raw) >= _MOST_RAW or len(reply.text) == MOST_CHARS:
                reply.cut = reply.cut or TOO_LONG
                return
    except ModelError:
        yield False
        raise
    yield not reply.cut


def _pieces(writer: Writer, messages: Sequence[BaseMessage], reply: Reply, run_name: str) -> Iterator[str]:
    """Yield the pieces of text that a model streams, read by another thread."""
    pieces: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
    left = threading.Event()

    def read() -> None:
        try:
            for piece in _read_model(writer, messages, reply, run_name):
                if left.is_set():
                    return
                pieces.put(piece)
        except BaseException as error:  # noqa: BLE001 - handed over to the reader
            pieces.put(error)
        else:
            pieces.put(None)

    threading.Thread(target=contextvars.copy_context().run, args=(read,), name="pincite model", daemon=True).start()
    try:
        while writer.patience.left:
            try:
                piece = pieces.get(timeout=_POLL)
            except queue.Empty:
                continue
            if piece is None:
                return
            if isinstance(piece, BaseException):
                raise ModelError(explain_failure(piece, writer.name)) from piece
            yield piece
        reply.cut = "" if writer.patience.stopped.is_set() else "it took too long"
    finally:
        left.set()


def _read_model(writer: Writer, messages: Sequence[BaseMessage], reply: Reply, run_name: str) -> Iterator[str]:
    from langchain_core.messages.ai import add_usage

    for chunk in writer.model.stream(list(messages), config={"run_name": run_name}):
        usage = getattr(chunk, "usage_metadata", None)
        reply.usage = add_usage(reply.usage, usage) if usage else reply.usage
        yield str(chunk.text)
