"""A benchmark as one HTML file that loads nothing: the ratios, and the costs by the size of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.charts import draw_growth
from eval.growth import STAGES
from eval.sheets import render_page, render_rows, render_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eval.benchmark import Benchmark
    from eval.growth import Growth
    from eval.speed import Measure


def render_benchmark(benchmark: Benchmark) -> str:
    """Return the file; a size that was measured alone is drawn as points."""
    growth = sorted(benchmark.growth, key=lambda one: one.paragraphs)
    body = [
        "<h1>What Pincite costs</h1>",
        f'<p class="soft">{benchmark.machine}. Read the ratios: another machine, or a busier one, changes the times far more.</p>',
        render_sheet("Parts", _table([], benchmark.parts), "Of a rate more than 1 times is better, of a time less."),
    ]
    if growth:
        body.append(f'<div class="pair">{"".join(_charts(growth))}</div>')
    body += [render_sheet(f"{one.paragraphs:,} paragraphs in {one.files:,} files", _table(_figures(one), one.measures())) for one in growth]
    return render_page("Pincite, what it costs", body)


def _charts(growth: Sequence[Growth]) -> Iterable[str]:
    sizes = [one.paragraphs for one in growth]
    medians = {name: [one.stages[name][0] for one in growth] for name in STAGES}
    yield render_sheet("A question, median", draw_growth(sizes, medians, "milliseconds"))
    late = {name: [one.stages[name][1] for one in growth] for name in STAGES}
    yield render_sheet("A question, 95th percentile", draw_growth(sizes, late, "milliseconds"))
    building = {
        "first build": [one.build for one in growth],
        "one paragraph more": [one.changed for one in growth],
        "nothing changed": [one.unchanged for one in growth],
        "opening": [one.opened / 1000 for one in growth],
    }
    yield render_sheet("Building and opening", draw_growth(sizes, building, "seconds"))
    space = {
        "memory, building": [one.build_memory for one in growth],
        "memory, answering": [one.memory for one in growth],
        "disk": [one.disk for one in growth],
    }
    yield render_sheet("Memory and disk", draw_growth(sizes, space, "MiB"))


def _figures(growth: Growth) -> list[tuple[str, str, str]]:
    return [
        ("first build", f"{growth.build:.1f} s", f"of it embedding {growth.embedding:.1f} s"),
        ("vectors", "the encoder's" if growth.encoded else "mixed from real ones", f"{growth.disk:.1f} MiB on disk"),
        ("opened", f"{growth.opened:.0f} ms", f"at most {growth.memory:.0f} MiB while answering, {growth.build_memory:.0f} while building"),
        *((f"{name}, ms", f"p50 {growth.stages[name][0]:.2f}", f"p95 {growth.stages[name][1]:.2f}") for name in STAGES),
    ]


def _table(figures: Sequence[tuple[str, str, str]], measures: Iterable[Measure]) -> str:
    compared = (
        (measure.name, f"{measure.value:.4g} {measure.unit}", f"{measure.ratio:.2f} times {measure.beside} ({measure.other:.4g})")
        for measure in measures
    )
    return f"<table><tbody>{render_rows([*figures, *compared])}</tbody></table>"
