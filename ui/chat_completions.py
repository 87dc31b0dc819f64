"""The OpenAI-compatible door: `/v1/models` and `/v1/chat/completions`, for programs that speak that protocol.

The documents answer, not a prompt: system and developer messages are neither obeyed nor shown to anything, and a temperature, a limit of
tokens and the like have no effect. What would be promised and not kept, such as tools or a JSON schema, is refused. Earlier messages are
the history of a follow-up. A reply's content is the answer's text; beside it stand `citations`, `abstained` and `confidence`.

A stream is only ever appended to, while an answer that a chat model writes may end in another order than it began, with a quotation
before it. Then the sentences that have not been told yet come last, under the numbers that the stream began with, so what was
sent stays right, and the citations are those that the stream's own content names. A model's sentence that gave way to a quotation that
says as much stays in the stream.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from index.errors import PinciteError, QuestionError
from rag.answer import citation_dict
from rag.chat_models import EXTRACTIVE
from ui.chat_requests import MAX_BYTES, MODELS, RefusedError, read_request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable

    from fastapi import APIRouter, Request, Response

    from rag import Answer, Assistant, Citation, Statement
    from ui.chat_requests import ChatRequest

_FAILED = "Something went wrong inside Pincite; the terminal it runs in says what."
_WRITERS = dict(zip(MODELS, (None, EXTRACTIVE), strict=True))  # None is the assistant's own
# No proxy may hold a stream back until it is whole.
_STREAM_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}

_log = logging.getLogger("pincite")
_T = TypeVar("_T")


def chat_router(assistant: Assistant) -> APIRouter:
    """Return the routes `/v1/models` and `/v1/chat/completions` over one assistant."""
    from fastapi import APIRouter
    from fastapi.responses import JSONResponse, Response, StreamingResponse

    async def list_models(_request: Request) -> Response:
        models = [{"id": model, "object": "model", "created": 0, "owned_by": "pincite"} for model in MODELS]
        return JSONResponse({"object": "list", "data": models})

    async def complete(request: Request) -> Response:
        try:
            asked = read_request(request.headers.get("content-type", ""), await _read_body(request))
            answers = assistant.astream(asked.question, asked.history, model=_WRITERS[asked.model])
            if not asked.stream:
                return JSONResponse(_completion(asked, await _unless_left(request, _last(answers))))
            first = await _unless_left(request, anext(answers))  # what cannot be answered at all has a status of its own
            return StreamingResponse(_events(asked, first, answers), media_type="text/event-stream", headers=_STREAM_HEADERS)
        except _LeftError:
            return Response(status_code=499)  # nobody reads it
        except Exception as error:  # noqa: BLE001 - a bug costs one answer, not the connection
            refused = _refuse(error)
            return JSONResponse(refused.to_dict(), refused.status)

    router = APIRouter()
    router.add_route("/v1/models", list_models, methods=["GET"])
    router.add_route("/v1/chat/completions", complete, methods=["POST"])
    return router


@dataclass(slots=True, kw_only=True)
class Telling:
    """What a stream has told so far.

    Attributes:
        text: What was sent.
        citations: What its markers name, in the order of their numbers.
        told: The sentences in it.
    """

    text: str = ""
    citations: tuple[Citation, ...] = ()
    told: set[str] = field(default_factory=set)

    def add(self, answer: Answer) -> str:
        """Return what is to be appended, so that all is told that an answer tells."""
        shown = [statement for statement in answer.statements if statement.shown]
        if answer.text.startswith(self.text):
            new, self.citations = answer.text[len(self.text) :], answer.citations
        else:
            by_number = {citation.number: citation for citation in answer.citations}
            new = "".join(f" {self._renumber(statement, by_number)}" for statement in shown if statement.text not in self.told)
        self.text += new
        self.told |= {statement.text for statement in shown}
        return new

    def _renumber(self, statement: Statement, by_number: dict[int, Citation]) -> Statement:
        """Return a statement with the numbers under which this stream has its citations."""
        known = {_place(citation): citation.number for citation in self.citations}
        numbers = []
        for citation in (by_number[number] for number in statement.citations):
            if _place(citation) not in known:
                known[_place(citation)] = len(known) + 1
                self.citations = (*self.citations, replace(citation, number=len(known)))
            numbers.append(known[_place(citation)])
        return replace(statement, citations=tuple(sorted(numbers)))


async def _events(asked: ChatRequest, first: Answer, answers: AsyncGenerator[Answer, None]) -> AsyncIterator[str]:
    """Yield the server-sent events of a stream; `first` has come already."""
    envelope = _envelope(asked, "chat.completion.chunk")
    if asked.include_usage:
        envelope["usage"] = None
    telling, answer = Telling(), first
    coming: Answer | None = first
    async with aclosing(answers):
        try:
            yield _event(envelope | _choice(delta={"role": "assistant", "content": ""}))
            while coming is not None:
                answer = coming
                if new := telling.add(answer):
                    yield _event(envelope | _choice(delta={"content": new}))
                coming = await anext(answers, None)
        except Exception as error:  # noqa: BLE001 - likewise
            yield _event(_refuse(error).to_dict())
            return
    yield _event(envelope | _choice(delta=_beside(answer, telling.citations), finish_reason="stop"))
    if asked.include_usage:
        yield _event(envelope | {"choices": [], "usage": _usage(answer)})
    yield "data: [DONE]\n\n"


def _completion(asked: ChatRequest, answer: Answer) -> dict[str, Any]:
    message = {"role": "assistant", "content": answer.text, "refusal": None, **_beside(answer, answer.citations)}
    return _envelope(asked, "chat.completion") | _choice(message=message, finish_reason="stop") | {"usage": _usage(answer)}


def _envelope(asked: ChatRequest, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": asked.model}


def _choice(*, finish_reason: str | None = None, **told: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [{"index": 0, **told, "logprobs": None, "finish_reason": finish_reason}]}


def _beside(answer: Answer, citations: tuple[Citation, ...]) -> dict[str, Any]:
    """Return what a message has that OpenAI's do not."""
    cited = [citation_dict(citation) for citation in citations]
    return {"citations": cited, "abstained": answer.abstained, "confidence": round(answer.confidence, 4)}


