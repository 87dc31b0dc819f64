"""What a statement says that a passage does not: its figures, its dates and years, its names, and what it denies.

Every check returns a `Difference`, or None when it found nothing wrong; none of them says that a statement is supported, only that
it is not. What they knowingly ignore: that right names may be put in each other's places; a name of one word at the beginning,
which may be an ordinary one; multiples ("doubled"); what is counted ("14 cities", "14 provinces"), which has too many names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.sentences import split_sentences
from index.terms import STOP_WORDS, fold, split_terms
from rag.aliases import find_aliases, is_abbreviation
from rag.date_checks import find_strange_date, find_years
from rag.figure_checks import ORDINALS, agree, find_strange_figure
from rag.figures import find_figures, measured
from rag.names import NOT_NAMES, find_names
from rag.opposites import find_contrary
from rag.swaps import find_swap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answer import Status

# What may stand for a name that another sentence gives.
_LEANING = re.compile(
    r"\b(?:it|its|they|them|their|he|him|his|she|her|we|us|our|this|these|that|those|here|there|such"
    r"|the (?:company|firm|group|project|city|district|town|park|product|drug|medicine|team|institute|university|cent(?:er|re))s?)\b",
    re.IGNORECASE,
)
_SPACES = re.compile("[\u00a0\u2007\u2009\u202f]")
_POINTED = re.compile(r"\b(?:[A-Z]\.){2,}")  # "U.S."
_QUARTER = re.compile(r"\bQ([1-4])\b")
_JOINED = r"[\s-]+(?:(?:and|of|the|for|in|&)\s+)?"  # between the words that an abbreviation stands for
_CURRENCY = re.compile(r"(?:USD|US|RMB|CNY|EUR|GBP|JPY|HKD|HK|Q[1-4])\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is wrong with a statement beside a passage.

    Attributes:
        status: "figure differs", "name differs" or "contradicted".
        reason: A sentence for the reader.
    """

    status: Status
    reason: str


def find_difference(statement: str, passage: str, aligned: str, nearest: str = "") -> Difference | None:
    """Return the first thing that a statement says and a passage does not, or says otherwise; None when all is there.

    Args:
        statement: One sentence.
        passage: The paragraph, with its heading where it has one: where names, dates and figures may stand.
        aligned: Those of its sentences that tell what the statement tells, whose words may contradict it.
        nearest: That of them which shares most with the statement; "" when they are one.
    """
    statement, passage, aligned, nearest = map(_plainly, (statement, passage, aligned, nearest or aligned))
    if stands_there(statement, [passage[start:end] for start, end in split_sentences(passage)]):
        return None
    return (
        _differing(find_strange_figure(statement, passage))
        or _differing(find_strange_date(statement, passage))
        or _check_places(statement, passage)
        or _check_names(statement, passage)
        or _check_sentence(statement, aligned)
        or _check_sense(statement, aligned, nearest)
    )


def stands_there(statement: str, sentences: Sequence[str]) -> bool:
    """Say whether a statement is one of some sentences word for word."""
    return any(statement.strip(" .!?") == " ".join(sentence.split()).strip(" .!?") for sentence in sentences)


def _plainly(text: str) -> str:
    """Return a text with plain spaces, "US" for "U.S." and quarters written out."""
    text = _POINTED.sub(lambda match: match.group().replace(".", ""), _SPACES.sub(" ", text))
    return _QUARTER.sub(lambda match: f"{ORDINALS[int(match[1]) - 1]} quarter", text)


def _differing(reason: str) -> Difference | None:
    return Difference(status="figure differs", reason=reason) if reason else None


def _check_places(statement: str, passage: str) -> Difference | None:
    swapped = find_swap(statement, passage)
    if swapped is None:
        return None
    return Difference(status="figure differs", reason=f'the passage gives "{swapped[0]}" and "{swapped[1]}" for each other')


