"""Why a chat model could not be used, in one line that says what to do, whichever library raised it.

No line holds a key, a password or more than a sentence of a library's own words.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from index.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

URL = re.compile(r"https?://", re.IGNORECASE)  # at its beginning: the name of a model is a server's address
EXTRAS = frozenset({"openai", "anthropic", "ollama"})  # providers that have an extra of that name in pyproject.toml

_KEY = re.compile(r"api[_ -]?key|authentication|credential", re.IGNORECASE)
_SECRET = re.compile(r"\b(?:sk|key|pk)[-_][\w*-]{6,}")
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")  # of a variable in the environment
_MOST_SAID = 160  # characters of a library's own message

_WANTS_KEY = "{name} wants a key that is missing or not accepted; set {key}"
_TOO_SLOW = "{name} did not answer in time; ask again, or allow more with PINCITE_TIME_LIMIT"
_NO_ROOM = "{name} takes no more questions for now (rate limit or quota); ask again later"
_EMPTY = "the reply of {name} was empty; ask again, or take another model"
_BY_STATUS = {  # of HTTP
    401: _WANTS_KEY,
    403: _WANTS_KEY,
    404: "there is no model {name} at that address; look at its name",
    408: _TOO_SLOW,
    429: _NO_ROOM,
    504: _TOO_SLOW,
}
_NO_ROOM_KINDS = "RateLimit|ResourceExhausted|TooManyRequests|Throttl"
_BY_KIND = {  # words of the exceptions, which every provider's library has of its own
    _NO_ROOM_KINDS: _NO_ROOM,
    "No generation chunks": _EMPTY,
    "Timeout": _TOO_SLOW,
    "ProtocolError|ReadError|ConnectionReset|Incomplete": "the connection to {name} broke off",
    "ConnectError|ConnectionRefused|APIConnection|ConnectionError": "no server answers for {name}; is it running, and can it be reached?",
}
_NO_ROOM_STATUS = frozenset({429, 503, 529})  # too many questions; overloaded, of HTTP and of Anthropic
_NO_API = "what answers at {name} is no OpenAI-compatible server; look at the address, which mostly ends in /v1"
_NO_PROVIDER = '{name} names no known provider; expected such as "openai:…", "anthropic:…", "ollama:…", or http://…/v1'
_ODD_REPLY = "JSONDecodeError|AttributeError|ValidationError|ResponseValidation|InvalidURL|ValueError|KeyError"  # as kinds of exceptions
_OTHERWISE = "{name} failed ({what}: {message})"


def explain_failure(error: BaseException, name: str) -> str:
    """Return one line that says why a model could not be used and what to do, whichever library raised it.

    Args:
        error: As it was raised; its causes are looked at too.
        name: What the model is called.
    """
    if isinstance(error, ModelError):
        return str(error)
    causes = list(_causes(error))
    missing = next((cause for cause in causes if isinstance(cause, ImportError) and "pip install" in str(cause)), None)
    if missing is not None:
        return _explain_missing(missing, name)
    status = _first_status(causes)
    kinds = _kinds(causes)
    message = _hide_secrets(" ".join(str(error).split()))[:_MOST_SAID]
    if not status and _KEY.search(message):
        status = 401
    by_kind = (line for pattern, line in _BY_KIND.items() if not status and re.search(pattern, f"{kinds} {message}"))
    line = _BY_STATUS.get(status) or next(by_kind, None) or _OTHERWISE
    if URL.match(name) and (status in {404, 405, 501} or (line is _OTHERWISE and not status and re.search(_ODD_REPLY, kinds))):
        line = _NO_API
    elif "infer model provider" in message or "Unsupported provider" in message:
        line = _NO_PROVIDER
    return line.format(name=name, key=_key_name(name), what=status or type(error).__name__, message=message)


def refused_for(error: BaseException) -> float | None:
    """Return for how many seconds a provider that has no room for a question asks to be left alone.

    Returns:
        0 where it does not say; None for any other failure.

    Reference: RFC 9110, section 10.2.3, Retry-After; retry-after-ms is of several providers.
    """
    causes = list(_causes(error))
    status = _first_status(causes)
    if status not in _NO_ROOM_STATUS and (status or not re.search(_NO_ROOM_KINDS, _kinds(causes))):
        return None
    headers = (getattr(getattr(cause, "response", None), "headers", None) for cause in causes)
    return next((_retry_after(said) for said in headers if said), 0.0)


def _retry_after(headers: Mapping[str, Any]) -> float:
    """Return the seconds that a reply's headers say, 0 when they say none."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said = str(headers.get(name) or "")
        try:
            return max(0.0, float(said) * unit)
        except ValueError:
            pass
        try:
            moment = parsedate_to_datetime(said)
        except ValueError:
            continue
        return max(0.0, (moment.astimezone(dt.UTC) - dt.datetime.now(dt.UTC)).total_seconds())
    return 0.0


def _hide_secrets(message: str) -> str:
    """Return a message without keys: what looks like one, and what the environment holds under the name of one."""
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) > 5:
            message = message.replace(value, "…")
    return _SECRET.sub("…", message)


def explain_missing_key(name: str) -> str:
    """Return one line that says that a model's key is missing."""
    return _WANTS_KEY.format(name=name, key=_key_name(name))


def explain_empty(name: str) -> str:
    """Return one line that says that a model said nothing."""
    return _EMPTY.format(name=name)


def explain_silence(name: str) -> str:
    """Return one line that says that a model said nothing in the time there was."""
    return _TOO_SLOW.format(name=name)


def _explain_missing(error: ImportError, name: str) -> str:
    provider = "openai" if URL.match(name) else name.partition(":")[0]
    if provider in EXTRAS:
        return f"{name} needs the package langchain-{provider}; type: .venv/bin/pip install -c constraints.txt -e '.[{provider}]'"
    wanted = re.search(r"pip install (?:-U )?([\w.-]+)", str(error))
    package = wanted[1] if wanted else "of its provider"
    return f"{name} needs the package {package}; type: .venv/bin/pip install {package}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def _kinds(causes: Sequence[BaseException]) -> str:
    return " ".join(type(cause).__name__ for cause in causes)


def _first_status(causes: Sequence[BaseException]) -> int:
    return next((code for cause in causes if (code := _status(cause))), 0)


def _status(error: BaseException) -> int:
    """Return the HTTP status that an error carries, 0 when it has none."""
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return 0


def _key_name(name: str) -> str:
    return "PINCITE_MODEL_KEY" if URL.match(name) else f"{name.partition(':')[0].upper()}_API_KEY"
