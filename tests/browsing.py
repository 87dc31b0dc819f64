"""A browser for the tests of the page, and what a person does with it: open, look, type, click, go from one thing to the next.

The browser can reach nothing but 127.0.0.1. Whatever is waited for is a condition, never a time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

    from rag import Citation
    from ui.serving import RunningPage

BROWSER_REQUIRED = bool(os.environ.get("REQUIRE_BROWSER"))
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
    " --disable-sync --window-size=1440,900"
)
SECONDS = 30  # a slow machine's longest wait
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


def start_chrome(profile: Path) -> Chrome:
    """Start a browser for which every name and address but 127.0.0.1 does not exist."""
    binary, service = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
    if not binary or not service:
        missing = "no chromium" if not binary else "no chromedriver"
        if BROWSER_REQUIRED:
            pytest.fail(f"{missing} on the path, and REQUIRE_BROWSER is set; type: apt-get install chromium chromium-driver")
        pytest.skip(f"{missing} on the path")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in [*FLAGS.split(), f"--user-data-dir={profile}", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(service))


# Looking


def open_page(chrome: Chrome, page: RunningPage, until: str = ".welcome", *, beside: bool = False) -> Chrome:
    """Open the page in a new window, which knows of no conversation, and close the others; or open it beside them."""
    old = [] if beside else chrome.window_handles
    chrome.switch_to.new_window("tab")
    new = chrome.current_window_handle
    for window in old:
        chrome.switch_to.window(window)
        chrome.close()
    chrome.switch_to.window(new)
    chrome.get(page.url)
    wait_until(chrome, lambda: find(chrome, until))
    return chrome


def find(chrome: Chrome, selector: str) -> list[WebElement]:
    return chrome.find_elements("css selector", selector)


def visible(chrome: Chrome, selector: str) -> bool:
    """Return whether a selected element can be seen."""
    return chrome.execute_script("return [...document.querySelectorAll(arguments[0])].some((one) => one.checkVisibility())", selector)


def texts(chrome: Chrome, selector: str) -> list[str]:
    """Return what each of the selected elements shows; read at once, so that none is replaced meanwhile."""
    return chrome.execute_script("return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText.trim())", selector)


def wait_until(chrome: Chrome, condition: Callable[[], object]) -> None:
    """Wait until something holds; what the page replaces while it is looked at is looked at again."""
    wait = WebDriverWait(chrome, SECONDS, poll_frequency=0.05, ignored_exceptions=[StaleElementReferenceException])
    wait.until(lambda _: condition())


def wait_text(chrome: Chrome, selector: str, text: str) -> None:
    """Wait until the first selected element shows a text; fail with what it shows instead."""
    with contextlib.suppress(TimeoutException):
        wait_until(chrome, lambda: text in "\n".join(texts(chrome, selector)[:1]))
    assert text in "\n".join(texts(chrome, selector)[:1])


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


def shown(chrome: Chrome) -> Shown:
    return Shown(*chrome.execute_script(SHOWN))


def expected(citation: Citation) -> Shown:
    return Shown(citation.source, str(citation.paragraph), citation.quote, in_view=True)


def wait_shown(chrome: Chrome, citation: Citation) -> None:
    """Wait until the panel shows a citation; fail with what it shows instead."""
    with contextlib.suppress(TimeoutException):
        wait_until(chrome, lambda: shown(chrome) == expected(citation))
    assert shown(chrome) == expected(citation)


# Doing


def ask(chrome: Chrome, question: str) -> WebElement:
    """Type a question, press Enter, and return the turn that it becomes once the answer stands in it."""
    turns = len(find(chrome, ".turn"))
    send(chrome, question)
    wait_until(chrome, lambda: len(find(chrome, ".turn")) == turns + 1 and not find(chrome, ".pending") and not busy(chrome))
    return find(chrome, ".turn")[-1]


def send(chrome: Chrome, question: str) -> None:
    """Type a question and press Enter."""
    find(chrome, "#composer textarea")[0].send_keys(question, Keys.ENTER)


def busy(chrome: Chrome) -> bool:
    """Return whether the page offers to stop an answer."""
    return visible(chrome, "#stop")


def click(chrome: Chrome, selector: str, text: str = "") -> None:
    """Click the first of the selected elements that shows a text, once there is one."""

    def done() -> bool:
        for one in find(chrome, selector):
            if text in one.text and one.is_displayed():
                one.click()
                return True
        return False

    wait_until(chrome, done)


def tab_back_to(chrome: Chrome, selector: str) -> None:
    """Go back with Shift+Tab until the focus is on what a selector selects; fail after thirty."""
    for _ in range(30):
        ActionChains(chrome).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
        if chrome.execute_script("return document.activeElement.matches(arguments[0])", selector):
            return
    pytest.fail(f"{selector} cannot be reached with the keyboard")


def choose_files(chrome: Chrome, files: Sequence[Path]) -> None:
    """Give files to the page as the file dialog does."""
    # The page makes a new input after every upload.
    wait_until(chrome, lambda: [one.send_keys("\n".join(map(str, files))) for one in find(chrome, "#uploader input[type=file]")])


_DROP = """
const carried = new DataTransfer();
for (const [name, text] of arguments[0]) carried.items.add(new File([text], name));
const target = document.querySelector('#reader .contents');
for (const type of ['dragover', 'drop']) {
  target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: carried }));
}
"""


def drop_files(chrome: Chrome, files: Sequence[tuple[str, str]]) -> None:
    """Drop files, names with texts, on the list of documents."""
    chrome.execute_script(_DROP, list(files))


def read_page_file(chrome: Chrome, address: str) -> tuple[str, str]:
    """Fetch an address from within the page; return its text and its content-disposition."""
    script = """
    const [address, done] = arguments;
    fetch(address).then(async (reply) => done([await reply.text(), reply.headers.get('content-disposition') ?? '']));
    """
    text, disposition = chrome.execute_async_script(script, address)
    return text, disposition


@contextlib.contextmanager
def on_a_phone(chrome: Chrome) -> Iterator[None]:
    """Show the page on a screen of 390 by 844."""
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    try:
        yield
    finally:
        chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@contextlib.contextmanager
def in_the_dark(chrome: Chrome) -> Iterator[None]:
    """Let the system ask for dark colours."""
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    try:
        yield
    finally:
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def log_events(chrome: Chrome) -> list[dict[str, Any]]:
    """Return what the browser has noted of the network since this was last called."""
    import json

    return [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
