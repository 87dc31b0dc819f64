"""What a reply to a question of a public set is worth: pure measures of an answer and what the set knows.

What counts as right depends on what the set knows. Where it names planted documents' answers, every right answer is to be told and no
wrong one (`eval.ramdocs`). Where its answers are words of the documents, or short, one is to stand in the reply. Where they are long,
nobody tells them in their very words: their tokens are compared, and a reply is right when it cites the evidence. Yes and no are no
words that a quotation holds, so such questions count by their evidence alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.bench import overlaps
from eval.metrics import UNSPACED_CHARACTER, holds, is_right, squad_exact, squad_f1, token_f1
from eval.metrics_statistics import quantile
from eval.ramdocs import is_strictly_right, tells_all
from index.terms import count_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eval.bench import BenchQuestion
    from eval.tables import Measured, Values
    from rag.answer import Answer, Citation

    Reply = tuple[BenchQuestion, Answer]

LONG = 8  # words of the median answer, beyond which it is compared by its tokens, not looked for
_YES_NO = frozenset({"yes", "no"})


def measure_replies(replies: Sequence[Reply]) -> Measured:
    """Return the value of every answerable question by measure, the main one first; None where a question has none.

    A declined question counts as not answered, except for the share of citations in the evidence, which it has none of.
    """
    cited: dict[str, Values] = {
        "evidence cited": [_cites(*reply) for reply in replies],
        "citations in the evidence": [_precision(*reply) for reply in replies],
    }
    questions = [question for question, _ in replies]
    if _is_planted(questions):
        return {
            "strictly right": [is_strictly_right(answer, question) for question, answer in replies],
            "every right answer told": [tells_all(answer, question) for question, answer in replies],
            "shown to differ, where they do": [bool(answer.conflicts) if _differ(question) else None for question, answer in replies],
            **cited,
        }
    compared: dict[str, Values] = {}
    if _is_unspaced(questions):  # SQuAD knows words only by their spaces
        compared["token F1"] = [_best_f1(_short(answer), one) for one, answer in replies]
    elif not _is_long(questions):
        compared["SQuAD exact match"] = [squad_exact(_short(answer), one.answers) if _wordings(one) else None for one, answer in replies]
        compared["SQuAD F1"] = [_squad_f1(*reply) for reply in replies]
    if _is_long(questions):
        return {"token F1 of the reply": [_best_f1(answer.told, one) for one, answer in replies], **compared, **cited}
    return {
        "answer in the reply": [_told(*reply) for reply in replies],
        "answer in a quote of the evidence": [_proved(*reply) for reply in replies],
        **compared,
        **cited,
    }


def rightness(questions: Sequence[BenchQuestion]) -> Callable[[BenchQuestion, Answer], bool | None]:
    """Return what says of a set's questions whether the right thing was done: answered, or declined where nothing answers."""
    right = _strict if _is_planted(questions) else _cites if _is_long(questions) else _told_or_cited
    return lambda question, answer: answer.abstained if question.unanswerable else right(question, answer)


def squad_values(replies: Sequence[Reply]) -> Values | None:
    """Return SQuAD 2.0's F1 of every question, where declining is right of one that nothing answers; None for another kind of set."""
    questions = [question for question, _ in replies if not question.unanswerable]
    if not _is_extractive(questions) or _is_unspaced(questions):
        return None
    return [float(answer.abstained) if question.unanswerable else _squad_f1(question, answer) for question, answer in replies]


def _is_planted(questions: Sequence[BenchQuestion]) -> bool:
    return any(question.wrong_answers for question in questions)


def _is_long(questions: Sequence[BenchQuestion]) -> bool:
    """Say whether answers are sentences of somebody's own, which no quotation holds in their very words."""
    words = [count_words(one.answers[0]) for one in questions if one.answers and not one.unanswerable]
    return not _is_extractive(questions) and (quantile(words, 0.5) or 0) > LONG


def _is_extractive(questions: Sequence[BenchQuestion]) -> bool:
    """Say whether answers are words of the documents, which sets of spans are: only then may one be given exactly."""
    kinds = {question.type for question in questions if not question.unanswerable}
    return kinds == {"span"}


def _is_unspaced(questions: Sequence[BenchQuestion]) -> bool:
    """Say whether most answers are written in a script without spaces."""
    written = [any(map(UNSPACED_CHARACTER.match, one.answers[0])) for one in questions if one.answers]
    return 2 * sum(written) > len(written)


def _best_f1(said: str, question: BenchQuestion) -> float | None:
    return max(token_f1(said, wording) for wording in question.answers) if question.answers else None


def _squad_f1(question: BenchQuestion, answer: Answer) -> float | None:
    return squad_f1(_short(answer), question.answers) if _wordings(question) else None


def _strict(question: BenchQuestion, answer: Answer) -> bool | None:
    return is_strictly_right(answer, question)


def _told_or_cited(question: BenchQuestion, answer: Answer) -> bool | None:
    return _told(question, answer) if _wordings(question) else _cites(question, answer)


def _differ(question: BenchQuestion) -> bool:
    return len(question.answers) > 1 or bool(question.wrong_answers)


def _short(answer: Answer) -> str:
    """Return the words that answer, else the whole reply; "" for none."""
    return "" if answer.abstained else answer.short or answer.told


def _told(question: BenchQuestion, answer: Answer) -> bool | None:
    """Say whether an accepted answer stands in the reply; None when there is none that could."""
    accepted = _wordings(question)
    return not answer.abstained and is_right(answer.told, [accepted]) if accepted else None


def _proved(question: BenchQuestion, answer: Answer) -> bool | None:
    """Say whether a quote that shares a character with the evidence holds an accepted answer; None likewise."""
    accepted = _wordings(question)
    if not accepted or not question.evidence:
        return None
    return any(holds(cite.quote, wording) for cite in answer.citations if _inside(cite, question) for wording in accepted)


def _wordings(question: BenchQuestion) -> list[str]:
    return [wording for wording in question.answers if wording.strip(" .").lower() not in _YES_NO]


def _cites(question: BenchQuestion, answer: Answer) -> bool | None:
    """Say whether a citation shares a character with the evidence; None for a question without evidence."""
    return any(_inside(cite, question) for cite in answer.citations) if question.evidence else None


def _precision(question: BenchQuestion, answer: Answer) -> float | None:
    """Return the share of the citations that share a character with the evidence; None without either."""
    inside = [_inside(cite, question) for cite in answer.citations]
    return sum(inside) / len(inside) if inside and question.evidence else None


def _inside(cite: Citation, question: BenchQuestion) -> bool:
    return any(overlaps((cite.source, (cite.start, cite.end)), true) for true in question.evidence)
