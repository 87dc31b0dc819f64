"""The figures of a run: what counts as a case of each, and that none without cases claims a value."""

from __future__ import annotations

from math import log2

import pytest

from eval.report import render_run
from eval.results import Result, Run
from eval.scores import (
    Score,
    abstention_recall,
    answer_accuracy,
    answer_scores,
    confidence_scores,
    kind_scores,
    retrieval_scores,
    writing_scores,
)


def result(kind: str, **changes: object) -> Result:
    """What came back for a fact that was answered right, cited by one paragraph that proves it and one that does not."""
    values = {"id": "1", "kind": kind, "question": "?", "searched": "?", "answerable": True, "expected": "60", "answer": "60", "words": 1}
    values |= {"abstained": False, "confidence": 0.9, "right": True, "cited": (("a.txt", 1), ("a.txt", 2)), "citation_precision": 0.5}
    values |= {"citation_recall": 1.0, "exact_spans": 2, "citations": 2, "rank": 1, "milliseconds": 10.0}
    values |= {"exact_match": True, "squad_f1": 1.0, "claims": 2, "supported": 1, "sentence_precision": 1.0, "sentence_recall": 0.5}
    values |= {"conflicts": 0, "ranks": (1, 3), "proving": 2}
    return Result(**values | changes)


NOTHING = {"abstained": True, "cited": (), "citation_precision": None, "citation_recall": 0.0, "exact_spans": 0, "citations": 0}
NOTHING |= {
    "exact_match": False,
    "squad_f1": 0.0,
    "claims": 0,
    "supported": 0,
    "sentence_precision": None,
    "sentence_recall": None,
    "ranks": (),
}
UNKNOWN = {"answerable": False, "right": None, "rank": None, "ranks": (), "proving": 0, "exact_match": None, "squad_f1": None}
RESULTS = (
    result("fact"),
    result("fact", right=False, citation_precision=0.0, citation_recall=0.0, rank=4, ranks=(4,), exact_match=None, squad_f1=None),
    result("time", right=False, rank=None, **NOTHING),
    result("unanswerable", **NOTHING | UNKNOWN | {"citation_recall": None, "confidence": 0.1}),
    result("unanswerable", **UNKNOWN | {"citation_precision": None, "citation_recall": None, "conflicts": 1}),
)


def test_every_score_counts_its_own_cases() -> None:
    """Three facts are answerable and two of them answered; two are not and one of them is declined."""
    scored = {score.label: (score.hits, score.count) for score in answer_scores(RESULTS) if score.hits is not None}
    assert scored == {
        "answer accuracy": (1, 3),
        "right and cited": (1, 3),
        "SQuAD exact match": (1, 2),
        "date correctness": (0, 0),
        "conflict recall": (0, 0),
        "conflict false alarms": (1, 3),
        "statements supported": (3, 6),
        "exact spans": (6, 6),
        "abstention precision": (1, 2),
        "abstention recall": (1, 2),
        "false abstentions": (1, 3),
    }
    means = {score.label: (score.value, score.count) for score in answer_scores(RESULTS) if score.hits is None}
    assert means.pop("sentence citation recall") == (0.5, 3)
    assert means.pop("sentence citation precision") == (1.0, 3)
    assert means == {"citation precision": (0.25, 2), "citation recall": (0.5, 2), "SQuAD F1": (0.5, 2)}
    assert [(score.label, score.hits, score.count) for score in kind_scores(RESULTS)] == [
        ("fact", 1, 2),
        ("time", 0, 1),
        ("unanswerable", 1, 2),
    ]
    gain = (1 + 1 / 2) / (1 + 1 / log2(3)) + (1 / log2(5)) / (1 + 1 / log2(3))  # of ranks 1 and 3, of 4, and of none, two being relevant
    assert [score.value for score in retrieval_scores(RESULTS)] == pytest.approx([1 / 3, 2 / 3, 2 / 3, 1.5 / 3, 1.25 / 3, gain / 3])
    assert [(score.hits, score.count) for score in writing_scores(RESULTS)] == [(0, 3), (0, 3), (0, 3)]
    # Answerable: .9 .9 .9, others: .1 .9, so 3 of 6 pairs and 3 halves; told: three of .9, one of them right, each as likely the first.
    assert [(score.value, score.count) for score in confidence_scores(RESULTS)] == [
        (0.75, 5),
        (pytest.approx(2 / 3), 3),
        (pytest.approx(0.9 - 1 / 3), 3),
    ]
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


def test_a_case_that_cannot_have_a_score_has_none() -> None:
    """An answerable question without evidence is not one that was not retrieved, and a conflict that was not counted is not one unseen."""
    unproved = result("conflict", citation_recall=None, citation_precision=None, rank=None, ranks=(), proving=0, conflicts=None)
    assert {score.value for score in retrieval_scores([unproved])} == {None}
    scores = {score.label: score.count for score in answer_scores([unproved])}
    assert (scores["right and cited"], scores["conflict recall"], scores["answer accuracy"]) == (0, 0, 1)


def test_dates_are_judged_by_the_answers_that_were_given() -> None:
    """One right, one of another year, one declined."""
    told = [result("time"), result("time", right=False), result("time", right=False, **NOTHING)]
    assert next((score.hits, score.count) for score in answer_scores(told) if score.label == "date correctness") == (1, 2)


def test_the_table_stays_within_a_page() -> None:
    assert len(render_run(Run(settings={"encoder": "e"}, results=tuple(result(str(n)) for n in range(7)))).splitlines()) <= 46
