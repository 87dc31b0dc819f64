"""Segments: a small change adds one and rewrites nothing, what is merged stays the same, what is gone is not found."""

from __future__ import annotations

import errno
import hashlib
import shutil
import sqlite3
import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.build import build_index, is_current, open_index
from index.draft import Draft
from index.errors import StoreError
from index.files import sha256_file
from index.generations import check_hashes, current_generation, read_manifest
from index.search import ParagraphIndex
from rag.abstention import knows_nothing
from rag.question import read_question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.encoders import OnnxEncoder

TOWNS = ["Brill", "Lund", "Visby", "Ostmark", "Tarn", "Oslo", "Kalmar", "Turku"]


@pytest.fixture
def never_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every index were large: nothing is written anew, and the segment before is merged with one as large or larger."""
    monkeypatch.setattr("index.merging.ANEW_BELOW", 0)
    monkeypatch.setattr("index.merging.GONE_MOST", 1.0)
    monkeypatch.setattr("index.merging.SMALL", 0)
    monkeypatch.setattr("index.merging.GROWTH", 1)


@pytest.fixture
def towns(tmp_path: Path) -> Path:
    """Eight documents of six paragraphs."""
    folder = tmp_path / "towns"
    folder.mkdir()
    for town in TOWNS:
        write(folder, town, [f"The harbour of {town} has {number} cranes." for number in range(6)])
    return folder


def write(folder: Path, town: str, lines: list[str]) -> None:
    (folder / f"{town}.txt").write_text("\n\n".join(lines), encoding="utf-8")


def contents(index: ParagraphIndex) -> list[tuple[str, int, int, int, str]]:
    """Every paragraph, as the store tells it."""
    found = [paragraph for path in index.store.sources() for paragraph in index.store.paragraphs(path)]
    return [(one.source, one.number, one.start, one.end, one.text) for one in found]


def nearest(index: ParagraphIndex, question: str) -> dict[tuple[str, int], float]:
    """The cosine of every passage with a question."""
    dense, _ = index.candidates(question, 1000)
    passages = index.store.passages(list(dense))
    return {(passages[number].paragraph.source, passages[number].start): round(cosine, 3) for number, cosine in dense.items()}


def matching(index: ParagraphIndex, question: str) -> set[tuple[str, int]]:
    """Every passage that has one of a question's words."""
    passages = index.store.passages(list(index.candidates(question, 1000)[1]))
    return {(passage.paragraph.source, passage.start) for passage in passages.values()}


