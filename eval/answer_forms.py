"""Figures and dates as an answer may word them: "29%" is "29 percent", "April 3, 1905" is "3 April 1905"."""

from __future__ import annotations

import re

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
YEAR = r"(?:1\d|20)\d\d"
DATE = (
    rf"(?:(?:{_MONTHS}) \d{{1,2}}(?:st|nd|rd|th)?,? {YEAR}|\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS}),? {YEAR}"
    rf"|(?:{_MONTHS}),? {YEAR}|{YEAR})\b"
)
_WORDS = """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
    twenty""".split()
FIGURE = (
    r"(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?: (?:million|billion|trillion|thousand))?"
    rf"|(?:{'|'.join(_WORDS)})(?: (?:million|billion|hundred|thousand))?)(?![\d,.]*\d)"
)


def date_wordings(said: str) -> tuple[str, ...]:
    """Return the ways to write a date, the given one first.

    >>> date_wordings("April 3, 1905")
    ('April 3, 1905', '3 April 1905')
    """
    parts = re.fullmatch(rf"(?:(?P<m1>{_MONTHS}) (?P<d1>\d+)\w*|(?P<d2>\d+)\w* (?P<m2>{_MONTHS})),? (?P<year>{YEAR})", said)
    if not parts:
        return (said,)
    month, day = parts["m1"] or parts["m2"], parts["d1"] or parts["d2"]
    return tuple(dict.fromkeys((said, f"{month} {day}, {parts['year']}", f"{day} {month} {parts['year']}")))


def figure_wordings(said: str) -> tuple[str, ...]:
    """Return the ways to write a figure, the given one first.

    >>> figure_wordings("29 percent"), figure_wordings("three")
    (('29 percent', '29%', '29 per cent'), ('three', '3'))
    """
    share = re.fullmatch(r"(.*?) ?(?:%|percent|per cent)", said)
    if share:
        return tuple(dict.fromkeys((said, f"{share[1]}%", f"{share[1]} percent", f"{share[1]} per cent")))
    first, _, rest = said.partition(" ")
    rest = f" {rest}" if rest else ""
    if first in _WORDS:
        return (said, f"{_WORDS.index(first) + 2}{rest}")
    if first.isdigit() and 2 <= int(first) <= 20:
        return (said, f"{_WORDS[int(first) - 2]}{rest}")
    return (said,)
