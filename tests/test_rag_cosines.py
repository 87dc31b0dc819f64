"""Cosines of another encoder are read on the bundled one's range; what is not among the nearest stays without one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from index.multilingual import multilingual_fingerprint
from index.paragraphs import Paragraph
from index.search import Hit
from rag.cosines import bundled_scale, scale_hits

if TYPE_CHECKING:
    from index.encoders import Encoder, OnnxEncoder

OTHER = cast("Encoder", SimpleNamespace(fingerprint=multilingual_fingerprint()))
NAMED = cast("Encoder", SimpleNamespace(fingerprint="somebody/model/sentence-transformers"))


def test_a_line_brings_them_to_the_bundled_range(encoder: OnnxEncoder) -> None:
    """4.4 * 0.85 - 3.2 is 0.54; of the bundled encoder and of one that somebody names nothing changes."""
    assert bundled_scale(0.85, OTHER) == pytest.approx(0.54)
    assert bundled_scale(0.85, encoder) == bundled_scale(0.85, NAMED) == 0.85


def test_hits_keep_all_but_their_cosine(encoder: OnnxEncoder) -> None:
    """One that has none gets none."""
    paragraph = Paragraph(source="a.txt", number=1, start=0, end=2, text="It", heading="", kind="text")
    near, far = (Hit(paragraph=paragraph, start=0, end=2, score=0.5, rank=rank, cosine=cosine) for rank, cosine in ((1, 0.75), (2, None)))
    scaled = scale_hits([near, far], OTHER)
    assert [hit.cosine for hit in scaled] == [pytest.approx(0.1), None]
    assert [(hit.paragraph, hit.score, hit.rank) for hit in scaled] == [(paragraph, 0.5, 1), (paragraph, 0.5, 2)]
    assert scale_hits([near, far], encoder) == [near, far]
