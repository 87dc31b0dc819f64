"""What is asked: the question made whole, the single questions in it, and the kind of answer that each wants."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.errors import QuestionError
from index.terms import fold
from rag.aliases import find_name, replace_name
from rag.followups import SUBJECT, resolve
from rag.kinds import answer_kind
from rag.names import find_names
from rag.parts import split_parts
from rag.periods import find_periods

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rag.aliases import Aliases
    from rag.followups import Turn
    from rag.kinds import Kind
    from rag.periods import Period

MAX_CHARS = 4000

_SEVERAL = re.compile(
    r"\b(?:two|three|four|five|six|several|both|each|all|list|name (?:the|some|all)|which ones|what are the|who are the"
    r"|respectively)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question ready to be searched.

    Attributes:
        text: As asked, without white space at its edges.
        searched: With what a follow-up left out filled in; equal to `text` for a question of its own.
        subject: Whether `searched` ends with the conversation's subject in brackets.
        kind: What kind of answer is wanted.
        names: Names in it, in order.
        periods: Years and spans of years named in it.
        history: The conversation before it, oldest first.
        aliases: Names in it with the other names that the documents give for each.
        several: Whether it asks for several things of one kind ("the two projects", "list all").
        parts: The single questions that it consists of; itself when it asks for one thing.
        sources: The documents that are asked, by path; None is all. Of the whole question, its parts do not say it again.
    """

    text: str
    searched: str
    subject: bool
    kind: Kind
    names: tuple[str, ...]
    periods: tuple[Period, ...]
    several: bool
    parts: tuple[Question, ...] = ()
    history: tuple[Turn, ...] = ()
    aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sources: tuple[str, ...] | None = None

    @property
    def search_text(self) -> str:
        """What is searched for: the question, and in brackets the other names of what it names."""
        others = [other for _, others in self.aliases for other in others]
        return f"{self.searched} ({', '.join(others)})" if others else self.searched

    def asked_of(self, text: str) -> str:
        """Return the question as it is put to a text: by the other name, where the text uses that one only."""
        asked = self.searched
        for name, others in self.aliases:
            used = next((other for other in others if find_name(other, text)), None)
            if used and not find_name(name, text):
                asked = replace_name(name, used, asked)
        return asked

    def names_in(self, text: str) -> int:
        """Return how many of the question's names stand in a text, by this name or another."""
        known = dict(self.aliases)
        folded = fold(text)
        return sum(fold(name) in folded or any(find_name(other, text) for other in known.get(name, ())) for name in self.names)


def read_question(text: str, history: Sequence[Turn] = (), sources: Collection[str] | None = None) -> Question:
    """Understand a question.

    Args:
        text: The question.
        history: Earlier questions with their answers, oldest first.
        sources: Paths of the documents that are asked; None is all.

    Raises:
        QuestionError: The question is empty, or longer than `MAX_CHARS`, or asks no document at all.
        TypeError: It is not a string, or the history is not pairs of strings, or the sources are not strings.
    """
    if not isinstance(text, str):
        raise TypeError(f"a question is a string, not {type(text).__name__}")
    asked = text.strip()
    if not any(char.isalnum() for char in asked):
        raise QuestionError('the question is empty; expected words to look for: pincite ask "How many …?"')
    if len(asked) > MAX_CHARS:
        raise QuestionError(f"the question has {len(asked)} characters; expected at most {MAX_CHARS}: ask for one thing at a time")
    turns, asked_of = _turns(history), _sources(sources)
    searched = resolve(asked, turns)
    parts = split_parts(searched)
    whole = _understand(asked, searched, asked)
    single = tuple(_understand(part, part, asked) for part in parts) if len(parts) > 1 else (whole,)
    return replace(whole, parts=single, history=tuple(turns), sources=asked_of)


def add_aliases(question: Question, aliases: Aliases) -> Question:
    """Return the question, and each of its parts, with the other names of what it names."""
    known = tuple(aliases.others(question.searched).items())
    parts = tuple(replace(part, aliases=tuple(aliases.others(part.searched).items())) for part in question.parts)
    return replace(question, aliases=known, parts=parts)


def _understand(text: str, searched: str, typed: str) -> Question:
    bracket = SUBJECT.search(searched)
    return Question(
        text=text,
        searched=searched,
        subject=bracket is not None and bracket.group().strip() not in typed,
        kind=answer_kind(searched),
        names=tuple(find_names(searched)),
        periods=find_periods(searched),
        several=bool(_SEVERAL.search(SUBJECT.sub("", searched))),
    )


def _sources(sources: Collection[str] | None) -> tuple[str, ...] | None:
    if sources is None:
        return None
    if isinstance(sources, str) or not all(isinstance(path, str) for path in sources):
        raise TypeError(f'sources is {sources!r}; expected paths, such as ["minutes.txt"]')
    if not sources:
        raise QuestionError("no document is chosen; expected at least one path in sources, or None for all")
    return tuple(sources)


def _turns(history: Sequence[Turn]) -> list[Turn]:
    turns = []
    for turn in history:
        if not isinstance(turn, (tuple, list)) or len(turn) != 2 or not all(isinstance(part, str) for part in turn):
            raise TypeError(f'history holds {turn!r}; expected pairs ("earlier question", "its answer")')
        turns.append((turn[0].strip(), turn[1].strip()))
    return [turn for turn in turns if turn[0]]
