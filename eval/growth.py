"""What an index costs as it grows: building, bringing up to date, opening, asking, memory and disk, at several sizes.

Each size is a corpus of its own (`eval.passages`), built, changed and asked in child processes by the code that users run, so that
memory is that of one step. Up to `ENCODED` paragraphs the vectors are the encoder's; beyond, they are mixed from those of
20,000 real paragraphs (`eval.scale.mix`), as encoding a million takes an hour. Questions are real ones, and encoded.

What it ignores: a cold disk, several askers at once. Linux only, because peak memory is read from /proc.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.metrics_statistics import quantile
from eval.passages import read_passages, write_corpus
from eval.speed import Measure, peak_memory, stopwatch
from index.locations import BUILT, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eval.passages import Passages
    from index.encoders import Encoder

ENCODED = 100_000
QUESTIONS = 200
STAGES = ("encoding the question", "search by meaning", "search by words", "the whole search", "choosing the evidence", "the whole answer")
_MIXED_FROM = 20_000
_STEP = "import sys, json; from eval import growth; print(json.dumps(getattr(growth, sys.argv[1])(*sys.argv[2:])))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What was measured at one size; seconds, milliseconds where it says so, and MiB.

    Attributes:
        paragraphs: In the index.
        files: Of the corpus.
        encoded: Whether the vectors are the encoder's own.
        build: Seconds of the first build.
        embedding: Seconds of it in the encoder.
        build_memory: Most MiB that the building process held.
        disk: MiB of the index.
        unchanged: Seconds to find that nothing has changed.
        walk: Seconds to list the files with their sizes and times, and nothing else.
        changed: Seconds to bring the index up to date after one paragraph was added to one file.
        opened: Milliseconds to open the index in a fresh process that has the libraries and the encoder loaded.
        memory: Most MiB that the asking process held.
        stages: Median and 95th percentile of milliseconds a question, by the names in `STAGES`.
    """

    paragraphs: int
    files: int
    encoded: bool
    build: float
    embedding: float
    build_memory: float
    disk: float
    unchanged: float
    walk: float
    changed: float
    opened: float
    memory: float
    stages: dict[str, tuple[float, float]]

    def measures(self) -> list[Measure]:
        """Return the figures that have something to be compared with."""
        encode = self.stages[STAGES[0]][0]
        search, answer = self.stages["the whole search"][0], self.stages["the whole answer"][0]
        measures = [
            Measure(name="nothing changed", value=self.unchanged, unit="s", beside="listing the files", other=self.walk),
            Measure(name="one paragraph more", value=self.changed, unit="s", beside="the first build", other=self.build),
            Measure(name="search", value=search, unit="ms", beside="encoding the question alone", other=encode),
            Measure(name="answer", value=answer, unit="ms", beside="the search alone", other=search),
        ]
        rest = self.build - self.embedding
        if self.encoded:
            measures.insert(0, Measure(name="all but embedding", value=rest, unit="s", beside="embedding", other=self.embedding))
        return measures


def measure_growth(paragraphs: int, *, data: Path | None, passages: Passages, questions: int = QUESTIONS) -> Growth:
    """Measure one size.

    Args:
        paragraphs: How many, about.
        data: Folder of public sets, or None, that `passages` were read from; child processes read it again.
        passages: What the corpus is made of, and the questions.
        questions: How many are asked at most.
    """
    BUILT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="growth-", dir=BUILT) as folder:
        corpus, index_dir = Path(folder, "corpus"), Path(folder, "index")
        write_corpus(corpus, passages, paragraphs)
        data = data.resolve() if data else None
        built = _step("build", corpus, index_dir, *(["mixed", data or ""] if paragraphs > ENCODED else []))
        asked = _step("ask_questions", corpus, index_dir, data or "", questions)
        again = _step("update", corpus, index_dir)
        return Growth(
            **built, **asked, **again, encoded=paragraphs <= ENCODED, files=sum(1 for _ in corpus.iterdir()), disk=_mebibytes(index_dir)
        )


def build(corpus: str, index_dir: str, mixed: str = "", data: str = "") -> dict[str, Any]:
    """Build an index; the step of a child process."""
    from index.build import build_index
    from index.export import open_encoder
    from rag import Assistant
    from rag.chat_models import EXTRACTIVE

    fast = open_encoder()
    rows = _mix_rows(fast, Path(data) if data else None) if mixed else None
    if rows is not None:
        next(rows)  # what they are mixed from is encoded now, which is no part of the build
    encoder = _Timed(fast, rows)
    started = time.perf_counter()
    report = build_index(Path(corpus), Path(index_dir), encoder)
    Assistant(corpus, index_dir, EXTRACTIVE, encoder=fast).open()  # mines the documents' other names, as `pincite index` does
    seconds = time.perf_counter() - started
    return {"build": seconds, "embedding": encoder.seconds, "build_memory": peak_memory(), "paragraphs": report.paragraphs}


