"""A graphics card for large builds: the bundled model by sentence-transformers on CUDA, in half precision.

Questions and ordinary changes never come here; they are encoded in int8 and load no torch. A build with so many windows to
encode that loading torch pays (`worth_loading`), on a machine with an NVIDIA driver, encodes them on the card. Its vectors and those
in int8 are close enough to lie in one index under one fingerprint (DECISIONS.md, Encoding); each time the first windows are encoded
in both ways, and a card whose vectors differ more is not used. Whatever fails (there is no such card, its memory is full, the driver
is too old) is told once, and the processor does the rest: nothing that was encoded is lost.

To keep to the processor: `CUDA_VISIBLE_DEVICES= pincite index`. Not for other encoders than the bundled one in int8.
"""

from __future__ import annotations

import logging
import os
from ctypes.util import find_library
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from index.encoders import OnnxEncoder, ReferenceEncoder, bundled_fingerprint, count_cores
from index.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from index.encoders import Encoder, Vectors

_BATCH = 4096  # windows handed to the card at once, which are sorted by length, so that little is padded; a killed build does them again
_REST_BATCH = 256  # when the card has failed

_LOADING_SECONDS = 15.0  # to import torch and sentence-transformers, load the model and wake the card
_CORE_RATE = 150.0  # windows a core encodes in int8 in a second: 299 on two
_COMPARED = 8  # windows that are encoded in both ways
_AGREEMENT = 0.98  # their smallest cosine; int8 beside full precision has 0.995 at worst on the seeds' paragraphs
# What torch raises for a card that cannot be used, its memory among them; the last for a torch built without CUDA.
_FAILURES = (RuntimeError, ImportError, OSError, ValueError, EncoderError, AssertionError)
_log = logging.getLogger("pincite")


def worth_loading() -> int:
    """Return from how many windows on a build may use the card: as many as the processor encodes while torch is loading.

    >>> worth_loading() == round(2250 * count_cores())
    True
    """
    return round(_LOADING_SECONDS * _CORE_RATE * count_cores())


def why_not() -> str | None:
    """Say why no graphics card would be used on this machine, None when one would be tried; torch is not imported."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in {"", "-1"}:
        return "CUDA_VISIBLE_DEVICES hides it"
    if not (find_library("cuda") or find_library("nvcuda")):
        return "no NVIDIA driver is installed"
    try:
        release = version("torch")
    except PackageNotFoundError:
        return "torch is missing"
    return f"torch {release} is made for processors only" if release.endswith("+cpu") else None


def name_device() -> str:
    """Say what encodes a large build on this machine."""
    reason = why_not()
    return f"the processor ({reason})" if reason else f"the graphics card, from {worth_loading()} passages on"


def choose_encoder(encoder: Encoder, waiting: int) -> Encoder:
    """Return what encodes the windows of a build.

    Args:
        encoder: The index's.
        waiting: How many windows wait.

    Returns:
        `encoder` itself, or one that tries the card and has its fingerprint.
    """
    bundled = isinstance(encoder, OnnxEncoder) and encoder.fingerprint.startswith(bundled_fingerprint("int8"))
    return GraphicsEncoder(encoder) if bundled and waiting >= worth_loading() and why_not() is None else encoder


def _open_cuda() -> Encoder:
    return ReferenceEncoder(device="cuda", half=True)


class GraphicsEncoder:
    """Encodes passages on a card until something fails there, and then, and all questions, by the encoder that it stands for.

    Attributes:
        fingerprint: Of the encoder that it stands for; so are dimension, max_tokens and tokenizer.
    """

    def __init__(self, encoder: Encoder, *, open_card: Callable[[], Encoder] = _open_cuda) -> None:
        """Stand for an encoder.

        Args:
            encoder: What takes over.
            open_card: Loads the model on the card; called once, with the first passages.
        """
        self.fingerprint, self.dimension, self.max_tokens = encoder.fingerprint, encoder.dimension, encoder.max_tokens
        self.tokenizer = encoder.tokenizer
        self._encoder = encoder
        self._open_card = open_card
        self._card: Encoder | None = None
        self._failed = False

    @property
    def batch(self) -> int:
        """How many windows it is best given at once."""
        return _REST_BATCH if self._failed else _BATCH

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode passages on the card, or all of them by the other encoder."""
        if not self._failed:
            try:
                return self._encode_there(texts)
            except _FAILURES as error:
                self._failed, self._card = True, None
                reason = str(error).strip().partition("\n")[0] or type(error).__name__
                _log.warning("the graphics card is not used (%s); the processor encodes the rest", reason)
        return self._encoder.encode(texts)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions by the other encoder."""
        return self._encoder.encode_questions(questions)

    def _encode_there(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        fresh = self._card is None
        card = self._card = self._card or self._open_card()
        rows = card.encode(texts)
        if not np.isfinite(rows).all():
            raise EncoderError("some of its vectors are no numbers")
        if fresh:
            first = texts[:_COMPARED]
            least = float((rows[: len(first)] * self._encoder.encode(first)).sum(axis=1).min(initial=1.0))
            if least < _AGREEMENT:
                raise EncoderError(f"its vectors have a cosine of only {least:.3f} with those of the processor")
        return rows
