"""The page with a chat model that writes: what it wrote is checked, left out, or stopped."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

from browsing import ask, find, open_page, wait_until

from rag import Assistant
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel
    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder


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

    def mutter(_: object) -> Iterator[str]:
        while True:
            time.sleep(0.02)
            yield "and "

    model = scripted_model(mutter)
    with closing(serve(Assistant(corpus, tmp_path / "index", model, encoder=encoder, time_limit=600), port=0, block=False)) as running:
        open_page(chrome, running)
        find(chrome, "#composer textarea")[0].send_keys("How many cranes does the harbour of Ostmark have?\n")
        wait_until(chrome, lambda: model.calls)
        find(chrome, "#new")[0].click()
        wait_until(chrome, lambda: find(chrome, ".welcome") and model.read)
        assert model.read[0] < 4000  # what a reply may have at most
