"""Who may come in: the layers before everything that is served.

From the outside in: headers that keep a browser at home; on loopback without users, the names by which this machine is called there; no
request of a page from elsewhere; and, when there are users, a name and its password with every request. A handler reads who asks as
`request.state.user`, an event of the page as `gr.Request.username`; both are None without users.

What it knowingly leaves to others: encryption (a TLS proxy before it), and locking out whoever guesses for long.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import ServeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import Request

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Message]], Send], Awaitable[None]]  # ASGI's

SHORTEST_PASSWORD = 12  # characters; at random they hold out against guessing over a network for good
PAUSE = 0.5  # seconds that a wrong password waits for its answer

# Gradio compiles its templates and event code in the browser, hence 'unsafe-eval'; its page holds inline scripts.
_HEADERS = {
    b"content-security-policy": b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    b" img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self';"
    b" frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
_CHALLENGE = (b"www-authenticate", b'Basic realm="Pincite", charset="UTF-8"')
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_LONGEST_LINE = 10_000  # characters that are read of a password file


def guard(application: Application, *, host: str, users: Mapping[str, str] | None = None) -> Application:
    """Return an application behind all layers.

    Args:
        application: What is served.
        host: Address that is listened on.
        users: Password by name; None lets everybody in.
    """
    from fastapi.middleware.trustedhost import TrustedHostMiddleware

    guarded = _from_here_only(_for_users(application, users))
    if users is None and is_loopback(host):
        # A page elsewhere that points its own name here is turned away. With users the password does that: a browser keeps it for
        # the name that it was typed for; and a TLS proxy on this machine may pass its own name on.
        guarded = TrustedHostMiddleware(guarded, allowed_hosts=[host, "127.0.0.1", "localhost", "[::1]"])
    return _with_headers(guarded)


def user_of(request: Request) -> str | None:
    """Return who sent a request, None without users."""
    user: str | None = request.state.user
    return user


def check_access(host: str, users: Mapping[str, str] | None) -> None:
    """Refuse what would let anybody read the documents, or a password that says nothing.

    Args:
        host: Address to listen on.
        users: Password by name; None lets everybody in, which only loopback may.

    Raises:
        ServeError: There are no users and the address is not loopback, a name or a password cannot be one, or two users share one.
    """
    if users is None:
        if not is_loopback(host):
            raise ServeError(
                f"{host!r} is not loopback and nobody needs a password, so whoever reaches it could read the documents; "
                f"expected users: pincite serve --host {host} --auth NAME:FILE"
            )
        return
    if not users:
        raise ServeError("there are users, but none is named; expected a name and its password, or None: serve(assistant, users=None)")
    for name, password in users.items():
        if not name or ":" in name or not name.isprintable():
            raise ServeError(f"{name!r} cannot be a user's name; expected visible characters without a colon: --auth NAME:FILE")
        if len(password) < SHORTEST_PASSWORD:
            raise ServeError(
                f"the password of {name} has {len(password)} characters; expected {SHORTEST_PASSWORD} or more, because it can be guessed "
                'at over the network for as long as it takes: python -c "import secrets; print(secrets.token_urlsafe())"'
            )
    if len(set(users.values())) < len(users):
        raise ServeError(
            "two users have the same password; expected one of its own for each, because as a Bearer token it stands for its user's "
            'name too: python -c "import secrets; print(secrets.token_urlsafe())"'
        )


def read_users(written: Sequence[str]) -> dict[str, str]:
    """Return the password by name, from "NAME:FILE" as typed; a file's first line is the password, without white space around it.

    Raises:
        ServeError: That is not its form, a name comes twice, or a file cannot be read or begins with an empty line.
    """
    users: dict[str, str] = {}
    for each in written:
        name, _, file = each.partition(":")
        if not name or not file:
            raise ServeError(f"{each!r} names no user; expected a name, a colon and a file with the password: --auth NAME:FILE")
        if name in users:
            raise ServeError(f"the user {name} comes twice; expected each name once: --auth {name}:FILE")
        users[name] = _read_password(name, Path(file).expanduser())
    return users


def _read_password(name: str, file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            password = lines.readline(_LONGEST_LINE).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ServeError(
            f"{file} cannot be read ({error}); expected the password of {name} as its first line: --auth {name}:FILE"
        ) from error
    if not password:
        raise ServeError(f"{file} begins with an empty line; expected the password of {name} there: --auth {name}:FILE")
    return password


def is_loopback(host: str) -> bool:
    """Say whether an address is reached from this machine only; of names, "localhost" alone is believed."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _with_headers(application: Application) -> Application:
    async def with_headers(scope: Any, receive: Any, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS.items()]
            await send(message)

        await application(scope, receive, send_with_headers)

    return with_headers


