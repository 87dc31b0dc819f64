"""The page as a person uses it: a real server on loopback and a real browser that can reach nothing else.

The browser tests need Chromium and its driver; without them they are skipped, or fail when REQUIRE_BROWSER is set.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from index.errors import ServeError
from index.locations import ROOT, SEEDS
from rag import Answer, Assistant, Citation, Statement
from ui.chat import converse, open_place, read_place
from ui.conversations import Turn
from ui.examples import find_examples
from ui.markup import Place
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

    from index.encoders import OnnxEncoder
    from ui.serving import RunningPage

BROWSER_REQUIRED = bool(os.environ.get("REQUIRE_BROWSER"))
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
    " --disable-sync --window-size=1440,900"
)
SECONDS = 30  # a slow machine's longest wait

UNICORNS = "How many unicorn companies does Huangpu have?"
FIRST, SECOND = "000_cc860d504fdb1288.txt", "003_9e4acc9cc495592d.txt"
HOSTILE = (
    "Trap\r\n\r\n<img src=x onerror=\"document.title='caught'\"> costs ${6*7} {{value}}.\r\n\r\n"
    "<script>document.title='caught'</script> & 'more'.\r\n"
)


class Scripted(Assistant):
    """A real assistant that answers some questions by heart, and remembers what histories it was given."""

    def __init__(self, *args: object, answers: dict[str, Answer], **options: object) -> None:
        super().__init__(*args, **options)
        self.answers = answers
        self.histories: list[tuple[str, list[tuple[str, str]]]] = []

    def stream(self, question: str, history: Sequence[tuple[str, str]] = (), **options: Any) -> Iterator[Answer]:
        """Answer by heart what is known by heart, anything else from the documents."""
        self.histories.append((question, list(history)))
        if question == "Break!":
            raise RuntimeError("a bug")
        if question in self.answers:
            yield self.answers[question]
        else:
            yield from super().stream(question, history, **options)


def cite(assistant: Assistant, *places: tuple[str, int, int]) -> tuple[Citation, ...]:
    """Return citations of whole paragraphs; a place is a source, its first paragraph and its last."""
    store = assistant.index.store
    citations = []
    for number, (path, first, last) in enumerate(places, start=1):
        source, paragraphs = store.source(path), store.paragraphs(path)
        start, end = paragraphs[first - 1].start, paragraphs[last - 1].end
        values = {"source": path, "paragraph": first, "start": start, "end": end, "title": source.title, "date": source.date}
        citations.append(Citation(number=number, quote=source.text[start:end], **values))
    return tuple(citations)


def answer(question: str, citations: tuple[Citation, ...]) -> Answer:
    statements = tuple(Statement(text=" ".join(c.quote.split()), citations=(c.number,)) for c in citations)
    text = " ".join(map(str, statements))
    return Answer(question=question, searched=question, text=text, statements=statements, citations=citations)


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Scripted:
    """The checkout's seeds, with two answers by heart: one that cites both documents, and an abstention."""
    assistant = Scripted(SEEDS, tmp_path_factory.mktemp("index"), encoder=encoder, answers={})
    nearest = tuple(assistant.retrieve("boiling point of tungsten"))
    text = "The documents do not answer this question."
    abstention = Answer(question="Tungsten?", searched="Tungsten?", text=text, nearest=nearest, abstained=True)
    assistant.answers |= {"Both?": answer("Both?", cite(assistant, (FIRST, 40, 40), (SECOND, 48, 48))), "Tungsten?": abstention}
    return assistant


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Scripted:
    """One document of markup with CRLF line ends, cited across two paragraphs."""
    corpus = tmp_path_factory.mktemp("hostile")
    (corpus / "trap.txt").write_bytes(HOSTILE.encode())
    assistant = Scripted(corpus, tmp_path_factory.mktemp("index"), encoder=encoder, answers={})
    assistant.answers["Trap?"] = answer("Trap?", cite(assistant, ("trap.txt", 2, 3)))
    return assistant


