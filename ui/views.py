"""What a window shows next: the one thing that every action on the page comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a window shows next; None leaves a part as it is.

    Attributes:
        box: Text of the question box.
        session: State of the window.
        transcript: HTML of the conversation.
        reader: HTML of the document panel.
        busy: Whether an answer is being made, which can be stopped.
    """

    box: str | None = None
    session: Session | None = None
    transcript: str | None = None
    reader: str | None = None
    busy: bool | None = None
