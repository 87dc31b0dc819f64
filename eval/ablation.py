"""What each part of the reader is worth: the known facts asked again and again, with one part more each time, then with one part less.

    pincite eval --ablation [--facts FILE --corpus FOLDER --model NAME]

The first three steps quote the two best sentences by words and passage alone; the next ones add the passages that only their
meaning brings up, then the ranker and the features of one idea each, then margins instead of always two sentences, both
sides, and abstention. The last ones leave a single part out of the whole, since what a part adds depends on what is there already.
Weights are those of the shipped model, set to zero where a part is off; nothing is fitted again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eval.metrics_statistics import mcnemar
from eval.proofs import find_proofs
from eval.results import score
from eval.run import ask_facts
from eval.scores import Score, abstention_recall, answer_accuracy
from index.search import DENSE_WEIGHT
from rag.aliases import Aliases
from rag.chat_models import EXTRACTIVE, describe_model
from rag.composition import compose
from rag.evidence import FEATURES
from rag.fitted import fitted
from rag.question import read_question
from rag.retrieval import CLOSEST, retrieve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from eval.facts import Fact
    from eval.results import Result
    from index.search import ParagraphIndex
    from rag import Answer, Assistant
    from rag.fitted import Fitted
    from rag.question import Question

_PLAIN = ("coverage", "context coverage", "passage")
_ALWAYS = 1e9  # a margin that everything is within


@dataclass(frozen=True, slots=True)
class Step:
    """One row: which features count, how the search weighs meaning, and what is switched on."""

    name: str
    features: tuple[str, ...]
    dense_weight: float = DENSE_WEIGHT
    closest: int = 0
    other_names: bool = True
    margins: bool = False
    both_sides: bool = False
    abstention: bool = False


PLAIN_HYBRID = Step("hybrid", _PLAIN)
_CLOSE = (*_PLAIN, "cosine")
_RANKER = (*_CLOSE, "ranker")
_KIND = (*_RANKER, "kind fits", "kind missing")
_NAMES = (*_KIND, "names")
WHOLE = Step("+ abstention", FEATURES, closest=CLOSEST, margins=True, both_sides=True, abstention=True)
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
    WHOLE,
)


def _without(*features: str) -> tuple[str, ...]:
    return tuple(feature for feature in FEATURES if feature not in features)


LESS = (
    replace(WHOLE, name="- search by words", dense_weight=1.0),
    replace(WHOLE, name="- search by meaning", dense_weight=0.0, closest=0, features=_without("cosine")),
    replace(WHOLE, name="- nearest by meaning", closest=0),
    replace(WHOLE, name="- other names", other_names=False),
    replace(WHOLE, name="- ranker", features=_without("ranker")),
    replace(WHOLE, name="- kind of answer", features=_without("kind fits", "kind missing")),
    replace(WHOLE, name="- names", features=_without("names")),
    replace(WHOLE, name="- time", features=_without("year fits", "year differs")),
    replace(WHOLE, name="- margins", margins=False),
    replace(WHOLE, name="- both sides", both_sides=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablated:
    """What came back for every fact with the parts of one step.

    Attributes:
        name: Of the step; a chat model's for the row that it wrote.
        results: In the order of the facts.
        beside: The results of the step that it is compared with: the one before, or the whole; None for none.
    """

    name: str
    results: tuple[Result, ...]
    beside: tuple[Result, ...] | None

    @property
    def scores(self) -> tuple[Score, ...]:
        """Right answers, of those to questions about conflicts, and how often questions were declined, rightly and wrongly."""
        answerable = [result for result in self.results if result.answerable]
        return (
            answer_accuracy(self.results),
            Score.of_cases("conflicts", [bool(result.right) for result in answerable if result.kind == "conflict"]),
            abstention_recall(self.results),
            Score.of_cases("false abstentions", [result.abstained for result in answerable]),
        )

    @property
    def sentences(self) -> float:
        """Sentences cited for an answer, on the mean over the answerable questions that were not declined; 0 without any."""
        told = [result.citations for result in self.results if result.answerable and not result.abstained]
        return sum(told) / len(told) if told else 0.0

    @property
    def probability(self) -> float | None:
        """How probable so large a difference in right answers is between equally good steps; None where there is nothing beside it."""
        if self.beside is None:
            return None
        pairs = [(bool(one.right), bool(two.right)) for one, two in zip(self.beside, self.results, strict=True) if one.answerable]
        return mcnemar(sum(one and not two for one, two in pairs), sum(two and not one for one, two in pairs))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready record."""
        scores = {
            one.label: {"value": one.value, "interval": list(one.interval), "hits": one.hits, "count": one.count} for one in self.scores
        }
        return {"step": self.name, **scores, "sentences": self.sentences, "p": self.probability}

    def __str__(self) -> str:
        """A line of the table."""
        cells = "".join(f"{score!s:31s}" for score in self.scores)
        chance = "" if self.probability is None else f"{self.probability:.3f}"
        return f"{self.name:22s} {cells}{self.sentences:9.2f}  {chance:>5s}".rstrip()


