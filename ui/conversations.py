"""Conversations, kept on the user's own computer: one SQLite file beside the index.

A question is written down before it is answered, so that what was interrupted, by whatever, can be asked again. An answer is
kept as its own record (`Answer.to_dict`). Each conversation belongs to one user, "" where there are none; nobody sees another's.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from index.errors import StoreError
from rag.answer import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rag.recheck import Check

Rating = Literal["", "right", "wrong"]

FILE = "conversations.sqlite"
MAX_TURNS = 100  # read of a conversation, the newest
_VERSION = 1
_TITLE_CHARS = 80
_TABLES = """
CREATE TABLE IF NOT EXISTS conversation (id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, touched TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS turn (
    id INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE, asked TEXT NOT NULL,
    question TEXT NOT NULL, sources TEXT NOT NULL, answer TEXT, error TEXT NOT NULL DEFAULT '', rating TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS turn_of ON turn (conversation);
"""
_MINE = "conversation IN (SELECT id FROM conversation WHERE owner = ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and what came of it.

    Attributes:
        id: Of the kept turn; 0 for one that is not kept.
        question: As asked; "" for an error before any question.
        sources: Paths of the documents that were asked; empty for all.
        answer: The answer, None while it is looked for and when there was an error.
        error: Why the question could not be answered, else "".
        growing: More of the answer may come.
        rating: What the asker thought of the answer, "" before they said.
        reason: Why, in their words.
        checks: How the citations stand whose quote is no longer where it was; of the others there is none.
    """

    id: int = 0
    question: str
    sources: tuple[str, ...] = ()
    answer: Answer | None = None
    error: str = ""
    growing: bool = False
    rating: Rating = ""
    reason: str = ""
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A line in the list of conversations.

    Attributes:
        id: Not to be guessed.
        title: Its first question, until it is renamed.
        touched: When it was last asked in, in UTC.
        turns: How many questions it holds.
    """

    id: str
    title: str
    touched: dt.datetime
    turns: int


def new_conversation() -> str:
    """Return an id for a conversation, which is kept once something is asked in it."""
    return secrets.token_urlsafe(12)


class Conversations:
    """The conversations of all users; safe to use from several threads and processes."""

    def __init__(self, path: Path, corpus: Path | None = None) -> None:
        """Open the file, and make it when it is not there.

        Args:
            path: Of the SQLite file; ":memory:" keeps them until `close`.
            corpus: Folder of the documents, which restored answers can be verified in.

        Raises:
            StoreError: It cannot be read or written, or a newer Pincite wrote it.
        """
        self._path = path
        self._corpus = corpus
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, timeout=10, isolation_level=None)
            self._db.executescript("PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL;")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._db.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"the conversations at {path} cannot be used ({error}); move the file away to begin anew") from error
        if version > _VERSION:
            raise StoreError(f"the conversations at {path} have version {version}, expected {_VERSION}; use the Pincite that wrote them")

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    def keep_question(self, conversation: str, question: str, *, owner: str, sources: Sequence[str] = (), replacing: int = 0) -> int:
        """Write down a question that is about to be answered, and return its turn's id.

        Args:
            conversation: From `new_conversation`; its first question makes it.
            question: As asked.
            owner: Who asks.
            sources: Paths of the documents that are asked; empty for all.
            replacing: Id of the turn that it takes the place of, which goes in the same moment. 0, or a turn that is no longer the
                conversation's last, because another window has asked since, leaves all turns where they are.

        Raises:
            StoreError: The conversation is another user's.
        """
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with self._transaction():
            self._run("INSERT OR IGNORE INTO conversation VALUES (?, ?, ?, ?)", conversation, owner, _title(question), now)
            self._run("UPDATE conversation SET touched = ? WHERE id = ? AND owner = ?", now, conversation, owner)
            if replacing:
                self._replace(replacing, conversation, owner, question)
            turn = self._run(
                "INSERT INTO turn (conversation, asked, question, sources) SELECT id, ?, ?, ? FROM conversation WHERE id = ? AND owner = ?",
                now,
                question,
                json.dumps(list(sources)),
                conversation,
                owner,
            )
            if not turn.rowcount:
                raise StoreError("this conversation is another user's; begin a new one")
            return int(turn.lastrowid or 0)

    def _replace(self, turn: int, conversation: str, owner: str, question: str) -> None:
        """Take out a conversation's last turn, whose question gives way to another, also as the title."""
        rows = self._run(f"SELECT id, question FROM turn WHERE conversation = ? AND {_MINE} ORDER BY id", conversation, owner).fetchall()
        if not rows or rows[-1][0] != turn:
            return
        self._run("DELETE FROM turn WHERE id = ?", turn)
        if len(rows) == 1:  # named after it, unless it was renamed
            titles = (_title(question), conversation, _title(rows[0][1]))
            self._run("UPDATE conversation SET title = ? WHERE id = ? AND title = ?", *titles)

    def keep_answer(self, turn: int, answer: Answer) -> None:
        """Write down the answer to a question."""
        record = json.dumps(answer.to_dict(timings=True), ensure_ascii=False)
        self._write("UPDATE turn SET answer = ?, error = '' WHERE id = ?", record, turn)

    def keep_error(self, turn: int, error: str) -> None:
        """Write down why a question has no answer; one that has an answer keeps it."""
        self._write("UPDATE turn SET error = ? WHERE id = ? AND answer IS NULL", error, turn)

    def rate(self, turn: int, rating: Rating, reason: str, *, owner: str) -> None:
        """Write down what the asker thinks of an answer, and why."""
        self._write(f"UPDATE turn SET rating = ?, reason = ? WHERE id = ? AND {_MINE}", rating, reason.strip(), turn, owner)

    def rename(self, conversation: str, title: str, *, owner: str) -> None:
        """Give a conversation another title; an empty one changes nothing."""
        if short := _title(title):
            self._write("UPDATE conversation SET title = ? WHERE id = ? AND owner = ?", short, conversation, owner)

    def delete(self, conversation: str, *, owner: str) -> None:
        """Delete a conversation with all its turns."""
        self._write("DELETE FROM conversation WHERE id = ? AND owner = ?", conversation, owner)

    def find(self, *, owner: str, most: int | None = None) -> list[Conversation]:
        """Return a user's conversations, the last touched first.

        Args:
            owner: Whose.
            most: How many at most; None for all.
        """
        rows = self._all(
            "SELECT conversation.id, title, touched, count(turn.id) FROM conversation JOIN turn ON turn.conversation = conversation.id"
            " WHERE owner = ? GROUP BY conversation.id ORDER BY touched DESC, max(turn.id) DESC LIMIT ?",
            owner,
            -1 if most is None else most,
        )
        return [
            Conversation(id=key, title=title, touched=dt.datetime.fromisoformat(touched), turns=turns)
            for key, title, touched, turns in rows
        ]

    def title(self, conversation: str, *, owner: str) -> str | None:
        """Return a conversation's title, None when this user has no such conversation."""
        rows = self._all("SELECT title FROM conversation WHERE id = ? AND owner = ?", conversation, owner)
        return rows[0][0] if rows else None

    def turns(self, conversation: str, *, owner: str, most: int | None = MAX_TURNS) -> tuple[Turn, ...]:
        """Return the turns of a conversation, oldest first; none when this user has no such conversation.

        Args:
            conversation: Its id.
            owner: Whose it is.
            most: How many at most, the newest; None for all.
        """
        rows = self._all(
            "SELECT id, question, sources, answer, error, rating, reason FROM turn"
            f" WHERE conversation = ? AND {_MINE} ORDER BY id DESC LIMIT ?",
            conversation,
            owner,
            -1 if most is None else most,
        )
        return tuple(self._turn(*row) for row in reversed(rows))

    def rated(self, rating: Rating, *, owner: str | None = None) -> list[tuple[tuple[Turn, ...], Turn]]:
        """Return every answer of that rating, oldest first, each behind the turns before it in its conversation.

        Args:
            rating: Which.
            owner: Whose; None for those of all users.
        """
        rows = self._all(
            "SELECT turn.id, conversation, owner FROM turn JOIN conversation ON conversation.id = conversation"
            " WHERE rating = ? AND owner = ifnull(?, owner) AND answer IS NOT NULL ORDER BY turn.id",
            rating,
            owner,
        )
        found = []
        for key, conversation, whose in rows:
            turns = self.turns(conversation, owner=whose, most=None)
            before = tuple(turn for turn in turns if turn.id < key)
            found += [(before, turn) for turn in turns if turn.id == key]
        return found

    def _turn(self, *row: Any) -> Turn:
        key, question, sources, answer, error, rating, reason = row
        return Turn(
            id=key,
            question=question,
            sources=tuple(json.loads(sources)),
            answer=Answer.from_dict(json.loads(answer), self._corpus) if answer else None,
            error=error,
            rating=cast("Rating", rating),
            reason=reason,
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Do several things together, or none of them."""
        with self._lock:
            self._run("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._run("ROLLBACK")
                raise
            self._run("COMMIT")

    def _write(self, query: str, *values: object) -> None:
        with self._lock:
            self._run(query, *values)

    def _all(self, query: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            return self._run(query, *values).fetchall()

    def _run(self, query: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._db.execute(query, values)
        except sqlite3.Error as error:
            raise StoreError(
                f"the conversations at {self._path} cannot be used ({error}); make room, or move the file away and start again"
            ) from error


def _title(question: str) -> str:
    """Return what a conversation is called that begins with a question."""
    return " ".join(question.split())[:_TITLE_CHARS]
