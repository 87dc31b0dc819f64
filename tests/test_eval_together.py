"""Facts that are asked by several threads: the run is the same, a rate limit loses none, an interruption keeps what was answered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from eval.facts import Fact
from eval.partial import open_partial
from eval.report import render_run
from eval.run import ask_facts, evaluate
from eval.runs import save_run
from eval.scripted_model import ScriptedModel, send_json, send_stream
from eval.together import SEVERAL, choose_workers, run_together
from index.errors import BusyError
from index.locations import ROOT
from rag import Assistant
from ui.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from index.encoders import OnnxEncoder

    Handle = Callable[[BaseHTTPRequestHandler, str], None]

KNOWN = {  # question: what the model says, what is accepted
    "How many cranes has the harbour of Ostmark?": ("The harbour has 14 cranes.", "14"),
    "How high is the tower of Brill?": ("The tower of Brill is 61 metres high.", "61 metres"),
    "Who built the tower of Brill?": ("The tower of Brill is 61 metres high and was built by Anna Kask.", "Anna Kask"),
    "How many bees does a hive hold in summer?": ("A hive of Apis mellifera holds 40,000 bees in summer.", "40,000"),
    "When did the harbour of Ostmark open?": ("The harbour of Ostmark opened in 2019.", "2019"),
    "Who is the director of the harbour?": ("Its director is Karel Novotny.", "Karel Novotny"),
}
FACTS = tuple(
    Fact(id=f"f{n}", kind="fact", question=question, history=(), answers=((accepted,),), evidence=())
    for n, (question, (_, accepted)) in enumerate(KNOWN.items())
)
IDS = [fact.id for fact in FACTS]
TOO_MANY = {"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}


@pytest.fixture
def served() -> Iterator[Callable[[Handle], str]]:
    """Serve a model; what writes a reply is given the question that is asked. Return the address."""
    servers = []

    def start(handle: Handle) -> str:
        def find_question(request: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
            said = json.dumps(asked["messages"])
            handle(request, next(question for question in KNOWN if question in said))

        servers.append(ScriptedModel(find_question))
        return servers[-1].url

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def open_assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Callable[[str], Assistant]:
    return lambda url: Assistant(corpus, tmp_path / "index", url, encoder=encoder, time_limit=60)


def say(request: BaseHTTPRequestHandler, question: str) -> None:
    send_stream(request, [KNOWN[question][0]], usage=(100, 10))


def test_a_run_is_the_same_however_many_are_asked_at_once(
    served: Callable[[Handle], str],
    open_assistant: Callable[[str], Assistant],
    tmp_path: Path,
    without_times: Callable[[Path], dict[str, Any]],
) -> None:
    """Three are really asked at once, and the first of them is answered after the fourth."""
    together, three, fourth = threading.Event(), threading.Barrier(3), threading.Event()
    met: list[str] = []

    def meet(request: BaseHTTPRequestHandler, question: str) -> None:
        if together.is_set() and len(met) < 3:
            met.append(question)
            three.wait(30)
        if together.is_set() and question == FACTS[0].question:
            fourth.wait(30)
        say(request, question)

    url = served(meet)
    alone = save_run(evaluate(FACTS, open_assistant(url)), tmp_path / "runs")
    together.set()
    come = []
    for result in ask_facts(FACTS, open_assistant(url), workers=3):
        come.append(result.id)
        if result.id == "f3":
            fourth.set()
    assert sorted(come) == IDS
    assert come.index("f0") > come.index("f3")
    run = evaluate(FACTS, open_assistant(url), workers=3)
    assert [result.id for result in run.results] == IDS
    assert [
        (result.id, result.right, result.written, result.answer) for result in run.results if not (result.right and result.written)
    ] == []
    assert without_times(save_run(run, tmp_path / "runs")) == without_times(alone)


def test_a_rate_limit_loses_no_fact(served: Callable[[Handle], str], open_assistant: Callable[[str], Assistant]) -> None:
    """Every other request is refused, also those that were refused before; each fact is the model's in the end."""
    requests: list[str] = []

    def refuse(request: BaseHTTPRequestHandler, question: str) -> None:
        requests.append(question)
        if len(requests) % 2:
            send_json(request, 429, TOO_MANY, {"retry-after": "0.1"})
        else:
            say(request, question)

    run = evaluate(FACTS, open_assistant(served(refuse)), workers=4)
    assert len(requests) > len(FACTS)
    assert [result.id for result in run.results] == IDS
    assert all(result.written and not result.failed for result in run.results)


