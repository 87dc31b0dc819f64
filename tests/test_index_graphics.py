"""A graphics card for large builds: its vectors are those of the processor, and whatever fails there the processor does.

No card is needed: the class that would run there runs in half precision on the processor.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from index.build import build_index, open_index
from index.encoders import ReferenceEncoder
from index.graphics import GraphicsEncoder, choose_encoder, name_device, why_not, worth_loading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index.encoders import Encoder, OnnxEncoder, Vectors
    from rag import Assistant


@pytest.fixture(scope="module")
def half() -> ReferenceEncoder:
    """What runs on a card, here on the processor."""
    return ReferenceEncoder(device="cpu", half=True)


@pytest.fixture
def texts(seeds: Assistant) -> list[str]:
    return [paragraph.text for path in seeds.index.store.sources() for paragraph in seeds.index.store.paragraphs(path)]


@pytest.fixture
def card_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a driver and the torch for it, where loading pays from one window on."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("index.graphics.find_library", lambda name: "libcuda.so.1" if name == "cuda" else None)
    monkeypatch.setattr("index.graphics.version", lambda _: "2.13.0")
    monkeypatch.setattr("index.graphics.worth_loading", lambda: 1)


class Card:
    """A card that does `good` calls as it should, then what `fails` does."""

    def __init__(self, half: ReferenceEncoder, *, good: int, fails: Exception | None = None) -> None:
        self.fingerprint, self.dimension, self.max_tokens, self.tokenizer = "card", half.dimension, half.max_tokens, half.tokenizer
        self._half, self._good, self._fails = half, good, fails
        self.calls = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        if self.calls <= self._good:
            return self._half.encode(texts)
        if self._fails:
            raise self._fails
        return np.full((len(texts), self.dimension), np.nan, dtype=np.float32)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        raise AssertionError(questions)


def test_half_precision_agrees_with_full_and_with_int8(half: ReferenceEncoder, encoder: OnnxEncoder, texts: list[str]) -> None:
    """Cosine of every paragraph of the seeds."""
    rows = half.encode(texts)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert (rows * ReferenceEncoder().encode(texts)).sum(axis=1).min() >= 0.9999
    assert (rows * encoder.encode(texts)).sum(axis=1).min() >= 0.99
    assert half.encode([]).shape[0] == 0


@pytest.mark.usefixtures("card_here")
def test_only_a_large_build_of_the_bundled_encoder_tries_the_card(encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the number of windows on that make loading torch worth while."""
    monkeypatch.setattr("index.graphics.worth_loading", lambda: 100)
    assert choose_encoder(encoder, 99) is encoder
    assert isinstance(choose_encoder(encoder, 100), GraphicsEncoder)
    reference = ReferenceEncoder()
    assert choose_encoder(reference, 1_000_000) is reference


