"""Fit the numbers that choose evidence, and that say when an answer is sure enough to give.

    python -m eval.fit_evidence --data FOLDER

1. Weights: for every answerable question of the weight sets, the sentences of the passages that a search finds, each
   labelled by whether it overlaps the evidence (and holds an accepted wording where the set has them); the weights
   maximise the likelihood that a softmax over the scores picks a labelled sentence, with a small L2 penalty.
2. Margin: a further sentence is worth giving when it raises the chance that the answer is held by at least
   `SENTENCE_COST`; the margin maximises `held - SENTENCE_COST * (sentences - 1)` on the same questions.
3. Confidence: a logistic curve over `rag.confidence.SIGNALS`, fitted on the even questions of the confidence sets,
   and on each answerable question of the weight sets twice: as it is, and with the paragraphs that answer it withheld.
   The threshold refuses as much as it can while `MAX_FALSE` of the answerable ones are refused at most.
   Questions that the ranker cannot read have a curve over one signal of their own, fitted on the even questions of the unread
   sets, as they are and withheld; it is shifted so that at the same threshold `MAX_FALSE` of the answerable ones are refused.
4. Short answers: the words that the ranker points at in a right sentence are given from the likelihood on at which
   `SHORT_RIGHT` of them are right, on the weight sets that have exact answers.

Every set is then measured: the confidence and unread sets on their odd questions, which nothing was fitted on, the weight sets on
what they were fitted on, and marked so. `--write` puts the result into `rag/models/evidence.json`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eval.ablation import PLAIN_HYBRID, reduce_model
from eval.bench import open_bench
from eval.cases import MAX_SHORT, draw_questions, gather
from eval.metrics import token_f1
from eval.metrics_statistics import wilson
from index.export import open_encoder
from rag.confidence import SIGNALS, ConfidenceModel
from rag.conflicts import read_value
from rag.evidence import FEATURES, EvidenceModel
from rag.fitted import FITTED, Fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from eval.bench import BenchSet
    from eval.cases import Case

WEIGHT_SETS = ("xquad-en", "covid-qa", "mtrag-un")
CONFIDENCE_SETS = ("squad2-500", "clapnq-dev", "timeqa-human-train")
UNREAD_SETS = ("xquad-zh", "cmrc2018-trial")
SENTENCE_COST = 0.03
MAX_FALSE = 0.02
SHORT_RIGHT = 0.8
OTHER_SOURCE = 0.5  # by how much the margin is wider for another document's best sentence

_PENALTY = 1e-3
_UNREAD, _COVERED = SIGNALS.index("unread"), SIGNALS.index("unread coverage")


def main() -> None:
    """Fit, measure, and with --write keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of question sets")
    parser.add_argument("--write", action="store_true", help=f"write {FITTED.name}")
    args = parser.parse_args()
    encoder = open_encoder()
    cases = {name: gather(open_bench(args.data / name, encoder)) for name in WEIGHT_SETS + CONFIDENCE_SETS + UNREAD_SETS}
    model = fit(cases)
    report(cases, model)
    if args.write:
        about = {
            "about": "Fitted by python -m eval.fit_evidence.",
            "weights and margins on": list(WEIGHT_SETS),
            "confidence on": [
                *(f"{name}, as it is and withheld" for name in WEIGHT_SETS),
                *(f"{name}, even questions" for name in CONFIDENCE_SETS),
                *(f"{name}, even questions, as they are and withheld" for name in UNREAD_SETS),
            ],
        }
        FITTED.write_text(json.dumps(about | model.to_dict(), indent=1) + "\n", encoding="utf-8")


def fit(cases: dict[str, list[Case]]) -> Fitted:
    """Fit weights, margins, curve and threshold."""
    evidence = _fit_evidence([[case for case in cases[name] if case.right.any()] for name in WEIGHT_SETS])
    answered = {name: [case for case in cases[name] if case.right.any()] for name in WEIGHT_SETS}
    natural = {name: [case for case in cases[name][::2] if len(case.rows)] for name in CONFIDENCE_SETS}
    groups = [_with_withheld(cases[name]) for name in WEIGHT_SETS]
    confidence = _fit_confidence(groups + list(natural.values()), evidence)
    return Fitted(
        evidence=evidence,
        confidence=fit_unread([_with_withheld(cases[name][::2]) for name in UNREAD_SETS], evidence, confidence),
        short_likely=_fit_short([case for name in WEIGHT_SETS for case in answered[name]]),
    )


