"""A run that is interrupted: it goes on where it was, with the same facts and settings only, and the whole is the same as without."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from eval.facts import Fact
from eval.partial import open_partial
from eval.run import evaluate
from eval.runs import save_run
from rag import Assistant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.encoders import OnnxEncoder

QUESTIONS = ("How many cranes has the harbour of Ostmark?", "How high is the tower of Brill?", "What is the boiling point of tungsten?")
FACTS = tuple(
    Fact(id=str(n), kind="fact", question=question, history=(), answers=(("14",),), evidence=()) for n, question in enumerate(QUESTIONS)
)


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    return Assistant(corpus, tmp_path / "index", encoder=encoder)


def interrupt(assistant: Assistant, facts: tuple[Fact, ...], folder: Path, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin a run that is broken off when the question behind the first `after` is asked."""
    answer = assistant.stream

    def stream(question: str, history: object, **options: object) -> object:
        if question == facts[after].question:
            raise KeyboardInterrupt
        return answer(question, history, **options)

    with monkeypatch.context() as patch:
        patch.setattr(assistant, "stream", stream)
        with pytest.raises(KeyboardInterrupt), open_partial(facts, assistant, folder) as partial:
            evaluate(facts, assistant, partial=partial)


def test_the_same_run_twice_is_the_same_but_for_the_time(
    assistant: Assistant, tmp_path: Path, without_times: Callable[[Path], dict[str, Any]]
) -> None:
    first, second = (save_run(evaluate(FACTS, assistant), tmp_path / "runs") for _ in range(2))
    assert first != second
    assert without_times(first) == without_times(second)


def test_an_interrupted_run_goes_on_and_leaves_nothing(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_times: Callable[[Path], dict[str, Any]]
) -> None:
    """Only what is left is asked, and the file is that of a run in one go."""
    folder = tmp_path / "runs"
    interrupt(assistant, FACTS, folder, 2, monkeypatch)
    asked: list[str] = []
    answer = assistant.stream
    monkeypatch.setattr(
        assistant, "stream", lambda question, *rest, **options: asked.append(question) or answer(question, *rest, **options)
    )
    with open_partial(FACTS, assistant, folder) as partial:
        assert [result.id for result in partial.done] == ["0", "1"]
        resumed = evaluate(FACTS, assistant, partial=partial)
    assert asked == [QUESTIONS[2]]
    assert list(folder.iterdir()) == []
    assert without_times(save_run(resumed, folder)) == without_times(save_run(evaluate(FACTS, assistant), folder))


def test_a_line_that_was_cut_off_is_asked_again(assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(assistant, FACTS, tmp_path / "runs", 2, monkeypatch)
    (kept,) = (tmp_path / "runs").glob("*.jsonl")
    kept.write_text(kept.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    with open_partial(FACTS, assistant, tmp_path / "runs") as partial:
        assert [result.id for result in partial.done] == ["0"]
        assert len(evaluate(FACTS, assistant, partial=partial).results) == 3


def test_what_is_kept_may_be_any_of_the_facts_in_any_order(assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As several threads answer them: the last two, later one first, around a line that was cut off; only the first is asked."""
    interrupt(assistant, FACTS, tmp_path / "runs", 2, monkeypatch)
    whole = evaluate(FACTS, assistant)
    (kept,) = (tmp_path / "runs").glob("*.jsonl")
    lines = [json.dumps({"started": "2026-11-22T15:12:00+00:00", "result": asdict(whole.results[n])}) for n in (2, 1)]
    kept.write_text("\n".join([lines[0], lines[0][:-20], lines[1]]), encoding="utf-8")
    asked: list[str] = []
    answer = assistant.stream
    monkeypatch.setattr(
        assistant, "stream", lambda question, *rest, **options: asked.append(question) or answer(question, *rest, **options)
    )
    with open_partial(FACTS, assistant, tmp_path / "runs") as partial:
        assert [result.id for result in partial.done] == ["1", "2"]
        run = evaluate(FACTS, assistant, partial=partial)
    assert asked == [QUESTIONS[0]]
    assert [result.id for result in run.results] == ["0", "1", "2"]
    assert run.settings["started"] == "2026-11-22T15:12:00+00:00"


def test_other_facts_documents_or_names_begin_anew(
    assistant: Assistant, corpus: Path, tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result is never taken over from another corpus, another wording or other accepted answers."""
    folder = tmp_path / "runs"
    interrupt(assistant, FACTS, folder, 2, monkeypatch)
    with open_partial((replace(FACTS[0], answers=(("15",),)), *FACTS[1:]), assistant, folder) as partial:
        assert partial.done == ()
    aliases = assistant.index_dir / "aliases.json"
    mined = aliases.read_text(encoding="utf-8")
    aliases.write_text(mined + " ", encoding="utf-8")
    with open_partial(FACTS, assistant, folder) as partial:
        assert partial.done == ()
    aliases.write_text(mined, encoding="utf-8")
    (corpus / "harbour.txt").write_text("The harbour of Ostmark has 15 cranes.\n", encoding="utf-8")
    later = Assistant(corpus, assistant.index_dir, encoder=encoder)  # one that looks at the files again
    with open_partial(FACTS, later, folder) as partial:
        assert partial.done == ()


def test_two_runs_at_once_do_not_share_a_file(assistant: Assistant, tmp_path: Path) -> None:
    with open_partial(FACTS, assistant, tmp_path / "runs") as first, open_partial(FACTS, assistant, tmp_path / "runs") as second:
        assert first.stream is not None
        assert second.stream is None


def test_a_folder_that_cannot_be_made_keeps_nothing(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with open_partial(FACTS, assistant, tmp_path / "runs") as partial:
        assert len(evaluate(FACTS, assistant, partial=partial).results) == 3
