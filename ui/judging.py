"""Judging proposals of known facts on the page: look for some, show one, keep what is decided, take it back.

Facts and proposals lie in one file (`eval.review`): the one that the page was started with, else `facts.jsonl` beside the index. What was
rejected or reworded lies in `judged.jsonl` there. A window tells with each action which proposal it shows; the server remembers nothing
but the last decisions, to take one back.
"""

from __future__ import annotations

import shlex
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eval.facts import own_facts
from eval.judging import Pile, edit_row, fact_of, is_right_by, proposal_key, row_of
from eval.proofs import find_proofs
from eval.proposing import Searched, find_proposals
from eval.review import Aside, Review
from index.errors import FactsError, PinciteError
from index.readers.document import page_at
from rag.chat_models import EXTRACTIVE
from ui.chat import sentence
from ui.markup import Place, overlap
from ui.proposal_form import told_form
from ui.proposals import Facts, Judged, Proof, Undo, render_judging, render_now, render_unanswered
from ui.rated import rated_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from eval.review import Decision
    from index.store import Store
    from rag import Assistant
    from ui.conversations import Conversations

ASIDE = "judged.jsonl"
BATCH = 20  # questions proposed at a time
_PAUSE = 0.3  # seconds between two views of how far the search is
_REMEMBERED = 64  # decisions that can be taken back
_STOPPED = "Stopped; nothing was proposed."
_NOTHING = "No further sentence of the documents makes a clear question. Facts can be written by hand: eval/facts.py says how."
_CHANGED = "This proposal has been judged or reworded elsewhere meanwhile."
_OTHERS = "The proposals are others than those you saw: some were judged or made elsewhere meanwhile."


