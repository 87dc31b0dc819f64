"""`pincite doctor`: what it sees of a healthy index, and of everything that can be wrong with one."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.duplicates import NEAR, find_near_duplicates
from index.errors import EncoderError
from index.export import check_export, export_name
from index.generations import current_generation
from index.listing import list_files
from index.locations import ENCODERS, ROOT
from rag.settings import Settings, load_encoder, name_encoder
from ui.cli import main
from ui.doctor import examine
from ui.network import name_hosts
from ui.versions import TELLING, compare_versions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.encoders import OnnxEncoder


@pytest.fixture
def index_dir(corpus: Path, tmp_path: Path) -> Path:
    """A folder's index, just made."""
    folder = tmp_path / "index"
    assert main(["index", str(corpus), "--index-dir", str(folder)]) == 0
    return folder


def _faults(corpus: Path, index_dir: Path, *, verify: bool = False) -> str:
    seen = examine(corpus, index_dir, verify=verify)
    return "\n".join(str(finding) for finding in seen.findings if finding.level == "fault")


def test_files_that_are_not_read_are_counted_in_one_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By type, in any case; what is read and what is hidden is not among them."""
    for name in ("a.txt", "B.TXT", "c.png", "D.PNG", "Makefile", "v1.2/notes", ".hidden.png"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    walks: list[Path] = []
    walk = os.walk
    monkeypatch.setattr(os, "walk", lambda folder: walks.append(folder) or walk(folder))
    assert list_files(tmp_path).ignored == {".png": 2, "no suffix": 2}
    assert walks == [tmp_path]


def test_a_healthy_index_is_told_and_nothing_has_to_be_done(corpus: Path, index_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0; JSON holds the same."""
    capsys.readouterr()
    where = ["--corpus", str(corpus), "--index-dir", str(index_dir)]
    assert main(["doctor", "--verify", *where]) == 0
    printed = capsys.readouterr().out
    assert "3 documents, 11 paragraphs" in printed
    assert "network       needed for nothing" in printed
    assert printed.endswith("healthy: nothing has to be done\n")
    assert main(["doctor", "--json", *where]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["healthy"] is True
    assert record["index"]["documents"] == 3
    sizes = [
        file.stat().st_size for file in (index_dir / "generations" / "000001").rglob("*") if file.is_file() and file.name != "manifest.json"
    ]
    assert sum(record["index"]["bytes"].values()) == sum(sizes) > 0
    assert set(record["index"]["bytes"]) == {"catalogue", "store", "vectors", "keywords"}
    assert (record["network"], record["changes"]) == ({}, {"new": [], "changed": [], "gone": []})


def test_files_that_changed_are_named(corpus: Path, index_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """New, changed and gone; exit code 1 with what to type, and the index is left as it is."""
    (corpus / "bees.md").write_text("# Bees\n\nOther words.\n", encoding="utf-8")
    (corpus / "harbour.txt").unlink()
    for number in range(7):
        (corpus / f"new{number}.txt").write_text("New words.", encoding="utf-8")
    before = current_generation(index_dir)
    assert main(["doctor", "--corpus", str(corpus), "--index-dir", str(index_dir)]) == 1
    printed = capsys.readouterr().out
    assert "7 new (new0.txt, new1.txt, new2.txt, new3.txt, new4.txt, and 2 more)" in printed
    assert "1 changed (bees.md); 1 gone (harbour.txt)" in printed
    assert f"now: pincite index --corpus {corpus} --index-dir {index_dir}" in printed
    assert current_generation(index_dir) == before
    assert main(["index", "--corpus", str(corpus), "--index-dir", str(index_dir)]) == 0
    assert _faults(corpus, index_dir) == ""


def test_what_was_not_read_is_told_with_its_reason(corpus: Path, tmp_path: Path) -> None:
    """Broken files and other types are notes: the rest can be asked."""
    (corpus / "broken.txt").write_bytes(b"\0\1\2")
    (corpus / "picture.png").touch()
    (corpus / "README").touch()
    main(["index", str(corpus), "--index-dir", str(tmp_path / "index")])
    seen = examine(corpus, tmp_path / "index")
    notes = [str(finding) for finding in seen.findings]
    assert seen.healthy
    assert any("broken.txt" in note and "binary data" in note for note in notes)
    assert any("1 .png, 1 no suffix" in note for note in notes)


def _no_index(index_dir: Path) -> None:
    shutil.rmtree(index_dir)


def _cut_short(index_dir: Path) -> None:
    file = index_dir / "generations" / "000001" / "segments" / "000001" / "store.sqlite"
    file.write_bytes(file.read_bytes()[:-100])


def _no_manifest(index_dir: Path) -> None:
    (index_dir / "generations" / "000001" / "manifest.json").write_text("{", encoding="utf-8")


def _of_another_format(index_dir: Path) -> None:
    _rewrite(index_dir, "format", 1)


def _of_another_encoder(index_dir: Path) -> None:
    _rewrite(index_dir, "encoder", "another/fp32")


def _of_another_splitter(index_dir: Path) -> None:
    _rewrite(index_dir, "splitter", 1)


def _of_another_folder(index_dir: Path) -> None:
    _rewrite(index_dir, "corpus", "/elsewhere")


def _no_database(index_dir: Path) -> None:
    file = index_dir / "generations" / "000001" / "segments" / "000001" / "store.sqlite"
    file.write_bytes(b"x" * file.stat().st_size)


def _a_file_in_its_place(index_dir: Path) -> None:
    shutil.rmtree(index_dir)
    index_dir.write_text("x", encoding="utf-8")


def _rewrite(index_dir: Path, name: str, value: object) -> None:
    manifest = index_dir / "generations" / "000001" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text(encoding="utf-8")) | {name: value}), encoding="utf-8")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_no_index, "there is no index"),
        (_cut_short, "the manifest says"),
        (_no_manifest, "cannot be read"),
        (_of_another_format, "format 1, expected"),
        (_of_another_encoder, "encoder another/fp32"),
        (_of_another_splitter, "splitter 1"),
        (_of_another_folder, "folder /elsewhere"),
        (_no_database, "cannot be read"),
        (_a_file_in_its_place, "there is no index"),
    ],
)
def test_an_index_that_is_not_todays_is_a_fault(corpus: Path, index_dir: Path, harm: Callable[[Path], None], said: str) -> None:
    """With what to type, and without a traceback."""
    harm(index_dir)
    faults = _faults(corpus, index_dir)
    assert said in faults
    assert "pincite index" in faults


