"""What each part of the reader is worth: the known facts asked again and again, with one part more each time.

    python -m eval.ablation [--facts FILE --corpus FOLDER]

The first three rows quote the two best sentences by words and passage alone; the next ones add the passages that only their
meaning brings up, then the ranker and the features of one idea each, then margins instead of always two sentences, both
sides, and abstention. Weights are those of the shipped model, set to zero where a part is off; nothing is fitted again.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from eval.facts import read_facts
from eval.proofs import find_proofs
from eval.results import score
from index.locations import ROOT
from index.search import DENSE_WEIGHT
from rag import Assistant
from rag.composition import compose
from rag.evidence import FEATURES
from rag.fitted import fitted
from rag.question import add_aliases, read_question
from rag.retrieval import CLOSEST, retrieve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.facts import Fact
    from eval.proofs import Place
    from eval.results import Result
    from rag.fitted import Fitted

_PLAIN = ("coverage", "context coverage", "passage")
_ALWAYS = 1e9  # a margin that everything is within


@dataclass(frozen=True, slots=True)
class Step:
    """One row: which features count, how the search weighs meaning, and what is switched on."""

    name: str
    features: tuple[str, ...]
    dense_weight: float = DENSE_WEIGHT
    closest: int = 0
    margins: bool = False
    both_sides: bool = False
    abstention: bool = False


PLAIN_HYBRID = Step("hybrid", _PLAIN)
_CLOSE = (*_PLAIN, "cosine")
_RANKER = (*_CLOSE, "ranker")
_KIND = (*_RANKER, "kind fits", "kind missing")
_NAMES = (*_KIND, "names")
STEPS = (
    Step("keyword", _PLAIN, dense_weight=0.0),
    Step("dense", _PLAIN, dense_weight=1.0),
    PLAIN_HYBRID,
    Step("+ nearest by meaning", _CLOSE, closest=CLOSEST),
    Step("+ ranker", _RANKER, closest=CLOSEST),
    Step("+ kind of answer", _KIND, closest=CLOSEST),
    Step("+ names", _NAMES, closest=CLOSEST),
    Step("+ time", FEATURES, closest=CLOSEST),
    Step("+ margins", FEATURES, closest=CLOSEST, margins=True),
    Step("+ both sides", FEATURES, closest=CLOSEST, margins=True, both_sides=True),
    Step("+ abstention", FEATURES, closest=CLOSEST, margins=True, both_sides=True, abstention=True),
)


def main() -> None:
    """Ask every fact once a step, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=Path, default=ROOT / "eval" / "facts.jsonl")
    parser.add_argument("--corpus", type=Path)
    args = parser.parse_args()
    facts = read_facts(args.facts)
    assistant = Assistant(args.corpus, progress=True)
    print(f"{'':22s} {'right':>13s} {'conflicts':>10s} {'refused':>8s} {'wrongly':>8s} {'sentences':>9s}")
    for step in STEPS:
        print(f"{step.name:22s} {_row(facts, ask_all(facts, assistant, step))}", flush=True)


def ask_all(facts: Sequence[Fact], assistant: Assistant, step: Step) -> list[Result]:
    """Return what comes back for every fact with the parts of one step."""
    model = reduce_model(fitted(), step)
    return [_ask(fact, find_proofs(fact, assistant.index), assistant, step, model) for fact in facts]


def reduce_model(model: Fitted, step: Step) -> Fitted:
    """Return the model with what the step leaves out switched off."""
    weights = tuple(weight if name in step.features else 0.0 for name, weight in zip(FEATURES, model.evidence.weights, strict=True))
    margins = (model.evidence.margin, model.evidence.other_margin) if step.margins else (_ALWAYS, _ALWAYS)
    evidence = replace(model.evidence, weights=weights, margin=margins[0], other_margin=margins[1])
    return replace(model, evidence=evidence, confidence=replace(model.confidence, threshold=model.confidence.threshold * step.abstention))


def _ask(fact: Fact, proofs: Sequence[set[Place]], assistant: Assistant, step: Step, model: Fitted) -> Result:
    question = add_aliases(read_question(fact.question, fact.history), assistant.aliases)
    found = retrieve(question, assistant.index, assistant.corpus, dense_weight=step.dense_weight, closest=step.closest)
    answer = compose(found, model, most=None if step.margins else 2, both_sides=step.both_sides)
    return score(fact, answer, proofs, assistant.corpus, assistant.index)


def _row(facts: Sequence[Fact], results: Sequence[Result]) -> str:
    answerable = [result for result in results if result.answerable]
    conflicts = [result for fact, result in zip(facts, results, strict=True) if fact.kind == "conflict"]
    refused = [result for result in results if not result.answerable]
    right = sum(bool(result.right) for result in answerable)
    shares = (
        f"{right / len(answerable):.3f} {right:3d}/{len(answerable)}",
        f"{sum(bool(result.right) for result in conflicts)}/{len(conflicts)}",
        f"{sum(result.abstained for result in refused)}/{len(refused)}",
        f"{sum(result.abstained for result in answerable)}/{len(answerable)}",
        f"{sum(result.citations for result in answerable) / max(1, sum(not result.abstained for result in answerable)):.2f}",
    )
    return "{:>13s} {:>10s} {:>8s} {:>8s} {:>9s}".format(*shares)


if __name__ == "__main__":
    main()
