"""What `ask` returns: statements, each pinned to the characters that say it.

The records are plain and frozen; `to_dict` gives them as JSON-ready values. `str(answer)` is for a terminal.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - a field of a record; its type can be asked for at run time
import re
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from index.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from langchain_core.messages import AIMessage

    from index.search import Hit
    from rag.recheck import Check

Status = Literal["supported", "figure differs", "name differs", "contradicted", "unsupported", "not a claim"]

ABSTENTION = "The documents do not answer this question."
_WIDTH = 100
_FOOTNOTE = re.compile(r"\s?\[\d+\]")  # a document's own, which a reader would take for one of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A place in a document, with the words that stand there.

    Attributes:
        number: 1-based, as shown to the reader.
        source: Path of the document in the corpus, POSIX.
        paragraph: 1-based number of the paragraph.
        start: First character of the quote in the document's text, 0-based, in Unicode code points.
        end: One past the last character: `text[start:end] == quote`.
        quote: Whole sentences, never empty.
        title: The document's title.
        date: The document's own date, None when it states none.
        page: 1-based, on which the quote begins, counted from the first of the file; None in a document without pages.
    """

    number: int
    source: str
    paragraph: int
    start: int
    end: int
    quote: str
    title: str
    date: dt.date | None
    page: int | None = None

    @property
    def place(self) -> str:
        """Where it is, for a reader: "minutes.pdf, page 12, paragraph 3"."""
        return f"{self.source}, {describe_place(self.paragraph, self.page)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence of an answer.

    Attributes:
        text: The sentence, without markers.
        citations: Numbers of the citations that say it; empty for everything that is not supported.
        status: "supported", or what is wrong with it.
        reason: Why, for a status other than "supported"; else "".
    """

    text: str
    citations: tuple[int, ...]
    status: Status = "supported"
    reason: str = ""

    @property
    def supported(self) -> bool:
        """True only for the status "supported"."""
        return self.status == "supported"

    @property
    def shown(self) -> bool:
        """Whether an answer's text tells it; what is neither supported nor a remark of our own is withheld."""
        return self.status in {"supported", "not a claim"}

    def __str__(self) -> str:
        """Return the sentence followed by its markers, "It grew. [1][2]"."""
        marks = "".join(f"[{number}]" for number in self.citations)
        return f"{self.text} {marks}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Values of the same thing that differ between sources.

    Attributes:
        subject: What is disputed.
        values: Each value as written, with the number of the citation that gives it, newest source first.
    """

    subject: str
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, or an abstention.

    Attributes:
        question: As asked.
        searched: As searched, with what a follow-up left out filled in.
        text: The statements that stand, with their markers, or the abstention; no list of sources.
        short: The words that answer, None when they cannot be told from their sentence.
        statements: In reading order, with those of a chat model that were withheld; empty for an abstention.
        citations: In the order of their numbers; empty for an abstention.
        conflicts: Where the sources differ.
        nearest: The hits that came nearest, best first.
        abstained: True when the documents do not answer.
        confidence: 0..1, that the documents answer the question and this is the answer.
        model: What wrote the text: "extractive", or the name of a chat model.
        timings: Milliseconds by stage; left out of `==`.
        usage: Tokens that a chat model counted, "input_tokens", "output_tokens" and "total_tokens", and "uncounted_replies" where it
            did not count all of them, as of one that was not read to its end; left out of `==`.
        corpus: Folder of the documents, None when the answer was not made from one; left out of `==` and of `to_dict`.
    """

    question: str
    searched: str
    text: str
    short: str | None = None
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    nearest: tuple[Hit, ...] = ()
    abstained: bool = False
    confidence: float = 0.0
    model: str = "extractive"
    timings: Mapping[str, float] = field(default_factory=dict, compare=False)
    usage: Mapping[str, int] = field(default_factory=dict, compare=False)
    corpus: Path | None = field(default=None, compare=False, repr=False)

    @property
    def told(self) -> str:
        """What the documents say of it: the supported statements, without markers and remarks."""
        return " ".join(statement.text for statement in self.statements if statement.supported)

    def verify(self) -> tuple[Check, ...]:
        """Say of each citation whether its quote still stands in the files: ok, moved, changed or missing.

        Raises:
            AnswerError: The answer does not know its folder.
            CorpusError: The folder is gone.
        """
        from rag.recheck import recheck

        if self.corpus is None:
            raise AnswerError("the answer does not know its folder; keep it as JSON and type: pincite verify FILE --corpus FOLDER")
        return recheck([citation_dict(citation) for citation in self.citations], self.corpus)

    def to_dict(self, *, timings: bool = False) -> dict[str, Any]:
        """Return JSON-ready values; dates are ISO strings, `nearest` names paragraphs by source and number.

        Args:
            timings: Include the timings, and a chat model's tokens, which differ from run to run.
        """
        values: dict[str, Any] = {
            "question": self.question,
            "searched": self.searched,
            "text": self.text,
            "short": self.short,
            "abstained": self.abstained,
            "confidence": round(self.confidence, 4),
            "model": self.model,
            "statements": [_statement_dict(statement) for statement in self.statements],
            "citations": [citation_dict(citation) for citation in self.citations],
            "conflicts": [conflict_dict(conflict) for conflict in self.conflicts],
            "nearest": [hit_dict(hit) for hit in self.nearest],
        }
        return values | ({"timings": dict(self.timings), "usage": dict(self.usage)} if timings else {})

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any], corpus: Path | None = None) -> Answer:
        """Return the answer that `to_dict` wrote; see `rag.restoring`.

        Args:
            kept: The record, also by way of JSON.
            corpus: Folder of the documents, for `verify`.

        Raises:
            AnswerError: It is no such record.
        """
        from rag.restoring import restore_answer

        return restore_answer(kept, corpus)

    def to_message(self) -> AIMessage:
        """Return the answer as a LangChain message whose citations are annotations; see `rag.messages`."""
        from rag.messages import to_message

        return to_message(self)

    def __str__(self) -> str:
        """Return the answer, its shortest words first, and its sources, or the abstention and the nearest paragraphs."""
        lines = [self.short, ""] if self.short else []
        lines.append(textwrap.fill(self.text, _WIDTH, break_on_hyphens=False))
        if self.searched != self.question:
            lines.append(f"(searched for: {self.searched})")
        lines.append("")
        if self.abstained:
            lines += ["Nearest, does not answer:"] if self.nearest else []
            lines += [_describe_hit(hit) for hit in self.nearest[:3]]
        else:
            lines += [line for conflict in self.conflicts for line in _describe_conflict(conflict)]
            lines += [_describe_citation(citation) for citation in self.citations]
        return "\n".join(lines).rstrip()


