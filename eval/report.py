"""A run as tables for a terminal: every figure with its denominator and its 95 % interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.costs import count_spent
from eval.metrics_confidence import reliability
from eval.metrics_statistics import quantile
from eval.scores import answer_scores, confidence_scores, kind_scores, retrieval_scores, told_confidences, writing_scores
from rag.chat_models import EXTRACTIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.results import Result, Run
    from eval.scores import Score

_LABEL = 30


def render_run(run: Run) -> str:
    """Return the table of a run: the whole first, then one line a kind."""
    results = run.results
    lines = [
        f"{len(results)} facts ({sum(result.answerable for result in results)} answerable), encoder {run.settings['encoder']}",
        "",
        *map(_line, answer_scores(results)),
        "",
        *map(_line, confidence_scores(results)),
        _reliability(results),
        "",
        *map(_line, retrieval_scores(results)),
        "",
        "by kind: right (answerable) or abstained (unanswerable)",
        *(_line(score, "  ") for score in kind_scores(results)),
        "",
        *_costs(results),
        *(_writing(run) if run.settings.get("model", EXTRACTIVE) != EXTRACTIVE else []),
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


def _reliability(results: Sequence[Result]) -> str:
    """Return the mean confidence of each fifth of its range, with the share of the answers that were right."""
    bins = reliability(told_confidences(results), bins=5)
    shown = ", ".join(f"{one.confidence:.2f}: {one.accuracy:.2f}" for one in bins)
    return f"{'right at a confidence of':{_LABEL}s} {shown or '-'}"


def _costs(results: Sequence[Result]) -> list[str]:
    words = quantile([result.words for result in results if not result.abstained], 0.5)
    times = [result.milliseconds for result in results]
    return [
        f"{'median words an answer':{_LABEL}s} {words if words is not None else '-'}",
        f"{'milliseconds a question':{_LABEL}s} median {quantile(times, 0.5) or 0:.0f}, p95 {quantile(times, 0.95) or 0:.0f}",
    ]


def _writing(run: Run) -> list[str]:
    """Return what came of a chat model's sentences, and what they cost."""
    spent = count_spent(run.results, run.settings)
    return ["", *map(_line, writing_scores(run.results)), *(f"{label:{_LABEL}s} {text}" for label, text in spent.lines())]


def _line(score: Score, indent: str = "") -> str:
    return f"{indent + score.label:{_LABEL}s} {score}"
