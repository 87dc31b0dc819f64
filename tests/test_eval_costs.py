"""What a chat model took, and what it cost: sums by hand, the least where not all was counted, and no price but the user's."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from eval.costs import Price, count_spent, dollars
from eval.diff import compare_runs, render_difference
from eval.report import render_run
from eval.report_html import render_report
from eval.results import Result, Run
from eval.runs import find_runs, read_run
from eval.scripted_model import ScriptedModel, send_stream
from index.errors import RunError
from rag import Assistant
from ui.cli import main

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from index.encoders import OnnxEncoder

SETTINGS = dict.fromkeys(("pincite", "python", "corpus", "encoder", "splitter", "facts"), "1")
SETTINGS |= {"started": "2026-11-22T15:12:00+00:00", "model": "scripted:one"}
ASKED = Result(
    id="a",
    kind="fact",
    question="What is a?",
    searched="",
    answerable=True,
    expected="a",
    answer="a",
    words=1,
    abstained=False,
    confidence=0.9,
    right=True,
    cited=(),
    citation_precision=None,
    citation_recall=None,
    exact_spans=0,
    citations=0,
    rank=None,
    milliseconds=1.0,
    tokens=1100,
    input_tokens=1000,
    output_tokens=100,
)
RESULTS = (ASKED, replace(ASKED, id="b", question="What is b?", tokens=2300, input_tokens=2000, output_tokens=300))
PRICED = SETTINGS | {"price": "2,10"}


def test_tokens_and_dollars_are_sums_of_all_questions() -> None:
    """3,000 read at $2 and 400 written at $10 a million: 0.006 + 0.004."""
    assert count_spent(RESULTS, PRICED).lines() == [
        ("input tokens", "3,000, 1,500 a question"),
        ("output tokens", "400, 200 a question"),
        ("cost", "$0.010, $0.0050 a question"),
    ]


def test_without_a_price_nothing_costs() -> None:
    spent = count_spent(RESULTS, SETTINGS)
    assert spent.dollars is None
    assert [label for label, _ in spent.lines()] == ["input tokens", "output tokens"]


def test_a_reply_that_was_not_counted_makes_it_the_least_that_it_can_be() -> None:
    lines = dict(count_spent((RESULTS[0], replace(RESULTS[1], uncounted=1)), PRICED).lines())
    assert lines["input tokens"] == "at least 3,000, 1,500 a question"
    assert lines["cost"].startswith("at least $0.010")


def test_a_model_that_does_not_count_is_said_not_to() -> None:
    results = [replace(ASKED, tokens=0, input_tokens=0, output_tokens=0, uncounted=2)]
    assert count_spent(results, PRICED).lines() == [("tokens", "not counted by the model (2 replies)")]
    assert count_spent(results, PRICED).dollars is None


def test_of_a_run_of_long_ago_only_the_sum_is_known() -> None:
    """No price can be put on it, as reading and writing cost differently."""
    spent = count_spent([replace(ASKED, input_tokens=0, output_tokens=0)], PRICED)
    assert spent.lines() == [("tokens", "1,100, 1,100 a question")]


def test_a_run_without_a_model_has_nothing_to_say() -> None:
    assert count_spent([replace(ASKED, tokens=0, input_tokens=0, output_tokens=0)], SETTINGS).lines() == []
    assert count_spent([], PRICED).lines() == []


@pytest.mark.parametrize("written", ["", "1", "1,", "1,x", "-1,2", "nan,1", "1,inf", "1,2,3"])
def test_what_is_no_price_is_refused(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"float|price"):
        Price.parse(written)
    with pytest.raises(SystemExit):
        main(["eval", f"--price={written}"])
    assert "expected two numbers, dollars a million tokens: 0.15,0.60" in capsys.readouterr().err


@pytest.mark.parametrize("written", ["0", "-1", "65", "two", "1.5"])
def test_what_is_no_number_of_workers_is_refused(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["eval", f"--workers={written}"])
    assert "expected 1 to 64" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("amount", "said"), [(0, "$0.00"), (1234.5, "$1234.50"), (0.126, "$0.13"), (0.0949, "$0.095"), (0.000123, "$0.00012")]
)
def test_small_amounts_keep_two_figures(amount: float, said: str) -> None:
    assert dollars(amount) == said


def test_a_kept_price_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps({"settings": SETTINGS | {"price": "cheap"}, "results": []}))
    with pytest.raises(RunError, match="is not a run"):
        read_run(file)


def test_a_comparison_says_what_each_took_for_the_questions_in_both() -> None:
    """The second question is not in the later run; each run at the price that it was given."""
    difference = compare_runs(Run(settings=PRICED, results=RESULTS), Run(settings=SETTINGS | {"price": "4,10"}, results=RESULTS[:1]))
    printed = render_difference(difference)
    assert "price: 2,10 -> 4,10" in printed
    assert "input tokens, before           1,000, 1,000 a question" in printed
    assert "cost, before                   $0.0030, $0.0030 a question" in printed
    assert "cost, now                      $0.0050, $0.0050 a question" in printed
    assert difference.to_dict()["spent"]["now"] == {"input_tokens": 1000, "output_tokens": 100, "uncounted_replies": 0, "dollars": 0.005}


def test_the_report_shows_it_where_a_model_wrote(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    index = Assistant(corpus, tmp_path / "index", encoder=encoder).index
    text = render_report(Run(settings=PRICED, results=RESULTS), [], index)
    assert '<tr><th scope="row">cost</th><td>$0.010, $0.0050 a question</td></tr>' in text
    assert "Written by scripted:one" in text
    quoted = [replace(result, tokens=0, input_tokens=0, output_tokens=0) for result in RESULTS]
    assert "Written by" not in render_report(Run(settings=SETTINGS | {"model": "extractive"}, results=tuple(quoted)), [], index)


def test_the_command_line_prints_and_keeps_tokens_and_cost(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two questions one has no answer in the documents, and for that no model is asked: it counts with 0."""
    facts = tmp_path / "facts.jsonl"
    rows = [
        {"question": "How many cranes has the harbour of Ostmark?", "answers": ["14"]},
        {"question": "What is the boiling point of tungsten?", "answers": []},
    ]
    facts.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    def say(request: BaseHTTPRequestHandler, _: object) -> None:
        send_stream(request, ["The harbour has 14 cranes."], usage=(500, 20))

    with closing(ScriptedModel(say)) as model:
        where = ["--corpus", str(corpus), "--index-dir", str(tmp_path / "index"), "--facts", str(facts), "--model", model.url]
        assert main(["eval", *where, "--price", "2,10"]) == 0
    printed = capsys.readouterr().out
    assert "input tokens                   500, 250 a question" in printed
    assert "cost                           $0.0012, $0.00060 a question" in printed  # 500 x 2 + 20 x 10, of a million
    (kept,) = find_runs(tmp_path / "index" / "runs")
    run = read_run(kept)
    assert run.settings["price"] == "2,10"
    assert [(result.input_tokens, result.output_tokens, result.tokens) for result in run.results] == [(500, 20, 520), (0, 0, 0)]
    assert render_run(run) in printed