def _from_here_only(application: Application) -> Application:
    """Refuse what a browser sends for a page from elsewhere; other programs name no origin."""

    async def from_here_only(scope: Any, receive: Any, send: Send) -> None:
        origins, hosts = _headers(scope, b"origin"), _headers(scope, b"host")
        if all(hosts and _is_same(origin, hosts[0]) for origin in origins):
            await application(scope, receive, send)
        else:
            await _refuse(send, 403, "This request comes from a page of another site; expected one from Pincite's own page, or none.")

    return from_here_only


def _is_same(origin: bytes, host: bytes) -> bool:
    """Say whether an origin, "https://pincite.example", is the host and port that was asked, "pincite.example" or "...:443".

    A proxy may have taken TLS off, so a port that is left out is the one of the origin's scheme.
    """
    scheme, _, named = origin.decode("latin-1").lower().partition("://")
    port = _DEFAULT_PORTS.get(scheme)
    return port is not None and named.removesuffix(port) == host.decode("latin-1").lower().removesuffix(port) != ""


def _for_users(application: Application, users: Mapping[str, str] | None) -> Application:
    """Ask for a password where there are users, and tell the application who it is."""
    known = None if users is None else {name: (name.encode(), password.encode()) for name, password in users.items()}

    async def for_users(scope: Any, receive: Any, send: Send) -> None:
        if scope["type"] == "lifespan":
            await application(scope, receive, send)
            return
        user = None
        if known is not None:
            sent = _headers(scope, b"authorization")
            user = _find_user(sent[0], known) if len(sent) == 1 else None
            if user is None:
                await asyncio.sleep(PAUSE if sent else 0)
                await _refuse(send, 401, "Expected a user's name and password; whoever started Pincite has them.", _CHALLENGE)
                return
        await application({**scope, "state": {**scope.get("state", {}), "user": user}}, receive, send)

    return for_users


def _find_user(authorization: bytes, known: Mapping[str, tuple[bytes, bytes]]) -> str | None:
    """Return whose name and password these are, or whose password, None when nobody's.

    All users are compared, and all of each, so that the time taken tells nothing.
    """
    scheme, _, credentials = authorization.strip().partition(b" ")
    given_name, given = None, credentials.strip()
    if scheme.lower() == b"basic":
        try:
            given_name, _, given = base64.b64decode(given, validate=True).partition(b":")
        except binascii.Error:
            return None
    elif scheme.lower() != b"bearer":
        return None
    found = None
    for user, (name, password) in known.items():
        right = secrets.compare_digest(given, password)
        right &= given_name is None or secrets.compare_digest(given_name, name)
        found = user if right else found
    return found


def _headers(scope: Mapping[str, Any], name: bytes) -> list[bytes]:
    return [value for key, value in scope.get("headers", ()) if key == name]


async def _refuse(send: Send, status: int, line: str, *headers: tuple[bytes, bytes]) -> None:
    body = f"{line}\n".encode()
    described = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": described})
    await send({"type": "http.response.body", "body": body})
