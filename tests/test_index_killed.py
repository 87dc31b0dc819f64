"""A build that is killed, by `kill -9` at any moment, is resumed by the next: nothing is lost but a batch, and the index is the same.

`PINCITE_KILLS=50 python -m pytest tests/test_index_killed.py` kills fifty times instead of six, at other moments each.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from index.generations import SEGMENTS, VECTORS, check_hashes, current_generation
from index.journal import FILE
from index.locations import ROOT
from index.search import ParagraphIndex
from index.vectors import VectorIndex

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder

KILLS = int(os.environ.get("PINCITE_KILLS", "6"))
BATCH = 8
QUESTIONS = ["cranes of Lund", "Who counts 17 boats?", "a lamp in the tower", "bees"]
_WORDS = "harbour crane boat tower lamp bridge market school river bees honey wall garden council mayor ship stone bell road lake".split()

_BUILD = """
import os, signal, sys
from pathlib import Path
import index.embedding, index.merging
from index.build import build_index
from index.export import open_encoder
index.embedding.BATCH = int(sys.argv[4])
if sys.argv[5] == "segments":
    index.merging.ANEW_BELOW = index.merging.SMALL = 0
moment, most = sys.argv[6], int(sys.argv[7])
encoder = open_encoder()
encode = encoder.encode
texts_told = 0
def die(now):
    if now == moment and texts_told >= most:
        os.kill(os.getpid(), signal.SIGKILL)
def counted(texts):
    global texts_told
    with open(sys.argv[3], "a") as told:
        told.write(f"{len(texts)}\\n")
    texts_told += len(texts)
    rows = encode(texts)
    die("unkept")
    return rows
encoder.encode = counted
print("ready", flush=True)
build_index(Path(sys.argv[1]), Path(sys.argv[2]), encoder, watch=lambda path, share: die("kept"))
print("done", flush=True)
"""


def start(folder: Path, index_dir: Path, told: Path, mode: str, moment: str = "never", most: int = 0) -> subprocess.Popen[bytes]:
    """Start a build in a process of its own; return when it is about to read the first file.

    It is killed when it has encoded `most` texts, at the `moment` when the last batch is "kept" or still "unkept".
    """
    command = [sys.executable, "-c", _BUILD, str(folder), str(index_dir), str(told), str(BATCH), mode, moment, str(most)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def finish(folder: Path, index_dir: Path, told: Path, mode: str) -> int:
    """Let a build run to its end; return how many texts it encoded."""
    before = encoded(told)
    process = start(folder, index_dir, told, mode)
    assert process.stdout is not None
    assert process.stdout.readline() == b"done\n"
    assert process.wait() == 0
    process.stdout.close()
    return encoded(told) - before


def encoded(told: Path) -> int:
    return sum(map(int, told.read_text().split())) if told.exists() else 0


def write_documents(folder: Path, rng: random.Random, places: range) -> None:
    for place in places:
        lines = [" ".join(rng.choices(_WORDS, k=rng.randint(5, 40))) + f" {rng.randint(1, 50)}." for _ in range(rng.randint(1, 12))]
        (folder / f"{place:03d}.txt").write_text("\n\n".join(lines), encoding="utf-8")


def rows(index: ParagraphIndex) -> dict[tuple[str, int, int], np.ndarray]:
    """The vector of every passage that counts, by the place of the passage."""
    found = {}
    for place, (segment, store) in enumerate(zip(index.manifest.segments, index.store.segments, strict=True)):
        vectors = VectorIndex.open(index.generation / SEGMENTS / segment.name / VECTORS).vectors()
        extents = index.store.extents(index.store.sources()).values()
        live = [row for at, extent in extents if at == place for row in extent.windows]
        passage_of = store.passages_of_windows(live)
        passages = store.passages(list(passage_of.values()))
        for row in live:
            passage = passages[passage_of[row]]
            found[passage.paragraph.source, passage.start, passage.end] = np.asarray(vectors[row], dtype=np.float32)
    return found


def assert_same(one: ParagraphIndex, other: ParagraphIndex) -> None:
    """The same passages with the same ids at the same offsets, their vectors at a cosine of 0.999 at least, and questions find the same in the same order."""
    mine, theirs = rows(one), rows(other)
    assert mine.keys() == theirs.keys()
    assert min(float(mine[key] @ theirs[key]) for key in mine) >= 0.999
    for question in QUESTIONS:
        hits, expected = one.search(question, k=30), other.search(question, k=30)
        assert [(hit.paragraph, hit.start, hit.end) for hit in hits] == [(hit.paragraph, hit.start, hit.end) for hit in expected]
        assert [list(found) for found in one.candidates(question, 100)] == [list(found) for found in other.candidates(question, 100)]


@pytest.mark.parametrize("mode", ["anew", "segments"])
def test_a_build_that_is_killed_at_any_moment_is_resumed(tmp_path: Path, encoder: OnnxEncoder, mode: str) -> None:
    """Half of the kills hit the first build, half a later one; what was encoded before the kill is not encoded again, but for one batch.

    Two of three come when a random share is encoded, so that they hit while there is something to lose; the others at any time.
    """
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown with a failure
    rng = random.Random(seed)
    stages = []  # the folder, the index before the build, the index after it, and how many texts it encodes
    folder = tmp_path / "one"
    folder.mkdir()
    write_documents(folder, rng, range(40))
    for stage in ("one", "two"):
        before, after, told = tmp_path / f"{stage}-before", tmp_path / f"{stage}-after", tmp_path / f"{stage}-told"
        if stage == "two":
            folder = tmp_path / "two"
            shutil.copytree(tmp_path / "one", folder)
            finish(folder, before, tmp_path / "base", mode)
            write_documents(folder, rng, range(30, 60))
            (folder / "000.txt").unlink()
            shutil.copytree(before, after)
        started = time.monotonic()
        texts = finish(folder, after, told, mode)
        stages.append((folder, before, after, texts, time.monotonic() - started))
    resumed = 0
    for kill in range(KILLS // 2):
        folder, before, after, texts, seconds = stages[kill % 2]
        target, told = tmp_path / f"killed-{kill}", tmp_path / f"killed-{kill}-told"
        if before.exists():
            shutil.copytree(before, target)
        by_time = kill % 3 == 2
        most = rng.randint(BATCH + 1, texts - BATCH)  # the first batch is kept, the last not begun
        process = start(folder, target, told, mode, *(() if by_time else (rng.choice(["kept", "unkept"]), most)))
        if by_time:
            time.sleep(rng.random() * seconds)
            process.kill()
        said, _ = process.communicate()
        assert by_time or (said, process.returncode) == (b"", -signal.SIGKILL)
        generation = current_generation(target)
        if generation is not None:
            check_hashes(generation)
        done = encoded(told)
        again = finish(folder, target, told, mode)
        assert done + again <= texts + BATCH
        assert by_time or most <= done < texts
        assert by_time or again > 0
        resumed += 0 < again < texts
        assert not (target / FILE).exists()
        assert not list(target.glob("staging-*"))
        generation, expected = current_generation(target), current_generation(after)
        assert generation is not None
        assert expected is not None
        check_hashes(generation)
        assert_same(ParagraphIndex(generation, encoder), ParagraphIndex(expected, encoder))
    assert resumed  # in some of them a batch was kept before the kill
