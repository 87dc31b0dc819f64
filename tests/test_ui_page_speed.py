"""How long a person waits: printed, not asserted, as it says as much about the machine as about the page."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from browsing import ask, find, open_page, shown, wait_until
from by_heart import Scripted, answer, pin

from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder
    from ui.serving import RunningPage

AIMS = {
    "first page load": 2.0,
    "first words of an answer": 0.5,
    "a citation in another document": 0.3,
    "a citation in the open document": 0.3,
}
PARAGRAPHS = 2000
SHOWS = "document.querySelector('#reader mark')?.textContent === words && inside(document.querySelector('#reader .cited'))"
# Clicks, looks every frame, and says after how many seconds something holds.
TIMED = """
const [selector, place, words, done] = arguments;
const inside = (one) => {
  const box = one.getBoundingClientRect(), panel = document.querySelector('#reader .scroll').getBoundingClientRect();
  return box.top >= panel.top - 1 && box.bottom <= panel.bottom + 1;
};
const began = selector ? performance.now() : 0;
if (selector) document.querySelectorAll(selector)[place].click();
const look = () => (HOLDS) ? done((performance.now() - began) / 1000) : requestAnimationFrame(look);
look();
"""


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Scripted:
    """A document of 2,000 paragraphs that is cited at its begin and its end, and a short one."""
    corpus = tmp_path_factory.mktemp("long")
    lines = [
        f"Paragraph {number} tells at some length of the {number} stones that lie along the road to Ostmark."
        for number in range(PARAGRAPHS)
    ]
    (corpus / "long.txt").write_text("\n\n".join(lines))
    (corpus / "short.txt").write_text("The harbour\n\nThe harbour of Ostmark has 14 cranes.\n")
    assistant = Scripted(corpus, tmp_path_factory.mktemp("index"), encoder=encoder, answers={})
    cited = pin(assistant, ("short.txt", "The harbour of Ostmark has 14 cranes."), ("long.txt", lines[1900]), ("long.txt", lines[40]))
    assistant.answers["Long?"] = answer("Long?", cited)
    return assistant


@pytest.fixture(scope="module")
def long_page(long: Scripted) -> Iterator[RunningPage]:
    with closing(serve(long, port=0, block=False)) as running:
        yield running


def test_what_a_person_waits_for_is_printed(
    chrome: Chrome, long_page: RunningPage, long: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every wait ends; how long it was stands beside how long it should be."""
    open_page(chrome, long_page)
    chrome.get(long_page.url)
    waits = [timed(chrome, "document.querySelector('.welcome')")]
    send_later(chrome, "How many cranes does the harbour of Ostmark have?")
    waits.append(timed(chrome, "document.querySelector('.turn .answer')", "#send"))
    chrome.refresh()
    wait_until(chrome, lambda: find(chrome, ".turn"))
    ask(chrome, "Long?")
    for place, citation in enumerate(long.answers["Long?"].citations[1:], start=1):
        waits.append(timed(chrome, SHOWS, ".turn:last-child .marker", place, citation.quote))
        assert shown(chrome).marked == citation.quote
    with capsys.disabled():
        for (what, aim), wait in zip(AIMS.items(), waits, strict=True):
            print(f"\n{what}: {wait:.2f} s (aim: {aim} s)", end="")


def send_later(chrome: Chrome, question: str) -> None:
    """Type a question without sending it."""
    box = find(chrome, "#composer textarea")[0]
    box.send_keys(question)
    wait_until(chrome, lambda: box.get_attribute("value") == question)


def timed(chrome: Chrome, holds: str, selector: str = "", place: int = 0, words: str = "") -> float:
    """Return the seconds from a click, or from the opening of the page, until something holds."""
    return chrome.execute_async_script(TIMED.replace("HOLDS", holds), selector, place, words)