def _usage(answer: Answer) -> dict[str, int]:
    """Return the tokens that a chat model counted, 0 when none did."""
    names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens", "total_tokens": "total_tokens"}
    return {theirs: answer.usage.get(ours, 0) for theirs, ours in names.items()}


def _event(sent: dict[str, Any]) -> str:
    """Return a server-sent event; in ASCII, because some clients take U+2028 for the end of a line."""
    return f"data: {json.dumps(sent)}\n\n"


def _place(citation: Citation) -> tuple[str, int, int]:
    return citation.source, citation.start, citation.end


def _refuse(error: Exception) -> RefusedError:
    """Return what a client is told of an error; a bug is logged."""
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, QuestionError):
        return RefusedError(400, str(error), param="messages")
    if isinstance(error, PinciteError):
        return RefusedError(503, str(error), code="unavailable")
    _log.error("a chat completion failed", exc_info=error)
    return RefusedError(500, _FAILED)


# The client


class _LeftError(Exception):
    """The client has gone away."""


async def _read_body(request: Request) -> bytes:
    """Return what was sent, no more of it than one piece beyond the limit."""
    body, more = bytearray(), True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise _LeftError
        body += message.get("body", b"")
        if len(body) > MAX_BYTES:
            raise RefusedError(413, f"the request has more than {MAX_BYTES} bytes; expected fewer: leave out old messages")
        more = message.get("more_body", False)
    return bytes(body)


async def _unless_left(request: Request, answer: Awaitable[_T]) -> _T:
    """Return what is waited for; when the client goes away, it is cancelled, and with it the model."""
    wanted = asyncio.ensure_future(answer)
    left = asyncio.ensure_future(request.receive())  # the body is read, so what comes next is that the client has left
    try:
        await asyncio.wait({wanted, left}, return_when=asyncio.FIRST_COMPLETED)
        if not wanted.done():
            raise _LeftError
        return wanted.result()
    finally:
        wanted.cancel()
        left.cancel()


async def _last(answers: AsyncIterator[Answer]) -> Answer:
    return [answer async for answer in answers][-1]
