"""Words that say the contrary of each other, and words that deny.

`find_contrary` compares two texts that tell of the same thing: where one says "rose" and the other "fell", or one denies what the
other says, both cannot be right. What it knowingly ignores: contraries that no word shows, and which of a text's verbs "not" goes with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.terms import STOP_WORDS, split_terms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

# Two groups a line, of which one word says the contrary of the other group's; any form of a word counts.
_GROUPS = """
    rise rose risen rising increase grow grew grown growth climb gain surge soar jump expand raise lengthen longer upward higher exceed
        / fall fell fallen decrease drop decline shrink shrank shrunk reduce cut lower shorten shorter downward slump lose
        lost loss shed dwindle
    rise rose risen rising increase grow grew grown climb surge soar jump raise fall fell fallen decrease drop decline shrink reduce cut
        / unchanged steady stable
    highest largest biggest longest oldest / lowest smallest shortest youngest
    import imported / export exported
    buy bought acquire purchase / sell sold
    win won beat / lose lost
    open opened inaugurate / close closed shut
    include included / exclude excluded
    support supported approve approved accept accepted allow allowed permit
        / oppose opposed reject rejected refuse refused forbid forbidden ban
    north northern / south southern
    east eastern / west western
    male men / female women
    inside internal domestic / outside external foreign
    public / private
    urban / rural
    best strongest / worst weakest
    majority / minority
    positive / negative
    advantage strength / disadvantage weakness
    succeed successful success pass / fail failed unsuccessful failure
