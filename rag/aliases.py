"""Other names that the documents themselves give: abbreviations, code names, brand names, "also known as".

`find_aliases` reads them off brackets and phrases, and leaves what is uncertain alone, so that two things are never taken for
one: an abbreviation must be spelled out by the words before it, or in its bracket (Schwartz and Hearst, 2003); a code name
and a word in a bracket are one thing only when the documents give them both ways round; anything else needs words that
say so ("brand name:", "also known as").

Where they are kept, and what the owner adds and removes, is `rag.alias_file`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.terms import STOP_WORDS, UNSPACED, fold, split_terms
from rag.names import find_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_REACH = 160  # characters before a bracket in which its name is looked for

_BRACKET = re.compile(r"\s?[(（]([^()（）\n]{2,80})[)）]")
_CUE = re.compile(
    r"^(?:(?:(?:brand|trade|generic|common|full|short|code|former) ?name|abbreviation)s?\s?:|also known as|also called|known as"
    r"|referred to as|hereinafter(?: referred to as)?|abbreviated(?: as| to)|short for|formerly known as|a\.?k\.?a\.?)\s*",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r",?\s(?:(?:which|who) is |is )?(?:also|formerly|better|commonly|previously) (?:known|called|referred to)(?: as)?\s|,?\sa\.?k\.?a\.?\s",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Z]{1,5}-?\d{2,}[A-Za-z]?")
_SHORT = re.compile(r"[A-Za-z0-9][\w&/-]{1,9}")
_WORD = re.compile(r"[A-Z][a-z]{3,}")
_QUOTES = "\"'“”‘’"

Pair = tuple[str, str]
Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aliases:
    """Groups of names, each of one thing.

    Attributes:
        groups: Each sorted, at least two names; no name is in two groups.
    """

    groups: tuple[Group, ...] = ()

    def others(self, text: str) -> dict[str, Group]:
        """Return the names that stand in a text, as written there, with the other names of each."""
        found: dict[str, Group] = {}
        for group in self.groups:
            standing = {name: written for name in group if (written := find_name(name, text))}
            others = tuple(name for name in group if name not in standing)
            found |= {written: others for written in standing.values() if others}
        return found


def find_name(name: str, text: str) -> str | None:
    """Return a name as it stands in a text, as whole words, None when it does not.

    An abbreviation must stand there as it is written, "WHO" is not "who"; the case of other names does not matter.
    """
    if name.casefold() not in text.casefold():  # most names do not stand in a question, and a pattern costs milliseconds to compile
        return None
    match = _pattern(name).search(text)
    return match.group() if match else None


def replace_name(name: str, other: str, text: str) -> str:
    """Return the text with every occurrence of a name replaced."""
    return _pattern(name).sub(lambda _: other, text)


def _pattern(name: str) -> re.Pattern[str]:
    edge = rf"(?:(?![{UNSPACED}])\w)"  # scripts without spaces have no edges
    exact = is_abbreviation(name) or fold(name) in STOP_WORDS
    return re.compile(rf"(?<!{edge}){re.escape(name)}(?!{edge})", 0 if exact else re.IGNORECASE)


def is_abbreviation(name: str) -> bool:
    """Say whether a name is one word of which more than half are capitals and figures, with a capital among them."""
    return " " not in name and any(map(str.isupper, name)) and 2 * sum(char.isupper() or char.isdigit() for char in name) > len(name)


def find_aliases(text: str) -> Iterator[Pair]:
    """Yield pairs of names that a text says are of one thing.

    >>> list(find_aliases("The Diffuse Lymphoma Board (DLB) approved it, also known as Dlebo."))
    [('Diffuse Lymphoma Board', 'DLB')]
    """
    for match in _BRACKET.finditer(text):
        pair = _of_bracket(text[max(0, match.start() - _REACH) : match.start()], match[1].strip())
        if pair:
            yield pair
    for match in _PHRASE.finditer(text):
        name, other = (
            _last_name(text[max(0, match.start() - _REACH) : match.start()]),
            _first_name(text[match.end() : match.end() + _REACH]),
        )
        if name and other:
            yield name, other


def find_codes(text: str) -> Iterator[Pair]:
    """Yield a code name and a word of which one stands in the other's bracket, "LP-168 (Rocbrutinib)", in that order."""
    for match in _BRACKET.finditer(text):
        words = text[max(0, match.start() - _REACH) : match.start()].split()
        last, inside = (words[-1] if words else ""), match[1].strip()
        if (_CODE.fullmatch(last) and _WORD.fullmatch(inside)) or (_WORD.fullmatch(last) and _CODE.fullmatch(inside)):
            yield last, inside


