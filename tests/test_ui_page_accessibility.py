"""The page for everybody: axe finds nothing serious in any of its states, and nothing is cut off on a phone or in the dark.

axe-core comes from npm (see the Makefile); without it these tests are skipped, or fail when REQUIRE_BROWSER is set.
"""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import (
    BROWSER_REQUIRED,
    ask,
    click,
    drop_files,
    find,
    in_the_dark,
    on_a_phone,
    open_page,
    visible,
    wait_shown,
    wait_until,
)
from by_heart import Scripted, answer, pin
from selenium.webdriver.common.keys import Keys

from rag import Answer, Conflict
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder
    from ui.serving import RunningPage

AXE = Path(sys.prefix) / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """
const [tags, done] = arguments;
axe.run(document, { runOnly: tags, resultTypes: ["violations"] }).then(({ violations }) => done(
  violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary.replaceAll("\\n", " ")}`))));
"""
TOO_WIDE = """
const scrolled = document.querySelectorAll("html, body, #conversation > .block, .transcript, #reader, #reader .scroll, #evaluation, #facts");
const menus = document.querySelectorAll(".menu[open] > :not(summary), #card:not([hidden])");
const cut = (box) => box.left < 0 || box.right > innerWidth;
return [
  ...[...scrolled].filter((one) => one.scrollWidth > one.clientWidth + 1),
  ...[...menus].filter((one) => cut(one.getBoundingClientRect())),
].map((one) => `${one.tagName}#${one.id}.${one.className}: ${one.scrollWidth} of ${innerWidth}`);
"""
SETTLED = "return document.getAnimations().every((one) => one.effect.getTiming().iterations === Infinity || one.playState !== 'running')"


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.exists():
        reason = f"no {AXE}"
        if BROWSER_REQUIRED:
            pytest.fail(f"{reason}, and REQUIRE_BROWSER is set; install npm, then type: make -B .venv/installed-dev")
        pytest.skip(reason)
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Scripted:
    """Three documents, and answers by heart of every kind."""
    corpus = tmp_path_factory.mktemp("varied")
    (corpus / "old.txt").write_text("The port\nMarch 3, 2019\nThe port of Ostmark has 14 cranes.\n", encoding="utf-8")
    (corpus / "new.txt").write_text("The harbour\nMay 9, 2023\nA word before.\nThe port of Ostmark has 17 cranes.\n", encoding="utf-8")
    (corpus / "mill.txt").write_text("The mill\nOld men like Acme Mills. Acme Mills was founded in 1912.\n", encoding="utf-8")
    (corpus / "notes.md").write_text("# Notes\n\nA first line.\n\n## Later\n\n- One thing.\n- Another thing.\n", encoding="utf-8")
    assistant = Scripted(corpus, tmp_path_factory.mktemp("index"), encoder=encoder, answers={})
    citations = pin(assistant, ("new.txt", "The port of Ostmark has 17 cranes."), ("old.txt", "The port of Ostmark has 14 cranes."))
    plain = answer("Answer?", citations)
    conflict = Conflict(subject="cranes", values=(("17 cranes", 1), ("14 cranes", 2)))
    nearest = tuple(assistant.retrieve("cranes"))
    assistant.answers |= {
        "Answer?": plain,
        "Conflict?": replace(plain, question="Conflict?", conflicts=(conflict,)),
        "None?": Answer(question="None?", searched="None?", text="The documents do not answer this.", nearest=nearest, abstained=True),
    }
    return assistant


@pytest.fixture(scope="module")
def varied_page(varied: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPage]:
    facts = tmp_path_factory.mktemp("facts") / "facts.jsonl"
    facts.write_text('{"question": "How many ferries are there?", "answers": ["3"]}\n{"question": "Who?", "answers": []}\n')
    with closing(serve(varied, facts_file=facts, port=0, block=False)) as running:
        yield running


def answered(chrome: Chrome) -> None:
    """An answer, its document, and the card at its marker."""
    ask(chrome, "Answer?")
    wait_until(chrome, lambda: find(chrome, "#reader mark"))
    chrome.execute_script("document.querySelector('.marker').focus()")
    wait_until(chrome, lambda: visible(chrome, "#card"))


def differing(chrome: Chrome) -> None:
    """Sources that differ, as a follow-up, with its menu of exports open."""
    ask(chrome, "Answer?")
    ask(chrome, "Conflict?")
    click(chrome, ".turn:last-child .menu summary", "Export")


def rated(chrome: Chrome) -> None:
    """An answer that was rated wrong, and an edit of its question."""
    ask(chrome, "Answer?")
    click(chrome, "[data-rating]", "No")
    wait_until(chrome, lambda: visible(chrome, "form.reason"))
    click(chrome, "[data-edit]")
    wait_until(chrome, lambda: visible(chrome, ".chip"))


def abstained(chrome: Chrome) -> None:
    """An abstention, and a document that was opened without a question."""
    ask(chrome, "None?")
    click(chrome, "[data-source='notes.md']")
    wait_until(chrome, lambda: find(chrome, "#reader [data-opened='notes.md']"))


def refused(chrome: Chrome) -> None:
    """A question that could not be asked."""
    ask(chrome, "???")


