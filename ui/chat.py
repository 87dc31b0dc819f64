"""What a conversation does, without a page around it: answer, say how old citations stand, open a place."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from index.errors import PinciteError
from rag.answer import citation_dict
from rag.chat_models import EXTRACTIVE
from rag.recheck import recheck
from ui.markup import Place
from ui.reader import render_document, render_failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from rag import Assistant
    from rag.answer import Citation
    from rag.recheck import Check
    from ui.conversations import Turn

_FAILED = "Something went wrong inside Pincite; the terminal it runs in says what. You can go on asking."

_log = logging.getLogger("pincite")


async def converse(assistant: Assistant, turn: Turn, turns: Sequence[Turn], *, quotes_only: bool = False) -> AsyncIterator[Turn]:
    """Yield a turn as its answer grows; the last one is final.

    When it is cancelled, a chat model is not read any further.

    Args:
        assistant: Answers.
        turn: Growing, with the question and the documents that are asked.
        turns: What came before.
        quotes_only: No chat model writes, even when the assistant has one.
    """
    history = [(earlier.question, earlier.answer.told or earlier.answer.text) for earlier in turns if earlier.answer]
    writes = not quotes_only and assistant.model != EXTRACTIVE
    try:
        answer = None
        async for answer in assistant.astream(turn.question, history, model=None if writes else EXTRACTIVE, sources=turn.sources or None):
            if writes:
                yield replace(turn, answer=answer)
        yield replace(turn, answer=answer, growing=False)
    except PinciteError as error:
        yield replace(turn, error=sentence(error), growing=False)
    except Exception:  # noqa: BLE001 - a bug costs one answer, not the page
        _log.exception("no answer to %.200r", turn.question)
        yield replace(turn, error=_FAILED, growing=False)


class TurnChecks:
    """How the citations of kept turns stand, found out once for each generation of the index."""

    def __init__(self, assistant: Assistant) -> None:
        """Take the assistant; nothing is read yet."""
        self._assistant = assistant
        self._generation: Path | None = None
        self._found: dict[int, tuple[Check, ...]] = {}

    async def add(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        """Return the turns with how those citations stand whose quote is no longer where it was."""
        return await asyncio.to_thread(self._add, turns)

    def _add(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        try:
            generation = self._assistant.index.generation
            if generation != self._generation:
                self._generation, self._found = generation, {}
            return tuple(replace(turn, checks=self._of(turn)) for turn in turns)
        except PinciteError as error:
            _log.warning("citations could not be checked: %s", error)
            return tuple(turns)

    def _of(self, turn: Turn) -> tuple[Check, ...]:
        if turn.answer is None:
            return ()
        if turn.id not in self._found:
            stale = [citation_dict(citation) for citation in turn.answer.citations if not _stands(self._assistant, citation)]
            checks = recheck(stale, self._assistant.corpus) if stale else ()
            self._found[turn.id] = tuple(check for check in checks if check.status != "ok")
        return self._found[turn.id]


def _stands(assistant: Assistant, citation: Citation) -> bool:
    return assistant.index.store.text_between(citation.source, citation.start, citation.end) == citation.quote


def open_citation(assistant: Assistant, turn: Turn) -> str | None:
    """Return the document panel for a new turn, at its first citation; None, which leaves it as it is, where nothing is cited."""
    citations = turn.answer.citations if turn.answer else ()
    return open_place(assistant, Place.of_citation(citations[0])) if citations else None


def open_place(assistant: Assistant, place: Place, standing: str = "") -> str:
    """Return the document panel at a place; one without a quote opens the document at its beginning."""
    try:
        store = assistant.index.store
        source = store.source(place.source)
    except PinciteError as error:
        return render_failure(sentence(error))
    except KeyError:
        return render_failure(f"{place.source} is no longer among the documents.")
    at = place if place.quote else None
    return render_document(source, store.paragraphs(place.source), place=at, standing=standing, opening=time.monotonic_ns())


def read_place(clicked: Mapping[str, str]) -> Place:
    """Return the place that a button of the page names; what it leaves out is 0 or empty."""
    paragraph, start, end = (int(clicked.get(name) or 0) for name in ("paragraph", "start", "end"))
    return Place(source=clicked["source"], paragraph=paragraph, start=start, end=end, quote=clicked.get("quote") or "")


def sentence(error: PinciteError) -> str:
    """Return what an error says, beginning with a capital."""
    text = str(error)
    return text[:1].upper() + text[1:]
