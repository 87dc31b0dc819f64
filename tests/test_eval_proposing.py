"""Proposals for a folder, step by step: how far the search is, and nothing that was read before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from eval.proposing import Searched, find_proposals
from rag import Assistant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index.encoders import OnnxEncoder

FOUNDED = ("Acme Mills", "Brill Works", "Ostmark Yards")


@pytest.fixture
def assistant(tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    """One document each about three makers."""
    folder = tmp_path / "makers"
    folder.mkdir()
    for number, name in enumerate(FOUNDED):
        text = f"Makers\nApril 1, 2020\n\nOld men like {name}. {name} was founded in 191{number}.\n"
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return Assistant(folder, tmp_path / "index", encoder=encoder)


def found(assistant: Assistant, count: int, known: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    *_, rows = find_proposals(assistant, count, known=known)
    return list(cast("tuple[dict[str, Any], ...]", rows))


def test_the_search_says_how_far_it_is(assistant: Assistant) -> None:
    *steps, rows = find_proposals(assistant, 5)
    assert steps == [Searched(done=done, total=3) for done in range(4)]
    assert [row["question"] for row in cast("Any", rows)][:2] == ["When was Acme Mills founded?", "When was Acme Mills dissolved?"]


def test_what_is_known_is_not_proposed_again(assistant: Assistant) -> None:
    """Neither a question, nor one of a sentence that proves another; ids go on behind the last."""
    assert [row["id"] for row in found(assistant, 9)] == ["p001", "p002", "p003", "p004"]
    first, near, second, third = found(assistant, 9)
    assert (first.get("near_miss", False), near["near_miss"]) == (False, True)
    left = found(assistant, 9, [first, near])
    assert [row["question"] for row in left if not row.get("near_miss")] == [second["question"], third["question"]]
    assert left[0]["id"] == "p003"
    reworded = second | {"question": "In which year did Brill Works begin?"}
    assert [row["question"] for row in found(assistant, 9, [first, near, reworded]) if not row.get("near_miss")] == [third["question"]]
    assert found(assistant, 9, [first, near, second, third]) == []