HEAD = f"{'':22s} {'right':31s}{'conflicts right':31s}{'refused':31s}{'wrongly refused':31s}sentences      p"
FOOT = (
    "+ has one part more than the row above; - is the whole without one part. p: how probable so large a difference in right answers is\n"
    "by chance, against the row above for +, against the whole for - and for a chat model (McNemar, exact;\n"
    "not corrected for the number of rows)."
)


def ablate(facts: Sequence[Fact], assistant: Assistant, *, progress: bool = False) -> list[Ablated]:
    """Return a row a step; where the assistant has a chat model, a last one of what that writes, beside the quotations.

    Args:
        facts: Known facts.
        assistant: Over the corpus that they are about.
        progress: Show a progress bar on standard error.

    Raises:
        FactsError: A fact's evidence does not stand in the corpus.
    """
    results = ask_steps(facts, assistant, (*STEPS, *LESS), progress=progress)
    more, less, whole = results[: len(STEPS)], results[len(STEPS) :], results[len(STEPS) - 1]
    before = [None, *more]
    rows = [
        Ablated(name=step.name, results=found, beside=earlier if step.name.startswith("+") else None)
        for step, found, earlier in zip(STEPS, more, before, strict=False)
    ]
    rows += [Ablated(name=step.name, results=found, beside=whole) for step, found in zip(LESS, less, strict=True)]
    if assistant.model != EXTRACTIVE:
        written = tuple(ask_facts(facts, assistant))
        rows.append(Ablated(name=f"written by {describe_model(assistant.model)}", results=written, beside=whole))
    return rows


def ask_steps(facts: Sequence[Fact], assistant: Assistant, steps: Sequence[Step], *, progress: bool = False) -> list[tuple[Result, ...]]:
    """Return, for each step, what comes back for every fact.

    A fact is asked in all steps before the next one is, because the ranker remembers the sentences that it read last.
    """
    from tqdm import tqdm

    models, index = [reduce_model(fitted(), step) for step in steps], assistant.index
    results: list[list[Result]] = [[] for _ in steps]
    for fact in tqdm(facts, unit="fact", disable=not progress):
        question, proofs = read_question(fact.question, fact.history), find_proofs(fact, index)
        for step, model, found in zip(steps, models, results, strict=True):
            answer = answer_step(question, index, assistant.corpus, aliases=assistant.aliases, step=step, model=model)
            found.append(score(fact, answer, proofs, assistant.corpus, index))
    return [tuple(found) for found in results]


def answer_step(question: Question, index: ParagraphIndex, corpus: Path, *, aliases: Aliases, step: Step, model: Fitted) -> Answer:
    """Return the answer to a question with the parts of one step.

    Args:
        question: As read.
        index: Of the documents.
        corpus: Their folder.
        aliases: The other names that they give.
        step: What is switched on.
        model: From `reduce_model` for the same step.
    """
    names = aliases if step.other_names else Aliases()
    found = retrieve(question, index, corpus, aliases=names, dense_weight=step.dense_weight, closest=step.closest)
    return compose(found, model, most=None if step.margins else 2, both_sides=step.both_sides)


def reduce_model(model: Fitted, step: Step) -> Fitted:
    """Return the model with what the step leaves out switched off."""
    weights = tuple(weight if name in step.features else 0.0 for name, weight in zip(FEATURES, model.evidence.weights, strict=True))
    margins = (model.evidence.margin, model.evidence.other_margin) if step.margins else (_ALWAYS, _ALWAYS)
    evidence = replace(model.evidence, weights=weights, margin=margins[0], other_margin=margins[1])
    return replace(model, evidence=evidence, confidence=replace(model.confidence, threshold=model.confidence.threshold * step.abstention))
