"""Names as they are written: runs of capitalised words.

`find_names` reads companies, people, places and products off their capital letters, as questions and documents
write them; beside a script without spaces too, at whose characters a name ends. What it knowingly ignores: names in
lower case, and scripts without case.
"""

from __future__ import annotations

import re

from index.terms import UNSPACED

_WORD = r"(?:[A-Z][\w’'&＆.-]*\w|[A-Z]|\d*[A-Z]{2,}[\w-]*|[a-z]{1,3}[A-Z]\w+)"
_NAME = re.compile(rf"\b{_WORD}(?:\s+(?:(?:of|the|and|for|de|van|von|&)\s+)?(?:{_WORD}|\d+\b))*")
_CASELESS = re.compile(f"[{UNSPACED}]+")
NOT_NAMES = frozenset(
    """a an the and or but of in on at by for to from with as is are was were be been has have had do does did can could will
    would shall should may might must how what when where which who whom whose why if it its they their he she his her
    this that these those there here i we you my our your not no yes so then than about also after before during since
    until while tell give list name show explain describe compare according january february march april june july
    august september october november december q1 q2 q3 q4 once now today please over under more less most least up some
    all any both each every several nearly almost only around approximately first second third one two three""".split()
)


def find_names(text: str) -> list[str]:
    """Return the names in `text`, in order, each once; a capitalised ordinary word at the start is not one.

    >>> find_names("What did Huang Rui say about VectorBuilder in May 2023?")
    ['Huang Rui', 'VectorBuilder']
    >>> find_names("V＆A与Virgin Media的关系是什么？")
    ['V＆A', 'Virgin Media']
    """
    names = (_strip(match.group()) for match in _NAME.finditer(_CASELESS.sub("，", text)))
    return list(dict.fromkeys(name for name in names if name))


def _strip(name: str) -> str:
    """Drop leading and trailing words that only their place made capital, years beside them, and a trailing possessive."""
    words = name.split()
    while words and (words[0].isdigit() or words[0].lower().rstrip("'’s.") in NOT_NAMES | {""}):
        words.pop(0)
    while words and (words[-1].lower() in NOT_NAMES or words[-1].isdigit()):
        words.pop()
    return re.sub(r"['’]s?$", "", " ".join(words))
