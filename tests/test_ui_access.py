"""Who may come in: what is refused before anything is served, and who a handler sees."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from index.errors import ServeError
from rag import Assistant
from ui import access
from ui.access import SHORTEST_PASSWORD, check_access, guard, read_users
from ui.cli import main
from ui.page import build_page
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import gradio as gr

    from index.encoders import OnnxEncoder
    from ui.serving import RunningPage

USERS = {"ann": "correct horse battery", "jürgen": "schöne grüße aus köln"}
HERE = "127.0.0.1:7860"


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def ask(users: dict[str, str] | None = None, **headers: str | bytes) -> tuple[int, dict[str, str], str]:
    """Send one request through the layers; whoever comes through is told who they are. Names of headers are written with "_"."""
    sent: list[Any] = []

    async def who(scope: Any, _receive: Any, send: Any) -> None:
        body = json.dumps(scope["state"]["user"]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def receive() -> Any:
        raise AssertionError("no layer reads the body")

    async def send(message: Any) -> None:
        sent.append(message)

    values = {"host": HERE} | headers
    encoded = [
        (name.replace("_", "-").encode(), value if isinstance(value, bytes) else value.encode()) for name, value in values.items() if value
    ]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": encoded}
    asyncio.run(guard(who, host="127.0.0.1", users=users)(scope, receive, send))
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"].decode()


def test_without_users_everybody_on_this_machine_comes_in_under_no_name() -> None:
    status, headers, who = ask()
    assert (status, who) == (200, "null")
    assert headers["content-security-policy"].startswith("default-src 'self';")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:7860", HERE),
        ("HTTP://LocalHost:7860", "localhost:7860"),
        ("http://localhost", "localhost:80"),
        ("https://[::1]:443", "[::1]"),
        ("https://localhost", "localhost"),  # a proxy took TLS off
    ],
)
def test_a_page_of_our_own_may_send_requests(origin: str, host: str) -> None:
    assert ask(origin=origin, host=host)[0] == 200


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:7861",
        "http://localhost:7860",
        "https://127.0.0.1",
        "http://127.0.0.1:7860.evil.example",
        "http://evil.example:80@127.0.0.1:7860",
        "chrome-extension://127.0.0.1:7860",
        "127.0.0.1:7860",
        "ähm".encode("latin-1"),
    ],
)
def test_a_page_from_elsewhere_is_refused_with_one_line(origin: str | bytes) -> None:
    """Another host, another port, another scheme's port, or no place at all; our headers stand on the refusal too."""
    status, headers, line = ask(origin=origin)
    assert (status, line.count("\n")) == (403, 1)
    assert headers["content-type"].startswith("text/plain")
    assert headers["x-content-type-options"] == "nosniff"


def test_a_request_with_two_origins_or_no_host_is_refused() -> None:
    """One right origin does not cover a wrong one; without a host there is nothing to compare with."""
    own = (b"origin", f"http://{HERE}".encode())
    for headers in ([(b"host", HERE.encode()), own, (b"origin", b"http://evil.example")], [own]):
        statuses: list[int] = []

        async def send(message: Any, statuses: list[int] = statuses) -> None:
            statuses.append(message.get("status"))

        asyncio.run(guard(None, host="0.0.0.0", users=USERS)({"type": "http", "headers": headers}, None, send))  # type: ignore[arg-type]
        assert statuses[0] == 403


def test_a_foreign_name_for_this_machine_is_refused_unless_a_password_is_asked_for() -> None:
    """A browser has the password for our name only; a TLS proxy on this machine passes its own name on."""
    assert ask(host="evil.example")[0] == 400
    assert ask(USERS, host="evil.example")[0] == 401
    proxied = {"host": "pincite.example", "origin": "https://pincite.example", "authorization": basic("ann", USERS["ann"])}
    assert ask(USERS, **proxied)[0] == 200


