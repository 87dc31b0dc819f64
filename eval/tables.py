"""Tables of figures: rows by columns, every figure with its interval and its denominator, for a terminal and as records.

What is compared is asked the same questions, so that a difference is one of pairs: its interval is that of the mean of the
differences, question by question, and not of two separate figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.scores import Score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    # Of each question yes or no, a figure, or None where it has none.
    Values = Sequence[float | None]
    # The values of the same questions in the same order, by measure.
    Measured = Mapping[str, Values]

_WIDTH = 30  # of a column at least, so that tables of one set stand in line


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measure.

    Attributes:
        label: Of what.
        scores: One a column; None where the column has no such figure.
    """

    label: str
    scores: tuple[Score | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Some measures side by side.

    Attributes:
        title: What was measured.
        columns: What each column is of.
        rows: The measures.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def records(self) -> list[dict[str, Any]]:
        """Return one JSON-ready record for each figure that has cases."""
        return [
            {
                "table": self.title,
                "measure": row.label,
                "column": column,
                "value": score.value,
                "interval": list(score.interval),
                "count": score.count,
                "hits": score.hits,
            }
            for row in self.rows
            for column, score in zip(self.columns, row.scores, strict=True)
            if score is not None and score.value is not None
        ]

    def __str__(self) -> str:
        """Title and columns, then a line for each row."""
        cells = [(self.title, *self.columns), *((f"  {row.label}", *(str(score or "-") for score in row.scores)) for row in self.rows)]
        widths = [max(_WIDTH, 2 + max(map(len, column))) for column in zip(*cells, strict=True)]
        return "\n".join("".join(f"{cell:{width}s}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells)


def score_values(label: str, values: Values) -> Score:
    """Return a share where every value that is there is yes or no, else a mean."""
    there = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in there):
        return Score.of_cases(label, [bool(value) for value in there])
    return Score.of_values(label, there)


def compare(label: str, *columns: Values) -> Row:
    """Return a row with a figure for each column, and how far the first is above the second, question by question.

    Args:
        label: Of the row.
        columns: Values of the same questions in the same order, at least two; a pair of which one is None is left out of the difference.

    >>> print(compare("right", [True, True], [True, False]).scores[-1])
    0.500  [0.000, 1.000]  n=2
    """
    first, second = columns[:2]
    pairs = [None if one is None or other is None else float(one) - float(other) for one, other in zip(first, second, strict=True)]
    return Row(label=label, scores=(*(score_values(label, values) for values in columns), Score.of_values("difference", pairs)))