def test_changed_bytes_are_seen_by_their_hashes(corpus: Path, index_dir: Path) -> None:
    """Of the same length, so that only --verify sees them."""
    file = index_dir / "generations" / "000001" / "segments" / "000001" / "vectors.faiss"
    stored = bytearray(file.read_bytes())
    stored[-1] ^= 1
    file.write_bytes(stored)
    assert _faults(corpus, index_dir) == ""
    assert "has changed since it was written" in _faults(corpus, index_dir, verify=True)


def test_a_missing_folder_is_a_fault(tmp_path: Path) -> None:
    assert "does not exist; expected a folder" in _faults(tmp_path / "none", tmp_path / "index")


def test_an_unknown_setting_is_a_fault(corpus: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the rest is looked at with the defaults."""
    monkeypatch.setenv("PINCITE_MODLE", "x")
    assert "PINCITE_MODLE" in _faults(corpus, index_dir)


@pytest.mark.parametrize(
    ("model", "encoder", "hosts"),
    [
        (None, "onnx", []),
        ("extractive", "reference", []),
        ("openai:gpt-5.5", "onnx", ["api.openai.com"]),
        ("ollama:qwen3", "onnx", ["127.0.0.1"]),
        ("http://ann:secret@models.example:8080/v1#small", "onnx", ["models.example"]),
        (None, "BAAI/bge-small-zh", ["huggingface.co"]),
    ],
)
def test_what_the_network_would_be_needed_for(model: str | None, encoder: str, hosts: list[str]) -> None:
    """Hosts only; a password in an address is not told."""
    assert list(name_hosts(Settings(model=model, encoder=encoder))) == hosts


def test_an_encoder_is_named_as_it_names_itself(encoder: OnnxEncoder) -> None:
    """Without being loaded."""
    assert name_encoder("onnx") == encoder.fingerprint
    assert name_encoder("reference") == load_encoder("reference").fingerprint


def test_a_multilingual_encoder_that_is_not_installed_is_a_fault(corpus: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named as it would name itself, with the extra to install."""
    monkeypatch.setenv("PINCITE_ENCODER", "multilingual")
    monkeypatch.setattr("index.multilingual.find_spec", lambda _: None)
    seen = examine(corpus, index_dir)
    assert seen.facts["encoder"].startswith("multilingual-e5-small@")
    assert any(finding.level == "fault" and "[multilingual]" in finding.said for finding in seen.findings)


def test_what_would_encode_a_large_build_is_told(corpus: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the card is hidden, the processor."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert examine(corpus, index_dir).facts["large builds"] == "encoded by the processor (CUDA_VISIBLE_DEVICES hides it)"
    monkeypatch.setenv("PINCITE_ENCODER", "reference")
    assert "bundled encoder in int8" in examine(corpus, index_dir).facts["large builds"]


def test_an_encoder_that_was_changed_is_seen(tmp_path: Path) -> None:
    """By its size at once, else by its hash."""
    folder = tmp_path / export_name()
    with pytest.raises(EncoderError, match="missing or incomplete"):
        check_export(folder)
    shutil.copytree(ENCODERS / export_name(), folder)
    check_export(folder, hashes=True)
    stored = bytearray((folder / "encoder.onnx").read_bytes())
    stored[1000] ^= 1
    (folder / "encoder.onnx").write_bytes(stored)
    check_export(folder)
    with pytest.raises(EncoderError, match="has changed"):
        check_export(folder, hashes=True)


def test_the_telling_packages_are_pinned() -> None:
    """So that another release than the tested one can be told."""
    assert [each.name for each in compare_versions() if each.tested is None or each.installed is None] == []
    assert len(TELLING) == len(set(TELLING))


def test_neither_torch_nor_a_model_is_loaded(corpus: Path, index_dir: Path) -> None:
    """Nor a socket opened."""
    code = (
        "import sys, socket\nsocket.socket.connect = None\nfrom ui.cli import main\n"
        f"code = main(['doctor', '--verify', '--corpus', {str(corpus)!r}, '--index-dir', {str(index_dir)!r}])\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'onnxruntime', 'faiss', 'gradio', 'langchain'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)\nsys.exit(code)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "[]\n")
    assert socket.socket.connect is not None


WORDS = [f"word{number}" for number in range(400)]


def _text(seed: int, words: int = 300) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def test_documents_that_are_nearly_the_same_are_paired(corpus: Path, tmp_path: Path) -> None:
    """A copy, a copy with a word changed, and one that stands in a longer one; not what is of another."""
    long = _text(1)
    for name, text in {
        "a": long,
        "b": long,
        "c": long.replace(long.split()[50], "changed"),
        "d": _text(2, 900) + " " + long,
        "e": _text(3),
        "f": _text(3)[: len(_text(3)) // 2] + _text(4),
    }.items():
        (corpus / f"{name}.txt").write_text(text, encoding="utf-8")
    main(["index", str(corpus), "--index-dir", str(tmp_path / "index")])
    seen = examine(corpus, tmp_path / "index")
    pairs = {(pair["first"], pair["second"]): pair for pair in seen.record["near_duplicates"]}
    assert set(pairs) == {(f"{one}.txt", f"{other}.txt") for one, other in ("ab", "ac", "ad", "bc", "bd", "cd")}
    assert pairs["a.txt", "b.txt"]["same"]
    assert not pairs["a.txt", "d.txt"]["same"]
    assert pairs["a.txt", "d.txt"]["share"] == 1
    assert NEAR <= pairs["a.txt", "c.txt"]["share"] < 1
    assert seen.healthy


def test_chinese_documents_are_paired() -> None:
    """Their characters are their words."""
    text = "青石港位于白沙河的入海口，由商人陈世安于一八六八年出资修建。港口最初只有两座木制码头，主要运送茶叶和瓷器。"
    found = find_near_duplicates(
        [("a", text), ("b", text.replace("茶叶", "丝绸")), ("c", "果园今年收获了八百二十吨苹果，比去年增加不少。")]
    )
    assert [(pair.first, pair.second) for pair in found] == [("a", "b")]


def test_many_copies_are_all_paired_with_one() -> None:
    """More than are compared with each other."""
    found = find_near_duplicates([(f"{number:03}", _text(1)) for number in range(100)] + [("x", _text(2))])
    assert {path for pair in found for path in (pair.first, pair.second)} == {f"{number:03}" for number in range(100)}


@given(st.lists(st.text(max_size=200), max_size=6))
def test_any_texts_can_be_compared(texts: list[str]) -> None:
    """Equal ones with any word are paired with the first; no share is beyond 1; the order of the documents changes nothing."""
    named = [(f"{place}", text) for place, text in enumerate(texts)]
    found = find_near_duplicates(named)
    assert all(NEAR <= pair.share <= 1 and pair.first < pair.second for pair in found)
    assert {pair.first for pair in found} | {pair.second for pair in found} == {
        path for pair in find_near_duplicates(named[::-1]) for path in (pair.first, pair.second)
    }
    worded = [text for text in texts if any(char.isalnum() for char in text)]
    if len(set(worded)) < len(worded):
        assert any(pair.same for pair in found)
