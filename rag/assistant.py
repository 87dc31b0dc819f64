"""The whole way from a question to an answer: `Assistant`, and `ask` for one line.

`understand -> retrieve -> answer`, three functions from one record to the next. `Assistant.stream` calls them;
`Assistant.chain` is the same three as a LangChain Runnable. The third quotes (`rag.composition`), or has a chat model write
(`rag.generation`). The index is the documents' as they are now (`rag.live_index`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.locations import default_index_dir
from rag.chat_models import EXTRACTIVE, check_model, describe_model, open_chat_model
from rag.composition import compose
from rag.live_index import LiveIndex
from rag.question import Question, add_aliases, read_question
from rag.retrieval import find_hits, retrieve, search_again
from rag.settings import Settings, read_time_limit
from rag.waiting import Patience

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

    from index.build import BuildReport
    from index.encoders import Encoder
    from index.search import Hit, ParagraphIndex
    from rag.aliases import Aliases
    from rag.answer import Answer
    from rag.checking import CheckedText
    from rag.disputes import Dispute
    from rag.followups import Turn
    from rag.pacing import Pace
    from rag.paragraph_store import ParagraphVectorStore
    from rag.retrieval import Found
    from rag.retriever import ParagraphRetriever


class Assistant:
    """Answers questions about one folder of documents; safe to use from several threads."""

    def __init__(
        self,
        corpus: str | Path | None = None,
        index_dir: str | Path | None = None,
        model: str | BaseChatModel | None = None,
        *,
        time_limit: float | None = None,
        encoder: Encoder | None = None,
        progress: bool = False,
    ) -> None:
        """Prepare an assistant; nothing is read or loaded before the first question.

        Args:
            corpus: Folder of documents; None is PINCITE_CORPUS, else the checkout's seeds/.
            index_dir: Where the index is kept; None is a folder of its own in the checkout's `.index/`.
            model: What writes the answer: a LangChain chat model, or a string that names one as `rag.chat_models` says. None is
                PINCITE_MODEL, else "extractive", which quotes the documents.
            time_limit: Seconds that a chat model may take for one answer; None is PINCITE_TIME_LIMIT, else 120.
            encoder: Makes the vectors; None is PINCITE_ENCODER, else the bundled model in int8.
            progress: Show progress bars on standard error while an index is built.

        Raises:
            SettingsError: The environment sets something that does not exist, or `model` cannot be one.
            TypeError: `model` is neither a string nor a LangChain chat model.
        """
        settings = Settings.from_environment()
        self.model = check_model(model or settings.model or EXTRACTIVE)
        self.time_limit = read_time_limit(settings.time_limit if time_limit is None else time_limit)
        self._model_key = settings.model_key
        self.corpus = (Path(corpus).expanduser() if corpus else settings.corpus).absolute()
        self.index_dir = Path(index_dir).expanduser() if index_dir else default_index_dir(self.corpus)
        self._progress = progress
        self._live = LiveIndex(self.corpus, self.index_dir, encoder=encoder, encoder_name=settings.encoder, progress=progress)
        self._models: dict[str, BaseChatModel] = {}

    @property
    def index(self) -> ParagraphIndex:
        """The index of the documents as they are now.

        Raises:
            CorpusError: The folder is missing, empty or unreadable.
            StoreError: The index cannot be written.
            EncoderError: The embedding model cannot be loaded.
        """
        return self._live.current().index

    def open(self, watch: Callable[[str, float], None] | None = None) -> ParagraphIndex:
        """Return the index as `index` does; where one is built, say how far that is.

        Args:
            watch: As `index.build.build_index` says: called with a document's path and the share of it that is embedded.

        Raises:
            PinciteError: As `index`.
        """
        return self._live.current(watch).index

    @property
    def aliases(self) -> Aliases:
        """The other names that the documents, and their owner, give; raises what `index` raises."""
        return self._live.current().aliases

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        model: str | BaseChatModel | None = None,
        sources: Collection[str] | None = None,
    ) -> Answer:
        """Answer a question.

        Args:
            question: In plain words.
            history: Earlier (question, answer) pairs, oldest first, for follow-ups.
            model: What writes this answer; None is the assistant's own model.
            sources: Paths of documents in the corpus; only these are searched, cited, compared, listed as nearest and shown
                to a chat model, as if there were no others. Still of the whole corpus are: how rare a word is, and the other
                names of things. None is all documents.

        Returns:
            The answer, or an abstention; see `Answer`.

        Raises:
            QuestionError: The question is empty or far too long, or `sources` holds no path.
            CorpusError: A path in `sources` is not in the index.
            PinciteError: The documents or the index cannot be used.
        """
        *_, answer = self.stream(question, history, model=model, sources=sources)
        return answer

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        model: str | BaseChatModel | None = None,
        stop: threading.Event | None = None,
        sources: Collection[str] | None = None,
        pace: Pace | None = None,
    ) -> Iterator[Answer]:
        """Yield answers with the text so far, each sentence checked; the last one is final. A quoted answer comes whole.

        Args:
            question: In plain words.
            history: Earlier (question, answer) pairs, oldest first.
            model: What writes this answer; None is the assistant's own model.
            stop: Once set, from whichever thread, a chat model is not read any further. Closing the iterator does the same.
            sources: Only these documents are asked; None is all.
            pace: At which a chat model is asked by all threads that share it: a rate limit is then waited for, and is no failure.

        Raises:
            BusyError: There is a pace, and the model took nothing for longer than that waits.
            PinciteError: As `ask`.
        """
        started = time.perf_counter()
        writer = self.model if model is None else check_model(model)
        found = self._retrieve(read_question(question, history, sources))
        searched = time.perf_counter()
        for answer in self._answer(found, writer, stop or threading.Event(), pace):
            now = time.perf_counter()
            timings = {"search": 1000 * (searched - started), "evidence": 1000 * (now - searched), "total": 1000 * (now - started)}
            yield replace(answer, timings=timings)

    async def astream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        model: str | BaseChatModel | None = None,
        sources: Collection[str] | None = None,
    ) -> AsyncGenerator[Answer, None]:
        """Do as `stream` does, without holding up the event loop; when it is cancelled, a chat model is not read any further."""
        stop = threading.Event()
        async for answer in _iterate(self.stream(question, history, model=model, stop=stop, sources=sources), stop):
            yield answer

    def _answer(self, found: Found, model: str | BaseChatModel, stop: threading.Event, pace: Pace | None = None) -> Iterator[Answer]:
        """Yield the answer as it grows: quoted whole, or written."""
        if model == EXTRACTIVE:
            yield compose(found)
            return
        from rag.generation import write_answer

        patience = Patience.of(self.time_limit, stop, pace)
        name = describe_model(model)
        yield from write_answer(
            found, lambda: self._open_model(model), name=name, patience=patience, search=lambda text: search_again(found, text)
        )

    def _open_model(self, model: str | BaseChatModel) -> BaseChatModel:
        """Return a chat model, opened once for each name.

        Raises:
            ModelError: It cannot be opened.
        """
        if not isinstance(model, str):
            return model
        if model not in self._models:  # two threads may open it at once, which does no harm
            self._models[model] = open_chat_model(model, key=self._model_key, time_limit=self.time_limit)
        return self._models[model]

    def retrieve(self, question: str, k: int = 10, *, sources: Collection[str] | None = None) -> list[Hit]:
        """Return the `k` passages that fit a question best, best first; `sources` as for `ask`."""
        understood, opened = read_question(question, sources=sources), self._live.current()
        return opened.index.search(add_aliases(understood, opened.aliases).search_text, k=k, sources=understood.sources)

    def update(self, change: Callable[[], None] | None = None, watch: Callable[[str, float], None] | None = None) -> BuildReport:
        """Build the index anew; until that is done, questions are answered by the one that is open, and none waits.

        Where none is open yet they do wait, and `change` and `watch` must not ask. Two updates run one after the other.

        Args:
            change: Adds files to the corpus, or removes some; called when the assistant has stopped looking at them.
            watch: As `index.build.build_index` says: called with a document's path and the share of it that is embedded.

        Returns:
            What the build did, with the reason for each file that could not be read.

        Raises:
            CorpusError: Nothing that can be read is left; the next question says so, too.
            PinciteError: The index cannot be built. As with whatever `change` or `watch` raises, the index that is open goes
                on answering, until the files are others again or an update succeeds.
        """
        return self._live.update(change, watch)

    def check(self, text: str) -> CheckedText:
        """Check a text, such as a language model's answer, against the documents, statement by statement.

        Raises:
            AnswerError: The text holds no sentence.
            PinciteError: The documents or the index cannot be used.
        """
        from rag.checking import check_text

        return check_text(text, self.index)

    def open_model(self) -> None:
        """Open the assistant's chat model, if it has one, so that what is missing is known before the first question.

        Raises:
            ModelError: Its package or key is missing, or its server does not answer.
        """
        if self.model != EXTRACTIVE:
            self._open_model(self.model)

    def conflicts(self) -> Iterator[Dispute]:
        """Yield where two documents give different figures for one thing, as they are found; it asks about every figure.

        With `progress`, a bar is shown on standard error.
        """
        from tqdm import tqdm

        from rag.disputes import find_disputes, stated_figures

        opened = self._live.current()
        figures = stated_figures(opened.index)
        looked_at = find_disputes(opened.index, figures, lambda question: find_hits(add_aliases(question, opened.aliases), opened.index))
        for dispute in tqdm(looked_at, total=len(figures), desc="comparing", unit="figure", disable=not self._progress):
            if dispute is not None:
                yield dispute

    @property
    def chain(self) -> Runnable[Any, Answer]:
        """The whole way as a LangChain Runnable: takes a string or {"question", "history", "sources"}, returns an `Answer`."""
        from langchain_core.runnables import RunnableLambda

        understand = RunnableLambda(self._understand, name="understand")
        retrieve = RunnableLambda(self._retrieve, name="retrieve")
        return understand | retrieve | RunnableLambda(self._tell, self._tell_async, name="answer")

    def _tell(self, found: Found) -> Iterator[Answer]:
        yield from self._answer(found, self.model, threading.Event())

    async def _tell_async(self, found: Found) -> AsyncIterator[Answer]:
        stop = threading.Event()
        async for answer in _iterate(self._answer(found, self.model, stop), stop):
            yield answer

    def as_retriever(self, k: int = 10) -> ParagraphRetriever:
        """Return a LangChain retriever over the same index, `k` passages a question."""
        from rag.retriever import ParagraphRetriever

        return ParagraphRetriever(assistant=self, k=k)

    def as_vector_store(self) -> ParagraphVectorStore:
        """Return the same index as a LangChain vector store, which can be searched and read, not written."""
        from rag.paragraph_store import ParagraphVectorStore

        return ParagraphVectorStore(self)

    def _understand(self, asked: str | Mapping[str, Any]) -> Question:
        if isinstance(asked, str):
            return read_question(asked)
        return read_question(asked["question"], asked.get("history") or (), asked.get("sources"))

    def _retrieve(self, question: Question) -> Found:
        opened = self._live.current()
        return retrieve(question, opened.index, self.corpus, aliases=opened.aliases)


async def _iterate(answers: Iterator[Answer], stop: threading.Event) -> AsyncIterator[Answer]:
    """Yield what an iterator yields, each from a worker thread; `stop` is set when nobody waits for more."""
    try:
        while (answer := await asyncio.to_thread(next, answers, None)) is not None:
            yield answer
    finally:
        stop.set()


def ask(
    question: str,
    corpus: str | Path | None = None,
    model: str | BaseChatModel | None = None,
    history: Sequence[Turn] = (),
    *,
    sources: Collection[str] | None = None,
) -> Answer:
    """Answer a question about a folder of documents; the convenience door to `Assistant.ask`.

    Args:
        question: In plain words.
        corpus: Folder of documents; None is PINCITE_CORPUS, else the checkout's seeds/.
        model: As for `Assistant`.
        history: Earlier (question, answer) pairs, oldest first.
        sources: Only these documents are asked, by their paths in the folder; None is all.

    The assistant of each folder is kept and used again.
    """
    settings = Settings.from_environment()
    folder = Path(corpus).expanduser() if corpus else settings.corpus
    kept = _kept_assistant(folder.resolve(), settings.model_key, settings.time_limit)
    return kept.ask(question, history, model=model or settings.model or EXTRACTIVE, sources=sources)


@lru_cache(maxsize=8)
def _kept_assistant(corpus: Path, _model_key: str | None, time_limit: float) -> Assistant:
    """Return the assistant of a folder; it reads the key from the environment, and another key is another assistant."""
    return Assistant(corpus, time_limit=time_limit, progress=True)
