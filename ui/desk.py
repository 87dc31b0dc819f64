"""What each thing that a person does on the page comes to: from a session and an action to what the window shows next.

Nothing here knows Gradio. A `View` says what changes; what it leaves out stays. The window's own state is a `Session`, and
everything else is read from the kept conversations, so a page stays usable when its server was started anew.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from index.errors import CorpusError, PinciteError
from ui.chat import TurnChecks, converse, open_citation, sentence
from ui.conversations import Turn, new_conversation
from ui.examples import find_examples, find_following
from ui.markup import button, count, escape
from ui.preparing import Preparation
from ui.shelf import Shelf
from ui.transcript import render_conversations, render_empty, render_preparing, render_suggestions, render_transcript, render_welcome
from ui.views import View

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from rag import Assistant
    from ui.conversations import Conversations, Rating
    from ui.session import Session

_STOPPED = "Stopped before it was answered."
_PAUSE = 0.3  # seconds between two views of how far the documents are read

_log = logging.getLogger("pincite")


class Desk:
    """The page's actions over one assistant and the kept conversations; used by all windows at once."""

    def __init__(self, assistant: Assistant, kept: Conversations) -> None:
        """Take what the actions work on; nothing is read yet."""
        self.assistant = assistant
        self.kept = kept
        self.shelf = Shelf(assistant)
        self._examples = lru_cache(maxsize=1)(lambda _generation: find_examples(assistant))
        self._preparation: Preparation | None = None
        self._checks = TurnChecks(assistant)
        self._answering: set[int] = set()  # turns whose answers are being made, in whichever window

    # The conversation

    async def ask(self, owner: str, session: Session, question: str, *, quotes_only: bool = False) -> AsyncIterator[View]:
        """Answer a question; the last view has the answer kept and its first citation open."""
        if not question.strip():
            yield View()
            return
        there = await asyncio.to_thread(self.shelf.still_there, session)
        session = there if there.chosen else session  # with none left it is an error, not a question to all
        known = self.kept.title(session.conversation, owner=owner) is not None
        opened = replace(session, conversation=session.conversation if known else new_conversation(), editing=0)
        question = question.encode("utf-8", "replace").decode()  # half a character, which no file can keep
        key = self.kept.keep_question(opened.conversation, question, owner=owner, sources=opened.chosen, replacing=session.editing)
        asked = Turn(id=key, question=question, sources=opened.chosen, growing=True)
        self._answering.add(key)
        try:
            async for view in self._answer(owner, opened, asked, quotes_only=quotes_only):
                yield view
        finally:
            self._answering.discard(key)

    async def _answer(self, owner: str, session: Session, asked: Turn, *, quotes_only: bool) -> AsyncIterator[View]:
        """Answer a question that is kept, and keep the answer."""
        before = self.kept.turns(session.conversation, owner=owner)[:-1]
        yield View(session=session, transcript=self._renderer(owner, session, before)(asked), busy=True)
        show = self._renderer(owner, session, await self._checks.add(before))
        turn = asked
        async for turn in converse(self.assistant, asked, before, quotes_only=quotes_only):
            yield View(transcript=show(turn))
        if turn.answer:
            self.kept.keep_answer(turn.id, turn.answer)
        else:
            self.kept.keep_error(turn.id, turn.error)
        there = await asyncio.to_thread(self.shelf.still_there, session)
        opened = await asyncio.to_thread(open_citation, self.assistant, turn)
        yield View(session=there if there != session else None, transcript=show(turn), reader=opened, busy=False)

    async def again(self, owner: str, session: Session, turn: int, *, quotes_only: bool = False) -> AsyncIterator[View]:
        """Ask a turn's question once more, in its place."""
        asked = self._turn(owner, session, turn)
        async for view in self.ask(owner, replace(session, editing=turn), asked.question if asked else "", quotes_only=quotes_only):
            yield view

    def edit(self, owner: str, session: Session, turn: int) -> View:
        """Put a turn's question into the box; what is sent next takes its place."""
        asked = self._turn(owner, session, turn)
        return View(box=asked.question, session=replace(session, editing=turn)) if asked else View()

    def cancel_edit(self, session: Session) -> View:
        """Leave the last question as it was."""
        return View(box="", session=replace(session, editing=0))

    async def stop(self, owner: str, session: Session) -> View:
        """Show the conversation after its answer was stopped."""
        for turn in self.kept.turns(session.conversation, owner=owner)[-1:]:
            if not turn.answer and not turn.error:
                self.kept.keep_error(turn.id, _STOPPED)
        return replace(await self.show(owner, session), busy=False)

    async def suggest(self, owner: str, session: Session) -> str:
        """Return the questions to ask next, made from what stands around the last answer's citations; "" where there are none."""
        turns = self.kept.turns(session.conversation, owner=owner)
        if not turns or not turns[-1].answer or turns[-1].answer.abstained:
            return ""
        asked = [turn.question for turn in turns]
        try:
            questions = await asyncio.to_thread(find_following, self.assistant, turns[-1].answer, asked)
        except PinciteError as error:
            _log.warning("nothing can be suggested: %s", error)
            return ""
        return render_suggestions(turns[-1].id, questions)

    async def rate(self, owner: str, session: Session, turn: int, rating: Rating, reason: str) -> View:
        """Keep what the asker thinks of an answer."""
        self.kept.rate(turn, rating, reason, owner=owner)
        return await self.show(owner, session)

    async def show(self, owner: str, session: Session) -> View:
        """Show the session's conversation, or the welcome when it has none; the session changes only where that is so."""
        turns = await self._checks.add(self.kept.turns(session.conversation, owner=owner))
        if not turns:
            blank = replace(session, conversation="", editing=0)
            return View(session=None if blank == session else blank, transcript=await asyncio.to_thread(self._welcome, owner))
        *before, last = (replace(turn, growing=turn.id in self._answering and not turn.error) for turn in turns)
        return View(transcript=self._renderer(owner, session, before)(last))

    async def refresh(self, owner: str, session: Session) -> View:
        """Show the conversation after the documents have changed; those that are gone are no longer ticked."""
        there = await asyncio.to_thread(self.shelf.still_there, session)
        changed = there if there != session else None
        if any(turn.id in self._answering for turn in self.kept.turns(session.conversation, owner=owner)[-1:]):
            return View(session=changed)  # the answer that is being made draws the conversation itself
        shown = await self.show(owner, there)
        return replace(shown, session=shown.session or changed)

    def prepare(self) -> Preparation:
        """Open the index in a thread of its own, and return how far that is."""
        self._preparation = Preparation(self.assistant, lambda index: self._examples(index.generation))
        return self._preparation

    async def begin(self, owner: str, session: Session) -> AsyncIterator[View]:
        """Show what a window that was just opened shows: how far the documents are read, then where it was, or the welcome."""
        while self._preparation is not None and not await asyncio.to_thread(self._preparation.wait, _PAUSE):
            name = self.assistant.corpus.resolve().name
            yield View(transcript=render_preparing(name, self._preparation.share))
        session = await asyncio.to_thread(self.shelf.still_there, session)
        shown = await self.show(owner, session)
        session = shown.session or session  # a window that was just opened knows none yet
        yield replace(shown, session=session, reader=await asyncio.to_thread(self.shelf.contents, session))

    async def new(self, owner: str, session: Session) -> View:
        """Begin a new conversation."""
        blank = replace(session, conversation="", editing=0)
        shown = await self.show(owner, blank)
        return replace(shown, session=blank, reader=await asyncio.to_thread(self.shelf.contents, session), box="", busy=False)

    async def open(self, owner: str, session: Session, conversation: str) -> View:
        """Open a kept conversation."""
        opened = replace(session, conversation=conversation, editing=0)
        shown = await self.show(owner, opened)
        return replace(shown, session=shown.session or opened, busy=False)

    def conversations(self, owner: str) -> View:
        """List the kept conversations."""
        return View(transcript=render_conversations(self.kept.find(owner=owner)), busy=False)

    def rename(self, owner: str, conversation: str, title: str) -> View:
        """Give a conversation another title."""
        self.kept.rename(conversation, title, owner=owner)
        return self.conversations(owner)

    def delete(self, owner: str, session: Session, conversation: str) -> View:
        """Delete a conversation."""
        self.kept.delete(conversation, owner=owner)
        closed = replace(session, conversation="", editing=0) if conversation == session.conversation else None
        return replace(self.conversations(owner), session=closed)

    def status(self, session: Session) -> str:
        """Return the line above the question box: which documents are asked, and what the next question takes the place of."""
        parts = []
        if session.chosen:
            parts.append(f"Asking {count(len(session.chosen), 'document')} only {button('Ask all', {'data-all': ''})}")
        if session.editing:
            parts.append(f"Editing the last question {button('Cancel', {'data-cancel': ''})}")
        said = "".join(f'<span class="chip">{part}</span>' for part in parts)
        return f'<div class="status" data-session="{escape(session.to_json())}">{said}</div>'

    # The documents

    async def remove(self, session: Session, path: str) -> AsyncIterator[View]:
        """Move a document to the bin; `refresh` then says which citations are gone."""
        yield View(reader=await asyncio.to_thread(self.shelf.contents, session, (), f"Removing {path} …"))
        said = await asyncio.to_thread(self.shelf.remove, path)
        yield View(reader=await asyncio.to_thread(self.shelf.contents, session, (), said))

    def _turn(self, owner: str, session: Session, turn: int) -> Turn | None:
        return next((one for one in self.kept.turns(session.conversation, owner=owner) if one.id == turn), None)

    def _renderer(self, owner: str, session: Session, before: Sequence[Turn]) -> Callable[[Turn], str]:
        """Return what renders the session's conversation with its last turn, which may be growing."""
        title = self.kept.title(session.conversation, owner=owner) or ""
        return lambda last: render_transcript((*before, last), conversation=session.conversation, title=title or last.question)

    def _welcome(self, owner: str) -> str:
        name = self.assistant.corpus.resolve().name
        try:
            index = self.assistant.index
            size, examples = index.manifest, self._examples(index.generation)
        except CorpusError as error:
            empty = self.assistant.corpus.is_dir()
            return render_empty(name) if empty else render_transcript((Turn(question="", error=sentence(error)),))
        except PinciteError as error:
            return render_transcript((Turn(question="", error=sentence(error)),))
        earlier = self.kept.find(owner=owner, most=5)
        return render_welcome(name, sources=size.sources, paragraphs=size.paragraphs, examples=examples, earlier=earlier)
