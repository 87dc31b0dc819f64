"""What the ranker learns from: the right sentence first, wrong ones of several kinds, twins that only look right."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

import eval.groups
from eval.groups import read_groups
from index.encoders import bundled_tokenizer
from index.pairs import answer_tokens, pair_ids

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    {
        "question": f"How many ships did the port of {town} have in 2015?",
        "title": town,
        "sentences": [
            f"The port of {town} is old.",
            f"In 2015 the port of {town} had {count} ships.",
            "It rains often.",
            f"The port of {town} has a tower.",
        ],
        "labels": [0, 1, 0, 0],
        "answer": str(count),
        "answerable": True,
    }
    for town, count in [
        ("Lund", 31),
        ("Brill", 47),
        ("Ostmark", 58),
        ("Visby", 62),
        ("Malmo", 73),
        ("Umea", 86),
        ("Kalmar", 95),
        ("Falun", 12),
    ]
]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One small set, all of it kept."""
    monkeypatch.setattr(eval.groups, "SETS", {"ports": 100})
    monkeypatch.setattr(eval.groups, "CLAIMS", {})
    monkeypatch.setattr(eval.groups, "EASY", 1.0)
    monkeypatch.setattr(eval.groups, "TWINS", 1.0)
    with gzip.open(tmp_path / "ports.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in ROWS)
    return tmp_path


def test_the_sentence_that_answers_leads_and_nothing_else_answers(data: Path) -> None:
    """Its span is the exact answer; a group without an answer has no right pair at all."""
    groups = read_groups(data)
    assert len(groups) == len(ROWS)
    for group in groups:
        first, *others = group.pairs
        assert not any(pair.answers for pair in others)
        if first.answers:
            assert first.span
            assert first.sentence[slice(*first.span)].isdigit()


def test_a_twin_asks_for_a_year_or_name_that_the_sentence_does_not_state(data: Path) -> None:
    """Otherwise it is the right pair, and it does not answer."""
    twins = [(group.pairs[0], group.twin) for group in read_groups(data) if group.twin]
    assert twins
    for right, twin in twins:
        assert twin.sentence == right.sentence
        assert twin.question != right.question
        assert not twin.answers
        assert "2015" not in twin.question


def test_reading_twice_gives_the_same_groups(data: Path) -> None:
    """The seed is fixed, so training can be repeated."""
    assert read_groups(data) == read_groups(data)


def test_the_tokens_of_an_answer_are_found_in_the_row_that_the_ranker_reads() -> None:
    """The token ids at the place that is named are those of the answer's characters."""
    tokenizer = bundled_tokenizer()
    question, sentence = "How many ships?", "The port of Brill had 47 ships."
    ids, types = pair_ids(tokenizer, question, sentence, "Brill")
    first, spans = answer_tokens(tokenizer, question, sentence)
    place = first + spans.index((sentence.index("47"), sentence.index("47") + 2))
    assert tokenizer.decode([ids[place]]) == "47"
    assert types[first : first + len(spans)] == [1] * len(spans)
