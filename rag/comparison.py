"""A statement beside passages: how much of it they have, which of their sentences tell it, and what they tell otherwise.

Words and figures are compared, no more; whether the passages support the statement is judged in `rag.support`. Each thing is found out
when it is first asked for, so that passages which are about something else cost little.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

from index.sentences import split_sentences
from index.terms import query_terms, split_terms
from rag.checks import find_difference
from rag.figure_checks import restate_figures

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from index.sentences import Span
    from rag.checks import Difference

_BLOCK = re.compile(r"(?:(?!\n\s*\n).)+", re.DOTALL)  # up to a blank line
_JOINED = 4  # paragraphs of which two may support a statement together
_LEAST_ABOUT = 0.4  # share of a statement's words from which one may support it: every true claim made of public sets has 0.45 or more
_NEAR = 0.25  # by how much less it may be about it than another paragraph, which perhaps says otherwise
_NEW = 0.15  # share that a second paragraph must add


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What a statement is compared with: the text of a paragraph, split when it is first looked at.

    Attributes:
        number: 1-based, among those that it is compared with.
        name: What a reader calls it.
        text: With the heading or without.
    """

    number: int
    name: str
    text: str

    @cached_property
    def spans(self) -> list[Span]:
        """Where its sentences stand in the text; a heading, which a blank line ends, is none of the paragraph's."""
        blocks = ((match.start(), match[0]) for match in _BLOCK.finditer(self.text))
        return [(first + start, first + end) for first, block in blocks for start, end in split_sentences(block)]

    @cached_property
    def sentences(self) -> list[str]:
        """Each on one line."""
        return [" ".join(self.text[start:end].split()) for start, end in self.spans]

    @cached_property
    def terms(self) -> frozenset[str]:
        """Its words, as the keyword index counts them."""
        return frozenset(split_terms(self.text))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A statement that claims something beside a passage, or several taken together.

    `aligned` and `difference` are to be asked for only where the passages have some of its words.

    Attributes:
        statement: One sentence.
        passages: One at least.
    """

    statement: str
    passages: tuple[Passage, ...]

    @cached_property
    def sentences(self) -> list[str]:
        """Those of all passages, in order."""
        return [sentence for passage in self.passages for sentence in passage.sentences]

    @cached_property
    def held(self) -> frozenset[str]:
        """The words of all passages."""
        return frozenset().union(*(passage.terms for passage in self.passages))

    @cached_property
    def restated(self) -> str:
        """The statement, its figures written as the passages write them."""
        return restate_figures(self.statement, " ".join(self.sentences))

    @cached_property
    def terms(self) -> frozenset[str]:
        """Its words."""
        return frozenset(query_terms(self.restated))

    @cached_property
    def about(self) -> float:
        """Share of its words that the passages have, 0..1."""
        return len(self.terms & self.held) / len(self.terms)

    @cached_property
    def aligned(self) -> list[str]:
        """Those of the sentences that tell what it tells, as far as words show; see `align`."""
        return [self.sentences[place] for place in align(self.terms, self.sentences)]

    @cached_property
    def difference(self) -> Difference | None:
        """What the passages tell otherwise, None when nothing."""
        nearest = max(self.aligned, key=lambda sentence: len(self.terms & set(split_terms(sentence))))
        return find_difference(self.statement, "\n".join(passage.text for passage in self.passages), " ".join(self.aligned), nearest)


def compare(statement: str, passages: Sequence[Passage]) -> list[Comparison]:
    """Return a statement beside each passage alone."""
    return [Comparison(statement=statement, passages=(passage,)) for passage in passages]


def select_agreeing(compared: Sequence[Comparison]) -> list[Comparison]:
    """Return those that may support the statement, in order.

    They have enough of its words, not much fewer than another, which perhaps says otherwise, and tell nothing otherwise.
    """
    near = max((one.about for one in compared), default=0.0) - _NEAR
    return [one for one in compared if one.about >= max(_LEAST_ABOUT, near) and one.difference is None]


def join_agreeing(statement: str, compared: Sequence[Comparison]) -> list[Comparison]:
    """Return the statement beside two passages at once, where they have more of it than each alone and do not tell it otherwise."""
    terms = set(query_terms(statement))
    nearest = sorted(compared, key=lambda one: -one.about)[:_JOINED]
    joined = []
    for one, other in combinations(sorted(nearest, key=lambda one: one.passages[0].number), 2):
        both = Comparison(statement=statement, passages=(*one.passages, *other.passages))
        if len(terms & both.held) / len(terms) >= max(one.about, other.about) + _NEW:
            joined.append(both)
    return [both for both in joined if both.about > 0 and both.difference is None]


def align(terms: Collection[str], sentences: Sequence[str]) -> list[int]:
    """Return the place of the sentence that shares most with a statement's terms, and of the one that adds most to it, ascending."""
    wanted = set(terms)
    shared = [wanted & set(split_terms(sentence)) for sentence in sentences]
    first = max(range(len(sentences)), key=lambda place: len(shared[place]))
    second = max(range(len(sentences)), key=lambda place: len(shared[place] - shared[first]))
    adds = len(shared[second] - shared[first]) >= max(2, _NEW * len(wanted))
    return sorted({first, second} if adds else {first})
