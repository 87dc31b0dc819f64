"""The eval suite: measures worked out by hand, facts checked on reading, and the shipped facts scored."""

from __future__ import annotations

import datetime as dt
import json
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from eval.bench import BenchQuestion
from eval.facts import Fact, read_facts
from eval.metrics import holds, is_right, part_recall, precision
from eval.metrics_statistics import bootstrap, quantile, wilson
from eval.ramdocs import is_strictly_right
from eval.report import render_misses, render_run
from eval.run import ask_facts, evaluate
from index.errors import FactsError
from index.locations import ROOT
from rag import Assistant
from rag.answer import Answer, Conflict, Statement

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder

CARDS = BenchQuestion(
    id="q", question="When was it built?", history=(), answers=("1905",), wrong_answers=("1912",), unanswerable=False, evidence=(), type=""
)


@pytest.mark.parametrize(
    ("statements", "values", "right"),
    [
        (["It was built in 1905."], [], True),
        (["It was built in 1905.", "It was built in 1912."], [], False),
        (["It was built in 1905.", "It was built in 1912."], ["1905", "1912"], True),
        (["It was built in 1905.", "It was built in 1912, yes, 1912."], ["1905", "in 1912, yes"], False),
        (["It was built in 1912."], ["1912"], False),
    ],
)
def test_a_wrong_answer_may_only_be_a_side_of_a_conflict(statements: list[str], values: list[str], *, right: bool) -> None:
    """And every right one must be told."""
    told = tuple(Statement(text=text, citations=(number,)) for number, text in enumerate(statements, start=1))
    conflicts = (Conflict(subject="?", values=tuple((value, 1) for value in values)),) if values else ()
    answer = Answer(question="?", searched="?", text=" ".join(statements), statements=told, conflicts=conflicts)
    assert is_strictly_right(answer, CARDS) is right


FACTS = ROOT / "eval" / "facts.jsonl"
HELD_BACK = ROOT / "eval" / "held_back.jsonl"


@pytest.mark.parametrize(
    ("text", "wording", "held"),
    [
        ("The district has 4,810 firms.", "4810 firms", True),
        ("The district has 14,810 firms.", "4810 firms", False),
        ("It rose by 25%.", "25 %", True),
        ("It rose by 2.5%.", "25%", False),
        ("worth 35.10 billion yuan", "35.1 billion yuan", True),
        ("worth 3.51 billion yuan", "35.1 billion yuan", False),
        ('the "One Island, Multiple Parks" policy', "one island multiple parks", True),
        ("the Director of the harbour", "director of harbour", True),
        ("anything", "", False),
    ],
)
def test_an_answer_holds_a_wording_token_by_token(text: str, wording: str, held: bool) -> None:  # noqa: FBT001 - a table of cases
    assert holds(text, wording) is held


def test_an_answer_is_right_when_it_holds_every_part_and_is_short() -> None:
    """Two parts, one with two wordings; the ninety-first word makes it wrong."""
    parts = [["60 firms"], ["8 weeks", "eight weeks"]]
    assert is_right("There are 60 firms, for eight weeks.", parts)
    assert not is_right("There are 60 firms.", parts)
    assert not is_right("There are 60 firms, for eight weeks. " + "word " * 90, parts)


def test_chinese_is_compared_by_character() -> None:
    """A sentence without spaces holds a part of itself, and 180 characters are as long as 90 words."""
    assert holds("若游戏中离，则4分钟内不得进行配对。", "4分钟")
    assert not holds("若游戏中离，则14分钟内不得进行配对。", "4分钟")
    assert is_right("四" * 180, [["四"]])
    assert not is_right("四" * 181, [["四"]])


def test_precision_and_recall_have_no_value_without_cases() -> None:
    """An answer that cites nothing has no precision, not a precision of zero."""
    assert precision([], {1}) is None
    assert part_recall([1], []) is None
    assert precision([1, 2, 3, 4], {1}) == 0.25
    assert part_recall([1, 5], [{1, 2}, {3}, {5}]) == pytest.approx(2 / 3)


def test_intervals_hold_the_share_and_shrink_with_more_cases() -> None:
    """Wilson's for 1 of 10 is 0.018 to 0.404."""
    assert wilson(1, 10) == pytest.approx((0.018, 0.404), abs=0.001)
    assert wilson(0, 0) == (0.0, 1.0)
    assert bootstrap([]) == (0.0, 1.0)
    low, high = bootstrap([0.0, 1.0] * 50)
    assert 0.38 < low < 0.5 < high < 0.62
    assert bootstrap([0.0, 1.0] * 50) == (low, high)
    assert quantile([], 0.5) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "line 1"),
        ("[]", "a list"),
        ('{"answers": []}', "question"),
        ('{"question": "?", "answers": [], "answer": "x"}', "unknown fields answer"),
        ('{"question": "?", "answers": [[" "]]}', "no wording"),
        ('{"question": "?", "answers": ["x"], "evidence": [{"source": "a", "quote": "x", "part": 1}]}', "part"),
        ('{"id": "1", "question": "?", "answers": []}\n{"id": "1", "question": "?", "answers": []}', "stands twice"),
        ("", "no facts"),
    ],
)
def test_a_faulty_file_of_facts_is_refused_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "facts.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(FactsError, match=said):
        read_facts(tmp_path / "facts.jsonl")


