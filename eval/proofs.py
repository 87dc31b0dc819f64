"""What an answer is held against: the paragraphs that prove a fact, the text that offsets point into, and `rag.verify`'s view of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from eval.metrics import sentence_precision, sentence_recall
from index.errors import FactsError
from index.readers.types import MEDIA_TYPES, PARSERS
from rag.support import judge

if TYPE_CHECKING:
    from pathlib import Path

    from eval.facts import Fact
    from index.paragraphs import Paragraph
    from index.search import ParagraphIndex
    from rag.answer import Answer

# A paragraph: the path of its source and its number.
Place = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What `rag.verify` says of the statements that an answer shows, and of their citations.

    Attributes:
        claims: Statements that tell something of the documents.
        supported: Those of them that the cited paragraphs, whole, tell.
        recall: Share of the claims that the quotes of their own citations tell together; None without claims.
        precision: Share of those citations that are of use; None without citations.
    """

    claims: int
    supported: int
    recall: float | None
    precision: float | None


def check_answer(answer: Answer, index: ParagraphIndex) -> Checked:
    """Check the statements of an answer anew, against what they cite."""
    quotes = {citation.number: citation.quote for citation in answer.citations}
    claims = [statement for statement in answer.statements if statement.shown and statement.status != "not a claim"]
    cited = [(claim.text, tuple(quotes[number] for number in claim.citations)) for claim in claims]
    whole = [_paragraph(citation.source, citation.paragraph, index) for citation in answer.citations]
    supports = cache(_supports)
    return Checked(
        claims=len(claims),
        supported=sum(bool(whole) and judge(claim.text, whole).supported for claim in claims),
        recall=sentence_recall(cited, supports),
        precision=sentence_precision(cited, supports),
    )


def _supports(statement: str, quotes: tuple[str, ...]) -> bool:
    """Say whether quotes tell a statement, as one text."""
    return bool(quotes) and judge(statement, ["\n".join(quotes)]).supported


def _paragraph(path: str, number: int, index: ParagraphIndex) -> Paragraph:
    """Return a paragraph without its heading, which tells nothing by itself."""
    return next(replace(paragraph, heading="") for paragraph in index.store.paragraphs(path) if paragraph.number == number)


def find_proofs(fact: Fact, index: ParagraphIndex) -> list[set[Place]]:
    """Return, for each part of the answer, the paragraphs that hold one of its evidences."""
    parts: list[set[Place]] = [set() for _ in fact.answers]
    for evidence in fact.evidence:
        parts[evidence.part] |= _places(fact.id, evidence.source, evidence.quote, index)
    return parts


def _places(fact_id: str, path: str, quote: str, index: ParagraphIndex) -> set[Place]:
    """Return the paragraphs that share a character with any place where the quote stands."""
    try:
        text = index.store.source(path).text
    except KeyError as error:
        raise FactsError(f"fact {fact_id} cites {path}, which is not in the corpus; expected one of its documents") from error
    starts = find_all(quote, text)
    if not starts:
        raise FactsError(f"fact {fact_id}: {quote[:60]!r} does not stand in {path}; expected a verbatim quote")
    spans = [(paragraph.number, paragraph.start, paragraph.end) for paragraph in index.store.paragraphs(path)]
    return {(path, number) for start in starts for number, first, last in spans if start < last and first < start + len(quote)}


def find_all(quote: str, text: str) -> list[int]:
    """Return every place in a text where a quote begins; places may overlap.

    >>> find_all("aa", "aaa b")
    [0, 1]
    """
    starts = []
    at = text.find(quote)
    while at >= 0:
        starts.append(at)
        at = text.find(quote, at + 1)
    return starts


def source_text(path: str, corpus: Path, index: ParagraphIndex) -> str:
    """Return what offsets point into: the decoded bytes of a text file, the stored reader's text of any other."""
    if MEDIA_TYPES.get((corpus / path).suffix.lower()) not in PARSERS:
        return (corpus / path).read_bytes().decode("utf-8")
    return index.store.source(path).text
