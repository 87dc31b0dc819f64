"""A question for several things, taken apart into one question each.

"When did A and B open?", "Who built it, and when?", "in 2023 and in 2024": each part is searched and answered by
itself. What it knowingly ignores: lists of ordinary words ("apples and pears"), which one sentence often answers.
"""

from __future__ import annotations

import re

from rag.followups import ASKING, ONE_YEAR, SUBJECT, YEAR, exchange, resolve_one, telling_words, with_subject
from rag.names import find_names

_MOST_PARTS = 6  # more than anybody asks at once; each is searched by itself
_JOIN = re.compile(
    r"(?:,|;|\?)?\s+and\s+(?=(?:(?:in|at|on|by|for|from|to|of|with)\s+)?(?:who|whom|whose|what|when|where|which|why|how)\b)|\?\s+(?=\w)",
    re.IGNORECASE,
)
_YEARS_LISTED = re.compile(
    rf"(?:\b(?:from|between|in)\s+)?\b{ONE_YEAR}(?:\s?,\s?{ONE_YEAR})*,?\s+(?:and|to|or|versus|vs\.?)\s+(?:in\s+)?{ONE_YEAR}\b",
    re.IGNORECASE,
)
# "from 2004 to 2009" is one span of time, unless a change over it is asked for.
_SPAN = re.compile(rf"^(?:from\s+{ONE_YEAR}\s+to|between\s+{ONE_YEAR}\s+and)\s+(?:in\s+)?{ONE_YEAR}$", re.IGNORECASE)
_CHANGE = re.compile(
    r"\b(?:chang(?:e|es|ed|ing)|gr(?:ow|ows|ew|owing|owth)|ris(?:e|es|en|ing)|rose|(?:in|de)creas(?:e|es|ed|ing)|f(?:all|alls|ell|alling)"
    r"|drop(?:s|ped)?|declin(?:e|es|ed)|differ(?:s|ed|ent|ence)?|compar(?:e|es|ed|ison)|improv(?:e|es|ed|ement)|evol(?:ve|ved|ution)|versus|vs)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Z][\w.&-]*(?:\s+[A-Z][\w.&-]*)*")
_NAMES_LISTED = re.compile(rf"(?<!^)\b{_NAME.pattern}(?:\s*,\s+{_NAME.pattern})*,?\s+and\s+{_NAME.pattern}")


def split_parts(question: str) -> list[str]:
    """Take a question apart into the single questions that it asks, at most `_MOST_PARTS`.

    It is split before a further question word ("… and when …"), and asked once for each of several names or years
    that it lists. A part that leans on the one before is given its subject.

    >>> split_parts("When were Akeso, Lupeng and Cyagen founded?")
    ['When were Akeso founded?', 'When were Lupeng founded?', 'When were Cyagen founded?']
    """
    bracket = SUBJECT.search(question)
    clauses = [clause.strip(" ,;") for clause in _JOIN.split(SUBJECT.sub("", question)) if clause.strip(" ,;?")]
    if not clauses:
        return [question]
    if len(clauses) > 1 and len(telling_words(clauses[0])) <= 2 and not find_names(clauses[0]):
        clauses[0] = with_subject(clauses[0], clauses[1], "")  # "How many items and how many firms benefited?"
    whole = [clauses[0], *(_resolve_part(clause, clauses[0]) for clause in clauses[1:])]
    parts = [
        part for clause in whole for part in (_one_each(clause, _YEARS_LISTED, YEAR) or _one_each(clause, _NAMES_LISTED, _NAME) or [clause])
    ]
    return [part + bracket.group() if bracket else part for part in dict.fromkeys(parts)][:_MOST_PARTS]


def _resolve_part(clause: str, first: str) -> str:
    """Return a later clause as a question of its own; "what for B?" after "What is claimed for A" is that of B."""
    if len(telling_words(clause)) <= 1 and (find_names(clause) or YEAR.search(clause)):
        return exchange(ASKING.sub("", clause, count=1).strip(), first, "")
    return resolve_one(clause, first, "")


def _one_each(question: str, listed: re.Pattern[str], single: re.Pattern[str]) -> list[str] | None:
    """Return the question once for each of the values that it lists; None when it lists none."""
    found = listed.search(question)
    if not found or (_SPAN.match(found.group()) and not _CHANGE.search(question)):
        return None
    values = [match.group() for match in single.finditer(found.group())]
    lead = "in " if found.group().lower().startswith(("from ", "between ", "in ")) else ""
    return [question[: found.start()] + lead + value + question[found.end() :] for value in values]
