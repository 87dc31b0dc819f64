"""An answer back from what `Answer.to_dict` wrote: a kept answer can be read, shown and verified again.

Of the nearest paragraphs the record keeps text and place, not heading and kind; what is restored writes the same record again.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, get_args

from index.errors import AnswerError
from index.paragraphs import Paragraph
from index.search import Hit
from rag.answer import Answer, Citation, Conflict, Statement, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def restore_answer(kept: Mapping[str, Any], corpus: Path | None = None) -> Answer:
    """Return the answer that a record was made of.

    Args:
        kept: From `Answer.to_dict`, also by way of JSON.
        corpus: Folder of the documents, for `Answer.verify`.

    Raises:
        AnswerError: A field is missing or has another form.
    """
    try:
        return Answer(
            question=kept["question"],
            searched=kept["searched"],
            text=kept["text"],
            short=kept["short"],
            statements=tuple(map(_statement, kept["statements"])),
            citations=tuple(map(_citation, kept["citations"])),
            conflicts=tuple(map(_conflict, kept["conflicts"])),
            nearest=tuple(_hit(rank, hit) for rank, hit in enumerate(kept["nearest"], start=1)),
            abstained=kept["abstained"],
            confidence=kept["confidence"],
            model=kept["model"],
            timings=kept.get("timings", {}),
            usage=kept.get("usage", {}),
            corpus=corpus,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise AnswerError(f"this is no kept answer ({error!r}); expected what this prints: pincite ask --json") from error


def _statement(kept: Mapping[str, Any]) -> Statement:
    if kept["status"] not in get_args(Status):
        raise ValueError(kept["status"])
    return Statement(text=kept["text"], citations=tuple(kept["citations"]), status=kept["status"], reason=kept["reason"])


def _citation(kept: Mapping[str, Any]) -> Citation:
    date = dt.date.fromisoformat(kept["date"]) if kept["date"] else None
    return Citation(**{**kept, "date": date})


def _conflict(kept: Mapping[str, Any]) -> Conflict:
    return Conflict(subject=kept["subject"], values=tuple((value, number) for value, number in kept["values"]))


def _hit(rank: int, kept: Mapping[str, Any]) -> Hit:
    first, text = kept["text_start"], kept["text"]
    paragraph = Paragraph(
        source=kept["source"], number=kept["paragraph"], start=first, end=first + len(text), text=text, heading="", kind="text"
    )
    return Hit(paragraph=paragraph, start=kept["start"], end=kept["end"], score=kept["score"], rank=rank)
