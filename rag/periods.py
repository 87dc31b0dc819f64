"""Years and spans of years as texts state them.

`find_periods` reads "in 2024", "from 2004 to 2009", "( 16 May 1983 to 9 June 1988 )", "between 1999 and 2004", "1999-2004",
"the 1940s", "since 2004" and "until 2004" as spans of whole years, so that a question about 2006 fits a sentence that
says "from 2004 to 2009"; and "this year" by the year of the document. What it knowingly ignores: months and days inside a
year, and years before 1000.
"""

from __future__ import annotations

import re

from index.dates import MONTH, find_dates

Period = tuple[int, int]  # first and last year, both included

FOREVER = 9999

_YEAR = r"(?:1\d|20)\d{2}"
_STARTS = r"(?<![\d.,$€£¥/-])"
_ENDS = r"(?!,?\d|\.\d|\s?%|\s(?:[a-z]+\s)?(?:people|men|women|[a-z]{3,}(?:ees|ers|ors|ies|ants|ents|nces|ists|ons))\b)"
_DAY = rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th)?|{MONTH}\.?|the|early|mid|late|end|of),?[\s-]){{0,4}}"  # 16 May, mid
_PLAIN = re.compile(rf"{_STARTS}({_YEAR}){_ENDS}|(?<=mid-)({_YEAR}){_ENDS}", re.IGNORECASE)
_SPAN = re.compile(
    rf"{_STARTS}({_YEAR})(?:\s?[-–—~]\s?({_YEAR}|\d\d(?!-?\d))|,?\s(?:to|until|till|through)\s{_DAY}({_YEAR})){_ENDS}"
    rf"|\bbetween\s{_DAY}({_YEAR})\sand\s{_DAY}({_YEAR}){_ENDS}",
    re.IGNORECASE,
)
_DECADE = re.compile(r"(?<!\d)((?:1\d|20)\d0)['’]?s\b")
_OPEN = re.compile(rf"\b(since|until|till|up to)\s{_DAY}({_YEAR}){_ENDS}", re.IGNORECASE)
_RELATIVE = re.compile(r"(?<!\bthe )(?<!\bthat )\b(last|this|next) year\b(?! of\b)", re.IGNORECASE)


def find_periods(text: str, written_in: int | None = None) -> tuple[Period, ...]:
    """Return the spans of years that a text states, in order of first mention; none twice.

    Args:
        text: Any text.
        written_in: The year it was written in, by which "this year" is read; without it, that says nothing.

    >>> find_periods("It ran from May 2004 to 2009, and again last year.", written_in=2016)
    ((2004, 2009), (2015, 2015))
    """
    found: list[tuple[int, Period]] = []
    kept = text
    for mention in find_dates(text):
        if text[mention.start : mention.start + 4].isdigit():  # 2004-12-23 is no span
            kept = kept[: mention.start + 4] + "_" * (mention.end - mention.start - 4) + kept[mention.end :]
    for pattern, read in ((_SPAN, _read_span), (_DECADE, _read_decade), (_OPEN, _read_open)):
        for match in pattern.finditer(kept):
            period = read(match)
            if period:
                found.append((match.start(), period))
                kept = _blank(kept, match)
    found += [(match.start(), _read_plain(match)) for match in _PLAIN.finditer(kept)]
    if written_in is not None:
        found += [(match.start(), _read_relative(match, written_in)) for match in _RELATIVE.finditer(kept)]
    return tuple(dict.fromkeys(period for _, period in sorted(found)))


def _blank(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + "_" * len(match.group()) + text[match.end() :]


def overlap(some: tuple[Period, ...], others: tuple[Period, ...]) -> bool:
    """Say whether two sets of periods have a year in common."""
    return any(one[0] <= other[1] and other[0] <= one[1] for one in some for other in others)


def _read_span(match: re.Match[str]) -> Period | None:
    first, last = (match[1], match[2] or match[3]) if match[1] else (match[4], match[5])
    if len(last) < len(first):
        last = first[: -len(last)] + last  # 2004-09
    return (int(first), int(last)) if int(first) <= int(last) else None


def _read_decade(match: re.Match[str]) -> Period:
    return int(match[1]), int(match[1]) + (99 if match[1].endswith("00") else 9)


def _read_open(match: re.Match[str]) -> Period:
    year = int(match[2])
    return (year, FOREVER) if match[1].lower() == "since" else (0, year)


def _read_plain(match: re.Match[str]) -> Period:
    year = int(match[1] or match[2])
    return year, year


def _read_relative(match: re.Match[str], written_in: int) -> Period:
    year = written_in + {"last": -1, "this": 0, "next": 1}[match[1].lower()]
    return year, year
