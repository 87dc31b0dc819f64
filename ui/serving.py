"""Serving the page: an address and a port checked first, and the layers of `ui.access` before everything.

Gradio is mounted in an application of our own, because `launch` calls its own address through whatever proxy the
environment names.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import ServeError
from index.sources import MAX_BYTES
from ui.access import check_access, guard, user_of
from ui.chat_completions import chat_router
from ui.conversations import FILE, Conversations
from ui.downloads import export_router
from ui.page import build_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    import gradio as gr
    import uvicorn

    from rag import Assistant
    from ui.access import Application

_log = logging.getLogger("pincite")

_HERE = Path(__file__).parent
_STYLES = ("frame.css", "conversation.css", "documents.css", "evaluation.css", "facts.css")
_HEAD = """<meta name="color-scheme" content="light dark"><link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'
viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%23265d7e'/%3E%3Cpath d='M11 8H8v16h3M21 8h3v16h-3' fill='none'
stroke='%23fff' stroke-width='2.5'/%3E%3Ccircle cx='16' cy='16' r='3' fill='%23ffd75e'/%3E%3C/svg%3E">"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPage:
    """A page that is being served.

    Attributes:
        url: Where, such as "http://127.0.0.1:7860".
    """

    url: str
    _server: uvicorn.Server
    _thread: threading.Thread

    def wait(self) -> None:
        """Return when the page is closed, or close it at Ctrl-C."""
        with contextlib.suppress(KeyboardInterrupt):
            while self._thread.is_alive():
                self._thread.join(timeout=1)
        self.close()

    def close(self) -> None:
        """Stop serving; open browser windows keep what they show."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # that it cuts their connections is no error
        self._server.should_exit = True
        self._thread.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """What is served, where, and to whom."""

    assistant: Assistant
    host: str
    users: Mapping[str, str] | None
    facts_file: Path | None


def serve(
    assistant: Assistant,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    users: Mapping[str, str] | None = None,
    facts_file: Path | None = None,
    block: bool = True,
) -> RunningPage:
    """Serve the page.

    Args:
        assistant: Answers the questions.
        host: Address to listen on; anything but loopback lets others on the network ask, and needs users.
        port: TCP port; 0 takes a free one.
        users: Password by name, asked for with every request; None lets everybody in who reaches the address. It is sent as plain
            text: put a TLS proxy before anything but loopback.
        facts_file: Known facts about the documents, or proposals to judge, for the evaluation; None takes those that were judged on the
            page, and the checkout's own for its seeds.
        block: Return only when the page is closed.

    Raises:
        ServeError: The port is taken, the address is not one of this machine, or it is not loopback and there are no users.
        PinciteError: The documents or the index cannot be used.
    """
    check_access(host, users)
    listening = _listen(host, port)
    url = _url(listening)  # while it is open: a server that cannot start closes it
    starting: Future[uvicorn.Server] = Future()
    site = _Site(assistant=assistant, host=host, users=None if users is None else dict(users), facts_file=facts_file)
    thread = threading.Thread(target=_run, args=(site, listening, starting), name="pincite page", daemon=True)
    thread.start()
    running = RunningPage(url=url, _server=starting.result(), _thread=thread)
    if block:
        running.wait()
    return running


def _run(site: _Site, listening: socket.socket, starting: Future[uvicorn.Server]) -> None:
    """Build the page and serve it until it is closed; `starting` gets the server once it is up, or what went wrong before."""
    try:
        asyncio.run(_build_and_serve(site, listening, starting))
    except BaseException as error:
        if starting.done():
            raise
        starting.set_exception(error)
    finally:
        listening.close()


async def _build_and_serve(site: _Site, listening: socket.socket, starting: Future[uvicorn.Server]) -> None:
    """Do both in one event loop: built outside of any, Gradio opens loops of its own and leaves them open."""
    kept = _open_conversations(site.assistant)
    with contextlib.closing(kept):
        await _serve_until_closed(
            _application(site, kept, build_page(site.assistant, kept, site.facts_file, shared=site.users is not None)), listening, starting
        )


def _open_conversations(assistant: Assistant) -> Conversations:
    """Open the conversations beside the index; where nothing can be written there, they are forgotten with the page."""
    folder = assistant.index_dir
    if folder.is_dir() and not os.access(folder, os.W_OK):
        _log.warning("the index folder %s cannot be written; conversations are forgotten when the page is closed", folder)
        return Conversations(Path(":memory:"), assistant.corpus)
    return Conversations(folder / FILE, assistant.corpus)


async def _serve_until_closed(app: Application, listening: socket.socket, starting: Future[uvicorn.Server]) -> None:
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, log_level="warning", access_log=False, ws="none", lifespan="on", timeout_graceful_shutdown=0)
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    if server.started:
        starting.set_result(server)
    await serving


def _application(site: _Site, kept: Conversations, page: gr.Blocks) -> Application:
    """Return everything that is served as one ASGI application, behind the layers that say who may come in."""
    import gradio as gr
    from fastapi import FastAPI

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(chat_router(site.assistant))
    app.include_router(export_router(kept, site.assistant.corpus))
    style = "".join((_HERE / name).read_text(encoding="utf-8") for name in _STYLES)
    theme = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    mounted = gr.mount_gradio_app(
        app,
        page,
        path="/",
        app_kwargs={"openapi_url": None},
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=False,
        max_file_size=MAX_BYTES,
        theme=theme,
        auth_dependency=None if site.users is None else user_of,  # what an event of the page sees as its request's username
        head=f"{_HEAD}<style>{style}</style>",  # `css=` would rewrite its selectors
    )
    return guard(mounted, host=site.host, users=site.users)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that a taken port is known before anything else is done."""
    if not 0 <= port <= 65535:  # the resolver would take it modulo 65536
        raise ServeError(_why_not_port(port))
    listening = None
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        if os.name == "posix":  # elsewhere it would let two processes share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except (OSError, UnicodeError) as error:
        if listening is not None:
            listening.close()
        raise ServeError(_why_not(error, host, port)) from error
    return listening


def _why_not(error: Exception, host: str, port: int) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return f"port {port} of {host} is taken; expected a free one: pincite serve --port {port % 65535 + 1}"
    if number == errno.EACCES:
        return _why_not_port(port)
    return f"{host!r} is not an address of this machine ({error}); expected one such as 127.0.0.1: serve(assistant, host='127.0.0.1')"


def _why_not_port(port: int) -> str:
    return f"port {port} cannot be used; expected one from 1024 to 65535: pincite serve --port 7860"


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
