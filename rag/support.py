"""Does a text say only what its paragraphs say? `verify` splits it into statements, checks each, and cites what supports it.

A statement is supported when a paragraph, or two together, tells it: no figure, date, name or sense differs (`rag.checks`), and a
small cross-encoder, trained by `python -m eval.train_support`, takes it for told. Markers in the text ("[2]") are a hint that is not
trusted and not kept. What it knowingly ignores: what follows only from several paragraphs by reasoning; such statements are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from index.encoders import bundled_tokenizer
from index.pairs import PairScorer
from index.paragraphs import Paragraph
from index.sentences import split_sentences
from index.terms import query_terms, split_terms
from rag.answer import Statement
from rag.checks import Difference, find_difference, stands_there
from rag.figure_checks import restate_figures
from rag.keeping import keep
from rag.ranker import MODEL as RANKER
from rag.statements import claims_nothing, encodable, split_statements

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rag.answer import Status

MODEL = RANKER.with_name("support.onnx")
SUPPORTED = -4.2  # log-odds from which a statement is told: refuses 4 % of the true claims of public sets (DECISIONS.md)
_VERBATIM = 10.0  # log-odds of what stands there word for word, however long its sentence is
MOST_CITED = 3  # paragraphs for one statement
_JOINED = 4  # paragraphs of which two may support a statement together
_ABOUT = 0.5  # share of a statement's words in a paragraph from which it is about the same thing
_LEAST_ABOUT = 0.4  # share from which it may support the statement: every true claim made of public sets has 0.45 or more
_NEAR = 0.25  # by how much less it may be about it than another paragraph, which perhaps says otherwise
_NEW = 0.15  # share that a second paragraph must add


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
    passages = tuple(_Passage(_text(paragraph), _name(number, paragraph)) for number, paragraph in enumerate(paragraphs, start=1))
    return tuple(_judge(statement, passages) for statement in split_statements(text))


def judge(statement: str, paragraphs: Sequence[str | Paragraph], *, strictly: bool = False) -> Statement:
    """Check one sentence as it stands; see `verify`.

    Args:
        statement: One sentence.
        paragraphs: As for `verify`.
        strictly: For what is about to be shown as an answer: instead of being read, it must be a clause of a paragraph (`rag.keeping`).
            Refuses nearly every sentence in other words, which can be said again or quoted.
    """
    texts = (paragraph.text if strictly and isinstance(paragraph, Paragraph) else _text(paragraph) for paragraph in paragraphs)
    names = (_name(number, paragraph) for number, paragraph in enumerate(paragraphs, start=1))
    return _judge(statement, tuple(map(_Passage, texts, names)), strictly=strictly)


def _text(paragraph: str | Paragraph) -> str:
    if isinstance(paragraph, str):
        return encodable(paragraph)
    if isinstance(paragraph, Paragraph):
        return f"{paragraph.heading}\n{paragraph.text}" if paragraph.heading else paragraph.text
    raise TypeError(f"a paragraph is {type(paragraph).__name__}; expected a string or an index.paragraphs.Paragraph")


def _name(number: int, paragraph: str | Paragraph) -> str:
    return f"{paragraph.source}, paragraph {paragraph.number}" if isinstance(paragraph, Paragraph) else f"paragraph {number}"


@dataclass(frozen=True)
class _Passage:
    """A paragraph, split when it is first looked at, and what a reader calls it."""

    text: str
    name: str

    @cached_property
    def sentences(self) -> list[str]:
        return [" ".join(self.text[start:end].split()) for start, end in split_sentences(self.text)]

    @cached_property
    def terms(self) -> frozenset[str]:
        return frozenset(split_terms(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What a statement is beside some passages.

    Attributes:
        numbers: 1-based, of the passages.
        told: How surely they tell it: a log-odds.
        about: Share of its words that they have.
        difference: What they tell otherwise.
        kept: Whether it keeps to one of their sentences; None when it is not judged strictly.
    """

    numbers: tuple[int, ...]
    told: float
    about: float
    difference: Difference | None
    kept: bool | None = None

    @property
    def supports(self) -> bool:
        return self.difference is None and (self.told > SUPPORTED if self.kept is None else self.kept)


