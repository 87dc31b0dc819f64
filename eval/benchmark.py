"""What Pincite costs on this machine, each figure beside a peer or a limit measured in the same run: what `pincite bench` prints.

First the parts (`eval.speed`), then whole indexes of several sizes (`eval.growth`), then other people's pipelines over the same
documents (`eval.peers`) where they are asked for. Other work on the machine disturbs the times more than the ratios.
"""

from __future__ import annotations

import platform
import tempfile
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.growth import QUESTIONS, STAGES, Growth, measure_growth
from eval.metrics_statistics import quantile
from eval.passages import read_passages, write_corpus
from eval.speed import Measure, measure_embedding, measure_start, stopwatch
from index.build import build_index
from index.encoders import count_cores
from index.export import open_encoder
from rag import Assistant
from rag.chat_models import EXTRACTIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from eval.passages import Passages
    from index.encoders import Encoder

TURNS = 5
COMPARED = 200  # paragraphs that the encoders are compared on
SCANNED = 100_000  # vectors of the exact search that is compared with copying
PEER_PARAGRAPHS = 1_000
PEER_QUESTIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What was measured.

    Attributes:
        machine: In words.
        parts: Of the parts, and of the peers.
        growth: One for each size, as asked for.
    """

    machine: str
    parts: tuple[Measure, ...]
    growth: tuple[Growth, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "machine": self.machine,
            "parts": [asdict(measure) | {"ratio": measure.ratio} for measure in self.parts],
            "growth": [asdict(one) | {"ratios": {measure.name: measure.ratio for measure in one.measures()}} for one in self.growth],
        }


def run_benchmark(
    data: Path | None,
    sizes: Sequence[int],
    *,
    peers: bool,
    say: Callable[[object], None],
    turns: int = TURNS,
    questions: int = QUESTIONS,
) -> Benchmark:
    """Measure everything.

    Args:
        data: Folder of public sets whose paragraphs and questions are used; None is the checkout's seeds and known facts.
        sizes: Paragraphs of the indexes.
        peers: Measure other people's pipelines, too; the first time they are installed, for which the package index is needed.
        say: Is told each line as soon as it is known.
        turns: Of what is compared in turns.
        questions: That each index is asked, at most.

    Raises:
        FactsError: `data` holds no set, or a peer fails.
    """
    passages = read_passages(data)
    machine = describe_machine()
    say(machine)
    parts: list[Measure] = []
    for measures in _measure_parts(passages, turns, peers=peers):
        parts += measures
        say("\n".join(map(str, measures)))
    growth = []
    for size in sizes:
        growth.append(measure_growth(size, data=data, passages=passages, questions=questions))
        say(render_growth(growth[-1]))
    return Benchmark(machine=machine, parts=tuple(parts), growth=tuple(growth))


def describe_machine() -> str:
    """Return what the figures were measured on."""
    return f"{count_cores()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def render_growth(growth: Growth) -> str:
    """Return what one size costs, as lines."""
    kind = "the encoder's vectors" if growth.encoded else "mixed vectors"
    lines = [
        f"\n{growth.paragraphs:,} paragraphs in {growth.files:,} files, {kind}",
        f"  first build {growth.build:.1f} s, {growth.paragraphs / growth.build:.0f} paragraphs/s, embedding {growth.embedding:.1f} s",
        f"  peak memory of building {growth.build_memory:.0f} MiB; on disk {growth.disk:.1f} MiB",
        f"  opened in {growth.opened:.0f} ms; peak memory of the process that answers {growth.memory:.0f} MiB",
        f"  {'milliseconds a question':<24} {'p50':>8} {'p95':>8}",
        *(f"    {name:<22} {growth.stages[name][0]:>8.2f} {growth.stages[name][1]:>8.2f}" for name in STAGES),
        *(f"  {measure}" for measure in growth.measures()),
    ]
    return "\n".join(lines)


def _measure_parts(passages: Passages, turns: int, *, peers: bool) -> Iterator[list[Measure]]:
    encoder = open_encoder()
    yield measure_embedding(encoder, passages.paragraphs[:COMPARED], turns=turns)
    yield [_measure_scan(encoder.dimension)]
    yield measure_start(turns=turns)
    if peers:
        yield _measure_peers(passages, encoder)


def _measure_scan(dimension: int) -> Measure:
    import numpy as np

    from eval.scale import QUERIES, measure_scan

    rows = np.random.default_rng(0).standard_normal((SCANNED + QUERIES, dimension), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return measure_scan(rows[QUERIES:], rows[:QUERIES])


def _measure_peers(passages: Passages, encoder: Encoder) -> list[Measure]:
    """Compare building an index and finding the best passage with others' pipelines over the same documents."""
    from eval.peers import PEERS, ask_peer, install_peers

    questions = passages.questions[:PEER_QUESTIONS]
    python = install_peers()
    with tempfile.TemporaryDirectory() as folder:
        corpus, index_dir = Path(folder, "corpus"), Path(folder, "index")
        write_corpus(corpus, passages, PEER_PARAGRAPHS)
        documents = {file.name: file.read_text(encoding="utf-8") for file in sorted(corpus.iterdir())}
        seconds = stopwatch(partial(build_index, corpus, index_dir, encoder))
        assistant = Assistant(corpus, index_dir, EXTRACTIVE, encoder=encoder)
        assistant.retrieve(questions[0])  # warm, as the others are
        ours = 1000 * _median(stopwatch(partial(assistant.retrieve, question, k=1)) for question in questions)
        measures = []
        for name, label in PEERS.items():
            reply = ask_peer(python, name, documents, questions)
            theirs = _median(answer["milliseconds"] for answer in reply["answers"])
            system, indexing = label.partition(",")[0], f"indexing {assistant.index.manifest.paragraphs:,} paragraphs"
            measures += [
                Measure(name=indexing, value=seconds, unit="s", beside=system, other=reply["index_seconds"]),
                Measure(name="finding the best passage", value=ours, unit="ms", beside=system, other=theirs),
            ]
    return measures


def _median(values: Iterable[float]) -> float:
    return quantile(list(values), 0.5) or 0.0
