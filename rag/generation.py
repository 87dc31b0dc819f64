"""A chat model writes, code decides: every sentence is checked before it is shown, and carries only citations that the checks found.

`write_answer` begins with the extractive answer. The model is shown the paragraphs behind it and the nearest others. A sentence of its
reply that a paragraph tells stands; the others are sent back once with the reason, then replaced by the quotation that answers, else
withheld, which the answer says (`rag.drafts`). Where the documents do not answer, no model is asked. Whatever goes wrong with it ends in
the quotations, with the reason.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from index.errors import ModelError
from rag.answer import ABSTENTION, Statement
from rag.citing import Located
from rag.composition import can_lead, read_parts, tell_parts
from rag.drafts import SAME, Draft, abstain, answer_so_far, finish, likeness, told_already
from rag.fitted import fitted
from rag.keeping import leans
from rag.model_failures import explain_empty, explain_silence
from rag.orders import gives_orders, without_orders
from rag.prompts import MOST_PARAGRAPHS, answer_messages, choose_shown, most_chars, repair_messages
from rag.rephrasing import needs_rephrasing, rephrase
from rag.replies import Writer, open_writer, read_statements
from rag.statements import refuses
from rag.support import judge_clause
from rag.written import ended, is_row, says_something

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from index.paragraphs import Paragraph
    from rag.answer import Answer
    from rag.drafts import Where
    from rag.retrieval import Found
    from rag.waiting import Patience

_log = logging.getLogger("pincite")


def write_answer(
    found: Found, open_model: Callable[[], BaseChatModel], *, name: str, patience: Patience, search: Callable[[str], Found]
) -> Iterator[Answer]:
    """Yield the answer as it grows, after every sentence that was checked; the last one is final.

    Args:
        found: The question and its passages.
        open_model: Returns the model that writes.
        name: What the answer calls it.
        patience: How long it may take in all.
        search: Finds the passages for a question in other words.
    """
    quoted, quotations, values = _quote(found)
    left_out = any(gives_orders(hit.paragraph.text) for hit in found.hits[:MOST_PARAGRAPHS])
    draft = Draft(
        quoted=quoted, asked=found.question.searched, quotations=quotations, values=values, found=found, name=name, left_out=left_out
    )
    if quoted.abstained and not found.question.history:
        yield quoted
        return
    try:
        yield from _write_draft(draft, open_writer(open_model, name=name, patience=patience), search)
    except ModelError as error:
        _log.debug("%s failed", name, exc_info=True)
        draft.faults.append(str(error))
    yield finish(draft)


def _write_draft(draft: Draft, writer: Writer, search: Callable[[str], Found]) -> Iterator[Answer]:
    """Fill a draft with what the model writes; yield the answer as far as it is told."""
    question = draft.found.question
    rephrased = rephrase(question, writer, draft.new_reply()) if needs_rephrasing(question) else []
    others = [search(text) for text in rephrased]
    if draft.quoted.abstained:
        _quote_other(draft, others)
    if draft.quoted.abstained:
        return
    hits = [hits for found in (draft.found, *others) for hits in found.of_parts]
    shown = choose_shown(draft.quotations, hits, most_chars=most_chars(writer.profile))
    titles = draft.store.titles(one.paragraph.source for one in shown)
    messages = answer_messages(draft.asked, shown, titles)
    paragraphs = [passage for one in shown for passage in one.passages]
    for _ in _write(draft, writer, messages, paragraphs):
        yield answer_so_far(draft)
    if draft.withheld() and writer.patience.left:
        _repair(draft, writer, messages, paragraphs)


def _quote_other(draft: Draft, others: Sequence[Found]) -> None:
    """Quote for the conversation's question as the model put it, where as asked it has no answer."""
    for other in others:
        answer, quotations, values = _quote(other)
        if not answer.abstained:
            draft.quoted, draft.quotations, draft.values = replace(answer, question=draft.found.question.text), quotations, values
            draft.asked = other.question.searched
            return


def _quote(found: Found) -> tuple[Answer, list[Located], list[tuple[str, Where]]]:
    """Return the extractive answer, its statements with their places, and the words in them that answer each part.

    Nothing rests on a paragraph that gives orders.
    """
    plain, model = without_orders(found), fitted()
    parts = read_parts(plain, model)
    answer, located = tell_parts(parts, plain, model)
    quotations = [one for one in located if not any(gives_orders(paragraph.text) for paragraph, _ in one.places)]
    if not any(one.statement.supported for one in quotations):
        text = answer.text if answer.abstained else ABSTENTION
        left_out = " A paragraph that gives orders to language models was left out." if plain != found or not answer.abstained else ""
        return abstain(answer, text + left_out), [], []
    values = [
        (part.value.text, (part.value.evidence.paragraph.source, part.value.evidence.start, part.value.evidence.end))
        for part in parts
        if part.groups and part.value is not None and can_lead(part.question, part.value, model.short_likely)
    ]
    return answer, quotations, values if len(values) == sum(bool(part.groups) for part in parts) else []


def _write(draft: Draft, writer: Writer, messages: Sequence[BaseMessage], paragraphs: Sequence[Paragraph]) -> Iterator[None]:
    """Check the model's sentences as they come; yield after each."""
    reply = draft.new_reply()
    for text in read_statements(writer, messages, reply, run_name="write"):
        located = _check(draft, ended(text), paragraphs)
        if is_row(text):
            draft.told.append(Located(statement=replace(located.statement, status="unsupported")))
        elif located.statement.status == "not a claim":
            draft.refused = draft.refused or refuses(text)
        elif says_something(located.statement.text, draft.asked) and not told_already(located, draft.told):
            draft.told.append(located)
        yield
    if not reply.text.strip():
        silent = reply.cut and not writer.patience.left
        raise ModelError(explain_silence(draft.name) if silent else explain_empty(draft.name))
    if reply.cut:
        draft.faults.append(f"the rest of what {draft.name} wrote was not read: {reply.cut}")


def _check(draft: Draft, text: str, paragraphs: Sequence[Paragraph]) -> Located:
    """Check a sentence that is to be shown; one that speaks of "it" must find what the question names where it is told."""
    located = judge_clause(text, paragraphs)
    question = draft.found.question
    if not located.places or not leans(text):
        return located
    told_in = " ".join(paragraph.text for paragraph, _ in located.places)
    if question.names_in(told_in) == len(question.names):
        return located
    reason = f"where this stands nothing is said of {', '.join(question.names)}"
    return Located(statement=Statement(text=text, citations=(), status="unsupported", reason=reason))


def _repair(draft: Draft, writer: Writer, messages: Sequence[BaseMessage], paragraphs: Sequence[Paragraph]) -> None:
    """Send what does not stand back once; what then stands takes the place of the sentence that it is most like."""
    draft.corrected = True
    wrong = draft.withheld()
    said = [(draft.told[place].statement.text, draft.told[place].statement.reason) for place in wrong]
    told = {one.statement.text for one in draft.told}
    sent_back = repair_messages(messages, draft.replies[-1].text, said)
    for text in read_statements(writer, sent_back, draft.new_reply(), run_name="repair"):
        located = _check(draft, ended(text), paragraphs)
        mended = located.statement.text
        if not wrong or not located.statement.supported or mended in told or not says_something(mended, draft.asked):
            continue
        place = max(wrong, key=lambda place: likeness(draft.told[place].statement.text, mended))
        if likeness(draft.told[place].statement.text, mended) >= SAME:
            draft.told[place] = located
            wrong.remove(place)
