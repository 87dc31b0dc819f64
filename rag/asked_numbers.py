"""Numbers that a question takes for granted: what it asks about is known by them.

`find_asked_numbers` reads "bridge number 3700", "the Boeing 748" and "the 2,417 boats" off a question, and leaves out what nobody has to
find in a document: years and days, hedged figures ("about 2,400"), a figure of the asker's own ("for 250 units"), what a yes-or-no question
puts up for a yes or a no, counts of a list ("the 3 reasons", "top 5"), and places of a document ("page 12"). `spell_number` says in which
ways a document may write one. What both knowingly ignore: numbers in words and in scripts without spaces, and that a verb behind a
number ("what does error 404 mean") is nothing that is counted.
"""

from __future__ import annotations

import re
from decimal import Decimal
from string import ascii_lowercase
from typing import TYPE_CHECKING

from index.dates import MONTH, find_dates
from index.terms import UNSPACED, split_terms
from rag.figures import find_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.figures import Figure

_NUMBER = re.compile(
    rf"(?<![\w.,/:–-])(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,12}})(?:\.\d{{1,6}})?(?![\w/:–{UNSPACED}-]|[.,]\d|\s?[{UNSPACED}])", re.ASCII
)
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_NUMBERED = re.compile(r"(?:\bnumber|\bno\.?|\bnos\.?|#)\s?$", re.IGNORECASE)
_BEHIND_A_WORD = re.compile(r"[^\W\d_]\s$")  # not at the beginning, nor behind a mark, as the number of a note
_DAY_BEFORE, _DAY_AFTER = re.compile(rf"\b{MONTH}\.?\s$", re.IGNORECASE), re.compile(rf"\s(?:of\s)?{MONTH}\b", re.IGNORECASE)
_DEFINITE = re.compile(r"\b(?:the|these|those|all|its|their|his|her)\s(?:[a-z]+\s)?$", re.IGNORECASE)
_PLACE = re.compile(  # which a reader counts, and the text need not say
    r"\b(?:page|paragraph|line|slide|sheet|chapter|section|article|part|figure|table|item|step|point|note|question)s?\s(?:(?:number|no\.?|\#)\s?)?$",
    re.IGNORECASE,
)
_OF = re.compile(r"\s(?:more\s)?of\b", re.IGNORECASE)
_RANKED = re.compile(r"\b(?:top|first|last|next|past|previous|best|worst|every|each)\s$", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"^(?:and |but |so )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b", re.IGNORECASE
)
_TOLD_ONE_BY_ONE = 12  # so many things a document may list without saying how many they are
_NEAR = 40  # characters before a number that tell what it is

