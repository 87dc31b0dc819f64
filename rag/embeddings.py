"""An encoder of ours as LangChain's `Embeddings`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from index.encoders import split_windows
from index.texts import unit_rows

if TYPE_CHECKING:
    from index.encoders import Encoder


class EncoderEmbeddings(Embeddings):
    """Embeds with an encoder; a text that is longer than it reads is the mean of its windows, so that nothing is cut."""

    def __init__(self, encoder: Encoder | None = None) -> None:
        """Wrap an encoder; None is the bundled one, which needs no network.

        Raises:
            EncoderError: It cannot be loaded.
        """
        from rag.settings import load_encoder

        self.encoder = encoder or load_encoder("onnx")

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one unit vector a text."""
        import numpy as np

        windows = [split_windows(self.encoder, text) for text in texts]
        rows = iter(self.encoder.encode([window for each in windows for window in each]))
        means = [np.mean([next(rows) for _ in each], axis=0) for each in windows]
        unit: list[list[float]] = unit_rows(means).tolist() if means else []
        return unit

    def embed_query(self, text: str) -> list[float]:
        """Return the unit vector of a question."""
        import numpy as np

        mean = np.mean(self.encoder.encode_questions(split_windows(self.encoder, text)), axis=0)
        unit: list[float] = unit_rows([mean])[0].tolist()
        return unit