@pytest.mark.parametrize(
    ("authorization", "name"),
    [
        *((basic(name, password), name) for name, password in USERS.items()),
        *((f"Bearer {password}", name) for name, password in USERS.items()),
        (basic("ann", USERS["ann"]).replace("Basic ", "bASIC   "), "ann"),
    ],
)
def test_a_user_comes_in_under_their_name(authorization: str, name: str) -> None:
    status, _, who = ask(USERS, authorization=authorization)
    assert (status, json.loads(who)) == (200, name)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Bearer ",
        "Basic !!!",
        "Basic " + base64.b64encode(b"ann").decode(),
        "Digest " + USERS["ann"],
        USERS["ann"],
        "Bearer ann:" + USERS["ann"],
        "Bearer " + USERS["ann"][:-1],
        basic("ann", ""),
        basic("ann", USERS["ann"] + " "),
        basic("ann", USERS["jürgen"]),
        basic("", USERS["ann"]),
        basic("eve", USERS["ann"]),
        b"Bearer \xff\xfe",
        b"Basic " + base64.b64encode(b"\xff:\xfe"),
    ],
)
def test_everybody_else_is_asked_for_a_password(authorization: str | bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "PAUSE", 0)
    status, headers, line = ask(USERS, authorization=authorization)
    assert (status, line.count("\n")) == (401, 1)
    assert headers["www-authenticate"] == 'Basic realm="Pincite", charset="UTF-8"'
    assert headers["x-content-type-options"] == "nosniff"


def test_a_wrong_password_waits_a_missing_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("ui.access.asyncio.sleep", sleep)
    ask(USERS)
    ask(USERS, authorization="Bearer wrong")
    assert waited == [0, access.PAUSE]


# Before anything is served


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "", "example.org", "127.0.0.1.example.org"])
def test_others_are_not_let_in_without_users(host: str, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no socket is made, no name looked up, before that is said."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    with pytest.raises(ServeError, match=rf"is not loopback.*; expected users: pincite serve --host {host} --auth NAME:FILE$"):
        serve(Assistant(corpus, tmp_path / "index"), host=host, block=False)


@pytest.mark.parametrize(
    ("users", "said"),
    [
        ({}, "none is named; expected a name and its password"),
        ({"ann": "x" * (SHORTEST_PASSWORD - 1)}, r"the password of ann has 11 characters; expected 12 or more, because .*: python -c"),
        ({"": "x" * 12}, "'' cannot be a user's name; expected visible characters"),
        ({"a:b": "x" * 12}, "'a:b' cannot be a user's name"),
        ({"a\nb": "x" * 12}, r"'a\\nb' cannot be a user's name"),
        ({"ann": "x" * 12, "bob": "x" * 12}, "two users have the same password; expected one of its own for each"),
    ],
)
def test_users_that_guard_nothing_are_refused(users: dict[str, str], said: str) -> None:
    """The message says what was seen, and never the password."""
    with pytest.raises(ServeError, match=said) as refused:
        check_access("127.0.0.1", users)
    assert "xxx" not in str(refused.value)


def test_an_address_that_is_not_this_machines_is_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="not an address of this machine"):
        serve(Assistant(corpus, tmp_path / "index"), host="192.0.2.1", port=0, users=USERS, block=False)


def test_users_are_read_from_the_first_lines_of_files(tmp_path: Path) -> None:
    """White space around a password and a byte order mark are not of it; a path may hold colons."""
    (tmp_path / "a:b.txt").write_bytes("\ufeff  correct horse battery \r\nanother line\n".encode())
    (tmp_path / "b.txt").write_text("schöne grüße aus köln", encoding="utf-8")
    assert read_users([f"ann:{tmp_path}/a:b.txt", f"jürgen:{tmp_path}/b.txt"]) == USERS


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["ann"], "'ann' names no user; expected a name, a colon and a file"),
        ([":good.txt"], "':good.txt' names no user"),
        (["ann:"], "'ann:' names no user"),
        (["ann:good.txt", "ann:other.txt"], "the user ann comes twice; expected each name once"),
        (["ann:nowhere.txt"], r"nowhere.txt cannot be read \(.*\); expected the password of ann"),
        (["ann:."], r"cannot be read"),
        (["ann:binary.txt"], r"binary.txt cannot be read"),
        (["ann:empty.txt"], "empty.txt begins with an empty line; expected the password of ann there"),
        (["ann:late.txt"], "late.txt begins with an empty line"),
    ],
)
def test_what_names_no_user_is_refused(written: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in {
        "good.txt": b"correct horse battery\n",
        "binary.txt": b"\xff\xfe\n",
        "empty.txt": b"",
        "late.txt": b" \nx\n",
    }.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ServeError, match=said):
        read_users(written)


