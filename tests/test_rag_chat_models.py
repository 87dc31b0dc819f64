"""Opening chat models by name, and one clear line for each way in which a provider can fail; real servers on loopback."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from langchain.chat_models.base import _get_chat_model_creator

from eval.scripted_model import ScriptedModel, send_json, send_stream
from index.errors import ModelError, SettingsError
from rag import Assistant, ask
from rag.chat_models import check_model, describe_model, open_chat_model
from rag.model_failures import explain_failure
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from index.encoders import OnnxEncoder

CRANES = "How many cranes does the harbour of Ostmark have?"
Handle = "Callable[[BaseHTTPRequestHandler], None]"


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Serve an OpenAI-compatible API whose answers to questions are what a function writes; it returns the base URL."""
    with contextlib.ExitStack() as stack:
        yield lambda handle: stack.enter_context(contextlib.closing(ScriptedModel(lambda request, _: handle(request)))).url


def stream(request: BaseHTTPRequestHandler, *pieces: str, whole: bool = True) -> None:
    """Stream a reply in pieces; when it is not whole, the connection ends in its middle."""
    send_stream(request, pieces, whole=whole)


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    return Assistant(corpus, tmp_path / "index", encoder=encoder, time_limit=5)


def note(assistant: Assistant, model: str) -> str:
    """Ask, check that the documents are quoted all the same, and return what is said about the model."""
    answer = assistant.ask(CRANES, model=model)
    assert "It has 14 cranes." in answer.text
    (said,) = [statement.text for statement in answer.statements if statement.status == "not a claim"]
    assert "\n" not in said
    return said


def test_an_openai_compatible_server_is_named_by_its_url(assistant: Assistant, serve: Callable[[Any], str]) -> None:
    """Streamed in pieces; the model is the one that the server lists."""
    url = serve(lambda request: stream(request, "The harbour ", "has 14 cranes", " [1]."))
    answer = assistant.ask(CRANES, model=url)
    assert answer.text == "The harbour has 14 cranes. [1]"
    assert answer.model == url


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "wants a key that is missing or not accepted; set PINCITE_MODEL_KEY"),
        (404, "is no OpenAI-compatible server; look at the address, which mostly ends in /v1"),
        (429, "takes no more questions for now (rate limit or quota)"),
        (500, "failed (500"),
        (503, "failed (503"),
    ],
)
def test_an_error_of_a_server_is_one_line_and_the_documents_are_quoted(
    status: int, said: str, assistant: Assistant, serve: Callable[[Any], str]
) -> None:
    url = serve(lambda request: send_json(request, status, {"error": {"message": "no\nsk-abcdef123456", "type": "x", "code": "x"}}))
    line = note(assistant, url)
    assert said in line
    assert "abcdef" not in line


def test_a_refused_connection_is_one_line(assistant: Assistant) -> None:
    assert "no server answers for http://127.0.0.1:9/v1; is it running, and can it be reached?" in note(assistant, "http://127.0.0.1:9/v1")


def test_an_empty_reply_is_one_line(assistant: Assistant, serve: Callable[[Any], str]) -> None:
    assert "was empty" in note(assistant, serve(stream))


def test_a_reply_without_sense_is_one_line(assistant: Assistant, serve: Callable[[Any], str]) -> None:
    """The server speaks another protocol."""

    def babble(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/9 what?\r\n\r\n")
        request.close_connection = True

    assert "The documents are quoted: " in note(assistant, serve(babble))
    assert "no OpenAI-compatible server" in note(assistant, serve(lambda request: send_json(request, 501, ["what?"])))


def test_a_silent_server_is_left_at_the_time_limit(corpus: Path, tmp_path: Path, encoder: OnnxEncoder, serve: Callable[[Any], str]) -> None:
    silence = threading.Event()
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder, time_limit=1)
    line = note(assistant, serve(lambda _: silence.wait(60)))  # longer than the whole test may take
    silence.set()
    assert "too long" in line or "in time" in line


def test_a_server_that_dies_in_mid_answer_leaves_what_was_checked(assistant: Assistant, serve: Callable[[Any], str]) -> None:
    url = serve(lambda request: stream(request, "The harbour has 14 cranes. ", "Its crew of 9", whole=False))
    answer = assistant.ask(CRANES, model=url)
    assert answer.text.startswith("The harbour has 14 cranes. [1]")
    assert "broke off" in answer.text
    assert "crew" not in answer.text


