"""What a program asks in OpenAI's form, read: `read_request`, from the bytes of a body to one question with its history.

What it does not know it leaves alone, as other servers of this protocol do; what it knows and cannot do it refuses (`_ONLY`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.answer import plain_text
from rag.question import MAX_CHARS

if TYPE_CHECKING:
    from rag.followups import Turn

MODELS = ("pincite", "pincite-quotes")  # the assistant's own writer, and the quotations only
MAX_BYTES = 1 << 20  # of a request
MAX_TURNS = 100  # of a conversation that are looked at

# Fields that would change what a reply is, with the values that ask for nothing.
_ONLY: dict[str, tuple[Any, ...]] = {
    "n": (None, 1),
    "tools": (None, []),
    "tool_choice": (None, "none", "auto"),
    "functions": (None, []),
    "function_call": (None, "none", "auto"),
    "logprobs": (None, False),
    "response_format": (None, {"type": "text"}),
    "modalities": (None, ["text"]),
    "audio": (None,),
    "web_search_options": (None,),
}


class RefusedError(Exception):
    """A request that gets no answer, with what its sender is told in OpenAI's form."""

    def __init__(self, status: int, message: str, *, param: str | None = None, code: str | None = None) -> None:
        """Say why.

        Args:
            status: Of HTTP.
            message: What was seen, what was expected.
            param: The field it is about.
            code: A word for programs.
        """
        super().__init__(message)
        self.status = status
        self.param = param
        self.code = code

    def to_dict(self) -> dict[str, Any]:
        """Return it as OpenAI's clients read it."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {"error": {"message": str(self), "type": kind, "param": self.param, "code": self.code}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A question in a conversation.

    Attributes:
        model: One of `MODELS`.
        question: The last message of the user.
        history: Earlier (question, answer) pairs, oldest first.
        stream: Whether the answer is sent as it grows.
        include_usage: Whether a stream ends with the count of tokens.
    """

    model: str
    question: str
    history: tuple[Turn, ...]
    stream: bool
    include_usage: bool


def read_request(media_type: str, body: bytes) -> ChatRequest:
    """Read a request.

    Args:
        media_type: As its header says; a page of another site cannot send "application/json" without asking.
        body: JSON in UTF-8.

    Raises:
        RefusedError: It is not JSON, not one question, or asks for what there is not.
    """
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, f"the body is {media_type or 'nothing that is named'!r:.100}; expected Content-Type: application/json")
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"the body is not JSON ({error}); expected an object with a model and messages") from error
    if not isinstance(sent, dict):
        raise RefusedError(400, "the body is no object; expected one with a model and messages")
    model = sent.get("model")
    if model not in MODELS:
        known = " or ".join(f'"{each}"' for each in MODELS)
        raise RefusedError(404, f"the model {model!r:.100} does not exist; expected {known}", param="model", code="model_not_found")
    for name, values in _ONLY.items():
        if sent.get(name) not in values:
            raise RefusedError(400, f"{name} is not offered here; expected none: leave it out", param=name, code="unsupported_value")
    question, history = _read_messages(sent.get("messages"))
    options = sent.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise RefusedError(400, f"stream_options is {options!r:.100}; expected an object", param="stream_options")
    stream, include_usage = _read_flag(sent, "stream"), _read_flag(options or {}, "include_usage")
    return ChatRequest(model=model, question=question, history=history, stream=stream, include_usage=include_usage)


def _read_flag(sent: dict[str, Any], name: str) -> bool:
    flag = sent.get(name)
    if flag is not None and not isinstance(flag, bool):
        raise RefusedError(400, f"{name} is {flag!r:.100}; expected true or false", param=name)
    return bool(flag)


def _read_messages(messages: Any) -> tuple[str, tuple[Turn, ...]]:
    """Return the last question of the user and the turns before it.

    A question that was too long to be asked is no turn, and of a long reply the beginning is kept: ours are short.
    """
    if not isinstance(messages, list):
        raise RefusedError(400, f"messages is {messages!r:.100}; expected a list", param="messages")
    turns: list[Turn] = []
    for place, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role in ("system", "developer"):
            continue
        if role not in ("user", "assistant"):
            expected = "expected an object with the role user, assistant, system or developer"
            raise RefusedError(400, f"messages[{place}] has the role {role!r:.100}; {expected}", param=f"messages[{place}].role")
        text = _read_text(message.get("content"), f"messages[{place}].content")
        if role == "user":
            turns.append((text, ""))
        elif turns:
            question, reply = turns.pop()
            turns.append((question, f"{reply} {text}"))
    if not turns:
        raise RefusedError(400, "no message has the role user; expected a question in the last one", param="messages")
    *earlier, (question, _) = turns
    history = [(asked, plain_text(reply[:MAX_CHARS]).strip()) for asked, reply in earlier if len(asked) <= MAX_CHARS]
    return question, tuple(history[-MAX_TURNS:])


def _read_text(content: Any, param: str) -> str:
    """Return a message's text; its parts stand on lines of their own."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise RefusedError(400, f"{param} is {content!r:.100}; expected a text, or a list of text parts", param=param)
    for part in parts:
        if part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise RefusedError(400, f"{param} has a part of type {part.get('type')!r:.100}; expected text only", param=param)
    text = "\n".join(part["text"] for part in parts)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RefusedError(400, f"{param} has half a surrogate pair ({error.reason}); expected whole characters", param=param) from error
    return text
