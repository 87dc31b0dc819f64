"""Opening a chat model, and saying in one line why one could not be used.

A model is any LangChain `BaseChatModel`; a string for `langchain.chat_models.init_chat_model` ("openai:gpt-5.5", "ollama:qwen3"); or
the base URL of an OpenAI-compatible server such as llama.cpp's or vLLM ("http://127.0.0.1:8080/v1", and "#NAME" behind it where it
serves several models). Nothing is opened before the first question that a model is to answer.
"""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urldefrag, urlsplit

from index.errors import ModelError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.language_models import BaseChatModel

EXTRACTIVE = "extractive"  # no model: the documents are quoted
EXTRAS = frozenset({"openai", "anthropic", "ollama"})  # providers that have an extra of that name in pyproject.toml
MAX_TOKENS = 1024  # of a reply by a server of one's own; others have limits of their own

_URL = re.compile(r"https?://", re.IGNORECASE)
_NAMED = re.compile(r"[a-z0-9_]+:\S.*", re.IGNORECASE)
_KEY = re.compile(r"api[_ -]?key|authentication|credential", re.IGNORECASE)
_SECRET = re.compile(r"\b(?:sk|key|pk)[-_][\w*-]{6,}")
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")  # of a variable in the environment
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_SAID = 160  # characters of a library's own message

_WANTS_KEY = "{name} wants a key that is missing or not accepted; set {key}"
_TOO_SLOW = "{name} did not answer in time; ask again, or allow more with PINCITE_TIME_LIMIT"
_EMPTY = "the reply of {name} was empty; ask again, or take another model"
_BY_STATUS = {  # of HTTP
    401: _WANTS_KEY,
    403: _WANTS_KEY,
    404: "there is no model {name} at that address; look at its name",
    408: _TOO_SLOW,
    429: "{name} takes no more questions for now (rate limit or quota); ask again later",
    504: _TOO_SLOW,
}
_BY_KIND = {  # words of the exceptions, which every provider's library has of its own
    "No generation chunks": _EMPTY,
    "Timeout": _TOO_SLOW,
    "ProtocolError|ReadError|ConnectionReset|Incomplete": "the connection to {name} broke off",
    "ConnectError|ConnectionRefused|APIConnection|ConnectionError": "no server answers for {name}; is it running, and can it be reached?",
}
_NO_API = "what answers at {name} is no OpenAI-compatible server; look at the address, which mostly ends in /v1"
_NO_PROVIDER = '{name} names no known provider; expected such as "openai:…", "anthropic:…", "ollama:…", or http://…/v1'
_ODD_REPLY = "JSONDecodeError|AttributeError|ValidationError|ResponseValidation|InvalidURL|ValueError|KeyError"  # as kinds of exceptions
_OTHERWISE = "{name} failed ({what}: {message})"


def check_model(model: object) -> str | BaseChatModel:
    """Return a model, or the name of one, if it can be one.

    Raises:
        SettingsError: It is an empty string, or one of another form.
        TypeError: It is neither a string nor a LangChain chat model.
    """
    if isinstance(model, str):
        if not (_URL.match(model) or _NAMED.fullmatch(model) or model == EXTRACTIVE):
            raise SettingsError(f'the model {model!r} is no name; expected "provider:name", such as "ollama:qwen3", or http://…/v1')
        return model
    from langchain_core.language_models import BaseChatModel

    if not isinstance(model, BaseChatModel):
        raise TypeError(f"the model is {type(model).__name__}; expected a string or a LangChain chat model")
    return model


def open_chat_model(name: str, *, key: str | None = None, time_limit: float = 120.0) -> BaseChatModel:
    """Return the chat model that a string names.

    Args:
        name: See the chapter.
        key: For a server named by its URL; the providers read their own from the environment.
        time_limit: Seconds that a server may keep silent.

    Raises:
        ModelError: Its package is not installed, its key is missing, or there is no such provider.
    """
    from langchain.chat_models import init_chat_model

    if name.startswith("anthropic:") and not os.environ.get("ANTHROPIC_API_KEY"):  # its package finds out only by asking
        raise ModelError(_WANTS_KEY.format(name=name, key="ANTHROPIC_API_KEY"))
    try:
        if _URL.match(name):
            return _open_server(name, key, time_limit)
        model: BaseChatModel = init_chat_model(name, **_options(name, time_limit))
    except Exception as error:
        raise ModelError(explain_failure(error, describe_model(name))) from error
    return model