def _judge(statement: str, passages: Sequence[_Passage], *, strictly: bool = False) -> Statement:
    terms = set(query_terms(statement))
    if statement.startswith("|"):
        return Statement(text=statement, citations=(), status="not a claim", reason="a row of a table, which is not checked")
    if not terms or claims_nothing(statement):
        return Statement(text=statement, citations=(), status="not a claim", reason="it tells nothing of the documents")
    readings = [_read(statement, (number,), passages, strictly=strictly) for number in range(1, len(passages) + 1)]
    near = max((reading.about for reading in readings), default=0.0) - _NEAR
    supporting = [reading for reading in readings if reading.supports and reading.about >= max(_LEAST_ABOUT, near)]
    if not supporting and not strictly:
        supporting = _together(statement, terms, readings, passages)
    if supporting:
        best = sorted(supporting, key=lambda reading: -reading.told)[:MOST_CITED]
        return Statement(text=statement, citations=tuple(sorted({number for reading in best for number in reading.numbers})))
    return _refuse(statement, readings, passages)


def _read(statement: str, numbers: tuple[int, ...], passages: Sequence[_Passage], *, strictly: bool) -> _Reading:
    """Read a statement beside one passage or several taken together."""
    chosen = [passages[number - 1] for number in numbers]
    sentences = [sentence for passage in chosen for sentence in passage.sentences]
    restated = restate_figures(statement, " ".join(sentences))
    terms = set(query_terms(restated))
    about = len(terms & frozenset().union(*(passage.terms for passage in chosen))) / len(terms)
    if not sentences or about == 0:
        return _Reading(numbers=numbers, told=-10.0, about=0.0, difference=None)
    aligned = [sentences[place] for place in align(terms, sentences)]
    nearest = max(aligned, key=lambda sentence: len(terms & set(split_terms(sentence))))
    difference = find_difference(statement, "\n".join(passage.text for passage in chosen), " ".join(aligned), nearest)
    told = -10.0 if difference or strictly else _told(restated, sentences, aligned)
    kept = bool(keep(statement, sentences)) if strictly else None
    return _Reading(numbers=numbers, told=told, about=about, difference=difference, kept=kept)


def _told(statement: str, sentences: Sequence[str], aligned: Sequence[str]) -> float:
    """Return how surely one of the sentences, or those aligned together, tells the statement: a log-odds."""
    if stands_there(statement, sentences):
        return _VERBATIM
    befores = ["", *sentences[:-1]]
    pairs = [(statement, sentence, before) for sentence, before in zip(sentences, befores, strict=True)]
    if len(aligned) > 1:
        pairs.append((statement, " ".join(aligned), ""))
    return float(supporter().score(pairs).max())


def align(terms: Collection[str], sentences: Sequence[str]) -> list[int]:
    """Return the place of the sentence that shares most with a statement's terms, and of the one that adds most to it, ascending."""
    wanted = set(terms)
    shared = [wanted & set(split_terms(sentence)) for sentence in sentences]
    first = max(range(len(sentences)), key=lambda place: len(shared[place]))
    second = max(range(len(sentences)), key=lambda place: len(shared[place] - shared[first]))
    adds = len(shared[second] - shared[first]) >= max(2, _NEW * len(wanted))
    return sorted({first, second} if adds else {first})


def _together(statement: str, terms: set[str], readings: Sequence[_Reading], passages: Sequence[_Passage]) -> list[_Reading]:
    """Return the readings of two passages that support a statement only together, the surest first."""
    nearest = sorted(readings, key=lambda reading: -reading.about)[:_JOINED]
    joined = []
    for one, other in combinations(sorted(nearest, key=lambda reading: reading.numbers), 2):
        both = len(terms & (passages[one.numbers[0] - 1].terms | passages[other.numbers[0] - 1].terms)) / len(terms)
        if both >= max(one.about, other.about) + _NEW:
            joined.append(_read(statement, (*one.numbers, *other.numbers), passages, strictly=False))
    supporting = [reading for reading in joined if reading.supports]
    return sorted(supporting, key=lambda reading: -reading.told)[:1]


def _refuse(statement: str, readings: Sequence[_Reading], passages: Sequence[_Passage]) -> Statement:
    """Return the statement with what is wrong beside the passage that is most about the same."""
    status: Status = "unsupported"
    reason = "no paragraph says this"
    if readings:
        nearest = max(readings, key=lambda reading: reading.about)
        if nearest.about >= _ABOUT and nearest.difference is not None:
            status, reason = nearest.difference.status, nearest.difference.reason
        elif nearest.about >= _ABOUT:
            reason = f"{passages[nearest.numbers[0] - 1].name} comes nearest and does not say this"
    return Statement(text=statement, citations=(), status=status, reason=reason)
