"""What is said where documents disagree: the measure of RAMDocs, asked of all its documents at once.

Every question has one or more right answers, each in documents of its own, and often planted documents that give wrong ones. A reply
counts when it holds every right answer, and no wrong one unless as a side of a conflict that it shows; a reply longer than
`MAX_ANSWER_WORDS` does not count.

Reference: Wang and others, "Retrieval-Augmented Generation with Conflicting Evidence", 2025.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.metrics import holds, is_right

if TYPE_CHECKING:
    from eval.bench import BenchQuestion
    from rag.answer import Answer


def is_strictly_right(answer: Answer, question: BenchQuestion) -> bool:
    """Say whether a reply holds every right answer, and outside the values of its conflicts no wrong one."""
    if not tells_all(answer, question):
        return False
    said = " ".join([answer.short or "", *(statement.text for statement in answer.statements)])
    for conflict in answer.conflicts:
        for value, _ in conflict.values:
            said = said.replace(value, " ")
    return not any(holds(said, wrong) for wrong in question.wrong_answers)


def tells_all(answer: Answer, question: BenchQuestion) -> bool:
    """Say whether a reply holds every right answer."""
    return is_right(answer.text, [[right] for right in question.answers])
