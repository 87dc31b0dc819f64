"""The evaluation panel as HTML: pure functions from runs to strings.

Its figures are those that the terminal prints (`eval.scores`). Its buttons are for the page to act on: `data-evaluate` starts a run,
`data-stop` ends the one that is going on, and `data-run` opens the kept run whose file it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.results import RETRIEVED
from eval.scores import abstention_recall, answer_accuracy, answer_scores, kind_scores
from rag.chat_models import EXTRACTIVE
from ui.markup import attributes, button, count, escape, render_notice, render_parts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from eval.results import Result, Run
    from eval.scores import Score

MAX_MISSES = 100  # shown of one kind

# The figures that are shown, in this order, and what each is a share of.
_EXPLAINED = {
    "answer accuracy": "right, of the questions that the documents answer",
    "abstention recall": "declined, of those that they do not answer",
    "false abstentions": "declined, though the documents answer",
    "citation precision": "of the cited paragraphs prove the answer",
    "citation recall": "of the answer’s parts have a citation that proves them",
    "exact spans": "of the citations stand in the file letter by letter",
}
_FORM = """{"question": "How many cranes?", "answers": ["14 cranes"], "evidence": [{"source": "harbour.txt", "quote": "It has 14 cranes."}]}
{"question": "Who owns the cranes?", "answers": []}"""
_NAMING = "pincite serve --facts FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """A run and the name of the file that it is kept in."""

    name: str
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """What the list of runs shows of one.

    Attributes:
        name: Of the file that it is kept in.
        started: When its first question was asked, in UTC.
        model: Who wrote.
        facts: How many were asked.
        accuracy: Share of the answerable ones that were answered right, None without any.
        abstention_recall: Share of the unanswerable ones that were declined, None without any.
    """

    name: str
    started: dt.datetime
    model: str
    facts: int
    accuracy: float | None
    abstention_recall: float | None

    @classmethod
    def of(cls, kept: KeptRun) -> ListedRun:
        """Return what is listed of a run."""
        results = kept.run.results
        return cls(
            name=kept.name,
            started=kept.run.started,
            model=kept.run.settings["model"],
            facts=len(results),
            accuracy=answer_accuracy(results).value,
            abstention_recall=abstention_recall(results).value,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is.

    Attributes:
        done: Facts that were asked.
        total: Facts that will have been asked.
        right: Of those asked, how many came out right.
    """

    done: int
    total: int
    right: int


def render_evaluation(
    shown: KeptRun | None,
    kept: Sequence[ListedRun] = (),
    *,
    facts: int | None,
    left: int = 0,
    progress: Progress | None = None,
    notice: str = "",
) -> str:
    """Return the panel.

    Args:
        shown: The run to show; None shows none, which is all there is to do before the first.
        kept: The last runs to choose from, newest first.
        facts: How many known facts there are to ask; None when there are none about these documents.
        left: Proposals in the file of facts that nobody has judged; until then nothing of it is asked.
        progress: Of the run that is going on; None when none is.
        notice: What went wrong, else "".
    """
    body = [render_notice(notice) if notice else "", _render_progress(progress) if progress else ""]
    body += [_render_run(shown.run)] if shown else []
    body += [_render_wanted(again=shown is not None)] if facts is None else []
    body += [_render_left(left)] if left and not progress else []
    body += [_render_first(facts)] if facts is not None and not (left or shown or progress or kept) else []
    act = _render_act(None if left else facts, progress, again=bool(shown or kept))
    head = f"<header><h2>Evaluation</h2>{render_parts('evaluation')}{act}</header>"
    return f'<article class="evaluation">{head}<div class="report">{"".join(body)}</div>{_render_kept(kept, shown)}</article>'


def _render_act(facts: int | None, progress: Progress | None, *, again: bool) -> str:
    if progress:
        return button("Stop", {"data-stop": True}, css="plain")
    return "" if facts is None else button("Run again" if again else "Run", {"data-evaluate": True}, css="plain")


