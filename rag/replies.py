"""What a chat model says, sentence by sentence as it comes, and within limits: of time, of length, and of patience with repetition.

The model is read by a thread of its own (`rag.waiting`), so that one that keeps silent holds nobody up. When the limits are passed, or
nobody wants the rest, reading stops at the next piece of text, which closes the connection; a server that is silent meanwhile is left when
its own time-out has passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.errors import BusyError, ModelError
from rag.model_failures import explain_failure
from rag.statements import split_statements
from rag.waiting import read_in_time

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.messages.ai import UsageMetadata

    from rag.waiting import Patience

MOST_CHARS = 8_000  # of a reply
MOST_SENTENCE_CHARS = 1_000  # without an end: no sentence, but garbage
MOST_STATEMENTS = 12  # an answer that is longer is none
TOO_LONG = "it was too long"
MOST_REPEATED = 3  # sentences said before, from which on the model only repeats itself

_MOST_RAW = 3 * MOST_CHARS  # with what a model thinks aloud before it answers
_SETTLED = re.compile(r"[.!?\n]\S*\s+\S+\s|[。！？]")  # a sentence may have ended, and the word behind it is whole
_THINKS = r"(?:think(?:ing)?|thoughts?|reasoning)"
_THOUGHT = re.compile(
    rf"[<\[]{_THINKS}[>\]].*?(?:[<\[]/{_THINKS}[>\]]|\Z)|\A(?:(?![<\[]{_THINKS}[>\]]).)*?[<\[]/{_THINKS}[>\]]", re.DOTALL | re.IGNORECASE
)
_LIMITED = frozenset({"length", "max_tokens", "MAX_TOKENS"})  # why providers say that a reply ends


@dataclass(slots=True, kw_only=True)
class Reply:
    """A reply while it is read, and afterwards.

    Attributes:
        text: So far, without what a model thinks aloud.
        usage: Tokens, as the model counts them; None when it does not.
        cut: Why the rest was not read, "" when all was.
        begun: Whether anything of it came.
        ended: Whether it came to its end.
    """

    text: str = ""
    usage: UsageMetadata | None = None
    cut: str = ""
    begun: bool = False
    ended: bool = False


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

    @property
    def profile(self) -> Mapping[str, Any]:
        """What LangChain knows of the model, such as its window; empty when it knows nothing."""
        return getattr(self.model, "profile", None) or {}


def open_writer(open_model: Callable[[], BaseChatModel], *, name: str, patience: Patience) -> Writer:
    """Open a chat model, which may ask its server, within the time there is.

    Raises:
        ModelError: It cannot be opened, or not in time.
    """
    for model in read_in_time(lambda: iter([open_model()]), patience):
        return Writer(model=model, name=name, patience=patience)
    raise ModelError(explain_failure(TimeoutError(), name))


def read_statements(writer: Writer, messages: Sequence[BaseMessage], reply: Reply, *, run_name: str) -> Iterator[str]:
    """Yield the sentences of a model's reply, each once, as soon as the next one has begun.

    Args:
        writer: Who is asked.
        messages: What it is given.
        reply: Filled as the text comes.
        run_name: Of this run, for LangChain's callbacks.

    Raises:
        ModelError: The model failed; the sentences that came before have been yielded.
        BusyError: The model had no room for longer than its pace waits.
    """
    yielded = repeated = 0
    said: set[str] = set()
    for text, whole in _growing_text(writer, messages, reply, run_name):
        statements = split_statements(text)
        ready = statements if whole else statements[:-1]
        yielded = 0 if yielded > len(ready) + 1 else yielded  # what a model thought aloud is taken out
        for statement in ready[yielded:]:
            yielded += 1
            if not writer.patience.left:
                return
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


def _growing_text(writer: Writer, messages: Sequence[BaseMessage], reply: Reply, run_name: str) -> Iterator[tuple[str, bool]]:
    """Yield the text up to its last whole word whenever a sentence may have ended, and all of it, with True, at the end of a reply.

    Whether a full stop ends a sentence the word behind it decides, and of that one only the beginning may have come.
    """
    raw = ""
    looked = shown = 0
    try:
        for piece in _pieces(writer, messages, reply, run_name):
            raw += piece
            thinking = raw.rfind("<think") > raw.rfind("</think")
            if thinking and ">" not in piece and len(raw) < _MOST_RAW:
                continue
            reply.text = _THOUGHT.sub("", raw[:_MOST_RAW])[:MOST_CHARS]
            looked = min(looked, len(reply.text))
            settled = _SETTLED.search(reply.text, looked)
            if settled or len(reply.text) - shown > MOST_SENTENCE_CHARS:
                looked, shown = settled.start() + 1 if settled else looked, len(reply.text)
                yield _whole_words(reply.text), False
            if len(raw) >= _MOST_RAW or len(reply.text) == MOST_CHARS:
                reply.cut = reply.cut or TOO_LONG
                break
    except ModelError:
        yield _whole_words(reply.text), False
        raise
    yield (_whole_words(reply.text), False) if reply.cut else (reply.text, True)


def _whole_words(text: str) -> str:
    """Return a text without the word at its end that may go on."""
    return text[: 1 + max(text.rfind(mark) for mark in " \n\t。！？")]


def _pieces(writer: Writer, messages: Sequence[BaseMessage], reply: Reply, run_name: str) -> Iterator[str]:
    """Yield the pieces of text that a model streams; say in the reply when its end is not awaited."""
    patience = writer.patience

    def read() -> Generator[str, None, bool]:
        return read_in_time(lambda: _read_model(writer, messages, reply, run_name), patience)

    try:
        finished = yield from (patience.pace.read(read, patience, lambda: reply.begun, name=writer.name) if patience.pace else read())
    except BusyError:
        raise
    except Exception as error:
        raise ModelError(explain_failure(error, writer.name)) from error
    if not finished:
        reply.cut = "it was stopped" if patience.stopped.is_set() else "it took too long"


def _read_model(writer: Writer, messages: Sequence[BaseMessage], reply: Reply, run_name: str) -> Iterator[str]:
    from langchain_core.messages.ai import add_usage

    for chunk in writer.model.stream(list(messages), config={"run_name": run_name}):
        reply.begun = True
        usage = getattr(chunk, "usage_metadata", None)
        reply.usage = add_usage(reply.usage, usage) if usage else reply.usage
        yield str(chunk.text)
        known = getattr(chunk, "response_metadata", None) or {}
        if _LIMITED & {known.get(name) for name in ("finish_reason", "stop_reason", "done_reason")}:
            reply.cut = "it came to its limit of tokens"
    reply.ended = True
