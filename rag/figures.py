"""Figures as documents state them: value, unit, what is counted, and how exactly.

`find_figures` reads "over 4,800 biomedical enterprises", "35.1 billion yuan", "US$3.9 bn", "nearly 20 percent", "3.5万"
and "two dozen" with the place where each stands, so that two documents' figures for one thing can be compared: as
decimals, in one unit. It leaves out what looks like a figure and counts nothing: years and days of a date, ordinals,
numbers that name something ("Class 1", "LP-168", "Boeing 747"), and ranges ("5 to 10 million"), which are two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from index.dates import MONTH, YEAR, find_dates
from index.terms import STOP_WORDS, fold, split_terms
from rag.names import NOT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Bound = Literal["", "over", "under", "about"]

_SCALES = {
    "hundred": 2, "thousand": 3, "k": 3, "million": 6, "mn": 6, "billion": 9, "bn": 9, "trillion": 12, "tn": 12,
    "百": 2, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8, "万亿": 12,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_ONES = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_WORDS = {name: value for name, value in _ONES.items() if name != "one"} | _TENS | {
    "a": 1, "one": 1, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "dozen": 12,
}  # fmt: skip
_CURRENCIES = {
    "usd": "USD", "us$": "USD", "us dollar": "USD", "hk$": "HKD", "hkd": "HKD", "$": "$", "dollar": "$", "eur": "EUR", "€": "EUR",
    "euro": "EUR", "gbp": "GBP", "£": "GBP", "cny": "CNY", "rmb": "CNY", "yuan": "CNY", "¥": "CNY", "元": "CNY", "人民币": "CNY",
    "jpy": "JPY", "yen": "JPY",
}  # fmt: skip
_MEASURES = {
    "square meter": "m2", "square metre": "m2", "sqm": "m2", "square kilometer": "km2", "square kilometre": "km2", "meter": "m",
    "metre": "m", "kilometer": "km", "kilometre": "km", "km": "km", "mile": "mi", "foot": "ft", "feet": "ft", "liter": "l", "litre": "l",
    "ton": "t", "tonne": "t", "kilogram": "kg", "kg": "kg", "gram": "g", "second": "s", "minute": "min", "hour": "h", "day": "d",
    "week": "week", "month": "month", "year": "year", "hectare": "ha", "acre": "acre", "centimeter": "cm", "centimetre": "cm",
}  # fmt: skip

_LETTER = "A-Za-z\u00c0-\u024f0-9_"  # of scripts with spaces: 有25万只 states a figure
_SIGN = r"(?:US\$|HK\$|USD|RMB|CNY|EUR|GBP|JPY|HKD|[$€£¥])"
_SCALE = "|".join(sorted(map(re.escape, _SCALES), key=len, reverse=True))
_SCALE_WORD = rf"(?:{'|'.join(name for name in _SCALES if name.isascii() and len(name) > len('mn'))}|dozen)\b"
_WRITTEN = rf"(?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(_ONES)}))?\b|(?:{'|'.join(name for name in _WORDS if name not in ('a', 'one'))})\b"
# "three hundred and forty-one", "four thousand eight hundred": scales descend, and "and" stands before what is below a hundred.
_BELOW = rf"(?:one\b|{_WRITTEN})"
_HUNDREDS = rf"(?:(?:a|one|{_WRITTEN})[\s-]hundred[\s-](?:and\s)?{_BELOW})"
_UP_TO_999 = rf"(?:{_HUNDREDS}|(?:a|one|{_WRITTEN})[\s-]hundred\b|{_BELOW})"
_LONG = (
    rf"(?:{_UP_TO_999}[\s-]million[\s-](?:and\s)?{_UP_TO_999}[\s-]thousand(?:[\s-](?:and\s)?{_UP_TO_999})?"
    rf"|{_UP_TO_999}[\s-](?:million|thousand)[\s-](?:and\s)?{_UP_TO_999}|{_HUNDREDS})"
    rf"(?![\s-](?:hundred|thousand|million|billion|dozen)\b)"
)
_HALF = rf"half\san?\b(?=\s{_SCALE_WORD}|\s(?:second|minute|hour|day|week|month|year)\b)"
_SHORT = rf"\d{{1,3}}(?:,\d{{3}}){{1,9}}(?:\.\d+)?|\d{{1,30}}(?:\.\d{{1,30}})?|(?:one|a)\b(?=\s{_SCALE_WORD})|{_WRITTEN}"
_NUMBER = rf"{_LONG}|{_HALF}|{_SHORT}"
_PERCENT = r"\s?[%％]|\s?(?:percent|per\scent)\b|\s?percentage\spoints?\b"
# After its sign, money may be short: "$5m" is five million, "5m" alone may be metres.
_FIGURE = re.compile(
    rf"(?<![{_LETTER}.,/])(?<![{_LETTER}]-)(?P<sign>{_SIGN}\s?)?(?P<minus>[-−–](?=\d))?(?P<number>{_NUMBER})"
    rf"(?P<scales>(?:\s?-?(?:{_SCALE})(?![a-z])){{0,4}}(?P<short>(?(sign)\s?[mb]\b|(?!)))?)(?P<dozen>\sdozen\b)?"
    rf"(?:(?P<percent>{_PERCENT})|(?![{_LETTER}/]|-[{_LETTER}]|\.\d|,\d))",
    re.IGNORECASE | re.ASCII,
)
# An end of a range is told by its nearest word; long numbers here would only make the import slow.
_RANGE = re.compile(rf"^(?:\s?[-–—~]\s?|\s(?:to|and|or)\s){_SIGN}?\s?(?:{_SHORT})", re.IGNORECASE)
_RANGE_BEFORE = re.compile(rf"(?:{_SHORT}|\bone)(?:\s?[-–—~]\s?|\s(?:to|or)\s)$|\bbetween\s\S+(?:\s\S+)?\sand\s$", re.IGNORECASE)
_LABELLED = re.compile(
    r"(?:\b(?:class|phase|stage|type|level|grade|no|number|nos|chapter|section|article|figure|table|page|version|volume|part|item|top|group"
    r"|category|generation|room|q)\.?[\s-]|#)$",
    re.IGNORECASE,
)
_MONTH_BEFORE = re.compile(rf"\b{MONTH}\.?\s$", re.IGNORECASE)
_MONTH_AFTER = re.compile(rf"\s{MONTH}\b\.?(?!\s[a-z])", re.IGNORECASE)
_CAPITALISED_BEFORE = re.compile(r"([A-Z][\w’'.-]*)\s$")
_BOUNDS: dict[Bound, str] = {
    "under": r"\b(?:(?:no|not) (?:more|greater|larger) than|not (?:over|above|exceeding)|under|less than|fewer than|below|at most|up to"
    r"|(?:a )?maximum of)\s",
    "over": r"\b(?:(?:no|not) (?:less|fewer) than|not (?:under|below)|over|more than|above|exceed(?:s|ed|ing)?|at least|beyond"
    r"|surpass(?:es|ed|ing)?)\s|超过?",
    "about": r"\b(?:about|around|nearly|almost|approximately|some|roughly|close to|estimated|an? average of)\s|[~≈约近]\s?",
}
_BOUND_BEFORE = {bound: re.compile(rf"(?:{words})$", re.IGNORECASE) for bound, words in _BOUNDS.items()}
_IN_A_ROW = r"(?:(?:consecutive|straight|full|calendar|additional|successive)\s)?"  # "four consecutive years" are four years
_UNITS = {name.removesuffix("s"): unit for name, unit in (_CURRENCIES | _MEASURES).items() if name.isalpha() and len(name) > 2}
_UNIT_NAMED = re.compile(
    rf"(?:\d|\b(?:{_WRITTEN}|few|several|{'|'.join(name for name in _SCALES if name.isascii() and len(name) > 2)}))"
    rf"\s(?:US\s)?((?:{'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})s?)\b",
    re.IGNORECASE,
)
_NEAR = 40  # characters on either side that tell what a number is
_PHRASE = re.compile(r"^\s?(?:(?:new|newly|different|other|more)\s)?((?:[\w'’/&-]+\s?){1,6})")
_ENDS_PHRASE = STOP_WORDS | frozenset(
    """accounting according across after among amongst around before between covering during exceeding following including
    involving over per reaching respectively since through throughout under until up via while within worldwide this these those
    will were being all already together annually now also only just both have had has take takes took benefited""".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A quantity, and the characters `text[start:end]` that state it.

    Attributes:
        start: First character, the words of the bound included.
        end: One past the last, unit included where it follows at once.
        noun_end: One past the last of what is counted; `end` for money, measures and percentages.
        value: In units: "35.1 billion yuan" is 35100000000.
        unit: "%", an ISO currency code ("$" when any dollar may be meant), a measure such as "m2", or "" for a plain count.
        counted: Terms of what is counted, in order: ("biomed", "enterpris"); empty where there is a unit.
        bound: "over", "under" or "about" when the text says so, else "".
    """

    start: int
    end: int
    noun_end: int
    value: Decimal
    unit: str
    counted: tuple[str, ...]
    bound: Bound


