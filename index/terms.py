"""The words of a text as the keyword index counts them.

`split_terms` is used for paragraphs and for questions alike, so that both sides agree on what a word is:
case, accents and width are folded, English words are stemmed, thousands separators are dropped ("4,810" is
"4810"), a raised digit is no digit of the figure before it, a code name is found with and without its hyphen ("LP-168"
gives "lp", "168" and "lp168"), and a script without spaces is cut into its characters and pairs of them. What it knowingly
ignores: word order and synonyms.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import Stemmer

# Function words and the words that only make a sentence a question. They are left out of questions, not of
# paragraphs: their postings are the longest of an index and say the least about what is asked.
STOP_WORDS = frozenset(
    """a about an and any are as at be been being but by can could did do does doing for from had has have how if in
    into is it its many may me might much of on or shall should so some such than that the their them then there these
    they this those to was we were what when where which who whom whose why will with would you your""".split()
)

UNSPACED = "぀-ヿ㐀-䶿一-鿿豈-﫿가-힣"
_RUN = re.compile(rf"[{UNSPACED}]+|\d+(?:[.,]\d+)+|(?:(?![{UNSPACED}])[^\W_])+(?:['’-](?:(?![{UNSPACED}])[^\W_])+)*")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_UNSPACED_PAIR = re.compile(f"[{UNSPACED}]{{1,2}}")
_WIDE_MARK = re.compile("[\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+")
_COMBINING = re.compile("[\u0300-\u036f]")
_RAISED = "²³¹¼-¾⁰-⁹₀-₉⅐-⅞↉①-⒛⓪㉑-㊿"  # what compatibility makes plain digits of: raised, lowered, ringed, and fractions
_BESIDE = re.compile(rf"(?<=\d)(?=[{_RAISED}])|(?<=[{_RAISED}])(?=\d)")


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    import Stemmer

    return Stemmer.Stemmer("english")


def fold(text: str) -> str:
    """Return `text` with case, character width and Latin accents folded away, for comparing words.

    A raised digit, a ringed one and a fraction stand apart from the digits beside them.

    >>> fold("310¹ Cafés, 6½ km²")
    '310 1 cafes, 6 1⁄2 km2'
    """
    decomposed = unicodedata.normalize("NFKD", _BESIDE.sub(" ", text.casefold()))
    return unicodedata.normalize("NFC", _COMBINING.sub("", decomposed))


def split_terms(text: str) -> list[str]:
    """Split `text` into index terms, in order, repeats kept.

    Returns:
        Terms made of letters, digits and, inside a decimal number, one point; the empty list for a text
        without letters and digits.

    >>> split_terms("LP-168 was approved in 2,024 clinics")
    ['lp', '168', 'lp168', 'was', 'approv', 'in', '2024', 'clinic']
    """
    terms: list[str] = _stemmer().stemWords(list(_raw_terms(fold(text))))
    return terms


def query_terms(text: str) -> list[str]:
    """Split a question into distinct terms, without function words unless it has nothing else."""
    terms = list(dict.fromkeys(_raw_terms(fold(text))))
    telling = [term for term in terms if term not in STOP_WORDS] or terms
    return list(dict.fromkeys(_stemmer().stemWord(term) for term in telling))


def count_words(text: str) -> int:
    """Return how many words a text has: runs between white space; of a script without spaces, two characters count as one.

    >>> count_words("In 2024 it had 310 boats."), count_words("2024年有310艘船。")
    (6, 4)
    """
    return len(_UNSPACED_PAIR.sub(" x ", _WIDE_MARK.sub(" ", text)).split())


def _raw_terms(folded: str) -> Iterator[str]:
    for match in _RUN.finditer(folded):
        run = match.group()
        if run.isascii() and run.isalnum():  # nearly every word
            yield run
        elif run[0] >= "぀" and re.match(f"[{UNSPACED}]", run):
            yield from run
            yield from (run[at : at + 2] for at in range(len(run) - 1))
        elif run[0].isdigit() and any(mark in run for mark in ".,"):
            yield from _number_terms(run)
        else:
            yield from _word_terms(run)


def _number_terms(run: str) -> Iterator[str]:
    """Yield "4,810" as 4810 and "35.10" as 35.1; anything else ("1,2,3", "1.2.3") as its plain numbers."""
    if _GROUPED.fullmatch(run):
        run = run.replace(",", "")
    if re.fullmatch(r"\d+\.\d+", run):
        yield run.rstrip("0").rstrip(".")
    else:
        yield from re.split("[.,]", run)


def _word_terms(run: str) -> Iterator[str]:
    """Yield the words of a hyphenated run and, when it is a code name, the run without its hyphens."""
    words = [word.split("'")[0] if word.endswith("'s") else word.replace("'", "") for word in run.replace("’", "'").split("-")]
    yield from (word for word in words if word)
    if len(words) > 1 and any(ch.isdigit() for ch in run):
        yield "".join(words)
