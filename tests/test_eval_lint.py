"""Faults planted in a file of known facts are found, each with its line, and a clean file has none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eval.facts import read_facts
from eval.lint import Finding, lint_facts
from index.errors import FactsError
from rag import Assistant
from ui.cli import main

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index.encoders import OnnxEncoder


def fact(question: str, answer: str, source: str, quote: str, **others: Any) -> dict[str, Any]:
    return {"question": question, "answers": [answer], "evidence": [{"source": source, "quote": quote}], **others}


CLEAN = [
    fact("How many cranes has the harbour of Ostmark?", "14 cranes", "harbour.txt", "It has 14 cranes."),
    fact("Who is its director?", "Karel Novotny", "harbour.txt", "Its director is Karel Novotny", history=[["Which harbour?", "Ostmark"]]),
    fact("How high is the tower of Brill?", "61 metres", "sub/tower.txt", "61 metres high"),
    fact("Who built the tower of Brill?", "Anna Kask", "sub/tower.txt", "built by Anna Kask"),
    fact("How many bees hold a hive in summer?", "40,000 bees", "bees.md", "holds 40,000 bees in summer"),
    *({"question": question, "answers": []} for question in (
        "What is the boiling point of tungsten?",
        "Which opera did Verdi finish last?",
        "How long is the Amazon?",
        "When did Mount Tambora erupt?",
        "Who invented the zip?",
    )),
]  # fmt: skip

# Each with the words that name it.
PLANTED: list[tuple[dict[str, Any] | str, str]] = [
    ("{broken", "Expecting property name"),
    (CLEAN[2] | {"question": "And the height?", "answer": "61 metres"}, "unknown fields answer"),
    (CLEAN[2] | {"question": " ?"}, "the question is ' ?'"),
    (CLEAN[2] | {"question": "How HIGH is the tower of Brill"}, "the question of line 3"),
    (CLEAN[2] | {"question": "Is the tower of Brill 61 metres high?"}, "tells the answer '61 metres'"),
    (fact("How tall?", "61 metres", "sub/tower.txt", "61 metres tall"), "stands nowhere in sub/tower.txt"),
    (fact("How tall is it?", "61 metres", "tower.txt", "61 metres"), "evidence in tower.txt"),
    (fact("What is its height?", "62 metres", "sub/tower.txt", "61 metres high"), "no quote holds '62 metres'"),
    (CLEAN[3] | {"question": "By whom was it built?", "kind": "unanswerable"}, "kind 'unanswerable' with answers"),
    (CLEAN[3] | {"question": "Whose work is it?", "answers": "Anna Kask"}, "answers is 'Anna Kask', not a list"),
]


def write(rows: Sequence[dict[str, Any] | str], file: Path) -> Path:
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return file


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    return Assistant(corpus, tmp_path / "index", encoder=encoder)


def test_a_clean_file_has_no_findings(assistant: Assistant, tmp_path: Path) -> None:
    assert lint_facts(write(CLEAN, tmp_path / "facts.jsonl"), assistant) == []


def test_ten_planted_faults_are_ten_findings(assistant: Assistant, tmp_path: Path) -> None:
    """Each in its line, with what was seen and what was expected, and nothing else is a fault."""
    file = write([*CLEAN, *(row for row, _ in PLANTED)], tmp_path / "facts.jsonl")
    faults = [finding for finding in lint_facts(file, assistant) if finding.fault]
    assert [finding.line for finding in faults] == list(range(11, 21))
    for finding, (_, said) in zip(faults, PLANTED, strict=True):
        assert said in finding.seen
        assert str(finding).startswith(f"{finding.line}: fault: ")
        assert "; expected " in str(finding)


def test_what_a_person_should_look_at_is_a_warning(assistant: Assistant, corpus: Path, tmp_path: Path) -> None:
    """An ambiguous quote, no evidence, too few of a kind, too many of another, and a question that the documents do answer."""
    (corpus / "sub" / "tower.txt").write_text("The tower of Brill is 61 metres high. Its model is high, too.\n", encoding="utf-8")
    rows = [
        fact("How is the tower of Brill?", "high", "sub/tower.txt", "high"),
        {"question": "Who built the tower of Brill?", "answers": ["Anna Kask"]},
        *CLEAN[:1],
        *({"question": row["question"], "answers": []} for row in CLEAN[5:]),
        {"question": "How many cranes has the harbour of Ostmark today?", "answers": []},
    ]
    findings = lint_facts(write(rows, tmp_path / "facts.jsonl"), assistant)
    assert not any(finding.fault for finding in findings)
    seen = {(finding.line, finding.seen.split(",")[0]) for finding in findings}
    assert seen == {
        (1, "'high' stands 2 times in sub/tower.txt"),
        (1, "3 of kind 'fact'"),
        (2, "no evidence for 'Anna Kask'"),
        (4, "6 of 9 are of kind 'unanswerable'"),
        (9, "answered from harbour.txt"),
    }


def test_an_id_that_stands_twice_is_a_fault(assistant: Assistant, tmp_path: Path) -> None:
    rows = [CLEAN[0] | {"id": "a"}, CLEAN[2] | {"id": "a"}]
    faults = [finding for finding in lint_facts(write(rows, tmp_path / "facts.jsonl"), assistant) if finding.fault]
    assert faults == [Finding(line=2, fault=True, seen="the id 'a' of line 1", expected="every id once")]


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_file_without_facts_is_refused(assistant: Assistant, tmp_path: Path, text: str) -> None:
    with pytest.raises(FactsError, match="holds no facts"):
        lint_facts(write([text], tmp_path / "facts.jsonl"), assistant)


@pytest.mark.parametrize("answers", ["60", 60, {"60": 1}, [["60"], "sixty"], [60], None])
def test_answers_that_are_no_list_of_wordings_are_refused_on_reading_too(tmp_path: Path, answers: object) -> None:
    """A string would be read letter by letter, and each letter be right."""
    with pytest.raises(FactsError, match="answers is"):
        read_facts(write([{"question": "?", "answers": answers}], tmp_path / "facts.jsonl"))


def test_faults_are_exit_code_1_and_warnings_are_not(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a finding behind the file's name."""
    where = ["--corpus", str(corpus), "--index-dir", str(tmp_path / "index")]
    assert main(["eval", "lint", str(write(CLEAN[:1], tmp_path / "few.jsonl")), *where]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'few.jsonl'}:1: warning: 1 of kind 'fact'; expected at least 5")
    faulty = write([CLEAN[0], PLANTED[7][0]], tmp_path / "facts.jsonl")
    assert main(["eval", *where, "lint", str(faulty), "--json"]) == 1
    printed = capsys.readouterr()
    assert {name: value for name, value in json.loads(printed.out)[1].items() if name in {"line", "fault"}} == {"line": 2, "fault": True}
    assert "1 fault in" in printed.err
