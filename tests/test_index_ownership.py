"""Whose index it is: one that is named for another folder of documents is not replaced by accident."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from index.build import build_index
from index.errors import StoreError
from index.generations import current_generation
from rag import Assistant
from ui.cli import main
from ui.doctor import examine

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder


@pytest.fixture
def index_dir(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Path:
    """The index of `corpus`."""
    return build_index(corpus, tmp_path / "index", encoder).generation.parent.parent


@pytest.fixture
def bridges(tmp_path: Path) -> Path:
    """Another folder."""
    folder = tmp_path / "bridges"
    folder.mkdir()
    (folder / "orrin.txt").write_text("The Orrin Bridge has 7 arches.\n", encoding="utf-8")
    return folder


def test_the_index_of_another_folder_is_neither_replaced_nor_asked(
    corpus: Path, index_dir: Path, bridges: Path, encoder: OnnxEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    """By any command: both folders are named, with what to type; what was built stands."""
    before = current_generation(index_dir)
    where = ["--corpus", str(bridges), "--index-dir", str(index_dir)]
    for typed in (["index", *where], ["ask", "How many arches?", *where], ["conflicts", *where]):
        assert main(typed) == 1
        said = capsys.readouterr().err
        assert f"the index at {index_dir} is of {corpus}, which is still there and holds other files than {bridges}" in said
        assert "--index-dir FOLDER" in said
        assert f"pincite index --rebuild --corpus {bridges} --index-dir {index_dir}" in said
    with pytest.raises(StoreError, match="is still there"):
        Assistant(bridges, index_dir, encoder=encoder).update()
    (fault,) = (finding for finding in examine(bridges, index_dir).findings if finding.level == "fault")
    assert f"is of {corpus}, which is still there" in fault.said
    assert current_generation(index_dir) == before
    assert "14 cranes" in Assistant(corpus, index_dir, encoder=encoder).ask("How many cranes has the harbour of Ostmark?").text


def test_it_is_replaced_when_that_is_asked_for(
    corpus: Path, index_dir: Path, bridges: Path, encoder: OnnxEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", "--rebuild", "--corpus", str(bridges), "--index-dir", str(index_dir)]) == 0
    assert "1 documents" in capsys.readouterr().out
    with pytest.raises(StoreError, match=f"is of {bridges}, which"):
        build_index(corpus, index_dir, encoder)


@pytest.mark.parametrize("way", ["copied", "renamed", "gone", "linked", "grown"])
def test_a_folder_that_was_moved_or_copied_keeps_its_index(
    corpus: Path, index_dir: Path, bridges: Path, tmp_path: Path, encoder: OnnxEncoder, way: str
) -> None:
    """With most of its files, however many have joined them; a folder that is gone needs no index."""
    moved = tmp_path / "moved"
    if way == "copied":
        shutil.copytree(corpus, moved)
        (moved / "bees.md").write_text("Other words.", encoding="utf-8")
    elif way == "renamed":
        corpus.rename(moved)
    elif way == "gone":
        shutil.rmtree(corpus)
        moved = bridges
    elif way == "linked":
        moved.symlink_to(corpus)
    else:
        shutil.copytree(corpus, moved)
        for number in range(20):
            (moved / f"{number}.txt").write_text("Joined.", encoding="utf-8")
    embedded = {"copied": 1, "gone": 1, "grown": 20}
    assert build_index(moved, index_dir, encoder).embedded == embedded.get(way, 0)


def test_a_folder_that_holds_a_few_of_the_files_is_another_one(corpus: Path, index_dir: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """One file of three, as of one name and length: a licence stands in many folders."""
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(corpus / "harbour.txt", other)
    (other / "bees.md").write_text("Bees.", encoding="utf-8")
    with pytest.raises(StoreError, match="is still there"):
        build_index(other, index_dir, encoder)
    shutil.copytree(corpus / "sub", other / "sub")  # two of three
    assert build_index(other, index_dir, encoder).sources == 3
