"""The review of a file of proposals: what is accepted becomes a fact, and nothing else changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eval.facts import read_facts
from eval.review import Aside, Review, rated_row, show
from index.errors import FactsError

if TYPE_CHECKING:
    from pathlib import Path

ONE = {"question": "How many cranes?", "answers": [["14"]], "evidence": [], "proposed": "asked of a sentence of harbour.txt"}
NEAR = {"question": "How many in 1900?", "answers": [], "near_miss": True, "proposed": "another year"}
KEPT = '{"question":  "How high?", "answers": ["61 metres"]}'  # two spaces: somebody's own line


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.jsonl"
    path.write_text(
        "\n".join([KEPT, *map(json.dumps, (ONE, NEAR, rated_row("Who?", "Anna  Kask.", "she left", [("When?", "In May.")], 1)))])
    )
    return path


def test_a_file_with_proposals_is_refused_with_what_to_type(file: Path) -> None:
    with pytest.raises(FactsError, match=r"3 of 4 lines are proposals .*pincite eval review .*own\.jsonl"):
        read_facts(file)


def test_each_decision_is_written_at_once_and_leaves_the_other_lines(file: Path) -> None:
    review = Review(file)
    one, near, _ = review.proposals()
    review.accept(one)
    assert file.read_text().splitlines()[:2] == [KEPT, json.dumps({key: value for key, value in ONE.items() if key != "proposed"})]
    review.reject(near)
    assert len(Review(file).proposals()) == 1
    assert len(file.read_text().splitlines()) == 3


def test_an_answer_that_nobody_wrote_is_no_unanswerable_fact(file: Path) -> None:
    """Neither in the review nor when the mark is taken away by hand; written, it is a fact with its conversation."""
    review = Review(file)
    *_, rated = review.proposals()
    before = file.read_text()
    with pytest.raises(FactsError, match="not written yet"):
        review.accept(rated)
    assert file.read_text() == before
    by_hand = {key: value for key, value in json.loads(rated).items() if key != "proposed"}
    own = file.with_name("by_hand.jsonl")
    own.write_text(json.dumps(by_hand))
    with pytest.raises(FactsError, match="line 1: answers is null, not written yet"):
        read_facts(own)
    for line in review.proposals()[:2]:
        review.reject(line)
    review.accept(review.change(rated, by_hand | {"answers": [["Jana Weiss"]]}))
    fact = read_facts(file)[1]
    assert (fact.answers, fact.history) == ((("Jana Weiss",),), (("When?", "In May."),))


def test_a_proposal_is_shown_with_all_that_a_reader_judges() -> None:
    shown = show(json.dumps(ONE | {"evidence": [{"source": "harbour.txt", "quote": "It has 14 cranes."}] * 2}))
    assert shown.splitlines() == [
        "question: How many cranes?",
        "answer:   14",
        'in:       harbour.txt: "It has 14 cranes."',
        "from:     asked of a sentence of harbour.txt",
    ]
    assert "(the documents do not answer)" in show(json.dumps(NEAR))
    assert "from:     rated wrong (she left): Anna Kask." in show(json.dumps(rated_row("Who?", "Anna  Kask.", "she left", [], 1)))


@pytest.mark.parametrize(("text", "said"), [("no json", "line 1"), ("[1]", "a list"), (None, "cannot be read")])
def test_a_file_that_holds_no_lines_of_facts_is_refused(tmp_path: Path, text: Any, said: str) -> None:
    if text is not None:
        (tmp_path / "own.jsonl").write_text(text)
    with pytest.raises(FactsError, match=said):
        Review(tmp_path / "own.jsonl")


def test_two_readers_of_one_file_lose_nothing_of_each_other(file: Path) -> None:
    """Each decision begins with the file as it is by then; one that comes too late says so and changes nothing."""
    first, second = Review(file), Review(file)
    one, near, _ = first.proposals()
    first.accept(one)
    second.reject(near)
    assert len(Review(file).proposals()) == 1
    assert file.read_text().count("How many cranes?") == 1
    before = file.read_text()
    for late in (first.reject, first.accept, second.reject):
        with pytest.raises(FactsError, match="is no longer in"):
            late(near)
    assert file.read_text() == before


def test_a_decision_is_taken_back(file: Path) -> None:
    """Accepted or rejected, the line stands where it stood, byte for byte."""
    before = file.read_text().splitlines()
    review = Review(file)
    one, near, _ = review.proposals()
    for decision in (review.accept(one), review.reject(near)):
        review.take_back(decision)
    assert file.read_text().splitlines() == before
    decision = review.accept(one)
    file.write_text(KEPT)
    with pytest.raises(FactsError, match="no longer in"):
        review.take_back(decision)
    assert file.read_text() == KEPT


def test_further_lines_get_ids_of_their_own(file: Path) -> None:
    review = Review(file)
    review.add([ONE | {"id": "r001"}, ONE | {"id": "r001"}, ONE | {"id": "p001"}])
    assert [json.loads(line)["id"] for line in review.lines()[-4:]] == ["r001", "r001b", "r001bb", "p001"]


def test_what_nobody_judged_can_be_left_out(file: Path) -> None:
    """Then the file can be asked; what was accepted stays."""
    review = Review(file)
    review.accept(review.proposals()[0])
    assert review.leave_out() == 2
    assert [fact.question for fact in read_facts(file)] == ["How high?", "How many cranes?"]


def test_a_quote_may_hold_any_character_that_ends_a_line_elsewhere(tmp_path: Path) -> None:
    """A document's own line separator stays inside its line of the file."""
    file = tmp_path / "own.jsonl"
    file.write_text("")
    Review(file).add([ONE | {"id": "p1", "evidence": [{"source": "a.txt", "quote": "It has\u2028 14\x85 cranes."}]}])
    review = Review(file)
    review.accept(review.proposals()[0])
    assert read_facts(file)[0].evidence[0].quote == "It has\u2028 14\x85 cranes."


def test_what_was_set_aside_is_remembered_until_it_is_taken_back(tmp_path: Path) -> None:
    aside = Aside(tmp_path / "new" / "judged.jsonl")
    assert aside.rows() == []
    for row in (ONE, NEAR, ONE):
        aside.put(json.dumps(row))
    assert aside.rows() == [ONE, NEAR, ONE]
    aside.take_back(json.dumps(ONE))
    aside.take_back("{}")
    assert aside.rows() == [ONE, NEAR]
