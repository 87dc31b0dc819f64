"""What the browser asks for during a whole session: nobody but the server; and the console stays clean."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from browsing import ask, click, drop_files, find, log_events, open_page, read_page_file, texts, visible, wait_until

from rag import Assistant
from ui.serving import serve

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder

CRANES = "How many cranes does the harbour of Ostmark have?"
# Gradio's file component, which takes the uploads, says this of itself in every browser; nothing is missing for it.
EXCEPTED = "Method not implemented."


def test_the_browser_asks_nobody_else(chrome: Chrome, corpus: Path, tmp_path: Path, encoder: OnnxEncoder, trash: Path) -> None:
    """Every request of a long session goes to the server, none fails, and the console stays clean."""
    facts = tmp_path / "facts.jsonl"
    facts.write_text(json.dumps({"question": CRANES, "answers": ["14 cranes"]}))
    log_events(chrome)
    chrome.get_log("browser")
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    with closing(serve(assistant, facts_file=facts, port=0, block=False)) as running:
        have_a_long_session(open_page(chrome, running))
        events, said = log_events(chrome), chrome.get_log("browser")
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert len(asked) > 50
    assert [url for url in asked if not url.startswith((f"{running.url}/", "data:", "blob:"))] == []
    failed = [event["params"] for event in events if event["method"] == "Network.loadingFailed"]
    assert [params for params in failed if not params.get("canceled")] == []
    replies = [event["params"]["response"] for event in events if event["method"] == "Network.responseReceived"]
    assert [(reply["status"], reply["url"]) for reply in replies if reply["status"] >= 400] == []
    assert [entry["message"] for entry in said if entry["level"] != "INFO" and EXCEPTED not in entry["message"]] == []


def have_a_long_session(chrome: Chrome) -> None:
    """Ask, look, add, tick, remove, rate, export, list, evaluate and reload."""
    ask(chrome, CRANES)
    click(chrome, ".marker")
    wait_until(chrome, lambda: find(chrome, "#reader mark"))
    ask(chrome, "What is the boiling point of tungsten?")
    click(chrome, ".nearest button")
    click(chrome, "[data-contents]")
    wait_until(chrome, lambda: find(chrome, "#reader .contents"))
    drop_files(chrome, [("karst.txt", "The tower of Karst is 77 metres high.\n"), ("broken.xyz", "x")])
    wait_until(chrome, lambda: texts(chrome, ".added li span:last-child")[:1] == ["added"])
    click(chrome, "[data-choose='karst.txt']")
    wait_until(chrome, lambda: visible(chrome, ".chip"))
    assert "77 metres" in ask(chrome, "How high is the tower of Karst?").text
    click(chrome, ".chip [data-all]")
    wait_until(chrome, lambda: not find(chrome, ".chip"))
    click(chrome, "[data-source='karst.txt'] ~ .menu summary")
    click(chrome, "[data-remove='karst.txt']")
    wait_until(chrome, lambda: texts(chrome, ".said") == ["karst.txt was moved to this computer's bin."])
    click(chrome, "[data-rating]", "Yes")
    wait_until(chrome, lambda: visible(chrome, "form.reason"))
    for link in find(chrome, ".about .menu a"):
        read_page_file(chrome, link.get_attribute("href"))
    click(chrome, "#kept")
    wait_until(chrome, lambda: visible(chrome, ".kept"))
    click(chrome, "nav a", "Evaluation")
    click(chrome, "[data-evaluate]")
    wait_until(chrome, lambda: find(chrome, ".figures"))
    chrome.refresh()
    wait_until(chrome, lambda: find(chrome, ".turn"))
