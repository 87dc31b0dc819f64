"""What a model wrote is shown only when it keeps to the words of one sentence, or of two that it compares; and says something."""

from __future__ import annotations

import pytest

from index.paragraphs import Paragraph
from rag.support import judge, judge_clause
from rag.written import says_something

TEXTS = (
    "In 2021 the yard at Brill sold 310 boats to Norway, 20 more than before. The company has a dock in Lund. Its director is Anna Kask.",
    "Founded in 1912, the yard at Brill has two docks, one of them in Lund, and a crane. Its slogan is “every boat a good boat for everybody”.",
    "Revenue rose from 12 million euros in 2020 to 19 million euros in 2023, while the staff fell from 80 to 64.",
    "The crane is 41 metres high and 12 metres wide, and it lifts 9,000 tonnes a day. It was almost sold.",
    "The paint was 92% effective in summer and 71% effective in winter. Some of the 40 tests failed because the sea was too warm.",
    "According to Karel Novotny, the dock is empty. The yard does not sell to Lund, but to Visby.",
    "The dock was sued by the yard in 2019. In 1950 the slip was lengthened.",
)
YARD = [Paragraph(source="yard.txt", number=n, start=0, end=len(text), text=text) for n, text in enumerate(TEXTS, start=1)]

KEPT = (
    "In 2021 the yard at Brill sold 310 boats to Norway, 20 more than before.",
    "The slip was lengthened in 1950.",
    "The yard at Brill was founded in 1912.",
    "The yard at Brill has two docks and a crane.",
    "The yard at Brill has two docks.",
    "Anna Kask is its director.",
    "Its slogan is “every boat a good boat for everybody”.",
    "The staff fell from 80 to 64.",
    "The crane is 41 metres high.",
    "The paint was 92% effective in summer.",
    "According to Karel Novotny, the dock is empty.",
)
NOT_KEPT = (
    "In 2021 the yard at Brill sold 310 boats, most of them to fishermen who wanted cheap ones.",
    "In 2021 the yard at Brill sold 20 boats to Norway.",
    "Anna Kask sold 310 boats to Norway.",
    "The yard at Brill sold 310 boats to Norway in 1912.",
    "The yard at Brill in Norway sold the yard at Brill in 2021.",
    "The yard at Brill was founded in Lund.",
    "The yard at Brill has two docks in Lund.",
    "Its slogan is “every good boat a boat for everybody”.",
    "Revenue rose from 12 million euros in 2023 to 19 million euros.",
    "Revenue rose from 80 to 64.",
    "Revenue rose by 19 million euros in 2023.",
    "The staff fell to 80.",
    "The crane is 41 metres wide and 12 metres high.",
    "The crane is 12 metres high.",
    "The crane lifts 9,000 tonnes a week.",
    "The crane was sold.",
    "The paint was 92% effective in winter.",
    "The paint was 71% effective in summer.",
    "The 40 tests failed because the sea was too warm.",
    "All of the 40 tests failed because the sea was too warm.",
    "Some of the 40 tests failed because the sea was too cold.",
    "The dock is empty.",
    "The yard does not sell to Visby.",
    "The yard sells to Lund.",
    "The dock sued the yard in 2019.",
    "The yard was sued by the dock in 2019.",
    "The dock is sued by the yard in 2019.",
)


@pytest.mark.parametrize("statement", KEPT)
def test_a_statement_in_the_words_of_its_source_is_shown(statement: str) -> None:
    assert judge_clause(statement, YARD).statement.supported


@pytest.mark.parametrize("statement", NOT_KEPT)
def test_a_statement_with_more_words_or_mixed_up_ones_is_not_shown(statement: str) -> None:
    assert not judge_clause(statement, YARD).statement.supported


def test_a_clause_is_supported_anyway() -> None:
    """Asking for one only refuses more."""
    for statement in (*KEPT, *NOT_KEPT):
        assert judge(statement, YARD).supported or not judge_clause(statement, YARD).statement.supported


def test_a_clause_is_found_where_it_stands_in_its_document() -> None:
    """With the sentence before where that names what it is about; a heading takes no part and moves nothing."""
    paragraph = Paragraph(
        source="yard.txt", number=7, start=100, end=144, text="Rain. The crane is new. It was almost  sold.", heading="Lund"
    )
    assert judge_clause("The crane is new.", [paragraph]).places == ((paragraph, (106, 123)),)
    assert judge_clause("The crane was almost sold.", [paragraph]).places == ((paragraph, (106, 144)),)


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
