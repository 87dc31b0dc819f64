"""The ablation: parts are really off, each row is compared with the right one, and a chat model stands beside the quotations."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from eval.ablation import FOOT, HEAD, LESS, PLAIN_HYBRID, STEPS, WHOLE, Ablated, ablate, ask_steps, reduce_model
from eval.facts import Fact
from rag import Assistant
from rag.evidence import FEATURES
from rag.fitted import fitted
from ui.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder
    from tests.conftest import ScriptedModel

FACTS = [
    Fact(id="1", kind="fact", question="How many cranes has the harbour?", history=(), answers=(("14 cranes",),), evidence=()),
    Fact(id="2", kind="unanswerable", question="What is the boiling point of tungsten?", history=(), answers=(), evidence=()),
]


def test_the_steps_switch_parts_on_and_off(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Without abstention nothing is refused, and the first steps always quote up to two sentences."""
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    plain, full = ask_steps(FACTS, assistant, [PLAIN_HYBRID, WHOLE])
    assert [result.abstained for result in plain] == [False, False]
    assert [result.abstained for result in full] == [False, True]
    assert all(result.citations == 2 for result in plain)
    assert [assistant.ask(fact.question).text for fact in FACTS] == [result.answer for result in full]


@pytest.mark.parametrize("step", [*STEPS, *LESS], ids=lambda step: step.name)
def test_a_step_weighs_what_it_names(step: object) -> None:
    kept = reduce_model(fitted(), step).evidence.weights  # type: ignore[arg-type]
    assert {name for name, weight in zip(FEATURES, kept, strict=True) if weight} <= set(step.features)  # type: ignore[attr-defined]
    assert set(step.features) <= set(FEATURES)  # type: ignore[attr-defined]


def test_each_part_is_taken_out_of_the_whole_once() -> None:
    """A row with one part less differs from the whole, and from the others."""
    assert len({replace(step, name="") for step in (*LESS, WHOLE)}) == len(LESS) + 1


def test_a_row_is_compared_with_the_one_before_or_with_the_whole(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    rows = ablate(FACTS, Assistant(corpus, tmp_path / "index", encoder=encoder))
    assert [row.name for row in rows] == [step.name for step in (*STEPS, *LESS)]
    assert [row.beside for row in rows[:3]] == [None, None, None]
    assert all(row.beside is before.results for before, row in zip(rows[2:], rows[3 : len(STEPS)], strict=False))
    assert all(row.beside is rows[len(STEPS) - 1].results for row in rows[len(STEPS) :])
    refused = rows[len(STEPS) - 1].scores[2]
    assert (refused.hits, refused.count) == (1, 1)


def test_chance_is_counted_by_hand(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Six questions that only one of two rows answers right, all of them the second: p = 2 / 2**6."""
    ((result, _),) = ask_steps(FACTS, Assistant(corpus, tmp_path / "index", encoder=encoder), [WHOLE])
    right, wrong = replace(result, right=True), replace(result, right=False)
    assert Ablated(name="", results=(right,) * 6, beside=(wrong,) * 6).probability == 0.03125
    assert Ablated(name="", results=(right,) * 6, beside=None).probability is None


def test_a_chat_model_gets_a_row_of_its_own(
    corpus: Path, tmp_path: Path, encoder: OnnxEncoder, scripted_model: type[ScriptedModel]
) -> None:
    """What it writes is compared with what is quoted."""
    model = scripted_model("It has 14 cranes.")
    assistant = Assistant(corpus, tmp_path / "index", model, encoder=encoder)
    *_, whole, _, written = [row for row in ablate(FACTS, assistant) if not row.name.startswith("- ") or row.name == LESS[0].name]
    assert whole.name == WHOLE.name
    assert written.name.startswith("written by ")
    assert model.calls
    assert written.beside is whole.results


def test_the_command_line_prints_the_table(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each step with intervals and denominators, or as many records."""
    facts = tmp_path / "facts.jsonl"
    facts.write_text(
        json.dumps({"id": "1", "kind": "fact", "question": "How many cranes has the harbour?", "answers": ["14 cranes"], "evidence": []})
    )
    typed = ["eval", "--ablation", "--facts", str(facts), "--corpus", str(corpus), "--index-dir", str(tmp_path / "index")]
    assert main(typed) == 0
    table, foot = capsys.readouterr().out.rstrip("\n").removesuffix(FOOT), FOOT.splitlines()
    head, *rows = table.splitlines()
    assert (head, len(foot)) == (HEAD, 3)
    assert len(rows) == len(STEPS) + len(LESS)
    assert rows[0].startswith("keyword                1.000  [0.207, 1.000]  1/1")
    assert main([*typed, "--json"]) == 0
    assert [record["step"] for record in json.loads(capsys.readouterr().out)] == [step.name for step in (*STEPS, *LESS)]
