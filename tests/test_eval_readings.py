"""What a small model's answers showed with a citation, read by a person: the quotes stand, the verdicts hold with today's checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eval.draw_statements import Reading, draw, list_statements, read_readings
from index.errors import FactsError
from index.locations import SEEDS
from index.paragraphs import Paragraph
from rag import Assistant
from rag.answer import plain_text
from rag.support import judge_clause

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder


def test_every_statement_that_was_read_is_supported_by_what_it_cites() -> None:
    """A hundred at least; those that the model wrote are let through by the checks as they are now, the others are quotations."""
    readings = read_readings()
    assert len(readings) >= 100
    assert {reading.verdict for reading in readings} == {"supported"}
    assert any(reading.written for reading in readings)
    for reading in readings:
        cited = [Paragraph(source=source, number=n, start=0, end=len(quote), text=quote) for source, n, quote in reading.cited]
        for one in cited:
            assert one.text in (SEEDS / one.source).read_bytes().decode("utf-8")
        told = judge_clause(reading.statement, cited).statement.supported
        assert told if reading.written else plain_text(cited[0].text) == reading.statement


def test_what_a_model_wrote_is_drawn_before_quotations(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    from tests.conftest import ScriptedModel

    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    question = "How many cranes does the harbour of Ostmark have?"
    model = ScriptedModel("The harbour of Ostmark opened in 2019. The harbour has 14 cranes. It belongs to Emperor Norton.")
    shown = list(list_statements("f1", question, assistant.ask(question, model=model)))
    (first,) = draw(shown[::-1], 1)
    assert (first.statement, first.written) == ("The harbour has 14 cranes.", True)
    assert "Emperor Norton" not in str(shown)


@pytest.mark.parametrize(("change", "said"), [({"verdict": "maybe"}, "the verdict is 'maybe'"), ({"cited": 7}, "no reading")])
def test_a_line_that_is_no_reading_is_refused(change: dict[str, object], said: str, tmp_path: Path) -> None:
    row = {"fact": "f1", "question": "q", "statement": "s", "written": True, "cited": [["a", 1, "b"]], "verdict": "supported"}
    path = tmp_path / "readings.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps(row | change) + "\n", encoding="utf-8")
    with pytest.raises(FactsError, match=said):
        read_readings(path)
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert read_readings(path) == [
        Reading(fact="f1", question="q", statement="s", written=True, cited=(("a", 1, "b"),), verdict="supported")
    ]
