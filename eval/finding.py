"""How well a public set's questions find their documents: for words alone, meaning alone, and both.

By document where the set judges documents, by character span for a set that compares ways of splitting, else by the passage that
shares a character with the evidence. Passages are those that a reader is shown as nearest, which titles, headings and bylines are not.
Questions are searched as they are when they are answered: a follow-up with what its history fills in, a question of one document in
that one alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.bench import evidence_rank, overlaps
from eval.metrics_ranking import ndcg_at, recall_at, reciprocal_rank
from eval.spans import span_values
from eval.tables import Row, Table, compare, score_values
from rag.composition import NEVER_NEAREST
from rag.question import add_aliases, read_question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.bench import BenchQuestion, BenchSet, Place
    from eval.tables import Measured
    from index.search import Hit, ParagraphIndex

DEPTH = 10  # documents or passages that are looked at
SPLIT_DEPTH = 5  # passages that the measure of splitting looks at

WAYS = {"words alone": 0.0, "meaning alone": 1.0, "both": None}
_PASSAGES = 60  # retrieved, so that ten documents are among them


def finding_tables(bench: BenchSet, questions: Sequence[BenchQuestion]) -> list[Table]:
    """Return what is found, of the questions that have something to be found; no table when none has.

    Where questions have a history, a second table sets them beside their last turn alone.
    """
    asked = to_find(bench, questions)
    if not asked:
        return []
    ways = [measure_finding(bench, asked, search_all(bench.index, asked, searched(bench, asked), weight)) for weight in WAYS.values()]
    rows = [Row(label=label, scores=tuple(score_values(label, way[label]) for way in ways)) for label in ways[0]]
    tables = [Table(title=f"finding, {unit(bench)}", columns=tuple(WAYS), rows=tuple(rows))]
    return [*tables, *_history(bench, asked, ways[-1])]


def unit(bench: BenchSet) -> str:
    """Return what is ranked, in words."""
    return "by document" if bench.judged else "by character" if bench.spans else "by passage"


def to_find(bench: BenchSet, questions: Sequence[BenchQuestion]) -> list[BenchQuestion]:
    """Return the questions that have something to be found.

    Documents are judged for questions, too, that they turn out not to answer: a claim's cited abstract may say too little of it, and
    counts all the same, as it does in BEIR.
    """
    return [question for question in questions if (question.relevant if bench.judged else question.evidence)]


def searched(bench: BenchSet, questions: Sequence[BenchQuestion]) -> list[str]:
    """Return the text that is searched for each question."""
    return [add_aliases(read_question(one.question, one.history), bench.aliases).search_text for one in questions]


def search_all(index: ParagraphIndex, questions: Sequence[BenchQuestion], texts: Sequence[str], weight: float | None) -> list[list[Hit]]:
    """Return the hits of each question, searched by its text and with a weight of meaning against words."""
    return [
        index.search(text, k=_PASSAGES, dense_weight=weight, sources=question.sources)
        for question, text in zip(questions, texts, strict=True)
    ]


def measure_finding(bench: BenchSet, questions: Sequence[BenchQuestion], hits: Sequence[Sequence[Hit]]) -> Measured:
    """Return the value of every question by measure, the main one first."""
    if bench.judged:
        return _by_document(questions, [list(dict.fromkeys(hit.paragraph.source for hit in found)) for found in hits])
    shown = [[hit for hit in found if hit.paragraph.kind not in NEVER_NEAREST] for found in hits]
    pairs = list(zip(questions, shown, strict=True))
    if bench.spans:
        return span_values([(question.evidence, [_place(hit) for hit in found[:SPLIT_DEPTH]]) for question, found in pairs])
    ranks = [evidence_rank([_place(hit) for hit in found[:DEPTH]], question.evidence) for question, found in pairs]
    return {
        f"MRR@{DEPTH}": [reciprocal_rank(rank) for rank in ranks],
        **{f"evidence within {k}": [rank is not None and rank <= k for rank in ranks] for k in (1, 3, 5, DEPTH)},
        **{f"evidence recall@{k}": [_recall(one, found, k) for one, found in pairs] for k in (3, 5, DEPTH)},
    }


def document_gains(questions: Sequence[BenchQuestion], ranked: Sequence[Sequence[str]]) -> list[float | None]:
    """Return the nDCG@10 of each question by documents, given best first; None for one without a relevant document."""
    return [ndcg_at(DEPTH, _ranks(question, order), len(question.relevant)) for question, order in zip(questions, ranked, strict=True)]


def _by_document(questions: Sequence[BenchQuestion], ranked: Sequence[Sequence[str]]) -> Measured:
    """Return nDCG and recall by document; a document ranks where its best passage does."""
    gains = document_gains(questions, ranked)
    recalls = [recall_at(DEPTH, _ranks(one, order), len(one.relevant)) for one, order in zip(questions, ranked, strict=True)]
    measured = {f"nDCG@{DEPTH}": gains, f"recall@{DEPTH}": recalls}
    if any(one.unanswerable for one in questions):
        answered = [None if one.unanswerable else gain for one, gain in zip(questions, gains, strict=True)]
        measured[f"nDCG@{DEPTH}, where they answer"] = answered
    return measured


def _ranks(question: BenchQuestion, ranked: Sequence[str]) -> list[int]:
    return [rank for rank, source in enumerate(ranked[:DEPTH], start=1) if source in question.relevant]


def _history(bench: BenchSet, questions: Sequence[BenchQuestion], both: Measured) -> list[Table]:
    """Return what the history of the questions that have one is worth."""
    follow = [at for at, question in enumerate(questions) if question.history]
    if not follow:
        return []
    later = [questions[at] for at in follow]
    alone = measure_finding(bench, later, search_all(bench.index, later, [one.question for one in later], None))
    rows = [compare(label, [values[at] for at in follow], alone[label]) for label, values in both.items()]
    return [Table(title="follow-ups, both", columns=("with history", "last turn alone", "difference"), rows=tuple(rows))]


def _recall(question: BenchQuestion, hits: Sequence[Hit], k: int) -> float:
    """Return the share of the evidences of which one of the first `k` passages holds some."""
    places = [_place(hit) for hit in hits[:k]]
    return sum(any(overlaps(place, true) for place in places) for true in question.evidence) / len(question.evidence)


def _place(hit: Hit) -> Place:
    return hit.paragraph.source, (hit.start, hit.end)