"""
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|nowhere|neither|nor|without|cannot|lacks?|lacked|lacking|unable|hardly|barely)\b"
    r"|\b(?:fails? to|failed to|refus\w+ to|instead of)\b|n['’]t\b|不(?!仅|但|断)|没|未(?!来)|无(?!人|线|锡|论)",
    re.IGNORECASE,
)
# Verbs and words that deny what they govern: beside them, "not" is no contrary.
_AGAINST = re.compile(
    r"\b(?:against|prohibit\w*|forbid\w*|forbade|ban(?:s|ned)?|refus\w+|declin\w+|reject\w*|exclud\w+|prevent\w*|avoid\w*|stop(?:s|ped)?"
    r"|ceas\w+|miss(?:ed|es)?|yet to|few|little|rarely|seldom|un(?:disclosed|known|changed|available|likely|able|clear)|absen\w+|unlike"
    r"|contrary|misleading|wrong|false)\b",
    re.IGNORECASE,
)
_FROM_TO = re.compile(r"\bfrom ((?:[\w-]+ ){1,4}?)to ((?:[\w-]+\s?){1,4})", re.IGNORECASE)
_UP = re.compile(r"\b(?:go|goes|going|gone|went|move[ds]?) (?:up|upwards?)\b", re.IGNORECASE)
_DOWN = re.compile(r"\b(?:go|goes|going|gone|went|move[ds]?) (?:down|downwards?)\b", re.IGNORECASE)
_AROUND = 4  # words on either side that tell what rose
_NEAR = 80  # characters in which they stand
_REACH = 5  # words behind a denial that it denies
# Where "no" and "not" deny nothing of what is told.
_NO_DENIAL = re.compile(
    r"\bnot (?:only|just|exceeding|to mention|until|before)\b|\bwithout (?:delay|interruption|doubt|fail)\b|\bno\.? \d|\bno doubt\b"
    r"|\bnot? (?:more|less|fewer|later|earlier|sooner|longer) than\b",
    re.IGNORECASE,
)


# A clause that is denied by what leads it.
_DENIED_CLAUSE = re.compile(
    r"\b(?:no (?:\w+ ){1,3}(?:shows?|shown|suggests?|suggested|prove[sdn]?|confirms?|confirmed|found)|den(?:y|ies|ied|ying)"
    r"|refut(?:e[sd]?|ing)|(?:not|un) ?true|false"
    r"|no (?:evidence|proof|sign|indication)|never (?:said|shown|proved|proven|confirmed|claimed))\b"
    r"[^.;]{,30}?\bthat\b([^.;]*)",
    re.IGNORECASE,
)
_DENIED_SHARE = 0.6  # of a statement's words in a denied clause, from which that clause is what it says


def _stems(words: str) -> frozenset[str]:
    return frozenset(split_terms(words))


_PAIRS = [(_stems(one), _stems(other)) for one, other in (line.split("/") for line in re.sub(r"\n\s{8}", " ", _GROUPS.strip()).split("\n"))]
_OPPOSED = (*_PAIRS, *((other, one) for one, other in _PAIRS))
Word = tuple[str, str]  # as written, and its term


def find_contrary(statement: str, passage: str) -> str | None:
    """Return how a passage says the contrary of a statement about the same thing, None when nothing shows that it does.

    >>> find_contrary("Sales rose in May.", "In May, sales fell."), find_contrary("It did not open.", "It opened in May.")
    ('the passage says "fell" where the statement says "rose"', 'the statement denies what the passage says')
    """
    denied, denying = _denies(statement), _denies(passage)
    if denied and _denies_nothing_of(passage, set(split_terms(statement))) and not _AGAINST.search(passage):
        return "the statement denies what the passage says"
    taken_back = denying and not _AGAINST.search(statement) and _denies(passage, set(split_terms(statement)))
    if not denied and (taken_back or _in_denied_clause(statement, passage)):
        return "the passage denies what the statement says"
    turned = _turned(statement, passage)
    if turned:
        return turned
    if denied or denying:
        return None
    said, held = _words(statement), _words(passage)
    for one, other in _OPPOSED:
        found = _opposed(said, held, one, other)
        if found:
            return f'the passage says "{found[1]}" where the statement says "{found[0]}"'
    return None


def _opposed(said: Sequence[Word], held: Sequence[Word], one: frozenset[str], other: frozenset[str]) -> tuple[str, str] | None:
    """Return a word of one group in the statement and the word of the other that stands in its place in the passage.

    Where the passage has words of both groups, its place is where the words around it stand.

    Args:
        said: The statement's words.
        held: The passage's.
        one: The group that a word of the statement is of.
        other: The group of the contrary.
    """
    mine = [place for place, (_, term) in enumerate(said) if term in one]
    if len(mine) != 1 or any(term in other for _, term in said):
        return None
    around = {term for _, term in said[max(0, mine[0] - _AROUND) : mine[0] + _AROUND + 1] if term not in one and term not in STOP_WORDS}
    near: dict[bool, int] = {}
    word = ""
    for place, (written, term) in enumerate(held):
        if term in one or term in other:
            beside = [abs(place - at) for at, (_, near_by) in enumerate(held) if near_by in around]
            distance = min(beside, default=len(held))
            if distance < near.get(term in other, len(held) + 1):
                near[term in other] = distance
                word = written if term in other else word
    if near.get(True, _AROUND + 1) <= _AROUND and near[True] < near.get(False, len(held) + 1):
        return said[mine[0]][0], word
    return None


def _in_denied_clause(statement: str, passage: str) -> bool:
    """Say whether a passage has most of a statement in a clause that it denies, and the statement does not deny it too."""
    terms = set(split_terms(statement)) - STOP_WORDS
    clauses = (set(split_terms(match[1])) for match in _DENIED_CLAUSE.finditer(passage))
    denied = any(len(terms & clause) >= _DENIED_SHARE * len(terms) for clause in clauses)
    return denied and not _DENIED_CLAUSE.search(statement)


def _turned(statement: str, passage: str) -> str | None:
    """Return that a way leads back: "from import to export" where the passage says "from export to import"."""
    for said in _FROM_TO.finditer(statement):
        for held in _FROM_TO.finditer(passage):
            ends = [set(split_terms(words)) - STOP_WORDS for words in (*said.groups(), *held.groups())]
            if ends[0] & ends[3] and ends[1] & ends[2] and not ends[0] & ends[2] and not ends[1] & ends[3]:
                return f'the passage says "{held.group()}" where the statement says "{said.group()}"'
    return None


def _denies(text: str, told: Collection[str] | None = None) -> bool:
    """Say whether a text denies something; with `told`, something of which the words are among these terms."""
    return any(told is None or not denied.isdisjoint(told) for denied in _denied(text))


def _denies_nothing_of(text: str, told: Collection[str]) -> bool:
    """Say whether all that a text denies is plainly something else than what has these terms."""
    return all(denied and denied.isdisjoint(told) for denied in _denied(text))


def _denied(text: str) -> Iterator[frozenset[str]]:
    """Yield the telling terms behind each denial."""
    text = _NO_DENIAL.sub(" ", text)
    for match in _NEGATION.finditer(text):
        behind = re.findall(r"\w+", re.split(r"[,;:.]", text[match.end() : match.end() + _NEAR], maxsplit=1)[0])[:_REACH]
        yield frozenset(term for word in behind for term in split_terms(word) if term not in STOP_WORDS)


def _words(text: str) -> list[Word]:
    """Return the words of a text with their terms, in order; "went up" is read as one word, "rose"."""
    text = _DOWN.sub("fell", _UP.sub("rose", text))
    return [(word, term) for word in re.findall(r"[^\W\d_]+", text) for term in split_terms(word)]
