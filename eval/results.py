"""What came back for a fact, and how good it is: `(Fact, Answer) -> Result`, and a `Run` of them.

An answer is right when it holds every part of the accepted answer in at most 90 words; saying more, or nothing, is
wrong. Citations are scored by paragraph: a place is true when its paragraph shares a character with an evidence.
A case without a value (the precision of an answer that cites nothing) has no score, not a zero.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from eval.costs import PRICE
from eval.metrics import is_right, part_recall, precision, squad_exact, squad_f1, token_f1
from eval.proofs import Place, check_answer, source_text
from index.terms import count_words
from rag.chat_models import EXTRACTIVE
from rag.drafts import FAILED, UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from eval.costs import Price
    from eval.facts import Fact
    from index.search import ParagraphIndex
    from rag import Answer

RETRIEVED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came back for one fact.

    Attributes:
        id: Of the fact.
        kind: Of the fact.
        question: Of the fact.
        searched: The question that was searched.
        answerable: Whether the documents answer.
        expected: The accepted wordings, for a reader: parts joined by "; ", wordings by " | ".
        answer: The answer's text.
        words: Words of the statements.
        abstained: Whether the assistant declined.
        confidence: 0..1, as given.
        right: The answer is right; of an unanswerable question, None.
        cited: Paragraphs cited, in the order of the citations.
        citation_precision: Share of the cited paragraphs that prove a part; None without citations or evidence.
        citation_recall: Share of the parts proved by a cited paragraph; None without evidence.
        exact_spans: Citations whose characters in the file are the quote.
        citations: Number of citations.
        rank: Of the first retrieved passage in a proving paragraph, 1-based; None when not among the first ten.
        milliseconds: From question to answer.
        written: Whether a chat model wrote some of it.
        withheld: Sentences of a chat model's that were not shown.
        tokens: That the chat model read and wrote, as far as it counts them.
        input_tokens: Those that it read; 0 in runs of long ago.
        output_tokens: Those that it wrote; likewise.
        uncounted: Replies that it did not count, or not to their end.
        failed: Whether the chat model could not be used, or did not finish, for an answer that was given all the same.
        short: The words that answer, None when they were not told from their sentence.
        exact_match: Whether the words that answer, else the statements, are an accepted wording as SQuAD compares them; None for
            an unanswerable question and an answer of several parts.
        squad_f1: The best F1 of those words against an accepted wording, as SQuAD counts it; None likewise.
        token_f1: The same with the tokens that `right` compares.
        claims: Statements shown that tell something of the documents; None when it was not counted, as in runs of long ago.
        supported: Claims that the cited paragraphs tell, checked anew; None likewise.
        sentence_precision: Share of the quotes cited that their claim needs or that tell it alone; None without any.
        sentence_recall: Share of the claims that the quotes they cite tell together; None without claims.
        conflicts: Conflicts shown; None when it was not counted.
        ranks: Of all retrieved passages that are the first of a proving paragraph, 1-based, rising.
        proving: Number of the proving paragraphs.
    """

    id: str
    kind: str
    question: str
    searched: str
    answerable: bool
    expected: str
    answer: str
    words: int
    abstained: bool
    confidence: float
    right: bool | None
    cited: tuple[Place, ...]
    citation_precision: float | None
    citation_recall: float | None
    exact_spans: int
    citations: int
    rank: int | None
    milliseconds: float
    written: bool = False
    withheld: int = 0
    tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    uncounted: int = 0
    failed: bool = False
    short: str | None = None
    exact_match: bool | None = None
    squad_f1: float | None = None
    token_f1: float | None = None
    claims: int | None = None
    supported: int | None = None
    sentence_precision: float | None = None
    sentence_recall: float | None = None
    conflicts: int | None = None
    ranks: tuple[int, ...] = ()
    proving: int = 0

    @property
    def missed(self) -> bool:
        """Whether the assistant did the wrong thing: a wrong answer, or an answer where there is none."""
        return not self.right if self.answerable else not self.abstained


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The results of one evaluation.

    Attributes:
        settings: What it was run with, see `run_settings`; and "price", dollars a million tokens read and written, where that was told.
        results: One a fact, in the order of the facts.
    """

    settings: dict[str, str]
    results: tuple[Result, ...]

    @property
    def started(self) -> dt.datetime:
        """When its first question was asked, in UTC."""
        return dt.datetime.fromisoformat(self.settings["started"]).astimezone(dt.UTC)

    def priced(self, price: Price) -> Run:
        """Return it with what a million tokens cost."""
        return replace(self, settings=self.settings | {PRICE: str(price)})

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {"settings": self.settings, "results": [asdict(result) for result in self.results]}


def score(fact: Fact, answer: Answer, parts: Sequence[set[Place]], corpus: Path, index: ParagraphIndex) -> Result:
    """Score one answer against its fact.

    Args:
        fact: What was asked.
        answer: What came back.
        parts: The paragraphs that prove each part of the answer.
        corpus: Folder of the documents.
        index: Of the documents.
    """
    said = answer.told
    cited = tuple(dict.fromkeys((citation.source, citation.paragraph) for citation in answer.citations))
    proving: set[Place] = set().union(*parts)
    ranks = _ranks([(hit.paragraph.source, hit.paragraph.number) for hit in answer.nearest[:RETRIEVED]], proving)
    checked = check_answer(answer, index)
    wordings = fact.answers[0] if len(fact.answers) == 1 else None
    told = "" if answer.abstained else answer.short or said
    return Result(
        id=fact.id,
        kind=fact.kind,
        question=fact.question,
        searched=answer.searched,
        answerable=fact.answerable,
        expected="; ".join(" | ".join(part) for part in fact.answers),
        answer=answer.text,
        words=count_words(said),
        abstained=answer.abstained,
        confidence=answer.confidence,
        right=(not answer.abstained and is_right(said, fact.answers)) if fact.answerable else None,
        cited=cited,
        citation_precision=precision(cited, proving) if proving else None,
        citation_recall=part_recall(cited, [part for part in parts if part]),
        exact_spans=sum(
            source_text(citation.source, corpus, index)[citation.start : citation.end] == citation.quote for citation in answer.citations
        ),
        citations=len(answer.citations),
        rank=ranks[0] if ranks else None,
        milliseconds=answer.timings.get("total", 0.0),
        written=answer.model != EXTRACTIVE,
        withheld=sum(not statement.shown for statement in answer.statements),
        tokens=answer.usage.get("total_tokens", 0),
        input_tokens=answer.usage.get("input_tokens", 0),
        output_tokens=answer.usage.get("output_tokens", 0),
        uncounted=answer.usage.get("uncounted_replies", 0),
        failed=any(statement.reason in {FAILED, UNFINISHED} for statement in answer.statements),
        short=answer.short,
        exact_match=None if wordings is None else squad_exact(told, wordings),
        squad_f1=None if wordings is None else squad_f1(told, wordings),
        token_f1=None if wordings is None else max(token_f1(told, wording) for wording in wordings),
        claims=checked.claims,
        supported=checked.supported,
        sentence_precision=checked.precision,
        sentence_recall=checked.recall,
        conflicts=len(answer.conflicts),
        ranks=ranks,
        proving=len(proving),
    )


def _ranks(retrieved: Sequence[Place], proving: Collection[Place]) -> tuple[int, ...]:
    """Return the 1-based ranks at which a proving paragraph is retrieved for the first time."""
    return tuple(rank for rank, place in enumerate(retrieved, start=1) if place in proving and place not in retrieved[: rank - 1])
