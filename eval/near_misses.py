"""Near misses: questions close to what the documents say, that they do not answer.

Each is an answerable question (`eval.proposals`) with one thing exchanged: the year that it names, its subject for another of the same
sort, or what is asked of it for something akin. It is proposed only where no paragraph that may speak of the subject holds the other thing;
a word for it that nobody listed may still do, so a person reads it, too.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.proposals import SAME_EVENTS, attribute
from index.terms import split_terms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from eval.proposals import Library, Proposal

# Words of a question, those that stand in their place, and what a paragraph that answered might say.
_SWAPS = (
    (r"\bWho founded\b", "Who funded", "fund financed finances funds backed invest sponsor donate"),
    (r"\b(When (?:was|were) .*) (?:founded|established|formed|incorporated|chartered)\?", r"\1 dissolved?", "dissolve disband abolish close end merge defunct cease"),
    (r"\b(When (?:was|were) .*) (?:built|opened|constructed|inaugurated)\?", r"\1 demolished?", "demolish destroy raze tear close ruin collapse"),
    (r"\b(When (?:was|were) .*) (?:published)\?", r"\1 first translated?", "translate translation edition language"),
    (r"\b(When (?:was|were) .*) (?:released|launched|introduced)\?", r"\1 discontinued?", "discontinue withdraw retire end replace cease"),
    (r"\b(When (?:was|were) .*) (?:signed|concluded)\?", r"\1 ratified?", "ratify ratification"),
    (r"\b(When (?:was|were) (?!the ).*) born\?", r"\1 knighted?", "knight knighthood sir order honour honor"),
    (r"\b(When (?:was|were) (?!the ).*) born\?", r"\1 divorced?", "divorce separate annul split"),
    (r"\bWhen was (?!the )(.*) born\?", r"Where is \1 buried?", "bury burial grave cemetery tomb inter funeral"),
    (r"\bWhen was (?!the )(.*) born\?", r"How tall was \1?", "tall height feet cm centimetre metre inch"),
    (r"\bWho (?:designed|built)\b", "Who paid for", "fund financed paid pay cost commission donate sponsor"),
    (r"\bWho wrote\b", "Who translated", "translate translation translator"),
    (r"\bWho directed\b", "Who edited", "edit editor"),
    (r"\b(Who (?:is|was) the) (?:director|chairman|chairwoman|head|founder|CEO|CFO|CTO|chief executive) of\b", r"\1 treasurer of", "treasurer treasury finance"),
    (r"\b(What (?:is|was) the) population\b", r"\1 average age of the population", "age old median"),
    (r"\b(What (?:is|was) the) (?:height|length)\b", r"\1 weight", "weigh weight ton tonne kg kilogram pound heavy"),
    (r"\bHow (?:long|high|tall|wide|deep)\b", "How heavy", "weigh weight ton tonne kg kilogram pound heavy"),
    (r"\b(Where (?:was|were) .*) born\?", r"\1 buried?", "bury burial grave cemetery tomb interred funeral"),
)  # fmt: skip
_ROLE = re.compile(r"^Who (?:is|was) the (?:director|chairman|chairwoman|head|founder|CEO|president|chief executive) of ")
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A question that the documents do not answer.

    Attributes:
        question: The question.
        proposal: The answerable one that it was made from.
        swapped: "year", "subject" or "attribute".
    """

    question: str
    proposal: Proposal
    swapped: str


def miss(library: Library, proposals: Sequence[Proposal], count: int, known: Collection[str] = ()) -> list[NearMiss]:
    """Return near misses of the proposals, one of each at most, and of each way of making them by turns.

    Args:
        library: The documents.
        proposals: From `eval.proposals.propose`.
        count: How many at most.
        known: Questions that are not proposed again.
    """
    ways = (_other_years(library, proposals), _other_attributes(library, proposals), _other_subjects(library, proposals))
    asked = {question.casefold() for question in (*known, *(proposal.asked.question for proposal in proposals))}
    chosen: list[NearMiss] = []
    for found in filter(None, itertools.chain.from_iterable(itertools.zip_longest(*ways))):
        if found.question.casefold() not in asked and all(one.proposal is not found.proposal for one in chosen):
            asked.add(found.question.casefold())
            chosen.append(found)
        if len(chosen) == count:
            break
    return chosen


def _other_years(library: Library, proposals: Sequence[Proposal]) -> Iterator[NearMiss]:
    for proposal in proposals:
        named = _YEAR.search(proposal.asked.when)
        if not named:
            continue
        for step in (-1, 1, -2, 2, -3, 3):
            other = str(int(named.group()) + step)
            if not _is_told(library, proposal.asked.name, {other}, proposal):
                when = proposal.asked.when.replace(named.group(), other)
                yield NearMiss(question=proposal.asked.question.replace(proposal.asked.when, when), proposal=proposal, swapped="year")
                break


def _other_attributes(library: Library, proposals: Sequence[Proposal]) -> Iterator[NearMiss]:
    used: Counter[str] = Counter()
    for proposal in proposals:
        for pattern, other, told in sorted(_SWAPS, key=lambda swap: used[swap[1]]):
            question, changed = re.subn(pattern, other, proposal.asked.question, count=1)
            dead = "buried" not in question or re.search(r"\bdied\b", proposal.document.text)
            if changed and dead and not _is_told(library, proposal.asked.name, set(split_terms(told)), proposal):
                used[other] += 1
                yield NearMiss(question=question, proposal=proposal, swapped="attribute")
                break


def _other_subjects(library: Library, proposals: Sequence[Proposal]) -> Iterator[NearMiss]:
    """Yield questions asked of another subject that a question of the same sort is about."""
    for proposal in proposals:
        asked = proposal.asked
        about = attribute(asked)
        if (
            not (asked.about == "person" or asked.question.startswith("Who is the founder of "))
            or len(about) != 1
            or asked.kind == "definition"
        ):
            continue
        for other in proposals:
            alike = other.asked.about == "person" if asked.about == "person" else bool(_ROLE.search(other.asked.question))
            if alike and other.document is not proposal.document and not _is_told(library, other.asked.name, _told_of(about), other):
                question = asked.question.replace(asked.subject, other.asked.subject, 1)
                yield NearMiss(question=question, proposal=other, swapped="subject")
                break


def _told_of(about: frozenset[str]) -> set[str]:
    return {same for term in about for same in SAME_EVENTS.get(term, {term})}


def _is_told(library: Library, name: str, terms: set[str], proposal: Proposal) -> bool:
    """Say whether a paragraph of the proposal's document, or one that holds the name elsewhere, holds one of the terms."""
    texts = (text for document in library.mentions(name) for text in document.paragraphs if document is proposal.document or name in text)
    return any(not terms.isdisjoint(split_terms(text)) for text in itertools.chain(texts, (proposal.document.title,)))


def miss_row(found: NearMiss, number: int, said: str = "") -> dict[str, Any]:
    """Return a near miss as a line of a file of facts.

    Args:
        found: The near miss.
        number: For its id.
        said: What the assistant answered, "" when it declined.
    """
    hint = f"the assistant says: {said}" if said else "the assistant declines it"
    return {
        "id": f"p{number:03}",
        "kind": "unanswerable",
        "question": found.question,
        "answers": [],
        "evidence": [],
        "near_miss": True,
        "proposed": f"another {found.swapped} than in: {found.proposal.asked.question} ({found.proposal.document.path}); {hint}",
    }
