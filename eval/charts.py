"""Charts of a run as SVG text, drawn by matplotlib without a display; the same figures give the same text.

They load nothing, keep their words as text, and take their colours from the page they stand in: ink, soft ink, accent and line are
custom properties of its style.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from eval.metrics_confidence import Bin
    from eval.scores import Score

_INK, _SOFT, _ACCENT, _LINE = "#000001", "#000002", "#000003", "#000004"  # stand-ins, exchanged for the page's own
_COLOURS = {_INK: "var(--ink)", _SOFT: "var(--soft)", _ACCENT: "var(--accent)", _LINE: "var(--line)"}
_STYLE: Any = {  # its type spells out every setting that there is
    "svg.fonttype": "none",
    "svg.hashsalt": "pincite",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": _INK,
    "axes.labelcolor": _SOFT,
    "axes.edgecolor": _LINE,
    "xtick.color": _SOFT,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_LINES = ("o-", "s--", "^:", "D-.", "v-", "x--")  # of a chart with several
_WIDE, _SQUARE = (7.2, 0.36), (4.6, 3.2)  # inches: a row's, and a chart's


def draw_shares(scores: Sequence[Score], label: str) -> str:
    """Return shares as bars with their 95 % intervals, one a row, the first at the top; one without cases has no bar."""
    figure, axes = _figure((_WIDE[0], 0.8 + _WIDE[1] * len(scores)))
    places = range(len(scores))
    values = [score.value or 0.0 for score in scores]
    axes.barh(places, values, height=0.55, color=_ACCENT, alpha=0.35)
    for place, score in zip(places, scores, strict=True):
        if score.value is not None:
            axes.plot(score.interval, (place, place), color=_ACCENT, linewidth=1.4)
            axes.text(1.02, place, f"{score.value:.2f}  ({score.count})", va="center", color=_INK)
    axes.set_yticks(places, [score.label.strip() for score in scores])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel(label)
    return _svg(figure)


def draw_steps(steps: Sequence[tuple[str, int]], label: str) -> str:
    """Return counts that can only fall as bars, one a row; each says how many the step before lost."""
    figure, axes = _figure((_WIDE[0], 0.8 + _WIDE[1] * len(steps)))
    places = range(len(steps))
    most = max(count for _, count in steps)
    axes.barh(places, [count for _, count in steps], height=0.55, color=_ACCENT, alpha=0.35)
    before = steps[0][1]
    for place, (_, count) in enumerate(steps):
        lost = f"  (−{before - count})" if count < before else ""
        axes.text(count + 0.01 * most, place, f"{count}{lost}", va="center", color=_INK)
        before = count
    axes.set_yticks(places, [name for name, _ in steps])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.15 * most)
    axes.set_xlabel(label)
    return _svg(figure)


def draw_risk_coverage(curve: Sequence[tuple[float, float]]) -> str:
    """Return the share of wrong answers among those told, by how many are told, the surest first."""
    figure, axes = _figure(_SQUARE)
    axes.plot([coverage for coverage, _ in curve], [risk for _, risk in curve], color=_ACCENT, linewidth=1.6)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, max(0.05, 1.1 * max((risk for _, risk in curve), default=0.0)))
    axes.set_xlabel("share told, the surest first")
    axes.set_ylabel("share of them wrong")
    return _svg(figure)


def draw_reliability(bins: Sequence[Bin]) -> str:
    """Return how often answers were right by the confidence shown; on the diagonal it is what it says. Area tells the number of cases."""
    figure, axes = _figure(_SQUARE)
    most = max((one.count for one in bins), default=1)
    axes.plot((0, 1), (0, 1), color=_LINE, linewidth=1)
    axes.scatter(
        [one.confidence for one in bins],
        [one.accuracy for one in bins],
        s=[20 + 180 * one.count / most for one in bins],
        color=_ACCENT,
        alpha=0.6,
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("confidence shown")
    axes.set_ylabel("share right")
    return _svg(figure)


def draw_histogram(values: Sequence[float], label: str) -> str:
    """Return how often values lie in each of twenty stretches."""
    figure, axes = _figure(_SQUARE)
    axes.hist(values, bins=20, color=_ACCENT, alpha=0.5)
    axes.set_xlabel(label)
    axes.set_ylabel("questions")
    return _svg(figure)


def draw_growth(sizes: Sequence[int], lines: Mapping[str, Sequence[float]], label: str) -> str:
    """Return costs by size, both on logarithmic axes, one named line each; a cost of 0 is left out."""
    figure, axes = _figure((_SQUARE[0], _SQUARE[1] + 0.16 * len(lines)))
    for (name, values), style in zip(lines.items(), _LINES, strict=False):
        points = [(size, value) for size, value in zip(sizes, values, strict=True) if value > 0]
        xs, ys = [size for size, _ in points], [value for _, value in points]
        axes.plot(xs, ys, style, color=_ACCENT, linewidth=1.4, markersize=4, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("paragraphs")
    axes.set_ylabel(label)
    axes.legend(frameon=False, fontsize=9, labelcolor=_INK, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    return _svg(figure)


def _figure(size: tuple[float, float]) -> tuple[Figure, Axes]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="tight")
        return figure, figure.add_subplot()


def _svg(figure: Figure) -> str:
    """Return a figure as an SVG element without prologue, which scales with its place."""
    import matplotlib as mpl

    written = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = written.getvalue()
    text = text[text.index("<svg") :]
    for stand_in, colour in _COLOURS.items():
        text = text.replace(stand_in, colour)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'<svg([^>]*?) width="[^"]*"', r"<svg\1", text, count=1)
    text = re.sub(r'<svg([^>]*?) height="[^"]*"', r"<svg\1", text, count=1)
    return re.sub(r" xmlns(:xlink)?=\"[^\"]*\"", "", text.replace("<svg", '<svg role="img"', 1))
