"""What the ranker learns from: the right sentence first, wrong ones of several kinds, twins that only look right."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import eval.groups
from eval.groups import STAGES, Group, Pair, read_groups
from eval.train_ranker import average, keep_hardest
from index.encoders import bundled_tokenizer
from index.pairs import answer_tokens, pair_ids

if TYPE_CHECKING:
    from pathlib import Path

    from eval.groups import Stage

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


FIRST, SECOND = (replace(stage, share=1.0, easy=1.0, twins=1.0) for stage in STAGES)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One small set, all of it kept."""
    monkeypatch.setattr(eval.groups, "SETS", {"ports": 100})
    monkeypatch.setattr(eval.groups, "CLAIMS", {})
    with gzip.open(tmp_path / "ports.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in ROWS)
    return tmp_path


@pytest.mark.parametrize("stage", [FIRST, SECOND])
def test_the_sentence_that_answers_leads_and_nothing_else_answers(data: Path, stage: Stage) -> None:
    """Its span is the exact answer; a group without an answer has no right pair at all."""
    groups = read_groups(data, stage)
    assert len(groups) == len(ROWS)
    for group in groups:
        first, *others = group.pairs
        assert not any(pair.answers for pair in others)
        if first.answers:
            assert first.span
            assert first.sentence[slice(*first.span)].isdigit()


def test_a_twin_asks_for_a_year_or_name_that_the_sentence_does_not_state(data: Path) -> None:
    """Otherwise it is the right pair, and it does not answer."""
    twins = [(group.pairs[0], group.twin) for group in read_groups(data, FIRST) if group.twin]
    assert twins
    for right, twin in twins:
        assert twin.sentence == right.sentence
        assert twin.question != right.question
        assert not twin.answers
        assert "2015" not in twin.question


def test_reading_twice_gives_the_same_groups(data: Path) -> None:
    """The seed is fixed, so training can be repeated."""
    assert read_groups(data, SECOND) == read_groups(data, SECOND)


def test_the_tokens_of_an_answer_are_found_in_the_row_that_the_ranker_reads() -> None:
    """The token ids at the place that is named are those of the answer's characters."""
    tokenizer = bundled_tokenizer()
    question, sentence = "How many ships?", "The port of Brill had 47 ships."
    ids, types = pair_ids(tokenizer, question, sentence, "Brill")
    first, spans = answer_tokens(tokenizer, question, sentence)
    place = first + spans.index((sentence.index("47"), sentence.index("47") + 2))
    assert tokenizer.decode([ids[place]]) == "47"
    assert types[first : first + len(spans)] == [1] * len(spans)


def test_the_wrong_sentences_that_look_most_like_an_answer_are_kept() -> None:
    """Of a crowded group; one with few stays as it is."""
    pairs = tuple(Pair("?", sentence, "", answers=not number) for number, sentence in enumerate(["right", "a", "bbb", "cc", "dddd"]))
    few = Group(pairs[:3])
    crowded, same = keep_hardest([Group(pairs), few], lambda judged: [float(len(pair.sentence)) for pair in judged])
    assert [pair.sentence for pair in crowded.pairs] == ["right", "dddd", "bbb", "cc"]
    assert same == few


def test_the_mean_of_two_weights_counts_each_by_its_share(tmp_path: Path) -> None:
    """What is no floating-point number is taken from the first."""
    import torch

    for name, value in (("a", 1.0), ("b", 3.0)):
        torch.save({"weight": torch.tensor([value]), "place": torch.tensor([7])}, tmp_path / name)
    mean = average([tmp_path / "a", tmp_path / "b"], (0.25, 0.75))
    assert mean["weight"].item() == 2.5
    assert mean["place"].item() == 7
