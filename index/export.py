"""Make the fast encoder's files: the bundled model as one int8 ONNX graph.

    python -m index.export

It runs once, at install, and is the only place where torch is used to build something. The graph takes the
token ids of one text and returns its unit vector. Because it only ever sees one text, it needs no attention
mask and no token types; query, key and value are one matrix product, and the softmax scale is folded into the
query weights. Weights are quantised per output channel (onnxruntime `quantize_dynamic`), after SmoothQuant has
moved the few very large input channels of each product into its weights (Xiao and others, 2023).

The files lie in `.index/encoders/<name>/`, shared by all indexes of the checkout, written beside and renamed.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.encoders import MODEL_NAME, MODEL_SHA256, OnnxEncoder, ReferenceEncoder, bundled_tokenizer
from index.errors import EncoderError
from index.files import sha256_file, write_atomically
from index.locations import ENCODERS, ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from tokenizers import Tokenizer

EXPORT_VERSION = 3  # raised when the graph changes
OPSET = 20  # the first with Gelu as one operator
# Of SmoothQuant. Between 0.3 and 0.8, a value near the best cosine to full precision on the seeds' paragraphs (DECISIONS.md).
SMOOTHING = 0.65
CALIBRATION = ROOT / "LICENSE"  # any English prose shows which channels are large: they are the model's own
_CALIBRATION_TOKENS = 256  # of each of its paragraphs


def open_encoder(cache: Path = ENCODERS) -> OnnxEncoder:
    """Open the fast encoder, making its files first when they are not there (about ten seconds, needs torch)."""
    folder = cache / export_name()
    if not is_complete(folder):
        export_encoder(folder)
    return OnnxEncoder(folder)


def export_name() -> str:
    """Return the name of the export that fits this machine: precision, version, and whether range is reduced."""
    return f"int8{'r' if needs_reduced_range() else ''}-{EXPORT_VERSION}"


def needs_reduced_range() -> bool:
    """Say whether the CPU multiplies 8-bit integers with 16-bit sums that overflow: x86 without VNNI.

    Reference: onnxruntime, "Quantize ONNX models", on U8S8 and saturation.
    """
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return False
    try:
        return "vnni" not in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return True


def is_complete(folder: Path, sha256: str = MODEL_SHA256) -> bool:
    """Say whether `folder` holds an export of the model whose weights file has this hash, with every file at its recorded size."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        sizes = {name: entry["bytes"] for name, entry in manifest["files"].items()}
        return manifest["model_sha256"] == sha256 and all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def check_export(folder: Path, *, sha256: str = MODEL_SHA256, hashes: bool = False) -> None:
    """Check the fast encoder's files.

    Args:
        folder: Of an export.
        sha256: Of the weights file that it was made from.
        hashes: Read them, and compare their SHA-256 with the recorded one, too.

    Raises:
        EncoderError: A file is missing, or not as it was written.
    """
    if not is_complete(folder, sha256):
        raise EncoderError(f"the fast encoder at {folder} is missing or incomplete; the next question makes it, or type: pincite index")
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    for name in files if hashes else ():
        if sha256_file(folder / name) != files[name]["sha256"]:
            raise EncoderError(f"{folder / name} has changed since it was written; delete {folder} and type: make install")


def export_encoder(folder: Path) -> None:
    """Export the bundled model into `folder`, replacing an incomplete one.

    Raises:
        EncoderError: The bundled model is missing or not the published file.
    """
    export_model(folder, ReferenceEncoder().transformer(), bundled_tokenizer(), name=MODEL_NAME, sha256=MODEL_SHA256)


def export_model(folder: Path, bert: torch.nn.Module, tokenizer: Tokenizer, *, name: str, sha256: str) -> None:
    """Export a model into `folder`, replacing an incomplete export.

    Args:
        folder: Of the export; its name is that of the export.
        bert: A `BertModel` of transformers; its linear maps are changed.
        tokenizer: Its tokenizer.
        name: Of the model.
        sha256: Of its weights file.

    Raises:
        EncoderError: The files could not be completed.
    """
    import torch

    texts = CALIBRATION.read_text(encoding="utf-8").split("\n\n")
    samples = [(torch.tensor(encoding.ids[:_CALIBRATION_TOKENS]),) for encoding in tokenizer.encode_batch(texts)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        write_int8(
            one_text_module(bert), samples, staging / "encoder.onnx", inputs=["ids"], outputs=["vector"], reduce_range=needs_reduced_range()
        )
        tokenizer.save(str(staging / "tokenizer.json"))
        _write_manifest(staging, export=folder.name, name=name, sha256=sha256)
        if folder.exists() and not is_complete(folder, sha256):
            shutil.rmtree(folder)
        if not folder.exists():
            staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if not is_complete(folder, sha256):
        raise EncoderError(f"{folder} could not be completed; delete it and type: make install")


def _write_manifest(folder: Path, *, export: str, name: str, sha256: str) -> None:
    files = {path.name: {"bytes": path.stat().st_size, "sha256": sha256_file(path)} for path in sorted(folder.iterdir())}
    manifest = {"model": name, "model_sha256": sha256, "export": export, "files": files}
    write_atomically(folder / "manifest.json", json.dumps(manifest, indent=1))


def write_int8(
    module: torch.nn.Module,
    samples: Sequence[tuple[torch.Tensor, ...]],
    path: Path,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    reduce_range: bool,
) -> None:
    """Write a module that reads the tokens of one text as an int8 ONNX graph.

    Args:
        module: Maps tensors of shape (tokens,) to its outputs; its linear maps are changed by the smoothing.
        samples: Inputs of ordinary texts, which show which channels are large.
        path: The file to write.
        inputs: Names of the inputs, in order.
        outputs: Names of the outputs, in order.
        reduce_range: Quantise to 7 bits, which no CPU overflows, see `needs_reduced_range`.
    """
    import torch

    _smooth(module, samples)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # the exporter in use is the one the quantiser reads; torch would rather have its new one
        full = Path(folder, "fp32.onnx")
        torch.onnx.export(
            module,
            samples[0],
            str(full),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: {0: "tokens"} for name in inputs},
            opset_version=OPSET,
            dynamo=False,
        )
        _quantise(full, path, reduce_range=reduce_range)


