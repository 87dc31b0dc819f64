"""What a conversation does without a page around it: history handed on, refusals, bugs, places to open."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ui.chat import converse, open_place, read_place
from ui.conversations import Turn
from ui.markup import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from by_heart import Scripted

    from rag import Assistant


def turns_of(assistant: Assistant, question: str, turns: Sequence[Turn]) -> list[Turn]:
    """Return what a question yields."""

    async def collect() -> list[Turn]:
        return [turn async for turn in converse(assistant, Turn(question=question, growing=True), turns)]

    return asyncio.run(collect())


def test_a_conversation_hands_its_history_on(scripted: Scripted) -> None:
    """What was asked and answered before goes to the assistant, errors do not."""
    before = (Turn(question="Both?", answer=scripted.answers["Both?"]), Turn(question="Oops?", error="no"))
    turns = turns_of(scripted, "Tungsten?", before)
    assert turns == [Turn(question="Tungsten?", answer=scripted.answers["Tungsten?"])]
    assert scripted.histories[-1] == ("Tungsten?", [("Both?", scripted.answers["Both?"].told)])


@pytest.mark.parametrize(("question", "said"), [("???", "The question is empty"), ("goat " * 5000, "The question has 24999 characters")])
def test_a_question_that_cannot_be_asked_is_refused_politely(scripted: Scripted, question: str, said: str) -> None:
    """The turn says what was seen and expected, and the conversation goes on."""
    *_, last = turns_of(scripted, question, ())
    assert last.answer is None
    assert last.error.startswith(said)


def test_a_bug_costs_one_answer_and_is_logged(scripted: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    """The page says that something went wrong, the log says what."""
    *_, last = turns_of(scripted, "Break!", ())
    assert "Something went wrong" in last.error
    assert "RuntimeError: a bug" in caplog.text


def test_a_document_that_has_gone_is_said_to_be_gone(scripted: Scripted) -> None:
    place = Place(source="gone.txt", paragraph=1, start=0, end=1, quote="x")
    assert "gone.txt is no longer among the documents" in open_place(scripted, place)


def test_a_clicked_place_may_name_a_document_only() -> None:
    assert read_place({"source": "a.txt"}) == Place(source="a.txt", paragraph=0, start=0, end=0, quote="")
