"""From ranked evidence to what is said: the shortest set of sentences that answers, each thing once.

A sentence that only announces a list ("in three areas:") gives way to the list (`rag.lists`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.terms import count_words, split_terms
from rag.lists import unfold_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.search import ParagraphIndex
    from rag.evidence import Evidence, EvidenceModel

MAX_STATEMENTS = 3
MAX_WORDS = 85  # beyond the first sentence, nothing is added that would make the answer longer

SEVERAL = 2.0  # by how much the margins are wider for a question for several things

_SAME_TERMS = 0.9  # Jaccard similarity of two sentences' terms at which they say the same

_NEGATIONS = frozenset("no not never none nor neither without cannot didnt doesnt isnt wasnt hasnt wont".split())

Group = list["Evidence"]


def select_evidence(ranked: Sequence[Evidence], model: EvidenceModel, *, most: int = MAX_STATEMENTS, several: bool = False) -> list[Group]:
    """Choose the shortest set of sentences that answers.

    The best sentence always stands. Another is added while it scores within the model's margin of the best; the best
    of another document, which may say it differently, within a margin of its own. Sentences that say the same in
    several places are one group.

    Args:
        ranked: Best first.
        model: Whose margins count.
        most: Groups at most.
        several: The question asks for several things, so both margins are `SEVERAL` times as wide.

    Returns:
        At most `most` groups, best first; the first of a group is its best.
    """
    groups: list[Group] = []
    terms: list[set[str]] = []  # of each group's best
    for evidence in ranked:
        behind = (ranked[0].score - evidence.score) / (SEVERAL if several else 1.0)
        if behind > max(model.margin, model.other_margin):
            break
        own = set(split_terms(evidence.text))
        same = next((group for group, known in zip(groups, terms, strict=True) if _say_the_same(known, own)), None)
        heard = {group[0].paragraph.source for group in groups}
        if same is not None:
            if all(evidence.paragraph != other.paragraph for other in same):
                same.append(evidence)
        elif len(groups) < most and behind <= (model.margin if evidence.paragraph.source in heard else model.other_margin):
            groups.append([evidence])
            terms.append(own)
    return groups


def arrange(selected: Sequence[Sequence[Group]], index: ParagraphIndex, *, owed: Sequence[int], counted_lists: bool = True) -> list[Group]:
    """Put together what was selected for each part of a question.

    Args:
        selected: The groups of each part, best first.
        index: Of the documents.
        owed: How many of a part's first groups must be told: its best, and every other value of it.
        counted_lists: Whether "three reasons" give way to "First, ..."; see `unfold_list`.

    Returns:
        What is owed, part by part, then the rest, those least behind their part's best first: no sentence twice, at most
        `MAX_STATEMENTS`, and nothing that would make the answer longer than `MAX_WORDS`; what is owed has no such limits.
    """
    must = [group for groups, count in zip(selected, owed, strict=True) for group in groups[:count]]
    behind = [
        (groups[0][0].score - group[0].score, group) for groups, count in zip(selected, owed, strict=True) for group in groups[count:]
    ]
    may = [group for _, group in sorted(behind, key=lambda pair: pair[0])]
    arranged: list[Group] = []
    words = 0
    for place, group in enumerate([*must, *may]):
        for item, single in enumerate(_unfolded(group, index, counted=counted_lists)):
            longer = words + count_words(single[0].text)
            fits = len(arranged) < MAX_STATEMENTS and longer <= MAX_WORDS
            if not any(_overlap(single[0], other[0]) for other in arranged) and (fits or (place < len(must) and not item)):
                arranged.append(single)
                words = longer
    return arranged


def _unfolded(group: Group, index: ParagraphIndex, *, counted: bool) -> list[Group]:
    """Return the items of the list that a group's sentence announces, as groups of their own; else the group itself."""
    items = unfold_list(group[0], index, most=MAX_STATEMENTS, counted=counted)
    return [group] if items == [group[0]] else [[item] for item in items]


def _overlap(one: Evidence, other: Evidence) -> bool:
    return one.paragraph == other.paragraph and one.start < other.end and other.start < one.end


def _say_the_same(one: set[str], other: set[str]) -> bool:
    """Say whether two sentences differ in wording only: figures, code names and negations must be equal."""
    telling = {term for term in one ^ other if term in _NEGATIONS or any(char.isdigit() for char in term)}
    return bool(one and other) and not telling and len(one & other) / len(one | other) >= _SAME_TERMS
