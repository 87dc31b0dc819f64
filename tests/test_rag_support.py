"""`verify`: only what a paragraph says is supported, and only that is cited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.sentences import split_sentences
from rag import verify
from rag.statements import split_statements

if TYPE_CHECKING:
    from rag import Assistant

YARD = "In May, the yard of Brill sold 310 boats. Anna Kask has led it since 2019."
MILL = "The mill of Lund was built in 1889 by the Forsyth family."


def test_a_statement_is_cited_by_the_paragraph_that_tells_it() -> None:
    told = verify("The yard of Brill sold 310 boats in May. The Forsyth family built the mill of Lund in 1889.", [YARD, MILL])
    assert [(one.supported, one.citations) for one in told] == [(True, (1,)), (True, (2,))]


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("The yard of Brill sold 3100 boats in May.", "figure differs"),
        ("The yard of Brill did not sell 310 boats in May.", "contradicted"),
        ("The yard of Brill bought 310 boats in May.", "contradicted"),
        ("Henrik Vesper has led the yard since 2019.", "name differs"),
        ("The yard of Brill paints its boats red.", "unsupported"),
    ],
)
def test_what_no_paragraph_says_is_not_cited(statement: str, status: str) -> None:
    """And the reason is told."""
    (one,) = verify(statement, [YARD, MILL])
    assert (one.supported, one.citations, one.status) == (False, (), status)
    assert one.reason


def test_two_paragraphs_may_support_a_statement_together() -> None:
    (one,) = verify("The yard of Brill sold 310 boats in May, and the mill of Lund was built in 1889.", [YARD, "Rain fell.", MILL])
    assert one.citations == (1, 3)


def test_markers_are_a_hint_that_is_not_trusted() -> None:
    (one,) = verify("The mill of Lund was built in 1889 [1][7].", [YARD, MILL])
    assert one.text == "The mill of Lund was built in 1889."
    assert one.citations == (2,)


@pytest.mark.parametrize(
    "text",
    [
        "Here is what I found:",
        "Which boat?",
        "The documents do not mention a profit.",
        "Sure!",
        "I cannot tell.",
        "...",
        "I hope this helps!",
    ],
)
def test_what_tells_nothing_of_the_documents_is_no_claim(text: str) -> None:
    assert [one.status for one in verify(text, [YARD])] == ["not a claim"]


@pytest.mark.parametrize(
    "text",
    [
        "Here is the answer: the yard sold 3100 boats.",
        "The documents do not mention the price, but it was 5 billion euros.",
        "Please note that Kask sold 3100 boats.",
        "If you need a boat, Kask sells 3,100 of them a year.",
        "Type I cannot be treated.",
    ],
)
def test_a_claim_in_the_dress_of_a_formula_is_a_claim(text: str) -> None:
    assert [one.status == "not a claim" or one.supported for one in verify(text, [YARD])] == [False]


def test_lists_emphasis_and_wrapped_lines_are_read_as_sentences() -> None:
    """Headings are none; rows of a table are left whole, and not checked."""
    text = "# Boats\n\n- **Sold**: 310\n  boats [1].\n2. Led by Anna Kask.\n\n| a | 5 |\n"
    assert split_statements(text) == ["Sold: 310 boats.", "Led by Anna Kask.", "| a | 5 |"]
    assert verify("| a | 5 |", [YARD])[0].status == "not a claim"


def test_an_unrelated_paragraph_does_not_outvote_one_that_denies() -> None:
    told = verify(
        "The committee approved the crane.", ["Second, the insurer withdrew its offer.", "The committee did not approve the crane."]
    )
    assert [one.status for one in told] == ["contradicted"]


@pytest.mark.parametrize(("text", "paragraphs"), [(None, [YARD]), (310, [YARD]), ("It sold boats.", YARD)])
def test_what_is_no_text_or_no_list_of_paragraphs_is_named(text: str, paragraphs: list[str]) -> None:
    with pytest.raises(TypeError, match="expected a s"):
        verify(text, paragraphs)


def test_half_a_character_is_no_obstacle() -> None:
    assert verify("The \ud83d yard sold boats.", ["The \ud83d yard sold boats."])[0].supported


def test_without_paragraphs_nothing_is_supported() -> None:
    assert [one.status for one in verify("The yard sold 310 boats.", [])] == ["unsupported"]


def test_a_paragraph_of_another_type_is_named() -> None:
    with pytest.raises(TypeError, match="a paragraph is int"):
        verify("It sold boats.", [3])  # type: ignore[list-item]


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=120), st.lists(st.text(max_size=80), max_size=3))
def test_only_what_is_supported_is_cited_in_any_text(text: str, paragraphs: list[str]) -> None:
    for one in verify(text, paragraphs):
        assert one.supported == bool(one.citations)
        assert set(one.citations) <= set(range(1, len(paragraphs) + 1))


def test_a_heading_does_not_stand_in_the_way_of_the_first_sentence(seeds: Assistant) -> None:
    """What a paragraph under a heading begins with, word for word, is never refused."""
    store = seeds.index.store
    headed = [one for path in store.sources() for one in store.paragraphs(path) if one.heading and one.kind == "text"]
    firsts = [(one, one.text[slice(*split_sentences(one.text)[0])]) for one in headed]
    assert len(firsts) > 20
    assert [first for one, first in firsts if any(said.status not in {"supported", "not a claim"} for said in verify(first, [one]))] == []
