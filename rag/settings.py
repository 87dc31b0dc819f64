"""What can be set from the environment, read once, at the edge.

PINCITE_CORPUS    folder of documents; default: the checkout's seeds/
PINCITE_MODEL     a chat model, see rag/chat_models.py; unset or "extractive" quotes the documents
PINCITE_MODEL_KEY key for a chat model that is named by its server's URL
PINCITE_TIME_LIMIT seconds that a chat model may take for one answer; default: 120
PINCITE_ENCODER   "onnx" (default), "multilingual", "reference", or a sentence-transformers name or folder
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import SettingsError
from index.locations import SEEDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.encoders import Encoder

_PREFIX = "PINCITE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values in force; see the chapter for their meaning."""

    corpus: Path = SEEDS
    model: str | None = None
    model_key: str | None = field(default=None, repr=False)
    time_limit: float = 120.0
    encoder: str = "onnx"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Args:
            environment: Names and values; None is the process's own. An empty value counts as unset.

        Raises:
            SettingsError: A name begins with PINCITE_ and is not one of the settings, or the time limit is no time.
        """
        found = os.environ if environment is None else environment
        known = {f"{_PREFIX}{each.name.upper()}" for each in fields(cls)}
        unknown = sorted(name for name in found if name.startswith(_PREFIX) and name not in known)
        if unknown:
            raise SettingsError(f"the environment sets {', '.join(unknown)}; expected only: {', '.join(sorted(known))}")
        corpus = found.get("PINCITE_CORPUS")
        return cls(
            corpus=Path(corpus).expanduser() if corpus else SEEDS,
            model=found.get("PINCITE_MODEL") or None,
            model_key=found.get("PINCITE_MODEL_KEY") or None,
            time_limit=read_time_limit(found.get("PINCITE_TIME_LIMIT") or "120"),
            encoder=found.get("PINCITE_ENCODER") or "onnx",
        )


def read_time_limit(written: str | float) -> float:
    """Return a number of seconds above 0.

    Raises:
        SettingsError: It is none.
    """
    try:
        seconds = float(written)
    except ValueError:
        seconds = math.nan
    if not (seconds > 0 and math.isfinite(seconds)):
        raise SettingsError(f"the time limit is {written!r}; expected seconds above 0: PINCITE_TIME_LIMIT=120")
    return seconds


def name_encoder(name: str) -> str:
    """Return the fingerprint of the encoder that a setting names, without loading it."""
    from index.encoders import bundled_fingerprint
    from index.export import export_name

    match name:
        case "onnx":
            return bundled_fingerprint(export_name())
        case "reference":
            return bundled_fingerprint("fp32")
        case "multilingual":
            from index.multilingual import multilingual_fingerprint

            return multilingual_fingerprint()
        case _:
            return f"{name}/sentence-transformers"


def load_encoder(name: str) -> Encoder:
    """Return the encoder that a setting names.

    Raises:
        EncoderError: It cannot be loaded.
    """
    if name == "onnx":
        from index.export import open_encoder

        return open_encoder()
    if name == "multilingual":
        from index.multilingual import open_multilingual

        return open_multilingual()
    from index.encoders import ReferenceEncoder

    return ReferenceEncoder(None if name == "reference" else name)