@pytest.fixture(scope="module")
def page(scripted: Scripted) -> Iterator[RunningPage]:
    running = serve(scripted, port=0, block=False)
    yield running
    running.close()


# Without a browser


def turns_of(assistant: Assistant, question: str, turns: Sequence[Turn]) -> list[Turn]:
    """Return what a question yields."""

    async def collect() -> list[Turn]:
        return [turn async for turn in converse(assistant, Turn(question=question, growing=True), turns)]

    return asyncio.run(collect())


def test_a_conversation_hands_its_history_on(scripted: Scripted) -> None:
    """What was asked and answered before goes to the assistant, errors do not."""
    before = (Turn(question="Both?", answer=scripted.answers["Both?"]), Turn(question="Oops?", error="no"))
    turns = turns_of(scripted, "Tungsten?", before)
    assert turns == [Turn(question="Tungsten?", answer=scripted.answers["Tungsten?"])]
    assert scripted.histories[-1] == ("Tungsten?", [("Both?", scripted.answers["Both?"].told)])


@pytest.mark.parametrize(("question", "said"), [("???", "The question is empty"), ("goat " * 5000, "The question has 24999 characters")])
def test_a_question_that_cannot_be_asked_is_refused_politely(scripted: Scripted, question: str, said: str) -> None:
    """The turn says what was seen and expected, and the conversation goes on."""
    *_, last = turns_of(scripted, question, ())
    assert last.answer is None
    assert last.error.startswith(said)


