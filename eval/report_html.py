"""A run as one HTML file that loads nothing: figures, charts, where each miss was lost, and every miss beside the paragraphs.

Everything that a fact, an answer or a document says is escaped.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from eval.charts import draw_histogram, draw_reliability, draw_risk_coverage, draw_shares, draw_steps
from eval.costs import count_spent
from eval.metrics_confidence import aurc, calibration_error, reliability, risk_coverage
from eval.metrics_statistics import quantile
from eval.proofs import find_proofs
from eval.scores import answer_scores, kind_scores, retrieval_scores, writing_scores
from eval.sheets import render_page, render_rows, render_sheet
from rag.chat_models import EXTRACTIVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eval.facts import Fact
    from eval.proofs import Place
    from eval.results import Result, Run
    from eval.scores import Score
    from index.paragraphs import Paragraph
    from index.search import ParagraphIndex

_MOST_PROOFS = 3  # paragraphs shown of what a fact's answer stands in


def render_report(run: Run, facts: Sequence[Fact], index: ParagraphIndex) -> str:
    """Return the file.

    Args:
        run: What came back.
        facts: What was asked, in any order.
        index: Of the documents, for the text of the paragraphs.

    Raises:
        FactsError: A fact's evidence does not stand in the documents.
    """
    known = {fact.id: fact for fact in facts}
    answered = [(result.confidence, bool(result.right)) for result in run.results if not result.abstained]
    body = [
        f"<h1>{len(run.results)} known facts</h1>",
        f'<p class="soft">{escape(", ".join(f"{name} {value}" for name, value in run.settings.items() if value))}</p>',
        render_sheet("Figures", _table([*answer_scores(run.results), *retrieval_scores(run.results)])),
        _written(run),
        render_sheet("Right by kind", draw_shares(kind_scores(run.results), "right, or rightly declined (number of facts)")),
        _lost(run.results),
        f'<div class="pair">{_confidence(answered)}{_time(run.results)}</div>',
    ]
    misses = "".join(_miss(result, known.get(result.id), index) for result in run.results if result.missed)
    body.append(f"<h2>Misses</h2>{misses or '<p>None.</p>'}")
    return render_page(f"Pincite, {len(run.results)} facts", body)


def _table(scores: Iterable[Score]) -> str:
    rows = render_rows((score.label, str(score)) for score in scores)
    return f"<table><caption>Value, 95 % interval, cases</caption><tbody>{rows}</tbody></table>"


def _written(run: Run) -> str:
    """Return what came of a chat model's sentences, and what they cost; nothing where none wrote."""
    if run.settings["model"] == EXTRACTIVE:
        return ""
    rows = render_rows(count_spent(run.results, run.settings).lines())
    spent = f"<table><caption>Counted by the model itself</caption><tbody>{rows}</tbody></table>" if rows else ""
    return render_sheet(f"Written by {run.settings['model']}", _table(writing_scores(run.results)) + spent)


def _confidence(answered: Sequence[tuple[float, bool]]) -> str:
    """Return whether the confidence can be trusted: the surest first, and what each stretch of it was worth."""
    if not answered:
        return render_sheet("Confidence", "<p>Nothing was answered.</p>")
    area, error = aurc(answered), calibration_error(answered)
    return render_sheet(
        "Risk by coverage", draw_risk_coverage(risk_coverage(answered)), f"Area under it {area:.3f}; lower is better."
    ) + render_sheet(
        "What the confidence is worth", draw_reliability(reliability(answered)), f"Expected calibration error {error:.3f}; lower is better."
    )


def _time(results: Sequence[Result]) -> str:
    times = [result.milliseconds for result in results]
    note = f"Median {quantile(times, 0.5) or 0:.0f}, 95th percentile {quantile(times, 0.95) or 0:.0f} milliseconds."
    return render_sheet("Time", draw_histogram(times, "milliseconds a question"), note)


def _lost(results: Sequence[Result]) -> str:
    steps = _funnel(results)
    return render_sheet("Where the answerable ones are lost", draw_steps(steps, "facts that the documents answer")) if steps[0][1] else ""


def _funnel(results: Sequence[Result]) -> list[tuple[str, int]]:
    """Return how many answerable facts are left after each step; a fact that a later step reaches counts for the earlier ones."""
    answerable = [result for result in results if result.answerable]
    right = {result.id for result in answerable if result.right}
    cited = right | {result.id for result in answerable if result.citation_precision}
    chosen = cited | {result.id for result in answerable if result.rank and not result.abstained}
    retrieved = chosen | {result.id for result in answerable if result.rank}
    return [
        ("in the index", len(answerable)),
        ("retrieved in the first ten", len(retrieved)),
        ("answered, not declined", len(chosen)),
        ("a proving paragraph cited", len(cited)),
        ("right", len(right)),
    ]


def _miss(result: Result, fact: Fact | None, index: ParagraphIndex) -> str:
    proving: set[Place] = set().union(*find_proofs(fact, index)) if fact else set()
    found = f"Its evidence was retrieved at rank {result.rank}." if result.rank else "Its evidence was not among the first ten retrieved."
    expected = escape(result.expected) or "That nothing answers."
    wanted = f"<h3>Expected</h3><p>{expected}</p>{_quotes(sorted(proving)[:_MOST_PROOFS], proving, index)}"
    head = f"<h3>Said, with confidence {result.confidence:.2f}</h3>"
    said = f"{head}<p>{escape(result.answer)}</p>{_quotes(result.cited, proving, index)}"
    sides = f"<div>{wanted}</div><div>{said}</div>"
    searched = f'<p class="soft">Searched for: {escape(result.searched)}</p>' if result.searched != result.question else ""
    note = f'<p class="soft">{found}</p>' if result.answerable else ""
    summary = f'<summary><b>{escape(result.question)}</b> <span class="soft">{escape(result.kind)}, {escape(result.id)}</span></summary>'
    return f'<details>{summary}{searched}{note}<div class="sides">{sides}</div></details>'


def _quotes(places: Sequence[Place], proving: set[Place], index: ParagraphIndex) -> str:
    return "".join(_quote(one, proves=(one.source, one.number) in proving) for one in index.store.paragraphs_at(places))


def _quote(paragraph: Paragraph, *, proves: bool) -> str:
    where = f"<cite>{escape(paragraph.source)}, paragraph {paragraph.number}</cite>"
    return f'<blockquote class="{"right" if proves else "wrong"}">{escape(paragraph.text)}{where}</blockquote>'
