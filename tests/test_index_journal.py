"""The journal of a build: what was encoded is not encoded again, and nothing that is damaged is taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from index.build import build_index
from index.embedding import WindowVectors
from index.errors import StoreError
from index.generations import staging
from index.journal import FILE, Journal, count_left
from ui.cli import main
from ui.doctor import examine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.encoders import OnnxEncoder


class BrokenOffError(Exception):
    """In the place of a kill."""


class Counting:
    """The real encoder, which counts the texts and fails at one of the calls."""

    def __init__(self, encoder: OnnxEncoder, *, fail_at: int = -1) -> None:
        self.fingerprint, self.dimension, self.max_tokens, self.tokenizer = (
            encoder.fingerprint,
            encoder.dimension,
            encoder.max_tokens,
            encoder.tokenizer,
        )
        self._encoder = encoder
        self._fail_at = fail_at
        self.calls = 0
        self.texts = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.calls == self._fail_at:
            raise BrokenOffError
        self.calls += 1
        self.texts += len(texts)
        return self._encoder.encode(texts)

    def encode_questions(self, questions: Sequence[str]) -> NDArray[np.float32]:
        return self.encode(questions)


@pytest.fixture
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.embedding.BATCH", 2)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Nine paragraphs in two documents."""
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "a.txt").write_text("\n\n".join(f"Crane {number} lifts stones." for number in range(5)), encoding="utf-8")
    (folder / "b.txt").write_text("\n\n".join(f"Hive {number} holds bees." for number in range(4)), encoding="utf-8")
    return folder