_SCALES = (3, 4, 6, 8, 9, 12)  # thousand, 万, million, 亿, billion, trillion
# What may be written at a number without a space or a mark between.
_AFTER = ("", "k", "m", "mn", "b", "bn", "km", "kg", "cm", "mm", "g", "h", "s", "x", "th", "st", "nd", "rd")
_BEFORE = (*ascii_lowercase, "rmb", "usd", "us", "cny", "eur", "gbp", "no")
_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen""".split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_ROUND = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ROMAN = ((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_MOST_ROMAN = 89


def find_asked_numbers(question: str) -> Iterator[tuple[str, Decimal]]:
    """Yield the numbers that a question takes for granted, as written and as values, from left to right.

    >>> [written for written, _ in find_asked_numbers("What happened to the 2,417 boats at lock number 3700 in 2019?")]
    ['2,417', '3700']
    """
    if _YES_OR_NO.search(question):
        return
    dates = [(mention.start, mention.end) for mention in find_dates(question)]
    figures = list(find_figures(question, ranges=True))
    for match in _NUMBER.finditer(question):
        if not any(start <= match.start() < end for start, end in dates) and not _is_time(match):
            figure = next((one for one in figures if one.start <= match.start() < one.end), None)
            if _is_granted(match, figure):
                yield match.group(), figure.value if figure else Decimal(match.group().replace(",", ""))


def _is_time(match: re.Match[str]) -> bool:
    """Say whether a number is a year or a day."""
    before, after = _around(match)
    if _YEAR.fullmatch(match.group()):
        return not _NUMBERED.search(before)
    return bool(_DAY_BEFORE.search(before) or _DAY_AFTER.match(after))


def _is_granted(match: re.Match[str], figure: Figure | None) -> bool:
    """Say whether what is asked about is known by a number: as its name, or because it is so many."""
    before, after = _around(match)
    if _RANKED.search(before) or _PLACE.search(before) or (figure and figure.bound):
        return False
    if figure is None or not (figure.unit or figure.counted):
        # Not a release, of which a document may name a later part (3.11.4), and not "Name 5 of the boats".
        named = _BEHIND_A_WORD.search(before) and len(before.split()) > 1 and "." not in match.group() and not _OF.match(after)
        return bool(named or _NUMBERED.search(before))
    few = figure.value == int(figure.value) and abs(figure.value) <= _TOLD_ONE_BY_ONE
    return bool(_DEFINITE.search(match.string[: figure.start])) and not few


def _around(match: re.Match[str]) -> tuple[str, str]:
    return match.string[max(0, match.start() - _NEAR) : match.start()], match.string[match.end() : match.end() + _NEAR]


def spell_number(value: Decimal) -> tuple[list[str], list[str]]:
    """Return the index terms that a document may write a number with, see `index.terms`.

    Returns:
        Terms each of which is the number ("2417", "2.417", "2417km", "xiv"); and those that are it together ("forti", "two"),
        none where nobody writes them.

    >>> terms, words = spell_number(Decimal(42))
    >>> "42" in terms, "xlii" in terms, words, "1.5" in spell_number(Decimal(1500000))[0]
    (True, True, ['forti', 'two'], True)
    """
    digits = len(_plain(value).strip("0").replace(".", ""))
    scaled = [_plain(value.scaleb(-scale)) for scale in _SCALES]
    short = [_plain(value), *(one for one in scaled if len(one.replace(".", "").strip("0")) == digits and not one.startswith("0."))]
    whole = value == int(value) and value >= 0
    written = [f"{one}{unit}" for one in short for unit in _AFTER] + [f"{sign}{one}" for one in short for sign in _BEFORE]
    written += [_roman(int(value))] if whole and 0 < value <= _MOST_ROMAN else []
    terms = [split_terms(one) for one in written]  # "2.5km" is two, of which "km" tells nothing
    words = _words(int(value)) if whole else []
    return list(dict.fromkeys(one[0] for one in terms if len(one) == 1)), [term for word in words for term in split_terms(word)]


def states_number(text: str, value: Decimal) -> bool:
    """Say whether a text states a number in a way that no single term tells: in words, or with spaces between its thousands.

    >>> states_number("two thousand four hundred and seventeen boats", Decimal(2417)), states_number("2 417 boats", Decimal(2417))
    (True, True)
    """
    if any(figure.value == value for figure in find_figures(text, ranges=True)):
        return True
    spaced = r"\s".join(map(re.escape, f"{value:,f}".split(",")))
    return bool(re.search(rf"(?<![\d.,]){spaced}(?!\d|[.,]\d)", text))


def _plain(value: Decimal) -> str:
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _words(value: int) -> list[str]:
    """Return the words of a number below a hundred, or of a round one; of others, which are written in digits, none."""
    if value < len(_ONES):
        return [_ONES[value]]
    if value < 100:
        return [_TENS[value // 10], *([_ONES[value % 10]] if value % 10 else [])]
    for size, name in _ROUND:
        if value >= size and value % size == 0 and value // size < 1000:
            return [*_words(value // size), name] if value // size < 100 else []
    return []


def _roman(value: int) -> str:
    for size, letters in _ROMAN:
        if value >= size:
            return letters + _roman(value - size)
    return ""
