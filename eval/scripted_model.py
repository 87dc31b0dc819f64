"""A chat model that says what a function writes, served on loopback over an OpenAI-compatible API: for tests, pictures and trials.

Whatever a provider may do can be played: slow and broken streams, rate limits, errors, counts of tokens.

    with contextlib.closing(ScriptedModel(lambda request, asked: send_stream(request, ["It has ", "14 cranes."]))) as model:
        answer = ask("How many cranes?", model=model.url)
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Handle = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]

NAME = "scripted"  # the one model that it lists


class ScriptedModel:
    """The server; it serves from the beginning, each request in a thread of its own."""

    def __init__(self, handle: Handle) -> None:
        """Serve on a free port.

        Args:
            handle: Writes the reply to a request, with `send_stream` or `send_json`; it is given what was asked, as JSON told it.
        """
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(handle))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()


def send_json(request: BaseHTTPRequestHandler, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
    """Reply with a status and JSON, such as an error of OpenAI's API."""
    written = json.dumps(body).encode()
    request.send_response(status)
    for name, value in {"content-type": "application/json", "content-length": str(len(written)), **(headers or {})}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(written)


def send_stream(
    request: BaseHTTPRequestHandler, pieces: Iterable[str], *, whole: bool = True, usage: tuple[int, int] | None = None
) -> None:
    """Reply with a stream.

    Args:
        request: That is answered.
        pieces: Of the reply, sent as they are made.
        whole: Else the connection ends behind the last piece, without the end of a stream.
        usage: Tokens read and written; None sends no count.
    """
    request.send_response(200)
    request.send_header("content-type", "text/event-stream")
    request.send_header("transfer-encoding", "chunked")
    request.end_headers()
    for piece in pieces:
        _send_event(request, {"choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}]})
    if whole and usage is not None:
        counted = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
        _send_event(request, {"choices": [], "usage": counted})
    if whole:
        request.wfile.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
    request.close_connection = True


def _send_event(request: BaseHTTPRequestHandler, event: Mapping[str, Any]) -> None:
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": NAME, **event}
    line = f"data: {json.dumps(chunk)}\n\n".encode()
    request.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
    request.wfile.flush()


def _handler(handle: Handle) -> type[BaseHTTPRequestHandler]:
    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            send_json(self, 200, {"object": "list", "data": [{"id": NAME, "object": "model", "created": 0, "owned_by": "us"}]})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            handle(self, asked)

        def log_message(self, *_: Any) -> None:
            pass

    return Api
