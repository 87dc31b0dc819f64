"""What a browser window is busy with; it lives in the window itself, so that a reload, or a new start of the server, finds it again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

_ID_CHARS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The state of a window.

    Attributes:
        conversation: Id of the conversation that is open; "" before its first question.
        chosen: Paths of the documents that are asked; empty for all.
        editing: Id of the turn that the next question takes the place of; 0 for none.
    """

    conversation: str = ""
    chosen: tuple[str, ...] = ()
    editing: int = 0

    @classmethod
    def from_json(cls, written: str | None) -> Session:
        """Return what a window says of itself; whatever is no session is a new one.

        >>> Session.from_json('{"conversation": "x", "chosen": ["a.txt"], "editing": 0}').chosen
        ('a.txt',)
        >>> Session.from_json("nonsense")
        Session(conversation='', chosen=(), editing=0)
        """
        try:
            values = json.loads(written or "{}")
            conversation, chosen, editing = values.get("conversation", ""), values.get("chosen", []), values.get("editing", 0)
        except (ValueError, AttributeError):
            return cls()
        fits = isinstance(conversation, str) and len(conversation) <= _ID_CHARS and isinstance(chosen, list)
        if not fits or not all(isinstance(path, str) for path in chosen) or type(editing) is not int or not 0 <= editing < 2**63:
            return cls()
        return cls(conversation=conversation, chosen=tuple(chosen), editing=editing)

    def to_json(self) -> str:
        """Return the session for the window to keep."""
        return json.dumps(asdict(self))
