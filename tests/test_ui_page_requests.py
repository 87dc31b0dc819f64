"""What the browser asks for during a whole session: nobody but the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browsing import ask, find, log_events, open_page
from by_heart import UNICORNS

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from ui.serving import RunningPage


def test_the_browser_asks_nobody_else(chrome: Chrome, page: RunningPage) -> None:
    """Every request of a whole conversation goes to the server, none fails, and the console stays clean."""
    log_events(chrome)
    chrome.get_log("browser")
    open_page(chrome, page)
    ask(chrome, UNICORNS)
    find(chrome, ".marker")[0].click()
    events = log_events(chrome)
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((f"{page.url}/", "data:", "blob:"))] == []
    failed = [event["params"] for event in events if event["method"] == "Network.loadingFailed"]
    assert [params for params in failed if not params.get("canceled")] == []
    assert [entry for entry in chrome.get_log("browser") if entry["level"] != "INFO"] == []