@pytest.mark.usefixtures("batches_of_two")
def test_a_build_that_was_broken_off_encodes_only_what_was_not_done(many: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Three batches of two were done: three of nine windows are left; afterwards there is no journal."""
    with pytest.raises(BrokenOffError):
        build_index(many, tmp_path / "index", Counting(encoder, fail_at=3))
    again = Counting(encoder)
    report = build_index(many, tmp_path / "index", again)
    assert (again.texts, report.embedded, report.resumed, report.reused) == (3, 3, 6, 0)
    assert not (tmp_path / "index" / FILE).exists()


@pytest.mark.usefixtures("batches_of_two")
def test_what_changed_after_a_build_was_broken_off_is_encoded(many: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    with pytest.raises(BrokenOffError):
        build_index(many, tmp_path / "index", Counting(encoder, fail_at=3))
    (many / "a.txt").write_text("Crane 0 lifts stones.\n\nCrane 7 rusts.", encoding="utf-8")
    report = build_index(many, tmp_path / "index", encoder)
    assert (report.embedded, report.resumed) == (4, 2)  # crane 7 and hives 1 to 3; crane 0 and hive 0


@pytest.mark.usefixtures("batches_of_two")
@pytest.mark.parametrize("harm", ["cut short", "another byte", "another encoder", "not a journal"])
def test_what_is_damaged_in_a_journal_is_encoded_again(many: Path, tmp_path: Path, encoder: OnnxEncoder, harm: str) -> None:
    """The last of three records, or all of it."""
    with pytest.raises(BrokenOffError):
        build_index(many, tmp_path / "index", Counting(encoder, fail_at=3))
    file = tmp_path / "index" / FILE
    raw = file.read_bytes()
    other = Counting(encoder)
    if harm == "cut short":
        file.write_bytes(raw[:-1])
    elif harm == "another byte":
        file.write_bytes(raw[:-9] + bytes([raw[-9] ^ 1]) + raw[-8:])
    elif harm == "another encoder":
        other.fingerprint = "another"
    else:
        file.write_bytes(b"notes of somebody else" * 1000)
    report = build_index(many, tmp_path / "index", other)
    assert report.resumed == (4 if harm in {"cut short", "another byte"} else 0)
    assert report.embedded == 9 - report.resumed


def test_every_whole_record_of_a_journal_is_read_wherever_it_ends(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Cut at any length: as many records as are whole, in order, and appending goes on behind them."""
    rows = np.arange(5 * encoder.dimension, dtype=np.float32).reshape(5, -1)
    keys = [bytes([number]) * 32 for number in range(5)]
    with Journal(tmp_path, encoder) as journal:
        ends = [journal.append(keys[:2], rows[:2]) + 2 * journal.stride(), journal.append(keys[2:], rows[2:]) + 3 * journal.stride()]
    raw = (tmp_path / FILE).read_bytes()
    assert len(raw) == ends[1]
    for length in [0, 10, ends[0] - 1, ends[0], ends[0] + 1, ends[0] + 50, ends[1] - 1, ends[1]]:
        (tmp_path / FILE).write_bytes(raw[:length])
        with Journal(tmp_path, encoder) as journal:
            left = list(journal.left())
            assert [key for hashes, _ in left for key in hashes] == keys[: 2 * (length >= ends[0]) + 3 * (length >= ends[1])]
            assert all((journal.read(at) == rows[keys.index(hashes[0])]).all() for hashes, at in left)
            at = journal.append(keys[4:], rows[4:])
            assert (journal.read(at) == rows[4]).all()
        with Journal(tmp_path, encoder) as journal:
            assert [hashes for hashes, _ in journal.left()] == [hashes for hashes, _ in left] + [keys[4:]]


@pytest.mark.usefixtures("batches_of_two")
def test_what_was_left_is_counted_without_an_encoder(many: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Whole records only, of this encoder only; the file is left as it is."""
    index_dir = tmp_path / "index"
    assert count_left(index_dir, encoder.fingerprint) == 0
    with pytest.raises(BrokenOffError):
        build_index(many, index_dir, Counting(encoder, fail_at=3))
    assert count_left(index_dir, encoder.fingerprint) == 6
    assert count_left(index_dir, "another") == 0
    raw = (index_dir / FILE).read_bytes()
    (index_dir / FILE).write_bytes(raw[:-1])
    assert count_left(index_dir, encoder.fingerprint) == 4
    assert (index_dir / FILE).read_bytes() == raw[:-1]
    build_index(many, index_dir, encoder)
    assert count_left(index_dir, encoder.fingerprint) == 0


@pytest.mark.usefixtures("batches_of_two")
def test_the_doctor_tells_of_a_build_that_is_not_done(
    many: Path, tmp_path: Path, encoder: OnnxEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    """Broken off before there is an index, with what to type; going on; and broken off where there is one."""
    index_dir = tmp_path / "index"
    doctor = ["doctor", "--corpus", str(many), "--index-dir", str(index_dir)]
    with pytest.raises(BrokenOffError):
        build_index(many, index_dir, Counting(encoder, fail_at=3))
    assert main(doctor) == 1
    told = capsys.readouterr().out
    assert f"fault: there is no index at {index_dir} yet: a build was broken off; the next one takes over the 6 vectors" in told
    assert f"to go on: pincite index --corpus {many} --index-dir {index_dir}" in told
    with staging(index_dir):
        assert main(doctor) == 1
        assert "yet: a build is going on, with 6 vectors so far\n      wait until it is done" in capsys.readouterr().out
    assert examine(many, index_dir).record["unfinished"] == {"vectors": 6, "running": False}
    build_index(many, index_dir, encoder)
    assert examine(many, index_dir).record["unfinished"] == {"vectors": 0, "running": False}
    (many / "c.txt").write_text("Lock 1 leaks.\n\nLock 2 leaks.\n\nLock 3 leaks.", encoding="utf-8")
    with pytest.raises(BrokenOffError):
        build_index(many, index_dir, Counting(encoder, fail_at=1))
    notes = [finding.said for finding in examine(many, index_dir).findings if finding.level == "note"]
    assert any("takes over the 2 vectors" in note for note in notes)


def test_vectors_that_are_nowhere_are_an_error(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """None is made up."""
    with (
        Journal(tmp_path, encoder) as journal,
        WindowVectors(tmp_path, encoder, journal, None) as vectors,
        pytest.raises(StoreError, match="not there"),
    ):
        list(vectors.read([bytes(32)]))
