"""Numbers that a question takes for granted: which they are, how documents write them, and declining where they stand nowhere."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.terms import split_terms
from rag import Assistant
from rag.asked_numbers import find_asked_numbers, spell_number, states_number

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("What happened on bridge number 3700?", ["3700"]),
        ("What happened on bridge no. 1850?", ["1850"]),
        ("What is meant by error 404?", ["404"]),
        ("Who flew the Boeing 748?", ["748"]),
        ("Who built the 2,417 boats and the 13 barges?", ["2,417", "13"]),
        ("Who got the $5.5 million grant?", ["5.5"]),
        ("What did she do with her 310 hives?", ["310"]),
    ],
)
def test_a_number_that_something_is_known_by_is_taken_for_granted(question: str, numbers: list[str]) -> None:
    assert [written for written, _ in find_asked_numbers(question)] == numbers


@pytest.mark.parametrize(
    "question",
    [
        "What was built in 1850, on May 14 and on 2019-03-05 at 10:30?",
        "Who has about 2,400 boats, and who over 500?",
        "What is paid for 250 units by somebody who is 45 days late?",
        "Does the yard have the 300 boats?",
        "Is bridge number 3700 closed?",
        "What are the 3 reasons, the top 15 firms and the first 20 names?",
        "What stands on page 99, in section 14 and in step 17?",
        "What are LP-168, COVID-19, 24/7 and version 1.2.3?",
        "3700号桥发生了什么？",
        "What happened in the twenty-three days?",
        "17. How many cranes are there? 3",
        "Name 5 of the boats of the harbour, and what Python 3.11 brought.",
        "What does paragraph no. 7 say?",
    ],
)
def test_a_number_that_documents_need_not_hold_is_not(question: str) -> None:
    """Times, hedged figures, the asker's own, guesses, counts of a list, places of a document, code names, numbers of a question or note."""
    assert list(find_asked_numbers(question)) == []


def test_a_value_is_read_with_its_scale() -> None:
    assert [value for _, value in find_asked_numbers("Who got the 5.5 million euros and the 2,417 boats?")] == [
        Decimal(5_500_000),
        Decimal(2417),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2417", "2,417 boats"),
        ("2417", "the 2417th boat"),
        ("2400", "2.4 thousand boats"),
        ("5500000", "5.5m euros"),
        ("35000", "3.5万"),
        ("310", "RMB310"),
        ("61", "a 61m tower"),
        ("45", "45% of them"),
        ("0.5", "0.50 metres"),
        ("14", "Chapter XIV"),
        ("14", "the fourteen cranes"),
        ("42", "forty-two lakes"),
        ("300", "three hundred boats"),
        ("40000", "forty thousand bees"),
    ],
)
def test_a_number_is_known_in_the_ways_that_documents_write_it(value: str, text: str) -> None:
    held = set(split_terms(text))
    terms, words = spell_number(Decimal(value))
    assert held.intersection(terms) or (words and held.issuperset(words))


@pytest.mark.parametrize(("value", "text"), [("2417", "2,418 boats"), ("2417", "24.17 km"), ("310", "3,100 boats"), ("42", "forty boats")])
def test_another_number_is_another(value: str, text: str) -> None:
    """Also when it has the same digits."""
    held = set(split_terms(text))
    terms, words = spell_number(Decimal(value))
    assert not held.intersection(terms)
    assert not (words and held.issuperset(words))


@given(st.integers(min_value=0, max_value=10**12))
def test_every_number_is_known_as_it_is_written(value: int) -> None:
    """In digits, with commas, and with spaces."""
    terms, _ = spell_number(Decimal(value))
    assert set(split_terms(str(value))) & set(terms)
    assert set(split_terms(f"{value:,}")) & set(terms)
    assert states_number(f"It has {value:,} boats.".replace(",", "\u202f"), Decimal(value))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who bought the 2,417 boats?", "They do not mention 2,417."),
        ("What happened at lock number 3700?", "They do not mention 3700."),
        ("Who bought the 310 boats?", "Jana Weiss"),
        ("Who bought the 2300 barges?", "Karel Novotny"),
        ("Who keeps the 1217 hives?", "Anna Kask"),
        ("What happened at lock number 12?", "closed in 2019"),
    ],
)
def test_what_is_known_by_a_number_that_stands_nowhere_is_not_answered_by_a_near_one(
    tmp_path: Path, encoder: OnnxEncoder, question: str, words: str
) -> None:
    """The number is named; one that is written otherwise stands there."""
    folder = tmp_path / "harbour"
    folder.mkdir()
    (folder / "a.txt").write_text(
        "Jana Weiss bought the 310 boats of the harbour.\n\nKarel Novotny bought the two thousand three hundred barges.\n\n"
        "Anna Kask keeps the 1 217 hives of the island.\n\nLock number 12 was closed in 2019 because it leaked.\n",
        encoding="utf-8",
    )
    answer = Assistant(folder, tmp_path / "index", encoder=encoder).ask(question)
    assert words in answer.text
    assert answer.abstained == words.startswith("They do not")
