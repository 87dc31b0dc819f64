"""Parsing on several cores, ahead of each file's turn: the same documents in the same order, and no child is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from index import reading
from index.build import build_index
from index.catalogue import FileState
from index.errors import SourceError, StoreError
from index.listing import list_files
from index.locations import ROOT
from index.readers.pool import ParserPool
from index.readers.process import ParserProcess
from index.readers.types import PARSERS, Parser
from index.reading import AHEAD, AHEAD_BYTES, read_sources
from index.sources import Source, read_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.encoders import OnnxEncoder

STAND_IN = """
import os, pathlib, time
from index.readers.document import Document

def parse(raw):
    said = raw.decode()
    if said == "crash":
        os.abort()
    if said.startswith("late"):
        time.sleep(0.3)
    parent = os.getppid()
    while said == "hang" and os.getppid() == parent:  # and says whom to look for
        pathlib.Path(__file__).with_name("hanging-%d" % os.getpid()).touch()
        time.sleep(0.05)
    return Document(text=said)
"""
CHILDREN = 3


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every child that is started from now on."""
    children: list[subprocess.Popen[bytes]] = []
    start = ParserProcess._start
    monkeypatch.setattr(ParserProcess, "_start", lambda self: (children.append(start(self)), children[-1])[1])
    return children


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, whose PDFs are parsed by the stand-in, three at once."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "stand_in.py").write_text(STAND_IN, encoding="utf-8")
    make = partial(ParserProcess, seconds=600, folders=[tmp_path / "lib"])
    monkeypatch.setattr(reading, "ParserPool", partial(ParserPool, children=CHILDREN, make=make))
    monkeypatch.setitem(PARSERS, "application/pdf", Parser(module="stand_in", version=1, library="lxml"))
    (tmp_path / "corpus").mkdir()
    return tmp_path / "corpus"


def write(corpus: Path, **texts: str) -> None:
    for name, text in texts.items():
        (corpus / name.replace("_", ".")).write_text(text, encoding="utf-8")


def read(corpus: Path) -> list[tuple[str, Source | SourceError]]:
    with closing(read_sources(corpus, list_files(corpus).states, None)) as sources:
        return list(sources)


def test_documents_come_in_the_order_of_their_files_each_as_it_is_read_alone(corpus: Path, started: list[subprocess.Popen[bytes]]) -> None:
    """Also behind one that takes longer; one that crashes costs itself."""
    write(corpus, a_pdf="late one", b_pdf="two", c_txt="text", d_pdf="crash", e_md="# Bees", f_txt="", g_html="<p>seven</p>")
    write(corpus, **{f"x{number:02}_pdf": f"number {number}" for number in range(40)})
    found = read(corpus)
    assert [path for path, _ in found] == sorted(path.name for path in corpus.iterdir())
    said = {path: source.text if isinstance(source, Source) else str(source).split(";")[0] for path, source in found}
    assert [said[path] for path in ("a.pdf", "b.pdf", "c.txt", "e.md", "g.html")] == ["late one", "two", "text", "# Bees", "seven\n"]
    assert (said["d.pdf"], said["f.txt"]) == ("d.pdf: its parser crashed (SIGABRT)", "f.txt: the file is empty")
    assert [said[f"x{number:02}.pdf"] for number in range(40)] == [f"number {number}" for number in range(40)]
    assert len(started) == CHILDREN + 1
    assert all(child.poll() is not None for child in started)


def test_a_child_is_started_for_a_file_that_needs_one(corpus: Path, started: list[subprocess.Popen[bytes]]) -> None:
    """None for text, one for one PDF, and at most as many as are allowed."""
    seen = []
    for texts in ({"a_txt": "text", "b_md": "text"}, {"c_pdf": "one"}, {f"d{number}_pdf": "late" for number in range(9)}):
        write(corpus, **texts)
        read(corpus)
        seen.append(len(started))
    assert seen == [0, 1, 1 + CHILDREN]


