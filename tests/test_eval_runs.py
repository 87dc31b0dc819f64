"""Runs that are kept: what is read back is what was saved, names sort by time, and no other file passes for a run."""

from __future__ import annotations

import json
import tempfile
from dataclasses import MISSING, fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.results import Result, Run
from eval.runs import find_runs, read_run, save_run
from eval.scores import answer_scores
from index.errors import RunError

SETTINGS = {
    "started": "2026-11-22T15:12:00.250000+00:00",
    "pincite": "0.1.0",
    "python": "3.11.9",
    "corpus": "/home/ann/harbour",
    "encoder": "small",
    "splitter": "1",
    "model": "extractive",
    "facts": "1",
}
RESULT = Result(
    id="f1",
    kind="fact",
    question="How many cranes?",
    searched="How many cranes?",
    answerable=True,
    expected="14 cranes",
    answer="It has 14 cranes. [1]",
    words=4,
    abstained=False,
    confidence=0.93,
    right=True,
    cited=(("harbour.txt", 4),),
    citation_precision=1.0,
    citation_recall=1.0,
    exact_spans=1,
    citations=1,
    rank=1,
    milliseconds=12.5,
)
RUN = Run(settings=SETTINGS, results=(RESULT,))


def at(started: str, **changes: object) -> Run:
    return Run(settings=SETTINGS | {"started": started}, results=(replace(RESULT, **changes),))


texts = st.text(st.characters(codec=None))  # lone surrogates too: a file name that is not UTF-8 has them
figures = st.floats(allow_nan=False)
results = st.builds(
    Result,
    kind=texts,
    question=texts,
    answer=texts,
    confidence=figures,
    milliseconds=figures,
    citation_precision=st.none() | figures,
    citation_recall=st.none() | figures,
    rank=st.none() | st.integers(1),
    right=st.none() | st.booleans(),
    cited=st.lists(st.tuples(texts, st.integers())).map(tuple),
    short=st.none() | texts,
    squad_f1=st.none() | figures,
    conflicts=st.none() | st.integers(0),
    ranks=st.lists(st.integers(1)).map(tuple),
)


@given(results=st.lists(results, max_size=3), corpus=texts)
def test_what_is_read_back_equals_what_was_saved(results: list[Result], corpus: str) -> None:
    """Whatever a question, an answer or a folder's name holds."""
    run = Run(settings=SETTINGS | {"corpus": corpus}, results=tuple(results))
    with tempfile.TemporaryDirectory() as folder:
        path = save_run(run, Path(folder, "runs"))
        assert read_run(path) == run
        assert find_runs(path.parent) == [path]


def test_names_sort_by_time_and_no_run_overwrites_another(tmp_path: Path) -> None:
    """In UTC, wherever it was started; two of one instant are two files, and one that is kept twice is one."""
    first = save_run(at("2026-11-22T16:11:59+01:00"), tmp_path)
    later = save_run(at("2026-11-22T15:12:00.000002+00:00"), tmp_path)
    same = save_run(at("2026-11-22T15:12:00.000002+00:00", right=False), tmp_path)
    assert first.name.startswith("20261122T151159Z-000000-")
    assert find_runs(tmp_path) == [*sorted([later, same], reverse=True), first]
    assert save_run(read_run(first), tmp_path) == first
    assert len(list(tmp_path.iterdir())) == 3


def test_only_runs_are_found(tmp_path: Path) -> None:
    """Notes beside them, and what a crash left half-written, are not; a folder that is missing holds none."""
    kept = save_run(RUN, tmp_path)
    (tmp_path / "notes.json").write_text("{}")
    (tmp_path / f".{kept.name}.123").write_text("{")
    assert find_runs(tmp_path) == [kept]
    assert find_runs(tmp_path / "nowhere") == []


def test_a_kept_run_may_be_renamed_and_older_ones_lack_newer_fields(tmp_path: Path) -> None:
    """What a chat model wrote was not counted at first, without it nothing was written; what is not known of an old run is not a zero."""
    kept = RUN.to_dict()
    for name in {field.name for field in fields(Result) if field.default is not MISSING}:
        del kept["results"][0][name]
    (tmp_path / "baseline.json").write_text(json.dumps(kept))
    assert read_run(tmp_path / "baseline.json") == RUN
    assert {score.label for score in answer_scores(RUN.results) if score.count == 0} >= {
        "SQuAD F1",
        "conflict recall",
        "statements supported",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("\x00", "is not a run"),
        ("[" * 100_000, "is not a run"),
        ("[]", "is not a run"),
        ("{}", "'settings' is missing"),
        ('{"settings": {}, "results": []}', "lack corpus, encoder, facts, model, pincite, python, splitter, started"),
        (json.dumps({"settings": SETTINGS | {"facts": 1}, "results": []}), "not an object of strings"),
        (json.dumps({"settings": SETTINGS | {"started": "today"}, "results": []}), "today"),
        (json.dumps({"settings": SETTINGS | {"started": "2026-11-22T15:12:00"}, "results": []}), "time zone"),
        (json.dumps({"settings": SETTINGS | {"started": "0001-01-01T00:00:00+14:00"}, "results": []}), "out of range"),
        (json.dumps({"settings": SETTINGS, "results": 5}), "is not a run"),
        (json.dumps({"settings": SETTINGS, "results": ["x"]}), "a result is str"),
        (json.dumps({"settings": SETTINGS, "results": [{"id": "1", "score": 1}]}), "and has score too much"),
        (json.dumps(RUN.to_dict()).replace("true", '"yes"'), "a result's answerable is 'yes'"),
        (json.dumps(RUN.to_dict()).replace('["harbour.txt", 4]', "7"), "is not a run"),
    ],
)
def test_what_is_not_a_run_is_refused_with_the_reason(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "run.json"
    file.write_text(text)
    with pytest.raises(RunError, match=said) as caught:
        read_run(file)
    assert str(caught.value).endswith("expected what this prints: pincite eval --json")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="No such file"):
        read_run(tmp_path / "run.json")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(RunError, match="cannot be kept"):
        save_run(RUN, tmp_path / "runs")