def test_a_bug_costs_one_answer_and_is_logged(scripted: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    """The page says that something went wrong, the log says what."""
    *_, last = turns_of(scripted, "Break!", ())
    assert "Something went wrong" in last.error
    assert "RuntimeError: a bug" in caplog.text


def test_examples_are_answered_by_what_they_were_made_of(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Two sentences of known shapes become the questions that they answer."""
    (corpus / "mill.txt").write_text(
        "The mill\nApril 1, 2020\n\nAcme Mills was founded in 1912. We like Acme Mills. Later, Acme Mills has gathered 14 water wheels.\n",
        encoding="utf-8",
    )
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    examples = find_examples(assistant)
    assert set(examples) <= {"When was Acme Mills founded?", "How many water wheels has Acme Mills gathered?"}
    assert examples
    assert not any(assistant.ask(example).abstained for example in examples)


def test_a_document_that_has_gone_is_said_to_be_gone(scripted: Scripted) -> None:
    place = Place(source="gone.txt", paragraph=1, start=0, end=1, quote="x")
    assert "gone.txt is no longer among the documents" in open_place(scripted, place)


def test_a_clicked_place_may_name_a_document_only() -> None:
    assert read_place({"source": "a.txt"}) == Place(source="a.txt", paragraph=0, start=0, end=0, quote="")


def test_a_taken_port_is_named_with_what_to_type(scripted: Scripted) -> None:
    """The message names the port and the command that avoids it; nothing is left listening."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"^port {port} of 127\.0\.0\.1 is taken; .*: pincite serve --port {port + 1}$"):
            serve(scripted, port=port, block=False)


def test_an_impossible_port_is_refused(scripted: Scripted) -> None:
    with pytest.raises(ServeError, match="cannot be used"):
        serve(scripted, port=70000, block=False)


def test_the_server_answers_to_its_own_name_only(page: RunningPage) -> None:
    """A foreign Host header, as a rebound DNS name sends it, gets nothing; the page itself forbids to load anything foreign."""
    address = page.url.removeprefix("http://")
    statuses = {}
    for host in (address, "evil.example"):
        connection = http.client.HTTPConnection(address)
        connection.request("GET", "/", headers={"Host": host})
        response = connection.getresponse()
        statuses[host] = response.status
        policy = response.headers["Content-Security-Policy"]
        connection.close()
    assert statuses == {address: 200, "evil.example": 400}
    assert policy.startswith("default-src 'self';")


def test_the_server_offers_nothing_but_the_page(page: RunningPage) -> None:
    """What is published is what a program is meant to call; run history and monitoring are off."""
    with urllib.request.urlopen(f"{page.url}/gradio_api/info") as response:
        published = json.load(response)
    assert set(published["named_endpoints"]) == {"/ask", "/retrieve", "/check", "/documents", "/paragraphs", "/add", "/remove"}
    assert published["unnamed_endpoints"] == {}
    for path in ("gradio_api/runs", "monitoring/summary", "docs", "openapi.json"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{page.url}/{path}")
        assert 400 <= refused.value.code < 500
        refused.value.close()


def test_serving_opens_no_socket_but_on_loopback(tmp_path: Path) -> None:
    """Python itself reports every address: with a proxy in the environment too, all are this machine."""
    script = tmp_path / "serve.py"
    script.write_text(
        "import json, sys, urllib.request\n"
        "seen = []\n"
        "names = {'socket.connect': 1, 'socket.bind': 1, 'socket.sendto': 1, 'socket.getaddrinfo': 0, 'socket.gethostbyname': 0}\n"
        "sys.addaudithook(lambda name, args: seen.append(str(args[names[name]])) if name in names else None)\n"
        "from rag import Assistant\n"
        "from ui.serving import serve\n"
        f"page = serve(Assistant({str(SEEDS)!r}, {str(tmp_path / 'index')!r}), port=0, block=False)\n"
        "opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
        "opener.open(page.url).close()\n"
        "page.close()\n"
        "print(json.dumps(seen))\n"
    )
    environment = os.environ | dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://192.0.2.1:9")
    done = subprocess.run(
        [sys.executable, script], cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    addresses = json.loads(done.stdout)
    assert addresses
    assert [address for address in addresses if "127.0.0.1" not in address] == []
    assert done.stderr == ""


# In a browser


class Shown(NamedTuple):
    """What the document panel shows."""

    source: str
    paragraph: str
    marked: str
    in_view: bool


SHOWN = """
const panel = document.querySelector('#reader .scroll').getBoundingClientRect();
const cited = [...document.querySelectorAll('#reader .cited')];
const inside = (box) => box.top >= panel.top - 1 && box.bottom <= panel.bottom + 1 && box.height > 0;
return [
  document.querySelector('#reader article').dataset.opened ?? '',
  cited[0]?.dataset.number ?? '',
  [...document.querySelectorAll('#reader mark')].map((mark) => mark.textContent).join(''),
  cited.length > 0 && cited.every((paragraph) => inside(paragraph.getBoundingClientRect())),
];
"""


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser for which every name and address but 127.0.0.1 does not exist."""
    driver = start_chrome(str(tmp_path_factory.mktemp("profile")))
    yield driver
    driver.quit()


def start_chrome(profile: str) -> Chrome:
    binary, service = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
    if not binary or not service:
        missing = "no chromium" if not binary else "no chromedriver"
        if BROWSER_REQUIRED:
            pytest.fail(f"{missing} on the path, and REQUIRE_BROWSER is set; type: apt-get install chromium chromium-driver")
        pytest.skip(f"{missing} on the path")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in [*FLAGS.split(), f"--user-data-dir={profile}", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(service))


@pytest.fixture
def browser(chrome: Chrome, page: RunningPage) -> Chrome:
    """The browser on a fresh page."""
    return open_page(chrome, page)


def open_page(chrome: Chrome, page: RunningPage) -> Chrome:
    """Open the page as in a new window, which knows of no conversation."""
    if chrome.current_url.startswith("http"):
        chrome.execute_script("sessionStorage.clear()")
    chrome.get(page.url)
    wait_until(chrome, lambda: find(chrome, ".welcome"))
    return chrome


def wait_until(chrome: Chrome, condition: Callable[[], object]) -> None:
    """Wait until something holds; what the page replaces while it is looked at is looked at again."""
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(chrome, SECONDS, poll_frequency=0.05, ignored_exceptions=[StaleElementReferenceException]).until(lambda _: condition())


def find(chrome: Chrome, selector: str) -> list[WebElement]:
    return chrome.find_elements("css selector", selector)


def ask(chrome: Chrome, question: str) -> WebElement:
    """Type a question, press Enter, and return the turn that it becomes once the answer stands in it."""
    from selenium.webdriver.common.keys import Keys

    turns = len(find(chrome, ".turn"))
    find(chrome, "#composer textarea")[0].send_keys(question, Keys.ENTER)
    wait_until(chrome, lambda: len(find(chrome, ".turn")) == turns + 1 and not find(chrome, ".pending"))
    return find(chrome, ".turn")[-1]


def tab_back_to(chrome: Chrome, selector: str) -> None:
    """Go back with Shift+Tab until the focus is on what a selector selects; fail after thirty."""
    for _ in range(30):
        tab_back(chrome)
        if chrome.execute_script("return document.activeElement.matches(arguments[0])", selector):
            return
    pytest.fail(f"{selector} cannot be reached with the keyboard")


def tab_back(chrome: Chrome) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    ActionChains(chrome).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()


def shown(chrome: Chrome) -> Shown:
    return Shown(*chrome.execute_script(SHOWN))


def expected(citation: Citation) -> Shown:
    return Shown(citation.source, str(citation.paragraph), citation.quote, in_view=True)


def wait_shown(chrome: Chrome, citation: Citation) -> None:
    """Wait until the panel shows a citation; fail with what it shows instead."""
    import contextlib

    from selenium.common.exceptions import TimeoutException

    with contextlib.suppress(TimeoutException):
        wait_until(chrome, lambda: shown(chrome) == expected(citation))
    assert shown(chrome) == expected(citation)


def test_a_question_is_answered_and_its_place_shown(browser: Chrome, scripted: Scripted) -> None:
    """The answer says 60, names file and paragraph, and the document opens by itself and again at [1]."""
    turn = ask(browser, UNICORNS)
    assert "60" in turn.text
    first = scripted.ask(UNICORNS).citations[0]
    assert (first.source, first.paragraph) == (FIRST, 4)
    source_line = turn.find_element("css selector", ".sources button")
    assert FIRST in source_line.text
    assert "paragraph 4" in source_line.text
    assert source_line.get_attribute("data-quote") == first.quote
    wait_shown(browser, first)
    browser.execute_script("document.querySelector('#reader .scroll').scrollTop = 1e6")
    assert not shown(browser).in_view
    turn.find_element("css selector", ".marker").click()
    wait_shown(browser, first)


def test_another_citation_switches_the_document(browser: Chrome, scripted: Scripted) -> None:
    """[2] opens the other document; its marker and its source line, and no others, are the current ones."""
    turn = ask(browser, "Both?")
    first, second = scripted.answers["Both?"].citations
    wait_shown(browser, first)
    turn.find_elements("css selector", ".marker")[1].click()
    wait_shown(browser, second)
    wait_until(browser, lambda: [b.text for b in find(browser, ".marker[aria-current]")] == ["[2]"])
    turn.find_elements("css selector", ".sources button")[0].click()
    wait_shown(browser, first)


def test_an_abstention_shows_what_came_nearest(browser: Chrome, scripted: Scripted) -> None:
    """It does not look like an answer, opens nothing by itself, and its nearest paragraphs open with a click."""
    turn = ask(browser, "Tungsten?")
    assert "The documents do not answer this question." in turn.text
    assert "Nearest, does not answer" in turn.text
    assert not find(browser, ".marker, .sources")
    assert shown(browser).marked == ""
    nearest = scripted.answers["Tungsten?"].nearest[0].paragraph
    find(browser, ".nearest button")[0].click()
    wait_until(browser, lambda: shown(browser) == Shown(nearest.source, str(nearest.number), nearest.text, in_view=True))


def test_a_follow_up_says_what_was_searched(browser: Chrome) -> None:
    ask(browser, "How many clinical drug approval documents were granted in 2023?")
    turn = ask(browser, "and in 2024?")
    assert "Searched for: How many clinical drug approval documents were granted in 2024?" in turn.text


def test_an_example_is_asked_with_a_click(browser: Chrome) -> None:
    """The welcome counts the documents; an example's answer is no abstention."""
    assert "2 documents, 114 paragraphs" in find(browser, ".welcome")[0].text
    example = find(browser, ".examples button")[0]
    question = example.text
    example.click()
    wait_until(browser, lambda: find(browser, ".turn .marker"))
    assert find(browser, ".question")[0].text == question


def test_the_page_works_from_the_keyboard(browser: Chrome, scripted: Scripted) -> None:
    """Shift+Tab from the text box reaches the source lines, and then the markers; Enter opens; the focus is visible."""
    from selenium.webdriver.common.keys import Keys

    ask(browser, "Both?")
    first, second = scripted.answers["Both?"].citations
    tab_back_to(browser, ".sources button")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    wait_shown(browser, second)
    tab_back_to(browser, ".marker")
    focused = browser.switch_to.active_element
    assert focused.text == "[2]"
    assert focused.value_of_css_property("outline-style") == "solid"
    assert focused.get_attribute("aria-label") == f"Source 2: {SECOND}, paragraph 48"
    assert find(browser, "#card")[0].text.startswith(" ".join(second.quote.split())[:40])
    focused.send_keys(Keys.ESCAPE)
    assert not find(browser, "#card")[0].is_displayed()
    focused.send_keys(Keys.ARROW_LEFT)
    assert browser.switch_to.active_element.text == "[1]"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    wait_shown(browser, first)
    browser.find_element("css selector", "#reader .scroll").send_keys(Keys.ARROW_RIGHT)
    wait_shown(browser, second)
    browser.find_element("css selector", "#reader .scroll").send_keys(Keys.ESCAPE)
    assert browser.switch_to.active_element.tag_name == "textarea"


def test_errors_leave_the_page_working(browser: Chrome) -> None:
    """A refused question and a bug each show a message; an empty question shows nothing; the next one is answered."""
    from selenium.webdriver.common.keys import Keys

    assert "The question is empty" in ask(browser, "???").text
    assert "Something went wrong" in ask(browser, "Break!").text
    find(browser, "#composer textarea")[0].send_keys("   ", Keys.ENTER)
    time.sleep(1)
    assert "60" in ask(browser, UNICORNS).text
    assert len(find(browser, ".turn")) == 3


def test_a_new_conversation_forgets_the_old_one(browser: Chrome, scripted: Scripted) -> None:
    """The welcome and the list of documents are back, and the next question has no history."""
    ask(browser, UNICORNS)
    find(browser, "#new")[0].click()
    wait_until(browser, lambda: find(browser, ".welcome") and find(browser, "#reader .contents"))
    ask(browser, "Both?")
    assert [history for question, history in scripted.histories if question == "Both?"][-1] == []


def test_each_window_has_its_own_conversation(browser: Chrome, page: RunningPage, scripted: Scripted) -> None:
    """A second window starts empty, and the first one's history stays its own."""
    ask(browser, "Both?")
    first_window = browser.current_window_handle
    browser.switch_to.new_window("tab")
    open_page(browser, page)
    ask(browser, "Tungsten?")
    assert [history for question, history in scripted.histories if question == "Tungsten?"][-1] == []
    browser.close()
    browser.switch_to.window(first_window)
    ask(browser, UNICORNS)
    assert (UNICORNS, [("Both?", scripted.answers["Both?"].told)]) in scripted.histories


def test_documents_can_be_read_without_a_question(browser: Chrome) -> None:
    """The list opens a document at its beginning, and the document leads back to the list."""
    find(browser, "#reader .contents button[data-source]")[1].click()
    wait_until(browser, lambda: shown(browser).source == SECOND)
    assert shown(browser).marked == ""
    find(browser, "#reader [data-contents]")[0].click()
    wait_until(browser, lambda: find(browser, "#reader .contents li"))


def test_a_phone_stacks_the_panels(browser: Chrome, scripted: Scripted) -> None:
    """At 390 pixels nothing is wider than the window, a marker brings the document into view, and there is a way back."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True})
    try:
        turn = ask(browser, "Both?")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        turn.find_elements("css selector", ".marker")[1].click()
        wait_shown(browser, scripted.answers["Both?"].citations[1])
        top = "return document.querySelector('#reader').getBoundingClientRect().top"
        wait_until(browser, lambda: 0 <= browser.execute_script(top) < 50)
        find(browser, "#reader .back")[0].click()
        assert browser.switch_to.active_element.text == "[2]"
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_chat_model_writes_and_may_be_left_out(
    chrome: Chrome, corpus: Path, tmp_path: Path, encoder: OnnxEncoder, scripted_model: type[BaseChatModel]
) -> None:
    """What it wrote and could not be confirmed is folded away with the reason; who answers can be chosen on the page."""
    model = scripted_model("The harbour has 14 cranes. It belongs to Emperor Norton.")
    running = serve(Assistant(corpus, tmp_path / "index", model, encoder=encoder), port=0, block=False)
    try:
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
    finally:
        running.close()


def test_a_new_conversation_stops_the_model(
    chrome: Chrome, corpus: Path, tmp_path: Path, encoder: OnnxEncoder, scripted_model: type[BaseChatModel]
) -> None:
    """A model that would go on for ever, saying nothing that ends a sentence, is read no further."""

    def mutter(_: object) -> Iterator[str]:
        while True:
            time.sleep(0.02)
            yield "and "

    model = scripted_model(mutter)
    running = serve(Assistant(corpus, tmp_path / "index", model, encoder=encoder, time_limit=600), port=0, block=False)
    try:
        open_page(chrome, running)
        find(chrome, "#composer textarea")[0].send_keys("How many cranes does the harbour of Ostmark have?\n")
        wait_until(chrome, lambda: model.calls)
        find(chrome, "#new")[0].click()
        wait_until(chrome, lambda: find(chrome, ".welcome") and model.read)
        assert model.read[0] < 4000  # what a reply may have at most
    finally:
        running.close()


def test_markup_in_a_document_stays_text(chrome: Chrome, hostile: Scripted) -> None:
    """Tags and templates are shown as they are written, and a quote across CRLF lines is marked to the character."""
    running = serve(hostile, port=0, block=False)
    try:
        open_page(chrome, running)
        ask(chrome, "Trap?")
        (citation,) = hostile.answers["Trap?"].citations
        assert "\r\n\r\n" in citation.quote
        wait_until(chrome, lambda: shown(chrome).marked == citation.quote)
        assert chrome.title == "Pincite"
        assert not find(chrome, "#reader img, #reader script, #conversation img")
    finally:
        chrome.get("about:blank")
        running.close()


def test_the_browser_asks_nobody_else(chrome: Chrome, page: RunningPage) -> None:
    """Every request of a whole conversation goes to the server, none fails, and the console stays clean."""
    chrome.get("about:blank")
    chrome.get_log("performance")
    chrome.get_log("browser")
    open_page(chrome, page)
    ask(chrome, UNICORNS)
    find(chrome, ".marker")[0].click()
    events = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((f"{page.url}/", "data:", "blob:"))] == []
    failed = [event["params"] for event in events if event["method"] == "Network.loadingFailed"]
    assert [params for params in failed if not params.get("canceled")] == []
    assert [entry for entry in chrome.get_log("browser") if entry["level"] != "INFO"] == []
