"""The measures agree with independent implementations: trec_eval, scikit-learn, scipy, and SQuAD's rules as published."""

from __future__ import annotations

import collections
import re
import string

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from eval.metrics import sentence_precision, sentence_recall, squad_exact, squad_f1, squad_normalise
from eval.metrics_confidence import aurc, auroc, calibration_error, reliability, risk_coverage
from eval.metrics_ranking import ndcg_at, recall_at, reciprocal_rank
from eval.metrics_statistics import bootstrap_cases, mcnemar

CLOSE = 1e-6
WORDS = st.lists(
    st.sampled_from(["The", "a", "an", "60", "4,810", "35.10%", "firms", "Firms,", "it's", "“the”", "co-op", "!", "École"]), max_size=7
)
TEXTS = WORDS.map(" ".join) | st.text(max_size=20)
CASES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40)


# SQuAD 2.0, as the rules of its evaluate-v2.0.py are published.


def published_normalize(s: str) -> str:
    s = "".join(ch for ch in s.lower() if ch not in set(string.punctuation))
    return " ".join(re.compile(r"\b(a|an|the)\b", re.UNICODE).sub(" ", s).split())


def published_exact(gold: str, pred: str) -> int:
    return int(published_normalize(gold) == published_normalize(pred))


def published_f1(gold: str, pred: str) -> float:
    gold_toks, pred_toks = published_normalize(gold).split(), published_normalize(pred).split()
    common = collections.Counter(gold_toks) & collections.Counter(pred_toks)
    num_same = sum(common.values())
    if len(gold_toks) == 0 or len(pred_toks) == 0:
        return int(gold_toks == pred_toks)
    if num_same == 0:
        return 0
    precision, recall = num_same / len(pred_toks), num_same / len(gold_toks)
    return (2 * precision * recall) / (precision + recall)


@given(said=TEXTS, wordings=st.lists(TEXTS, max_size=4))
def test_words_are_compared_as_squad_does(said: str, wordings: list[str]) -> None:
    """The best of the gold answers; of a question without any, the empty one."""
    golds = [gold for gold in wordings if published_normalize(gold)] or [""]
    assert squad_normalise(said) == published_normalize(said)
    assert squad_exact(said, wordings) == bool(max(published_exact(gold, said) for gold in golds))
    assert squad_f1(said, wordings) == pytest.approx(max(published_f1(gold, said) for gold in golds), abs=CLOSE)


# Ranking.


@given(count=st.integers(1, 15), relevant=st.sets(st.integers(1, 25), min_size=1), k=st.sampled_from([1, 3, 5, 10]))
def test_a_ranking_is_measured_as_trec_eval_does(count: int, relevant: set[int], k: int) -> None:
    """Of 25 documents the first ones are retrieved, without ties, and any may be relevant."""
    run = {"q": {f"d{rank}": float(-rank) for rank in range(1, count + 1)}}
    asked = {f"recall.{k}", f"ndcg_cut.{k}", "recip_rank"}
    measured = pytrec_eval.RelevanceEvaluator({"q": {f"d{rank}": 1 for rank in relevant}}, asked).evaluate(run)["q"]
    ranks = sorted(rank for rank in relevant if rank <= count)
    assert recall_at(k, ranks, len(relevant)) == pytest.approx(measured[f"recall_{k}"], abs=CLOSE)
    assert ndcg_at(k, ranks, len(relevant)) == pytest.approx(measured[f"ndcg_cut_{k}"], abs=CLOSE)
    assert reciprocal_rank(ranks[0] if ranks else None) == pytest.approx(measured["recip_rank"], abs=CLOSE)


def test_a_ranking_in_which_nothing_is_relevant_has_no_score() -> None:
    assert recall_at(5, [], 0) is None
    assert ndcg_at(5, [], 0) is None


# Confidence.


