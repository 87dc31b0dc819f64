"""Lists that a sentence announces: the items that follow it, which are what was asked for.

Two forms are known: lines under a sentence that ends in a colon, and sentences that count themselves ("three reasons ... First, ...
Second, ..."). What they knowingly ignore: items that nothing marks as such, and items further apart than `_APART` sentences.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from index.excerpts import closes
from index.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.paragraphs import Paragraph
    from index.search import ParagraphIndex
    from rag.evidence import Evidence

_APART = 3  # sentences from one item to the next
_OPENING = r"""^["'“‘「『(\s]*"""
# How an item begins, by its place; the last of a list may say so instead.
_ORDINALS = tuple(
    re.compile(rf"{_OPENING}(?:{words})", re.IGNORECASE)
    for words in (
        r"first(?:ly)?[,:]|第一[,，、]|首先[,，]?",
        r"second(?:ly)?[,:]|第二[,，、]|其次[,，]?",
        r"third(?:ly)?[,:]|第三[,，、]|再次[,，]?",
        r"fourth(?:ly)?[,:]|第四[,，、]",
        r"fifth(?:ly)?[,:]|第五[,，、]",
    )
)
_LAST = re.compile(rf"{_OPENING}(?:finally|lastly)[,:]|{_OPENING}最后[,，]?", re.IGNORECASE)
_HOLDS_FIRST = re.compile(r"[:：;—-]\s*(?:first(?:ly)?\b|第一|首先)", re.IGNORECASE)
# A sentence that says how many things follow, or that some do.
_ANNOUNCES = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|[2-9]|several|following|various|multiple)\b|[二两三四五六七八九几]",
    re.IGNORECASE,
)


def unfold_list(lead: Evidence, index: ParagraphIndex, *, most: int, counted: bool = True) -> list[Evidence]:
    """Return the items of the list that a sentence announces, the sentence itself first where it holds an item.

    Args:
        lead: The sentence.
        index: Of its document.
        most: Items at most.
        counted: Whether sentences that count themselves are looked for; a question for one figure, date or name does not want them.

    Returns:
        Evidence that differs from `lead` in its place and text; `lead` alone when it announces none.
    """
    if not closes(lead.paragraph):  # what follows is more of the same paragraph, which was not read
        return [lead]
    numbers = range(lead.paragraph.number + 1, lead.paragraph.number + 1 + max(most, _APART))
    following = index.store.paragraphs_at([(lead.paragraph.source, number) for number in numbers])
    if lead.text.rstrip().endswith((":", "：")):
        lines = _lines(lead, following)[:most]
        if lines:
            return [_item(lead, paragraph, paragraph.start, paragraph.end, paragraph.text) for paragraph in lines]
    return _counted(lead, following)[:most] if counted and _ANNOUNCES.search(lead.text) else [lead]


def _lines(lead: Evidence, following: list[Paragraph]) -> list[Paragraph]:
    """Return the paragraphs under a lead that are its list: marked as one, or lines that stand close together."""
    close = len(following) > 1 and following[1].start - following[0].end <= len("\r\n") < following[0].start - lead.paragraph.end
    items: list[Paragraph] = []
    last = lead.paragraph
    for paragraph in following:
        adjoining = paragraph.kind == "list item" or paragraph.start - last.end <= len("\r\n") or (last is lead.paragraph and close)
        if paragraph.kind not in {"text", "list item"} or not adjoining:
            break
        items.append(paragraph)
        last = paragraph
    return items


def _counted(lead: Evidence, following: list[Paragraph]) -> list[Evidence]:
    """Return the sentences after a lead that count themselves, in order; the lead when fewer than two items are found."""
    holds_first = bool(_HOLDS_FIRST.search(lead.text))
    items = [lead] if holds_first else []
    apart = 0
    for paragraph, start, end, text in _sentences_after(lead, following):
        apart += 1
        ordinal = _ORDINALS[len(items)] if len(items) < len(_ORDINALS) else _LAST
        if ordinal.match(text) or (len(items) > 1 and _LAST.match(text)):
            items.append(_item(lead, paragraph, start, end, text))
            apart = 0
        if apart == (_APART if items else 1):  # the first follows at once
            break
    return items if len(items) > 1 else [lead]


def _sentences_after(lead: Evidence, following: list[Paragraph]) -> Iterator[tuple[Paragraph, int, int, str]]:
    for paragraph in (lead.paragraph, *following):
        if paragraph.kind != "text":
            return
        for start, end in split_sentences(paragraph.text):
            if paragraph is not lead.paragraph or paragraph.start + start >= lead.end:
                yield paragraph, paragraph.start + start, paragraph.start + end, paragraph.text[start:end]


def _item(lead: Evidence, paragraph: Paragraph, start: int, end: int, text: str) -> Evidence:
    return replace(lead, paragraph=paragraph, start=start, end=end, text=text)