def _render_first(facts: int) -> str:
    return (
        f'<section class="wanted"><p>How often are the answers right? A run asks {count(facts, "known fact")} about these documents, '
        "and scores the answers and their citations.</p></section>"
    )


def _render_left(left: int) -> str:
    verb = "is" if left == 1 else "are"
    return (
        f'<section class="wanted"><p>{count(left, "proposal")} {verb} not judged yet. A run asks all facts of a '
        "file or none: a score over those that somebody happened to have read could be compared with no other.</p><p>"
        '<a href="#facts">Judge them</a></p></section>'
    )


def _render_wanted(*, again: bool) -> str:
    """Return what is to be done before anything can be measured here."""
    naming = f"<pre><code>{_NAMING}</code></pre>"
    if again:
        return f'<section class="wanted"><p>To run it again, name the file of known facts when the page is started:</p>{naming}</section>'
    return (
        '<section class="wanted"><p>How often are the answers right? To measure it, Pincite needs questions about these documents '
        "whose answers are known, and there are none yet.</p>"
        '<p><a href="#facts">Have some proposed</a> by the documents, and judge them.</p>'
        "<p>Or write them into a file, one JSON object a line: the question, what a right answer holds, and the words that prove it. "
        f"A question without answers is one to be declined.</p><pre><code>{escape(_FORM)}</code></pre>"
        f"<p>Name the file when the page is started:</p>{naming}</section>"
    )


def _render_progress(progress: Progress) -> str:
    so_far = f"{percent(progress.right / progress.done)} right so far" if progress.done else "starting"
    bar = f"<progress{attributes({'max': progress.total, 'value': progress.done})}></progress>"
    return (
        f'<label class="running"><span>{progress.done:,} of {count(progress.total, "fact")} asked</span><span>{so_far}</span>{bar}</label>'
    )


def _render_run(run: Run) -> str:
    answerable = sum(result.answerable for result in run.results)
    parts = (
        _render_moment(run.started),
        f"<span>{count(len(run.results), 'fact')}, {answerable:,} answerable</span>",
        f"<span>{_writer(run.settings['model'])}</span>",
        f'<span class="file">{escape(run.settings["encoder"])}</span>',
    )
    return f'<p class="where">{"".join(parts)}</p>{_render_figures(run)}{_render_kinds(run)}{_render_misses(run)}'


def _writer(model: str) -> str:
    return "Quotations only" if model == EXTRACTIVE else f"Written by {escape(model)}"


def _render_figures(run: Run) -> str:
    scores = {score.label: score for score in answer_scores(run.results)}
    return f'<dl class="figures">{"".join(_render_figure(scores[label], of) for label, of in _EXPLAINED.items())}</dl>'


def _render_figure(score: Score, explained: str) -> str:
    details = f'<dd class="details"><span>{_interval(score)}</span><span>{_cases(score)}</span></dd>'
    return (
        f"<div><dt>{score.label.capitalize()}</dt><dd><strong>{percent(score.value)}</strong></dd>{details}"
        f'<dd class="explained">{explained}</dd></div>'
    )


