"""How fast the parts are that every question and every build go through, each beside a peer or a limit measured in the same run.

What is compared runs in turns, and the best of several turns counts, because a busy machine only ever makes things slower:
read the ratios, not the times.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.encoders import ReferenceEncoder, count_cores, open_session, split_windows
from index.locations import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from index.encoders import Encoder

# Products of 8-bit matrices that the arithmetic limit is the best of, as (rows, inner, columns); the encoder's own are among them.
_PRODUCTS = ((256, 384, 1536), (256, 1536, 384), (512, 1024, 1024), (1024, 1024, 1024))
_PRODUCT_RUNS = 24  # of each, shared by the cores
_LIBRARIES = "import numpy, onnxruntime, tokenizers, tantivy, sqlite3, faiss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure, beside what it is compared with.

    Attributes:
        name: What was measured.
        value: In `unit`.
        unit: Of both; a rate's contains "/s", and more of it is better.
        beside: What it is compared with.
        other: The figure of that.
    """

    name: str
    value: float
    unit: str
    beside: str
    other: float

    @property
    def ratio(self) -> float:
        """`value / other`: of a rate above 1 is better, of a time below 1."""
        return self.value / self.other if self.other else float("inf")

    def __str__(self) -> str:
        return f"{self.name:<34} {self.value:>10.4g} {self.unit:<17} {self.ratio:>8.2f} times {self.beside} ({self.other:.4g})"


def measure_embedding(encoder: Encoder, paragraphs: Sequence[tuple[str, str]], *, turns: int) -> list[Measure]:
    """Compare the encoder with sentence-transformers on torch in full precision, and with what the cores can do at most.

    Args:
        encoder: Of the bundled model.
        paragraphs: (title, text); their windows are encoded.
        turns: Of each, the best counts.

    Returns:
        Windows a second beside the reference's, and 8-bit operations a second beside the largest number that plain products
        reach. The model's operations are those of its linear maps and of attention; the rest of its work is not counted.
    """
    reference = ReferenceEncoder()
    windows = [window for title, text in paragraphs for window in split_windows(encoder, text, context=title)]
    ours, theirs = _best([lambda: encoder.encode(windows), lambda: reference.encode(windows)], turns)
    operations = _count_operations(reference, [len(encoding.ids) for encoding in encoder.tokenizer.encode_batch(windows)])
    return [
        Measure(
            name="embedding",
            value=len(windows) / ours,
            unit="windows/s",
            beside="sentence-transformers on torch, fp32",
            other=len(windows) / theirs,
        ),
        Measure(
            name="its arithmetic",
            value=operations / ours / 1e9,
            unit="10^9 operations/s",
            beside=f"8-bit matrix products, {count_cores()} cores",
            other=measure_peak(turns) / 1e9,
        ),
    ]


def measure_peak(turns: int) -> float:
    """Return the most 8-bit multiplications and additions a second that onnxruntime's plain matrix products reach on all cores."""
    import numpy as np

    generator = np.random.default_rng(0)
    best = 0.0
    with ThreadPoolExecutor(count_cores()) as pool:
        for rows, inner, columns in _PRODUCTS:
            session = open_session(_product(generator.integers(-127, 127, (inner, columns), dtype=np.int8)))
            inputs = {"a": generator.integers(0, 255, (rows, inner), dtype=np.uint8)}
            runs = [inputs] * _PRODUCT_RUNS
            (seconds,) = _best([partial(_run_together, pool, session, runs)], turns)
            best = max(best, 2.0 * rows * inner * columns * _PRODUCT_RUNS / seconds)
    return best


def measure_start(*, turns: int) -> list[Measure]:
    """Measure what a process costs: the help, the import, and a question about the seeds.

    Args:
        turns: Of each, the best counts.
    """
    pincite = [sys.executable, "-m", "ui.cli"]
    commands = [
        [*pincite, "--help"],
        [sys.executable, "-c", "import rag"],
        [*pincite, "ask", "What is said about the number of boats?"],
        [sys.executable, "-c", "pass"],
        [sys.executable, "-c", _LIBRARIES],
    ]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PINCITE_")}  # as it is out of the box
    runs = [partial(subprocess.run, command, cwd=ROOT, env=plain, capture_output=True, check=True) for command in commands]
    shown, imported, answered, empty, loaded = _best(runs, turns)
    return [
        Measure(name="pincite --help", value=shown, unit="s", beside="Python, nothing imported", other=empty),
        Measure(name="import rag", value=imported, unit="s", beside="Python, nothing imported", other=empty),
        Measure(name="pincite ask, cold", value=answered, unit="s", beside="importing the libraries it needs", other=loaded),
    ]


def _run_together(pool: ThreadPoolExecutor, session: Any, runs: Sequence[dict[str, Any]]) -> None:
    list(pool.map(lambda inputs: session.run(None, inputs), runs))


def _product(weights: Any) -> bytes:
    """Return an ONNX model that multiplies 8-bit rows with these weights."""
    from onnx import TensorProto, helper, numpy_helper

    inner, columns = weights.shape
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, ["rows", inner])],
        [helper.make_tensor_value_info("c", TensorProto.INT32, ["rows", columns])],
        [numpy_helper.from_array(weights, "b")],
    )
    model: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9).SerializeToString()
    return model


def _count_operations(reference: ReferenceEncoder, lengths: Sequence[int]) -> float:
    """Return multiplications and additions of the linear maps and of attention for texts of so many tokens."""
    config: Any = reference.transformer().config
    layers, width, inner = int(config.num_hidden_layers), int(config.hidden_size), int(config.intermediate_size)
    linear = 4 * width * width + 2 * width * inner  # weights of a layer that meet every token
    return sum(2.0 * layers * (linear * n + 2 * n * n * width) for n in lengths)


def _best(runs: Sequence[Callable[[], object]], turns: int) -> list[float]:
    """Return the fewest seconds of each run, all of them once in each turn; a first turn does not count."""
    times = [[stopwatch(run) for run in runs] for _ in range(turns + 1)][1:]
    return [min(column) for column in zip(*times, strict=True)]


def stopwatch(run: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def peak_memory() -> float:
    """Return the most MiB that this process has held; Linux only. getrusage tells the parent's peak where that is higher."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 2**10