def find_figures(text: str, *, ranges: bool = False) -> Iterator[Figure]:
    """Yield the figures of a text, from left to right.

    Args:
        text: Any text.
        ranges: Yield the ends of ranges too, each as it is written.

    >>> [(int(f.value), f.unit, f.counted, f.bound) for f in find_figures("In 2024, over 4,800 firms, with 35.1 billion yuan.")]
    [(4800, '', ('firm',), 'over'), (35100000000, 'CNY', (), '')]
    """
    dates = [(mention.start, mention.end) for mention in find_dates(text)]
    for match in _FIGURE.finditer(text):
        while dates and dates[0][1] <= match.start():
            dates.pop(0)
        before = text[max(0, match.start() - _NEAR) : match.start()]
        after = text[match.end() : match.end() + 2 * _NEAR]
        dated = bool(dates) and dates[0][0] < match.end()
        ends_range = bool(_RANGE.match(after) or _RANGE_BEFORE.search(before))
        if not dated and not _names_something(match, before, after) and (ranges or not ends_range):
            yield _figure(match, before, after)


def find_units(text: str) -> dict[str, str]:
    """Return the units that a text names behind a number of any form, "a few hundred million yuan" too, each with its first word.

    >>> find_units("It takes one to two days and a few million euros.")
    {'d': 'days', 'EUR': 'euros'}
    """
    found: dict[str, str] = {}
    for match in _UNIT_NAMED.finditer(text):
        found.setdefault(_UNITS[re.sub(r"(?<=[a-z])s$", "", match[1].lower())], match[1])
    return found