def test_someones_own_facts_are_scored_over_their_own_corpus(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """One right, one that must be refused, one that cannot be right; the shortest way to write facts."""
    rows = [
        {
            "question": "How many cranes has the harbour?",
            "answers": ["14 cranes"],
            "evidence": [{"source": "harbour.txt", "quote": "14 cranes"}],
        },
        {"question": "What is the boiling point of tungsten?", "answers": []},
        {
            "question": "How high is the tower of Brill?",
            "answers": ["99 metres"],
            "evidence": [{"source": "sub/tower.txt", "quote": "61 metres"}],
        },
    ]
    file = tmp_path / "own.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    run = evaluate(read_facts(file), Assistant(corpus, tmp_path / "index", encoder=encoder))
    assert [result.right for result in run.results] == [True, None, False]
    assert [result.missed for result in run.results] == [False, False, True]
    assert [result.rank for result in run.results] == [1, None, 1]
    assert run.results[0].citation_precision == run.results[0].citation_recall == 1.0
    assert run.results[0].sentence_precision == run.results[0].sentence_recall == 1.0
    assert [(result.claims, result.supported, result.conflicts) for result in run.results] == [(1, 1, 0), (0, 0, 0), (1, 1, 0)]
    assert [(result.ranks, result.proving) for result in run.results] == [((1,), 1), ((), 0), ((1,), 1)]
    assert [(result.short, result.exact_match) for result in run.results] == [("14 cranes", True), (None, None), ("61 metres", False)]
    assert "expected: 99 metres" in render_misses(run)
    assert "1/2" in render_run(run)
    json.dumps(run.to_dict())


def test_facts_are_asked_one_at_a_time(corpus: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a caller can stop early, and what is not asked for costs nothing."""
    facts = [Fact(id=str(n), kind="fact", question=f"How many cranes? {n}", history=(), answers=(("14",),), evidence=()) for n in range(3)]
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    asked: list[str] = []
    answer = assistant.stream
    monkeypatch.setattr(
        assistant, "stream", lambda question, *rest, **options: asked.append(question) or answer(question, *rest, **options)
    )
    results = ask_facts(facts, assistant)
    assert next(results).right
    results.close()
    assert asked == ["How many cranes? 0"]


def test_a_run_says_when_and_with_what(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Everything in words, so that two runs can be told apart years later."""
    fact = Fact(id="1", kind="fact", question="How many cranes?", history=(), answers=(("14",),), evidence=())
    before = dt.datetime.now(dt.UTC)
    run = evaluate([fact], Assistant(corpus, tmp_path / "index", encoder=encoder))
    assert before <= run.started <= dt.datetime.now(dt.UTC)
    assert run.settings["started"].endswith("+00:00")
    assert run.settings | {"started": "", "encoder": "", "splitter": ""} == {
        "started": "",
        "pincite": version("pincite"),
        "python": platform.python_version(),
        "corpus": str(corpus),
        "encoder": "",
        "splitter": "",
        "model": "extractive",
        "facts": "1",
    }


def test_evidence_that_does_not_stand_in_the_corpus_is_refused(seeds: Assistant) -> None:
    """A changed document or a typing error must not look like a wrong answer."""
    row = {"question": "?", "answers": ["x"], "evidence": [{"source": "000_cc860d504fdb1288.txt", "quote": "no such words"}]}
    fact = Fact(id="1", kind="fact", question="What?", history=(), answers=(("x",),), evidence=read_one(row))
    with pytest.raises(FactsError, match="no such words"):
        evaluate([fact], seeds)


def read_one(row: dict[str, object]) -> tuple[object, ...]:
    from eval.facts import Evidence

    return tuple(Evidence(**entry) for entry in row["evidence"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(("file", "count"), [(FACTS, 200), (HELD_BACK, 150)])
def test_the_shipped_facts_cover_the_corpus(file: Path, count: int) -> None:
    """Enough of each kind, at least half of the unanswerable ones near misses, every quote once in its file."""
    facts = read_facts(file)
    unanswerable = [fact for fact in facts if not fact.answerable]
    assert len(facts) >= count
    assert len(unanswerable) >= 35
    assert sum(fact.near_miss for fact in unanswerable) * 2 >= len(unanswerable)
    assert {fact.kind for fact in facts} == {"fact", "time", "conflict", "multi", "paraphrase", "followup", "unanswerable"}
    for fact in facts:
        for evidence in fact.evidence:
            text = (ROOT / "seeds" / evidence.source).read_bytes().decode("utf-8")
            assert text.count(evidence.quote) == 1
            assert any(holds(evidence.quote, wording) for wording in fact.answers[evidence.part]), fact.id


def test_the_shipped_facts_are_answered_and_every_citation_is_exact(seeds: Assistant) -> None:
    """Floors a little under today's figures, so that a change for the worse is seen."""
    run = evaluate(read_facts(FACTS), seeds)
    answerable = [result for result in run.results if result.answerable]
    assert sum(result.exact_spans for result in run.results) == sum(result.citations for result in run.results) > 0
    assert sum(bool(result.right) for result in answerable) >= 0.8 * len(answerable)
    assert sum(result.abstained for result in answerable) <= 0.1 * len(answerable)
    assert sum(result.abstained for result in run.results if not result.answerable) >= 0.35 * (len(run.results) - len(answerable))
