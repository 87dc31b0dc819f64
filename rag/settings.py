"""What can be set from the environment, read once, at the edge.

PINCITE_CORPUS    folder of documents; default: the checkout's seeds/
PINCITE_MODEL     reserved for a chat model; unset or "extractive" quotes the documents
PINCITE_ENCODER   "onnx" (default), "reference", or a sentence-transformers name or folder
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
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
    encoder: str = "onnx"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Args:
            environment: Names and values; None is the process's own. An empty value counts as unset.

        Raises:
            SettingsError: A name begins with PINCITE_ and is not one of the settings.
        """
        found = os.environ if environment is None else environment
        known = {f"{_PREFIX}{field.name.upper()}" for field in fields(cls)}
        unknown = sorted(name for name in found if name.startswith(_PREFIX) and name not in known)
        if unknown:
            raise SettingsError(f"the environment sets {', '.join(unknown)}; expected only: {', '.join(sorted(known))}")
        corpus = found.get("PINCITE_CORPUS")
        return cls(
            corpus=Path(corpus).expanduser() if corpus else SEEDS,
            model=found.get("PINCITE_MODEL") or None,
            encoder=found.get("PINCITE_ENCODER") or "onnx",
        )


def load_encoder(name: str) -> Encoder:
    """Return the encoder that a setting names.

    Raises:
        EncoderError: It cannot be loaded.
    """
    if name == "onnx":
        from index.export import open_encoder

        return open_encoder()
    from index.encoders import ReferenceEncoder

    return ReferenceEncoder(None if name == "reference" else name)