def _quantise(source: Path, target: Path, *, reduce_range: bool) -> None:
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.disable(logging.WARNING)  # it recommends a pre-processing step that changes nothing here
    try:
        quantize_dynamic(source, target, per_channel=True, reduce_range=reduce_range, weight_type=QuantType.QInt8)
    finally:
        logging.disable(logging.NOTSET)


def one_text_module(bert: Any, *, score: torch.nn.Linear | None = None, span: torch.nn.Linear | None = None) -> torch.nn.Module:
    """Return a module that maps token ids, shape (tokens,), to the unit mean vector, shape (dimension,).

    With heads it takes token types beside the ids, and returns what `score` makes of the mean, shape (1,), and what
    `span` makes of every token, shape (tokens, 2).
    """
    import torch
    from torch import nn

    heads = bert.config.num_attention_heads
    width = bert.config.hidden_size
    size = width // heads

    class OneText(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            embeddings = bert.embeddings
            self.words = embeddings.word_embeddings.weight
            self.places = embeddings.position_embeddings.weight
            self.types = embeddings.token_type_embeddings.weight
            self.norm = embeddings.LayerNorm
            self.layers = bert.encoder.layer
            self.projections = nn.ModuleList(_joint_projection(layer.attention.self, size) for layer in self.layers)
            self.score = score
            self.span = span

        def forward(self, ids: torch.Tensor, types: torch.Tensor | None = None) -> Any:
            tokens = ids.shape[0]
            kind = self.types[0] if types is None else self.types[types]
            x = self.norm(self.words[ids] + self.places[:tokens] + kind)  # (tokens, width)
            for layer, project in zip(self.layers, self.projections, strict=True):
                parts = project(x).view(tokens, 3, heads, size).permute(1, 2, 0, 3)  # (3, heads, tokens, size)
                weights = torch.softmax(parts[0] @ parts[1].transpose(1, 2), dim=-1)
                attended = (weights @ parts[2]).transpose(0, 1).reshape(tokens, width)
                x = layer.attention.output.LayerNorm(layer.attention.output.dense(attended) + x)
                x = layer.output.LayerNorm(layer.output.dense(nn.functional.gelu(layer.intermediate.dense(x))) + x)
            mean = x.mean(0)
            if self.score is None or self.span is None:
                return mean / mean.norm()
            return self.score(mean), self.span(x)

    return OneText().eval()


def _joint_projection(attention: Any, size: int) -> torch.nn.Linear:
    """Return query, key and value as one linear map, the query divided by sqrt(size)."""
    import torch
    from torch import nn

    scale = size**-0.5
    joint = nn.Linear(attention.query.in_features, 3 * attention.query.out_features)
    with torch.no_grad():
        joint.weight.copy_(torch.cat([attention.query.weight * scale, attention.key.weight, attention.value.weight]))
        joint.bias.copy_(torch.cat([attention.query.bias * scale, attention.key.bias, attention.value.bias]))
    return joint


def _smooth(encoder: torch.nn.Module, samples: Sequence[tuple[torch.Tensor, ...]]) -> None:
    """Divide each linear map's inputs by a scale a channel, and multiply its weights by it.

    `scale = max|x| ** a / max|w| ** (1 - a)`, both over the channel, with `a = SMOOTHING`: what is hard to quantise in
    the inputs becomes a little harder in the weights, where every output has a scale of its own.
    """
    import torch

    linears = {name: module for name, module in encoder.named_modules() if isinstance(module, torch.nn.Linear)}
    largest = {name: torch.full((module.in_features,), 1e-5) for name, module in linears.items()}

    def watch(name: str) -> Any:
        def see(_module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            largest[name] = torch.maximum(largest[name], inputs[0].abs().amax(0))

        return see

    watches = [module.register_forward_pre_hook(watch(name)) for name, module in linears.items()]
    with torch.no_grad():
        for sample in samples:
            encoder(*sample)
        for handle in watches:
            handle.remove()
        for name, module in linears.items():
            scale = largest[name] ** SMOOTHING / module.weight.abs().amax(0).clamp(min=1e-5) ** (1 - SMOOTHING)
            module.weight.mul_(scale)
            module.register_buffer("inverse_scale", 1 / scale)
            module.register_forward_pre_hook(lambda linear, inputs: (inputs[0] * linear.inverse_scale,))


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    open_encoder()