def update(corpus: str, index_dir: str) -> dict[str, float]:
    """Look whether anything has changed, then change one file and bring the index up to date; the step of a child process."""
    from index.build import build_index
    from index.export import open_encoder
    from index.listing import list_files

    encoder = open_encoder()
    encoder.encode(["warm"])
    folder = Path(corpus)
    build_index(folder, Path(index_dir), encoder)  # loads what is loaded once
    unchanged = stopwatch(lambda: build_index(folder, Path(index_dir), encoder))
    walk = stopwatch(lambda: list_files(folder))
    file = min(folder.iterdir())
    file.write_text(
        file.read_text(encoding="utf-8") + "\n\nA paragraph that was not there before, about nothing in particular.\n", encoding="utf-8"
    )
    return {"unchanged": unchanged, "walk": walk, "changed": stopwatch(lambda: build_index(folder, Path(index_dir), encoder))}


def ask_questions(corpus: str, index_dir: str, data: str, count: str) -> dict[str, Any]:
    """Open an index and ask real questions, stage by stage; the step of a child process."""
    from index.export import open_encoder
    from index.generations import KEYWORDS, current_generation
    from index.keywords import KeywordIndex
    from index.search import CANDIDATES
    from index.segments import SegmentVectors
    from rag import Assistant
    from rag.chat_models import EXTRACTIVE

    questions = read_passages(Path(data) if data else None).questions[: int(count) + 1]
    encoder = open_encoder()
    encoder.encode(["warm"])
    assistant = Assistant(corpus, index_dir, EXTRACTIVE, encoder=encoder)
    started = time.perf_counter()
    index = assistant.open()
    opened = time.perf_counter() - started
    assistant.ask(questions[0])  # loads the small models
    generation = current_generation(Path(index_dir))
    vectors, words = SegmentVectors(generation, index.manifest), KeywordIndex.open(generation / KEYWORDS)  # type: ignore[arg-type,operator]
    times: list[tuple[float, ...]] = []
    for question in questions[1:]:
        row: list[Any] = []
        encoding = stopwatch(lambda question=question, row=row: row.append(encoder.encode_questions([question])))  # type: ignore[misc]
        meaning = stopwatch(lambda row=row: vectors.search(row[0], CANDIDATES))  # type: ignore[misc]
        named = stopwatch(lambda question=question: words.search_tied(question, k=CANDIDATES))  # type: ignore[misc]
        timings = assistant.ask(question).timings
        times.append((1000 * encoding, 1000 * meaning, 1000 * named, timings["search"], timings["evidence"], timings["total"]))
    stages = {name: (quantile(column, 0.5), quantile(column, 0.95)) for name, column in zip(STAGES, zip(*times, strict=True), strict=True)}
    return {"opened": 1000 * opened, "memory": peak_memory(), "stages": stages}


class _Timed:
    """An encoder that counts its seconds; given rows, it hands these out instead of encoding."""

    def __init__(self, encoder: Encoder, rows: Iterator[Any] | None) -> None:
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension
        self.max_tokens = encoder.max_tokens
        self.tokenizer = encoder.tokenizer
        self.seconds = 0.0
        self._encoder = encoder
        self._rows = rows

    def encode_questions(self, questions: Sequence[str]) -> Any:
        return self._encoder.encode_questions(questions)

    def encode(self, texts: Sequence[str]) -> Any:
        import numpy as np

        started = time.perf_counter()
        vectors = self._encoder.encode(texts) if self._rows is None else np.stack(list(islice(self._rows, len(texts))))
        self.seconds += time.perf_counter() - started
        return vectors


def _mix_rows(encoder: Encoder, data: Path | None) -> Iterator[Any]:
    """Yield unit rows without end that lie among those of real paragraphs."""
    from eval.scale import NEIGHBOURS, mix
    from index.vectors import VectorIndex

    real = encoder.encode([f"{title}\n{text}" for title, text in read_passages(data).paragraphs[:_MIXED_FROM]])
    neighbours = VectorIndex.build(real).search(real, NEIGHBOURS + 1)[1][:, 1:]
    for batch in mix(real, neighbours, sys.maxsize):
        yield from batch


def _step(name: str, *arguments: object) -> dict[str, Any]:
    """Return what a function of this module prints in a process of its own."""
    command = [sys.executable, "-c", _STEP, name, *map(str, arguments)]
    child = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own
    printed: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    return printed


def _mebibytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20
