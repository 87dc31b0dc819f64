"""What a statement says that its passage does not: figures, units, dates, names, and the contrary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import verify
from rag.checks import find_difference
from rag.opposites import find_contrary

PORT = (
    "The port of Brill (PB) handled 2,161,000 containers in 2023, up 12% on the year before. Its owner, Kask Holding, paid 310 million euros"
    " for 28 hectares on 4 May 2021. The third quay opened four consecutive years later."
)


def _status(statement: str, passage: str = PORT) -> str:
    difference = find_difference(statement, passage, passage)
    return difference.status if difference else ""


@pytest.mark.parametrize(
    "statement",
    [
        "The port handled 2.161 million containers.",
        "It handled two million one hundred and sixty-one thousand containers in 2023.",
        "About 2.15 million containers were handled.",
        "PB grew by 12 percent.",
        "Kask Holding paid €310 million for 280,000 square metres.",
        "Kask paid 0.31 billion euros on May 4, 2021.",
        "The third quay opened four years later.",
        "The 3rd quay opened.",
        "It handled over 2 million containers.",
        "It paid on May 4th, 2021.",
    ],
)
def test_what_is_said_in_another_form_does_not_differ(statement: str) -> None:
    assert not _status(statement)


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("The port handled 2,161 containers.", "figure differs"),
        ("The port handled 161,000 containers.", "figure differs"),
        ("The port handled 2.161 containers.", "figure differs"),
        ("The port grew by 1.2 %.", "figure differs"),
        ("Kask Holding paid 3100 million euros.", "figure differs"),
        ("Kask Holding paid 310 million dollars.", "figure differs"),
        ("Kask Holding paid over 310 million euros.", "figure differs"),
        ("The port grew by 12.", "figure differs"),
        ("In 2022 the port handled 2,161,000 containers.", "figure differs"),
        ("Kask Holding paid on 5 May 2021.", "figure differs"),
        ("Kask Holding paid in June.", "figure differs"),
        ("The second quay opened.", "figure differs"),
        ("Vesper Holdings bought land.", "name differs"),
        ("The port did not handle containers.", "contradicted"),
        ("The third quay closed.", "contradicted"),
    ],
)
def test_what_differs_is_named(statement: str, status: str) -> None:
    assert _status(statement) == status


@pytest.mark.parametrize(
    ("statement", "passage", "supported"),
    [
        ("The drug Abcol cures cancer.", "No study has shown that the drug Abcol cures cancer.", False),
        ("The harbour has 99 cranes.", "The council denied that the harbour has 99 cranes.", False),
        ("Tea helps against colds.", "There is no evidence that tea helps against colds.", False),
        ("The council denied that it has 99 cranes.", "The council denied that it has 99 cranes.", True),
        ("The bridge fell.", "The mayor said that the bridge fell.", True),
        ("The ferry did not sail in 1998.", "The ferry sailed in 1998, and nobody had to pay.", False),
        ("The ferry did not sail in 1998.", "In 1998 the ferry did not sail, and nobody had to pay.", True),
    ],
)
def test_a_clause_that_is_denied_is_not_said(statement: str, passage: str, supported: bool) -> None:  # noqa: FBT001 - a table of cases
    assert verify(statement, [passage])[0].supported == supported


@pytest.mark.parametrize(
    ("statement", "passage"),
    [
        ("Sales rose.", "Sales fell."),
        ("The yard sold the boat.", "The yard bought the boat."),
        ("It is not open.", "It is open."),
        ("It works.", "It never works."),
    ],
)
def test_the_contrary_is_seen_both_ways(statement: str, passage: str) -> None:
    assert find_contrary(statement, passage)
    assert find_contrary(passage, statement)


@pytest.mark.parametrize(
    ("statement", "passage"),
    [
        ("Sales rose to 4.", "Sales rose, after costs fell, to 4."),
        ("It sold boats.", "It not only sold boats."),
        ("At least 4 sank.", "No fewer than 4 sank."),
    ],
)
def test_what_only_looks_like_the_contrary_is_none(statement: str, passage: str) -> None:
    assert find_contrary(statement, passage) is None


@pytest.mark.parametrize(
    ("statement", "passage", "status"),
    [
        ("It sold 310 boats.", "It sold 310 million boats.", "figure differs"),
        ("It costs 5 to 10 billion yuan.", "It costs 5 to 10 million yuan.", "figure differs"),
        ("Its pH was 4.2.", "Its pH was 2.4.", "figure differs"),
        ("It paid $5m.", "It paid $5bn.", "figure differs"),
        ("It paid $5 million.", "It paid $5m.", ""),
        ("In 2019-2020 it grew.", "It grew from 2019 to 2020.", ""),
        ("The US economy grew.", "The U.S. economy grew.", ""),
        ("The United Nations met.", "The UN met.", ""),
        ("The FDA approved it.", "The Food and Drug Administration approved it.", ""),
        ("More than 5,000 people came.", "Some 5,200 people came.", "figure differs"),
        ("More than 5,000 people came.", "5,200 people came.", ""),
        ("Fewer than 50 people died.", "48 people died.", ""),
        ("Brill lies in Orrin City.", "Brill, unlike Tarn, lies in Vesper City. Orrin City is old.", "name differs"),
        ("Brill opened in 2003.", "Lund opened in 2003. Brill opened in 2006.", "figure differs"),
        ("9 ferries and 6 tugs sail.", "6 ferries and 9 tugs sail.", "figure differs"),
    ],
)
def test_figures_names_and_years_are_those_of_the_sentence(statement: str, passage: str, status: str) -> None:
    sentences = passage.split(". ")
    aligned = sentences[-1] if "2006" in passage else sentences[0]
    difference = find_difference(statement, passage, aligned)
    assert (difference.status if difference else "") == status


def test_the_reason_gives_the_passages_own_words() -> None:
    difference = find_difference("In 2022 it opened.", "In 2023 it opened.", "In 2023 it opened.")
    assert difference is not None
    assert difference.reason == "the passage gives 2023, not 2022"


PIECES = st.sampled_from(
    ["5", "9 ferries", "in 2023", "rose", "fell", "not", "and", "Kask", ", ", " ", "9", "12%", "never", "from 5 to 9 "]
)


@given(st.lists(PIECES).map(" ".join) | st.text(max_size=200))
def test_a_passage_never_differs_from_itself(text: str) -> None:
    assert find_difference(text, text, text) is None
