"""An answer while a chat model writes it: what it tells so far, what the quotations add to it, and what is to be said about it.

The law: whatever the model leaves out or gets wrong, the answer tells the words that answer, as surely as the quotations know them, and
both sides of a conflict. Where those words are not known, it has the first quotation, and all when the model had to be corrected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from index.terms import split_terms
from rag.answer import ABSTENTION, Statement
from rag.chat_models import EXTRACTIVE
from rag.citing import Located, cite_located
from rag.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from index.store import Store
    from rag.answer import Answer, Citation, Conflict
    from rag.citing import Place
    from rag.retrieval import Found

SURE = 0.5  # confidence from which the quotations are given although the model says that nothing answers
FAILED, UNFINISHED = "the model could not be used", "the model did not finish"  # as reasons of a remark
TOKENS = ("input_tokens", "output_tokens", "total_tokens")
SAME = 0.5  # share of a quotation's or a sentence's words in the other, from which the one may stand for the other

Where = tuple[str, int, int]  # document, first character, one past the last


@dataclass(slots=True, kw_only=True)
class Draft:
    """An answer while it is written.

    Attributes:
        quoted: The extractive answer.
        asked: The question that it answers, whole.
        quotations: Its statements with their places.
        values: The words that answer each part, as surely as can be told, with the place where they stand.
        found: The question and its passages.
        name: Of the model.
        left_out: Whether a paragraph was found that gives orders to language models.
        told: What the answer tells so far, in reading order, with what is withheld.
        corrected: Whether a sentence of the model's was sent back.
        refused: Whether the model said that nothing answers.
        faults: What went wrong with the model, as lines for the reader.
        replies: What the model said, for the count of tokens.
    """

    quoted: Answer
    asked: str
    quotations: list[Located]
    values: list[tuple[str, Where]]
    found: Found
    name: str
    left_out: bool
    told: list[Located] = field(default_factory=list)
    corrected: bool = False
    refused: bool = False
    faults: list[str] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """Of the documents."""
        return self.found.index.store

    def new_reply(self) -> Reply:
        """Return a reply that is counted as one of this answer's."""
        reply = Reply()
        self.replies.append(reply)
        return reply

    def quotes(self, one: Located) -> bool:
        """Say whether a statement is one of the quotations that were put here; the model's own copy of one is not."""
        return any(one is quotation for quotation in self.quotations)

    def withheld(self) -> list[int]:
        """Return the places in `told` of what does not stand."""
        return [place for place, one in enumerate(self.told) if not one.statement.supported]


def finish(draft: Draft) -> Answer:
    """Return the final answer: with quotations for what is withheld or was left out, and with what is to be said about it."""
    if draft.quoted.abstained:
        text = " ".join([draft.quoted.text, *(_note(f"The model was no help: {fault}", "").text for fault in draft.faults)])
        return replace(draft.quoted, text=text, usage=_usage(draft))
    wrong = draft.withheld()
    stands = any(one.statement.supported for one in draft.told)
    if not stands and draft.refused and not wrong and not draft.faults and draft.quoted.confidence < SURE:
        return replace(abstain(draft.quoted, ABSTENTION), model=draft.name, usage=_usage(draft))
    if stands:
        notes = [_withheld(len(wrong))] if wrong else []
        notes += [_note(f"{fault[:1].upper()}{fault[1:]}", UNFINISHED) for fault in draft.faults]
        _put_quotations(draft, wrong)
        _add_quotations(draft, trusted=not wrong and not draft.corrected and not draft.faults)
    else:
        notes = [_quoted_only(draft)]
        draft.told += draft.quotations
    notes += [_note("A paragraph that gives orders to language models was left out.", "it is shown to no model")] if draft.left_out else []
    kept = [one for one in draft.quotations if one.statement.status == "not a claim"] if stands else []
    draft.told += [*kept, *(Located(statement=note) for note in notes)]
    written = any(one.statement.supported and not draft.quotes(one) for one in draft.told)
    return answer_so_far(draft, final=True, model=draft.name if written else EXTRACTIVE)


def _put_quotations(draft: Draft, wrong: Sequence[int]) -> None:
    """Put behind each sentence that is withheld the quotation that it may have meant."""
    for place in reversed(wrong):
        text = draft.told[place].statement.text
        missing = [one for one in draft.quotations if one.places and not _is_told(one, draft.told)]
        best = max(missing, key=lambda one: likeness(one.statement.text, text), default=None)
        if best is not None and likeness(best.statement.text, text) >= SAME:
            draft.told.insert(place + 1, best)


def _add_quotations(draft: Draft, *, trusted: bool) -> None:
    """Add what the quotations tell and the model left out: the first of them before all else, the others behind.

    A sentence of the model's that says no more than a quotation that is added gives way to it.

    Args:
        draft: With at least one sentence that stands.
        trusted: Every sentence of the model's stood as it was written, so that it may leave out what it thinks is not asked for.
    """
    missing = [place for words, place in (*draft.values, *_disputed(draft.quoted)) if not _gives(draft.told, words, place)]
    answered = bool(draft.values) and not missing
    added = []
    for nth, one in enumerate(each for each in draft.quotations if each.places):
        owed = any(_meet(_where(place), other) for place in one.places for other in missing)
        left_out = not _is_told(one, draft.told) if trusted else not any(one is each for each in draft.told)
        if owed or (not answered and left_out and (nth == 0 or not trusted or len(draft.found.of_parts) > 1)):
            added.append(one)
    draft.told = [one for one in draft.told if not one.places or draft.quotes(one) or not _said_by(one, added)]
    first = draft.quotations[0]
    draft.told = [one for one in added if one is first] + draft.told + [one for one in added if one is not first]