@given(CASES | st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.booleans()), max_size=12))
def test_the_area_under_the_roc_curve_is_scikit_learns(cases: list[tuple[float, bool]]) -> None:
    """Ties or not; without both classes there is none."""
    if len({deserved for _, deserved in cases}) < 2:
        assert auroc(cases) is None
    else:
        assert auroc(cases) == pytest.approx(roc_auc_score([d for _, d in cases], [c for c, _ in cases]), abs=CLOSE)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30, unique_by=lambda case: case[0]))
def test_the_area_under_risk_and_coverage_is_the_mean_risk_of_every_threshold(cases: list[tuple[float, bool]]) -> None:
    """Straight from the definition: for each confidence as the threshold, the share of wrong ones among those at least as sure."""
    risks = []
    for threshold, _ in cases:
        told = [deserved for confidence, deserved in cases if confidence >= threshold]
        risks.append(told.count(False) / len(told))
    assert aurc(cases) == (pytest.approx(sum(risks) / len(risks), abs=CLOSE) if cases else None)


def test_equal_confidences_share_their_errors() -> None:
    """Two of 0.9, one of them wrong: a risk of a half after one of them and after both, in either order."""
    for cases in ([(0.9, True), (0.9, False), (0.1, False)], [(0.1, False), (0.9, False), (0.9, True)]):
        assert [share for share, _ in risk_coverage(cases)] == pytest.approx([1 / 3, 2 / 3, 1])
        assert [risk for _, risk in risk_coverage(cases)] == pytest.approx([1 / 2, 1 / 2, 2 / 3])


@given(CASES, st.integers(1, 12))
def test_bins_hold_every_case_once_and_the_error_is_their_mean_gap(cases: list[tuple[float, bool]], bins: int) -> None:
    """A case is in the bin that its confidence times the number of bins names; 1.0 in the last."""
    found = reliability(cases, bins=bins)
    assert sum(one.count for one in found) == len(cases)
    gap = 0.0
    for at in range(bins):
        held = [case for case in cases if min(int(case[0] * bins), bins - 1) == at]
        gap += abs(sum(deserved for _, deserved in held) - sum(confidence for confidence, _ in held))
    assert calibration_error(cases, bins=bins) == (pytest.approx(gap / len(cases), abs=CLOSE) if cases else None)


# Citations. Texts are sets of letters; together they tell a statement when they hold all its letters.


def tells(statement: str, texts: tuple[str, ...]) -> bool:
    return set(statement) <= set("".join(texts))


@pytest.mark.parametrize(
    ("cited", "recall", "precision"),
    [
        (("ab",), 1.0, 1.0),
        (("a", "b"), 1.0, 1.0),  # both are needed
        (("ab", "abc"), 1.0, 1.0),  # each tells it alone
        (("ab", "x"), 1.0, 0.5),  # the second adds nothing
        (("a", "b", "a"), 1.0, 1 / 3),  # either a can go, the b cannot
        (("a", "x"), 0.0, 0.0),
        ((), 0.0, None),
    ],
)
def test_citations_are_counted_as_alce_does(cited: tuple[str, ...], recall: float, precision: float | None) -> None:
    """One statement, "ab"."""
    assert sentence_recall([("ab", cited)], tells) == recall
    assert sentence_precision([("ab", cited)], tells) == (None if precision is None else pytest.approx(precision))


def test_without_statements_there_is_nothing_to_cite() -> None:
    assert sentence_recall([], tells) is None
    assert sentence_precision([], tells) is None


# Statistics.


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_paired_test_is_the_binomial_one(lost: int, won: int) -> None:
    exact = binomtest(won, lost + won, 0.5).pvalue if lost + won else 1.0
    assert mcnemar(lost, won) == pytest.approx(exact, abs=CLOSE)


def test_the_interval_of_a_statistic_of_cases_leaves_out_samples_without_a_value() -> None:
    """Of two cases half the samples are of one class; the others all have an area of 1."""
    assert bootstrap_cases([(0.9, True), (0.1, False)], auroc) == (1.0, 1.0)
    assert bootstrap_cases([(0.9, True)], auroc) == (0.0, 1.0)
    assert bootstrap_cases([], auroc) == (0.0, 1.0)
