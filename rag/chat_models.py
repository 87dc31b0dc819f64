"""Opening a chat model by its name.

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
from rag.model_failures import URL, explain_failure, explain_missing_key

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

EXTRACTIVE = "extractive"  # no model: the documents are quoted
MAX_TOKENS = 1024  # of a reply by a server of one's own; others have limits of their own

_NAMED = re.compile(r"[a-z0-9_]+:\S.*", re.IGNORECASE)
_ON_THIS_MACHINE = frozenset({"ollama", "huggingface"})  # providers whose models keep all cores, or the one GPU, busy
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def check_model(model: object) -> str | BaseChatModel:
    """Return a model, or the name of one, if it can be one.

    Raises:
        SettingsError: It is an empty string, or one of another form.
        TypeError: It is neither a string nor a LangChain chat model.
    """
    if isinstance(model, str):
        if not (URL.match(model) or _NAMED.fullmatch(model) or model == EXTRACTIVE):
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
        raise ModelError(explain_missing_key(name))
    try:
        if URL.match(name):
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
        return _without_secrets(model) if URL.match(model) else model
    named = next((str(getattr(model, name)) for name in ("model_name", "model", "model_id") if getattr(model, name, None)), "")
    return PurePosixPath(named).name or type(model).__name__


def takes_several(model: str | BaseChatModel) -> bool:
    """Say whether a model is known to answer several questions at once in the time of one: those of providers with machines of their own.

    Of a server that is named by its address, and of a model that somebody opened, nobody knows.
    """
    if not isinstance(model, str) or model == EXTRACTIVE or URL.match(model):
        return False
    provider = model.partition(":")[0].lower()
    own_server = provider == "openai" and any(os.environ.get(name) for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE"))
    return provider not in _ON_THIS_MACHINE and not own_server


def _without_secrets(url: str) -> str:
    """Return a URL without user, password (in which there may be anything) and query."""
    base, model = urldefrag(url)
    scheme, _, rest = base.partition("//")
    return f"{scheme}//{rest.partition('?')[0].rpartition('@')[2]}" + (f"#{model}" if model else "")
