"""The dates of a statement beside those of a passage: years, days, months, and "last year"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.dates import MONTH, MONTHS, YEAR, find_dates

if TYPE_CHECKING:
    from collections.abc import Iterator

_MONTH_DAY = re.compile(
    rf"\b({MONTH})\.?\s(\d{{1,2}})(?:st|nd|rd|th)?\b(?!,?\d)|\b(\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s({MONTH})\b", re.IGNORECASE
)
_MONTH_ALONE = re.compile(rf"\b(?!may\b)({MONTH})\b|(?<=\bin )(May)\b", re.IGNORECASE)
_YEAR = re.compile(rf"(?<![\d.,$€£¥-]){YEAR}(?![\d%]|,\d|\.\d)")
_RELATIVE = re.compile(r"\b(?:last|this|next) (?:year|month|week|quarter)\b", re.IGNORECASE)


def find_years(text: str) -> set[str]:
    """Return the years that a text names, as they are written."""
    return set(_YEAR.findall(text))


def find_strange_date(statement: str, passage: str) -> str:
    """Return what is wrong with a date of a statement beside a passage, "" when nothing is."""
    held = set(_YEAR.findall(passage))
    for year in _YEAR.findall(statement):
        if year not in held and year not in passage:
            stated = ", ".join(sorted(held)) or "no year"
            return f"the passage gives {stated}, not {year}"
    days = set(_days(passage))
    for month, day in _days(statement):
        if (month, day) not in days:
            return f"the passage does not give the {day}. of {MONTHS[month - 1].capitalize()}"
    months = {_month(match) for match in _MONTH_ALONE.finditer(passage)} | {month for month, _ in days}
    for match in (match for match in _MONTH_ALONE.finditer(statement) if match.group()[0].isupper()):  # not "to march"
        if months and _month(match) not in months:
            return f"the passage does not speak of {match.group()}"
    return _strange_relative(statement, passage)


def _strange_relative(statement: str, passage: str) -> str:
    """Find "last year" where the passage says "this year"."""
    said = {match.group().lower() for match in _RELATIVE.finditer(statement)}
    held = {match.group().lower() for match in _RELATIVE.finditer(passage)}
    if held and said - held:
        return f'the passage says "{min(held)}", not "{min(said - held)}"'
    return ""


def blank_dates(text: str) -> str:
    """Return a text with its dates, days and years blanked, which are compared as such."""
    for mention in find_dates(text):
        text = text[: mention.start] + "_" * (mention.end - mention.start) + text[mention.end :]
    for pattern in (_MONTH_DAY, _YEAR):
        text = pattern.sub(lambda match: "_" * len(match.group()), text)
    return text


def _days(text: str) -> Iterator[tuple[int, int]]:
    for match in _MONTH_DAY.finditer(text):
        yield _number_of(match[1] or match[4]), int(match[2] or match[3])
    for mention in find_dates(text):
        yield mention.date.month, mention.date.day


def _month(match: re.Match[str]) -> int:
    return _number_of(match[1] or match[2])


def _number_of(month: str) -> int:
    return MONTHS.index(month[:3].lower()) + 1
