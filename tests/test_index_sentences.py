"""Sentences and passages: offsets are exact, and full stops that end nothing are told from those that do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentences import split_passages, split_sentences


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@given(st.text(alphabet=st.sampled_from("aB1 .!?…\"”')]®。！?\n％%")))
def test_sentences_hold_every_visible_character_once(text: str) -> None:
    """Spans ascend, do not overlap, have no white space at their edges, and leave only white space out."""
    spans = split_sentences(text)
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))
    assert "".join(text[start:end] for start, end in spans).replace(" ", "").replace("\n", "") == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Sales rose 25%. Profit fell to 2.1. Nobody knew why.", 3),
        ("It came from Vector Bio (Lyon) Co., Ltd. (the firm). It grew.", 2),
        ("He joined Acme Inc. The firm grew.", 2),
        ("He joined Acme Inc. Tokyo in May.", 1),
        ("J. K. Rowling met Dr. Smith at St. Mary's.", 1),
        ("The drug Aixin®. The next one.", 2),
        ('He said "stop." Then he left.', 2),
        ('"Really?" he said.', 1),
        ("They moved to the U.S. The rest stayed.", 2),
        ("See Fig. 3 and No. 7 for details.", 1),
        ("1. Introduction of the method", 1),
        ("It is known.[3] Later work agrees.[4][5]", 2),
        ("他说。“你好！”然后走了。是吗？", 4),
        ("The end of the world... A new one began.", 2),
        ("no mark at all", 1),
        ("", 0),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, count: int) -> None:
    assert len(sentences(text)) == count, sentences(text)


def test_a_long_paragraph_is_cut_into_even_passages_of_whole_sentences() -> None:
    """30 sentences of 50 characters make two passages of about 750, not one of 1,000 and a rest."""
    text = " ".join(["This is a sentence of exactly fifty characters ok."] * 30)
    passages = split_passages(text)
    assert len(passages) == 2
    assert all(700 < end - start < 850 for start, end in passages)
    assert all(text[start:end].startswith("This") and text[start:end].endswith("ok.") for start, end in passages)


def test_a_sentence_beyond_the_limit_stays_whole() -> None:
    """Nothing is cut inside a sentence."""
    text = "x" * 3000 + ". Short."
    assert split_passages(text)[0] == (0, 3001)
