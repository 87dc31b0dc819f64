"""How far a statement keeps to the words of its source: what is shown as an answer is judged by this as well.

Reworded truly or falsely looks alike to a reader of the size that ships; a statement whose words, figures and years all stand in one
sentence leaves little room for error. What is knowingly ignored: the order of the words.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from index.terms import fold, split_terms
from rag.date_checks import find_strange_date, find_years
from rag.figure_checks import find_strange_figure
from rag.figures import find_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A sentence that begins so takes its subject from the one before; "It is reported that" does not.
_LEANS = re.compile(
    r"(?:it(?! (?:is|was|has been) \w+ed\b)|its|they|their|he|his|she|her|this|these|those|such"
    r"|the (?:company|firm|group|project|city|district|town|park|product|drug|team|institute|university|cent(?:er|re)))\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“]([^\"“”]{12,})[\"”]")


def strange_words(statement: str, terms: set[str], sentences: Sequence[str]) -> int:
    """Return how many words of a statement the sentence that keeps most of them does not have, beside the figures that must all be there.

    With a sentence counts the one before, where it leans on that. Two sentences count together when each has a figure or year of
    the statement that the other lacks, as in a comparison. All words are strange when figures, years or words in quotation marks
    stand in none of these.

    Args:
        statement: One sentence.
        terms: Its words, as `index.terms.query_terms` gives them.
        sentences: Those of its source, in order.
    """
    if not _quotes_truly(statement, sentences):
        return len(terms)
    held = (window for window in _windows(statement, sentences) if _has_figures(statement, window))
    return min((len(terms - set(split_terms(window))) for window in held), default=len(terms))


def _windows(statement: str, sentences: Sequence[str]) -> Iterator[str]:
    for before, one in zip(["", *sentences], sentences, strict=False):
        yield f"{before} {one}" if _LEANS.match(one) else one
    said = _figures(statement)
    given = [(sentence, said & _figures(sentence)) for sentence in sentences]
    for (one, mine), (other, theirs) in combinations([pair for pair in given if pair[1]], 2):
        if mine - theirs and theirs - mine:
            yield f"{one} {other}"


def _figures(text: str) -> set[str]:
    return {f"{figure.value.normalize()} {figure.unit}" for figure in find_figures(text)} | find_years(text)


def _has_figures(statement: str, window: str) -> bool:
    return not find_strange_figure(statement, window) and not find_strange_date(statement, window)


def _quotes_truly(statement: str, sentences: Sequence[str]) -> bool:
    """Say whether what a statement puts in quotation marks stands there word for word."""
    text = fold(" ".join(sentences))
    return all(fold(quoted).strip(" .,;:!?") in text for quoted in _QUOTED.findall(statement))