def _render_kinds(run: Run) -> str:
    rows = "".join(map(_render_kind, kind_scores(run.results)))
    scale = '<span class="scale" aria-hidden="true"><span>0</span><span>50</span><span>100%</span></span>'
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Right", "Cases", '<span class="aside">95% interval</span>'))
    return (
        '<table class="kinds"><caption>Right by kind of question<span>An unanswerable one is right when it is declined.</span></caption>'
        f'<thead><tr><th scope="col">Kind</th><td>{scale}</td>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _render_kind(score: Score) -> str:
    low, high = score.interval
    drawn = f"--value: {100 * (score.value or 0):.1f}; --low: {100 * low:.1f}; --high: {100 * high:.1f}"
    bar = f'<span class="track" aria-hidden="true" style="{drawn}"><span class="length"></span><span class="whisker"></span></span>'
    return (
        f'<tr><th scope="row" dir="auto">{escape(score.label)}</th><td>{bar}</td><td><strong>{percent(score.value)}</strong></td>'
        f'<td>{_cases(score)}</td><td><span class="aside">{_interval(score)}</span></td></tr>'
    )


def _render_misses(run: Run) -> str:
    kinds: dict[str, list[Result]] = {}
    for result in run.results:
        if result.missed:
            kinds.setdefault(result.kind, []).append(result)
    cases = {score.label: score.count for score in kind_scores(run.results)}
    missed = sum(map(len, kinds.values()))
    groups = "".join(_render_group(kind, results, cases[kind]) for kind, results in kinds.items())
    heading = f"{missed:,} {'miss' if missed == 1 else 'misses'}" if missed else "No misses"
    return f'<section class="misses"><h3>{heading}</h3>{groups}</section>'


def _render_group(kind: str, results: Sequence[Result], cases: int) -> str:
    more = len(results) - MAX_MISSES
    rest = f"<p>and {more:,} more, in the file of this run</p>" if more > 0 else ""
    misses = "".join(f"<li>{_render_miss(result)}</li>" for result in results[:MAX_MISSES])
    head = f'<span dir="auto">{escape(kind)}</span><span class="cases">{len(results):,} of {cases:,}</span>'
    return f'<details class="group"><summary>{head}</summary><ul>{misses}</ul>{rest}</details>'


def _render_miss(result: Result) -> str:
    rows = {
        "Searched": escape(result.searched) if result.searched != result.question else "",
        "Expected": escape(result.expected or "an abstention"),
        "Said": escape(result.answer),
        "Confidence": f"{result.confidence:.2f}",
        "Evidence": _evidence(result) if result.answerable else "",
        "Fact": f'<span class="file">{escape(result.id)}</span>',
    }
    listed = "".join(f'<div><dt>{name}</dt><dd dir="auto">{row}</dd></div>' for name, row in rows.items() if row)
    return f'<details><summary dir="auto">{escape(result.question)}</summary><dl>{listed}</dl></details>'


def _evidence(result: Result) -> str:
    if result.citation_recall is None:
        return "none is given"
    return f"retrieved at rank {result.rank}" if result.rank else f"not among the first {RETRIEVED} retrieved"


def _render_kept(kept: Sequence[ListedRun], shown: KeptRun | None) -> str:
    rows = "".join(f"<li>{_render_choice(one, current=shown is not None and one.name == shown.name)}</li>" for one in kept)
    return f'<nav class="runs" aria-label="Runs"><h3>Runs</h3><ul>{rows}</ul></nav>' if kept else ""


def _render_choice(kept: ListedRun, *, current: bool) -> str:
    writer = _writer(kept.model)
    lines = (
        _render_moment(kept.started),
        f"<span>accuracy <span>{percent(kept.accuracy)}</span></span>",
        f"<span>abstention recall <span>{percent(kept.abstention_recall)}</span></span>",
        f"<span>{count(kept.facts, 'fact')}, {writer[:1].lower()}{writer[1:]}</span>",
    )
    return button("".join(lines), {"data-run": kept.name, "aria-current": "true" if current else None})


def _render_moment(moment: dt.datetime) -> str:
    return f'<time datetime="{moment.isoformat(timespec="seconds")}">{moment.day} {moment:%b %Y, %H:%M} UTC</time>'


def percent(share: float | None) -> str:
    """Return a share as the terminal rounds it.

    >>> percent(0.8269), percent(None)
    ('82.7%', '–')
    """
    return "–" if share is None else f"{100 * share:.1f}%"


def _interval(score: Score) -> str:
    low, high = score.interval
    return f"{100 * low:.1f}–{percent(high)}" if score.count else ""


def _cases(score: Score) -> str:
    if not score.count:
        return "no cases"
    return f"mean of {score.count:,}" if score.hits is None else f"{score.hits:,} of {score.count:,}"
