"""Updating: questions are answered by the old index while a new one is built, and a failed update harms nothing."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from index.errors import CorpusError
from rag import Assistant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.encoders import OnnxEncoder

CRANES = "How many cranes does the harbour of Ostmark have?"
LOOKED_AT_AGAIN = 1.1  # seconds after which a question looks at the files


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    return Assistant(corpus, tmp_path / "index", encoder=encoder)


@pytest.fixture
def raise_cranes(corpus: Path) -> Callable[[], None]:
    """Write 15 cranes where there were 14."""

    def change() -> None:
        file = corpus / "harbour.txt"
        file.write_text(file.read_text(encoding="utf-8").replace("14", "15"), encoding="utf-8")

    return change


def test_an_update_changes_the_files_and_is_asked_at_once(assistant: Assistant, raise_cranes: Callable[[], None]) -> None:
    """It says what it did, also where nothing had changed; files that cannot be read are named with the reason."""
    assert "14 cranes" in assistant.ask(CRANES).text
    (assistant.corpus / "binary.txt").write_bytes(b"\0\0")
    report = assistant.update(raise_cranes)
    assert "15 cranes" in assistant.ask(CRANES).text
    assert assistant.index.generation == report.generation
    assert (report.sources, report.embedded, list(report.skipped)) == (3, 1, ["binary.txt"])
    assert "binary data" in report.skipped["binary.txt"]
    assert assistant.update().embedded == 0


def test_where_nothing_is_open_an_update_builds(assistant: Assistant, raise_cranes: Callable[[], None]) -> None:
    assert assistant.update(raise_cranes).sources == 3
    assert "15 cranes" in assistant.ask(CRANES).text


def test_questions_do_not_wait_for_an_update(assistant: Assistant, raise_cranes: Callable[[], None]) -> None:
    """Neither while files change nor while they are indexed, although the files have not been looked at for long."""
    steps = {step: (threading.Event(), threading.Event()) for step in ("change", "watch")}

    def pause(step: str) -> None:
        reached, go_on = steps[step]
        reached.set()
        assert go_on.wait(60)

    def change() -> None:
        raise_cranes()
        pause("change")

    assert "14 cranes" in assistant.ask(CRANES).text
    updating = threading.Thread(target=assistant.update, args=(change, lambda *_: pause("watch")))
    updating.start()
    for reached, go_on in steps.values():
        assert reached.wait(60)
        time.sleep(LOOKED_AT_AGAIN)
        assert "14 cranes" in assistant.ask(CRANES).text
        go_on.set()
    updating.join(60)
    assert "15 cranes" in assistant.ask(CRANES).text


def test_updates_run_one_after_the_other(assistant: Assistant) -> None:
    told: list[str] = []

    def update(name: str) -> None:
        def change() -> None:
            (assistant.corpus / f"{name}.txt").write_text(f"{name} has come.", encoding="utf-8")
            told.append(name)

        assistant.update(change, lambda *_: told.append(name))

    threads = [threading.Thread(target=update, args=(name,)) for name in ("Lund", "Visby", "Tarn")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    turns = [name for place, name in enumerate(told) if not place or told[place - 1] != name]
    assert sorted(turns) == ["Lund", "Tarn", "Visby"]
    assert {"Lund.txt", "Tarn.txt", "Visby.txt"} <= set(assistant.index.store.sources())


@pytest.mark.parametrize("where", ["change", "build"])
def test_a_failed_update_leaves_the_old_index_in_force(assistant: Assistant, raise_cranes: Callable[[], None], where: str) -> None:
    """For as long as the files stay as they are; the error comes to the caller."""

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    def change() -> None:
        raise_cranes()
        if where == "change":
            fail()

    assert "14 cranes" in assistant.ask(CRANES).text
    with pytest.raises(OSError, match="the disk is full"):
        assistant.update(change, fail)
    time.sleep(LOOKED_AT_AGAIN)
    assert "14 cranes" in assistant.ask(CRANES).text
    (assistant.corpus / "more.txt").write_text("The crew has 30 members.", encoding="utf-8")
    time.sleep(LOOKED_AT_AGAIN)
    assert "15 cranes" in assistant.ask(CRANES).text


def test_when_the_last_document_goes_there_is_nothing_to_ask(assistant: Assistant) -> None:
    """The update says so, and so does the next question; with a document there again, it is answered."""

    def empty() -> None:
        for path in assistant.index.store.sources():
            (assistant.corpus / path).unlink()

    assistant.ask(CRANES)
    with pytest.raises(CorpusError, match="no files"):
        assistant.update(empty)
    with pytest.raises(CorpusError, match="no files"):
        assistant.ask(CRANES)
    (assistant.corpus / "new.txt").write_text("The harbour of Ostmark has 16 cranes.", encoding="utf-8")
    assistant.update()
    assert "16 cranes" in assistant.ask(CRANES).text