@pytest.mark.parametrize("name", ["openai:gpt-5.5", "anthropic:claude-opus-4-7", "ollama:qwen3"])
def test_a_missing_package_names_the_extra_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = name.partition(":")[0]
    monkeypatch.setitem(sys.modules, f"langchain_{provider}", None)
    _get_chat_model_creator.cache_clear()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "some key")
    with pytest.raises(ModelError, match=rf"pip install -c constraints.txt -e '\.\[{provider}\]'"):
        open_chat_model(name)


def test_a_missing_package_of_another_provider_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_groq", None)
    _get_chat_model_creator.cache_clear()
    with pytest.raises(ModelError, match="pip install langchain-groq"):
        open_chat_model("groq:llama")


@pytest.mark.parametrize(("name", "key"), [("openai:gpt-5.5", "OPENAI_API_KEY"), ("anthropic:claude-opus-4-7", "ANTHROPIC_API_KEY")])
def test_a_missing_key_names_the_variable(name: str, key: str, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(key, raising=False)
    assert f"set {key}" in note(assistant, name)


def test_the_key_for_openai_is_not_sent_to_another_server(
    assistant: Assistant, serve: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a proxy asked for this machine itself."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-mine: secret")
    keys: list[str] = []

    def keep(request: BaseHTTPRequestHandler) -> None:
        keys.append(request.headers["authorization"])
        assert "secret" not in str(request.headers)
        stream(request, "The harbour has 14 cranes.")

    assert assistant.ask(CRANES, model=serve(keep)).text == "The harbour has 14 cranes. [1]"
    assert keys == ["Bearer none"]


def test_an_unknown_provider_is_one_line(assistant: Assistant) -> None:
    assert "nobody:knows names no known provider; expected such as" in note(assistant, "nobody:knows")


@pytest.mark.parametrize("name", ["", "two words", "http//nowhere"])
def test_what_is_no_name_is_refused_at_once(name: str) -> None:
    with pytest.raises(SettingsError, match="provider:name"):
        check_model(name)


def test_what_is_no_model_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="a string or a LangChain chat model"):
        check_model(7)


def test_nobody_reads_who_may_use_a_server(assistant: Assistant, monkeypatch: pytest.MonkeyPatch, serve: Callable[[Any], str]) -> None:
    """Neither a password in its URL nor a key that it sends back."""
    line = note(assistant, "http://me:p@ss/word@127.0.0.1:9/v1?api_key=hidden")
    assert "http://127.0.0.1:9/v1;" in line
    monkeypatch.setenv("PINCITE_MODEL_KEY", "hunter2-word")
    fresh = Assistant(assistant.corpus, assistant.index_dir, encoder=assistant.index.encoder)
    url = serve(lambda request: send_json(request, 400, {"error": {"message": "Invalid token hunter2-word", "type": "x", "code": "x"}}))
    assert "hunter2" not in note(fresh, url)


def test_a_model_of_the_environment_is_used_while_it_is_set(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_MODEL", "http://127.0.0.1:9/v1")
    assert "no server answers" in ask(CRANES, corpus).text
    monkeypatch.delenv("PINCITE_MODEL")
    assert ask(CRANES, corpus).text == "It has 14 cranes. [1]"


def test_a_circle_of_causes_has_an_end() -> None:
    error, other = ValueError("one"), ValueError("other")
    error.__cause__, other.__cause__ = other, error
    assert explain_failure(error, "x:y") == "x:y failed (ValueError: one)"


def test_a_model_is_called_by_its_name_without_path_or_password(scripted_model: Any) -> None:
    assert describe_model("http://me:secret@127.0.0.1:8080/v1") == "http://127.0.0.1:8080/v1"
    assert describe_model(scripted_model("")) == "scripted"
    named = scripted_model("")
    named.model_name = "/home/me/models/tiny.gguf"
    assert describe_model(named) == "tiny.gguf"


def test_the_cause_of_an_error_is_looked_at() -> None:
    """Providers' libraries raise errors of their own around the real ones."""
    error = RuntimeError("request failed")
    error.__cause__ = ConnectionRefusedError()
    assert explain_failure(error, "x:y") == "no server answers for x:y; is it running, and can it be reached?"


def test_the_model_its_key_and_the_time_limit_come_from_the_environment() -> None:
    settings = Settings.from_environment({"PINCITE_MODEL": "ollama:qwen3", "PINCITE_MODEL_KEY": "k", "PINCITE_TIME_LIMIT": "30"})
    assert (settings.model, settings.model_key, settings.time_limit) == ("ollama:qwen3", "k", 30.0)
    assert "'k'" not in repr(settings)


@pytest.mark.parametrize("written", ["soon", "0", "-3", "nan", "inf"])
def test_a_time_limit_that_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(SettingsError, match="expected seconds above 0"):
        Settings.from_environment({"PINCITE_TIME_LIMIT": written})
