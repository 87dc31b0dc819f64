"""Runs of the evaluation for the page: followed, stopped, kept and opened again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eval.facts import FACTS, find_facts
from eval.results import Run
from eval.runs import find_runs, read_run, save_run
from index.errors import FactsError, ModelError, RunError
from index.locations import SEEDS
from rag import Assistant
from ui.evaluating import Evaluating, last_runs, open_run, run_evaluation
from ui.evaluation import KeptRun, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder

ROWS = (
    {"question": "How many cranes has the harbour of Ostmark?", "answers": ["14 cranes"]},
    {"question": "How high is the tower of Brill?", "answers": ["99 metres"]},
    {"question": "What is the boiling point of tungsten?", "answers": []},
)


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    return Assistant(corpus, tmp_path / "index", encoder=encoder)


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    file = tmp_path / "facts.jsonl"
    file.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return file


def kept_at(second: int) -> Run:
    settings = dict.fromkeys(("pincite", "python", "corpus", "encoder", "splitter", "model", "facts"), "1")
    return Run(settings=settings | {"started": f"2026-11-22T15:12:{second:02d}+00:00"}, results=())


def test_the_facts_are_those_that_are_named_or_the_checkouts_own_or_those_judged_here(tmp_path: Path) -> None:
    """The checkout's are about its seeds and about no other folder; an empty file of one's own is none."""
    own = tmp_path / "judged.jsonl"
    assert find_facts(tmp_path, None, own) is None
    own.write_text("")
    assert find_facts(tmp_path, None, own) is None
    own.write_text(json.dumps(ROWS[0]))
    assert find_facts(tmp_path, None, own) == own
    assert find_facts(SEEDS, None, own) == FACTS
    assert find_facts(tmp_path, tmp_path / "named.jsonl", own) == tmp_path / "named.jsonl"
    assert find_facts(SEEDS) == FACTS
    assert find_facts(SEEDS / ".." / SEEDS.name) == FACTS
    assert find_facts(tmp_path) is None
    assert find_facts(SEEDS, tmp_path / "own.jsonl") == find_facts(tmp_path, tmp_path / "own.jsonl") == tmp_path / "own.jsonl"


def test_a_run_is_followed_and_kept_at_its_end(assistant: Assistant, facts: Path, tmp_path: Path) -> None:
    """It yields before the first fact, after each, and then the run itself."""
    *steps, last = run_evaluation(assistant, facts, tmp_path / "runs", every=0)
    assert steps == [Progress(done=done, total=3, right=right) for done, right in ((0, 0), (1, 1), (2, 1), (3, 2))]
    assert isinstance(last, KeptRun)
    assert [path.name for path in find_runs(tmp_path / "runs")] == [last.name]
    assert read_run(tmp_path / "runs" / last.name) == last.run
    assert open_run(tmp_path / "runs", last.name) == last


def test_a_run_that_is_closed_stops_and_keeps_nothing(assistant: Assistant, facts: Path, tmp_path: Path) -> None:
    steps = run_evaluation(assistant, facts, tmp_path / "runs", every=0)
    assert [next(steps).done for _ in range(2)] == [0, 1]
    steps.close()
    assert find_runs(tmp_path / "runs") == []


def test_a_run_that_is_stopped_while_it_hurries_keeps_nothing(assistant: Assistant, facts: Path) -> None:
    """Stopped from another thread between two yields, it asks no more, and its last panel says so."""
    evaluating = Evaluating(assistant, facts)
    panels = evaluating.run()
    next(panels)
    evaluating.stop()
    *_, last = panels
    assert "Stopped; nothing of it was kept." in last
    assert find_runs(evaluating.folder) == []


def test_a_new_run_ends_the_one_before(assistant: Assistant, facts: Path) -> None:
    """Two windows do not keep two halves."""
    evaluating = Evaluating(assistant, facts)
    first = evaluating.run()
    next(first)
    *_, last = evaluating.run()
    assert "Stopped" not in last
    assert "Stopped" in list(first)[-1]
    assert len(find_runs(evaluating.folder)) == 1


def test_a_run_that_hurries_yields_its_ends_only(assistant: Assistant, facts: Path, tmp_path: Path) -> None:
    first, last = run_evaluation(assistant, facts, tmp_path / "runs", every=3600)
    assert (first.done, len(last.run.results)) == (0, 3)


def test_what_stops_a_run_is_passed_on(assistant: Assistant, facts: Path, corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """No facts, a file that holds none, a model that does not answer, a folder that cannot be written to."""
    with pytest.raises(FactsError, match="pincite serve --facts FILE"):
        next(run_evaluation(assistant, None, tmp_path / "runs"))
    with pytest.raises(FactsError, match="cannot be read"):
        next(run_evaluation(assistant, tmp_path / "nowhere.jsonl", tmp_path / "runs"))
    away = Assistant(corpus, tmp_path / "index", "http://127.0.0.1:9/v1", encoder=encoder)
    with pytest.raises(ModelError, match="no server answers"):
        list(run_evaluation(away, facts, tmp_path / "runs"))
    with pytest.raises(RunError, match="cannot be kept"):
        list(run_evaluation(assistant, facts, facts))


def test_only_a_run_that_is_kept_can_be_opened(tmp_path: Path) -> None:
    """The name comes from a browser: it cannot lead to another file."""
    kept = save_run(kept_at(0), tmp_path / "runs")
    kept.rename(tmp_path / kept.name)
    for name in (kept.name, f"../{kept.name}", str(tmp_path / kept.name), ""):
        with pytest.raises(RunError, match="expected one that is listed"):
            open_run(tmp_path / "runs", name)


def test_a_kept_run_is_read_once_for_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And again when its file has changed; only the list is remembered, the run that is shown is read."""
    kept = save_run(kept_at(0), tmp_path)
    read: list[Path] = []
    monkeypatch.setattr("ui.evaluating.read_run", lambda path: (read.append(path), read_run(path))[1])
    assert last_runs(tmp_path) == last_runs(tmp_path)
    assert read == [kept]
    kept.write_text(kept.read_text().replace('"model": "1"', '"model": "another"'))
    assert [one.model for one in last_runs(tmp_path)] == ["another"]
    assert read == [kept, kept]


def test_a_run_that_cannot_be_opened_gives_way_to_the_last_one(assistant: Assistant) -> None:
    evaluating = Evaluating(assistant)
    save_run(kept_at(0), evaluating.folder)
    panel = evaluating.show("nowhere.json")
    assert "expected one that is listed" in panel
    assert 'aria-current="true"' in panel


def test_the_last_runs_are_listed_newest_first(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One that cannot be read costs nobody the others."""
    names = [save_run(kept_at(second), tmp_path).name for second in range(4)]
    (tmp_path / names[2]).write_text("{}")
    assert [kept.name for kept in last_runs(tmp_path, most=3)] == [names[3], names[1]]
    assert f"{names[2]} is not a run" in caplog.text
    assert last_runs(tmp_path / "nowhere") == ()
