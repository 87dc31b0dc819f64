"""The figures of a statement beside those of a passage: values, units, bounds, fractions, places in a row.

Figures are compared as values in one unit, so "2,161,000", "2.161 million" and "216.1 万" are one and "2161" is another.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from rag.date_checks import blank_dates, find_years
from rag.figures import find_figures, find_units, plain_unit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rag.figures import Figure

# What a measure is in another, so that "28 hectares" is "280,000 square metres".
_IN = {
    "km2": ("m2", "1000000"), "ha": ("m2", "10000"), "km": ("m", "1000"), "t": ("kg", "1000"), "min": ("s", "60"), "h": ("s", "3600"),
    "d": ("s", "86400"), "week": ("s", "604800"), "year": ("month", "12"),
}  # fmt: skip
_NEAR_VALUE = Decimal("0.05")  # by which share a figure may be off that the statement calls about
_ROUNDED = Decimal("0.1")  # by which share a figure may be beyond what the statement calls "over" or "under"
_COUNTABLE = frozenset(map(Decimal, range(2, 6)))  # things that a passage may tell one by one without their number
_NUMBER = re.compile(r"(?<![\d.,])(?<!\d{4}[-–])\d{1,30}(?:,\d{3})*(?:\.\d{1,30})?(?!\d|(?:st|nd|rd|th)\b)")
_FRACTION = re.compile(
    r"\b(?:(more than|over|less than|fewer than|under|nearly|almost|about|around|roughly) )?"
    r"(half|(?:a|one|two|three|four) (?:third|quarter|fifth|tenth)s?)\b(?! (?:an?|hours?|years?|dozen|of (?:20|19)\d\d)\b)",
    re.IGNORECASE,
)
_PARTS_NAMED = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_INCLUSIVE = re.compile(r"(?:up to|at (?:most|least)|no(?:t)? (?:more|less|fewer) than|(?:a )?(?:maximum|minimum) of)\b", re.IGNORECASE)
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINAL = re.compile(rf"\b(?:(\d{{1,3}})(?:st|nd|rd|th)|({'|'.join(ORDINALS)}))\b", re.IGNORECASE)


def find_strange_figure(statement: str, passage: str) -> str:
    """Return what is wrong with a figure of a statement beside a passage, "" when nothing is."""
    said, held = list(find_figures(statement, ranges=True)), list(find_figures(passage, ranges=True))
    numbers = {figure.value for figure in held if not figure.unit}
    numbers |= {_plain(match.group()) for match in _NUMBER.finditer(passage) if not _inside(match, held)}
    return (
        _strange_value(statement, passage, said, held, numbers)
        or _strange_unit(statement, passage, said, held)
        or _strange_number(blank_dates(statement), said, numbers | {_plain(year) for year in find_years(passage)})
        or _strange_ordinal(statement, passage, numbers)
        or _strange_fraction(statement, passage, held)
    )


def restate_figures(statement: str, passage: str) -> str:
    """Return a statement with its figures written as the passage writes them, "4,800" for "four thousand eight hundred".

    For a reader that compares words; only figures of the same value and unit are put in.
    """
    held = list(find_figures(passage, ranges=True))
    for figure in reversed(list(find_figures(statement, ranges=True))):
        same = next((other for other in held if _equal(figure, other)), None)
        if same is not None:
            statement = statement[: figure.start] + passage[same.start : same.end] + statement[figure.end :]
    return statement


def agree(one: Figure, other: Figure) -> bool:
    """Say whether a statement's figure is a passage's, or what it is rounded to."""
    return _equal(one, other) or _within(one, other)


def _strange_value(statement: str, passage: str, said: Sequence[Figure], held: Sequence[Figure], numbers: Collection[Decimal]) -> str:
    """Return what is wrong with a figure: its value in its unit, or how exactly it is meant."""
    for figure in said:
        written = statement[figure.start : figure.end]
        same = [other for other in held if agree(figure, other)]
        bare = not figure.unit and figure.value in numbers and not any(other.value == figure.value and other.unit for other in held)
        if not same and not bare:  # a bare "80" is not "80 %"
            rivals = _rivals(figure, held)
            if not rivals and figure.counted and figure.value in _COUNTABLE:
                continue  # "the three of them", which are told one by one
            given = ", ".join(dict.fromkeys(f'"{passage[other.start : other.noun_end]}"' for other in rivals[:2]))
            return f'the passage says {given}, not "{written}"' if given else f'the passage does not give "{written}"'
        if same and not any(_bounded_alike(figure, other, inclusive=bool(_INCLUSIVE.match(written))) for other in same):
            return f'the passage says "{passage[same[0].start : same[0].end]}", not "{written}"'
    return ""


def _strange_unit(statement: str, passage: str, said: Sequence[Figure], held: Sequence[Figure]) -> str:
    """Return which unit the passage does not know: of ranges and vague figures too, "a few hundred million yuan"."""
    units = {plain_unit(unit) for unit in [*find_units(passage), *(figure.unit for figure in held)]}
    converted = {_base(figure)[1] for figure in said}  # compared as values
    strange = [
        written
        for unit, written in find_units(statement).items()
        if plain_unit(unit) not in units and _IN.get(unit, (unit,))[0] not in converted
    ]
    return f'the passage gives nothing in "{strange[0]}"' if strange else ""


def _strange_number(statement: str, said: Sequence[Figure], numbers: Collection[Decimal]) -> str:
    """Return which number outside the figures, such as "Class 1" or the end of a range, the passage does not hold."""
    for match in _NUMBER.finditer(statement):
        if not _inside(match, said) and _plain(match.group()) not in numbers:
            return f'the passage does not give "{match.group()}"'
    return ""


def _strange_ordinal(statement: str, passage: str, numbers: Collection[Decimal]) -> str:
    """Return which place in a row, but the first, the passage does not give although it gives others."""
    held = set(_ordinals(passage))
    strange = sorted(place for place in set(_ordinals(statement)) - held if place > 1 and place not in numbers)
    return f"the passage does not give a number {strange[0]} in a row" if strange and (held or numbers) else ""


def _strange_fraction(statement: str, passage: str, held: Sequence[Figure]) -> str:
    """Return which fraction the passage gives neither so nor in per cent."""
    stated = [(_bound_of(match[1]), _share(match[2])) for match in _FRACTION.finditer(passage)]
    stated += [(figure.bound, figure.value) for figure in held if figure.unit == "%"]
    for match in _FRACTION.finditer(statement):
        bound, share = _bound_of(match[1]), _share(match[2])
        if not any(abs(share - other) <= 1 and bound in {"", "about", other_bound} for other_bound, other in stated):
            return f'the passage does not give "{match.group()}"'
    return ""


def _bound_of(written: str | None) -> str:
    """Return the bound that stands before a fraction, as `Figure.bound` names it."""
    word = (written or "").split(" ")[0].lower()
    return {"more": "over", "over": "over", "less": "under", "fewer": "under", "under": "under"}.get(word, "about" if word else "")


def _share(fraction: str) -> Decimal:
    """Return a written fraction in per cent."""
    if fraction.lower() == "half":
        return Decimal(50)
    count, part = fraction.lower().split()
    return Decimal(100) * _PARTS_NAMED[count] / _PARTS_NAMED[part.rstrip("s")]


def _inside(match: re.Match[str], figures: Sequence[Figure]) -> bool:
    return any(figure.start <= match.start() < figure.end for figure in figures)


def _plain(number: str) -> Decimal:
    return Decimal(number.replace(",", ""))


def _base(figure: Figure) -> tuple[Decimal, str]:
    """Return value and unit of a figure in the measure that its kind is compared in."""
    unit = plain_unit(figure.unit)
    base, factor = _IN.get(unit, (unit, "1"))
    return figure.value * Decimal(factor), base


def _equal(one: Figure, other: Figure) -> bool:
    (value, unit), (held, other_unit) = _base(one), _base(other)
    if unit != other_unit and (other.unit or other.counted):  # "around 16" may be years
        return False
    return value == held or (one.bound == "about" and abs(value - held) <= _NEAR_VALUE * abs(held))


def _within(one: Figure, other: Figure) -> bool:
    """Say whether a passage's figure is what a statement rounds: "over 5,000" of 5,200, "fewer than 50" of 48."""
    (value, unit), (held, other_unit) = _base(one), _base(other)
    if unit != other_unit or other.bound or one.bound not in {"over", "under"} or not (unit or set(one.counted) & set(other.counted)):
        return False
    beyond = held - value if one.bound == "over" else value - held
    return 0 < beyond <= _ROUNDED * abs(value)


def _bounded_alike(one: Figure, other: Figure, *, inclusive: bool) -> bool:
    """Say whether a statement's "over" or "under" is the passage's; to leave it out, or to say "about", is no difference.

    "Up to" and "at least" hold of the figure itself too.
    """
    return one.bound in {"", "about", other.bound} or (inclusive and not other.bound) or _within(one, other)


def _rivals(figure: Figure, held: Sequence[Figure]) -> list[Figure]:
    """Return the passage's figures of the same measure, or of what is counted; else those of the same value."""
    of_kind = [other for other in held if _base(other)[1] == _base(figure)[1] and (figure.unit or set(figure.counted) & set(other.counted))]
    return of_kind or [other for other in held if other.value == figure.value]


def _ordinals(text: str) -> Iterator[int]:
    for match in _ORDINAL.finditer(text):
        yield int(match[1]) if match[1] else ORDINALS.index(match[2].lower()) + 1
