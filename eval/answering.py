"""How a public set's questions are answered, beside a plain hybrid search that quotes its two best sentences.

`eval.reply_measures` says what a reply is worth. Beside it stands how well it is known when nothing answers: over all questions, and
over those that the confidence was not fitted on. A chance level for that is the best BM25 score, which any search has.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eval.ablation import PLAIN_HYBRID, answer_step, reduce_model
from eval.metrics_confidence import auroc
from eval.metrics_statistics import quantile
from eval.reply_measures import measure_replies, rightness, squad_values
from eval.scores import Score
from eval.tables import Row, Table, compare
from index.terms import count_words
from rag.composition import compose
from rag.fitted import fitted
from rag.question import read_question
from rag.retrieval import retrieve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from eval.bench import BenchQuestion, BenchSet
    from eval.metrics_confidence import Case
    from rag.answer import Answer

MOST_TYPES = 12  # kinds of question that a set is taken apart by
_COLUMNS = ("ours", "plain hybrid", "difference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came back for one question of a set.

    Attributes:
        question: The question.
        answer: Ours.
        plain: The plain hybrid's.
        words: The best score by words alone; 0 when nothing shares a word.
        milliseconds: That ours took.
    """

    question: BenchQuestion
    answer: Answer
    plain: Answer
    words: float
    milliseconds: float


def ask_questions(bench: BenchSet, questions: Sequence[BenchQuestion]) -> list[Asked]:
    """Ask every question of ours and of the plain hybrid; none when the set knows no answers."""
    if not any(question.answers for question in questions):
        return []
    plain = reduce_model(fitted(), PLAIN_HYBRID)
    asked = []
    for one in _progress(questions):
        question = read_question(one.question, one.history, one.sources)
        started = time.perf_counter()
        answer = compose(retrieve(question, bench.index, bench.corpus, aliases=bench.aliases))
        took = 1000 * (time.perf_counter() - started)
        _, words = bench.index.candidates(question.search_text, 1, sources=one.sources)
        other = answer_step(question, bench.index, bench.corpus, aliases=bench.aliases, step=PLAIN_HYBRID, model=plain)
        other = replace(other, short=None)  # the words that answer are the ranker's, which a plain search has not
        asked.append(Asked(question=one, answer=answer, plain=other, words=max(words.values(), default=0.0), milliseconds=took))
    return asked


def answering_tables(asked: Sequence[Asked], seen: frozenset[str]) -> list[Table]:
    """Return the figures of the answers, and of knowing when there is none; no table when nothing was asked.

    Args:
        asked: What came back.
        seen: Ids of the questions that the confidence was fitted on.
    """
    if not asked:
        return []
    answerable = [one for one in asked if not one.question.unanswerable]
    tables = [Table(title="answering", columns=_COLUMNS, rows=tuple(_answer_rows(answerable)))] if answerable else []
    tables.append(_knowing("declining", asked))
    unseen = [one for one in asked if one.question.id not in seen]
    if any(one.question.unanswerable for one in unseen) and len(unseen) < len(asked):
        tables.append(_knowing("declining, where nothing was fitted on the question", unseen))
    return [*tables, *_by_type(asked)]


def costs(asked: Sequence[Asked]) -> str:
    """Return how long the replies are, and how long they took."""
    times = [one.milliseconds for one in asked]
    ours, plain = (
        [count_words(reply.told) for reply in replies if not reply.abstained]
        for replies in zip(*((one.answer, one.plain) for one in asked), strict=True)
    )
    words = f"median words a reply {quantile(ours, 0.5) or 0} (plain hybrid {quantile(plain, 0.5) or 0})"
    return f"{words}; milliseconds a question: median {quantile(times, 0.5):.0f}, p95 {quantile(times, 0.95):.0f}"


def pooled(asked: Sequence[Asked], unseen: Sequence[Asked], title: str) -> Table:
    """Return how well the confidence tells answerable questions from others: all of several sets', and those it was not fitted on."""
    rows = [_auroc_row(asked), *([replace(_auroc_row(unseen), label="the same, nothing fitted on it")] if len(unseen) < len(asked) else [])]
    return Table(title=title, columns=("ours", "best BM25 score"), rows=tuple(rows))


def _answer_rows(asked: Sequence[Asked]) -> list[Row]:
    ours = measure_replies([(one.question, one.answer) for one in asked])
    plain = measure_replies([(one.question, one.plain) for one in asked])
    return [compare(label, values, plain[label]) for label, values in ours.items()]


def _knowing(title: str, asked: Sequence[Asked]) -> Table:
    """Return how often questions were declined, rightly and wrongly, and how well the confidence tells them apart."""
    answerable = [one.answer.abstained for one in asked if not one.question.unanswerable]
    other = [one.answer.abstained for one in asked if one.question.unanswerable]
    rows = [Row(label="false abstentions", scores=(Score.of_cases("", answerable), None))]
    if other:
        declined = [one.question.unanswerable for one in asked if one.answer.abstained]
        rows += [
            Row(label="abstention recall", scores=(Score.of_cases("", other), None)),
            Row(label="abstention precision", scores=(Score.of_cases("", declined), None)),
            _auroc_row(asked),
        ]
    return Table(title=title, columns=("ours", "best BM25 score"), rows=tuple(rows))


def _auroc_row(asked: Sequence[Asked]) -> Row:
    ours: list[Case] = [(one.answer.confidence, not one.question.unanswerable) for one in asked]
    words: list[Case] = [(one.words, not one.question.unanswerable) for one in asked]
    return Row(label="AUROC, answerable or not", scores=tuple(Score.of_statistic("", cases, auroc) for cases in (ours, words)))


def _by_type(asked: Sequence[Asked]) -> list[Table]:
    """Return, for each kind of question of the set, how often the right thing was done."""
    kinds = list(dict.fromkeys(one.question.type for one in asked))
    if not 1 < len(kinds) <= MOST_TYPES:
        return []
    right = rightness([one.question for one in asked])
    ours, plain = squad_values([(one.question, one.answer) for one in asked]), squad_values([(one.question, one.plain) for one in asked])
    rows = [compare(kind or "of no kind", *_by_kind(asked, kind, right)) for kind in kinds]
    if ours is not None and plain is not None:
        rows.append(compare("SQuAD 2.0 F1, all questions", ours, plain))
    return [Table(title="right, or declined where nothing answers", columns=_COLUMNS, rows=tuple(rows))]


def _by_kind(
    asked: Sequence[Asked], kind: str, right: Callable[[BenchQuestion, Answer], bool | None]
) -> tuple[list[bool | None], list[bool | None]]:
    """Return whether the right thing was done for each question of a kind, by ours and by the plain hybrid."""
    some = [one for one in asked if one.question.type == kind]
    return [right(one.question, one.answer) for one in some], [right(one.question, one.plain) for one in some]


def _progress(questions: Sequence[BenchQuestion]) -> Iterable[BenchQuestion]:
    from tqdm import tqdm

    asked: Iterable[BenchQuestion] = tqdm(questions, unit="question", delay=1)
    return asked