def test_a_failure_costs_one_answer_and_is_counted(served: Callable[[Handle], str], open_assistant: Callable[[str], Assistant]) -> None:
    """It is the documents' own words then, and right all the same."""

    def fail(request: BaseHTTPRequestHandler, question: str) -> None:
        if question == FACTS[1].question:
            send_json(request, 500, {"error": {"message": "broken", "type": "x", "code": "x"}})
        else:
            say(request, question)

    run = evaluate(FACTS, open_assistant(served(fail)), workers=4)
    assert [result.failed for result in run.results] == [False, True, False, False, False, False]
    assert [result.written for result in run.results] == [True, False, True, True, True, True]
    assert "the model failed               0.167  [0.030, 0.564]  1/6" in render_run(run)


def test_refusals_without_end_stop_the_run_and_keep_what_was_answered(
    served: Callable[[Handle], str], open_assistant: Callable[[str], Assistant], tmp_path: Path
) -> None:
    """As when a quota is used up in mid-run; typed again later, only the rest is asked."""
    told = []

    def run_out(request: BaseHTTPRequestHandler, question: str) -> None:
        if len(told) < 2:
            told.append(question)
            say(request, question)
        else:
            while len(list_kept(tmp_path / "runs")) < 2 and full:
                time.sleep(0.01)
            send_json(request, 429, TOO_MANY, {"retry-after": "86400"}) if full else say(request, question)

    full = True
    assistant = open_assistant(served(run_out))
    with pytest.raises(BusyError, match="rate limit or quota"), open_partial(FACTS, assistant, tmp_path / "runs") as partial:
        evaluate(FACTS, assistant, partial=partial, workers=4)
    full = False
    with open_partial(FACTS, assistant, tmp_path / "runs") as partial:
        assert {result.question for result in partial.done} == set(told)
        run = evaluate(FACTS, assistant, partial=partial, workers=4)
    assert [result.id for result in run.results] == IDS


def list_kept(folder: Path) -> list[dict[str, Any]]:
    """What is kept of a run that is being made, whole lines only."""
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("partial-*.jsonl"))
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def test_an_interruption_with_several_in_flight_is_prompt_and_goes_on(
    served: Callable[[Handle], str], corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C while three are asked, two of which the model keeps silent on: the third, which came later than they began, is kept."""
    facts = tmp_path / "facts.jsonl"
    rows = [{"id": fact.id, "question": fact.question, "answers": [list(part) for part in fact.answers]} for fact in FACTS]
    facts.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    silence, asked = threading.Event(), []
    quick = {FACTS[2].question, FACTS[4].question}

    def keep_silent(request: BaseHTTPRequestHandler, question: str) -> None:
        asked.append(question)
        if question not in quick:
            silence.wait(120)
        say(request, question)

    typed = ["eval", "--facts", str(facts), "--corpus", str(corpus), "--index-dir", str(tmp_path / "index"), "--workers", "4"]
    typed += ["--model", served(keep_silent)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PINCITE_")}
    running = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *typed], cwd=ROOT, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with running:
        while len(list_kept(tmp_path / "index" / "runs")) < 2 and running.poll() is None:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)  # half of what the model keeps silent for
    assert running.returncode == 130, said
    assert {one["result"]["question"] for one in list_kept(tmp_path / "index" / "runs")} == quick
    silence.set()
    asked.clear()
    assert main(typed) == 0
    assert set(asked) == set(KNOWN) - quick
    printed = capsys.readouterr()
    assert "2 of 6 facts were asked" in printed.err
    assert "written by the model           1.000  [0.610, 1.000]  6/6" in printed.out


def test_tasks_stop_when_nobody_reads_on() -> None:
    """Those that were not begun are not; the one that runs is told, and waited for."""
    stop, begun = threading.Event(), []

    def task(number: int) -> int:
        begun.append(number)
        return number if number == 0 else int(stop.wait(20))

    tasks = [lambda number=number: task(number) for number in range(50)]
    with closing(run_together(tasks, 2, stop)) as come:
        assert next(come) == 0
    assert stop.is_set()
    assert len(begun) < 50


def test_what_a_task_raises_is_raised_and_ends_the_others() -> None:
    stop = threading.Event()

    def fail() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        list(run_together([fail, lambda: None, lambda: None], 2, stop))
    assert stop.is_set()


@pytest.mark.parametrize(
    ("model", "workers"),
    [
        ("extractive", 1),
        ("ollama:qwen3", 1),
        ("http://127.0.0.1:8080/v1", 1),
        ("https://models.example/v1#large", 1),  # nobody knows how many it takes
        ("openai:gpt-5.5", SEVERAL),
        ("anthropic:claude-opus-4-7", SEVERAL),
    ],
)
def test_only_providers_with_machines_of_their_own_are_asked_several_at_once(
    model: str, workers: int, monkeypatch: pytest.MonkeyPatch, scripted_model: Any
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert choose_workers(Assistant(model=model)) == workers
    assert choose_workers(Assistant(model=scripted_model(""))) == 1
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1")
    assert choose_workers(Assistant(model="openai:gpt-5.5")) == 1
