"""The sentences that may answer: those of the passages that a search found, each with what it leans on.

A sentence such as "This drug is given every 8 weeks." names its subject in the sentence before, so that one goes with
it; and because the paragraph that follows a good hit often goes on about it without naming it again, the
paragraphs after the first few hits are looked at too. Titles and headings are never evidence: they are about what
follows them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.excerpts import opens
from index.sentences import split_sentences
from rag.periods import find_periods

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.paragraphs import Paragraph
    from index.search import Hit, ParagraphIndex
    from rag.periods import Period

FOLLOWED = 4  # hits whose next paragraph is looked at
FOLLOWING_SCORE = 0.7  # of score and cosine of the hit before it, which that paragraph is given

NOT_EVIDENCE = frozenset({"title", "heading"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence that may answer.

    Attributes:
        hit: The passage it stands in.
        start: First character in the source's text.
        end: One past its last character.
        text: The sentence.
        before: The sentence before it, or the heading it stands under.
        title: Of its document.
        written_in: Year of its document, None when it states none.
    """

    hit: Hit
    start: int
    end: int
    text: str
    before: str
    title: str
    written_in: int | None

    @property
    def periods(self) -> tuple[Period, ...]:
        """The years that it states, "this year" among them."""
        return find_periods(self.text, self.written_in)

    @property
    def periods_before(self) -> tuple[Period, ...]:
        """The years last spoken of before it: in its paragraph, else in the sentence before that."""
        led_by = self.hit.paragraph.text[: self.start - self.hit.paragraph.start]
        return find_periods(led_by, self.written_in)[-1:] or find_periods(self.before, self.written_in)[-1:]

    @property
    def periods_around(self) -> tuple[Period, ...]:
        """The years in its heading and its document's title, and the one that the document was written in."""
        written = ((self.written_in, self.written_in),) if self.written_in else ()
        return (*find_periods(f"{self.hit.paragraph.heading}. {self.title}"), *written)

    @property
    def context(self) -> str:
        """What the ranker reads beside the sentence."""
        return f"{self.title} {self.before}".strip()


def find_candidates(hits: Sequence[Hit], index: ParagraphIndex) -> list[Candidate]:
    """Return the sentences of the hits and of the paragraphs after the first ones, in that order, each once."""
    looked_at = [hit for hit in (*hits, *_following(hits, index)) if hit.paragraph.kind not in NOT_EVIDENCE]
    titles = index.store.titles(hit.paragraph.source for hit in looked_at)
    wanted = [(hit.paragraph.source, hit.paragraph.number - 1) for hit in looked_at]
    before = {(paragraph.source, paragraph.number): paragraph for paragraph in index.store.paragraphs_at(wanted, last=True)}
    found: dict[tuple[str, int], Candidate] = {}
    for hit in looked_at:
        title, date = titles[hit.paragraph.source]
        previous = before.get((hit.paragraph.source, hit.paragraph.number - 1))
        for start, end, leaned_on in _sentences(hit, previous):
            found.setdefault(
                (hit.paragraph.source, start),
                Candidate(
                    hit=hit,
                    start=start,
                    end=end,
                    text=hit.paragraph.text[start - hit.paragraph.start : end - hit.paragraph.start],
                    before=leaned_on,
                    title=title,
                    written_in=date.year if date else None,
                ),
            )
    return list(found.values())


def _following(hits: Sequence[Hit], index: ParagraphIndex) -> list[Hit]:
    """Return the paragraphs after the first hits as hits of a lower score and cosine."""
    leading = {(hit.paragraph.source, hit.paragraph.number + 1): hit for hit in reversed(hits[:FOLLOWED])}
    following = index.store.paragraphs_at(list(leading))
    return [_weaker(leading[paragraph.source, paragraph.number], paragraph) for paragraph in following]


def _weaker(hit: Hit, paragraph: Paragraph) -> Hit:
    return replace(
        hit,
        paragraph=paragraph,
        start=paragraph.start,
        end=paragraph.end,
        score=FOLLOWING_SCORE * hit.score,
        cosine=FOLLOWING_SCORE * (hit.cosine or 0.0),
    )


def _sentences(hit: Hit, previous: Paragraph | None) -> list[tuple[int, int, str]]:
    """Return the hit's sentences as (start, end, what stands before)."""
    paragraph = hit.paragraph
    sentences = []
    before = paragraph.heading
    if previous is not None and opens(paragraph) and previous.kind not in NOT_EVIDENCE and previous.kind != "byline":
        first, last = split_sentences(previous.text)[-1]
        before = previous.text[first:last]
    for start, end in split_sentences(paragraph.text):
        text = paragraph.text[start:end]
        inside = paragraph.start + start < hit.end and paragraph.start + end > hit.start
        if inside and any(char.isalnum() for char in text):
            sentences.append((paragraph.start + start, paragraph.start + end, before))
        before = text
    return sentences
