"""Two runs side by side: which questions were won and lost, and whether that is more than chance.

A question is the same in both when its text and its accepted answers are. Right is what `Result.missed` denies: a right answer, or an
abstention where there is none. Only questions in both are compared.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from eval.costs import count_spent
from eval.metrics_statistics import mcnemar
from eval.scores import Score, abstention_recall, answer_accuracy

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from eval.costs import Spent
    from eval.results import Result, Run

LEVEL = 0.05  # p below which a difference is told, by custom
_LABEL = 30

Pair = tuple["Result", "Result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changed from one run to the next.

    Attributes:
        pairs: What came back for each question that is in both, before and now, in the order of now.
        only_before: Questions of the earlier run alone.
        only_now: Questions of the later run alone.
        settings: What the runs were run with, where that differs: before and now.
        spent: What a chat model took for the questions in both: before and now.
    """

    pairs: tuple[Pair, ...]
    only_before: int
    only_now: int
    settings: dict[str, tuple[str, str]]
    spent: tuple[Spent, Spent]

    @property
    def won(self) -> list[Pair]:
        """Missed before and right now."""
        return [(before, now) for before, now in self.pairs if before.missed and not now.missed]

    @property
    def lost(self) -> list[Pair]:
        """Right before and missed now."""
        return [(before, now) for before, now in self.pairs if now.missed and not before.missed]

    @property
    def probability(self) -> float:
        """How probable so large a difference is between equally good runs; see `mcnemar`."""
        return mcnemar(len(self.lost), len(self.won))

    @property
    def verdict(self) -> str:
        """Whether a difference can be told, in words."""
        p = f"p = {self.probability:.3f}" if self.probability >= 0.001 else "p < 0.001"
        if self.probability >= LEVEL:
            return f"no difference can be told with {_questions(self.pairs)} ({p})"
        return f"{'better' if len(self.won) > len(self.lost) else 'worse'} than before, by more than chance ({p})"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "questions": len(self.pairs),
            "only_before": self.only_before,
            "only_now": self.only_now,
            "settings": {name: list(values) for name, values in self.settings.items()},
            "scores": [{"label": before.label, "before": asdict(before), "now": asdict(now)} for before, now in _scores(self.pairs)],
            "spent": {"before": self.spent[0].to_dict(), "now": self.spent[1].to_dict()},
            "p": self.probability,
            "verdict": self.verdict,
            "won": [_change_dict(pair) for pair in self.won],
            "lost": [_change_dict(pair) for pair in self.lost],
        }


def compare_runs(before: Run, now: Run) -> Difference:
    """Compare two runs, question by question.

    Questions that stand several times in a run are paired by their ids, and those left over in their order.
    """
    pairs, befores, nows = _pair(before.results, now.results, lambda one: (one.question, one.expected, one.answerable, one.id))
    more, befores, nows = _pair(befores, nows, lambda one: (one.question, one.expected, one.answerable))
    place = {id(result): at for at, result in enumerate(now.results)}
    names = [name for name in before.settings | now.settings if name not in {"started", "facts"}]
    differing = {name: (before.settings.get(name, "-"), now.settings.get(name, "-")) for name in names}
    both = sorted([*pairs, *more], key=lambda pair: place[id(pair[1])])
    return Difference(
        pairs=tuple(both),
        only_before=len(befores),
        only_now=len(nows),
        settings={name: values for name, values in differing.items() if values[0] != values[1]},
        spent=(count_spent([one for one, _ in both], before.settings), count_spent([one for _, one in both], now.settings)),
    )


def render_difference(difference: Difference) -> str:
    """Return a comparison for a terminal: the figures of the questions in both, the verdict, then every question that changed."""
    alone = [f"{count} only {when}" for count, when in ((difference.only_before, "before"), (difference.only_now, "now")) if count]
    lines = [", ".join([f"{_questions(difference.pairs)} in both", *alone])]
    lines += [f"{name}: {before} -> {now}" for name, (before, now) in difference.settings.items()]
    lines.append("")
    for before, now in _scores(difference.pairs):
        lines += [f"{before.label + ', before':{_LABEL}s} {before}", f"{now.label + ', now':{_LABEL}s} {now}"]
    for when, spent in zip(("before", "now"), difference.spent, strict=True):
        lines += [f"{f'{label}, {when}':{_LABEL}s} {text}" for label, text in spent.lines()]
    lines += ["", f"won {len(difference.won)}, lost {len(difference.lost)}: {difference.verdict}"]
    for word, changed in (("won", difference.won), ("lost", difference.lost)):
        lines += [line for pair in changed for line in _describe(word, *pair)]
    return "\n".join(lines)


def _pair(
    befores: Iterable[Result], nows: Iterable[Result], key: Callable[[Result], Hashable]
) -> tuple[list[Pair], list[Result], list[Result]]:
    """Return the results that have the same key, in their order, then the others of each run."""
    waiting: defaultdict[Hashable, list[Result]] = defaultdict(list)
    for before in befores:
        waiting[key(before)].append(before)
    pairs: list[Pair] = []
    left = []
    for now in nows:
        if waiting[key(now)]:
            pairs.append((waiting[key(now)].pop(0), now))
        else:
            left.append(now)
    return pairs, [before for held in waiting.values() for before in held], left


def _scores(pairs: Sequence[Pair]) -> list[tuple[Score, Score]]:
    befores, nows = [before for before, _ in pairs], [now for _, now in pairs]
    right = [Score.of_cases("right, all questions", [not one.missed for one in run]) for run in (befores, nows)]
    both = [(figure(befores), figure(nows)) for figure in (answer_accuracy, abstention_recall)]
    return [*both, (right[0], right[1])]


def _questions(pairs: Sequence[Pair]) -> str:
    return f"{len(pairs)} question{'' if len(pairs) == 1 else 's'}"


def _describe(word: str, before: Result, now: Result) -> list[str]:
    return ["", f"{word}: {now.id} [{now.kind}] {now.question}", f"  before: {before.answer}", f"  now:    {now.answer}"]


def _change_dict(pair: Pair) -> dict[str, str]:
    before, now = pair
    return {"id": now.id, "kind": now.kind, "question": now.question, "expected": now.expected, "before": before.answer, "now": now.answer}
