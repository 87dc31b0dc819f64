"""Cosines of another encoder, brought to the range of the bundled one's, which the models of evidence and confidence were fitted on.

Encoders spread their cosines differently: all of multilingual-e5-small's lie between 0.7 and 0.95, because it was trained with a
temperature of 0.01. Read as the bundled encoder's they would say of every sentence that it fits. What this knowingly ignores: an encoder
that somebody names, whose range is unknown and whose cosines are taken as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.encoders import Encoder
    from index.search import Hit

# By the model's name in a fingerprint: slope and offset of the line that gives its cosines the bundled encoder's mean and deviation, of the
# questions of squad2-500 and xquad-en with the passages that both find among their nearest 30 (DECISIONS.md, Encoding).
_LINES = {"multilingual-e5-small": (4.4, -3.2)}


def bundled_scale(cosine: float, encoder: Encoder) -> float:
    """Return a cosine as the bundled encoder would give it, on average; its own is returned unchanged."""
    slope, offset = _LINES.get(encoder.fingerprint.partition("@")[0], (1.0, 0.0))
    return slope * cosine + offset


def scale_hits(hits: Sequence[Hit], encoder: Encoder) -> Sequence[Hit]:
    """Return hits of an encoder's index with the cosines as the bundled encoder would give them; what is not among the nearest has none."""
    if encoder.fingerprint.partition("@")[0] not in _LINES:
        return hits
    return [hit if hit.cosine is None else replace(hit, cosine=bundled_scale(hit.cosine, encoder)) for hit in hits]
