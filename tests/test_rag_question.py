"""Questions: the kind of answer wanted, follow-ups made whole, and new topics left alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.errors import QuestionError
from rag.followups import resolve
from rag.names import find_names
from rag.question import MAX_CHARS, answer_kind, read_question

TRIALS = [("How many trials did Boreal Labs start in 2024?", "Boreal Labs started 31 trials.")]
DIRECTOR = [("Who runs the harbour of Ostmark?", "Its director is Karel Novotny, who came from Lisbon.")]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many cranes are there?", "count"),
        ("What share of the city's total is that?", "amount"),
        ("how large is the site", "amount"),
        ("When did it open?", "date"),
        ("In which year was it founded?", "date"),
        ("Who built the tower?", "person"),
        ("Where is the tower?", "place"),
        ("In which city do they work?", "place"),
        ("Why did they settle here?", "reason"),
        ("How does it work?", "manner"),
        ("What is RDDC?", "other"),
    ],
)
def test_the_kind_of_answer_is_read_off_the_question(question: str, kind: str) -> None:
    assert answer_kind(question) == kind


@pytest.mark.parametrize(
    ("history", "question", "searched"),
    [
        (TRIALS, "and the year before?", "How many trials did Boreal Labs start in 2023?"),
        (TRIALS, "And the year after that?", "How many trials did Boreal Labs start in 2025?"),
        (TRIALS, "And in 2021?", "How many trials did Boreal Labs start in 2021?"),
        (TRIALS, "What about Cinder Bio?", "How many trials did Cinder Bio start in 2024?"),
        ([("How many Class III permits were given?", "59.")], "and class II?", "How many class II permits were given?"),
    ],
)
def test_an_elliptical_question_takes_the_earlier_ones_place(history: list[tuple[str, str]], question: str, searched: str) -> None:
    """Its year, its name or its last words are exchanged."""
    assert resolve(question, history) == searched


@pytest.mark.parametrize(
    ("history", "question", "subject"),
    [
        (DIRECTOR, "Where did he come from?", "Karel Novotny"),
        (DIRECTOR, "How many cranes does it have?", "Ostmark"),
        (TRIALS, "Which of them succeeded?", "Boreal Labs"),
        (TRIALS, "Why so few?", "Boreal Labs"),
        ([*TRIALS, ("Who leads them?", "Ida Falk.")], "Where did she study?", "Ida Falk"),
    ],
)
def test_a_question_that_leans_is_given_the_subject_of_the_conversation(
    history: list[tuple[str, str]], question: str, subject: str
) -> None:
    """Its own words stay, the subject stands behind them."""
    searched = resolve(question, history)
    assert searched.startswith(question)
    assert subject in searched


@pytest.mark.parametrize(
    "question",
    [
        "How high is the tower of Brill?",
        "What does a hive of bees weigh when it is full?",
        "Is there a harbour that is open in winter?",
        "When Boreal Labs was founded, how many people did it have?",
        "What did the mayor say about the bridge and its cost?",
    ],
)
def test_a_question_of_its_own_is_not_polluted_by_the_conversation(question: str) -> None:
    """A new topic is searched as it was asked."""
    assert read_question(question, TRIALS).searched == question


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=60)), max_size=3), st.text(min_size=1, max_size=80))
def test_any_conversation_gives_a_question(history: list[tuple[str, str]], question: str) -> None:
    """Whatever was said, something can be searched."""
    assert resolve(question, [turn for turn in history if turn[0].strip()]).strip() or not question.strip()


@given(st.text(alphabet=st.sampled_from("aB ()?and,who when 2023 A"), max_size=60))
@example("(How many unicorns are there?)")
def test_anything_with_a_letter_is_a_question_of_at_most_three_parts(text: str) -> None:
    if any(char.isalnum() for char in text):
        assert 1 <= len(read_question(text).parts) <= 3


@pytest.mark.parametrize("question", ["", "   ", "?!", "x" * (MAX_CHARS + 1)])
def test_an_empty_or_endless_question_is_refused(question: str) -> None:
    with pytest.raises(QuestionError):
        read_question(question)


def test_a_history_of_the_wrong_shape_is_a_type_error() -> None:
    """Pairs of strings, nothing else."""
    with pytest.raises(TypeError, match="expected pairs"):
        read_question("And then?", ["just a string"])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What did Karel Novotny say in May 2023?", ["Karel Novotny"]),
        ("Is the Bank of Brill larger than LP-168 Labs?", ["Bank of Brill", "LP-168 Labs"]),
        ("where is it?", []),
        ("Akeso's sales", ["Akeso"]),
    ],
)
def test_names_are_runs_of_capitalised_words(text: str, names: list[str]) -> None:
    assert find_names(text) == names