def fitted_on(bench: BenchSet) -> frozenset[str]:
    """Return the ids of the questions of a set that the confidence and its threshold are fitted on."""
    halved = CONFIDENCE_SETS + UNREAD_SETS
    drawn = draw_questions(bench.questions) if bench.name in WEIGHT_SETS + halved else []
    return frozenset(one.id for one in (drawn[::2] if bench.name in halved else drawn))


def _fit_evidence(groups: Sequence[Sequence[Case]]) -> EvidenceModel:
    import numpy as np

    weights = tuple(_fit_weights(groups).tolist())
    margins = np.linspace(0, 4, 81)
    models = [EvidenceModel(weights=weights, margin=float(margin), other_margin=float(margin) + OTHER_SOURCE) for margin in margins]
    gains = [np.mean([_gain(group, model) for group in groups]) for model in models]
    return models[int(np.argmax(gains))]


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

    found: NDArray[np.float64] = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x
    return found


def _gain(group: Sequence[Case], model: EvidenceModel) -> float:
    orders = [case.told(model) for case in group]
    held = sum(bool(case.right[order].any()) for case, order in zip(group, orders, strict=True))
    return (held - SENTENCE_COST * sum(len(order) - 1 for order in orders)) / len(group)


def _fit_confidence(groups: Sequence[Sequence[Case]], evidence: EvidenceModel) -> ConfidenceModel:
    """Fit the curve, every set and in it both classes weighing the same; then the threshold."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    known = [[(case.answerable, read) for case in group if (read := case.signals(evidence))] for group in groups]
    signals = np.array([row for group in known for _, row in group])
    answerable = np.array([yes for group in known for yes, _ in group])
    balance = np.concatenate([_balance([yes for yes, _ in group]) for group in known])
    scaler = StandardScaler().fit(signals)
    curve = LogisticRegression().fit(scaler.transform(signals), answerable, sample_weight=balance * len(signals))
    weights = curve.coef_[0] / scaler.scale_
    offset = float(curve.intercept_[0] - weights @ scaler.mean_)
    model = ConfidenceModel(weights=tuple(weights.tolist()), offset=offset, threshold=0.0)
    sure = np.array([model.confidence(row) for row in signals[answerable]])
    return replace(model, threshold=_least(sure, balance[answerable]))


def fit_unread(groups: Sequence[Sequence[Case]], evidence: EvidenceModel, model: ConfidenceModel) -> ConfidenceModel:
    """Return the model with the weights of the signals for questions that the ranker cannot read, at its own threshold."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    known = [
        [(case.answerable, read[_COVERED]) for case in group if (read := case.signals(evidence)) and read[_UNREAD]] for group in groups
    ]
    shares = np.array([share for group in known for _, share in group])
    answerable = np.array([yes for group in known for yes, _ in group])
    balance = np.concatenate([_balance([yes for yes, _ in group]) for group in known])
    curve = LogisticRegression(C=1e4).fit(shares[:, None], answerable, sample_weight=balance * len(shares))
    slope = float(curve.coef_[0][0])
    at_threshold = float(np.log(model.threshold / (1 - model.threshold)))
    weights = list(model.weights)
    weights[_COVERED] = slope
    weights[_UNREAD] = at_threshold - slope * _least(shares[answerable], balance[answerable]) - model.offset
    return replace(model, weights=tuple(weights))


def _least(values: NDArray[np.float64], balance: NDArray[np.float64]) -> float:
    """Return the value below which `MAX_FALSE` of the values are, by weight."""
    import numpy as np

    order = np.argsort(values)
    below = np.cumsum(balance[order]) / balance.sum()
    return float(values[order][int(np.searchsorted(below, MAX_FALSE))])


