"""Encoding and searching: the fast encoder agrees with the reference, nothing is cut, both ways of searching count."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.build import open_index
from index.encoders import ReferenceEncoder, split_all_windows, split_windows
from index.errors import CorpusError, EncoderError
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

TOWNS = ["Brill", "Lund", "Visby", "Ostmark", "Tarn", "Oslo", "Kalmar", "Turku", "Gdansk", "Kiel", "Riga", "Narva", "Pori", "Umea", "Vaasa"]


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


def test_windows_of_many_passages_are_those_of_each(encoder: OnnxEncoder) -> None:
    """Short and long, under one context and another."""
    passages = [(f"crane {number} " * (1 + 7 * (number % 90)), "A title\n" * (number % 3)) for number in range(300)]
    assert list(split_all_windows(encoder, passages)) == [split_windows(encoder, text, context=context) for text, context in passages]


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


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> ParagraphIndex:
    """Fifteen documents of nine paragraphs that are much alike, more than take part in a fusion, and two that cannot be read."""
    folder = tmp_path_factory.mktemp("many")
    for place, town in enumerate(TOWNS):
        lines = (f"The harbour of {town} has {number + place} cranes." + " Cranes!" * (number % 3) for number in range(9))
        (folder / f"{town}.txt").write_text("\n\n".join(lines), encoding="utf-8")
    (folder / "empty.txt").touch()
    (folder / "binary.txt").write_bytes(b"\0\0")
    return open_index(folder, folder / ".index", encoder)[0]


@given(st.sets(st.sampled_from(TOWNS), min_size=1), st.sampled_from(["cranes in the harbour of Lund", "8 cranes", "a bird that sings"]))
def test_a_search_within_documents_finds_what_is_best_among_them(many: ParagraphIndex, towns: set[str], question: str) -> None:
    """Every passage of theirs is compared, however many of others come before it, and none of others."""
    sources = {f"{town}.txt" for town in towns}
    everything = many.store.passages(range(len(TOWNS) * 9))
    inside = {number for number, passage in everything.items() if passage.paragraph.source in sources}
    for found, within in zip(many.candidates(question, len(everything)), many.candidates(question, 20, sources=sources), strict=True):
        expected = [(number, score) for number, score in found.items() if number in inside][:20]
        assert list(within.values()) == pytest.approx([score for _, score in expected], abs=1e-6)
        least = min(within.values(), default=0.0) + 1e-6  # which of equal ones come last is open
        assert {number for number, score in expected if score > least} <= set(within) <= inside
    hits = many.search(question, k=200, sources=sources)
    assert {hit.paragraph.source for hit in hits} <= sources
    assert len(hits) >= min(len(inside), 100)
    assert hits[0].score == pytest.approx(max(hit.score for hit in many.within(sources).search(question)))


def test_a_search_within_all_documents_is_a_search(many: ParagraphIndex) -> None:
    found = many.search("cranes of Brill", k=5)
    assert many.search("cranes of Brill", k=5, sources=many.store.sources()) == found
    assert many.within(None) is many


def test_of_no_documents_nothing_is_found(many: ParagraphIndex) -> None:
    assert many.search("cranes", sources=[]) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [("Lunt.txt", "'Lunt.txt'.*such as"), ("binary.txt", "binary data"), ("empty.txt", "is empty"), ("\udce9.txt", "udce9")],
)
def test_a_document_that_is_not_in_the_index_is_named(many: ParagraphIndex, path: str, said: str) -> None:
    """With the reason where it could not be read."""
    with pytest.raises(CorpusError, match=said):
        many.search("cranes", sources=["Lund.txt", path])


def test_what_is_narrowed_is_not_widened(many: ParagraphIndex) -> None:
    """Of the documents that it was narrowed to, some may be searched, others not; and only their words are held."""
    narrowed = many.within({"Lund.txt", "Brill.txt"})
    assert {hit.paragraph.source for hit in narrowed.search("cranes", sources=["Lund.txt"])} == {"Lund.txt"}
    with pytest.raises(CorpusError, match=r"Visby\.txt"):
        narrowed.search("cranes", sources=["Visby.txt"])
    terms = query_terms("Visby")
    assert (many.holds(terms), narrowed.holds(terms), narrowed.holds([])) == (True, False, False)
    assert many.frequencies(terms) == narrowed.frequencies(terms) != {"visbi": 0}


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


def test_a_script_without_spaces_is_cut_into_characters_and_pairs() -> None:
    assert split_terms("广州医博会2025年") == [*"广州医博会", "广州", "州医", "医博", "博会", "2025", "年"]
