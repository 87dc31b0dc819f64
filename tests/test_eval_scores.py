"""The figures of a run: what counts as a case of each, and that none without cases claims a value."""

from __future__ import annotations

import pytest

from eval.report import render_run
from eval.run import Result, Run
from eval.scores import Score, abstention_recall, answer_accuracy, answer_scores, kind_scores, retrieval_scores, writing_scores


def result(kind: str, **changes: object) -> Result:
    """What came back for a fact that was answered right, cited by one paragraph that proves it and one that does not."""
    values = {"id": "1", "kind": kind, "question": "?", "searched": "?", "answerable": True, "expected": "60", "answer": "60", "words": 1}
    values |= {"abstained": False, "confidence": 0.9, "right": True, "cited": (("a.txt", 1), ("a.txt", 2)), "citation_precision": 0.5}
    values |= {"citation_recall": 1.0, "exact_spans": 2, "citations": 2, "rank": 1, "milliseconds": 10.0}
    return Result(**values | changes)


NOTHING = {"abstained": True, "cited": (), "citation_precision": None, "citation_recall": 0.0, "exact_spans": 0, "citations": 0}
RESULTS = (
    result("fact"),
    result("fact", right=False, citation_precision=0.0, citation_recall=0.0, rank=4),
    result("time", right=False, rank=None, **NOTHING),
    result("unanswerable", answerable=False, right=None, rank=None, **NOTHING | {"citation_recall": None}),
    result("unanswerable", answerable=False, right=None, rank=None, citation_precision=None, citation_recall=None),
)


def test_every_score_counts_its_own_cases() -> None:
    """Three facts are answerable and two of them answered; two are not and one of them is declined."""
    scored = {score.label: (score.hits, score.count) for score in answer_scores(RESULTS) if score.hits is not None}
    assert scored == {
        "answer accuracy": (1, 3),
        "right and cited": (1, 3),
        "exact spans": (6, 6),
        "abstention precision": (1, 2),
        "abstention recall": (1, 2),
        "false abstentions": (1, 3),
    }
    means = {score.label: (score.value, score.count) for score in answer_scores(RESULTS) if score.hits is None}
    assert means == {"citation precision": (0.25, 2), "citation recall": (0.5, 2)}
    assert [(score.label, score.hits, score.count) for score in kind_scores(RESULTS)] == [
        ("fact", 1, 2),
        ("time", 0, 1),
        ("unanswerable", 1, 2),
    ]
    assert [score.value for score in retrieval_scores(RESULTS)] == pytest.approx([1 / 3, 2 / 3, 2 / 3, 1.25 / 3])
    assert [(score.hits, score.count) for score in writing_scores(RESULTS)] == [(0, 3), (0, 3)]
    assert (answer_accuracy(RESULTS).hits, abstention_recall(RESULTS).hits) == (1, 1)


def test_a_score_without_cases_has_no_value() -> None:
    """It is a dash, not a zero, and anything is possible."""
    for score in (Score.of_cases("x", []), Score.of_values("x", [None])):
        assert (score.value, score.interval, score.count, str(score)) == (None, (0.0, 1.0), 0, "-")


def test_the_terminal_prints_the_scores() -> None:
    """Label, value, interval and denominator in columns; a kind stands under its heading."""
    lines = render_run(Run(settings={"encoder": "e"}, results=RESULTS)).splitlines()
    assert lines[0] == "5 facts (3 answerable), encoder e"
    assert "answer accuracy                0.333  [0.061, 0.792]  1/3" in lines
    assert "citation precision             0.250  [0.000, 0.500]  n=2" in lines
    assert "  unanswerable                 0.500  [0.095, 0.905]  1/2" in lines