def _check_names(statement: str, passage: str) -> Difference | None:
    folded, held = fold(passage), set(split_terms(passage))
    aliases = [{fold(one), fold(other)} for one, other in find_aliases(passage)]
    for name in _names(statement):
        spelled = {fold(name)}.union(*(pair for pair in aliases if fold(name) in pair))
        if any(each in folded for each in spelled) or _CURRENCY.fullmatch(name) or _abbreviated(name, passage):
            continue
        words = [word for word in name.split() if word.lower() not in NOT_NAMES and not _known(word, passage)]
        terms = [term for word in words for term in split_terms(word) if term not in STOP_WORDS]
        alone = " " not in name and statement.startswith(name)  # an ordinary word at the beginning
        if alone and name.lower() not in folded and not any(char.isupper() or char.isdigit() for char in name[1:]):
            continue
        strange = [term for term in terms if term not in held]
        if strange and len(strange) * 2 >= len(terms):
            return Difference(status="name differs", reason=f"the passage does not mention {name}")
    return None


def _check_sentence(statement: str, aligned: str) -> Difference | None:
    """Find a year, figure or name that stands in the passage but not in the sentence, which has another one in its place."""
    years, held = find_years(statement), find_years(aligned)
    if years - held and held - years:
        return Difference(status="figure differs", reason=f"the sentence gives {min(held - years)}, not {min(years - held)}")
    said, stated = list(find_figures(statement)), list(find_figures(aligned, ranges=True))
    for figure in said:
        if not any(agree(figure, other) for other in stated):
            rivals = [other for other in stated if measured(other) == measured(figure) != "" and not any(agree(one, other) for one in said)]
            if rivals:
                written = statement[figure.start : figure.end]
                return Difference(
                    status="figure differs", reason=f'the sentence says "{aligned[rivals[0].start : rivals[0].noun_end]}", not "{written}"'
                )
    if _LEANING.search(aligned):
        return None
    told, own = ([name for name in _names(text) if not _begins(name, text)] for text in (statement, aligned))
    folded, other_folded = fold(statement), fold(aligned)
    strange = [name for name in told if fold(name) not in other_folded and not _held(name, other_folded)]
    instead = [name for name in own if fold(name) not in folded and not _held(name, folded)]
    if strange and instead:
        return Difference(status="name differs", reason=f"the sentence speaks of {instead[0]}, not of {strange[0]}")
    return None


def _names(text: str) -> list[str]:
    """Return the names of a text, an owner and what is owned as two."""
    return [part for name in find_names(text) for part in re.split(r"['’]s\s", name)]


def _begins(name: str, text: str) -> bool:
    """Say whether a name is one word at the beginning of a sentence, where ordinary words are capitalised too."""
    return " " not in name and bool(re.search(rf"(?:^|[.!?:\n]\s*){re.escape(name)}\b", text))


def _held(name: str, folded: str) -> bool:
    """Say whether most words of a name stand in a text."""
    words = [fold(word) for word in name.split() if word.lower() not in NOT_NAMES]
    return sum(word in folded for word in words) * 2 > len(words)


def _known(word: str, passage: str) -> bool:
    """Say whether a word of a name is a number, which is compared as such, or an abbreviation of words in the passage."""
    if any(find_figures(word.replace("-", " "))):
        return True
    letters = [re.escape(letter) for letter in word.lower() if letter.isalpha()]
    return (
        is_abbreviation(word)
        and len(letters) > 1
        and bool(re.search(rf"\b{_JOINED.join(f'{letter}[a-z]+' for letter in letters)}\b", passage.lower()))
    )


def _abbreviated(name: str, passage: str) -> bool:
    """Say whether the passage holds the first letters of a name's words: "UN" for "United Nations"."""
    initials = "".join(word[0] for word in name.split() if word[0].isupper())
    return len(initials) > 1 and bool(re.search(rf"\b{re.escape(initials)}\b", passage))


def _check_sense(statement: str, aligned: str, nearest: str) -> Difference | None:
    """Find the contrary in the nearest sentence that the other one does not take back."""
    contrary = find_contrary(statement, nearest)
    return Difference(status="contradicted", reason=contrary) if contrary and find_contrary(statement, aligned) else None