def comparable(one: Figure, other: Figure) -> bool:
    """Say whether two figures measure in one unit, and count one kind of thing: the noun that is counted is the same.

    >>> firms, companies, sheds = find_figures("21 listed firms; 19 firms; 30 sheds")
    >>> comparable(firms, companies), comparable(firms, sheds)
    (True, False)
    """
    return bool(measured(one)) and measured(one) == measured(other)


def measured(figure: Figure) -> str:
    """Return what a figure measures: its unit, else the noun that it counts; "" when it counts nothing that is named."""
    return plain_unit(figure.unit) or (f"of {figure.counted[-1]}" if figure.counted else "")


def plain_unit(unit: str) -> str:
    """Return a unit as it is compared: any dollar is the American one, since which is meant is seldom said."""
    return "USD" if unit == "$" else unit


def _names_something(match: re.Match[str], before: str, after: str) -> bool:
    """Say whether a number is a year, a day of a month or part of a name."""
    if match["scales"] or match["percent"] or match["sign"] or match["dozen"]:
        return False
    number = match["number"]
    if re.fullmatch(YEAR, number) and not _counts(after):
        return True
    if number.isdigit() and len(number) <= 2 and int(number) <= 31 and (_MONTH_BEFORE.search(before) or _MONTH_AFTER.match(after)):
        return True
    named = _CAPITALISED_BEFORE.search(before)
    if named and named[1].lower().rstrip(".") not in NOT_NAMES and re.search(r"[^.!?\s]\s$", before[: named.start()]):
        return True  # inside a sentence, "the Boeing 747"
    return bool(_LABELLED.search(before)) or after[:1] in {"年", "月", "日"}


