"""A run as tables for a terminal: every figure with its denominator and its 95 % interval."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

from eval.metrics import bootstrap, quantile, reciprocal_rank, wilson
from rag.chat_models import EXTRACTIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.run import Result, Run

_LABEL = 30


def render_run(run: Run) -> str:
    """Return the table of a run: the whole first, then one line a kind."""
    results = run.results
    answerable = [result for result in results if result.answerable]
    lines = [
        f"{len(results)} facts ({len(answerable)} answerable), encoder {run.settings['encoder']}",
        "",
        *_answers(results, answerable),
        "",
        *_retrieval(answerable),
        "",
        *_kinds(results),
        "",
        *_costs(results),
        *(_writing(results) if run.settings.get("model", EXTRACTIVE) != EXTRACTIVE else []),
    ]
    return "\n".join(lines)


def render_misses(run: Run) -> str:
    """Return every miss: what was asked, expected and said."""
    blocks = []
    for result in run.results:
        if result.missed:
            lines = [f"{result.id} [{result.kind}] {result.question}"]
            lines += [f"  searched: {result.searched}"] if result.searched != result.question else []
            lines += [
                f"  expected: {result.expected or 'an abstention'}",
                f"  said:     {result.answer} (confidence {result.confidence:.2f})",
            ]
            lines += (
                [f"  evidence: retrieved at rank {result.rank}" if result.rank else "  evidence: not retrieved"]
                if result.answerable
                else []
            )
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks) or "no misses"


def _answers(results: Sequence[Result], answerable: Sequence[Result]) -> list[str]:
    abstained = [result for result in results if result.abstained]
    unanswerable = [result for result in results if not result.answerable]
    cited = [result for result in answerable if not result.abstained]
    return [
        _share("answer accuracy", [bool(result.right) for result in answerable]),
        _share("right and cited", [bool(result.right) and bool(result.citation_precision) for result in answerable]),
        _mean("citation precision", [result.citation_precision for result in cited]),
        _mean("citation recall", [result.citation_recall for result in cited]),
        _count("exact spans", sum(result.exact_spans for result in results), sum(result.citations for result in results)),
        _share("abstention precision", [not result.answerable for result in abstained]),
        _share("abstention recall", [result.abstained for result in unanswerable]),
        _share("false abstentions", [result.abstained for result in answerable]),
    ]


def _retrieval(answerable: Sequence[Result]) -> list[str]:
    ranks = [result.rank for result in answerable]
    recalls = [_share(f"retrieval recall@{k}", [rank is not None and rank <= k for rank in ranks]) for k in (1, 5, 10)]
    return [*recalls, _mean("retrieval MRR@10", [reciprocal_rank(rank) for rank in ranks])]


def _kinds(results: Sequence[Result]) -> list[str]:
    kinds = dict.fromkeys(result.kind for result in results)
    shares = (_share(f"  {kind}", [not result.missed for result in results if result.kind == kind]) for kind in kinds)
    return ["by kind: right (answerable) or abstained (unanswerable)", *shares]


def _costs(results: Sequence[Result]) -> list[str]:
    words = quantile([result.words for result in results if not result.abstained], 0.5)
    times = [result.milliseconds for result in results]
    return [
        f"{'median words an answer':{_LABEL}s} {words if words is not None else '-'}",
        f"{'milliseconds a question':{_LABEL}s} median {quantile(times, 0.5) or 0:.0f}, p95 {quantile(times, 0.95) or 0:.0f}",
    ]


def _writing(results: Sequence[Result]) -> list[str]:
    """Return what came of a chat model's sentences."""
    told = [result for result in results if not result.abstained]
    return [
        "",
        _share("written by the model", [result.written for result in told]),
        _share("something withheld", [result.withheld > 0 for result in told]),
        f"{'tokens a question':{_LABEL}s} mean {mean(result.tokens for result in results):.0f}",
    ]


def _share(label: str, values: Sequence[bool]) -> str:
    return _count(label, sum(values), len(values))


def _count(label: str, hits: int, count: int) -> str:
    if not count:
        return f"{label:{_LABEL}s} -"
    low, high = wilson(hits, count)
    return f"{label:{_LABEL}s} {hits / count:.3f}  [{low:.3f}, {high:.3f}]  {hits}/{count}"


def _mean(label: str, values: Sequence[float | None]) -> str:
    scored = [value for value in values if value is not None]
    if not scored:
        return f"{label:{_LABEL}s} -"
    low, high = bootstrap(scored)
    return f"{label:{_LABEL}s} {mean(scored):.3f}  [{low:.3f}, {high:.3f}]  n={len(scored)}"
