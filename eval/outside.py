"""Outside measures: public question sets asked of the shipped index and answerer, beside the figures that were published for them.

    pincite eval --bench scifact --data FOLDER

A set is a folder in the form that `eval.bench` says, or in BEIR's (`corpus.jsonl`, `queries.jsonl`, `qrels/test.tsv`). Finding is measured
for words alone, meaning alone and both; by document where the published figure is by document, by character span for the set that
compares ways of splitting, else by the passage that shares a character with the evidence. Answering is measured where the set has answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.bench import evidence_rank, overlaps
from eval.metrics import is_right, token_f1
from eval.metrics_ranking import ndcg_at, recall_at, reciprocal_rank
from eval.metrics_statistics import quantile
from eval.ramdocs import is_strictly_right
from eval.scores import Score
from eval.spans import span_scores
from index.search import DENSE_WEIGHT
from rag.composition import compose
from rag.question import read_question
from rag.retrieval import retrieve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from eval.bench import BenchQuestion, BenchSet, Place
    from index.search import Hit
    from rag.answer import Answer

DEPTH = 10  # documents or passages that are looked at
_PASSAGES = 60  # retrieved, so that ten documents are among them
_LONG = 8  # words of the median answer, beyond which it is compared by its words, not looked for
_SPLIT_DEPTH = 5  # passages that the measure of splitting looks at

_WAYS = {"words alone": 0.0, "meaning alone": 1.0, "both": DENSE_WEIGHT}
_BY_DOCUMENT = frozenset({"scifact"})
_BY_SPAN = frozenset({"chroma-chunking"})
_STRICT = frozenset({"ramdocs"})

# What others published or measured for the whole set, of which a folder may hold a part; None where nothing comparable is known.
PUBLISHED = {
    "scifact": "nDCG@10 on the whole set: BM25 0.679, all-MiniLM-L6-v2 0.645 (BEIR, Thakur and others, 2021)",
    "chroma-chunking": "top 5 chunks of 200 tokens: text-embedding-3-large recall 0.881, precision 0.070 (Chroma, 2024)",
    "anthropic-docs": "top 3: embeddings recall 0.659, MRR 0.737; with summaries and re-ranking 0.693, 0.865 (Anthropic's cookbook, 2024)",
    "squad2-500": "given the paragraph: roberta-base-squad2 F1 83 (its model card)",
    "ramdocs": "strict match of Llama 3.3 70B: 0.326 (Wang and others, Retrieval-Augmented Generation with Conflicting Evidence, 2025)",
    "policyqa-dev": "given the paragraph: BERT F1 59, exact match 31 (Ahmad and others, 2020)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came back for one question of a set."""

    question: BenchQuestion
    answer: Answer


def measure_bench(bench: BenchSet, corpus: Path) -> list[tuple[str, list[Score]]]:
    """Return groups of scores, each with a title.

    Args:
        bench: An indexed set.
        corpus: Folder of its documents.
    """
    found = [question for question in bench.questions if question.evidence]
    groups = [(f"finding, {name}", _finding(bench, found, weight)) for name, weight in _WAYS.items()]
    asked = [Asked(question=one, answer=_answer(bench, one, corpus)) for one in _progress(bench.questions)] if _has_answers(bench) else []
    return [*groups, ("answering", _answering(bench.name, asked))] if asked else groups


def render_bench(bench: BenchSet, groups: Iterable[tuple[str, Sequence[Score]]]) -> str:
    """Return the scores as lines for a terminal, with the published row last."""
    lines = [f"{bench.name}: {len(bench.index.store.sources())} documents, {len(bench.questions)} questions"]
    for title, scores in groups:
        lines += ["", title, *(f"  {score.label:30s} {score}" for score in scores)]
    published = PUBLISHED.get(bench.name)
    return "\n".join([*lines, "", f"published: {published}" if published else "published: nothing that can be compared"])


def _has_answers(bench: BenchSet) -> bool:
    return any(question.answers or question.unanswerable for question in bench.questions)


def _progress(questions: Sequence[BenchQuestion]) -> Iterable[BenchQuestion]:
    from tqdm import tqdm

    asked: Iterable[BenchQuestion] = tqdm(questions, unit="question", delay=1)
    return asked


