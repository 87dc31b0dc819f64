"""Statements made of questions, and ways to make them false."""

from __future__ import annotations

import random

import pytest

from eval.statements import add_detail, declare, deny, exchange


@pytest.mark.parametrize(
    ("question", "answer", "statement"),
    [
        ("Who won the final?", "Denver", "Denver won the final."),
        ("When was the tower built?", "1889", "The tower was built in 1889."),
        ("Where was the tower built?", "in Lund", "The tower was built in Lund."),
        ("What is the name of the tower?", "Orrin", "The name of the tower is Orrin."),
        ("What aspect did he like?", "its height", None),
        ("How high is it?", "310 m", None),
    ],
)
def test_a_question_with_its_answer_is_a_statement(question: str, answer: str, statement: str | None) -> None:
    assert declare(question, answer) == statement


def test_not_is_put_in_and_taken_out() -> None:
    assert deny("The tower was built in 1889.") == "The tower was not built in 1889."
    assert deny("The tower was not built.") == "The tower was built."
    assert deny("Denver won the final.") is None


def test_two_figures_are_exchanged() -> None:
    assert exchange("It has 9 ferries and 16 tugs.", random.Random(7)) == "It has 16 ferries and 9 tugs."
    assert exchange("It has 9 ferries.", random.Random(7)) is None


def test_a_detail_is_one_that_the_sentence_does_not_hold() -> None:
    rng = random.Random(7)
    passage = ["The yard was old, with slips for wooden boats.", "It was cold."]
    assert add_detail("It sold boats.", passage, "It sold boats.", rng) == "It sold boats, with slips for wooden boats."
    assert add_detail("It sold boats.", passage, "It sold boats from slips that were wooden.", rng) is None
