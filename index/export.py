"""Make the fast encoder's files: the bundled model as one int8 ONNX graph. `python -m index.export`

It runs once, at install, and is the only place where torch is used to build something. The graph takes the
token ids of one text and returns its unit vector. Because it only ever sees one text, it needs no attention
mask and no token types; query, key and value are one matrix product, and the softmax scale is folded into the
query weights. Weights are quantised per output channel (onnxruntime `quantize_dynamic`).

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

from index.encoders import MODEL_NAME, MODEL_SHA256, OnnxEncoder, ReferenceEncoder, bundled_model
from index.errors import EncoderError
from index.files import sha256_file, write_atomically
from index.locations import ENCODERS

if TYPE_CHECKING:
    import torch

EXPORT_VERSION = 1  # raised when the graph changes
OPSET = 20  # the first with Gelu as one operator


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


def is_complete(folder: Path) -> bool:
    """Say whether `folder` holds an export of the bundled model with every file at its recorded size."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        sizes = {name: entry["bytes"] for name, entry in manifest["files"].items()}
        return manifest["model_sha256"] == MODEL_SHA256 and all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def export_encoder(folder: Path) -> None:
    """Export the bundled model into `folder`, replacing an incomplete one.

    Raises:
        EncoderError: The bundled model is missing or not the published file.
    """
    model = ReferenceEncoder()._model  # noqa: SLF001 - the export is the encoder's other half
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write_graph(model[0].auto_model.eval(), staging / "fp32.onnx")
        _quantise(staging / "fp32.onnx", staging / "encoder.onnx")
        (staging / "fp32.onnx").unlink()
        shutil.copyfile(bundled_model() / "tokenizer.json", staging / "tokenizer.json")
        _write_manifest(staging)
        if folder.exists() and not is_complete(folder):
            shutil.rmtree(folder)
        if not folder.exists():
            staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if not is_complete(folder):
        raise EncoderError(f"{folder} could not be completed; delete it and type: make install")


def _write_manifest(folder: Path) -> None:
    files = {path.name: {"bytes": path.stat().st_size, "sha256": sha256_file(path)} for path in sorted(folder.iterdir())}
    manifest = {"model": MODEL_NAME, "model_sha256": MODEL_SHA256, "export": folder.name, "files": files}
    write_atomically(folder / "manifest.json", json.dumps(manifest, indent=1))


def _write_graph(bert: Any, path: Path) -> None:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter in use is the one the quantiser reads; torch would rather have its new one
        torch.onnx.export(
            _one_text_encoder(bert),
            (torch.tensor([101, 7592, 2088, 102]),),
            str(path),
            input_names=["ids"],
            output_names=["vector"],
            dynamic_axes={"ids": {0: "tokens"}},
            opset_version=OPSET,
            dynamo=False,
        )


def _quantise(source: Path, target: Path) -> None:
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.disable(logging.WARNING)  # it recommends a pre-processing step that changes nothing here
    try:
        quantize_dynamic(source, target, per_channel=True, reduce_range=needs_reduced_range(), weight_type=QuantType.QInt8)
    finally:
        logging.disable(logging.NOTSET)


def _one_text_encoder(bert: Any) -> torch.nn.Module:
    """Return a module that maps token ids, shape (tokens,), to one unit vector, shape (dimension,)."""
    import torch
    from torch import nn

    heads = bert.config.num_attention_heads
    width = bert.config.hidden_size
    size = width // heads

    class OneTextEncoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            embeddings = bert.embeddings
            self.words = embeddings.word_embeddings.weight
            self.places = nn.Parameter((embeddings.position_embeddings.weight + embeddings.token_type_embeddings.weight[0]).detach())
            self.norm = embeddings.LayerNorm
            self.layers = bert.encoder.layer
            self.projections = nn.ModuleList(_joint_projection(layer.attention.self, size) for layer in self.layers)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            tokens = ids.shape[0]
            x = self.norm(self.words[ids] + self.places[:tokens])  # (tokens, width)
            for layer, project in zip(self.layers, self.projections, strict=True):
                parts = project(x).view(tokens, 3, heads, size).permute(1, 2, 0, 3)  # (3, heads, tokens, size)
                weights = torch.softmax(parts[0] @ parts[1].transpose(1, 2), dim=-1)
                attended = (weights @ parts[2]).transpose(0, 1).reshape(tokens, width)
                x = layer.attention.output.LayerNorm(layer.attention.output.dense(attended) + x)
                x = layer.output.LayerNorm(layer.output.dense(nn.functional.gelu(layer.intermediate.dense(x))) + x)
            mean = x.mean(0)
            unit: torch.Tensor = mean / mean.norm()
            return unit

    return OneTextEncoder().eval()


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


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    open_encoder()
