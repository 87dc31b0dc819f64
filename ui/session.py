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
            chosen = tuple(path for path in values.get("chosen", ()) if isinstance(path, str))
            return cls(conversation=str(values.get("conversation", ""))[:_ID_CHARS], chosen=chosen, editing=int(values.get("editing", 0)))
        except (ValueError, TypeError, AttributeError):
            return cls()

    def to_json(self) -> str:
        """Return the session for the window to keep."""
        return json.dumps(asdict(self))