class Judging:
    """The panel of proposals over one assistant; used by all windows at once."""

    def __init__(self, assistant: Assistant, kept: Conversations, facts_file: Path | None = None, *, shared: bool = False) -> None:
        """Take what is judged; nothing is read yet.

        Args:
            assistant: Over the documents.
            kept: The conversations, for the answers that were rated wrong.
            facts_file: Of facts and proposals; None takes the one beside the index.
            shared: The page has users, who see each other's proposals.
        """
        self.assistant = assistant
        self.file = facts_file or own_facts(assistant.index_dir)
        self._kept = kept
        self._shared = shared
        self._aside = Aside(assistant.index_dir / ASIDE)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._decisions: OrderedDict[str, tuple[Decision, str]] = OrderedDict()
        self._asking = threading.Lock()  # one after the other: who skips many does not ask many at once

    def act(self, told: Mapping[str, Any]) -> str:
        """Do what a window asks for, and return its panel.

        Args:
            told: "action": "accept", "reject", "edit", "save", "next", "back", "undo" or "leave", anything else shows what there is;
                "key" of the proposal that is shown; "undo", the key of the window's last decision; for "leave" the number of proposals
                that the window knows of, "left"; and for "save" what the form holds, see `eval.judging.edit_row`.
        """
        action, key, undo = (str(told.get(name) or "") for name in ("action", "key", "undo"))
        decisions = {"accept": self._accept, "reject": self._reject, "save": self._save, "undo": self._take_back, "leave": self._leave}
        with self._lock:
            try:
                pile = Pile.open(self._proposals(), key)
                if key != pile.key and action in _OF_ONE:
                    return self._show(pile, undo, notice=_CHANGED)
                if action == "leave" and str(told.get("left")) != str(len(pile.lines)):  # another window has proposed more meanwhile
                    return self._show(pile, undo, notice=_OTHERS)
                if action in decisions:
                    return self._show(*decisions[action](pile, undo, told))
                return self._show({"edit": pile.edit(), "next": pile.turn(1), "back": pile.turn(-1)}.get(action, pile), undo)
            except PinciteError as error:
                return self._failed(key, undo, sentence(error), told)

    def propose(self, owner: str) -> Iterator[str]:
        """Yield the panel while questions are looked for, and at the end with the first of them.

        Args:
            owner: Whose answers that were rated wrong come first.
        """
        stop = threading.Event()
        self._stop.set()
        self._stop = stop
        try:
            known = [*map(row_of, self._lines()), *self._aside.rows()]
            rows = [*rated_rows(self._kept, owner=owner, known=known)]
            shown = -_PAUSE
            for step in find_proposals(self.assistant, BATCH, known=known):
                if stop.is_set():
                    yield self._panel(notice=_STOPPED)
                    return
                if not isinstance(step, Searched):
                    rows += step
                elif time.monotonic() - shown >= _PAUSE:
                    shown = time.monotonic()
                    yield render_judging(self._facts(), searched=step)
            with self._lock:
                self._add(rows)
            yield self._panel(notice="" if rows else _NOTHING)
        except PinciteError as error:
            yield self._panel(notice=sentence(error))

    def answer(self, key: str) -> str:
        """Return what the assistant answers to a proposal at present, in quotations, or why not; "" for one that is no longer there."""
        try:
            pile = Pile.open(self._proposals(), key)
            if not key or pile.key != key:
                return ""
            row = row_of(pile.line)
            history = [(str(asked), str(said)) for asked, said in row.get("history") or ()]
            with self._asking:
                answer = self.assistant.ask(str(row.get("question")), history, model=EXTRACTIVE)
        except PinciteError as error:
            return render_unanswered(key, sentence(error))
        right = is_right_by(row, "" if answer.abstained else answer.told)
        return render_now(key, answer, right=right, quoted=self.assistant.model != EXTRACTIVE)

    def stop(self) -> None:
        """End the search that is going on; its own last panel says so."""
        self._stop.set()

    # Each decision returns the pile that is left, and the key of what can be taken back

    def _accept(self, pile: Pile, _undo: str, _told: Mapping[str, Any]) -> tuple[Pile, str]:
        row = row_of(pile.line)
        if row.get("answers") is None:
            raise FactsError("nobody has written the right answer yet: write it first, or reject the proposal")
        find_proofs(fact_of(row), self.assistant.index)  # a quote that no longer stands would stop every run
        return self._decided(pile, Review(self.file).accept(pile.line), "Accepted")

    def _reject(self, pile: Pile, _undo: str, _told: Mapping[str, Any]) -> tuple[Pile, str]:
        decision = Review(self.file).reject(pile.line)
        self._aside.put(pile.line)
        return self._decided(pile, decision, "Rejected")

    def _save(self, pile: Pile, undo: str, told: Mapping[str, Any]) -> tuple[Pile, str]:
        edited = edit_row(row_of(pile.line), told, self._text)
        if edited == row_of(pile.line):
            return replace(pile, editing=False), undo
        new = Review(self.file).change(pile.line, edited)
        self._aside.put(pile.line)
        return Pile.open(self._proposals(), proposal_key(new)), undo

    def _leave(self, _pile: Pile, _undo: str, _told: Mapping[str, Any]) -> tuple[Pile, str]:
        Review(self.file).leave_out()
        return Pile(lines=()), ""

    def _take_back(self, pile: Pile, undo: str, _told: Mapping[str, Any]) -> tuple[Pile, str]:
        if undo not in self._decisions:
            return pile, ""
        decision, _ = self._decisions.pop(undo)
        Review(self.file).take_back(decision)
        if not decision.instead:
            self._aside.take_back(decision.line)
        return Pile.open(self._proposals(), proposal_key(decision.line)), ""

    def _decided(self, pile: Pile, decision: Decision, verb: str) -> tuple[Pile, str]:
        """Remember a decision, and turn to the next proposal."""
        self._decisions[pile.key] = (decision, f"{verb}: {row_of(decision.line).get('question')}")
        while len(self._decisions) > _REMEMBERED:
            self._decisions.popitem(last=False)
        return pile.follow(self._proposals()), pile.key

    # What is shown

    def _panel(self, *, notice: str = "") -> str:
        try:
            return self._show(Pile.open(self._proposals()), "", notice=notice)
        except PinciteError as error:
            return self._failed("", "", notice or sentence(error), {})

    def _failed(self, key: str, undo: str, notice: str, told: Mapping[str, Any]) -> str:
        """Return the panel when something could not be done: the form stays as it was filled in."""
        try:
            pile = Pile.open(self._proposals(), key)
            return (
                self._show(pile.edit(), undo, notice=notice, form=told)
                if told.get("action") == "save"
                else self._show(pile, undo, notice=notice)
            )
        except PinciteError:  # the file itself cannot be read
            return render_judging(Facts(file=self.file, command=self._command(0), shared=self._shared), notice=notice)

    def _show(self, pile: Pile, undo: str, *, notice: str = "", form: Mapping[str, Any] | None = None) -> str:
        decided = self._decisions.get(undo)
        shown = Undo(key=undo, said=decided[1]) if decided else None
        judged = self._judged(pile, form) if pile.lines else None
        return render_judging(self._facts(), judged, undo=shown, notice=notice)

    def _judged(self, pile: Pile, form: Mapping[str, Any] | None) -> Judged:
        row = row_of(pile.line)
        return Judged(
            key=pile.key,
            row=row,
            place=pile.at + 1,
            proofs=[find_proof(entry, self.assistant.index.store) for entry in row.get("evidence") or ()],
            editing=pile.editing,
            form=None if form is None else told_form(form),
        )

    def _facts(self) -> Facts:
        lines, left = self._lines(), len(self._proposals())
        return Facts(file=self.file, command=self._command(left), accepted=len(lines) - left, left=left, shared=self._shared)

    def _command(self, left: int) -> str:
        file = shlex.quote(str(self.file))
        return f"pincite eval review {file}" if left else f"pincite eval --facts {file} --corpus {shlex.quote(str(self.assistant.corpus))}"

    def _lines(self) -> list[str]:
        return Review(self.file).lines() if self.file.exists() else []

    def _proposals(self) -> list[str]:
        return Review(self.file).proposals() if self.file.exists() else []

    def _add(self, rows: list[dict[str, Any]]) -> None:
        if rows and not self.file.exists():
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.touch()
        if rows:
            Review(self.file).add(rows)

    def _text(self, path: str) -> str | None:
        try:
            return self.assistant.index.store.source(path).text
        except KeyError:
            return None


_OF_ONE = frozenset({"edit", "accept", "reject", "save"})  # which must not hit another proposal than the one that was seen


def find_proof(entry: Mapping[str, Any], store: Store) -> Proof:
    """Return an evidence as it stands in the documents; the first place of a quote that stands there more than once."""
    path, quote, part = str(entry.get("source")), str(entry.get("quote")), int(entry.get("part") or 0)
    try:
        source = store.source(path)
    except KeyError:
        return Proof(source=path, quote=quote, part=part)
    start = source.text.find(quote)
    around = [one for one in store.paragraphs(path) if overlap(one.start, one.end, (start, start + len(quote)))]
    if start < 0 or not around:
        return Proof(source=path, quote=quote, part=part)
    first, last = around[0], around[-1]
    place = Place(source=path, paragraph=first.number, start=start, end=start + len(quote), quote=quote, page=page_at(source.pages, start))
    text = source.text[first.start : last.end]
    return Proof(source=path, quote=quote, part=part, place=place, text=text, start=first.start, title=source.title, date=source.date)
