"""The page with a chat model that writes: what it wrote is checked, left out, or stopped."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

from browsing import ask, busy, click, find, open_page, send, texts, visible, wait_text, wait_until
from selenium.webdriver.common.keys import Keys

from rag import Assistant
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel
    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder

CRANES = "How many cranes does the harbour of Ostmark have?"


def mutter(_: object) -> Iterator[str]:
    """Go on for ever, at the pace of a model."""
    while True:
        time.sleep(0.02)
        yield "and "


def test_a_chat_model_writes_and_may_be_left_out(
    chrome: Chrome, corpus: Path, tmp_path: Path, encoder: OnnxEncoder, scripted_model: type[BaseChatModel]
) -> None:
    """What it wrote and could not be confirmed is folded away with the reason; who answers can be chosen on the page."""
    model = scripted_model("The harbour has 14 cranes. It belongs to Emperor Norton.")
    with closing(serve(Assistant(corpus, tmp_path / "index", model, encoder=encoder), port=0, block=False)) as running:
        open_page(chrome, running)
        turn = ask(chrome, "How many cranes does the harbour of Ostmark have?")
        assert "The harbour has 14 cranes." in turn.text
        assert "Written by scripted, checked against the documents" in turn.text
        assert "Norton" not in turn.text
        turn.find_element("css selector", ".withheld summary").click()
        wait_until(chrome, lambda: "Emperor Norton" in turn.text)
        assert "Not supported by the documents" in turn.text
        find(chrome, "#writer input")[0].click()
        wait_until(chrome, lambda: find(chrome, "[role=option]"))
        next(option for option in find(chrome, "[role=option]") if "Quotations only" in option.text).click()
        turn = ask(chrome, "How many cranes does the harbour of Ostmark have?")
        assert "It has 14 cranes." in turn.text
        assert "Written by" not in turn.text
        assert len(model.calls) == 2


def test_a_new_conversation_stops_the_model(
    chrome: Chrome, corpus: Path, tmp_path: Path, encoder: OnnxEncoder, scripted_model: type[BaseChatModel]
) -> None:
    """A model that would go on for ever, saying nothing that ends a sentence, is read no further."""
    model = scripted_model(mutter)
    with closing(serve(Assistant(corpus, tmp_path / "index", model, encoder=encoder, time_limit=600), port=0, block=False)) as running:
        open_page(chrome, running)
        find(chrome, "#composer textarea")[0].send_keys("How many cranes does the harbour of Ostmark have?\n")
        wait_until(chrome, lambda: model.calls)
        find(chrome, "#new")[0].click()
        wait_until(chrome, lambda: find(chrome, ".welcome") and model.read)
        assert model.read[0] < 4000  # what a reply may have at most


def test_an_answer_is_stopped_and_the_next_question_asked(
    chrome: Chrome, corpus: Path, tmp_path: Path, encoder: OnnxEncoder, scripted_model: type[BaseChatModel]
) -> None:
    """Stop is offered as long as the model writes; what was stopped says so, can be asked again, and stops nothing else."""
    model = scripted_model(mutter, "The harbour has 14 cranes.")
    assistant = Assistant(corpus, tmp_path / "index", model, encoder=encoder, time_limit=600)
    with closing(serve(assistant, port=0, block=False)) as running:
        open_page(chrome, running)
        send(chrome, CRANES)
        wait_until(chrome, lambda: model.calls and busy(chrome))
        assert not visible(chrome, "#send")
        click(chrome, "#stop")
        wait_until(chrome, lambda: not busy(chrome) and model.read)
        wait_text(chrome, ".turn .notice", "Stopped before it was answered.")
        assert "The harbour has 14 cranes." in ask(chrome, CRANES).text
        click(chrome, "[data-again]")
        wait_until(chrome, lambda: len(model.calls) == 3 and not busy(chrome))
        assert texts(chrome, ".question") == [CRANES, CRANES]


def test_escape_stops_an_answer(
    chrome: Chrome, corpus: Path, tmp_path: Path, encoder: OnnxEncoder, scripted_model: type[BaseChatModel]
) -> None:
    model = scripted_model(mutter)
    assistant = Assistant(corpus, tmp_path / "index", model, encoder=encoder, time_limit=600)
    with closing(serve(assistant, port=0, block=False)) as running:
        open_page(chrome, running)
        send(chrome, CRANES)
        wait_until(chrome, lambda: model.calls and busy(chrome))
        find(chrome, "#composer textarea")[0].send_keys(Keys.ESCAPE)
        wait_until(chrome, lambda: not busy(chrome) and model.read)
        wait_text(chrome, ".turn .notice", "Stopped before it was answered.")
