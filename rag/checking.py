"""Checking a text against a folder of documents: each of its statements is looked up, checked, and cited where it stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from index.errors import AnswerError
from index.sentences import split_sentences
from index.terms import query_terms
from rag.answer import Citation, Statement, citation_dict
from rag.candidates import NOT_EVIDENCE
from rag.citing import Located, cite_located
from rag.comparison import align
from rag.statements import split_statements
from rag.support import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from index.paragraphs import Paragraph
    from index.search import ParagraphIndex
    from index.sentences import Span

LOOKED_UP = 8  # passages that are looked at for one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedText:
    """A text, statement by statement, with the places that support it.

    Attributes:
        statements: In the text's order; those that are supported name their citations.
        citations: In the order of their numbers, whole sentences.
    """

    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]

    @property
    def claims(self) -> tuple[Statement, ...]:
        """The statements that tell something of the documents, rightly or not."""
        return tuple(statement for statement in self.statements if statement.status != "not a claim")

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        statements = [asdict(statement) | {"supported": statement.supported} for statement in self.statements]
        return {"statements": statements, "citations": [citation_dict(citation) for citation in self.citations]}

    def __str__(self) -> str:
        """Return a line a statement, and the quoted sentences below."""
        lines = [f"{one.status:14s}  {one}" + (f"\n{'':16s}({one.reason})" if one.reason else "") for one in self.statements]
        quotes = [f"[{one.number}] {one.place}: {one.quote}" for one in self.citations]
        return "\n".join([*lines, "", *quotes]).rstrip()


def check_text(text: str, index: ParagraphIndex) -> CheckedText:
    """Check a text, such as what a language model wrote, against an index of documents.

    Args:
        text: Any text; its own markers are left out.
        index: Of the documents.

    Raises:
        AnswerError: The text holds no sentence.
    """
    said = split_statements(text)
    if not said:
        raise AnswerError("the text holds no sentence; expected some to check")
    located, citations = cite_located([_locate(one, _look_up(one, index)) for one in said], index.store)
    return CheckedText(statements=tuple(one.statement for one in located), citations=citations)


def _locate(statement: str, paragraphs: Sequence[Paragraph]) -> Located:
    """Check one sentence against paragraphs, and find the sentences in them that tell it."""
    judged = judge(statement, paragraphs)
    telling = [paragraphs[number - 1] for number in judged.citations]
    return Located(statement=judged, places=tuple((one, span) for one in telling for span in _telling_sentences(statement, one)))


def _look_up(statement: str, index: ParagraphIndex) -> list[Paragraph]:
    hits = index.search(statement, k=LOOKED_UP)
    return list(dict.fromkeys(hit.paragraph for hit in hits if hit.paragraph.kind not in NOT_EVIDENCE))


def _telling_sentences(statement: str, paragraph: Paragraph) -> Iterator[Span]:
    """Yield where the sentences of a paragraph stand, in the source, that tell a statement."""
    spans = split_sentences(paragraph.text)
    for place in align(query_terms(statement), [paragraph.text[start:end] for start, end in spans]):
        yield paragraph.start + spans[place][0], paragraph.start + spans[place][1]