def test_files_are_parsed_at_the_same_time(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits until the others are read, too."""
    together = threading.Barrier(CHILDREN)
    monkeypatch.setattr(reading, "read_source", lambda *wanted: (together.wait(timeout=60), read_source(*wanted))[1])
    write(corpus, a_pdf="one", b_pdf="two", c_pdf="three")
    assert [source.text for _, source in read(corpus) if isinstance(source, Source)] == ["one", "two", "three"]


@pytest.mark.parametrize(("size", "most"), [(10, AHEAD * CHILDREN), (AHEAD_BYTES // 2, CHILDREN)])
def test_what_is_parsed_ahead_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, most: int) -> None:
    """In files and in bytes: the documents that wait for their turn do not grow with the folder."""
    begun: list[str] = []
    monkeypatch.setattr(reading, "ParserPool", partial(ParserPool, children=CHILDREN))
    monkeypatch.setattr(reading, "read_source", lambda _, path, *__: begun.append(path))
    states = {f"{number:03}.pdf": FileState(size=size, mtime_ns=0, ctime_ns=0) for number in range(300)}
    with closing(read_sources(tmp_path, states, None)) as sources:
        for taken, _ in enumerate(sources, start=1):
            assert wait_for(lambda at=taken: len(begun) >= min(at + most, 300))
            assert len(begun) == min(taken + most, 300)


def test_closed_early_no_child_is_left(corpus: Path, started: list[subprocess.Popen[bytes]]) -> None:
    """Those that are parsing are not waited for, and what waits for them is not begun."""
    write(corpus, a_txt="text", **{f"b{number}_pdf": "hang" for number in range(9)})
    with closing(read_sources(corpus, list_files(corpus).states, None)) as sources:
        next(sources)
        assert wait_for(lambda: len(hanging(corpus)) == CHILDREN)
    assert len(started) == CHILDREN
    assert all(child.poll() is not None for child in started)


def test_a_child_that_is_stopped_while_it_starts_ends(corpus: Path, started: list[subprocess.Popen[bytes]]) -> None:
    """Its file fails, and no other is begun."""
    write(corpus, a_pdf="hang")
    parsers = ParserProcess(seconds=600, folders=[corpus.parent / "lib"])
    parsers.stop()
    with pytest.raises(SourceError, match="crashed"):
        parsers.parse(corpus / "a.pdf", "stand_in:parse")
    assert [child.poll() is not None for child in started] == [True]


@pytest.mark.parametrize("raised", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_build_that_fails_leaves_no_child(
    corpus: Path, encoder: OnnxEncoder, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    """The documents are not read to their end when storing one of them fails."""

    def fail(*_: object) -> None:
        assert wait_for(lambda: len(hanging(corpus)) == CHILDREN)
        raise raised

    write(corpus, a_txt="text", **{f"b{number}_pdf": "hang" for number in range(9)})
    monkeypatch.setattr("index.draft.SegmentWriter.add_source", fail)
    with pytest.raises((KeyboardInterrupt, StoreError)):
        build_index(corpus, corpus.parent / "index", encoder)
    assert len(started) == CHILDREN
    assert all(child.poll() is not None for child in started)


def test_an_interrupt_leaves_no_child(corpus: Path) -> None:
    """Ctrl-C, sent to the build alone, while it waits for a file."""
    write(corpus, a_pdf="hang", b_pdf="hang")
    script = (
        "import signal, sys; from pathlib import Path; from functools import partial\n"
        "from index import reading; from index.listing import list_files\n"
        "from index.readers.process import ParserProcess; from index.readers.types import PARSERS, Parser\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it\n"
        "corpus = Path(sys.argv[1])\n"
        "make = partial(ParserProcess, seconds=600, folders=[corpus.parent / 'lib'])\n"
        "reading.ParserPool = partial(reading.ParserPool, children=2, make=make)\n"
        "PARSERS['application/pdf'] = Parser(module='stand_in', version=1, library='lxml')\n"
        "list(reading.read_sources(corpus, list_files(corpus).states, None))\n"
    )
    build = subprocess.Popen([sys.executable, "-c", script, str(corpus)], cwd=ROOT, stderr=subprocess.PIPE)
    assert wait_for(lambda: len(hanging(corpus)) == 2)
    build.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in build.communicate(timeout=60)[1]
    for number in hanging(corpus):
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)


def hanging(corpus: Path) -> list[int]:
    """The ids of the children that hang."""
    return [int(file.name.partition("-")[2]) for file in (corpus.parent / "lib").glob("hanging-*")]


def wait_for(seen: Callable[[], bool]) -> bool:
    """Wait until something has happened; False when it does not."""
    until = time.monotonic() + 60
    while not seen() and time.monotonic() < until:
        time.sleep(0.01)
    return seen()
