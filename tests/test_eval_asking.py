"""Questions made of sentences: what is asked, and what is left alone."""

from __future__ import annotations

import pytest

from eval.asking import find_asked


@pytest.mark.parametrize(
    ("sentence", "question", "answers"),
    [
        ("The harbour of Ostmark has 14 cranes.", "How many cranes does the harbour of Ostmark have?", (("14", "fourteen"),)),
        (
            "In 2019, Acme Mills employed 4,800 people in Ostmark.",
            "How many people did Acme Mills employ in Ostmark in 2019?",
            (("4,800",),),
        ),
        ("Acme Mills spent $5 million on a lock in 2019.", "How much did Acme Mills spend on a lock in 2019?", (("$5 million",),)),
        ("Brill Tower is 61 metres high.", "How high is Brill Tower?", (("61 metres",),)),
        ("Ostmark has a population of 12,300.", "What is the population of Ostmark?", (("12,300",),)),
        (
            "29 percent of people in Ostmark live in boats.",
            "What percentage of people in Ostmark live in boats?",
            (("29 percent", "29%", "29 per cent"),),
        ),
        ("Acme Mills was founded on April 3, 1905.", "When was Acme Mills founded?", (("April 3, 1905", "3 April 1905"),)),
        ("In 1931, Jana Weiss joined Acme Mills.", "When did Jana Weiss join Acme Mills?", (("1931",),)),
        ("Brill Tower was designed by Anna Kask and Karel Novotny.", "Who designed Brill Tower?", (("Anna Kask",), ("Karel Novotny",))),
        ("Karel Novotny, the director of Acme Mills, sang.", "Who is the director of Acme Mills?", (("Karel Novotny",),)),
        ("The capital of Ostmark is Brill.", "What is the capital of Ostmark?", (("Brill",),)),
        ("Ostmark Abbey is located in Lower Brill.", "Where is Ostmark Abbey located?", (("Lower Brill",),)),
        ("Anna Kask is a Czech chess player who lives in Brill.", "Who is Anna Kask?", (("Czech chess player",),)),
        ("Acme Mills is a linen factory in Ostmark.", "What is Acme Mills?", (("linen factory",),)),
        ("The Ostmark Harbour Board (OHB) meets in May.", "What does OHB stand for?", (("Ostmark Harbour Board",),)),
    ],
)
def test_a_sentence_of_a_known_shape_makes_a_question(sentence: str, question: str, answers: tuple[tuple[str, ...], ...]) -> None:
    assert [(asked.question, asked.answers) for asked in find_asked(sentence)] == [(question, answers)]


@pytest.mark.parametrize(
    "sentence",
    [
        "It has 14 cranes.",  # what has?
        "The company was founded in 1905.",  # which?
        "Acme Mills had 300 looms in 1905 and 400 in 1912.",  # two years in one sentence
        "Acme Mills was founded in 1905 and 1912.",
        "Acme Mills published a study in 1905.",  # one of many
        "Last year, Acme Mills had 300 looms.",  # which year?
        "In 1905, Acme Mills was sold to its rival.",  # its
        "Acme Mills has 14 lakes, ponds and locks.",  # 14 of all of them
        "Acme Mills was a major reason.",  # says nothing
        "Sir William died in 1905.",  # half a name
        "Ostmark Boats (OHB) sail in May.",  # the letters are others
        "Acme Mills was founded in 1905, as he",  # cut in the middle
    ],
)
def test_what_cannot_be_asked_clearly_is_left_alone(sentence: str) -> None:
    assert list(find_asked(sentence)) == []
