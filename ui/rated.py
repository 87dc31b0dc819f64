"""Answers that were rated wrong on the page, as proposals of known facts whose answer is to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eval.review import rated_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ui.conversations import Conversations


def rated_rows(kept: Conversations, *, owner: str | None = None, known: Iterable[Mapping[str, Any]] = ()) -> Iterator[dict[str, Any]]:
    """Yield the lines, oldest first.

    Args:
        kept: The conversations.
        owner: Whose answers; None for everybody's.
        known: Lines that are not to be told again: those of the same question after the same questions.
    """
    seen = {_key(row) for row in known}
    for before, turn in kept.rated("wrong", owner=owner):
        history = [(earlier.question, earlier.answer.told or earlier.answer.text) for earlier in before if earlier.answer]
        said = (turn.answer.told or turn.answer.text) if turn.answer else ""
        row = rated_row(turn.question, said, turn.reason, history, turn.id)
        if _key(row) not in seen:
            seen.add(_key(row))
            yield row


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (*(str(asked) for asked, _ in row.get("history") or ()), str(row.get("question")))