def _options(name: str, time_limit: float) -> dict[str, Any]:
    """Return what providers are told by names of their own; a temperature only where every model takes one."""
    match name.partition(":")[0]:
        case "openai" | "anthropic":
            return {"timeout": time_limit, "max_retries": 1}
        case "ollama":
            return {"client_kwargs": {"timeout": time_limit}, "temperature": 0}
    return {}


def _open_server(url: str, key: str | None, time_limit: float) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    base, model = urldefrag(url)
    options: dict[str, Any] = {
        "model_provider": "openai",
        "base_url": base,
        "api_key": key or "none",
        "timeout": time_limit,
        "max_retries": 0,
        "temperature": 0,
        "max_tokens": MAX_TOKENS,
        "stream_usage": True,
        "use_responses_api": False,
        "openai_proxy": None,
    }
    if urlsplit(base).hostname in _LOOPBACK:  # a proxy that the environment names is for the world outside
        from openai import DefaultHttpxClient

        options["http_client"] = DefaultHttpxClient(trust_env=False, timeout=time_limit)
    opened: Any = init_chat_model(model or "default", **options)
    _forget_account(opened)
    if not model:
        served = opened.root_client.models.list().data
        opened.model_name = served[0].id if served else opened.model_name
    return cast("BaseChatModel", opened)


def _forget_account(model: Any) -> None:
    """Take out what the environment says of an account at OpenAI, its key apart: it is none of another server's business."""
    for client in (model.root_client, model.root_async_client):
        client.organization = client.project = None
        client._custom_headers = {}  # noqa: SLF001 - OPENAI_CUSTOM_HEADERS, which can be switched off nowhere else


def describe_model(model: str | BaseChatModel) -> str:
    """Return what an answer calls its model: the string it was asked for by, else the model's own name; never a path."""
    if isinstance(model, str):
        return _without_secrets(model) if _URL.match(model) else model
    named = next((str(getattr(model, name)) for name in ("model_name", "model", "model_id") if getattr(model, name, None)), "")
    return PurePosixPath(named).name or type(model).__name__


def _without_secrets(url: str) -> str:
    """Return a URL without user, password (in which there may be anything) and query."""
    base, model = urldefrag(url)
    scheme, _, rest = base.partition("//")
    return f"{scheme}//{rest.partition('?')[0].rpartition('@')[2]}" + (f"#{model}" if model else "")


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
    status = next((code for cause in causes if (code := _status(cause))), 0)
    kinds = " ".join(type(cause).__name__ for cause in causes)
    message = _hide_secrets(" ".join(str(error).split()))[:_MOST_SAID]
    if not status and _KEY.search(message):
        status = 401
    by_kind = (line for pattern, line in _BY_KIND.items() if not status and re.search(pattern, f"{kinds} {message}"))
    line = _BY_STATUS.get(status) or next(by_kind, None) or _OTHERWISE
    if _URL.match(name) and (status in {404, 405, 501} or (line is _OTHERWISE and not status and re.search(_ODD_REPLY, kinds))):
        line = _NO_API
    elif "infer model provider" in message or "Unsupported provider" in message:
        line = _NO_PROVIDER
    return line.format(name=name, key=_key_name(name), what=status or type(error).__name__, message=message)


def _hide_secrets(message: str) -> str:
    """Return a message without keys: what looks like one, and what the environment holds under the name of one."""
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) > 5:
            message = message.replace(value, "…")
    return _SECRET.sub("…", message)


def explain_empty(name: str) -> str:
    """Return one line that says that a model said nothing."""
    return _EMPTY.format(name=name)


def explain_silence(name: str) -> str:
    """Return one line that says that a model said nothing in the time there was."""
    return _TOO_SLOW.format(name=name)


def _explain_missing(error: ImportError, name: str) -> str:
    provider = "openai" if _URL.match(name) else name.partition(":")[0]
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


def _status(error: BaseException) -> int:
    """Return the HTTP status that an error carries, 0 when it has none."""
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return 0


def _key_name(name: str) -> str:
    return "PINCITE_MODEL_KEY" if _URL.match(name) else f"{name.partition(':')[0].upper()}_API_KEY"