def find_pairs(text: str) -> tuple[list[Pair], list[Pair]]:
    """Return what `find_aliases` and `find_codes` read off a text, or nothing where it cannot hold any."""
    if "(" in text or "（" in text or "known" in text or "called" in text:
        return list(find_aliases(text)), list(find_codes(text))
    return [], []


def choose_pairs(found: Iterable[Pair], found_codes: Iterable[Pair]) -> list[Pair]:
    """Return the pairs of names that the texts of a corpus agree on, each once, sorted.

    A code and a word must be found both ways round. An abbreviation that is spelled out in ways that differ by more than an
    ending ("CAP") is left out: nobody can tell which is meant.

    Args:
        found: From `find_aliases`.
        found_codes: From `find_codes`.
    """
    pairs, codes = set(found), set(found_codes)
    pairs |= {pair for pair in codes if (pair[1], pair[0]) in codes and pair[0] < pair[1]}
    meanings: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        for name, other in (pair, pair[::-1]):
            if is_abbreviation(name) and " " in other:
                meanings[name].add(other)
    unclear = {name for name, others in meanings.items() if len(others) > 1 and len({tuple(split_terms(other)) for other in others}) > 1}
    return sorted(pair for pair in pairs if unclear.isdisjoint(pair))


def join_groups(pairs: Iterable[Sequence[str]]) -> tuple[Group, ...]:
    """Join names that pairs connect, sorted; the case of letters tells only abbreviations apart."""
    leader: dict[str, str] = {}
    written: dict[str, str] = {}

    def find(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for names in pairs:
        keys = [name if is_abbreviation(name) else fold(name) for name in names]
        for key, name in zip(keys, names, strict=True):
            written.setdefault(key, name)
            leader.setdefault(key, key)
            leader[find(key)] = find(keys[0])
    groups: dict[str, list[str]] = defaultdict(list)
    for key, name in written.items():
        groups[find(key)].append(name)
    return tuple(sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1))


def _of_bracket(before: str, inside: str) -> Pair | None:
    """Return what a bracket and the words before it say is one thing; None when they say nothing certain."""
    cue = _CUE.match(inside)
    if cue:
        name, other = _last_name(before), inside[cue.end() :].strip(_QUOTES + " .,;")
        return (name, other) if name and find_names(other) == [other] else None
    if _SHORT.fullmatch(inside) and is_abbreviation(inside) and (long := spelled_out(inside, before)):
        return long, inside
    words = before.split()
    last = words[-1].strip(_QUOTES + ",;") if words else ""
    if _SHORT.fullmatch(last) and is_abbreviation(last) and spelled_out(last, inside) == inside:
        return last, inside
    return None


def spelled_out(short: str, text: str) -> str | None:
    """Return the words at the end of `text` that an abbreviation stands for, None when its letters do not say so.

    Every letter or digit of it must be found from right to left, the first at the beginning of a word; at most
    `min(n + 5, 2 n)` words are looked at, n the abbreviation's length.

    Reference: Schwartz and Hearst, "A Simple Algorithm for Identifying Abbreviation Definitions", 2003.
    """
    words = text.split()
    window = " ".join(words[-min(len(short) + 5, 2 * len(short)) :])
    at = len(window)
    letters = [char for char in short.lower() if char.isalnum()]
    for place, letter in reversed(list(enumerate(letters))):
        at -= 1
        while at >= 0 and (window[at].lower() != letter or (place == 0 and at > 0 and window[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return None
    long = window[at:].strip(_QUOTES)
    return long if len(long) > len(short) and len(long.split()) > 1 and not re.search(r"[()\[\]]", long) else None


def _last_name(before: str) -> str | None:
    """Return the name that ends where a bracket or phrase begins; not one that says whose or of what something is."""
    names = find_names(before)
    bare = before.rstrip(_QUOTES + " ,")
    if not names or not bare.endswith(names[-1]):
        return None
    lead = bare[: -len(names[-1])].split()
    return None if lead and lead[-1].lower() in {"of", "by", "in", "at", "for", "from", "with"} else names[-1]


def _first_name(after: str) -> str | None:
    names = find_names(after)
    return names[0] if names and after.lstrip(_QUOTES + " ").startswith(names[0]) else None
