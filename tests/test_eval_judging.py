"""A reader in front of a pile of proposals: which is shown after what, and what an edit makes of one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.judging import Pile, edit_row, fact_of, find_verbatim, is_right_by, proposal_key, read_answers, write_answers
from index.errors import FactsError

LINES = tuple(json.dumps({"question": question, "proposed": "x"}) for question in ("One?", "Two?", "Three?"))
ROW = {
    "id": "p001",
    "kind": "date",
    "question": "When was it founded?",
    "answers": [["1912"]],
    "evidence": [{"source": "mill.txt", "quote": "It was founded in 1912.", "part": 0}],
    "proposed": "asked of a sentence of mill.txt",
}
TEXTS = {"mill.txt": "The mill\r\n\r\nIt was founded\r\nin 1912. It has 14 wheels."}
FORM = {
    "question": " When was\nthe mill founded? ",
    "answers": "1912\nthe year 1912\n\n14",
    "unanswerable": False,
    "evidence": [
        {"source": "mill.txt", "quote": "It was founded in 1912.", "part": "1"},
        {"source": "mill.txt", "quote": "It has 14 wheels.", "part": 2},
        {"source": "", "quote": " ", "part": "1"},
    ],
}


def test_a_pile_is_turned_round_and_round() -> None:
    """The first is shown first, or the one of a key; behind the last comes the first."""
    pile = Pile.open(LINES)
    assert [pile.turn(by).line for by in (0, 1, 2, 3, -1)] == [LINES[0], LINES[1], LINES[2], LINES[0], LINES[2]]
    assert Pile.open(LINES, proposal_key(LINES[2])).at == 2
    assert Pile.open(LINES, "gone").at == 0
    assert not pile.edit().turn(1).editing


def test_an_empty_pile_shows_nothing() -> None:
    empty = Pile.open(())
    assert (empty.line, empty.key, empty.turn(1), empty.edit().editing, empty.follow(())) == ("", "", empty, False, empty)


@given(at=st.integers(0, 5), left=st.lists(st.booleans(), min_size=6, max_size=6))
def test_after_a_decision_the_next_one_left_is_shown(at: int, left: list[bool]) -> None:
    """The same proposal where it is left, else the first behind it, else the first of all."""
    lines = tuple(json.dumps({"question": str(number)}) for number in range(6))
    kept = tuple(line for line, stays in zip(lines, left, strict=True) if stays)
    after = Pile(lines=lines, at=at, editing=True).follow(kept)
    behind = [line for line in lines[at:] if line in kept] or list(kept) or [""]
    assert (after.lines, after.line, after.editing) == (kept, behind[0], False)


@given(st.lists(st.lists(st.text("ab |,", min_size=1).filter(str.strip), min_size=1), min_size=1))
def test_answers_are_read_as_they_were_written(answers: list[list[str]]) -> None:
    """Whatever a wording holds; only its spaces are made one."""
    assert read_answers(write_answers(answers)) == [[" ".join(wording.split()) for wording in part] for part in answers]


def test_a_plain_list_of_answers_is_one_part() -> None:
    assert write_answers(["60", "sixty"]) == "60\nsixty"
    assert write_answers([]) == write_answers(None) == ""


def test_an_edit_changes_what_it_names_and_keeps_the_rest() -> None:
    """Quotes are the document's own characters, also where it breaks its lines elsewhere; an empty row of the form is none."""
    edited = edit_row(ROW, FORM, TEXTS.get)
    assert edited == ROW | {
        "question": "When was the mill founded?",
        "answers": [["1912", "the year 1912"], ["14"]],
        "evidence": [
            {"source": "mill.txt", "quote": "It was founded\r\nin 1912.", "part": 0},
            {"source": "mill.txt", "quote": "It has 14 wheels.", "part": 1},
        ],
    }
    assert fact_of(edited).evidence[1].part == 1


def test_a_question_that_turns_out_unanswerable_loses_its_evidence_and_its_kind() -> None:
    """And the other way round it is no near miss any more; an answer nobody had written yet keeps its kind."""
    none = edit_row(ROW, FORM | {"unanswerable": True}, TEXTS.get)
    assert (none["answers"], none["evidence"], fact_of(none).kind) == ([], [], "unanswerable")
    near = ROW | {"kind": "unanswerable", "answers": [], "evidence": [], "near_miss": True}
    found = fact_of(edit_row(near, FORM, TEXTS.get))
    assert (found.kind, found.near_miss) == ("fact", False)
    assert fact_of(edit_row(ROW | {"kind": "rated wrong", "answers": None}, FORM, TEXTS.get)).kind == "rated wrong"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"question": "  "}, "the question is empty"),
        ({"answers": " \n "}, "no answer is written"),
        ({"evidence": [{"source": "gone.txt", "quote": "x"}]}, "'gone.txt' is not among the documents"),
        ({"evidence": [{"source": "mill.txt", "quote": "It was founded in 1913."}]}, "does not stand in mill.txt"),
        ({"evidence": [{"source": "mill.txt", "quote": "It has 14 wheels.", "part": "3"}]}, "a part from 1 to 2"),
        ({"evidence": [{"source": "mill.txt", "quote": "It has 14 wheels.", "part": "-1"}]}, "a part from 1 to 2"),
    ],
)
def test_a_form_that_makes_no_fact_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(FactsError, match=said):
        edit_row(ROW, FORM | changed, TEXTS.get)


def test_only_spaces_may_differ_in_a_quote() -> None:
    assert find_verbatim("14 wheels", TEXTS["mill.txt"]) == "14 wheels"
    assert find_verbatim("founded in 1912", TEXTS["mill.txt"]) == "founded\r\nin 1912"
    assert find_verbatim("Founded in 1912", TEXTS["mill.txt"]) == find_verbatim(" ", TEXTS["mill.txt"]) == ""


def test_an_answer_is_right_as_a_run_would_score_it() -> None:
    near = ROW | {"answers": [], "evidence": []}
    assert [is_right_by(ROW, said) for said in ("In 1912.", "In 1913.", "")] == [True, False, False]
    assert [is_right_by(near, said) for said in ("In 1912.", "")] == [False, True]
    assert is_right_by(ROW | {"answers": None}, "In 1912.") is None
