"""Fit the linear model that chooses evidence, and when to abstain.

    python -m eval.fit_evidence --data FOLDER

1. Weights: for every answerable question of the fitting sets, the sentences of the passages that a search finds, each
   labelled by whether it overlaps the evidence (and holds an accepted wording where the set has them); the weights
   maximise the likelihood that a softmax over the scores picks a labelled sentence, with a small L2 penalty.
2. Margin: a further sentence is worth giving when it raises the chance that the answer is held by at least
   `SENTENCE_COST`; the margin maximises `held - SENTENCE_COST * (sentences - 1)` on the fitting sets.
3. Confidence: a logistic curve over the best score, fitted on the even questions of the abstention sets; the
   threshold refuses as much as it can while at most `MAX_FALSE` of those answerable questions are refused.

Everything is then measured on what was not fitted on. `--write` puts the result into `rag/models/evidence.json`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.bench import open_bench, overlaps
from eval.metrics import holds
from index.export import open_encoder
from rag.assistant import HITS
from rag.evidence import FEATURES, EvidenceModel, rank_evidence
from rag.question import read_question
from rag.selection import MAX_STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from eval.bench import BenchQuestion, BenchSet
    from rag.evidence import Evidence

WEIGHT_SETS = ("xquad-en", "covid-qa", "mtrag-un")
ABSTENTION_SETS = ("squad2-500", "clapnq-dev")
TEST_SETS = ("squad2-500", "clapnq-dev", "timeqa-human-train")
SENTENCE_COST = 0.03
MAX_FALSE = 0.03
OTHER_SOURCE = 0.5  # by how much the margin is wider for another document's best sentence

_MOST_QUESTIONS = 400  # of one set
_PENALTY = 1e-3
# Before there is a model: what is promising enough to be read by the ranker.
_START = EvidenceModel(
    weights=(1.0, 3.0, 3.0, 3.0, 0.5, -0.5, 0.0, 0.0, 0.0), margin=0.0, other_margin=0.0, slope=1.0, offset=0.0, threshold=0.0
)
_OUT = Path(__file__).resolve().parent.parent / "rag" / "models" / "evidence.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question: the features of its candidate sentences, which of them are right, and whether any can be."""

    rows: NDArray[np.float64]
    right: NDArray[np.bool_]
    answerable: bool


def main() -> None:
    """Fit, measure, and with --write keep the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of question sets")
    parser.add_argument("--write", action="store_true", help=f"write {_OUT.name}")
    args = parser.parse_args()
    encoder = open_encoder()
    names = dict.fromkeys(WEIGHT_SETS + ABSTENTION_SETS + TEST_SETS)
    cases = {name: gather(open_bench(args.data / name, encoder)) for name in names}
    model = fit_model(cases)
    report(cases, model)
    if args.write:
        _OUT.write_text(json.dumps(_card(model), indent=1) + "\n", encoding="utf-8")


def gather(bench: BenchSet) -> list[Case]:
    """Return the cases of a set, at most `_MOST_QUESTIONS` of them, evenly drawn."""
    asked = [question for question in bench.questions if question.evidence or question.unanswerable]
    return [_case(bench, question) for question in asked[:: max(1, len(asked) // _MOST_QUESTIONS)]]


def fit_model(cases: dict[str, list[Case]]) -> EvidenceModel:
    """Fit weights, margin, curve and threshold."""
    import numpy as np

    fitting = [[case for case in cases[name] if case.right.any()] for name in WEIGHT_SETS]
    weights = _fit_weights(fitting)
    margins = np.linspace(0, 4, 81)
    gains = [np.mean([_gain(group, weights, margin) for group in fitting]) for margin in margins]
    margin = float(margins[int(np.argmax(gains))])
    curve = [case for name in ABSTENTION_SETS for case in cases[name][::2] if len(case.rows)]
    best = np.array([max(case.rows @ weights) for case in curve])
    slope, offset = _fit_curve(best, np.array([case.answerable for case in curve]))
    model = EvidenceModel(
        weights=tuple(weights.tolist()), margin=margin, other_margin=margin + OTHER_SOURCE, slope=slope, offset=offset, threshold=0.0
    )
    threshold = float(np.quantile([_confidence(case, model) for case in curve if case.answerable], MAX_FALSE))
    return replace(model, threshold=threshold)


def report(cases: dict[str, list[Case]], model: EvidenceModel) -> None:
    """Print the weights, and how often the first, any of the chosen, and any of three sentences is right."""
    for name, weight in zip(FEATURES, model.weights, strict=True):
        print(f"{name:20s} {weight:7.3f}")
    print(f"margin {model.margin:.3f}  slope {model.slope:.3f}  offset {model.offset:.3f}  threshold {model.threshold:.3f}\n")
    print(f"{'set':22s} {'answerable':>10s} {'first':>7s} {'chosen':>7s} {'three':>7s} {'each':>5s}   refused / wrongly refused / AUROC")
    for name, group in cases.items():
        answerable = [case for case in group if case.answerable]
        test = group[1::2] if name in ABSTENTION_SETS else group
        orders = [_chosen(case, model) for case in answerable]
        shares = [
            sum(bool(len(order)) and bool(case.right[order[:1]].any()) for case, order in zip(answerable, orders, strict=True)),
            sum(bool(case.right[order].any()) for case, order in zip(answerable, orders, strict=True)),
            sum(bool(case.right[_order(case, model)[:3]].any()) for case in answerable),
        ]
        cells = " ".join(f"{share / len(answerable):7.3f}" for share in shares)
        each = sum(len(order) for order in orders) / len(answerable)
        print(f"{name:22s} {len(answerable):10d} {cells} {each:5.2f}   {_abstention(test, model)}")


def _case(bench: BenchSet, question: BenchQuestion) -> Case:
    import numpy as np

    understood = read_question(question.question, question.history)
    ranked = rank_evidence(understood, bench.index.search(understood.searched, k=HITS), bench.index, _START)
    return Case(
        rows=np.array([evidence.features for evidence in ranked]).reshape(len(ranked), len(FEATURES)),
        right=np.array([_is_right(evidence, question) for evidence in ranked], dtype=np.bool_),
        answerable=not question.unanswerable,
    )


def _is_right(evidence: Evidence, question: BenchQuestion) -> bool:
    place = (evidence.paragraph.source, (evidence.start, evidence.end))
    if question.unanswerable or not any(overlaps(place, true) for true in question.evidence):
        return False
    short = [answer for answer in question.answers if len(answer.split()) <= 12]
    return not short or any(holds(evidence.text, answer) for answer in short)


def _fit_weights(groups: Sequence[Sequence[Case]]) -> NDArray[np.float64]:
    """Maximise the mean over the sets of the log-likelihood that a labelled sentence is picked."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, gradient = _PENALTY * float(weights @ weights), 2 * _PENALTY * weights
        for group in groups:
            for case in group:
                scores = case.rows @ weights
                every, right = logsumexp(scores), logsumexp(scores[case.right])
                total -= float(right - every) / (len(group) * len(groups))
                picked = np.exp(scores - every) - np.where(case.right, np.exp(scores - right), 0.0)
                gradient = gradient + picked @ case.rows / (len(group) * len(groups))
        return total, gradient

    fitted: NDArray[np.float64] = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x
    return fitted


