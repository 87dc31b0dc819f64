"""What several tests share: the real encoder, small corpora in temporary folders, and the checkout's own corpus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from by_heart import FIRST, SECOND, Scripted, answer, cite
from hypothesis import settings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from index.build import open_index
from index.export import open_encoder
from index.locations import ROOT
from rag import Answer, Assistant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from langchain_core.messages import BaseMessage
    from selenium.webdriver import Chrome

    from index.encoders import OnnxEncoder
    from index.search import ParagraphIndex
    from ui.serving import RunningPage

pytest.register_assert_rewrite("browsing")

SEEDS = ROOT / "seeds"

settings.register_profile("pincite", deadline=None)  # no test asserts a time
settings.load_profile("pincite")


@pytest.fixture(scope="session")
def encoder() -> OnnxEncoder:
    """The default encoder, exported first on a fresh machine."""
    return open_encoder()


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Assistant:
    """An assistant over the checkout's seeds, with an index of its own."""
    return Assistant(SEEDS, tmp_path_factory.mktemp("seeds"), encoder=encoder)


@pytest.fixture(scope="session")
def trash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A bin of the tests' own; the library that moves files there reads the environment once, when it is imported."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home))
        import send2trash  # noqa: F401

        yield home


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three short documents about made-up things."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "harbour.txt").write_text(
        "The new harbour of Ostmark\nBy Jana Weiss\nMarch 3, 2021\n\nThe harbour of Ostmark opened in 2019. It has 14 cranes.\n\n"
        "Its director is Karel Novotny, who came from Lisbon.\n",
        encoding="utf-8",
    )
    (folder / "bees.md").write_text(
        "# Keeping bees\n\nA hive of Apis mellifera holds 40,000 bees in summer.\n\n## Winter\n\n- Feed them 12 kg of sugar.\n- Close the lower entrance.\n",
        encoding="utf-8",
    )
    (folder / "sub").mkdir()
    (folder / "sub" / "tower.txt").write_text("The tower of Brill is 61 metres high and was built by Anna Kask.\n", encoding="utf-8")
    return folder


@pytest.fixture
def build(encoder: OnnxEncoder, tmp_path: Path) -> Callable[[Path], ParagraphIndex]:
    """Index a folder and open it."""
    return lambda folder: open_index(folder, tmp_path / "index", encoder)[0]


@pytest.fixture
def without_times() -> Callable[[Path], dict[str, Any]]:
    """Read the file of a kept run, with its times made alike."""

    def read(path: Path) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        kept["settings"]["started"] = ""
        for one in kept["results"]:
            one["milliseconds"] = 0
        return kept

    return read


class ScriptedModel(BaseChatModel):
    """A chat model that says what its script says: for each call a text, pieces of text, an error, or a function of the messages.

    The last line of the script is said again for every further call.
    """

    model_name: str = "scripted"
    _script: list[Any] = PrivateAttr()
    _calls: list[list[BaseMessage]] = PrivateAttr(default_factory=list)
    _closed: list[int] = PrivateAttr(default_factory=list)  # how many pieces of each call were read

    def __init__(self, *script: Any) -> None:
        super().__init__()
        self._script = list(script)

    @property
    def calls(self) -> list[list[BaseMessage]]:
        """The messages of each call."""
        return self._calls

    @property
    def read(self) -> list[int]:
        """How many pieces of each call were read before it ended or was given up."""
        return self._closed

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        text = "".join(str(chunk.message.content) for chunk in self._stream(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        line = self._script[min(len(self._calls), len(self._script) - 1)]
        self._calls.append(messages)
        said = line(messages) if callable(line) else line
        pieces: Iterable[Any] = [said] if isinstance(said, (str, BaseException)) else said
        read = 0
        try:
            for piece in pieces:
                if isinstance(piece, BaseException):
                    raise piece
                read += 1
                yield ChatGenerationChunk(message=piece if isinstance(piece, AIMessageChunk) else AIMessageChunk(content=piece))
            counted = {"input_tokens": 10, "output_tokens": read, "total_tokens": 10 + read}
            yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=counted))
        finally:
            self._closed.append(read)


@pytest.fixture
def scripted_model() -> type[ScriptedModel]:
    """A chat model that says what its script says; see `ScriptedModel`."""
    return ScriptedModel


@pytest.fixture(scope="session")
def scripted(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Scripted:
    """The checkout's seeds, with two answers by heart: one that cites both documents, and an abstention."""
    assistant = Scripted(SEEDS, tmp_path_factory.mktemp("index"), encoder=encoder, answers={})
    nearest = tuple(assistant.retrieve("boiling point of tungsten"))
    text = "The documents do not answer this question."
    abstention = Answer(question="Tungsten?", searched="Tungsten?", text=text, nearest=nearest, abstained=True)
    assistant.answers |= {"Both?": answer("Both?", cite(assistant, (FIRST, 40, 40), (SECOND, 48, 48))), "Tungsten?": abstention}
    return assistant


@pytest.fixture(scope="module")
def page(scripted: Scripted) -> Iterator[RunningPage]:
    """The page over the checkout's seeds."""
    from ui.serving import serve

    running = serve(scripted, port=0, block=False)
    yield running
    running.close()


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for all tests, each of which opens a window of its own; it reaches 127.0.0.1 and nothing else."""
    from browsing import start_chrome

    driver = start_chrome(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chrome: Chrome, page: RunningPage) -> Chrome:
    """The browser on a fresh page over the checkout's seeds."""
    from browsing import open_page

    return open_page(chrome, page)
