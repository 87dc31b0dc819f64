"""The report as one file: what it loads (nothing), what it escapes, and whether its figures are the run's."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from eval.facts import Evidence, Fact
from eval.report_html import render_report
from eval.results import Run
from eval.run import evaluate
from rag import Assistant
from ui.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder

HOSTILE = '<script>alert(1)</script><img src=http://evil.example/x.png> & "quoted"'


def fact(key: str, question: str, answer: str = "", quote: str = "", source: str = "harbour.txt") -> Fact:
    answers = ((answer,),) if answer else ()
    evidence = (Evidence(source=source, quote=quote),) if quote else ()
    kind = "fact" if answer else "unanswerable"
    return Fact(id=key, kind=kind, question=question, history=(), answers=answers, evidence=evidence)


@pytest.fixture
def asked(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> tuple[Run, list[Fact], Assistant]:
    """A right answer, a wrong one, and a question that nothing answers."""
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    facts = [
        fact("1", "How many cranes does the harbour of Ostmark have?", "14 cranes", "It has 14 cranes."),
        fact("2", "Who is the director of the harbour?", "Emperor Norton", "Its director is Karel Novotny"),
        fact("3", "What is the boiling point of tungsten?"),
    ]
    return evaluate(facts, assistant), facts, assistant


class Page(HTMLParser):
    """The tags with their attributes, and the text outside of styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.values: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append(tag)
        self.values += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href", "action"}]

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data


def test_the_report_loads_nothing(asked: tuple[Run, list[Fact], Assistant]) -> None:
    """No script, no address, no font or picture from elsewhere; what charts refer to is in the file."""
    run, facts, assistant = asked
    text = render_report(run, facts, assistant.index)
    page = Page(text)
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert all(value.startswith("#") for value in page.values)
    assert "http" not in text
    assert not re.search(r"url\((?!#)|@import", text)


def test_the_report_shows_the_runs_figures_and_misses(asked: tuple[Run, list[Fact], Assistant]) -> None:
    """One of two is right; the miss stands beside the paragraph that was expected and the one that was cited."""
    run, facts, assistant = asked
    text = Page(render_report(run, facts, assistant.index)).text
    assert "answer accuracy0.500" in text
    assert "Emperor Norton" in text
    assert "Its director is Karel Novotny, who came from Lisbon.harbour.txt, paragraph 5" in text
    assert "How many cranes" not in text.split("Misses")[1]


def test_nothing_of_facts_and_answers_becomes_markup(asked: tuple[Run, list[Fact], Assistant]) -> None:
    """Hostile text in every field stays text."""
    run, facts, assistant = asked
    hostile = replace(run.results[1], question=HOSTILE, expected=HOSTILE, answer=HOSTILE, kind=HOSTILE, searched=HOSTILE + "?", id="2")
    settings = run.settings | {"model": HOSTILE}
    page = Page(render_report(Run(settings=settings, results=(run.results[0], hostile)), facts, assistant.index))
    assert not {"script", "img"} & set(page.tags)
    assert page.text.count(HOSTILE) >= 5


def test_the_same_run_gives_the_same_report(asked: tuple[Run, list[Fact], Assistant]) -> None:
    run, facts, assistant = asked
    assert render_report(run, facts, assistant.index) == render_report(run, facts, assistant.index)


def test_a_run_without_an_answer_has_a_report(asked: tuple[Run, list[Fact], Assistant]) -> None:
    """Nothing answered, nothing to draw a confidence of."""
    run, facts, assistant = asked
    declined = Run(settings=run.settings, results=run.results[2:])
    assert "Nothing was answered" in render_report(declined, facts, assistant.index)


def test_the_command_line_writes_the_report(
    asked: tuple[Run, list[Fact], Assistant], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that is not there is said before anything is asked."""
    assistant = asked[2]
    facts = tmp_path / "facts.jsonl"
    facts.write_text(
        '{"question": "How many cranes does the harbour of Ostmark have?", "answers": ["14"], "evidence": [{"source": "harbour.txt", "quote": "It has 14 cranes."}]}\n'
    )
    where = ["--corpus", str(assistant.corpus), "--index-dir", str(assistant.index_dir), "--facts", str(facts)]
    assert main(["eval", *where, "--report", str(tmp_path / "report.html")]) == 0
    assert "How many" not in (tmp_path / "report.html").read_text(encoding="utf-8")  # it was right, and only misses are told
    assert main(["eval", *where, "--report", str(tmp_path / "nowhere" / "report.html")]) == 1
    printed = capsys.readouterr()
    assert "answer accuracy                1.000" in printed.out
    assert printed.out.count("answer accuracy") == 1
    assert "nowhere is not a folder" in printed.err


def test_a_bench_needs_name_and_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--bench", "scifact"]) == 1
    assert "pincite eval --bench NAME --data FOLDER" in capsys.readouterr().err


def test_a_browser_opens_the_report_and_asks_nobody(asked: tuple[Run, list[Fact], Assistant], chrome: Chrome, tmp_path: Path) -> None:
    """The file is the one request, the console stays clean, and the charts are drawn."""
    run, facts, assistant = asked
    file = tmp_path / "report.html"
    file.write_text(render_report(run, facts, assistant.index), encoding="utf-8")
    chrome.get("about:blank")
    chrome.get_log("performance")
    chrome.get_log("browser")
    chrome.get(file.as_uri())
    events = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    requested = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert requested == [file.as_uri()]
    assert chrome.get_log("browser") == []
    assert len(chrome.find_elements("css selector", "svg path")) > 50
