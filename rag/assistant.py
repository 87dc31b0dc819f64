"""The whole way from a question to an answer: `Assistant`, and `ask` for one line.

`understand -> retrieve -> compose`, three functions from one record to the next. `Assistant.ask` calls them;
`Assistant.chain` is the same three as a LangChain Runnable. The index is opened, and built when it is missing or
older than the files, on first use; before each question the files' sizes and times are looked at again, at most
once a second, and at most every five where there are so many files that looking takes long.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.build import is_current, open_index
from index.errors import SettingsError
from index.generations import current_generation
from index.locations import default_index_dir
from rag.answer import ABSTENTION, Answer, Citation, Statement
from rag.evidence import evidence_model, rank_evidence
from rag.question import Question, read_question
from rag.selection import MAX_STATEMENTS, arrange, select_evidence
from rag.settings import Settings, load_encoder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.runnables import Runnable

    from index.encoders import Encoder
    from index.search import Hit, ParagraphIndex
    from rag.evidence import Evidence
    from rag.followups import Turn
    from rag.retriever import ParagraphRetriever

HITS = 15  # passages whose sentences are read
MAX_CITATIONS_EACH = 3  # places cited for one statement

_FOOTNOTE = re.compile(r"\s?\[\d+\]")  # a document's own, which a reader would take for one of ours
_NEVER_NEAREST = frozenset({"title", "heading", "byline"})  # nobody looks for an answer there

_log = logging.getLogger("pincite")


class Assistant:
    """Answers questions about one folder of documents; safe to use from several threads."""

    def __init__(
        self,
        corpus: str | Path | None = None,
        index_dir: str | Path | None = None,
        model: str | None = None,
        *,
        encoder: Encoder | None = None,
        progress: bool = False,
    ) -> None:
        """Prepare an assistant; nothing is read or loaded before the first question.

        Args:
            corpus: Folder of documents; None is PINCITE_CORPUS, else the checkout's seeds/.
            index_dir: Where the index is kept; None is a folder of its own in the checkout's `.index/`.
            model: What writes the answer; None is PINCITE_MODEL, else "extractive", which quotes the documents and
                is what this version has.
            encoder: Makes the vectors; None is PINCITE_ENCODER, else the bundled model in int8.
            progress: Show progress bars on standard error while an index is built.

        Raises:
            SettingsError: The environment sets something that does not exist, or `model` is not "extractive".
        """
        settings = Settings.from_environment()
        model = model or settings.model or "extractive"
        if model != "extractive":
            raise SettingsError(f"the model {model!r} cannot be used; this version answers with quotations only: leave model out")
        self.corpus = (Path(corpus).expanduser() if corpus else settings.corpus).absolute()
        self.index_dir = Path(index_dir).expanduser() if index_dir else default_index_dir(self.corpus)
        self._encoder_name = settings.encoder
        self._encoder = encoder
        self._progress = progress
        self._lock = threading.Lock()
        self._index: ParagraphIndex | None = None
        self._check_again = 0.0

    @property
    def index(self) -> ParagraphIndex:
        """The index of the documents as they are now.

        Raises:
            CorpusError: The folder is missing, empty or unreadable.
            StoreError: The index cannot be written.
            EncoderError: The embedding model cannot be loaded.
        """
        with self._lock:
            if self._index is not None and time.monotonic() < self._check_again:
                return self._index
            self._encoder = self._encoder or load_encoder(self._encoder_name)
            started = time.monotonic()
            current = self._index is not None and self._is_current(self._index, self._encoder)
            looked = time.monotonic() - started
            if self._index is None or not current:
                self._index, report = open_index(self.corpus, self.index_dir, self._encoder, progress=self._progress)
                for reason in report.skipped.values() if report else ():
                    _log.warning("skipped %s", reason)
            self._check_again = time.monotonic() + min(5.0, max(1.0, 20 * looked))
            return self._index

    def _is_current(self, opened: ParagraphIndex, encoder: Encoder) -> bool:
        return opened.generation == current_generation(self.index_dir) and is_current(self.corpus, self.index_dir, encoder)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question.

        Args:
            question: In plain words.
            history: Earlier (question, answer) pairs, oldest first, for follow-ups.

        Returns:
            The answer, or an abstention; see `Answer`.

        Raises:
            QuestionError: The question is empty or far too long.
            PinciteError: The documents or the index cannot be used.
        """
        started = time.perf_counter()
        understood = self._understand({"question": question, "history": history})
        found = self._retrieve(understood)
        searched = time.perf_counter()
        answer = self._compose(found)
        ended = time.perf_counter()
        timings = {"search": 1000 * (searched - started), "evidence": 1000 * (ended - searched), "total": 1000 * (ended - started)}
        return replace(answer, timings=timings)

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Yield answers with the text so far; the last one is final. A quoted answer comes whole."""
        yield self.ask(question, history)

    def retrieve(self, question: str, k: int = 10) -> list[Hit]:
        """Return the `k` passages that fit a question best, best first."""
        return self.index.search(read_question(question).searched, k=k)

    @property
    def chain(self) -> Runnable[Any, Answer]:
        """The whole way as a LangChain Runnable: takes a string or {"question", "history"}, returns an `Answer`."""
        from langchain_core.runnables import RunnableLambda

        understand = RunnableLambda(self._understand, name="understand")
        retrieve = RunnableLambda(self._retrieve, name="retrieve")
        return understand | retrieve | RunnableLambda(self._compose, name="compose")

    def as_retriever(self, k: int = 10) -> ParagraphRetriever:
        """Return a LangChain retriever over the same index, `k` passages a question."""
        from rag.retriever import ParagraphRetriever

        return ParagraphRetriever(assistant=self, k=k)

    def _understand(self, asked: str | Mapping[str, Any]) -> Question:
        if isinstance(asked, str):
            return read_question(asked)
        return read_question(asked["question"], asked.get("history") or ())

    def _retrieve(self, question: Question) -> _Found:
        index = self.index
        hits = index.search(question.searched, k=HITS)
        of_parts = [index.search(part.searched, k=HITS) for part in question.parts] if len(question.parts) > 1 else [hits]
        return _Found(question=question, hits=hits, of_parts=of_parts, index=index)

    def _compose(self, found: _Found) -> Answer:
        model = evidence_model()
        ranked = [rank_evidence(part, hits, found.index, model) for part, hits in zip(found.question.parts, found.of_parts, strict=True)]
        confidences = [model.confidence(evidences[0].score) if evidences else 0.0 for evidences in ranked]
        most = MAX_STATEMENTS if len(ranked) == 1 else 2
        selected = [
            select_evidence(evidences, model, most=most, several=part.several)
            for part, evidences, confidence in zip(found.question.parts, ranked, confidences, strict=True)
            if confidence >= model.threshold
        ]
        statements, citations = _cite(arrange(selected, found.index), found.index)
        return Answer(
            question=found.question.text,
            searched=found.question.searched,
            text=" ".join(map(str, statements)) or ABSTENTION,
            statements=statements,
            citations=citations,
            nearest=tuple(hit for hit in found.hits if hit.paragraph.kind not in _NEVER_NEAREST),
            abstained=not statements,
            confidence=max(confidences, default=0.0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A question with the hits for it, and for each of its parts."""

    question: Question
    hits: list[Hit]
    of_parts: list[list[Hit]]
    index: ParagraphIndex


