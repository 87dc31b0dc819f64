"""What a model writes that tells nothing, although the documents may hold every word of it: fragments, announcements, echoes.

Such sentences are left out of an answer without a word: there is nothing in them to withhold.
"""

from __future__ import annotations

import re

from index.terms import query_terms

_END = re.compile(r"[.!?。！？][\"'”’)\]」』）】]*$")
# Few verbs are needed to tell a fragment, a name or a figure, from a sentence.
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|being|has|have|had|do|does|did|can|could|will|would|shall|should|may|might|must|\w{2,}ed"
    r"|rose|fell|grew|made|became|won|built|held|took|gave|came|went|began|led|met|sold|bought|kept|left|lost|found|said|set|cut|put|told)\b"
    r"|\s[a-z]{3,}s\s"
)
_COPULA = re.compile(r"\s(?:is|are|was|were|means?|includes?)\s")
_YES_OR_NO = re.compile(r"^(?:(?:and|but|so) )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b", re.IGNORECASE)
_UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def ended(statement: str) -> str:
    """Return a statement with a full stop where a list has left it out.

    >>> ended("It grew"), ended("It grew.")
    ('It grew.', 'It grew.')
    """
    return statement if _END.search(statement) or statement.endswith(":") else f"{statement}."


def is_row(statement: str) -> bool:
    """Say whether a statement is a row of a table with something in it."""
    return statement.startswith("|") and any(map(str.isalnum, statement))


def says_something(statement: str, question: str) -> bool:
    """Say whether a sentence is whole and tells more than the question asks, or answers it with yes.

    >>> says_something("Its name is Brill.", "What is its name?"), says_something("Its name is its name.", "What is its name?")
    (True, False)
    >>> says_something("The tower of Brill.", "Which tower?"), says_something("The three towers are:", "Which towers?")
    (False, False)
    """
    if not _END.search(statement) or not (_VERB.search(statement) or _UNSPACED.search(statement)):
        return False
    before, *after = _COPULA.split(statement, maxsplit=1)
    if after and set(query_terms(after[0])) <= set(query_terms(before)):
        return False
    return bool(set(query_terms(statement)) - set(query_terms(question))) or bool(_YES_OR_NO.search(question))
