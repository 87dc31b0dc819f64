"""How far a statement keeps to its source: what is shown as an answer is judged by this as well.

Reworded truly or falsely looks alike to a reader of the size that ships. A statement whose words, figures and years all stand in one
sentence, mostly in that order, under the same "not" and "may", leaves little room for error. What is knowingly ignored: words in other
places that change the sense within the same order.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from index.terms import fold, query_terms, split_terms
from rag.date_checks import find_strange_date, find_years
from rag.figure_checks import find_strange_figure, restate_figures
from rag.figures import find_figures
from rag.names import find_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LOOKED_AT = 8  # windows, those with most of the words first
_PAIRED = 12  # sentences of which two may be compared
_DISORDER = 1 / 3  # share of pairs of words that may stand the other way round: adjuncts move, subjects and objects do not

# A sentence that begins so takes its subject from the one before; "It is reported that" does not.
_LEANS = re.compile(
    r"(?:it(?! (?:is|was|has been) \w+ed\b)|its|they|their|he|his|she|her|this|these|those|such"
    r"|the (?:company|firm|group|project|city|district|town|park|product|drug|team|institute|university|cent(?:er|re)))\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“]([^\"“”]{12,})[\"”]")
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely)\b", re.IGNORECASE)
# Words under which a clause does not say what it seems to say; both sides must have some of the same kind, or neither.
_DENIALS = (
    "no not never none nobody nothing neither nor without cannot deny denies denied false falsely untrue refute refutes refuted"
    " reject rejects rejected lack lacks lacked unable hardly barely"
)
_DOUBTS = (
    "may might could would should can if unless whether possible possibly potential potentially perhaps probable probably likely alleged"
    " allegedly rumour rumours rumoured rumor rumors rumored suppose supposed supposedly hope hopes hoped hoping suspected suggest suggests"
)
_PLANS = (
    "will shall plan plans planned planning intend intends intended expect expects expected aim aims aimed aiming schedule scheduled"
    " propose proposes proposed proposal forecast forecasts"
)
_HEARSAY = "claim claims claimed argue argues argued believe believes believed answer answers answered pretend pretends pretended"
_OPERATORS = tuple(
    re.compile(rf"\b(?:{'|'.join(words.split())})\b|{others}", re.IGNORECASE)
    for words, others in (
        (_DENIALS, "n['’]t\\b|\\bfail(?:s|ed|ing)? to\\b|[不没未非]"),
        (_DOUBTS, "可能|或许|如果"),
        (_PLANS, "将|计划|预计"),
        (_HEARSAY, "声称|据说"),
    )
)
_PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being)\b[^.]{,40}\bby\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How far a statement keeps to its source.

    Attributes:
        strange: Share of its words that the sentences do not have, or not as often; infinite when they cannot tell it.
        sentences: 0-based, of those that have most of it.
    """

    strange: float
    sentences: tuple[int, ...] = ()


NOT_KEPT = Kept(strange=math.inf)


def keep(statement: str, sentences: Sequence[str]) -> Kept:
    """Return how far a statement keeps to one of some sentences.

    With a sentence counts the one before, where it leans on that. Two count together when each has a figure or year of the statement
    that the other lacks, as in a comparison. No sentence tells it that lacks a figure or year of it or words that it has in quotation
    marks, that denies, doubts or plans what it states, or names its names or words the other way round.

    Args:
        statement: One sentence.
        sentences: Those of its source, in order.
    """
    if not _quotes_truly(statement, sentences):
        return NOT_KEPT
    restated = restate_figures(statement, " ".join(sentences))
    telling = set(query_terms(restated))
    said = Counter(term for term in split_terms(restated) if term in telling)
    held = [Counter(split_terms(sentence)) for sentence in sentences]

    def strange(window: tuple[int, ...]) -> int:
        return (said - sum((held[place] for place in window), Counter[str]())).total()

    shared = [(said & words).total() for words in held]
    for window in sorted(_windows(statement, sentences, shared), key=strange)[:_LOOKED_AT]:
        if _tells_alike(statement, " ".join(sentences[place] for place in window)):
            return Kept(strange=strange(window) / max(1, said.total()), sentences=window)
    return NOT_KEPT


def leans(statement: str) -> bool:
    """Say whether a sentence takes what it speaks of from the one before it: "It opened.", "The project is new."."""
    return _LEANS.match(statement) is not None


def _windows(statement: str, sentences: Sequence[str], shared: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for place, sentence in enumerate(sentences):
        yield (place - 1, place) if place and leans(sentence) else (place,)
    said = _figures(statement)
    best = sorted(range(len(sentences)), key=lambda place: -shared[place])[:_PAIRED] if len(said) > 1 else []
    given = {place: said & _figures(sentences[place]) for place in sorted(best)}
    for one, other in combinations(given, 2):
        if given[one] - given[other] and given[other] - given[one]:
            yield one, other


def _figures(text: str) -> set[str]:
    return {f"{figure.value.normalize()} {figure.unit}" for figure in find_figures(text)} | find_years(text)


def _tells_alike(statement: str, text: str) -> bool:
    """Say whether a text has a statement's figures and years, denies and doubts as it does, and has names and words in its order."""
    return (
        not find_strange_figure(statement, text)
        and not find_strange_date(statement, text)
        and _operators(statement) == _operators(text)
        and bool(_PASSIVE.search(statement)) == bool(_PASSIVE.search(text))
        and _in_order([fold(name) for name in find_names(statement)], fold(text))
        and _disorder(statement, text) <= _DISORDER
    )


def _operators(text: str) -> list[bool]:
    plain = _NOT_ONLY.sub("", text)
    return [operator.search(plain) is not None for operator in _OPERATORS]


def _in_order(names: Sequence[str], folded: str) -> bool:
    """Say whether names that a text has once stand in it in their order."""
    places = [folded.index(name) for name in names if folded.count(name) == 1]
    return places == sorted(places)


def _disorder(statement: str, text: str) -> float:
    """Return the share of pairs of words, both once in either text, that stand the other way round (Kendall's distance).

    It is 0 for fewer than three words: "founded in 2012, Akeso" is no other order than "Akeso was founded in 2012".
    """
    said, told = ([term for term in split_terms(each) if not term.isdigit()] for each in (statement, text))
    places = [told.index(term) for term in said if said.count(term) == 1 and told.count(term) == 1]
    pairs = list(combinations(places, 2))
    return sum(one > other for one, other in pairs) / len(pairs) if len(places) > 2 else 0.0


def _quotes_truly(statement: str, sentences: Sequence[str]) -> bool:
    """Say whether what a statement puts in quotation marks stands there word for word."""
    text = fold(" ".join(sentences))
    return all(fold(quoted).strip(" .,;:!?") in text for quoted in _QUOTED.findall(statement))
