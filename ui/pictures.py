"""Pictures of the page in each of its states, made on the real page in a real browser: `python -m ui.pictures [SCENE ...]`.

They go to `ui/pictures/`, one PNG a state. Each scene has documents, an index and a bin of its own in a temporary folder. What is asked
comes from the known facts. Chromium and its driver have to be installed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from eval.facts import FACTS, read_facts
from eval.report_html import render_report
from eval.run import evaluate
from eval.scripted_model import ScriptedModel, send_stream
from index.locations import SEEDS
from rag import Assistant
from rag.question import MAX_CHARS
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler

    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

PICTURES = Path(__file__).parent / "pictures"
DESK, PHONE, REPORT = (1400, 860), (390, 844), (1000, 960)  # pixels

_INSTALL = "pip install -c constraints.txt -e '.[dev]'"
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking --force-color-profile=srgb"
)
_SECONDS = 60  # a slow machine's longest wait
_EACH = 8  # of the known facts, every which one is asked in an evaluation
_INVENTED = "were counted by Emperor Norton of Ostmark, who owned 17 of them."
_FRAMES = "const done = arguments[0]; document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Model:
    """A chat model that says what it is told to, a sentence each time it may go on."""

    def __init__(self) -> None:
        """Start serving, and make it what "openai:…" names."""
        self.said: list[str] = []
        self.may = threading.Semaphore(0)
        self._served = ScriptedModel(lambda request, _: self._say(request))
        os.environ.update(OPENAI_BASE_URL=self._served.url, OPENAI_API_KEY="none", NO_PROXY="127.0.0.1")

    def close(self) -> None:
        """Serve no more."""
        self._served.close()

    def _say(self, request: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):  # whoever asked was stopped
            send_stream(request, self._sentences())

    def _sentences(self) -> Iterator[str]:
        for sentence in self.said:
            self.may.acquire(timeout=_SECONDS)
            yield sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A browser window on a page over a copy of the seeds.

    Attributes:
        chrome: The browser.
        folder: Temporary, of this scene alone.
        facts: The known facts by id.
    """

    chrome: Chrome
    folder: Path
    facts: dict[str, Any]
    open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def corpus(self) -> Path:
        """The documents."""
        return self.folder / "seeds"

    def begin(self, model: str | None = None, *, documents: Path = SEEDS, shows: str = "#reader .contents") -> None:
        """Serve the page over a copy of a folder, and open it in day's colours and as wide as a desk.

        Args:
            model: What writes; None quotes.
            documents: The folder.
            shows: Selects what the page shows when it is there.
        """
        shutil.copytree(documents, self.corpus)
        short = self.folder / "facts.jsonl"
        short.write_text("\n".join(FACTS.read_text(encoding="utf-8").splitlines()[::_EACH]), encoding="utf-8")
        running = serve(Assistant(self.corpus, self.folder / "index", model), port=0, facts_file=short, block=False)
        self.open.callback(running.close)
        self.open.callback(self.chrome.get, "about:blank")
        self.look()
        self.chrome.get(running.url)
        self.wait(shows)

    def look(self, size: tuple[int, int] = DESK, *, dark: bool = False) -> None:
        """Set the size of the window and the colours that the system prefers."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        prefers = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": prefers})

    def again(self, size: tuple[int, int] = DESK, *, dark: bool = False) -> None:
        """Load the page anew, with the conversation that it shows."""
        self.look(size, dark=dark)
        self.chrome.refresh()
        self.wait("#conversation .transcript")
        self.wait("#reader .contents")

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something holds; what the page draws anew meanwhile is looked at again."""
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        waiting = WebDriverWait(self.chrome, _SECONDS, poll_frequency=0.02, ignored_exceptions=[StaleElementReferenceException])
        waiting.until(lambda _: condition(), f"waited {_SECONDS} seconds for {what}")

    def find(self, selector: str) -> list[WebElement]:
        """Return what a selector selects and can be seen."""
        return [one for one in self.chrome.find_elements("css selector", selector) if one.is_displayed()]

    def wait(self, selector: str) -> None:
        """Wait until a selector selects something that can be seen."""
        self.until(lambda: self.find(selector), selector)

    def click(self, selector: str, place: int = 0) -> None:
        """Click on what a selector selects, once it is there."""
        self.wait(selector)
        self.find(selector)[place].click()

    def hover(self, selector: str) -> None:
        """Move the pointer onto what a selector selects."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.chrome).move_to_element(self.find(selector)[0]).perform()

    def write(self, question: str) -> None:
        """Type a question and press Enter, again where the page was not done with the last one yet."""
        from selenium.webdriver.common.keys import Keys

        box = self.find("#composer textarea")[0]
        self.chrome.execute_script("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", box, question)

        def taken() -> bool:
            if box.get_attribute("value"):
                box.send_keys(Keys.ENTER)
            return not box.get_attribute("value")

        self.until(taken, "the question being taken")

    def ask(self, question: str, *, following: bool = False) -> None:
        """Ask a question and wait for its answer, and for what could be asked next."""
        turns = len(self.find(".turn"))
        self.write(question)
        self.until(lambda: len(self.find(".turn")) == turns + 1 and not self.find(".pending"), f"an answer to {question[:80]!r}")
        if following:
            self.wait(".turn:last-child .examples")

    def shoot(self, name: str) -> None:
        """Take a picture of the window as it is."""
        from PIL import Image

        self.chrome.execute_script("for (const box of document.querySelectorAll('textarea')) box.style.caretColor = 'transparent'")
        self.chrome.execute_async_script(_FRAMES)
        with Image.open(BytesIO(self.chrome.get_screenshot_as_png())) as taken:
            shot = taken.convert("RGB")
        # 256 colours: those that are seen most, which are the page's own, as they are, and some that cover the others.
        often = sorted(shot.getcolors(shot.width * shot.height) or [], reverse=True)[:208]
        rare = shot.quantize(48, Image.Quantize.MAXCOVERAGE).getpalette() or []
        palette = Image.new("P", (1, 1))
        palette.putpalette([*(part for _, colour in often for part in cast("tuple[int, int, int]", colour)), *rare[: 3 * 48]])
        few = shot.quantize(palette=palette, dither=Image.Dither.NONE)
        few.save(PICTURES / f"{name}.png", optimize=True)
        print(f"{name}.png  {(PICTURES / f'{name}.png').stat().st_size / 1000:.0f} kB")


def shoot_answers(scene: Scene) -> None:
    """The first look, an answer, what stands at a citation, what can be asked next, and the answer in the dark and on a phone."""
    ask = scene.facts
    scene.begin()
    scene.shoot("welcome")
    scene.ask(ask["f116"].question)
    scene.shoot("conflict")
    scene.look(PHONE)
    scene.shoot("phone-conflict")
    scene.look()
    scene.click("#new")
    scene.wait(".welcome")
    scene.ask(ask["f001"].question, following=True)
    scene.hover("#masthead h1")
    scene.shoot("answer")
    scene.hover(".marker")
    scene.wait("#card")
    scene.shoot("card")
    scene.hover("#masthead h1")
    scene.click(".rating [data-rating=wrong]")
    scene.wait(".reason")
    scene.click(".after .menu summary")
    scene.shoot("rating")
    for name, size, dark in (("dark-answer", DESK, True), ("phone-answer", PHONE, False)):
        scene.again(size, dark=dark)
        scene.click(".marker") if size == DESK else scene.wait(".marker")
        scene.wait("#reader mark") if size == DESK else scene.wait(".rating")
        scene.hover("#masthead h1")
        scene.until(lambda: not scene.find("#card"), "the card being gone")
        scene.shoot(name)
    scene.click(".marker")
    scene.wait("#reader mark")
    scene.shoot("phone-document")


def shoot_conversations(scene: Scene) -> None:
    """A follow-up, a question that the documents do not answer, one that is refused, and the list of what was asked."""
    ask = scene.facts
    scene.begin()
    scene.ask(ask["f234"].question)
    scene.shoot("abstention")
    scene.click("#new")
    scene.wait(".welcome")
    scene.ask(f"{ask['f110'].question} " * (MAX_CHARS // 60))
    scene.shoot("error")
    for fact in (ask["f128"], ask["f005"]):
        scene.click("#new")
        scene.wait(".welcome")
        scene.ask(fact.question)
    scene.click("#new")
    scene.wait(".welcome .earlier")
    scene.ask(ask["f187"].history[0][0])
    scene.ask(ask["f187"].question, following=True)
    scene.shoot("suggestions")
    scene.chrome.execute_script("document.querySelector('#conversation > .block').scrollTop = 0")
    scene.shoot("follow-up")
    scene.click("#kept")
    scene.wait(".kept")
    scene.shoot("conversations")
    scene.click(".kept .menu summary")
    scene.shoot("rename")
    scene.look(PHONE)
    scene.shoot("phone-rename")


def shoot_writing(scene: Scene) -> None:
    """A chat model that is asked, that writes, that wrote what is not so, and that was stopped."""
    model = Model()
    scene.open.callback(model.close)
    scene.begin("openai:scripted")
    question = scene.facts["f001"].question
    said = Assistant(scene.corpus, scene.folder / "index").ask(question).citations[0].quote
    model.said = [f"{said} They ", _INVENTED]  # a sentence ends where the next one begins
    scene.write(question)
    scene.wait(".pending")
    scene.wait("#stop")
    scene.shoot("thinking")
    model.may.release()
    scene.wait(".turn .marker")
    scene.shoot("writing")
    model.may.release(9)
    scene.wait(".withheld")
    scene.wait(".turn .examples")
    scene.click(".withheld summary")
    scene.shoot("withheld")
    model.may = threading.Semaphore(0)
    scene.write(scene.facts["f116"].question)
    scene.wait(".pending")
    scene.click("#stop")
    scene.wait(".turn:last-child .notice")
    scene.shoot("stopped")


def shoot_documents(scene: Scene) -> None:
    """Files that are added, chosen and removed, and citations whose documents have changed since."""
    scene.begin()
    scene.wait(".contents [data-choose]")
    scene.click(".contents [data-choose]")
    scene.wait(".chip")
    scene.shoot("chosen")
    scene.click(".chip button")
    scene.until(lambda: not scene.find(".chip"), "all documents being asked")
    scene.ask(scene.facts["f116"].question)
    scene.click("#reader [data-contents]")
    scene.wait("#reader .contents")
    files = _write_files(scene.folder / "files")
    scene.chrome.find_element("css selector", "#uploader input[type=file]").send_keys("\n".join(map(str, files)))
    half_way = "return [...document.querySelectorAll('#reader progress')].some((bar) => bar.value > 30 && bar.value < 90)"
    scene.until(lambda: scene.chrome.execute_script(half_way), "files being indexed")
    scene.shoot("indexing")
    scene.until(lambda: "indexing" not in scene.find("#reader .added")[0].text, "files being indexed")
    scene.shoot("added")
    scene.click("#reader .contents .menu summary")
    scene.shoot("remove")
    first, second = sorted(scene.corpus.glob("0*.txt"))
    second.unlink()
    quote = scene.find(".sources [data-quote]")[0].get_attribute("data-quote") or ""
    text = first.read_bytes().decode()
    first.write_bytes(text.replace(quote, quote.replace(" ", " by now ", 1)).encode())

    def stale() -> object:  # the first page after a change may still be of the old index
        scene.again()
        return scene.find(".marker.stale")

    scene.until(stale, "the change being seen")
    scene.click(".marker.stale")
    scene.wait("#reader .notice")
    scene.hover("#masthead h1")
    scene.until(lambda: not scene.find("#card"), "the card being gone")
    scene.shoot("stale")


def _write_files(folder: Path, sheds: int = 1200) -> list[Path]:
    """Write files to add: two good ones, one of them with a long name, and four that are left out, each for another reason."""
    folder.mkdir()
    line = "Shed {} of the harbour holds {} bales, and its keeper counts them on the first Monday of each month.\n\n"
    files = {
        "harbour-sheds.md": "# The sheds of the harbour\n\n" + "".join(line.format(shed, shed * 7 % 90) for shed in range(sheds)),
        "Minutes of the harbour board, third quarter, with all annexes and the corrected tables (final, signed).txt": "The board met.\n",
        "scan.pdf": "no PDF at all",
        "empty.txt": "",
        "from-an-old-machine.txt": "caf\udce9\n",
        "000_cc860d504fdb1288.txt": "Another text under a name that is taken.\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", errors="surrogateescape")
    return [folder / name for name in files]


def shoot_beginnings(scene: Scene) -> None:
    """Documents that are read for the first time."""
    files = _write_files(scene.folder / "files", sheds=6000)
    scene.begin(documents=files[0].parent, shows=".preparing progress")
    some = "return document.querySelector('.preparing progress').value > 30"
    scene.until(lambda: scene.chrome.execute_script(some), "documents being read")
    scene.shoot("preparing")


def shoot_empty(scene: Scene) -> None:
    """A folder without documents, and one with a file that cannot be read."""
    none = scene.folder / "none"
    none.mkdir()
    scene.begin(documents=none)
    scene.shoot("empty")
    for file in _write_files(scene.folder / "files", sheds=9):
        shutil.copy(file, scene.corpus)

    def skipped() -> object:
        scene.again()
        return scene.find(".skipped")

    scene.until(skipped, "the files being seen")
    scene.click(".skipped summary")
    scene.shoot("skipped")


def shoot_evaluation(scene: Scene) -> None:
    """The evaluation before its first run, while one is going on, and after it, also in the dark and on a phone."""
    scene.begin()
    scene.click("#masthead nav a", 1)
    scene.wait("[data-evaluate]")
    scene.shoot("evaluation-first")
    scene.click("[data-evaluate]")
    scene.wait(".runs [aria-current]")
    scene.click("[data-evaluate]")
    half_way = "return [...document.querySelectorAll('#evaluation progress')].some((bar) => bar.value > bar.max / 3)"
    scene.until(lambda: scene.chrome.execute_script(half_way), "an evaluation half way")
    scene.shoot("evaluation-running")
    scene.wait(".runs [aria-current]")
    scene.shoot("evaluation")
    for name, size, dark in (("dark-evaluation", DESK, True), ("phone-evaluation", PHONE, False)):
        scene.look(size, dark=dark)
        scene.chrome.refresh()
        scene.wait(".figures")
        scene.shoot(name)


def shoot_facts(scene: Scene) -> None:
    """A proposal of a known fact, one that is edited, and what can be taken back; also in the dark and on a phone."""
    scene.begin()
    scene.click("#masthead nav a", 1)
    scene.click("#evaluation .parts a", 1)
    scene.click("#facts [data-propose]")
    scene.wait("#facts .now .flag")
    scene.shoot("proposal")
    scene.click("#facts [data-judge=accept]")
    scene.wait("#facts [data-judge=undo]")
    scene.wait("#facts .now .flag")
    scene.click("#facts [data-judge=edit]")
    scene.wait("#facts form")
    scene.wait("#facts .now .flag")
    scene.hover("#masthead h1")
    scene.shoot("proposal-edit")
    scene.click("#facts form [data-judge=show]")
    scene.wait("#facts [data-judge=accept]")
    scene.hover("#masthead h1")
    for name, size, dark in (("dark-proposal", DESK, True), ("phone-proposal", PHONE, False)):
        scene.look(size, dark=dark)
        scene.wait("#facts .now .flag")
        scene.shoot(name)


def shoot_report(scene: Scene) -> None:
    """The first charts of the report of a run of all known facts, as `pincite eval --report` writes it."""
    assistant = Assistant(SEEDS, scene.folder / "index")
    facts = list(scene.facts.values())
    report = scene.folder / "report.html"
    report.write_text(render_report(evaluate(facts, assistant), facts, assistant.index), encoding="utf-8")
    scene.look(REPORT)
    scene.chrome.get(report.as_uri())
    scene.wait(".sheet svg")
    scene.chrome.execute_script("scrollTo(0, document.querySelector('.sheet:has(svg)').offsetTop - 16)")
    scene.shoot("report")


SCENES: dict[str, Callable[[Scene], None]] = {
    "answers": shoot_answers,
    "conversations": shoot_conversations,
    "writing": shoot_writing,
    "documents": shoot_documents,
    "beginnings": shoot_beginnings,
    "empty": shoot_empty,
    "evaluation": shoot_evaluation,
    "facts": shoot_facts,
    "report": shoot_report,
}


@contextlib.contextmanager
def _open_chrome(profile: Path) -> Iterator[Chrome]:
    try:
        from selenium import webdriver
    except ImportError:
        sys.exit(f"pictures are taken with selenium, which is not installed; type: {_INSTALL}")
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (binary and driver):
        missing = "chromedriver" if binary else "chromium"
        sys.exit(f"pictures are taken in a browser, and there is no {missing} on the path; type: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in [*_FLAGS.split(), f"--user-data-dir={profile}", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]:
        options.add_argument(flag)
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    chrome.set_script_timeout(_SECONDS)
    try:
        yield chrome
    finally:
        chrome.quit()


def main(names: list[str]) -> None:
    """Take the pictures of some scenes, or of all.

    Args:
        names: Of scenes; empty for all.
    """
    if unknown := set(names) - set(SCENES):
        sys.exit(f"no scene {', '.join(sorted(unknown))}; expected some of {', '.join(SCENES)}")
    for name in [name for name in os.environ if name.startswith("PINCITE_")]:
        del os.environ[name]
    PICTURES.mkdir(exist_ok=True)
    facts = {fact.id: fact for fact in read_facts(FACTS)}
    with tempfile.TemporaryDirectory() as folder, _open_chrome(Path(folder, "profile")) as chrome:
        os.environ["XDG_DATA_HOME"] = str(Path(folder, "home"))  # the bin, before the library that moves files there is imported
        for name in names or SCENES:
            place = Path(folder, name)
            place.mkdir()
            scene = Scene(chrome=chrome, folder=place, facts=facts)
            with scene.open:
                SCENES[name](scene)


if __name__ == "__main__":
    main(sys.argv[1:])
