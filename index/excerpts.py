"""Excerpts of a paragraph that is too long to be read whole for every question: a log, a text without line breaks.

An excerpt is a `Paragraph` with the number, the kind and the heading of the whole one, narrower in its place, so that the law of
`index.paragraphs` holds for it and every offset is what it was. Paragraphs of at most `WHOLE_MOST` characters are never cut.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from index.sentences import split_sentences

if TYPE_CHECKING:
    from index.paragraphs import Paragraph

WHOLE_MOST = 20_000  # code points; the longest of the 103,000 paragraphs of the public sets has 12,373
EXCERPT_CHARS = 5_000


def is_long(paragraph: Paragraph) -> bool:
    """Say whether only excerpts of a paragraph are read."""
    return paragraph.end - paragraph.start > WHOLE_MOST


def excerpt(paragraph: Paragraph, start: int, end: int) -> Paragraph:
    """Return what stands from `start` to `end`, places in the source, in a paragraph."""
    return replace(paragraph, start=start, end=end, text=paragraph.text[start - paragraph.start : end - paragraph.start])


def opening(paragraph: Paragraph) -> Paragraph:
    """Return the first whole sentences of a paragraph that is long, any other as it is."""
    if not is_long(paragraph):
        return paragraph
    sentences = split_sentences(paragraph.text[:EXCERPT_CHARS])
    return excerpt(paragraph, paragraph.start, paragraph.start + sentences[:-1][-1][1])  # the last was cut


def ending(paragraph: Paragraph) -> Paragraph:
    """Return the last whole sentences of a paragraph that is long, any other as it is."""
    if not is_long(paragraph):
        return paragraph
    sentences = split_sentences(paragraph.text[-EXCERPT_CHARS:])
    return excerpt(paragraph, paragraph.end - EXCERPT_CHARS + sentences[1][0], paragraph.end)
