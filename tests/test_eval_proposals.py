"""Proposals of known facts: clear among the documents, near misses that nothing answers, and the laws that hold for all of them."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.facts import read_fact
from eval.metrics import holds
from eval.near_misses import miss, miss_row
from eval.proposals import Document, Library, propose, to_row
from index.locations import ROOT
from index.terms import split_terms

READ = ROOT / "eval" / "proposals_read.jsonl"


def library(*texts: str) -> Library:
    """Documents whose first line is their title, one paragraph a line."""
    return Library(
        [
            Document(path=f"{place}.txt", title=text.splitlines()[0], text=text, paragraphs=tuple(text.splitlines()[1:]))
            for place, text in enumerate(texts)
        ]
    )


def asked(found: Library, count: int = 50) -> list[str]:
    return [proposal.asked.question for proposal in propose(found, count)]


def test_a_question_is_proposed_with_its_sentence() -> None:
    found = library("The harbour\nOld men like Acme Mills. Acme Mills was founded in 1905. It is quiet there.")
    (proposal,) = propose(found, 50)
    assert (proposal.asked.question, proposal.quote) == ("When was Acme Mills founded?", "Acme Mills was founded in 1905.")
    assert read_fact(to_row(proposal, 1)).evidence[0].source == "0.txt"


@pytest.mark.parametrize(
    "told",
    [
        "Old men like Acme Mills.\nAcme Mills was founded in 1905. It was established in 1907.",  # two years
        "Acme Mills was founded in 1905.",  # capital at the beginning only
        "We like acme mills. Old men like Acme Mills.\nAcme Mills was founded in 1905.",  # an ordinary word
        "Old men like Acme Mills.\nAcme Mills was founded in 1905. Acme Mills was founded in 1905.",  # the quote stands twice
        "George Weiss sang. We saw George Weiss.\nGeorge was appointed mayor of Brill in 1905.",  # a first name
    ],
)
def test_what_is_not_clear_among_the_documents_is_not_proposed(told: str) -> None:
    assert asked(library(f"The harbour\n{told}")) == []


def test_another_document_that_says_otherwise_takes_a_question_away() -> None:
    one, other = "Mills\nOld men like Acme Mills. Acme Mills was founded in 1905.", "More\nWe hear that Acme Mills was founded in 1907."
    assert asked(library(one)) == ["When was Acme Mills founded?"]
    assert asked(library(one, other)) == []


def test_a_surname_is_asked_for_in_full() -> None:
    """Where the document gives the whole name first, as its title or in its text."""
    assert asked(library("Jana Weiss\nEverybody knows Jana Weiss here. Weiss joined Acme Mills in 1931.")) == [
        "When did Jana Weiss join Acme Mills?"
    ]


def test_a_near_miss_changes_one_thing_that_no_paragraph_tells() -> None:
    """The year before is told, so the one behind is taken; a closing is told, so no question for it is made."""
    text = "Mills\nOld men like Acme Mills. In 2019, Acme Mills had 14 looms. In 2018 there was a fire in the looms."
    found = library(text)
    (near,) = miss(found, propose(found, 50), 5)
    assert (near.question, near.swapped) == ("How many looms did Acme Mills have in 2020?", "year")
    founded = "Mills\nOld men like Acme Mills. Acme Mills was founded in 1905."
    assert [near.question for near in miss(library(founded), propose(library(founded), 9), 9)] == ["When was Acme Mills dissolved?"]
    told = library(f"{founded} Later the owners closed it.")
    assert miss(told, propose(told, 9), 9) == []


def test_a_near_miss_says_what_it_was_made_of_and_what_the_assistant_says() -> None:
    found = library("Mills\nOld men like Acme Mills. Acme Mills was founded in 1905.")
    (near,) = miss(found, propose(found, 9), 9)
    row = miss_row(near, 7, "In 1905.")
    assert (row["id"], row["answers"], row["near_miss"]) == ("p007", [], True)
    assert row["proposed"] == "another attribute than in: When was Acme Mills founded? (0.txt); the assistant says: In 1905."


NAMES = st.sampled_from(["Acme Mills", "Brill Tower", "Ostmark Abbey", "Tarn Bridge", "Jana Weiss", "Karel Novotny", "Lower Brill"])
SENTENCES = st.one_of(
    st.builds("{} was founded in {}.".format, NAMES, st.integers(1800, 2020)),
    st.builds("In {}, {} had {} looms.".format, st.integers(1990, 2020), NAMES, st.integers(2, 99_999)),
    st.builds("{} has {:,} members in {}.".format, NAMES, st.integers(2, 99_999), NAMES),
    st.builds("{} was designed by {}.".format, NAMES, NAMES),
    st.builds("{} is a stone bridge in {}.".format, NAMES, NAMES),
    st.builds("{} was born on {} May {}.".format, NAMES, st.integers(1, 31), st.integers(1800, 2020)),
    st.builds("Old men like {}.".format, NAMES),
    st.builds("It was closed in {}.".format, st.integers(1800, 2020)),
)
DOCUMENTS = st.lists(st.lists(SENTENCES, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=4)


@given(st.lists(DOCUMENTS, min_size=1, max_size=3), st.integers(1, 20))
def test_the_laws_of_proposals(documents: list[list[str]], count: int) -> None:
    """The quote stands once, the answer stands in it and not in the question, nothing is asked twice, and never too much."""
    found = library(*("\n".join([f"Notes {place}", *texts]) for place, texts in enumerate(documents)))
    proposals = propose(found, count)
    assert len(proposals) <= count
    questions = [" ".join(sorted(split_terms(proposal.asked.question))) for proposal in proposals]
    assert len(set(questions)) == len(questions)
    for proposal in proposals:
        assert proposal.document.text.count(proposal.quote) == 1
        for part in proposal.asked.answers:
            assert holds(proposal.quote, part[0])
            assert not any(holds(proposal.asked.question, wording) for wording in part)
        read_fact(to_row(proposal, 1))
    near = [one.question for one in miss(found, proposals, count)]
    assert len(set(near)) == len(near)
    assert not set(near) & {proposal.asked.question for proposal in proposals}


def test_the_proposals_that_were_read_come_to_what_is_stated() -> None:
    """Five folders, each unread until then; the totals are those of DECISIONS.md."""
    rows = [json.loads(line) for line in READ.read_text(encoding="utf-8").splitlines()]
    read, accepted = Counter(row["set"] for row in rows), Counter(row["set"] for row in rows if row["accepted"])
    decisions = (ROOT / "DECISIONS.md").read_text(encoding="utf-8")
    assert all(row["why"] and row["question"].endswith("?") for row in rows)
    assert len(read) == 5
    for name, count in read.items():
        assert f"| {name} | {count} | {accepted[name]} |" in decisions
    kinds, right = Counter(row["kind"].split(":")[0] for row in rows), Counter(row["kind"].split(":")[0] for row in rows if row["accepted"])
    assert all(f"{kind} {right[kind]} of {count}" in " ".join(decisions.split()) for kind, count in kinds.items())
