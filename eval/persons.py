"""Words for persons: whether "a Czech chess player" is somebody, and is asked for with "Who"."""

from __future__ import annotations

import re

_ENDINGS = ("man", "woman", "or", "er", "ist", "ian", "eer", "tress")
_PERSONS = frozenset(
    """accountant activist agent architect aristocrat artist assistant athlete bishop botanist brother celebrity chef chief child coach
    colonist consultant correspondent cousin criminal critic dancer daughter descendant designer diplomat economist emperor father
    footballer general guard heir historian host husband judge king knight lawyer mathematician merchant model monk mother nephew niece
    novelist nun nurse officer person physicist pilot poet politician pope presenter president priest prince princess queen rapper saint
    scholar servant sister son spokesperson spouse spy star statesman student superintendent surgeon theologian wife""".split()
)
_THINGS = frozenset(
    """address bomber border cancer career carrier center chamber chapter charter cluster color computer congress container corner corridor
    cover cruiser cypress disorder dress error factor fighter  fortress freeware freighter harbor headquarter helicopter ladder layer
    letter liner list major master matter mattress member meter minor monster motor newspaper number order paper polymer power press
    printer processor progress quarter reactor register river sector semester server  soccer steamer stress summer theater thriller
    tower trailer vector water winter""".split()
)
ROLE = (
    r"(?:(?:vice|deputy|executive|managing|general|artistic|music|founding|prime|chief|senior|former|first|current) )*"
    r"(?:chairman|chairwoman|chair|president|director|founder|head|mayor|governor|chief executive|executive|minister|chancellor|secretary"
    r"|commander|manager|editor|dean|principal|leader|ceo|CEO|CTO|CFO|coach|owner)(?: (?:officer|executive|general))?"
)
_ENDS_WITH_ROLE = re.compile(rf"\b{ROLE}$")


def is_person(description: str) -> bool:
    """Say whether a description is of a person, by its last word before a preposition.

    >>> is_person("Czech chess player"), is_person("president of Brill"), is_person("river in Asia")
    (True, True, False)
    """
    head = re.split(r" (?:of|for|in|at) ", description.rstrip(",").removeprefix("the "))[0].lower()
    last = head.split()[-1] if head.split() else ""
    if last in _THINGS:
        return False
    return last in _PERSONS or last.endswith(_ENDINGS) or bool(_ENDS_WITH_ROLE.search(head))
