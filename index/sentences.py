"""Where the sentences of a paragraph begin and end, and how a long paragraph is cut into passages of them.

A mark (. ! ? … and their Chinese forms), with the quotes and brackets that close after it, ends a sentence when
what follows can begin one. A full stop of an abbreviation, an initial, a list number or a figure does not.
After a company's form ("Co., Ltd.") and the like, which may end a sentence or not, the next word decides: it
ends one only before a word that commonly begins sentences. What it knowingly ignores: sentences without any mark; what goes on for
more than `SENTENCE_MAX_CHARS` is cut at white space.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSAGE_MAX_CHARS = 1000
SENTENCE_MAX_CHARS = 4000  # what goes on without a mark is no sentence; the longest of the 165,000 of the public sets has 3,692

Span = tuple[int, int]

_CLOSERS = "\"'”’)\\]」』）】》®™"
# A run of marks is tried from its beginning only: tried from each of its marks, a long one would take the square of its length.
_MARK = re.compile(
    rf"(?:[.!?](?<![.!?]{{2}})[.!?]*|…(?<!……)…*)[{_CLOSERS}]*(?:\[\d+\])*(?=\s|$)|[.!?][”\")]+(?=[A-Z])|[。！？]+[{_CLOSERS}]*"
    r"|…(?<!……)…*(?=[\u4e00-\u9fff])"
)
_QUOTES = "\"'”’)]」』）》®™%"
_LAST_WORD = re.compile(r"([^\s(\[\"“'‘]+)$")

# Never the end of a sentence: something must follow.
_TITLES = frozenset(
    """mr mrs ms dr prof st sen rep gov gen col lt sgt capt rev hon messrs vs v cf fig figs eq eqs no nos vol vols ch
    sec art para pp p ed eds al e.g i.e viz approx ca c.f dept mt ft""".split()
)
# May end a sentence: the next word decides.
_MAYBE = frozenset(
    """co ltd inc corp plc llc l.l.c s.a jr sr etc a.m p.m u.s u.k e.u u.n d.c ph.d m.d b.c a.d bros est jan feb mar apr
    jun jul aug sep sept oct nov dec""".split()
)
_STARTERS = frozenset(
    """the a an this that these those it its he she they we i his her their our in on at by from for with as after before
    during since while when if although though however but and so yet also according there here what who why how where
    which not no one two three both some many most all each every such then thus therefore moreover furthermore
    meanwhile currently today recently now once until under over to of""".split()
)


def split_sentences(text: str) -> list[Span]:
    """Split a paragraph into sentence spans.

    Returns:
        Half-open `(start, end)` in code points of `text`, ascending and disjoint, of at most `SENTENCE_MAX_CHARS`, without
        white space at their edges; together they hold every visible character.

    >>> text = "It grew 25%. Acme Co., Ltd. (Acme) sold 3.5 m. Then?"
    >>> [text[start:end] for start, end in split_sentences(text)]
    ['It grew 25%.', 'Acme Co., Ltd. (Acme) sold 3.5 m.', 'Then?']
    """
    spans: list[Span] = []
    start = _skip_space(text, 0)
    for mark in _MARK.finditer(text):
        if mark.end() > start and _ends_sentence(text, start, mark):
            spans.append((start, mark.end()))
            start = _skip_space(text, mark.end())
    end = len(text.rstrip())
    if end > start:
        spans.append((start, end))
    if all(end - start <= SENTENCE_MAX_CHARS for start, end in spans):
        return spans
    return [piece for start, end in spans for piece in _cut(text, start, end)]


def split_passages(text: str, *, max_chars: int = PASSAGE_MAX_CHARS) -> list[Span]:
    """Cut a paragraph into passages of whole sentences, as even in length as that allows.

    Args:
        text: A paragraph.
        max_chars: Longest passage in code points; a single sentence beyond it is a passage by itself.

    Returns:
        Half-open spans, ascending and disjoint; one span over everything when the paragraph is short enough.
    """
    sentences = split_sentences(text)
    if not sentences or sentences[-1][1] - sentences[0][0] <= max_chars:
        return [(sentences[0][0], sentences[-1][1])] if sentences else []
    count = -(-(sentences[-1][1] - sentences[0][0]) // max_chars)
    target = (sentences[-1][1] - sentences[0][0]) / count
    passages = [sentences[0]]
    for start, end in sentences[1:]:
        first, last = passages[-1]
        if end - first > max_chars or (last - first >= target and len(passages) < count):
            passages.append((start, end))
        else:
            passages[-1] = (first, end)
    return passages


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield a sentence, one that is too long in pieces: at the last white space in the second half of each, else where it is full."""
    while end - start > SENTENCE_MAX_CHARS:
        full = start + SENTENCE_MAX_CHARS
        at = next((at for at in range(full, start + SENTENCE_MAX_CHARS // 2, -1) if text[at].isspace()), full)
        yield start, start + len(text[start:at].rstrip())
        start = _skip_space(text, at)
    yield start, end


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _ends_sentence(text: str, start: int, mark: re.Match[str]) -> bool:
    if mark.group()[0] in "。！？":
        return True
    after = _skip_space(text, mark.end())
    follows = text[after : after + 40].lstrip("\"'“‘(（[【「『《*_")
    if not follows:
        return True
    if follows[0].islower():
        return False
    if not re.fullmatch(r"\.[\"'”’)]*", mark.group()):
        return True
    before = _LAST_WORD.search(text[max(start, mark.start() - 60) : mark.start()].rstrip(_QUOTES))
    word = before.group(1) if before else ""
    if not word or (word.isalnum() and mark.start() - start == len(word) and len(word) <= 3 and _is_list_number(word)):
        return False
    return _stop_ends(word, re.split(r"[\s,.]", follows, maxsplit=1)[0])


def _is_list_number(word: str) -> bool:
    return word.isdigit() or len(word) == 1


def _stop_ends(word: str, next_word: str) -> bool:
    """Say whether a full stop after `word` ends a sentence when `next_word` follows."""
    folded = word.lower().rstrip(".")
    if folded in _TITLES:
        return folded == "no" and not next_word[:1].isdigit()
    is_initial = len(word) == 1 and word.isupper()
    if folded in _MAYBE or is_initial or re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", word):
        return next_word.lower() in _STARTERS
    return True
