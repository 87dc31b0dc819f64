"""The evaluation view as a person uses it: run, followed, looked into, compared with an earlier run, stopped."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from browsing import click, find, open_page, texts, visible, wait_until

from rag import Answer, Assistant
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder

FACTS = (
    {"question": "How many cranes has the harbour of Ostmark?", "kind": "figure", "answers": ["14 cranes"]},
    {"question": "How high is the tower of Brill?", "kind": "figure", "answers": ["99 metres"]},
    {"question": "What is the boiling point of tungsten?", "kind": "unanswerable", "answers": []},
)


class Held(Assistant):
    """A real assistant that can be held up before its next answer."""

    go_on = threading.Event()

    def stream(self, question: str, history: Sequence[tuple[str, str]] = (), **options: Any) -> Iterator[Answer]:
        """Answer once it may."""
        assert self.go_on.wait(60)
        yield from super().stream(question, history, **options)


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Iterator[Held]:
    made = Held(corpus, tmp_path / "index", encoder=encoder)
    made.go_on.set()
    yield made
    made.go_on.set()


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    file = tmp_path / "facts.jsonl"
    file.write_text("\n".join(map(json.dumps, FACTS)), encoding="utf-8")
    return file


@pytest.fixture
def opened(chrome: Chrome, assistant: Held, facts: Path) -> Iterator[Chrome]:
    """The browser on the evaluation view, before the first run."""
    with closing(serve(assistant, facts_file=facts, port=0, block=False)) as running:
        open_page(chrome, running)
        click(chrome, "nav a", "Evaluation")
        wait_until(chrome, lambda: visible(chrome, "#evaluation [data-evaluate]"))
        yield chrome


def test_a_run_is_followed_and_looked_into(opened: Chrome, assistant: Held) -> None:
    """While it runs it says how far it is; then its figures, and for each miss what was expected and said."""
    assert "A run asks 3 known facts" in texts(opened, "#evaluation .wanted")[0]
    assistant.go_on.clear()
    click(opened, "[data-evaluate]")
    wait_until(opened, lambda: texts(opened, "#evaluation .running span") == ["0 of 3 facts asked", "starting"])
    assistant.go_on.set()
    wait_until(opened, lambda: find(opened, "#evaluation .figures"))
    figures = dict(zip(texts(opened, ".figures dt"), texts(opened, ".figures strong"), strict=True))
    assert (figures["Answer accuracy"], figures["Abstention recall"]) == ("50.0%", "100.0%")
    assert texts(opened, ".misses h3") == ["1 miss"]
    click(opened, ".group > summary", "figure")
    click(opened, ".group li summary", "How high is the tower of Brill?")
    miss = dict(zip(texts(opened, ".group dt"), texts(opened, ".group dd"), strict=True))
    assert miss["Expected"] == "99 metres"
    assert "61 metres" in miss["Said"]


def test_an_earlier_run_is_opened(opened: Chrome, facts: Path) -> None:
    """The runs are listed newest first, the one that is shown is marked, and a reload finds them."""
    click(opened, "[data-evaluate]")
    wait_until(opened, lambda: len(find(opened, ".runs button")) == 1 and find(opened, "[data-evaluate]"))
    facts.write_text(json.dumps(FACTS[0]), encoding="utf-8")
    click(opened, "[data-evaluate]", "Run again")
    wait_until(opened, lambda: len(find(opened, ".runs button")) == 2 and find(opened, ".figures"))
    assert texts(opened, ".figures strong")[0] == "100.0%"
    click(opened, ".runs li:last-child button")
    wait_until(opened, lambda: texts(opened, ".figures strong")[0] == "50.0%")
    assert [button.get_attribute("aria-current") for button in find(opened, ".runs button")] == [None, "true"]
    opened.refresh()
    wait_until(opened, lambda: len(find(opened, ".runs button")) == 2)
    assert texts(opened, ".figures strong")[0] == "100.0%"


def test_a_run_is_stopped(opened: Chrome, assistant: Held) -> None:
    """It says that nothing of it was kept, and can be run again."""
    assistant.go_on.clear()
    click(opened, "[data-evaluate]")
    click(opened, "#evaluation [data-stop]")
    assistant.go_on.set()
    wait_until(opened, lambda: texts(opened, "#evaluation .notice") == ["Stopped; nothing of it was kept."])
    assert not find(opened, ".runs button")
    click(opened, "[data-evaluate]")
    wait_until(opened, lambda: len(find(opened, ".runs button")) == 1)


def test_without_known_facts_the_view_says_what_to_do(chrome: Chrome, assistant: Held) -> None:
    with closing(serve(assistant, port=0, block=False)) as running:
        open_page(chrome, running)
        click(chrome, "nav a", "Evaluation")
        wait_until(chrome, lambda: "pincite serve --facts FILE" in texts(chrome, "#evaluation .wanted")[0])
        assert not find(chrome, "[data-evaluate]")
        click(chrome, "nav a", "Ask")
        wait_until(chrome, lambda: visible(chrome, ".welcome"))
