"""An assistant that knows some answers by heart, so that a test of the page can say what is cited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rag import Answer, Assistant, Citation, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

UNICORNS = "How many unicorn companies does Huangpu have?"
FIRST, SECOND = "000_cc860d504fdb1288.txt", "003_9e4acc9cc495592d.txt"  # the seeds


class Scripted(Assistant):
    """A real assistant that answers some questions by heart, and remembers what histories it was given."""

    def __init__(self, *args: object, answers: dict[str, Answer], **options: object) -> None:
        super().__init__(*args, **options)
        self.answers = answers
        self.histories: list[tuple[str, list[tuple[str, str]]]] = []

    def history_of(self, question: str) -> list[tuple[str, str]]:
        """Return the history that a question was last asked with."""
        return next(history for asked, history in reversed(self.histories) if asked == question)

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


def pin(assistant: Assistant, *places: tuple[str, str]) -> tuple[Citation, ...]:
    """Return citations of words in the middle of paragraphs; a place is a source and words that it says once."""
    store = assistant.index.store
    citations = []
    for number, (path, words) in enumerate(places, start=1):
        source = store.source(path)
        start = source.text.index(words)
        paragraph = next(one for one in store.paragraphs(path) if one.start <= start < one.end)
        values = {"source": path, "paragraph": paragraph.number, "start": start, "end": start + len(words)}
        citations.append(Citation(number=number, quote=words, title=source.title, date=source.date, **values))
    return tuple(citations)


def answer(question: str, citations: tuple[Citation, ...]) -> Answer:
    """Return an answer that says what its citations say, a statement each."""
    statements = tuple(Statement(text=" ".join(c.quote.split()), citations=(c.number,)) for c in citations)
    text = " ".join(map(str, statements))
    return Answer(question=question, searched=question, text=text, statements=statements, citations=citations)
