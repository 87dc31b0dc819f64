"""A chat model may say a question in more whole words; what it makes of it is searched as well, never instead.

It is asked where it can help: in a conversation, and for questions that compare or ask for several things. A rephrased question that
brings names, figures or mostly other words than the conversation's is dropped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.terms import fold
from rag.followups import telling_words
from rag.names import find_names
from rag.prompts import rephrase_messages
from rag.replies import read_statements

if TYPE_CHECKING:
    from rag.question import Question
    from rag.replies import Reply, Writer

MOST = 3  # questions that are made of one
_LONGEST = 300  # characters
_COMPARES = re.compile(
    r"\bcompar|\bversus\b|\bvs\b|\bdifferen(?:ce|t)\b|\bboth\b"
    r"|\b(?:more|less|fewer|\w+er)\b[^.?!]*\bthan\b",
    re.IGNORECASE,
)


def needs_rephrasing(question: Question) -> bool:
    """Say whether a model may understand a question better than the rules do."""
    return bool(question.history) or len(question.parts) > 1 or _COMPARES.search(question.text) is not None


def rephrase(question: Question, writer: Writer, reply: Reply) -> list[str]:
    """Return whole single questions that a model makes of one, at most `MOST`; none when it makes nothing usable.

    Args:
        question: As understood, with the conversation before it.
        writer: Who is asked.
        reply: Filled with what it says.

    Raises:
        ModelError: The model failed.
    """
    messages = rephrase_messages(question.text, question.history)
    said = " ".join([question.text, question.searched, *(text for turn in question.history for text in turn)])
    made = []
    for line in read_statements(writer, messages, reply, run_name="rephrase"):
        if _is_usable(line, said) and fold(line) not in {fold(question.text), fold(question.searched)}:
            made.append(line)
        if len(made) == MOST:
            break
    return made


def _is_usable(line: str, said: str) -> bool:
    """Say whether a line is a question that brings nothing of its own."""
    folded, words = fold(said), telling_words(line)
    strange = [word for word in words if word not in folded]
    return (
        bool(words)
        and line.endswith(("?", "？"))
        and len(line) <= _LONGEST
        and all(fold(name) in folded for name in find_names(line))
        and not any(char.isdigit() for word in strange for char in word)
        and 2 * len(strange) <= len(words)
    )
