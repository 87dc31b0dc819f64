"""Lists that a sentence announces are told item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from index.sentences import split_sentences
from rag import Assistant
from rag.evidence import FEATURES, Evidence
from rag.lists import unfold_list

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder

COUNTED = (
    '"We chose Brill for three key reasons," the founder said.',
    '"First, the harbour, which is deep. It never freezes. Second, the skilled people of the old yards.',
    'Finally, the low rent."',
)
WITHIN = "The board of Brill looks at two things: First, whether a boat floats. Second, whether its crew can swim. Then it votes."


def _unfold(folder: Path, text: str, encoder: OnnxEncoder) -> list[str]:
    """Return what the first sentence of a document unfolds to; its title is a line above."""
    docs = folder / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text(f"Boats\n\n{text}\n", encoding="utf-8")
    index = Assistant(docs, folder / "index", encoder=encoder).index
    paragraph = next(paragraph for paragraph in index.store.paragraphs("a.txt") if paragraph.kind != "title")
    start, end = split_sentences(paragraph.text)[0]
    lead = Evidence(
        paragraph=paragraph,
        start=paragraph.start + start,
        end=paragraph.start + end,
        text=paragraph.text[start:end],
        context="",
        periods=(),
        asked="",
        score=0.0,
        features=(0.0,) * len(FEATURES),
    )
    items = unfold_list(lead, index, most=3)
    whole = index.store.source("a.txt").text
    assert all(item.text == whole[item.start : item.end] for item in items)
    return [item.text for item in items]


def test_items_that_count_themselves_are_told(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Across paragraphs, with what stands between them left out."""
    assert _unfold(tmp_path, "\n\n".join(COUNTED), encoder) == [
        '"First, the harbour, which is deep.',
        "Second, the skilled people of the old yards.",
        'Finally, the low rent."',
    ]


def test_a_sentence_that_holds_the_first_item_stays(tmp_path: Path, encoder: OnnxEncoder) -> None:
    assert _unfold(tmp_path, WITHIN, encoder) == [f"{sentence}." for sentence in WITHIN.split(". ")[:2]]


@pytest.mark.parametrize(
    "lines", ["\n\n- ferries for the islands\n- tugs for the harbour", "\nferries for the islands\ntugs for the harbour"]
)
def test_lines_under_a_colon_are_told(tmp_path: Path, lines: str, encoder: OnnxEncoder) -> None:
    told = _unfold(tmp_path, f"The yard of Brill builds these boats:{lines}", encoder)
    assert [item.strip("- ") for item in told] == ["ferries for the islands", "tugs for the harbour"]


@pytest.mark.parametrize(
    "text",
    [
        "The yard of Brill has two owners. Anna Kask holds most of it. Second, it has debts.",
        "The yard of Brill has three owners. First, it was a mill.",
        "The yard of Brill has an owner. First, it was a mill. Second, it was a school.",
        "The yard of Brill has three slips. First, one was dug. It is old. It is deep. It is wet. Second, one was built.",
    ],
)
def test_what_announces_no_list_is_told_as_it_stands(tmp_path: Path, text: str, encoder: OnnxEncoder) -> None:
    assert _unfold(tmp_path, text, encoder) == [text.split(". ", maxsplit=1)[0] + "."]


def test_an_answer_tells_the_items(tmp_path: Path, encoder: OnnxEncoder) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("Boats\n\n" + "\n\n".join(COUNTED) + "\n", encoding="utf-8")
    answer = Assistant(docs, tmp_path / "index", encoder=encoder).ask("Why was Brill chosen?")
    assert [citation.paragraph for citation in answer.citations] == [3, 3, 4]


def test_a_question_for_one_figure_gets_its_sentence(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Although it announces two things that are then counted."""
    docs = tmp_path / "docs"
    docs.mkdir()
    text = (
        "In 2019 the yard of Brill bought two docks for 35 million euros. First, the old dock was dug out. Second, the new one was roofed."
    )
    (docs / "a.txt").write_text(f"Boats\n\n{text}\n", encoding="utf-8")
    answer = Assistant(docs, tmp_path / "index", encoder=encoder).ask("How much did the yard of Brill pay for the docks?")
    assert "35 million euros" in answer.statements[0].text