# On the command line


@pytest.fixture
def where(corpus: Path, tmp_path: Path) -> list[str]:
    return ["--corpus", str(corpus), "--index-dir", str(tmp_path / "index")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "pincite serve --host 0.0.0.0 --auth NAME:FILE"),
        (["--auth", "ann"], "'ann' names no user"),
        (["--auth", "ann:short.txt"], "the password of ann has 5 characters"),
    ],
)
def test_what_would_let_anybody_in_is_one_line_and_exit_code_1(
    arguments: list[str], said: str, where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.txt").write_text("short\n")
    assert main(["serve", *arguments, *where]) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert (printed.err.count("\n"), printed.out) == (1, "")


def test_plain_http_beyond_this_machine_is_said(where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the port is opened, which here is taken."""
    (tmp_path / "password.txt").write_text(USERS["ann"])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for host, warned in (("0.0.0.0", True), ("127.0.0.1", False)):
            assert main(["serve", "--host", host, "--auth", f"ann:{tmp_path / 'password.txt'}", "--port", str(port), *where]) == 1
            printed = capsys.readouterr().err
            assert ("this is plain HTTP" in printed) == warned
            assert f"port {port} of {host} is taken" in printed


# A real server


def build_page_that_names_its_user(*parts: Any, **options: Any) -> gr.Blocks:
    """The page, and an endpoint that says what an event sees."""
    page = build_page(*parts, **options)
    import gradio as gr

    def who(request: gr.Request) -> str:
        return f"{request.username} {request.request.state.user}"

    who.__annotations__ = {"request": gr.Request, "return": str}  # Gradio looks for the type itself
    with page:
        gr.api(who, api_name="who")
    return page


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    return Assistant(corpus, tmp_path / "index", encoder=encoder)


@pytest.fixture
def guarded(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningPage]:
    monkeypatch.setattr("ui.serving.build_page", build_page_that_names_its_user)
    running = serve(assistant, port=0, users=USERS, block=False)
    yield running
    running.close()


def get(page: RunningPage, path: str, method: str = "GET", **headers: str) -> tuple[int, str | None]:
    connection = http.client.HTTPConnection(page.url.removeprefix("http://"))
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers["WWW-Authenticate"]


def test_nothing_is_served_without_a_password(guarded: RunningPage) -> None:
    """Page, Gradio's API, its files, and paths that do not exist alike."""
    paths = [
        "/",
        "/config",
        "/gradio_api/info",
        "/gradio_api/queue/join",
        "/gradio_api/user",
        "/theme.css",
        "/static/img/logo.svg",
        "/nowhere",
    ]
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        assert {get(guarded, path, method) for path in paths} == {(401, 'Basic realm="Pincite", charset="UTF-8"')}
    assert get(guarded, "/", Authorization=basic("ann", "wrong"))[0] == 401
    assert get(guarded, "/", Authorization=basic("ann", USERS["ann"])) == (200, None)
    assert get(guarded, "/config", Authorization=f"Bearer {USERS['ann']}") == (200, None)


def test_an_event_of_the_page_sees_who_asks(guarded: RunningPage) -> None:
    from gradio_client import Client

    for name, password in USERS.items():
        options: Any = {"headers": {"Authorization": basic(name, password)}, "httpx_kwargs": {"trust_env": False}, "verbose": False}
        client = Client(guarded.url, analytics_enabled=False, **options)
        assert client.predict(api_name="/who") == f"{name} {name}"
        client.close()


def test_without_users_an_event_sees_nobody(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradio_client import Client

    monkeypatch.setattr("ui.serving.build_page", build_page_that_names_its_user)
    running = serve(assistant, port=0, block=False)
    try:
        client = Client(running.url, analytics_enabled=False, httpx_kwargs={"trust_env": False}, verbose=False)
        assert client.predict(api_name="/who") == "None None"
        client.close()
        assert get(running, "/gradio_api/queue/join", "POST", Origin="http://evil.example")[0] == 403
        assert get(running, "/", Origin=running.url)[0] == 200
    finally:
        running.close()
