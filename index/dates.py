"""Calendar dates as documents write them.

`find_dates` reads ISO dates (2025-12-23, 2025/12/23, 2025.12.23), written-out ones in either order
("Apr 29,2025", "29 April 2025", "29th of April, 2025") and Chinese ones (2025年12月23日), with the place where
each stands. Day-and-month figures such as 03/04/2025 are read only when one of the two exceeds 12: otherwise
nobody can tell, and no date is better than a wrong one.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

YEAR = r"(?:1[5-9]|20)\d{2}"  # what a bare number is taken for a year by, as a regular expression without groups
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (  # a month as it is written out, as a regular expression without groups
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)"
)
_FORMS = re.compile(
    "|".join(
        (
            r"(?<!\d)(?P<y1>[12]\d{3})(?P<sep>[-/.])(?P<m1>\d{1,2})(?P=sep)(?P<d1>\d{1,2})(?!\d)",
            r"(?<!\d)(?P<y2>[12]\d{3})\s?年\s?(?P<m2>\d{1,2})\s?月\s?(?P<d2>\d{1,2})\s?日",
            rf"\b(?P<m3>{MONTH})\.?\s?(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\s?,?\s?(?P<y3>[12]\d{{3}})(?!\d)",
            rf"(?<!\d)(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s-](?P<m4>{MONTH})\.?,?[\s-](?P<y4>[12]\d{{3}})(?!\d)",
            r"(?<!\d)(?P<a5>\d{1,2})[/.](?P<b5>\d{1,2})[/.](?P<y5>[12]\d{3})(?!\d)",
        )
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateMention:
    """A calendar date and the characters `text[start:end]` that state it."""

    start: int
    end: int
    date: dt.date


def find_dates(text: str) -> Iterator[DateMention]:
    """Yield the calendar dates that `text` states, from left to right; impossible ones (2025-02-30) are passed over.

    >>> [str(mention.date) for mention in find_dates("Author: Li Time:2025-12-23, seen Apr 29,2025")]
    ['2025-12-23', '2025-04-29']
    """
    for match in _FORMS.finditer(text):
        date = _date(match)
        if date is not None:
            yield DateMention(start=match.start(), end=match.end(), date=date)


def _date(match: re.Match[str]) -> dt.date | None:
    form = next(str(n) for n in range(1, 6) if match[f"y{n}"])
    year = int(match[f"y{form}"])
    if form == "5":
        first, second = int(match["a5"]), int(match["b5"])
        if first <= 12 and second <= 12 and first != second:
            return None
        month, day = (second, first) if first > 12 else (first, second)
    else:
        month, day = _month(match[f"m{form}"]), int(match[f"d{form}"])
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _month(written: str) -> int:
    return int(written) if written.isdigit() else MONTHS.index(written[:3].casefold()) + 1