def listed(chrome: Chrome) -> None:
    """The kept conversations, one of which is being renamed."""
    ask(chrome, "Answer?")
    click(chrome, "#kept")
    wait_until(chrome, lambda: visible(chrome, ".kept"))
    click(chrome, ".kept li:last-child .menu summary", "Rename")


def filled(chrome: Chrome) -> None:
    """Files of which one could not be added, one document ticked and another about to be removed."""
    drop_files(chrome, [("new.txt", "Something else.\n"), ("broken.xyz", "x"), ("empty.md", " ")])
    wait_until(chrome, lambda: len(find(chrome, ".added .failed")) == 3)
    click(chrome, "[data-choose='old.txt']")
    wait_until(chrome, lambda: visible(chrome, ".chip"))
    click(chrome, ".contents .menu summary", "Remove")


def evaluated(chrome: Chrome) -> None:
    """A run of the evaluation with its misses open."""
    click(chrome, "nav a", "Evaluation")
    click(chrome, "[data-evaluate]")
    wait_until(chrome, lambda: find(chrome, ".figures"))
    click(chrome, ".group > summary")
    click(chrome, ".group li summary")


def proposed(chrome: Chrome) -> None:
    """A proposal of a known fact."""
    click(chrome, "nav a", "Evaluation")
    click(chrome, "#evaluation .parts a", "Known facts")
    wait_until(chrome, lambda: visible(chrome, "#facts :is([data-propose], .proposal)"))
    if visible(chrome, "#facts [data-propose]"):
        click(chrome, "#facts [data-propose]")
    wait_until(chrome, lambda: visible(chrome, "#facts .proposal"))


def taken_back(chrome: Chrome) -> None:
    """A decision that can be taken back, and the menu that leaves out the rest."""
    proposed(chrome)
    click(chrome, "#facts [data-judge=reject]")
    wait_until(chrome, lambda: visible(chrome, "#facts [data-judge=undo]"))
    if visible(chrome, "#facts .rest"):
        click(chrome, "#facts .rest summary")


def edited(chrome: Chrome) -> None:
    """The form of an edit that could not be saved."""
    proposed(chrome)
    click(chrome, "#facts [data-judge=edit]")
    wait_until(chrome, lambda: visible(chrome, "#facts form"))
    find(chrome, "#facts [name=quote]")[-1].send_keys("words that stand nowhere")
    click(chrome, "#facts [type=submit]")
    wait_until(chrome, lambda: visible(chrome, "#facts .notice"))


@pytest.fixture(
    params=[answered, differing, rated, abstained, refused, listed, filled, evaluated, proposed, edited, taken_back, None],
    ids=lambda one: one.__name__ if one else "welcome",
)
def opened(request: pytest.FixtureRequest, chrome: Chrome, varied_page: RunningPage) -> Chrome:
    """The browser on one of the page's states; None is the welcome."""
    state: Callable[[Chrome], None] | None = request.param
    open_page(chrome, varied_page)
    if state:
        state(chrome)
    return chrome


def test_axe_finds_nothing_serious(opened: Chrome, axe: str) -> None:
    """Neither in light nor in dark colours, nor on a phone, where nothing is wider than the window either."""
    found = {"light": check(opened, axe)}
    with in_the_dark(opened):
        wait_until(opened, lambda: find(opened, ".dark"))
        found["dark"] = check(opened, axe)
    with on_a_phone(opened):
        found["phone"] = check(opened, axe)
        opened.execute_script("document.querySelector('.marker')?.dispatchEvent(new FocusEvent('focusin', { bubbles: true }))")  # the card
        found["too wide"] = opened.execute_script(TOO_WIDE)
    assert found == {"light": [], "dark": [], "phone": [], "too wide": []}


def check(chrome: Chrome, axe: str) -> list[str]:
    """Return what axe calls serious or critical."""
    wait_until(chrome, lambda: chrome.execute_script(SETTLED))
    chrome.execute_script(axe)
    return chrome.execute_async_script(RUN_AXE, TAGS)


def test_a_menu_closes_when_something_else_is_clicked(chrome: Chrome, varied_page: RunningPage) -> None:
    """So that it never stands over what comes next; a click in it leaves it open, Esc closes it."""
    open_page(chrome, varied_page)
    listed(chrome)
    click(chrome, ".kept li:last-child .menu input")
    assert visible(chrome, ".kept form")
    click(chrome, ".kept li:last-child .menu summary", "Delete")
    wait_until(chrome, lambda: visible(chrome, "[data-delete]") and not visible(chrome, ".kept form"))
    chrome.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_until(chrome, lambda: not visible(chrome, "[data-delete]"))


def test_a_phone_stacks_the_panels(browser: Chrome, scripted: Scripted) -> None:
    """At 390 pixels nothing is wider than the window, a marker brings the document into view, and there is a way back."""
    with on_a_phone(browser):
        turn = ask(browser, "Both?")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        turn.find_elements("css selector", ".marker")[1].click()
        wait_shown(browser, scripted.answers["Both?"].citations[1])
        top = "return document.querySelector('#reader').getBoundingClientRect().top"
        wait_until(browser, lambda: 0 <= browser.execute_script(top) < 50)
        find(browser, "#reader .back")[0].click()
        assert browser.switch_to.active_element.text == "[2]"
