"""Twins: questions that look answered by a sentence that does not answer them."""

from __future__ import annotations

import random

import pytest

from eval.twins import Strangers, change_figure, change_name, change_opposite, change_word, negate

STATED = "In 2015 the port of Lund, the largest in the land, earned a profit of 31 million crowns."
PASSAGE = ["In 2016 Brill overtook it.", "The port of Visby is older."]
QUESTIONS = ["What expenses did Malmo have?", "Which revenue does the port of Kalmar report?", "Who paid the income of Umea?"]


@pytest.fixture
def rng() -> random.Random:
    return random.Random(7)


def test_another_figure_is_one_that_the_sentence_does_not_state(rng: random.Random) -> None:
    changed = {change_figure("What did Lund earn in 2015?", STATED, PASSAGE, rng) for _ in range(20)}
    assert "What did Lund earn in 2016?" in changed
    assert all(question and "2015" not in question for question in changed)


def test_a_figure_is_changed_as_a_whole_and_once(rng: random.Random) -> None:
    """The 5 of 25 and of 2015 stays."""
    changed = {change_figure("Which 5 ports had 25 ships in 2015?", "These 5 ports had many.", [], rng) for _ in range(20)}
    assert all(question and question.endswith("ports had 25 ships in 2015?") for question in changed)


def test_another_name_is_of_the_passage_or_of_another_question(rng: random.Random) -> None:
    made = [change_name("What did Lund earn?", STATED, PASSAGE, Strangers(QUESTIONS), rng) for _ in range(40)]
    changed = {question for question in made if question}
    assert {"What did Brill earn?", "What did Malmo earn?"} <= changed
    assert not any("Lund" in question for question in changed)
    assert change_name("Did Lund beat Malmo?", "Lund lost.", [], Strangers(["Did Malmo win?"]), rng) is None


def test_an_opposite_replaces_its_word_unless_it_is_stated() -> None:
    assert change_opposite("Which is the largest port?", STATED) == "Which is the smallest port?"
    assert change_opposite("Which is the largest port?", "The largest eats the smallest.") is None


def test_what_is_so_is_asked_as_what_is_not() -> None:
    assert negate("Who was elected by the port?", STATED) == "Who was not elected by the port?"
    assert negate("What was he paid?", STATED) is None
    assert negate("What did the port earn?", STATED) is None
    assert negate("Who was elected by the port?", "The master was not elected.") is None


def test_a_related_word_is_neither_a_form_of_the_word_nor_anything_at_all(rng: random.Random) -> None:
    """A profit becomes an income or a revenue, and never "profits" or "report"."""
    strangers = Strangers([*QUESTIONS, "Are the profits in the report?"])
    changed = {change_word("What profit did Lund make?", STATED, PASSAGE, strangers, rng) for _ in range(20)}
    assert changed
    assert changed <= {"What income did Lund make?", "What revenue did Lund make?"}
