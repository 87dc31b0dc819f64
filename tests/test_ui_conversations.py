"""Kept conversations: what is written down, for whom, and what a damaged file says."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from index.errors import StoreError
from ui.conversations import MAX_TURNS, Conversations, new_conversation

if TYPE_CHECKING:
    from pathlib import Path

    from rag import Answer, Assistant

ANN, BEN = "ann", "ben"


@pytest.fixture
def kept(tmp_path: Path) -> Conversations:
    return Conversations(tmp_path / "index" / "conversations.sqlite")


@pytest.fixture(scope="module")
def answer(seeds: Assistant) -> Answer:
    return seeds.ask("How many unicorn companies does Huangpu have?")


def test_what_was_asked_and_answered_is_there_after_a_new_start(tmp_path: Path, answer: Answer) -> None:
    """Question, documents asked, answer, rating and reason come back from the file."""
    first = Conversations(tmp_path / "c.sqlite")
    conversation = new_conversation()
    turn = first.keep_question(conversation, "How many?", owner=ANN, sources=["a.txt"])
    first.keep_answer(turn, answer)
    first.rate(turn, "wrong", " too short ", owner=ANN)
    first.close()
    (found,) = Conversations(tmp_path / "c.sqlite").turns(conversation, owner=ANN)
    assert (found.id, found.question, found.sources, found.rating, found.reason) == (turn, "How many?", ("a.txt",), "wrong", "too short")
    assert found.answer is not None
    assert found.answer.to_dict() == answer.to_dict()


def test_a_question_without_an_answer_is_kept(kept: Conversations) -> None:
    """Interrupted or failed: the question is there, with the reason when there is one."""
    conversation = new_conversation()
    first, second = (kept.keep_question(conversation, text, owner=ANN) for text in ("One?", "Two?"))
    kept.keep_error(second, "No documents.")
    assert [(turn.id, turn.answer, turn.error) for turn in kept.turns(conversation, owner=ANN)] == [
        (first, None, ""),
        (second, None, "No documents."),
    ]


def test_an_error_does_not_take_the_place_of_an_answer(kept: Conversations, answer: Answer) -> None:
    conversation = new_conversation()
    turn = kept.keep_question(conversation, "One?", owner=ANN)
    kept.keep_answer(turn, answer)
    kept.keep_error(turn, "Stopped.")
    assert kept.turns(conversation, owner=ANN)[0].error == ""


def test_the_list_is_newest_first_and_named_after_the_first_question(kept: Conversations) -> None:
    """A later question brings its conversation to the top and leaves its title."""
    old, new = new_conversation(), new_conversation()
    for conversation, question in ((old, "Goats?"), (new, "Bees?"), (old, "Cows?")):
        kept.keep_question(conversation, question, owner=ANN)
    assert [(one.id, one.title, one.turns) for one in kept.find(owner=ANN)] == [(old, "Goats?", 2), (new, "Bees?", 1)]
    assert [one.title for one in kept.find(owner=ANN, most=1)] == ["Goats?"]


def test_a_conversation_is_renamed_and_deleted(kept: Conversations) -> None:
    """An empty title changes nothing; nothing is left of what was deleted."""
    conversation = new_conversation()
    kept.keep_question(conversation, "Goats?", owner=ANN)
    kept.rename(conversation, "  About\ngoats ", owner=ANN)
    kept.rename(conversation, "   ", owner=ANN)
    assert kept.title(conversation, owner=ANN) == "About goats"
    kept.delete(conversation, owner=ANN)
    assert (kept.find(owner=ANN), kept.turns(conversation, owner=ANN)) == ([], ())


def test_a_question_takes_the_place_of_the_last_one(kept: Conversations) -> None:
    """In one moment; a conversation that was named after it is named after the new one."""
    conversation = new_conversation()
    first = kept.keep_question(conversation, "Goats?", owner=ANN)
    second = kept.keep_question(conversation, "Bees?", owner=ANN, replacing=first)
    assert [turn.id for turn in kept.turns(conversation, owner=ANN)] == [second]
    assert kept.title(conversation, owner=ANN) == "Bees?"
    kept.rename(conversation, "Animals", owner=ANN)
    kept.keep_question(conversation, "Cows?", owner=ANN, replacing=second)
    assert kept.title(conversation, owner=ANN) == "Animals"


def test_what_another_window_has_asked_since_is_not_replaced(kept: Conversations) -> None:
    conversation, other = new_conversation(), new_conversation()
    first = kept.keep_question(conversation, "Goats?", owner=ANN)
    kept.keep_question(conversation, "Asked elsewhere?", owner=ANN)
    kept.keep_question(conversation, "Bees?", owner=ANN, replacing=first)
    kept.keep_question(other, "Other?", owner=ANN, replacing=first)
    assert [turn.question for turn in kept.turns(conversation, owner=ANN)] == ["Goats?", "Asked elsewhere?", "Bees?"]


def test_a_question_that_cannot_be_kept_takes_nothing_away(kept: Conversations) -> None:
    """Half a change is none."""
    conversation = new_conversation()
    turn = kept.keep_question(conversation, "Goats?", owner=ANN)
    with pytest.raises(UnicodeEncodeError):
        kept.keep_question(conversation, "\ud800", owner=ANN, replacing=turn)
    assert [one.question for one in kept.turns(conversation, owner=ANN)] == ["Goats?"]


def test_nobody_reads_or_changes_what_is_anothers(kept: Conversations) -> None:
    """Whoever knows an id still sees nothing, and changes nothing."""
    conversation = new_conversation()
    turn = kept.keep_question(conversation, "Secret?", owner=ANN)
    kept.rename(conversation, "Mine now", owner=BEN)
    kept.rate(turn, "wrong", "", owner=BEN)
    kept.delete(conversation, owner=BEN)
    with pytest.raises(StoreError, match="another user's"):
        kept.keep_question(conversation, "Me too?", owner=BEN, replacing=turn)
    assert (kept.find(owner=BEN), kept.turns(conversation, owner=BEN), kept.title(conversation, owner=BEN)) == ([], (), None)
    (found,) = kept.turns(conversation, owner=ANN)
    assert (kept.title(conversation, owner=ANN), found.question, found.rating) == ("Secret?", "Secret?", "")


def test_the_newest_turns_of_a_long_conversation_are_read(kept: Conversations) -> None:
    conversation = new_conversation()
    for number in range(MAX_TURNS + 2):
        kept.keep_question(conversation, str(number), owner=ANN)
    turns = kept.turns(conversation, owner=ANN)
    assert (len(turns), turns[0].question, turns[-1].question) == (MAX_TURNS, "2", str(MAX_TURNS + 1))
    assert len(kept.turns(conversation, owner=ANN, most=None)) == MAX_TURNS + 2


def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path) -> None:
    """What was kept may still be saved by hand."""
    file = tmp_path / "c.sqlite"
    file.write_text("not a database, but somebody's notes " * 100)
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"c\.sqlite cannot be used .*; move the file away to begin anew"):
        Conversations(file)
    assert file.read_bytes() == before


def test_a_newer_file_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "c.sqlite"
    database = sqlite3.connect(file)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match="version 99, expected 1"):
        Conversations(file)