@pytest.mark.usefixtures("never_anew")
def test_a_change_adds_a_segment_and_leaves_every_other_file_alone(towns: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """One paragraph in 48: one document is stored again, one window encoded; the old segment is the same file with the same hash."""
    before = build_index(towns, tmp_path / "index", encoder)
    write(towns, "Lund", [f"The harbour of Lund has {number} cranes." for number in range(5)] + ["It has 99 boats."])
    after = build_index(towns, tmp_path / "index", encoder)
    assert (after.embedded, after.reused, after.sources, after.paragraphs) == (1, 47, 8, 48)
    old, new = read_manifest(before.generation), read_manifest(after.generation)
    assert [(one.name, one.sources, one.windows) for one in new.segments] == [("000001", 7, 48), ("000002", 1, 6)]
    shared = {name for name in old.files if name.startswith("segments/") or name.endswith((".idx", ".store", ".term", ".fast"))}
    assert len(shared) > 5
    assert all((before.generation / name).samefile(after.generation / name) for name in shared)
    assert all(new.files[name] == old.files[name] for name in shared)
    check_hashes(before.generation)
    check_hashes(after.generation)
    index = ParagraphIndex(after.generation, encoder)
    assert index.search("boats")[0].paragraph.text == "It has 99 boats."
    assert "The harbour of Lund has 5 cranes." not in {hit.paragraph.text for hit in index.search("harbour of Lund 5 cranes", k=100)}


@pytest.mark.usefixtures("never_anew")
def test_unchanged_documents_are_not_read(towns: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """And those of which only the file's time has changed are read, and stay where they are."""
    build_index(towns, tmp_path / "index", encoder)
    read: list[str] = []
    from index import reading

    real = reading.read_source
    monkeypatch.setattr("index.reading.read_source", lambda corpus, path, parsers: (read.append(path), real(corpus, path, parsers))[1])
    write(towns, "Tarn", ["Nothing is left of Tarn."])
    (towns / "Visby.txt").touch()
    report = build_index(towns, tmp_path / "index", encoder)
    assert read == ["Tarn.txt", "Visby.txt"]
    assert [one.sources for one in read_manifest(report.generation).segments] == [7, 1]
    assert is_current(towns, tmp_path / "index", encoder)


@pytest.mark.usefixtures("never_anew")
def test_what_is_taken_over_is_neither_hashed_nor_copied(
    towns: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what a change wrote is hashed; after a build that was broken off everything is, first."""
    build_index(towns, tmp_path / "index", encoder)
    hashed: list[str] = []
    monkeypatch.setattr("index.generations.sha256_file", lambda path: (hashed.append(path.parent.name), sha256_file(path))[1])
    write(towns, "Tarn", ["Nothing is left of Tarn."])
    build_index(towns, tmp_path / "index", encoder)
    assert "000001" not in hashed
    assert hashed.count("000002") == 2  # the store and the vectors of the new segment
    (tmp_path / "index" / "staging-left").mkdir()
    write(towns, "Tarn", ["Everything is back."])
    build_index(towns, tmp_path / "index", encoder)
    assert hashed.count("000001") == 2


class Hashing:
    """An encoder that costs nothing: a text's vector is made of its hash."""

    fingerprint = "hashing"
    dimension = 384
    max_tokens = 256

    def __init__(self, encoder: OnnxEncoder) -> None:
        self.tokenizer = encoder.tokenizer

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [np.frombuffer(hashlib.shake_128(text.encode()).digest(384), dtype=np.int8) for text in texts]
        vectors = np.array(rows, dtype=np.float32).reshape(-1, 384)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def encode_questions(self, questions: Sequence[str]) -> NDArray[np.float32]:
        return self.encode(questions)


def test_a_build_holds_no_more_of_many_documents_than_of_few(tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight times the documents, at most half as much memory again (texts, windows, hashes, vectors, of Python and NumPy)."""
    monkeypatch.setattr("index.embedding.BATCH", 32)
    monkeypatch.setattr("index.embedding._ROWS", 64)
    peaks = []
    for count in (1, 5, 40):  # the first for what is imported and cached
        folder = tmp_path / f"{count}"
        folder.mkdir()
        for place in range(count):
            write(folder, f"{place:03d}", [f"Town {place} has {number} cranes. " + "They lift stones. " * 20 for number in range(40)])
        tracemalloc.start()
        report = build_index(folder, tmp_path / f"index-{count}", Hashing(encoder))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert report.embedded == 40 * count
    assert peaks[2] <= 1.5 * peaks[1]


def test_a_build_without_a_change_writes_nothing(towns: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """The same generation stays in force, and the report says the same of it."""
    (towns / "binary.txt").write_bytes(b"\0\0")
    before = build_index(towns, tmp_path / "index", encoder)
    after = build_index(towns, tmp_path / "index", encoder)
    assert after.generation == before.generation
    assert (after.embedded, after.reused, after.skipped) == (0, 48, before.skipped)


@pytest.mark.usefixtures("never_anew")
def test_moved_files_keep_their_vectors(towns: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """A title of its own moves with the text; a title that is the file's name is part of what is embedded."""
    for town in TOWNS:
        write(towns, town, [f"# The harbour of {town}", *(f"It has {number} cranes." for number in range(5))])
    build_index(towns, tmp_path / "index", encoder)
    (towns / "north").mkdir()
    (towns / "Lund.txt").rename(towns / "north" / "Skane.txt")
    report = build_index(towns, tmp_path / "index", encoder)
    assert (report.embedded, report.sources) == (0, 8)
    assert ParagraphIndex(report.generation, encoder).search("harbour of Lund")[0].paragraph.source == "north/Skane.txt"


@pytest.mark.usefixtures("never_anew")
def test_what_is_gone_is_not_found_listed_or_counted(towns: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """By no way of asking; a folder whose last document of a segment goes loses the segment."""
    build_index(towns, tmp_path / "index", encoder)
    write(towns, "New", ["A lighthouse stands here."])
    build_index(towns, tmp_path / "index", encoder)
    (towns / "Oslo.txt").unlink()
    (towns / "New.txt").unlink()
    (towns / "binary.txt").write_bytes(b"\0\0")
    report = build_index(towns, tmp_path / "index", encoder)
    index = ParagraphIndex(report.generation, encoder)
    assert (report.sources, report.paragraphs, report.reused) == (7, 42, 42)
    assert [one.name for one in index.manifest.segments] == ["000001"]
    assert (
        index.store.sources() == [one.path for one in index.store.contents(-1)] == sorted(f"{town}.txt" for town in TOWNS if town != "Oslo")
    )
    assert "binary data" in index.store.skipped()["binary.txt"]
    assert len(nearest(index, "a lighthouse in Oslo")) == 42
    assert {source for source, _ in matching(index, "lighthouse harbour")} == set(index.store.sources())
    assert (index.store.paragraphs("Oslo.txt"), index.store.text_between("Oslo.txt", 0, 3), index.store.titles(["Oslo.txt"])) == (
        [],
        None,
        {},
    )
    assert index.store.paragraphs_at([("Oslo.txt", 1), ("Lund.txt", 2)])[0].source == "Lund.txt"
    with pytest.raises(KeyError):
        index.store.source("Oslo.txt")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.dictionaries(st.sampled_from(TOWNS[:5]), st.one_of(st.none(), st.integers(1, 9)), min_size=1, max_size=3), min_size=1, max_size=7
    )
)
@pytest.mark.usefixtures("never_anew")
def test_whatever_comes_and_goes_the_segments_hold_what_one_build_would(
    steps: list[dict[str, int | None]], tmp_path: Path, encoder: OnnxEncoder
) -> None:
    """Paragraphs, offsets, cosines and matches, of all documents and of some; segments are added, merged and dropped on the way."""
    shutil.rmtree(tmp_path / "steps", ignore_errors=True)
    folder = tmp_path / "steps" / "corpus"
    folder.mkdir(parents=True)
    write(folder, "always", ["A harbour has cranes.", "A hive has bees."])
    for step in steps:
        for town, lines in step.items():
            (folder / f"{town}.txt").unlink(missing_ok=True)
            if lines:
                write(folder, town, [f"The harbour of {town} has {number * lines} cranes." for number in range(lines)])
        build_index(folder, tmp_path / "steps" / "index", encoder)
    stepwise, report = open_index(folder, tmp_path / "steps" / "index", encoder)
    fresh, _ = open_index(folder, tmp_path / "steps" / "fresh", encoder)
    assert report is None
    check_hashes(stepwise.generation)
    assert (stepwise.manifest.sources, stepwise.manifest.paragraphs) == (fresh.manifest.sources, fresh.manifest.paragraphs)
    assert stepwise.manifest.windows == fresh.manifest.windows
    assert contents(stepwise) == contents(fresh)
    some = fresh.store.sources()[::2]
    for one, other in ((stepwise, fresh), (stepwise.within(some), fresh.within(some))):
        assert nearest(one, "cranes of Lund") == nearest(other, "cranes of Lund")
        assert matching(one, "4 bees") == matching(other, "4 bees")


def test_a_small_index_is_the_one_that_would_be_built_at_once(towns: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Ids, hits and scores, to the last bit, whatever happened on the way."""
    build_index(towns, tmp_path / "index", encoder)
    write(towns, "Lund", ["The harbour of Lund has 99 boats."])
    (towns / "Brill.txt").unlink()
    write(towns, "Aker", ["The harbour of Aker has 7 cranes."])
    stepwise, _ = open_index(towns, tmp_path / "index", encoder)
    fresh, _ = open_index(towns, tmp_path / "fresh", encoder)
    for question in ("harbour of Lund", "7 cranes"):
        assert stepwise.candidates(question, 100) == fresh.candidates(question, 100)
        assert stepwise.search(question, k=50) == fresh.search(question, k=50)
    assert (stepwise.manifest.ids, len(stepwise.manifest.segments)) == (fresh.manifest.ids, 1)


def test_segments_stay_few_and_an_index_in_which_much_is_gone_is_written_anew(
    towns: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty changes of one document: never more segments than the logarithm of their number; then no id is left unused."""
    monkeypatch.setattr("index.merging.ANEW_BELOW", 0)
    monkeypatch.setattr("index.merging.SMALL", 0)
    monkeypatch.setattr("index.merging.GONE_MOST", 0.5)
    build_index(towns, tmp_path / "index", encoder)
    counts, unused = [], []
    for number in range(30):
        write(towns, "Lund", [f"The harbour of Lund has {number} boats."])
        write(towns, f"new{number:02d}", ["A hive.", f"{number} bees."])
        manifest = read_manifest(build_index(towns, tmp_path / "index", encoder).generation)
        counts.append(len(manifest.segments))
        unused.append(1 - manifest.passages / manifest.ids["passage"])
    assert max(counts) <= 5
    assert 0 < max(unused) <= 0.5
    assert manifest.sources == 38


def test_of_another_splitter_nothing_is_kept_but_vectors(
    towns: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every text is split again; windows with the same text are not encoded again."""
    build_index(towns, tmp_path / "index", encoder)
    monkeypatch.setattr("index.build.SPLITTER_VERSION", -1)
    monkeypatch.setattr("index.earlier.SPLITTER_VERSION", -1)
    assert not is_current(towns, tmp_path / "index", encoder)
    report = build_index(towns, tmp_path / "index", encoder)
    assert (report.embedded, report.reused) == (0, 48)
    assert read_manifest(report.generation).splitter == -1


@pytest.mark.usefixtures("never_anew")
def test_damage_that_a_build_meets_is_not_taken_over(towns: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """A segment whose pages are rubbish: everything is written again."""
    generation = build_index(towns, tmp_path / "index", encoder).generation
    store = generation / "segments" / "000001" / "store.sqlite"
    raw = store.read_bytes()
    store.write_bytes(raw[:4096] + b"\xff" * (len(raw) - 4096))
    write(towns, "Lund", ["The harbour of Lund has 99 boats."])
    report = build_index(towns, tmp_path / "index", encoder)
    assert (report.embedded, report.sources) == (43, 8)
    assert ParagraphIndex(report.generation, encoder).search("boats")[0].paragraph.source == "Lund.txt"


@pytest.mark.parametrize("anew_below", [4000, 0])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_one_page_of_rubbish_is_not_taken_over(
    towns: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch, anew_below: int, share: float
) -> None:
    """Wherever in the file it lies: the next build ends, and every paragraph is again as in the documents."""
    monkeypatch.setattr("index.merging.ANEW_BELOW", anew_below)
    write(towns, "Long", ["The harbour has cranes. " * 2000])
    generation = build_index(towns, tmp_path / "index", encoder).generation
    store = generation / "segments" / "000001" / "store.sqlite"
    raw = bytearray(store.read_bytes())
    page = 1 + int(share * (len(raw) // 4096 - 1))
    raw[4096 * page : 4096 * (page + 1)] = b"\xff" * 4096
    store.write_bytes(raw)
    write(towns, "Lund", ["The harbour of Lund has 99 boats."])
    index, _ = open_index(towns, tmp_path / "index", encoder)
    check_hashes(index.generation)
    fresh, _ = open_index(towns, tmp_path / "fresh", encoder)
    assert contents(index) == contents(fresh)
    assert [index.store.source(path) for path in index.store.sources()] == [fresh.store.source(path) for path in fresh.store.sources()]


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def full_database(*_: object, **__: object) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("PRAGMA max_page_count = 1")
        database.execute("CREATE TABLE full (one TEXT)")


@pytest.mark.parametrize(
    ("place", "fault"),
    [("index.journal.Journal._write", full_disk), ("index.segment_writer.SegmentWriter._copy", full_database)],
)
def test_a_full_disk_is_told_and_no_reason_to_begin_again(
    towns: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch, place: str, fault: Callable[..., None]
) -> None:
    """One attempt, an error that says what to do, and the old index still in force; with room again only the change is encoded."""
    generation = build_index(towns, tmp_path / "index", encoder).generation
    write(towns, "Lund", ["The harbour of Lund has 99 boats."])
    attempts: list[int] = []
    monkeypatch.setattr("index.build.Draft", lambda *parts, **options: attempts.append(1) or Draft(*parts, **options))
    with monkeypatch.context() as patch:
        patch.setattr(place, fault)
        with pytest.raises(StoreError, match=r"cannot be written .*(full|No space).* --index-dir FOLDER"):
            build_index(towns, tmp_path / "index", encoder)
    assert len(attempts) == 1
    assert current_generation(tmp_path / "index") == generation
    report = build_index(towns, tmp_path / "index", encoder)
    assert report.embedded + report.resumed == 1


@pytest.mark.parametrize("error", [StoreError("mine"), OSError(errno.ENOSPC, "mine"), ValueError("mine")])
def test_what_watches_a_build_ends_it(towns: Path, tmp_path: Path, encoder: OnnxEncoder, error: Exception) -> None:
    """Whatever it raises comes out as it is, after one attempt."""
    build_index(towns, tmp_path / "index", encoder)
    write(towns, "Lund", ["The harbour of Lund has 99 boats."])
    calls: list[str] = []

    def watch(path: str, _: float) -> None:
        calls.append(path)
        raise error

    with pytest.raises(type(error)) as raised:
        build_index(towns, tmp_path / "index", encoder, watch=watch)
    assert raised.value is error
    assert calls == ["Lund.txt"]


@pytest.mark.usefixtures("never_anew")
def test_words_of_a_document_that_is_gone_are_not_held(towns: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """They may weigh in how rare words are for a while, but nobody is told that the documents mention them."""
    write(towns, "Wreck", ["The zeppelin Hindenburg landed here."])
    build_index(towns, tmp_path / "index", encoder)
    (towns / "Wreck.txt").unlink()
    index, _ = open_index(towns, tmp_path / "index", encoder)
    assert index.frequencies(["zeppelin"]) == {"zeppelin": 1}  # else this proves nothing
    assert not index.holds(["zeppelin"])
    assert not index.within(["Lund.txt"]).holds(["zeppelin"], anywhere=True)
    assert index.within(["Lund.txt"]).holds(["brill"], anywhere=True)
    assert not index.within(["Lund.txt"]).holds(["brill"])
    assert knows_nothing(read_question("Zeppelins?"), index)


@pytest.mark.usefixtures("never_anew")
def test_equal_passages_are_found_in_reading_order_whatever_was_changed(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """More documents share a line than take part in a search; a change that is undone leaves no trace in what is found."""
    folder = tmp_path / "notices"
    folder.mkdir()
    notice = ["# Notice", "Visitors leave the harbour at eight."]
    for number in range(130):
        write(folder, f"d{number:03d}", notice)
    build_index(folder, tmp_path / "index", encoder)
    for lines in (["# Notice", "Other words."], notice):
        write(folder, "d000", lines)
        build_index(folder, tmp_path / "index", encoder)
    changed, _ = open_index(folder, tmp_path / "index", encoder)
    fresh, _ = open_index(folder, tmp_path / "fresh", encoder)
    assert len(changed.manifest.segments) > 1
    for question in ("When do visitors leave the harbour?", "visitors"):
        for nearest_of in (0, 3):
            hits, expected = ([hit.paragraph for hit in one.search(question, k=10, nearest=nearest_of)] for one in (changed, fresh))
            assert hits == expected
            assert [hit.source for hit in hits] == [f"d{number:03d}.txt" for number in range(10)]
    row = encoder.encode(["visitors"])[0].tolist()
    assert [hit.paragraph for hit in changed.search_vector(row, 10)] == [hit.paragraph for hit in fresh.search_vector(row, 10)]
