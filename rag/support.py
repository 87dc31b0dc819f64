"""Does a text say only what its paragraphs say? `verify` splits it into statements, checks each, and cites what supports it.

A statement is supported when a paragraph, or two together, tells it: no figure, date, name or sense differs (`rag.comparison`), and a
small cross-encoder, trained by `python -m eval.train_support`, takes it for told. What is about to be shown as an answer is not read:
`judge_clause` asks whether it keeps to the words (`rag.keeping`). Markers in the text ("[2]") are a hint that is not trusted and not
kept. What it knowingly ignores: what follows only from several paragraphs by reasoning; such statements are refused.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from index.encoders import bundled_tokenizer
from index.pairs import PairScorer
from index.paragraphs import Paragraph
from index.terms import query_terms
from rag.answer import Statement
from rag.checks import stands_there
from rag.citing import Located
from rag.comparison import Passage, compare, join_agreeing, select_agreeing
from rag.keeping import keep
from rag.ranker import MODEL as RANKER
from rag.statements import claims_nothing, encodable, split_statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.sentences import Span
    from rag.answer import Status
    from rag.citing import Place
    from rag.comparison import Comparison

MODEL = RANKER.with_name("support.onnx")
SUPPORTED = -4.2  # log-odds from which a statement is told: refuses 4 % of the true claims of public sets (DECISIONS.md)
_VERBATIM = 10.0  # log-odds of what stands there word for word, however long its sentence is
MOST_CITED = 3  # paragraphs for one statement
_ABOUT = 0.5  # share of a statement's words in a paragraph from which it is about the same thing


@lru_cache(maxsize=1)
def supporter() -> PairScorer:
    """Return the shipped cross-encoder that reads a statement and a sentence; it is opened once."""
    return PairScorer(MODEL, bundled_tokenizer())


def verify(text: str, paragraphs: Sequence[str | Paragraph]) -> tuple[Statement, ...]:
    """Check a text, such as a language model's answer, against the paragraphs that it was written from.

    Args:
        text: Any text; its own citation markers are left out.
        paragraphs: Strings, or paragraphs of an index.

    Returns:
        A statement for each sentence, in order: `supported` with the 1-based numbers of the paragraphs that tell it, at
        most `MOST_CITED`; else without citations, with what is wrong as `status` and `reason`; "not a claim" for what
        tells nothing of the documents.

    Raises:
        TypeError: The text is no string, `paragraphs` is one, or a paragraph is neither a string nor a Paragraph.

    >>> [(one.supported, one.reason) for one in verify("It sold 310 cars. It sold 3100 cars.", ["In May the yard sold 310 cars."])]
    [(True, ''), (False, 'the passage says "310 cars", not "3100"')]
    """
    if not isinstance(text, str):
        raise TypeError(f"the text is {type(text).__name__}; expected a string")
    if isinstance(paragraphs, str):
        raise TypeError("paragraphs is one string; expected a sequence of them: verify(text, [paragraph])")
    passages = _passages(paragraphs)
    return tuple(_judge(statement, passages) for statement in split_statements(text))


def judge(statement: str, paragraphs: Sequence[str | Paragraph]) -> Statement:
    """Check one sentence as it stands; see `verify`."""
    return _judge(statement, _passages(paragraphs))


def judge_clause(statement: str, paragraphs: Sequence[Paragraph]) -> Located:
    """Check one sentence that is about to be shown as an answer: it is not read, but must be a clause of a paragraph (`rag.keeping`).

    Refuses nearly every sentence in other words, which can be said again or quoted.

    Args:
        statement: One sentence.
        paragraphs: Of an index; what stands in their headings does not count.

    Returns:
        The statement, cited as by `judge`, and for each citation the place that it keeps to: a sentence, with the one before
        where that names what it is about.
    """
    if (remark := _no_claim(statement)) is not None:
        return Located(statement=remark)
    compared = compare(statement, _passages([replace(paragraph, heading="") for paragraph in paragraphs]))
    kept = [(one.passages[0], places) for one in select_agreeing(compared) if (places := keep(statement, one.sentences))][:MOST_CITED]
    if not kept:
        return Located(statement=_refuse(statement, compared))
    return Located(
        statement=Statement(text=statement, citations=tuple(passage.number for passage, _ in kept)),
        places=tuple(_place(paragraphs[passage.number - 1], [passage.spans[place] for place in places]) for passage, places in kept),
    )


def _place(paragraph: Paragraph, spans: Sequence[Span]) -> Place:
    """Return where adjoining sentences of a paragraph stand in its document."""
    return paragraph, (paragraph.start + spans[0][0], paragraph.start + spans[-1][1])


def _passages(paragraphs: Sequence[str | Paragraph]) -> list[Passage]:
    numbered = enumerate(paragraphs, start=1)
    return [Passage(number=number, name=_name(number, paragraph), text=_text(paragraph)) for number, paragraph in numbered]


def _text(paragraph: str | Paragraph) -> str:
    if isinstance(paragraph, str):
        return encodable(paragraph)
    if isinstance(paragraph, Paragraph):
        return f"{paragraph.heading}\n\n{paragraph.text}" if paragraph.heading else paragraph.text
    raise TypeError(f"a paragraph is {type(paragraph).__name__}; expected a string or an index.paragraphs.Paragraph")


def _name(number: int, paragraph: str | Paragraph) -> str:
    return f"{paragraph.source}, paragraph {paragraph.number}" if isinstance(paragraph, Paragraph) else f"paragraph {number}"


def _judge(statement: str, passages: Sequence[Passage]) -> Statement:
    if (remark := _no_claim(statement)) is not None:
        return remark
    compared = compare(statement, passages)
    telling = _surest(select_agreeing(compared))[:MOST_CITED] or _surest(join_agreeing(statement, compared))[:1]
    if not telling:
        return _refuse(statement, compared)
    return Statement(text=statement, citations=tuple(sorted({passage.number for one in telling for passage in one.passages})))


def _no_claim(statement: str) -> Statement | None:
    """Return a statement that is not checked, with the reason; None for a claim."""
    if statement.startswith("|"):
        reason = "a row of a table, which is not checked"
    elif not query_terms(statement) or claims_nothing(statement):
        reason = "it tells nothing of the documents"
    else:
        return None
    return Statement(text=statement, citations=(), status="not a claim", reason=reason)


def _surest(compared: Sequence[Comparison]) -> list[Comparison]:
    """Return those that tell the statement, the surest first."""
    scored = sorted(((_told(one), one) for one in compared), key=lambda pair: -pair[0])
    return [one for told, one in scored if told > SUPPORTED]


def _told(one: Comparison) -> float:
    """Return how surely one of the sentences, or those aligned together, tells the statement: a log-odds."""
    if stands_there(one.restated, one.sentences):
        return _VERBATIM
    befores = ["", *one.sentences[:-1]]
    pairs = [(one.restated, sentence, before) for sentence, before in zip(one.sentences, befores, strict=True)]
    if len(one.aligned) > 1:
        pairs.append((one.restated, " ".join(one.aligned), ""))
    return float(supporter().score(pairs).max())


def _refuse(statement: str, compared: Sequence[Comparison]) -> Statement:
    """Return the statement with what is wrong beside the passage that is most about the same."""
    status: Status = "unsupported"
    reason = "no paragraph says this"
    nearest = max(compared, key=lambda one: one.about, default=None)
    if nearest is not None and nearest.about >= _ABOUT:
        if nearest.difference is not None:
            status, reason = nearest.difference.status, nearest.difference.reason
        else:
            reason = f"{nearest.passages[0].name} comes nearest and does not say this"
    return Statement(text=statement, citations=(), status=status, reason=reason)
