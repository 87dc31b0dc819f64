"""Two runs side by side: what was won and lost, and that chance is not called progress."""

from __future__ import annotations

import json

import pytest

from eval.diff import compare_runs, render_difference
from eval.results import Result, Run

SETTINGS = {"started": "2026-11-22T15:12:00+00:00", "model": "extractive", "facts": "1"}


def result(name: str, *, right: bool = True, **changes: object) -> Result:
    values = {"id": name, "kind": "fact", "question": f"What is {name}?", "searched": "", "answerable": True, "expected": name, "words": 1}
    values |= {"answer": "yes" if right else "no", "abstained": False, "confidence": 0.9, "right": right, "cited": (), "rank": None}
    values |= {"citation_precision": None, "citation_recall": None, "exact_spans": 0, "citations": 0, "milliseconds": 1.0}
    return Result(**values | changes)


def run(*results: Result, **settings: str) -> Run:
    return Run(settings=SETTINGS | settings, results=results)


def test_what_was_won_and_lost_is_named_with_both_answers() -> None:
    """An unanswerable question is won when it is declined."""
    declined = result("d", answerable=False, right=None, abstained=True, answer="not said")
    answered = result("d", answerable=False, right=None, answer="nonsense")
    before = run(result("a"), result("b", right=False), result("c"), answered)
    difference = compare_runs(before, run(result("a"), result("b"), result("c", right=False), declined, model="llama"))
    assert [now.id for _, now in difference.won] == ["b", "d"]
    assert [now.id for _, now in difference.lost] == ["c"]
    printed = render_difference(difference)
    assert "won: b [fact] What is b?\n  before: no\n  now:    yes" in printed
    assert "lost: c [fact] What is c?" in printed
    assert "model: extractive -> llama" in printed
    assert "answer accuracy, before        0.667  [0.208, 0.939]  2/3" in printed
    assert "won 2, lost 1: no difference can be told with 4 questions (p = 1.000)" in printed
    kept = json.loads(json.dumps(difference.to_dict()))
    assert kept["won"][0] == {"id": "b", "kind": "fact", "question": "What is b?", "expected": "b", "before": "no", "now": "yes"}
    assert (kept["p"], kept["questions"]) == (1.0, 4)


@pytest.mark.parametrize(("changed", "told"), [(5, False), (6, True)])
def test_a_difference_is_told_from_six_questions_of_one_side(changed: int, told: bool) -> None:  # noqa: FBT001 - a table of cases
    """2 / 2^5 is 0.0625 and 2 / 2^6 is 0.031; the same on the way up and on the way down."""
    right, wrong = (run(*(result(str(n), right=good) for n in range(changed))) for good in (True, False))
    for difference, word in ((compare_runs(right, wrong), "worse"), (compare_runs(wrong, right), "better")):
        assert ("no difference can be told" in difference.verdict) is not told
        assert difference.verdict.startswith(word) is told


def test_only_questions_in_both_are_compared() -> None:
    """Another accepted answer makes another question; a new id does not."""
    before = run(result("a"), result("b"), result("c", right=False))
    difference = compare_runs(before, run(result("z"), result("c", id="7"), result("b", expected="other")))
    assert (len(difference.pairs), difference.only_before, difference.only_now) == (1, 2, 2)
    assert [now.id for _, now in difference.won] == ["7"]
    assert "1 question in both, 2 only before, 2 only now" in render_difference(difference)


def test_a_question_that_stands_twice_is_paired_by_its_id() -> None:
    """As two follow-ups of the same words are; without the first of them the second is still itself."""
    first, second = (result(name, question="And in 2023?", expected="3", right=name == "second") for name in ("first", "second"))
    difference = compare_runs(run(first, second), run(second))
    assert (difference.won, difference.lost, difference.only_before) == ([], [], 1)
