"""Years and spans of years in a text, and whether two of them meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.parts import split_parts
from rag.periods import FOREVER, find_periods, overlap


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("in 2024, and again in 2023", ((2024, 2024), (2023, 2023))),
        ("from May 2004 to 2009", ((2004, 2009),)),
        ("( 16 May 1983 to 9 June 1988 )", ((1983, 1988),)),
        ("the 2012-13 season", ((2012, 2013),)),
        ("1999–2004", ((1999, 2004),)),
        ("between March 1999 and 2004", ((1999, 2004),)),
        ("in the 1940's", ((1940, 1949),)),
        ("since 9 June 2015", ((2015, FOREVER),)),
        ("until 1988", ((0, 1988),)),
        ("on 2025-12-23", ((2025, 2025),)),
        ("1,999 firms and 2024.5 metres, 2024%", ()),
        ("2004-12-23 and 2009-11-05", ((2004, 2004), (2009, 2009))),
        ("rose in 2004 to 35 billion", ((2004, 2004),)),
        ("in mid-2024", ((2024, 2024),)),
        ("1200 employees and $2000, up to 2000 people", ()),
        ("from 2009 to 2004", ((2009, 2009), (2004, 2004))),
    ],
)
def test_periods_are_read_as_spans_of_whole_years(text: str, periods: tuple[tuple[int, int], ...]) -> None:
    """A span that runs backwards is two years; a figure is none."""
    assert find_periods(text) == periods


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("so far this year", ((2021, 2021),)),
        ("Last year and in 2019", ((2020, 2020), (2019, 2019))),
        ("this yearling", ()),
        ("In 1931 it earned 5 million and the next year 6 million.", ((1931, 1931),)),
        ("In the last year of his reign", ()),
    ],
)
def test_this_year_is_the_year_of_the_document(text: str, periods: tuple[tuple[int, int], ...]) -> None:
    """Without a date of the document the words say nothing."""
    assert find_periods(text, 2021) == periods
    assert find_periods("so far this year") == ()


PIECES = st.sampled_from(
    ["2004", "2009", "09", " to ", "-", "–", " and ", "between ", "since ", "until ", "May ", "16 ", "1940s", ", ", "%", "x"]
)


@given(st.lists(PIECES).map("".join) | st.text())
def test_every_period_runs_forwards(text: str) -> None:
    """In any text the first year is not after the last."""
    assert all(first <= last for first, last in find_periods(text))


def test_periods_meet_when_they_have_a_year_in_common() -> None:
    assert overlap(((2004, 2009),), ((2009, 2010),))
    assert not overlap(((2004, 2009),), ((2010, 2010),))
    assert not overlap((), ((2010, 2010),))


def test_a_span_of_time_is_one_question_and_a_change_over_it_is_two() -> None:
    """A post held "from 2004 to 2009" is one fact; what "changed from 2004 to 2009" has two figures."""
    assert len(split_parts("Which post did she hold from 2004 to 2009?")) == 1
    assert len(split_parts("How did the sales change from 2004 to 2009?")) == 2
    assert len(split_parts("How many firms were there in 2023 and in 2024?")) == 2
