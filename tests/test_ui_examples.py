"""Questions made from the documents, for somebody who does not know yet what to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag import Assistant
from ui.examples import find_examples

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder


def test_examples_are_answered_by_what_they_were_made_of(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Two sentences of known shapes become the questions that they answer."""
    (corpus / "mill.txt").write_text(
        "The mill\nApril 1, 2020\n\nAcme Mills was founded in 1912. We like Acme Mills. Later, Acme Mills has gathered 14 water wheels.\n",
        encoding="utf-8",
    )
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    examples = find_examples(assistant)
    assert set(examples) <= {"When was Acme Mills founded?", "How many water wheels has Acme Mills gathered?"}
    assert examples
    assert not any(assistant.ask(example).abstained for example in examples)
