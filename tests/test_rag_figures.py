"""Figures: read whole and in one unit, and not read where a number only names something."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.figures import comparable, find_figures


@pytest.mark.parametrize(
    ("text", "value", "unit", "written"),
    [
        ("worth 35.1 billion yuan", 35_100_000_000, "CNY", "35.1 billion yuan"),
        ("worth US$3.9 bn", 3_900_000_000, "USD", "US$3.9 bn"),
        ("about USD 1.18 billion of capital", 1_180_000_000, "USD", "about USD 1.18 billion"),
        ("some 2,161,000 people", 2_161_000, "", "some 2,161,000"),
        ("a 42% increase", 42, "%", "42%"),
        ("by 42 per cent", 42, "%", "42 per cent"),
        ("280,000 square meters of space", 280_000, "m2", "280,000 square meters"),
        ("two dozen mice", 24, "", "two dozen"),
        ("over one million vectors", 1_000_000, "", "over one million"),
        ("seven bridges", 7, "", "seven"),
        ("产值达到3.5亿元", 350_000_000, "CNY", "3.5亿元"),
        ("有25万只小鼠", 250_000, "", "25万"),
        ("it has 2,024 clinics", 2024, "", "2,024"),
        ("some 2000 people", 2000, "", "some 2000"),
        ("two hundred thousand people", 200_000, "", "two hundred thousand"),
        ("twenty-five firms", 25, "", "twenty-five"),
        ("a change of −5%", -5, "%", "−5%"),
        ("a loss of RMB5 million", 5_000_000, "CNY", "RMB5 million"),
        ("the tower is 61 m high", 61, "", "61"),
        ("12 marines", 12, "", "12"),
    ],
)
def test_a_figure_is_read_with_its_scale_and_unit(text: str, value: int, unit: str, written: str) -> None:
    """Each text states one figure; the written form is what stands between start and end."""
    (figure,) = find_figures(text)
    assert (figure.value, figure.unit, text[figure.start : figure.end]) == (Decimal(value), unit, written)


@pytest.mark.parametrize(
    "text",
    [
        "in 2024", "from 2004 to 2005", "on December 15", "15 December", "on 2025-12-23", "Apr 29,2025", "a Class 1 drug", "the 14th floor",
        "LP-168", "COVID-19", "Phase 3 trials", "PD-1/VEGF", "see page 12", "version 3.0", "2025年12月23日", "one of them", "a hundredfold",
        "the Boeing 747 took off", "5 to 10 million", "between 5 and 10 crowns", "one to two hours", "-",
    ],
)  # fmt: skip
def test_a_number_that_counts_nothing_is_no_figure(text: str) -> None:
    """Years, days, ordinals, and numbers that are part of a name."""
    assert not list(find_figures(text))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("over 50 firms", "over"),
        ("up to 8 weeks", "under"),
        ("nearly 100 trials", "about"),
        ("no more than 50 ferries", "under"),
        ("not less than 50 ferries", "over"),
        ("60 firms", ""),
        ("exceeded 20%", "over"),
    ],
)
def test_how_exactly_a_figure_is_meant_is_read_from_the_word_before(text: str, bound: str) -> None:
    (figure,) = find_figures(text)
    assert figure.bound == bound


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("over 4,800 biomedical enterprises", "4,810 biopharmaceutical enterprises", True),
        ("115 drug approvals", "356 device certificates", False),
        ("115 drug approvals", "12 drug companies", False),
        ("35.1 billion yuan", "36.8 billion yuan", True),
        ("35.1 billion yuan", "3.9 billion dollars", False),
        ("72%", "76 percent", True),
        ("21 listed companies in the district", "19 listed companies", True),
        ("60", "60 firms", False),
    ],
)
def test_only_figures_of_one_unit_that_count_one_kind_of_thing_are_compared(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """What is counted decides: enterprises with enterprises, never drugs with devices."""
    first, second = (next(find_figures(text)) for text in (one, other))
    assert comparable(first, second) is same


PIECES = st.sampled_from(
    [
        "12",
        "4,810",
        "35.1",
        " ",
        " ",
        "million",
        "亿",
        "%",
        "US$",
        "yuan",
        "over",
        "no more than",
        "two",
        "hundred",
        "-",
        ", ",
        "firms",
        "May",
        "2024",
        "Class",
        "ſ",
    ]
)


@given(st.lists(PIECES).map("".join) | st.text())
@example("12 US$12")
def test_figures_stand_where_they_say(text: str) -> None:
    """In any text: in order, not overlapping, and holding a digit or a number word."""
    last = 0
    for figure in find_figures(text):
        assert last <= figure.start < figure.end <= len(text)
        assert any(char.isalnum() for char in text[figure.start : figure.end])
        last = figure.end
