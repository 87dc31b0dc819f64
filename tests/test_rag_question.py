"""Questions: the kind of answer wanted, follow-ups made whole, and new topics left alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.errors import QuestionError
from rag.followups import name_subject, resolve
from rag.kinds import answer_kind, asked_to_count, holds_kind
from rag.names import find_names
from rag.question import MAX_CHARS, read_question

TRIALS = [("How many trials did Boreal Labs start in 2024?", "Boreal Labs started 31 trials.")]
DIRECTOR = [("Who runs the harbour of Ostmark?", "Its director is Karel Novotny, who came from Lisbon.")]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many cranes are there?", "count"),
        ("What share of the city's total is that?", "amount"),
        ("how large is the site", "amount"),
        ("What was the population of Lund?", "count"),
        ("What is its budget for repairs?", "amount"),
        ("When did the population of Lund fall?", "date"),
        ("Who raised the price of salt?", "person"),
        ("What is the birth date of its founder?", "date"),
        ("What is the location of the tower?", "place"),
        ("When did it open?", "date"),
        ("In which year was it founded?", "date"),
        ("Who built the tower?", "person"),
        ("Where is the tower?", "place"),
        ("In which city do they work?", "place"),
        ("Why did they settle here?", "reason"),
        ("How does it work?", "manner"),
        ("What is RDDC?", "other"),
        ("What is the number of people who live in Lund?", "count"),
        ("What was the revenue of Brill when it was sold?", "amount"),
        ("What was the profit?", "amount"),
        ("Its revenue in 2024?", "amount"),
        ("Which city had the highest population in 2020?", "place"),
        ("In what year did turnover in Lund double?", "date"),
        ("Whose profit was larger in 2019?", "person"),
        ("How did the budget of the city change?", "manner"),
        ("What happened in the age of steam?", "other"),
        ("What was the reason for the price of salt?", "reason"),
        ("Did the price of salt rise?", "other"),
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


LEADER = [("Who leads Boreal Labs?", "Ida Falk.")]


@pytest.mark.parametrize(
    ("history", "question", "read"),
    [
        (DIRECTOR, "Where did he come from?", "Where did Karel Novotny come from?"),
        (DIRECTOR, "What is its depth?", "What is Ostmark's depth?"),
        (LEADER, "What is her field?", "What is Ida Falk's field?"),
        (LEADER, "Who chose her?", "Who chose Ida Falk?"),
        (LEADER, "Who met her in 1990?", "Who met Ida Falk in 1990?"),
        (LEADER, "Is it true that she left?", "Is it true that Ida Falk left?"),
        ([("Which ship came first?", "The Long Winter.")], "Where was it built?", "Where was Long Winter built?"),
        ([("What did Mary Smith discover?", "Mary Smith discovered the Kask comet.")], "When did she die?", "When did Mary Smith die?"),
    ],
)
def test_the_ranker_reads_a_name_in_the_place_of_a_pronoun(history: list[tuple[str, str]], question: str, read: str) -> None:
    """The one that is meant, where there is one."""
    understood = read_question(question, history)
    assert understood.subject
    assert name_subject(understood.searched) == read


@pytest.mark.parametrize(
    ("history", "question"),
    [
        ([("Who leads the harbour?", "It is not known.")], "How deep is it?"),
        (TRIALS, "Which of them succeeded?"),
    ],
)
def test_without_a_name_or_with_many_the_question_is_read_as_it_is_searched(history: list[tuple[str, str]], question: str) -> None:
    searched = read_question(question, history).searched
    assert name_subject(searched) == searched


def test_brackets_that_were_typed_are_no_subject() -> None:
    assert not read_question("What is its growth (IMF estimate)").subject


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
        ("In 2016 Brill grew.", ["Brill"]),
    ],
)
def test_names_are_runs_of_capitalised_words(text: str, names: list[str]) -> None:
    assert find_names(text) == names


@pytest.mark.parametrize(
    ("question", "text", "holds"),
    [
        ("What share of the firms is listed?", "Half of the firms are listed.", True),
        ("What share of the firms is listed?", "Two in five firms are listed.", True),
        ("What share of the firms is listed?", "There are 40 listed firms.", False),
        ("What was the share price of Brill?", "It stood at 40 dollars.", True),
        ("How many firms were listed?", "On May 30, 2021 the list was closed.", False),
        ("How many firms were listed?", "In May 30 firms were listed.", True),
        ("How many firms were listed?", "Of the members 12 may stay.", True),
        ("When did it open?", "It opened in 1931.", True),
        ("Who opened it?", "It was opened by Anna Kask.", True),
        ("Who opened Brill?", "Brill was opened.", False),
        ("What is it?", "It is a tower.", None),
    ],
)
def test_a_sentence_has_the_kind_of_thing_that_is_asked_for_or_not(question: str, text: str, holds: bool | None) -> None:  # noqa: FBT001
    assert holds_kind(answer_kind(question), question, text) is holds


def test_what_is_to_be_counted_is_told_where_the_question_says_so() -> None:
    assert asked_to_count("How many listed firms are there in Lund?") == {"list", "firm"}
    assert asked_to_count("What is the total number of ships?") == {"ship"}
    assert not asked_to_count("How many of them are listed?")
    assert not asked_to_count("What is the phone number of Brill Ltd?")
