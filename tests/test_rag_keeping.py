"""What a model wrote is shown only when it keeps to the words of one sentence, or of two that it compares; and says something."""

from __future__ import annotations

import pytest

from rag.support import judge
from rag.written import says_something

YARD = (
    "In 2021 the yard at Brill sold 310 boats to Norway. The company has a dock in Lund. It was built by Anna Kask.",
    "In 2022 the yard at Brill sold 450 boats. Its slogan is “every boat a good boat for everybody”.",
)

KEPT = (
    "In 2021 the yard at Brill sold 310 boats.",
    "The yard at Brill sold 310 boats to Norway in 2021.",
    "The yard sold 310 boats in 2021 and 450 boats in 2022.",
    "The dock in Lund was built by Anna Kask.",
    "Its slogan is “every boat a good boat for everybody”.",
)
NOT_KEPT = (
    "In 2021 the yard at Brill sold 310 boats, most of them to fishermen who wanted cheap ones.",
    "Anna Kask sold 310 boats.",
    "In 2021 the yard at Brill sold 450 boats.",
    "The yard at Brill sold 310 boats in 2022.",
    "The yard at Brill in Norway sold the yard at Brill in 2021.",
    "Its slogan is “every good boat a boat for everybody”.",
)


@pytest.mark.parametrize("statement", KEPT)
def test_a_statement_in_the_words_of_its_source_is_shown(statement: str) -> None:
    assert judge(statement, YARD, strictly=True).supported


@pytest.mark.parametrize("statement", NOT_KEPT)
def test_a_statement_with_more_words_or_mixed_up_ones_is_not_shown(statement: str) -> None:
    assert not judge(statement, YARD, strictly=True).supported


def test_what_is_judged_strictly_is_supported_anyway() -> None:
    """Strictness only refuses more."""
    for statement in (*KEPT, *NOT_KEPT):
        assert judge(statement, YARD).supported or not judge(statement, YARD, strictly=True).supported


@pytest.mark.parametrize(
    ("statement", "question", "says"),
    [
        ("It sold 310 boats.", "How many boats did it sell?", True),
        ("Norton owns the yard.", "Who owns the yard?", True),
        ("310 boats.", "How many boats did it sell?", False),
        ("Anna Kask", "Who built the dock?", False),
        ("The boats are:", "Which boats?", False),
        ("The yard at Brill sold boats.", "Which boats were sold by the yard at Brill?", False),
        ("The yard at Brill sold boats.", "Did the yard at Brill sell boats?", True),
        ("The dock is the dock.", "What does the dock look like?", False),
        ("船厂卖了310条船。", "卖了多少船?", True),
    ],
)
def test_fragments_and_echoes_say_nothing(statement: str, question: str, says: bool) -> None:  # noqa: FBT001 - a table of cases
    assert says_something(statement, question) == says