def _cite(groups: Sequence[Sequence[Evidence]], index: ParagraphIndex) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """Turn groups of evidence into statements, each with the citations of the places that say it."""
    titles = index.store.titles(evidence.paragraph.source for group in groups for evidence in group)
    statements: list[Statement] = []
    citations: list[Citation] = []
    for group in groups:
        numbers = []
        for evidence in group[:MAX_CITATIONS_EACH]:
            title, date = titles[evidence.paragraph.source]
            numbers.append(len(citations) + 1)
            citations.append(
                Citation(
                    number=numbers[-1],
                    source=evidence.paragraph.source,
                    paragraph=evidence.paragraph.number,
                    start=evidence.start,
                    end=evidence.end,
                    quote=evidence.text,
                    title=title,
                    date=date,
                )
            )
        text = _FOOTNOTE.sub("", " ".join(group[0].text.split()))
        statements.append(Statement(text=text, citations=tuple(numbers)))
    return tuple(statements), tuple(citations)


def ask(question: str, corpus: str | Path | None = None, model: str | None = None, history: Sequence[Turn] = ()) -> Answer:
    """Answer a question about a folder of documents; the convenience door to `Assistant.ask`.

    Args:
        question: In plain words.
        corpus: Folder of documents; None is PINCITE_CORPUS, else the checkout's seeds/.
        model: As for `Assistant`.
        history: Earlier (question, answer) pairs, oldest first.

    The assistant of each setting is kept and used again.
    """
    settings = Settings.from_environment()
    folder = Path(corpus).expanduser() if corpus else settings.corpus
    return _kept_assistant(folder.resolve(), model or settings.model).ask(question, history)


@lru_cache(maxsize=8)
def _kept_assistant(corpus: Path, model: str | None) -> Assistant:
    return Assistant(corpus, model=model, progress=True)
