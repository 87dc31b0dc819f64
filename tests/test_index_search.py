"""Encoding and searching: the fast encoder agrees with the reference, nothing is cut, both ways of searching count."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.build import open_index
from index.encoders import ReferenceEncoder, split_windows
from index.errors import EncoderError
from index.locations import ROOT
from index.search import fuse
from index.terms import query_terms, split_terms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.encoders import OnnxEncoder
    from index.search import ParagraphIndex
    from rag import Assistant

QUESTIONS = [json.loads(line)["question"] for line in (ROOT / "eval" / "facts.jsonl").read_text(encoding="utf-8").splitlines()][::3]


@pytest.fixture(scope="module")
def reference() -> ReferenceEncoder:
    return ReferenceEncoder()


def test_the_fast_encoder_agrees_with_the_reference(seeds: Assistant, reference: ReferenceEncoder) -> None:
    """Cosine of the same text, over every paragraph of the seeds: at least 0.98, and 0.99 in the middle."""
    texts = [paragraph.text for path in seeds.index.store.sources() for paragraph in seeds.index.store.paragraphs(path)]
    cosines = (seeds.index.encoder.encode(texts) * reference.encode(texts)).sum(axis=1)
    assert cosines.min() >= 0.98
    assert np.median(cosines) >= 0.99


def test_the_fast_encoder_finds_what_the_reference_finds(seeds: Assistant, reference: ReferenceEncoder, tmp_path: Path) -> None:
    """At least nine of the same top ten for at least nine in ten questions."""
    exact, _ = open_index(seeds.corpus, tmp_path, reference)
    shared = [len(_top(seeds.index, question) & _top(exact, question)) for question in QUESTIONS]
    assert sum(count >= 9 for count in shared) >= 0.9 * len(QUESTIONS)


def _top(index: ParagraphIndex, question: str) -> set[tuple[str, int]]:
    return {(hit.paragraph.source, hit.start) for hit in index.search(question, k=10)}


def test_a_vector_does_not_depend_on_its_batch_mates(encoder: OnnxEncoder) -> None:
    """Alone or among others, the same bits; unit length."""
    texts = ["A hive holds bees.", "x", "The harbour has 14 cranes. " * 30]
    together = encoder.encode(texts)
    assert all((encoder.encode([text])[0] == row).all() for text, row in zip(texts, together, strict=True))
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert encoder.encode([]).shape == (0, encoder.dimension)


@given(words=st.lists(st.sampled_from(["harbour", "crane,", "12.5%", "巴", "ü", "antidisestablishmentarianism"]), min_size=1, max_size=900))
def test_windows_hold_all_of_a_text_and_are_read_whole(words: list[str], encoder: OnnxEncoder) -> None:
    """Every window fits the encoder with its context, and each word is in one of them."""
    text = " ".join(f"{word}{number}" for number, word in enumerate(words))
    windows = split_windows(encoder, text, context="A title\nA heading")
    assert all(len(encoder.tokenizer.encode(window).ids) <= encoder.max_tokens for window in windows)
    assert all(window.startswith("A title\nA heading\n") for window in windows)
    assert all(any(f"{word}{number}" in window for window in windows) for number, word in enumerate(words))


def test_an_unknown_encoder_is_refused_with_its_name() -> None:
    """Neither a folder nor a name that is known here."""
    with pytest.raises(EncoderError, match="/no/such/model"):
        ReferenceEncoder("/no/such/model")


def test_a_long_paragraph_is_found_by_the_sentences_that_fit(tmp_path: Path, build: Callable[[Path], ParagraphIndex]) -> None:
    """The hit points inside the paragraph, at the passage with the words."""
    folder = tmp_path / "long"
    folder.mkdir()
    filler = "Nothing of interest happened on that quiet day in the village by the sea. " * 25
    (folder / "a.txt").write_text(filler + "The comet Halbrook passed at noon. " + filler, encoding="utf-8")
    hit = build(folder).search("When did the comet Halbrook pass?")[0]
    assert "comet Halbrook" in hit.paragraph.text[hit.start - hit.paragraph.start : hit.end - hit.paragraph.start]
    assert hit.end - hit.start <= 1000 < len(hit.paragraph.text)


def test_ranks_count_from_one_and_scores_fall(corpus: Path, build: Callable[[Path], ParagraphIndex]) -> None:
    """And `k` bounds their number, down to none."""
    index = build(corpus)
    hits = index.search("How many cranes has the harbour?", k=4)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].paragraph.number == 4
    assert index.search("cranes", k=0) == []


def test_a_question_without_a_known_word_is_searched_by_meaning(corpus: Path, build: Callable[[Path], ParagraphIndex]) -> None:
    """No term of it stands anywhere."""
    assert build(corpus).search("apiculture")[0].paragraph.source == "bees.md"


@given(st.dictionaries(st.integers(0, 9), st.floats(-1, 1)), st.dictionaries(st.integers(0, 9), st.floats(0, 50)), st.floats(0, 1))
def test_fused_scores_are_shares(dense: dict[int, float], words: dict[int, float], weight: float) -> None:
    """Every id of either list, between 0 and 1."""
    fused = fuse(dense, words, dense_weight=weight)
    assert set(fused) == set(dense) | set(words)
    assert all(0 <= score <= 1 + 1e-9 for score in fused.values())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("4,810 firms", "4810 firms"),
        ("LP-168", "LP168"),
        ("the firm's cranes", "firm crane"),
        ("35.10 bn", "35.1 bn"),
        ("Müller", "muller"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_two_ways_of_writing_give_a_common_term(one: str, other: str) -> None:
    assert set(split_terms(other)) & set(split_terms(one)) - {"firm", "bn"}


def test_function_words_are_left_out_of_questions_unless_there_is_nothing_else() -> None:
    assert query_terms("What is the harbour?") == ["harbour"]
    assert query_terms("What is it?") == ["what", "is", "it"]
    assert query_terms("???") == []


def test_a_script_without_spaces_is_cut_into_pairs() -> None:
    assert split_terms("广州医博会2025年") == ["广州", "州医", "医博", "博会", "2025", "年"]
