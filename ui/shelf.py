"""What each thing that a person does with the documents comes to: list, open, choose, add and remove them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from index.errors import CorpusError, PinciteError
from ui.chat import open_place, read_place, sentence
from ui.contents import MAX_LISTED, render_contents
from ui.library import Added, add_files, remove_file
from ui.reader import render_failure
from ui.views import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rag import Assistant
    from ui.session import Session


class Shelf:
    """The documents of one assistant; used by all windows at once."""

    def __init__(self, assistant: Assistant) -> None:
        """Take the assistant; nothing is read yet."""
        self._assistant = assistant

    def contents(self, session: Session, added: Sequence[Added] = (), notice: str = "") -> str:
        """Return the document panel with the list of documents."""
        try:
            index = self._assistant.index
        except CorpusError as error:
            if self._assistant.corpus.is_dir():
                return render_contents((), total=0, added=added, notice=notice or sentence(error))
            return render_failure(sentence(error))
        except PinciteError as error:
            return render_failure(sentence(error))
        listed = index.store.contents(MAX_LISTED)
        return render_contents(
            listed, total=index.manifest.sources, chosen=session.chosen, skipped=index.store.skipped(), added=added, notice=notice
        )

    def place(self, clicked: Mapping[str, str]) -> View:
        """Open the place that a button names."""
        return View(reader=open_place(self._assistant, read_place(clicked), clicked.get("standing") or ""))

    def choose(self, session: Session, paths: Sequence[str]) -> View:
        """Ask these documents only; when they are all or none, all are asked."""
        sources = self._assistant.index.store.sources()
        chosen = {*paths, *(path for path in session.chosen if path not in sources[:MAX_LISTED])}
        everything = len(chosen) == len(sources)
        return self._chosen(replace(session, chosen=() if everything else tuple(sorted(chosen))))

    def still_there(self, session: Session) -> Session:
        """Return the session without the documents that are no longer there."""
        try:
            there = set(self._assistant.index.store.sources()) if session.chosen else set()
        except PinciteError:  # which the panels say
            return session
        return replace(session, chosen=tuple(path for path in session.chosen if path in there))

    def choose_all(self, session: Session) -> View:
        """Ask all documents."""
        return self._chosen(replace(session, chosen=()))

    def add(self, session: Session, files: Sequence[Path]) -> Iterator[View]:
        """Add files to the documents; the views show how far each is."""
        added: tuple[Added, ...] = ()
        try:
            for added in add_files(self._assistant, files):
                yield View(reader=self.contents(session, added))
        except PinciteError as error:
            yield View(reader=self.contents(session, _given_up(added, files), sentence(error)))

    def remove(self, path: str) -> str:
        """Move a document to the bin, and return what is to be said of it."""
        try:
            remove_file(self._assistant, path)
        except PinciteError as error:
            return sentence(error)
        return f"{path} was moved to this computer's bin."

    def _chosen(self, session: Session) -> View:
        return View(session=session, reader=self.contents(session))


def _given_up(added: Sequence[Added], files: Sequence[Path]) -> tuple[Added, ...]:
    """Return the files of which none is being worked on any more."""
    states = itertools.zip_longest(added, files)
    return tuple(
        one if one and (one.failed or one.share >= 1) else Added(name=one.name if one else file.name, state="not indexed", failed=True)
        for one, file in states
    )
