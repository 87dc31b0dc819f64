"""The fitted numbers that are shipped: how evidence is weighed, and when an answer is sure enough to give.

They lie in `rag/models/evidence.json`, written by `python -m eval.fit_evidence --write`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rag.confidence import SIGNALS, ConfidenceModel
from rag.evidence import FEATURES, EvidenceModel

FITTED = Path(__file__).parent / "models" / "evidence.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What `eval.fit_evidence` fits.

    Attributes:
        evidence: Which sentences are told.
        confidence: Whether any is.
        short_likely: How likely the words that answer must be, 0..1, to be given as the short answer.
    """

    evidence: EvidenceModel
    confidence: ConfidenceModel
    short_likely: float

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values, four decimals."""
        return {
            "weights": _named(FEATURES, self.evidence.weights),
            "margin": round(self.evidence.margin, 4),
            "other margin": round(self.evidence.other_margin, 4),
            "signals": _named(SIGNALS, self.confidence.weights),
            "offset": round(self.confidence.offset, 4),
            "threshold": round(self.confidence.threshold, 4),
            "short likely": round(self.short_likely, 4),
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Fitted:
        """Read what `to_dict` gives."""
        evidence = EvidenceModel(
            weights=tuple(stored["weights"][name] for name in FEATURES), margin=stored["margin"], other_margin=stored["other margin"]
        )
        confidence = ConfidenceModel(
            weights=tuple(stored["signals"][name] for name in SIGNALS), offset=stored["offset"], threshold=stored["threshold"]
        )
        return cls(evidence=evidence, confidence=confidence, short_likely=stored["short likely"])


@lru_cache(maxsize=1)
def fitted() -> Fitted:
    """Return the shipped numbers, read once."""
    return Fitted.from_dict(json.loads(FITTED.read_text(encoding="utf-8")))


def _named(names: tuple[str, ...], values: tuple[float, ...]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in zip(names, values, strict=True)}
