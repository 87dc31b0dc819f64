"""Bounds on figures: what passes, what fails with which message, and what is refused before a question is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.gates import Gate, check_gates, find_figures, pass_gates
from eval.report import render_run
from eval.results import Result, Run
from index.errors import GateError

RIGHT = Result(
    id="1",
    kind="plain fact",
    question="?",
    searched="?",
    answerable=True,
    expected="60",
    answer="60",
    words=3,
    abstained=False,
    confidence=0.9,
    right=True,
    cited=(),
    citation_precision=1.0,
    citation_recall=1.0,
    exact_spans=1,
    citations=1,
    rank=1,
    milliseconds=10.0,
    ranks=(1,),
    proving=1,
)
RESULTS = (RIGHT, RIGHT, RIGHT, replace(RIGHT, right=False, abstained=True, milliseconds=50.0))


def least(written: str) -> Gate:
    return Gate.read(written, least=True)


def most(written: str) -> Gate:
    return Gate.read(written, least=False)


def test_a_bound_itself_passes() -> None:
    """Three of four are right, one is declined; the slowest took 50 ms."""
    pass_gates([least("accuracy=0.75"), least("Answer-Accuracy=0.75"), most("false-abstentions=0.25"), least("plain-fact=0.75")], RESULTS)
    pass_gates([most("milliseconds-a-question=10"), most("milliseconds-p95=50"), least("retrieval-recall@1=1")], RESULTS)


def test_every_gate_that_fails_is_named_with_its_value_and_bound() -> None:
    with pytest.raises(GateError) as caught:
        pass_gates([least("accuracy=0.8"), most("false-abstentions=0.3"), most("false-abstentions=0.2")], RESULTS)
    assert str(caught.value) == (
        "2 of 3 gates failed: accuracy is 0.75, expected at least 0.8; false-abstentions is 0.25, expected at most 0.2"
    )


def test_a_figure_without_cases_passes_no_gate() -> None:
    """It has not been shown to hold."""
    with pytest.raises(GateError, match="abstention-recall has no cases, expected at least 0"):
        pass_gates([least("abstention-recall=0")], RESULTS)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    check_gates([least("plain-fact=0.5"), most("milliseconds-p95=900")], ["plain fact"])
    with pytest.raises(GateError, match=r"no figure 'recal'; expected one of accuracy, .*answer-accuracy, .*plain-fact"):
        check_gates([least("recal=0.5")], ["plain fact"])


def test_a_percentage_is_refused() -> None:
    """As a most it would always pass."""
    with pytest.raises(GateError, match="0 to 1"):
        check_gates([most("false-abstentions=3")], [])


@pytest.mark.parametrize("written", ["accuracy", "=0.5", "accuracy=", "accuracy=high", "accuracy=nan", "accuracy=inf"])
def test_what_is_no_bound_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        least(written)


def test_every_label_of_the_table_is_the_name_of_a_figure() -> None:
    """With dashes for spaces; the exception is the line of several figures."""
    labels = [
        line[:30].strip() for line in render_run(Run(settings={"encoder": "e"}, results=RESULTS)).splitlines()[2:] if line[:30].strip()
    ]
    names = {label.lower().replace(" ", "-") for label in labels if not label.startswith(("by kind", "right at a confidence"))}
    assert names <= set(find_figures(RESULTS))
    assert len(names) > 25
