"""Excerpts of a paragraph that is too long to be read whole for every question: a log, a text without line breaks.

An excerpt is a `Paragraph` with the number, the kind and the heading of the whole one, narrower in its place, so that the law of
`index.paragraphs` holds for it and every offset is what it was. Paragraphs of at most `WHOLE_MOST` characters are never cut.
"""

from __future__ import annotations

from dataclasses import dataclass

from index.paragraphs import Paragraph
from index.sentences import split_sentences

WHOLE_MOST = 20_000  # code points; the longest of the 103,000 paragraphs of the public sets has 12,373
EXCERPT_CHARS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt(Paragraph):
    """A part of a long paragraph.

    Attributes:
        opens: Whether nothing of the paragraph stands before it, so that what it follows is the paragraph before.
        closes: Whether nothing of the paragraph stands after it.
    """

    opens: bool
    closes: bool


def is_long(paragraph: Paragraph) -> bool:
    """Say whether only excerpts of a paragraph are read."""
    return paragraph.end - paragraph.start > WHOLE_MOST


def opens(paragraph: Paragraph) -> bool:
    """Say whether this begins as its paragraph does."""
    return not isinstance(paragraph, Excerpt) or paragraph.opens


def closes(paragraph: Paragraph) -> bool:
    """Say whether this ends as its paragraph does."""
    return not isinstance(paragraph, Excerpt) or paragraph.closes


def excerpt(paragraph: Paragraph, start: int, end: int) -> Excerpt:
    """Return what stands from `start` to `end`, places in the source, in a paragraph."""
    return Excerpt(
        source=paragraph.source,
        number=paragraph.number,
        start=start,
        end=end,
        text=paragraph.text[start - paragraph.start : end - paragraph.start],
        heading=paragraph.heading,
        kind=paragraph.kind,
        opens=start <= paragraph.start,
        closes=end >= paragraph.end,
    )


def opening(paragraph: Paragraph) -> Paragraph:
    """Return the first whole sentences of a paragraph that is long, any other as it is."""
    if not is_long(paragraph):
        return paragraph
    sentences = split_sentences(paragraph.text[:EXCERPT_CHARS])
    whole = sentences[:-1] or sentences  # the last was cut, unless so much white space follows the first that it is the only one
    return excerpt(paragraph, paragraph.start, paragraph.start + whole[-1][1])


def ending(paragraph: Paragraph) -> Paragraph:
    """Return the last whole sentences of a paragraph that is long, any other as it is."""
    if not is_long(paragraph):
        return paragraph
    sentences = split_sentences(paragraph.text[-EXCERPT_CHARS:])
    whole = sentences[1:] or sentences  # the first was cut
    return excerpt(paragraph, paragraph.end - EXCERPT_CHARS + whole[0][0], paragraph.end)
