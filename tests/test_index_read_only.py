"""An index where nothing can be written is asked as it is, and says so when it cannot be brought up to date."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index import build as building
from index.build import build_index, open_index
from index.errors import StoreError, UnwritableError
from index.keywords import KeywordIndex
from index.locations import ROOT
from rag import Assistant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from index.encoders import OnnxEncoder

CRANES = "How many cranes does the harbour of Ostmark have?"
_DROP_BOUND, _OVERRIDE = 24, 1  # prctl's PR_CAPBSET_DROP and CAP_DAC_OVERRIDE, which lets root write everywhere


def _heed_permissions() -> None:
    """Have the program that is started next heed permissions, also where root starts it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DROP_BOUND, _OVERRIDE)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python with arguments as somebody whom permissions bind; its temporary files lie in tmp/."""
    (tmp_path / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp")}

    def start(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            preexec_fn=_heed_permissions,
        )

    return start


@pytest.fixture
def read_only(corpus: Path, tmp_path: Path, encoder: OnnxEncoder, run: Callable[..., subprocess.CompletedProcess[str]]) -> Iterator[Path]:
    """The index of the corpus as `pincite index` leaves it, in files and folders that nobody may write to."""
    index_dir = tmp_path / "index"
    build_index(corpus, index_dir, encoder)
    folders = [index_dir, *(path for path in index_dir.rglob("*") if path.is_dir())]
    for path in (*folders, *(path for path in index_dir.rglob("*") if path.is_file())):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        if run("-c", f"import os, sys; sys.exit(os.access({str(index_dir)!r}, os.W_OK))").returncode:
            pytest.skip("permissions bind nobody here")
        yield index_dir
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_read_only_index_is_asked(
    corpus: Path, read_only: Path, tmp_path: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """As any other; it is left as it was, and nothing is left elsewhere."""
    before = sorted(read_only.rglob("*"))
    asked = run("-m", "ui.cli", "ask", CRANES, "--json", "--corpus", corpus, "--index-dir", read_only)
    assert json.loads(asked.stdout)["short"] == "14 cranes"
    assert "cannot be written" in asked.stderr  # of the names in the documents, once
    assert asked.stderr.count("\n") == 1
    assert sorted(read_only.rglob("*")) == before
    assert list((tmp_path / "tmp").glob("pincite-*")) == []


def test_copied_documents_are_asked_by_a_read_only_index_while_they_say_the_same(
    corpus: Path, read_only: Path, tmp_path: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """Elsewhere and with other times; a word that is another is told, with what to type."""
    copied = tmp_path / "elsewhere"
    shutil.copytree(corpus, copied, copy_function=shutil.copyfile)
    asked = ["-m", "ui.cli", "ask", CRANES, "--corpus", str(copied), "--index-dir", str(read_only)]
    assert "14 cranes" in run(*asked).stdout
    file = copied / "harbour.txt"
    file.write_text(file.read_text(encoding="utf-8").replace("14", "15"), encoding="utf-8")
    refused = run(*asked)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"the index at {read_only} is out of date (harbour.txt has changed)" in refused.stderr
    assert "--index-dir FOLDER" in refused.stderr
    (copied / "new.txt").write_text("New words.", encoding="utf-8")
    assert "out of date (new.txt is new)" in run(*asked).stderr


def test_the_doctor_says_that_an_index_is_read_only(
    corpus: Path, read_only: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """A note while it can be asked; what has changed is a fault that only another folder mends."""
    doctor = ["-m", "ui.cli", "doctor", "--corpus", str(corpus), "--index-dir", str(read_only)]
    healthy = run(*doctor)
    assert healthy.returncode == 0
    assert f"note: the index folder {read_only} cannot be written" in healthy.stdout
    os.utime(corpus / "harbour.txt", (1, 1))
    touched = run(*doctor)
    assert touched.returncode == 0
    assert "what they say is compared at every start: harbour.txt" in touched.stdout
    (corpus / "bees.md").unlink()
    ill = run(*doctor)
    assert ill.returncode == 1
    assert "1 gone (bees.md); it cannot be built again where it is" in ill.stdout
    assert f"now: pincite index --corpus {corpus} --index-dir FOLDER" in ill.stdout


def test_the_page_over_a_read_only_index_keeps_conversations_until_it_is_closed(
    corpus: Path, read_only: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """And says so."""
    code = (
        "from rag import Assistant\nfrom ui.serving import serve\n"
        f"running = serve(Assistant({str(corpus)!r}, {str(read_only)!r}), port=0, block=False)\nprint(running.url)\nrunning.close()"
    )
    served = run("-c", code)
    assert served.stdout.startswith("http://127.0.0.1:")
    assert "conversations are forgotten when the page is closed" in served.stderr


@pytest.mark.parametrize("links", [True, False])
def test_words_are_searched_where_no_lock_can_be_made(
    corpus: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    """By links to the files, or copies where a system has none; damage is told as before."""
    index, _ = open_index(corpus, tmp_path / "index", encoder)
    folder = index.generation / "keywords"
    expected = KeywordIndex.open(folder).search("cranes harbour", k=5)
    for lock in folder.glob("*.lock"):
        lock.unlink()
    (folder / ".tantivy-meta.lock").mkdir()  # nobody can open it as a file, not even root
    if not links:
        monkeypatch.setattr(Path, "symlink_to", _refuse)
        monkeypatch.setattr(os, "link", _refuse)
    opened = KeywordIndex.open(folder)
    assert opened.search("cranes harbour", k=5) == expected
    assert opened.frequencies(["crane", "zebra"]) == {"crane": 1, "zebra": 0}
    (folder / "meta.json").write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match="damaged"):
        KeywordIndex.open(folder)


def _refuse(*_: object) -> None:
    raise OSError(1, "Operation not permitted")


def test_documents_are_compared_once_with_a_read_only_index(
    corpus: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at every look at the files; a change is seen."""
    build_index(corpus, tmp_path / "index", encoder)
    for file in corpus.rglob("*.*"):
        os.utime(file, (1, 1))
    builds: list[object] = []

    def fail(*parts: object, **_: object) -> None:
        builds.append(parts)
        raise UnwritableError("the index folder cannot be written")

    monkeypatch.setattr(building, "build_index", fail)
    monkeypatch.setattr("rag.live_index._PAUSE", 0.0)
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    assert "14 cranes" in assistant.ask(CRANES).text
    assert "14 cranes" in assistant.ask(CRANES).text
    assert len(builds) == 1
    (corpus / "bees.md").unlink()
    with pytest.raises(UnwritableError, match=r"bees\.md is gone"):
        assistant.ask(CRANES)


def test_an_index_of_another_encoder_is_not_asked_for_want_of_a_better_one(
    corpus: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its vectors mean nothing to this one; where there is no index at all, the reason stands alone."""
    manifest = build_index(corpus, tmp_path / "index", encoder).generation / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(encoder.fingerprint, "another/fp32"), encoding="utf-8")
    monkeypatch.setattr(building, "build_index", _unwritable)
    with pytest.raises(UnwritableError, match="made by the encoder another/fp32"):
        open_index(corpus, tmp_path / "index", encoder)
    with pytest.raises(UnwritableError, match=r"^no room$"):
        open_index(corpus, tmp_path / "none", encoder)


def _unwritable(*_: object, **__: object) -> None:
    raise UnwritableError("no room")