def _answer(bench: BenchSet, question: BenchQuestion, corpus: Path) -> Answer:
    return compose(retrieve(read_question(question.question, question.history), bench.index, corpus))


def _finding(bench: BenchSet, questions: Sequence[BenchQuestion], weight: float) -> list[Score]:
    searched = [read_question(question.question, question.history).search_text for question in questions]
    hits = [bench.index.search(text, k=_PASSAGES, dense_weight=weight) for text in searched]
    pairs = list(zip(questions, hits, strict=True))
    if bench.name in _BY_SPAN:
        return span_scores([(question.evidence, [_place(hit) for hit in found[:_SPLIT_DEPTH]]) for question, found in pairs])
    if bench.name in _BY_DOCUMENT:
        return _by_document(pairs)
    ranks = [evidence_rank([_place(hit) for hit in found[:DEPTH]], question.evidence) for question, found in pairs]
    shares = [Score.of_cases(f"evidence within {k}", [rank is not None and rank <= k for rank in ranks]) for k in (1, 3, 5, DEPTH)]
    recalls = [Score.of_values(f"evidence recall@{k}", [_recall(one, found, k) for one, found in pairs]) for k in (3, DEPTH)]
    return [*shares, *recalls, Score.of_values(f"MRR@{DEPTH}", [reciprocal_rank(rank) for rank in ranks])]


def _recall(question: BenchQuestion, hits: Sequence[Hit], k: int) -> float:
    """Return the share of the evidences of which one of the first `k` passages holds some."""
    places = [_place(hit) for hit in hits[:k]]
    return sum(any(overlaps(place, true) for place in places) for true in question.evidence) / len(question.evidence)


def _place(hit: Hit) -> Place:
    return hit.paragraph.source, (hit.start, hit.end)


def _by_document(pairs: Sequence[tuple[BenchQuestion, Sequence[Hit]]]) -> list[Score]:
    """Return nDCG and recall by document; a document ranks where its best passage does."""
    gains, recalls = [], []
    for question, hits in pairs:
        ranked = list(dict.fromkeys(hit.paragraph.source for hit in hits))[:DEPTH]
        true = {source for source, _ in question.evidence}
        ranks = [rank for rank, source in enumerate(ranked, start=1) if source in true]
        gains.append(ndcg_at(DEPTH, ranks, len(true)))
        recalls.append(recall_at(DEPTH, ranks, len(true)))
    return [Score.of_values(f"nDCG@{DEPTH}", gains), Score.of_values(f"recall@{DEPTH}", recalls)]


def _answering(name: str, asked: Sequence[Asked]) -> list[Score]:
    answerable = [one for one in asked if not one.question.unanswerable and one.question.answers]
    unanswerable = [one for one in asked if one.question.unanswerable]
    long = quantile([len(one.question.answers[0].split()) for one in answerable], 0.5) or 0
    if long > _LONG:  # nobody tells a sentence in its very words
        shared = [max(token_f1(one.answer.told, answer) for answer in one.question.answers) for one in answerable]
        return [Score.of_values("answer token F1", shared), *_knowing(answerable, unanswerable)]
    right = [
        is_strictly_right(one.answer, one.question)
        if name in _STRICT
        else not one.answer.abstained and is_right(one.answer.told, [one.question.answers])
        for one in answerable
    ]
    return [Score.of_cases("answer accuracy", right), *_knowing(answerable, unanswerable)]


def _knowing(answerable: Sequence[Asked], unanswerable: Sequence[Asked]) -> list[Score]:
    """Return whether the evidence is cited, and whether it is known when there is none."""
    cited = [one for one in answerable if one.question.evidence and one.answer.citations]
    proved = [
        any(evidence_rank([(cite.source, (cite.start, cite.end))], one.question.evidence) for cite in one.answer.citations) for one in cited
    ]
    return [
        Score.of_cases("a citation in the evidence", proved),
        Score.of_cases("false abstentions", [one.answer.abstained for one in answerable]),
        Score.of_cases("abstention recall", [one.answer.abstained for one in unanswerable]),
    ]