def _gain(group: Sequence[Case], weights: NDArray[np.float64], margin: float) -> float:
    model = EvidenceModel(weights=tuple(weights), margin=margin, other_margin=margin, slope=1, offset=0, threshold=0)
    orders = [_chosen(case, model) for case in group]
    held = sum(bool(case.right[order].any()) for case, order in zip(group, orders, strict=True))
    return (held - SENTENCE_COST * sum(len(order) - 1 for order in orders)) / len(group)


def _chosen(case: Case, model: EvidenceModel) -> NDArray[np.int64]:
    scores = case.rows @ model.weights
    order = _order(case, model)[:MAX_STATEMENTS]
    return order[scores[order] >= scores.max() - model.margin] if len(order) else order


def _order(case: Case, model: EvidenceModel) -> NDArray[np.int64]:
    import numpy as np

    return np.argsort(-(case.rows @ model.weights), kind="stable")


def _fit_curve(scores: NDArray[np.float64], answerable: NDArray[np.bool_]) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(class_weight="balanced").fit(scores[:, None], answerable)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _confidence(case: Case, model: EvidenceModel) -> float:
    return model.confidence(float((case.rows @ model.weights).max())) if len(case.rows) else 0.0


def _abstention(group: Sequence[Case], model: EvidenceModel) -> str:
    from sklearn.metrics import roc_auc_score

    confidences = [_confidence(case, model) for case in group]
    refused = [confidence < model.threshold for confidence in confidences]
    yes = [bad for bad, case in zip(refused, group, strict=True) if case.answerable]
    no = [bad for bad, case in zip(refused, group, strict=True) if not case.answerable]
    if not no:
        return f"- / {sum(yes)}/{len(yes)} / -"
    auroc = roc_auc_score([case.answerable for case in group], confidences)
    return f"{sum(no)}/{len(no)} / {sum(yes)}/{len(yes)} / {auroc:.3f}"


def _card(model: EvidenceModel) -> dict[str, Any]:
    return {
        "about": "Linear evidence model; fitted by python -m eval.fit_evidence.",
        "fitted on": {
            "weights and margin": list(WEIGHT_SETS),
            "curve and threshold": [f"{name}, even questions" for name in ABSTENTION_SETS],
        },
        "weights": {name: round(weight, 4) for name, weight in zip(FEATURES, model.weights, strict=True)},
        "margin": round(model.margin, 4),
        "other_margin": round(model.other_margin, 4),
        "slope": round(model.slope, 4),
        "offset": round(model.offset, 4),
        "threshold": round(model.threshold, 4),
    }


if __name__ == "__main__":
    main()