@pytest.mark.usefixtures("card_here")
@pytest.mark.parametrize("reason", ["hidden", "no driver", "torch for processors", "no torch"])
def test_a_machine_without_a_card_is_told_without_torch(reason: str, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thing that is missing is named, and the processor encodes."""
    assert why_not() is None
    assert "the graphics card" in name_device()
    match reason:
        case "hidden":
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        case "no driver":
            monkeypatch.setattr("index.graphics.find_library", lambda _: None)
        case "torch for processors":
            monkeypatch.setattr("index.graphics.version", lambda _: "2.13.0+cpu")
        case "no torch":
            monkeypatch.setattr("index.graphics.version", _missing)
    seen = why_not()
    expected = {"hidden": "CUDA_VISIBLE_DEVICES", "no driver": "driver", "torch for processors": "2.13.0+cpu", "no torch": "missing"}
    assert seen is not None
    assert expected[reason] in seen
    assert name_device() == f"the processor ({seen})"
    assert choose_encoder(encoder, 10 * worth_loading()) is encoder


def _missing(name: str) -> str:
    from importlib.metadata import PackageNotFoundError

    raise PackageNotFoundError(name)


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB\nand more"), "CUDA out of memory. Tried to allocate 2 GiB)"),
        (AssertionError("Torch not compiled with CUDA enabled"), "Torch not compiled with CUDA enabled)"),
        (OSError(), "OSError)"),
        (None, "no numbers"),
    ],
)
def test_a_card_that_fails_is_told_once_and_loses_nothing(
    fails: Exception | None, told: str, half: ReferenceEncoder, encoder: OnnxEncoder, texts: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """After a good call the failing one and all later ones give the processor's vectors; the card is not asked again."""
    card = Card(half, good=1, fails=fails)
    one = GraphicsEncoder(encoder, open_card=lambda: card)
    with caplog.at_level(logging.WARNING, logger="pincite"):
        first, *rest = (one.encode(texts[at : at + 5]) for at in (0, 5, 10))
    assert (first == half.encode(texts[:5])).all()
    assert (np.concatenate(rest) == encoder.encode(texts[5:15])).all()
    assert card.calls == 2
    assert [told in record.getMessage() for record in caplog.records] == [True]
    assert (one.encode_questions(["Who?"]) == encoder.encode_questions(["Who?"])).all()


def test_a_card_that_cannot_be_opened_leaves_all_to_the_processor(
    encoder: OnnxEncoder, texts: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """As where torch finds the driver too old."""
    opened = []

    def refuse() -> Encoder:
        opened.append(1)
        raise RuntimeError("The NVIDIA driver on your system is too old")

    one = GraphicsEncoder(encoder, open_card=refuse)
    assert (np.concatenate([one.encode(texts[:3]), one.encode(texts[3:6])]) == encoder.encode(texts[:6])).all()
    assert len(opened) == len(caplog.records) == 1


def test_vectors_that_differ_from_the_processors_are_not_used(
    half: ReferenceEncoder, encoder: OnnxEncoder, texts: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A card that takes the texts in another order."""

    class Wrong(Card):
        def encode(self, texts: Sequence[str]) -> Vectors:
            return super().encode(texts)[::-1]

    one = GraphicsEncoder(encoder, open_card=lambda: Wrong(half, good=9))
    assert (one.encode(texts[:8]) == encoder.encode(texts[:8])).all()
    assert "cosine" in caplog.text


def test_the_real_card_is_tried_only_here_and_fails_without_harm(encoder: OnnxEncoder, texts: list[str]) -> None:
    """Whatever machine this is, the vectors that come are those of the model."""
    rows = GraphicsEncoder(encoder).encode(texts[:6])
    assert (rows * encoder.encode(texts[:6])).sum(axis=1).min() >= 0.99


@pytest.mark.usefixtures("card_here")
def test_a_large_build_finds_what_the_processors_build_finds(
    corpus: Path, tmp_path: Path, encoder: OnnxEncoder, half: ReferenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its index has the same fingerprint, answers int8 questions, and is taken over window by window."""
    plain, _ = open_index(corpus, tmp_path / "plain", encoder)
    card = Card(half, good=1_000)
    monkeypatch.setattr("index.embedding.choose_encoder", lambda one, _: GraphicsEncoder(one, open_card=lambda: card))
    built, report = open_index(corpus, tmp_path / "card", encoder)
    assert report is not None
    assert report.embedded == plain.manifest.windows
    assert card.calls == 1
    assert built.manifest.encoder == encoder.fingerprint
    row = encoder.encode_questions(["bees and hives"])[0].tolist()
    assert [hit.paragraph for hit in built.search_vector(row, 5)] == [hit.paragraph for hit in plain.search_vector(row, 5)]
    assert build_index(corpus, tmp_path / "card", encoder).embedded == 0


def test_looking_for_a_card_loads_no_torch() -> None:
    """In an interpreter of its own."""
    import subprocess

    code = "import sys, index.graphics as g; g.name_device(); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
