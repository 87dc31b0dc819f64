"""Building: only what changed is embedded, faults are named and passed over, and no build harms an index in force."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import Timeout
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.build import build_index, is_current, open_index
from index.encoders import ReferenceEncoder
from index.errors import CorpusError, StoreError
from index.generations import FORMAT, check_hashes, current_generation, staging
from index.locations import ROOT
from index.search import ParagraphIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.encoders import OnnxEncoder
    from index.generations import Staging


def found(index: ParagraphIndex, question: str) -> list[tuple[str, int, int, int, float]]:
    """Everything about the hits of a question that a later build must give again."""
    hits = index.search(question, k=20)
    return [(hit.paragraph.source, hit.paragraph.number, hit.start, hit.end, round(hit.score, 6)) for hit in hits]


def test_every_paragraph_that_is_found_is_the_text_between_its_offsets(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Through the store and back, in the files as they lie on disk."""
    index, report = open_index(corpus, tmp_path / "index", encoder)
    assert report is not None
    assert (report.sources, report.skipped, report.reused) == (3, {}, 0)
    for hit in index.search("harbour", k=50):
        text = (corpus / hit.paragraph.source).read_bytes().decode("utf-8")
        assert text[hit.paragraph.start : hit.paragraph.end] == hit.paragraph.text
        assert hit.paragraph.start <= hit.start < hit.end <= hit.paragraph.end


def test_an_unchanged_folder_is_current_and_a_changed_one_is_not(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """A new, a changed, a removed file each; another encoder too."""
    target = tmp_path / "index"
    assert not is_current(corpus, target, encoder)
    build_index(corpus, target, encoder)
    assert is_current(corpus, target, encoder)
    assert not is_current(corpus, target, ReferenceEncoder())
    (corpus / "new.txt").write_text("One more.", encoding="utf-8")
    assert not is_current(corpus, target, encoder)
    build_index(corpus, target, encoder)
    (corpus / "new.txt").write_text("One more, changed.", encoding="utf-8")
    assert not is_current(corpus, target, encoder)
    build_index(corpus, target, encoder)
    (corpus / "new.txt").unlink()
    assert not is_current(corpus, target, encoder)


def test_only_changed_paragraphs_are_embedded_again(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """One sentence of one file changes: one window is encoded."""
    build_index(corpus, tmp_path / "index", encoder)
    file = corpus / "harbour.txt"
    file.write_text(file.read_text(encoding="utf-8").replace("14 cranes", "15 cranes"), encoding="utf-8")
    report = build_index(corpus, tmp_path / "index", encoder)
    assert (report.embedded, report.reused > 5) == (1, True)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.sampled_from(["a.txt", "b.txt", "c.txt"]), st.integers(0, 3)), min_size=1, max_size=4))