def _with_withheld(cases: Sequence[Case]) -> list[Case]:
    """Return the answered cases, and each as if nothing answered it."""
    answered = [case for case in cases if case.right.any()]
    return answered + [case for case in (case.withhold() for case in answered) if len(case.rows)]


def _fit_short(cases: Sequence[Case]) -> float:
    """Return the least likelihood at which `SHORT_RIGHT` of the short answers at or above it are right."""
    told = []
    for case in cases:
        short = [answer for answer in case.answers if len(answer.split()) <= MAX_SHORT]
        if short:
            value = read_value(case.question, case.evidences[int(case.right.argmax())])
            told.append((value.likely, max(token_f1(value.text, answer) for answer in short) >= 0.5))
    told.sort(reverse=True)
    right, least = 0, 1.0
    for count, (likely, good) in enumerate(told, start=1):
        right += good
        if right >= SHORT_RIGHT * count:
            least = likely
    return least


def _balance(answerable: Sequence[bool]) -> NDArray[np.float64]:
    """Return weights that give both classes half."""
    import numpy as np

    yes = np.array(answerable)
    weights: NDArray[np.float64] = np.where(yes, 0.5 / max(1, yes.sum()), 0.5 / max(1, (~yes).sum()))
    return weights


def report(cases: dict[str, list[Case]], model: Fitted) -> None:
    """Print the numbers, and what they are worth, beside a plain hybrid that tells its two best sentences."""
    for name, weight in zip(FEATURES, model.evidence.weights, strict=True):
        print(f"{name:20s} {weight:7.3f}")
    print(f"margin {model.evidence.margin:.3f}\n")
    for name, weight in zip(SIGNALS, model.confidence.weights, strict=True):
        print(f"{name:20s} {weight:7.3f}")
    print(f"offset {model.confidence.offset:.3f}  threshold {model.confidence.threshold:.3f}  short from {model.short_likely:.3f}\n")
    print(f"{'set':22s}  asked  plain  first   told     (interval)  three  each   refused / wrongly / AUROC   (* fitted on)")
    for name, group in cases.items():
        unseen = _with_withheld(group[1::2]) if name in UNREAD_SETS else group[1::2] if name in CONFIDENCE_SETS else group
        marked = name + " *" * (name in WEIGHT_SETS)
        print(f"{marked:22s} {_shares([case for case in group if case.answerable], model)}   {_abstention(unseen, model)}")


def _shares(cases: Sequence[Case], model: Fitted) -> str:
    """Return how often evidence is right: of the plain hybrid's two sentences, the first, all that are told, and three."""
    plain = reduce_model(model, PLAIN_HYBRID).evidence
    told = [case.told(model.evidence) for case in cases]
    orders = [case.order(model.evidence) for case in cases]
    held = [
        sum(bool(case.right[chosen].any()) for case, chosen in zip(cases, choices, strict=True))
        for choices in ([case.order(plain)[:2] for case in cases], [order[:1] for order in orders], told, [order[:3] for order in orders])
    ]
    low, high = wilson(held[2], len(cases))
    first, second, third, fourth = (f"{count / len(cases):6.3f}" for count in held)
    each = sum(len(chosen) for chosen in told) / len(cases)
    return f"{len(cases):6d} {first} {second} {third} [{low:.3f}, {high:.3f}] {fourth} {each:5.2f}"


def _abstention(group: Sequence[Case], model: Fitted) -> str:
    from sklearn.metrics import roc_auc_score

    read = [case.signals(model.evidence) for case in group]
    sure = [model.confidence.confidence(signals) if signals else 0.0 for signals in read]
    refused = [one < model.confidence.threshold for one in sure]
    yes = [bad for bad, case in zip(refused, group, strict=True) if case.answerable]
    no = [bad for bad, case in zip(refused, group, strict=True) if not case.answerable]
    if not no:
        return f"- / {sum(yes)}/{len(yes)} / -"
    auroc = roc_auc_score([case.answerable for case in group], sure)
    return f"{sum(no)}/{len(no)} / {sum(yes)}/{len(yes)} / {auroc:.3f}"


if __name__ == "__main__":
    main()
