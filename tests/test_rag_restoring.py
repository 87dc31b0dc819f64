"""An answer back from its record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from index.errors import AnswerError
from rag import Answer

if TYPE_CHECKING:
    from rag import Assistant

QUESTIONS = (
    "How many unicorn companies does Huangpu have?",
    "How many biopharmaceutical enterprises has Huangpu District gathered?",
    "What is the boiling point of tungsten in a vacuum?",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_kept_answer_comes_back_as_it_was(seeds: Assistant, question: str) -> None:
    """By way of JSON the record of the restored answer is the record of the first, and its quotes can be verified."""
    answer = seeds.ask(question)
    record = json.loads(json.dumps(answer.to_dict(timings=True)))
    restored = Answer.from_dict(record, seeds.corpus)
    assert restored.to_dict(timings=True) == record
    assert (restored.statements, restored.citations, restored.conflicts) == (answer.statements, answer.citations, answer.conflicts)
    assert [(hit.paragraph.text, hit.start, hit.end) for hit in restored.nearest] == [
        (hit.paragraph.text, hit.start, hit.end) for hit in answer.nearest
    ]
    assert [check.status for check in restored.verify()] == ["ok"] * len(answer.citations)


@pytest.mark.parametrize(
    ("field", "value"),
    [("citations", [{"number": 1}]), ("statements", [{"status": "sure"}]), ("conflicts", [{"values": [1]}]), ("nearest", 7)],
)
def test_what_is_no_answer_is_said_to_be_none(seeds: Assistant, field: str, value: Any) -> None:
    """A damaged record raises one clear line."""
    record = seeds.ask(QUESTIONS[0]).to_dict() | {field: value}
    with pytest.raises(AnswerError, match="no kept answer"):
        Answer.from_dict(record)