def test_building_step_by_step_equals_building_from_scratch(edits: list[tuple[str, int]], tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Whatever files come, change and go in between: the same hits with the same scores."""
    shutil.rmtree(tmp_path / "steps", ignore_errors=True)
    folder = tmp_path / "steps" / "corpus"
    folder.mkdir(parents=True)
    (folder / "always.txt").write_text("A harbour has cranes.\n\nA hive has bees.", encoding="utf-8")
    for name, lines in edits:
        (folder / name).unlink(missing_ok=True)
        if lines:
            (folder / name).write_text("\n\n".join(f"{name} tells of harbour {line}." for line in range(lines)), encoding="utf-8")
        build_index(folder, tmp_path / "steps" / "index", encoder)
    stepwise, _ = open_index(folder, tmp_path / "steps" / "index", encoder)
    fresh, _ = open_index(folder, tmp_path / "steps" / "fresh", encoder)
    assert found(stepwise, "harbour 2") == found(fresh, "harbour 2")


def test_bad_files_are_skipped_with_a_reason_and_tried_again_only_when_they_change(
    corpus: Path, tmp_path: Path, encoder: OnnxEncoder
) -> None:
    """Binary with a text name, another encoding, a dangling link, an empty file, a type that is not read."""
    (corpus / "binary.txt").write_bytes(b"\x7fELF\0\0\0")
    (corpus / "latin.txt").write_bytes("Überhang".encode("latin-1"))
    (corpus / "dangling.txt").symlink_to(tmp_path / "nowhere")
    (corpus / "empty.txt").touch()
    os.mkfifo(corpus / "pipe.txt")
    (corpus / "photo.png").write_bytes(b"\x89PNG")
    report = build_index(corpus, tmp_path / "index", encoder)
    assert sorted(report.skipped) == ["binary.txt", "dangling.txt", "empty.txt", "latin.txt", "pipe.txt"]
    assert report.skipped["empty.txt"] == "empty.txt: the file is empty; expected a text"
    assert report.ignored == {".png": 1}
    assert is_current(corpus, tmp_path / "index", encoder)


def test_a_file_whose_name_is_not_utf8_stops_no_build(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """It is skipped by a name that can be printed, and the index is current."""
    Path(os.fsdecode(os.fsencode(corpus) + b"/caf\xe9.txt")).write_text("Hello there.", encoding="utf-8")
    assert list(build_index(corpus, tmp_path / "index", encoder).skipped) == ["caf\ufffd.txt"]
    assert is_current(corpus, tmp_path / "index", encoder)


def test_an_index_folder_that_is_a_file_is_an_error_that_says_so(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    (tmp_path / "index").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        build_index(corpus, tmp_path / "index", encoder)


def test_pages_of_the_store_that_are_damaged_are_mended_on_use(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """At the same size, so that only reading shows it."""
    store = build_index(corpus, tmp_path / "index", encoder).generation / "segments" / "000001" / "store.sqlite"
    raw = bytearray(store.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    store.write_bytes(raw)
    index, report = open_index(corpus, tmp_path / "index", encoder)
    assert report is not None
    assert index.search("cranes")


def test_nothing_readable_is_an_error_and_harms_no_index(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """An index stays in force when its folder is emptied, filled with rubbish, or gone."""
    target = tmp_path / "index"
    before = build_index(corpus, target, encoder).generation
    for path in (corpus / "sub" / "tower.txt", corpus / "bees.md", corpus / "harbour.txt"):
        path.unlink()
    with pytest.raises(CorpusError, match="no files"):
        build_index(corpus, target, encoder)
    (corpus / "binary.txt").write_bytes(b"\0\0")
    with pytest.raises(CorpusError, match=r"nothing readable.*binary\.txt"):
        build_index(corpus, target, encoder)
    (corpus / "binary.txt").rename(corpus / "photo.png")
    with pytest.raises(CorpusError, match="1 files, none of a type"):
        build_index(corpus, target, encoder)
    shutil.rmtree(corpus)
    with pytest.raises(CorpusError, match="does not exist"):
        build_index(corpus, target, encoder)
    assert current_generation(target) == before
    check_hashes(before)


def test_a_damaged_index_is_rebuilt_on_use(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """A file cut short is seen by its size, a changed byte by its hash."""
    target = tmp_path / "index"
    generation = build_index(corpus, target, encoder).generation
    vectors = generation / "segments" / "000001" / "vectors.faiss"
    raw = vectors.read_bytes()
    vectors.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(StoreError, match="has changed"):
        check_hashes(generation)
    vectors.write_bytes(raw[:100])
    assert not is_current(corpus, target, encoder)
    index, report = open_index(corpus, target, encoder)
    assert report is not None
    assert index.search("cranes")


def test_an_index_of_an_older_format_is_rebuilt_on_use(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    manifest = build_index(corpus, tmp_path / "index", encoder).generation / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(f'"format": {FORMAT}', '"format": 2'), encoding="utf-8")
    assert not is_current(corpus, tmp_path / "index", encoder)
    index, report = open_index(corpus, tmp_path / "index", encoder)
    assert report is not None
    assert index.search("cranes", sources=["harbour.txt"])


def test_damage_that_only_opening_shows_is_mended_too(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """A keyword index whose files have their sizes and not their bytes."""
    target = tmp_path / "index"
    generation = build_index(corpus, target, encoder).generation
    meta = generation / "keywords" / "meta.json"
    meta.write_bytes(b"x" * meta.stat().st_size)
    index, report = open_index(corpus, target, encoder)
    assert report is not None
    assert index.search("cranes")


def test_a_build_tells_how_far_each_document_is(tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """As batches finish, and at the end all that can be read are whole; of an unchanged one nothing is embedded."""
    monkeypatch.setattr("index.embedding.BATCH", 2)
    folder = tmp_path / "shares"
    folder.mkdir()
    (folder / "a.txt").write_text("One crane.\n\nTwo cranes.\n\nThree cranes.\n\nFour cranes.", encoding="utf-8")
    (folder / "c.txt").write_text("A hive.", encoding="utf-8")
    (folder / "d.txt").write_bytes(b"\0\0")
    whole = [("a.txt", 1.0), ("c.txt", 1.0)]
    told: list[tuple[str, float]] = []
    build_index(folder, tmp_path / "index", encoder, watch=lambda *share: told.append(share))
    assert told == [("a.txt", 0.5), ("a.txt", 1.0), ("c.txt", 1.0), *whole]
    told.clear()
    (folder / "c.txt").write_text("A hive.\n\nBees.\n\nHoney.\n\nA queen.\n\nTwo cranes.", encoding="utf-8")
    build_index(folder, tmp_path / "index", encoder, watch=lambda *share: told.append(share))
    assert [path for path, _ in told] == ["c.txt", "c.txt", "a.txt", "c.txt"]
    assert 0 < told[0][1] < told[1][1] == 1.0
    told.clear()
    build_index(folder, tmp_path / "index", encoder, watch=lambda *share: told.append(share))
    assert told == whole


def test_a_reader_keeps_its_generation_while_a_new_one_is_built(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """An index that was opened answers as before."""
    index, _ = open_index(corpus, tmp_path / "index", encoder)
    before = found(index, "cranes")
    (corpus / "more.txt").write_text("There are cranes, cranes and cranes.", encoding="utf-8")
    build_index(corpus, tmp_path / "index", encoder)
    assert found(index, "cranes") == before
    assert index.store.source("harbour.txt").title == "The new harbour of Ostmark"


_BUILD_FOREVER = """
import sys; from pathlib import Path; from index.build import build_index; from index.export import open_encoder
encoder = open_encoder(); print("ready", flush=True)
while True: build_index(Path(sys.argv[1]), Path(sys.argv[2]), encoder, rebuild=True)
"""


def test_a_build_that_is_killed_leaves_an_index_that_opens(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Killed at five moments; the next build clears what was left behind."""
    target = tmp_path / "index"
    build_index(corpus, target, encoder)
    for moment in (0.01, 0.05, 0.11, 0.17, 0.23):
        process = subprocess.Popen([sys.executable, "-c", _BUILD_FOREVER, corpus, target], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        generation = current_generation(target)
        assert generation is not None
        check_hashes(generation)
    build_index(corpus, target, encoder)
    assert not list(target.glob("staging-*"))
    assert len(list((target / "generations").iterdir())) <= 2


def test_a_reader_whose_generation_is_replaced_opens_the_new_one(
    corpus: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two changes by another process between looking and opening: nothing is damaged, and nothing is embedded again."""
    target = tmp_path / "index"
    build_index(corpus, target, encoder)
    opened: list[Path] = []

    def late(generation: Path, encoder: OnnxEncoder) -> ParagraphIndex:
        opened.append(generation)
        for number in range(2 if len(opened) == 1 else 0):
            (corpus / "new.txt").write_text(f"Change {number}.", encoding="utf-8")
            build_index(corpus, target, encoder)
        return ParagraphIndex(generation, encoder)

    monkeypatch.setattr("index.build.ParagraphIndex", late)
    index, report = open_index(corpus, target, encoder)
    assert report is None
    assert not opened[0].exists()
    assert index.generation == current_generation(target) == opened[1]


def test_a_build_that_waited_for_another_sees_the_files_as_they_are_then(
    corpus: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file added while the lock was waited for is in what is published."""
    target = tmp_path / "index"

    @contextmanager
    def waits(index_dir: Path) -> Iterator[Staging]:
        (corpus / "new.txt").write_text("One more.", encoding="utf-8")
        with staging(index_dir) as stage:
            yield stage

    monkeypatch.setattr("index.build.staging", waits)
    assert build_index(corpus, target, encoder).sources == 4
    assert is_current(corpus, target, encoder)


def test_nobody_is_told_to_delete_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it two would build at once; the system gives it back when its holder ends."""
    monkeypatch.setattr("filelock.FileLock.acquire", lambda lock: (_ for _ in ()).throw(Timeout(lock.lock_file)))
    with pytest.raises(StoreError, match="wait for it or end it") as raised, staging(tmp_path / "index"):
        pass
    assert str(tmp_path / "index" / "lock") not in str(raised.value)