def _said_by(one: Located, quotations: Sequence[Located]) -> bool:
    """Say whether every place of a statement is one of quotations."""
    return all(any(_meet(_where(place), _where(other)) for each in quotations for other in each.places) for place in one.places)


def answer_so_far(draft: Draft, *, final: bool = False, model: str = "") -> Answer:
    """Return the answer as far as it is told."""
    located, citations = cite_located(draft.told, draft.store)
    statements = tuple(one.statement for one in located)
    shown = [statement for statement in statements if statement.shown]
    said = [statement.text for statement in shown if statement.supported]
    short = draft.quoted.short if final else None
    return replace(
        draft.quoted,
        text=" ".join(map(str, shown)),
        short=short if short and all(any(holds(words, text) for text in said) for words in short.split("; ")) else None,
        statements=statements,
        citations=citations,
        conflicts=tuple(_renumbered(draft.quoted, statements, citations)) if final else (),
        model=model or draft.name,
        usage=_usage(draft),
    )


def _renumbered(quoted: Answer, statements: Sequence[Statement], citations: Sequence[Citation]) -> Iterator[Conflict]:
    """Yield the conflicts with the numbers that the answer's citations have now."""
    now = {citation.number: citation for citation in citations}
    before = {citation.number: citation for citation in quoted.citations}
    for conflict in quoted.conflicts:
        values = []
        for words, number in conflict.values:
            telling = (each for statement in statements if holds(words, statement.text) for each in statement.citations)
            same = [each for each in telling if _meet(_cited(now[each]), _cited(before[number]))]
            values += [(words, each) for each in same[:1]]
        if len(values) > 1:
            yield replace(conflict, values=tuple(values))


def _disputed(quoted: Answer) -> list[tuple[str, Where]]:
    """Return the values on which the sources differ, with the place of each."""
    cited = {citation.number: citation for citation in quoted.citations}
    return [(words, _cited(cited[number])) for conflict in quoted.conflicts for words, number in conflict.values]


def _is_told(quotation: Located, told: Iterable[Located]) -> bool:
    """Say whether a statement cites a place of a quotation."""
    return any(_meet(_where(place), _where(wanted)) for one in told for place in one.places for wanted in quotation.places)


def told_already(one: Located, told: Iterable[Located]) -> bool:
    """Say whether a statement is a part of another that cites the same."""
    terms = set(split_terms(one.statement.text))
    return bool(one.places) and any(one.places == other.places and terms <= set(split_terms(other.statement.text)) for other in told)


def _gives(told: Iterable[Located], words: str, place: Where) -> bool:
    """Say whether a statement holds some words and cites the place where they stand."""
    return any(holds(words, one.statement.text) and any(_meet(_where(each), place) for each in one.places) for one in told)


def _where(place: Place) -> Where:
    paragraph, (start, end) = place
    return paragraph.source, start, end


def _cited(citation: Citation) -> Where:
    return citation.source, citation.start, citation.end


def _meet(one: Where, other: Where) -> bool:
    """Say whether two places share a character."""
    return one[0] == other[0] and max(one[1], other[1]) < min(one[2], other[2])


def holds(words: str, text: str) -> bool:
    """Say whether a text has some words as they are, not as a part of others: no "14" in "2014" or "14.5"."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w|[.,]\d)", text) is not None


def likeness(one: str, other: str) -> float:
    """Return the share of the shorter text's words that the other has, 0..1."""
    terms, others = set(split_terms(one)), set(split_terms(other))
    return len(terms & others) / max(1, min(len(terms), len(others)))


def _withheld(count: int) -> Statement:
    sentences = "One sentence" if count == 1 else f"{count} sentences"
    return _note(f"{sentences} of the model's could not be confirmed and {'was' if count == 1 else 'were'} withheld.", "checked")


def _quoted_only(draft: Draft) -> Statement:
    """Return the note that the documents are quoted, and why."""
    if draft.faults:
        return _note(f"The documents are quoted: {'; '.join(draft.faults)}", FAILED)
    if draft.refused and not draft.told:
        return _note("The model found no answer in these paragraphs; the documents are quoted.", "the model declined")
    return _note("Nothing that the model wrote could be confirmed; the documents are quoted.", "checked")


def _note(text: str, reason: str) -> Statement:
    """Return a remark of our own."""
    text = text if text.endswith((".", "?")) else f"{text}."
    return Statement(text=text, citations=(), status="not a claim", reason=reason)


def abstain(answer: Answer, text: str) -> Answer:
    """Return an answer as an abstention with the same nearest passages."""
    return replace(answer, text=text, short=None, statements=(), citations=(), conflicts=(), abstained=True)


def _usage(draft: Draft) -> dict[str, int]:
    """Return the tokens of all replies as far as the model counts them, and how many replies it did not count to their end."""
    counted: list[dict[str, Any]] = [{**reply.usage} for reply in draft.replies if reply.usage]
    uncounted = sum(reply.begun and not (reply.ended and reply.usage) for reply in draft.replies)
    tokens = {kind: sum(int(usage[kind]) for usage in counted) for kind in TOKENS} if counted else {}
    return tokens | ({"uncounted_replies": uncounted} if uncounted else {})