def describe_place(paragraph: int, page: int | None) -> str:
    """Return where something is in a document, as it is told everywhere.

    Args:
        paragraph: 1-based number.
        page: 1-based number, None in a document without pages.

    >>> describe_place(3, 12), describe_place(3, None)
    ('page 12, paragraph 3', 'paragraph 3')
    """
    return f"page {page}, paragraph {paragraph}" if page is not None else f"paragraph {paragraph}"


def plain_text(quote: str) -> str:
    """Return a quote as a statement tells it: on one line, without the document's own footnote marks.

    >>> plain_text("It has  14 cranes [3].")
    'It has 14 cranes.'
    """
    return _FOOTNOTE.sub("", " ".join(quote.split()))


def _statement_dict(statement: Statement) -> dict[str, Any]:
    return {
        "text": statement.text,
        "citations": list(statement.citations),
        "status": statement.status,
        "reason": statement.reason,
        "supported": statement.supported,
    }


def conflict_dict(conflict: Conflict) -> dict[str, Any]:
    """Return a conflict as JSON-ready values."""
    return {"subject": conflict.subject, "values": [list(value) for value in conflict.values]}


def citation_dict(citation: Citation) -> dict[str, Any]:
    """Return a citation as JSON-ready values."""
    return {
        "number": citation.number,
        "source": citation.source,
        "paragraph": citation.paragraph,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "title": citation.title,
        "date": citation.date.isoformat() if citation.date else None,
        "page": citation.page,
    }


def hit_dict(hit: Hit) -> dict[str, Any]:
    """Return a hit as JSON-ready values; `text` is its paragraph's, which begins at `text_start`."""
    return {
        "source": hit.paragraph.source,
        "paragraph": hit.paragraph.number,
        "start": hit.start,
        "end": hit.end,
        "score": round(hit.score, 4),
        "text": hit.paragraph.text,
        "text_start": hit.paragraph.start,
    }


def _describe_conflict(conflict: Conflict) -> list[str]:
    return ["The sources differ:", *(f"    {text} [{number}]" for text, number in conflict.values), ""]


def _describe_citation(citation: Citation) -> str:
    dated = f", {citation.date}" if citation.date else ""
    title = textwrap.shorten(citation.title, _WIDTH - 20, placeholder=" …")
    return f"[{citation.number}] {citation.place}\n    {title}{dated}"


def _describe_hit(hit: Hit) -> str:
    excerpt = textwrap.shorten(hit.paragraph.text, 2 * _WIDTH - 20, placeholder=" …")
    filled = textwrap.fill(excerpt, _WIDTH, initial_indent="    ", subsequent_indent="    ")
    return f"  {hit.paragraph.source}, paragraph {hit.paragraph.number}\n{filled}"