def _counts(after: str) -> bool:
    """Say whether a number that looks like a year is followed by a noun that it counts, or a measure."""
    if _unit(None, after)[0]:
        return True
    words = after.split() if after.startswith(" ") else []
    return bool(words) and words[0] not in _ENDS_PHRASE and bool(re.fullmatch(r"[a-z]{3,}s|people|men|women|children", words[0]))


def _figure(match: re.Match[str], before: str, after: str) -> Figure:
    scales = re.findall(_SCALE, match["scales"], re.IGNORECASE)
    if match["short"]:
        scales.append({"m": "million", "b": "billion"}[match["short"].strip().lower()])
    value = _value(match["number"], scales) * (-1 if match["minus"] else 1)
    if match["dozen"]:
        value *= 12
    unit, taken = ("%", 0) if match["percent"] else _unit(match["sign"], after)
    counted, length = ((), 0) if unit else _counted(after)
    bound, wider = _bound(before)
    return Figure(
        start=match.start() - wider,
        end=match.end() + taken,
        noun_end=match.end() + taken + length,
        value=value,
        unit=unit,
        counted=counted,
        bound=bound,
    )


def _value(number: str, scales: Sequence[str]) -> Decimal:
    """Return what a number and the scales behind it come to: "3.5" and "million", "two hundred" and "thousand"."""
    if number[0].isdigit() or number.lower().startswith("half"):
        value = Decimal(number.replace(",", "")) if number[0].isdigit() else Decimal("0.5")
        return value.scaleb(sum(_SCALES[scale.lower()] for scale in scales))
    whole = part = 0
    for word in re.split(r"[\s-]+", " ".join((number, *scales)).lower()):
        if word == "hundred":
            part *= 100
        elif word in _SCALES:
            whole, part = (
                (whole + part * 10 ** _SCALES[word], 0) if part else (whole * 10 ** _SCALES[word], 0)
            )  # "hundred thousand million"
        else:
            part += _WORDS.get(word, 0)  # "and" counts nothing
    return Decimal(whole + part)


def _bound(before: str) -> tuple[Bound, int]:
    """Return how exactly the figure that follows is meant, and how many characters before it say so: the longest words."""
    found = [(len(match.group()), bound) for bound, pattern in _BOUND_BEFORE.items() if (match := pattern.search(before))]
    length, bound = max(found, default=(0, ""))
    return bound, length


def _unit(sign: str | None, after: str) -> tuple[str, int]:
    """Return the unit and how many characters after the figure state it."""
    if sign:
        return _CURRENCIES[sign.strip().lower()], 0
    for names in (_CURRENCIES, _MEASURES):
        for name, unit in names.items():
            found = re.match(rf"[\s-]?{_IN_A_ROW}{re.escape(name)}s?(?![a-z])", after, re.IGNORECASE | re.ASCII)
            leads = re.fullmatch(_SIGN, name, re.IGNORECASE)
            if found and not (leads and re.match(r"\s?\d", after[found.end() :])):  # in "12 $14" the sign is of the next one
                return unit, found.end()
    return "", 0


def _counted(after: str) -> tuple[tuple[str, ...], int]:
    """Return the terms of the noun phrase that follows a count, and where it ends; it stops at a function word or mark."""
    phrase = _PHRASE.match(after)
    if not phrase:
        return (), 0
    words: list[re.Match[str]] = []
    for word in re.finditer(r"\S+", phrase.group(1)):
        participle = bool(words) and word.group().endswith("ed")  # "60 firms selected"
        if fold(word.group()) in _ENDS_PHRASE or re.search(r"\d", word.group()) or participle:
            break
        words.append(word)
    terms = tuple(split_terms(" ".join(word.group() for word in words)))
    return terms, phrase.start(1) + words[-1].end() if words else 0
