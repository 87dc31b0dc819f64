"""Right figures at each other's places: "9 ferries and 6 tugs" where there are 6 ferries and 9 tugs.

Of two figures, or two years, that a statement and a passage both give, the words around tell which is which: in the statement every word
belongs to the nearer of the two, and where most of those words are nearer to the other one in the passage, the two are swapped. What
it knowingly ignores: swaps that no word around betrays, and swapped names, which stand in too many orders for this.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from index.dates import YEAR
from index.terms import STOP_WORDS, split_terms
from rag.figures import find_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.sentences import Span

_LEAST = 2  # words that must betray a swap
_WORD = re.compile(r"\w+(?:[-'’]\w+)*")
_CLAUSE = re.compile(r"[,;:.()]\s|\b(?:and|while|whereas|but|with)\b")
_MOST_PLACES = 4  # of a word in the passage; one that stands all over it tells nothing
_ACROSS = 6  # words that a border between clauses counts for


@dataclass(frozen=True, slots=True)
class _Thing:
    """A figure or year, by what makes it the same in two texts, what it may be taken for, and where it stands."""

    key: str
    sort: str
    start: int
    end: int


def find_swap(statement: str, passage: str) -> tuple[str, str] | None:
    """Return two figures or years of a statement that the passage tells the other way round, None when it shows none.

    >>> find_swap("Brill has 9 ferries and Lund has 6 tugs.", "There are 6 ferries in Brill, and 9 tugs in Lund.")
    ('9', '6')
    """
    said, held = (_named_once(text) for text in (statement, passage))
    for one, other in combinations([key for key in said if key in held], 2):
        if said[one].sort == said[other].sort:
            straight, crossed = _votes(statement, passage, (said[one], said[other]), (held[one], held[other]))
            if crossed >= _LEAST and crossed > 2 * straight:
                return _written(statement, said[one]), _written(statement, said[other])
    return None


def _written(text: str, thing: _Thing) -> str:
    return text[thing.start : thing.end]


def _named_once(text: str) -> dict[str, _Thing]:
    """Return the things that a text names exactly once."""
    things = list(_things(text))
    counts = Counter(thing.key for thing in things)
    return {thing.key: thing for thing in things if counts[thing.key] == 1}


def _things(text: str) -> Iterator[_Thing]:
    for figure in find_figures(text):
        yield _Thing(f"{figure.value.normalize()} {figure.unit}", figure.unit, figure.start, figure.end)
    for match in re.finditer(rf"\b{YEAR}\b", text):
        yield _Thing(f"year {match.group()}", "year", match.start(), match.end())


def _votes(statement: str, passage: str, said: tuple[_Thing, _Thing], held: tuple[_Thing, _Thing]) -> tuple[int, int]:
    """Return how many words of the statement are nearer to the same of the pair in the passage, and how many to the other."""
    words = _words(passage)
    straight = crossed = 0
    for term, places in _words(statement).items():
        if term not in words or len(places) > 1 or len(words[term]) > _MOST_PLACES:
            continue
        if any(thing.start < end and start < thing.end for thing in said for start, end in places):
            continue
        mine = [_distance(statement, places[0], thing) for thing in said]
        theirs = [min(_distance(passage, place, thing) for place in words[term]) for thing in held]
        if mine[0] != mine[1] and theirs[0] != theirs[1]:
            same = (mine[0] < mine[1]) == (theirs[0] < theirs[1])
            straight, crossed = straight + same, crossed + (not same)
    return straight, crossed


def _words(text: str) -> dict[str, list[Span]]:
    """Return for each telling term of a text where it stands."""
    found: dict[str, list[Span]] = {}
    for match in _WORD.finditer(text):
        for term in split_terms(match.group()):
            if term not in STOP_WORDS and not term.isdigit():
                found.setdefault(term, []).append(match.span())
    return found


def _distance(text: str, place: Span, thing: _Thing) -> int:
    """Return how many words stand between a word and a thing, a border between clauses counting for several."""
    between = text[place[1] : thing.start] if place[1] <= thing.start else text[thing.end : place[0]]
    return len(between.split()) + _ACROSS * len(_CLAUSE.findall(between))
