"""Ask every known fact: `Fact -> Result`, and all of them a `Run`."""

from __future__ import annotations

import datetime as dt
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from eval.proofs import find_proofs
from eval.results import Result, Run, score
from rag.chat_models import describe_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eval.facts import Fact
    from eval.partial import Partial
    from rag import Assistant


def evaluate(facts: Sequence[Fact], assistant: Assistant, *, progress: bool = False, partial: Partial | None = None) -> Run:
    """Ask every fact.

    Args:
        facts: From `eval.facts.read_facts`.
        assistant: Over the corpus that the facts are about.
        progress: Show a progress bar with the running score on standard error.
        partial: Where the results so far are kept, and those of the first facts if they were asked before; see `eval.partial`.

    Raises:
        FactsError: A fact's evidence does not stand in the corpus.
    """
    from tqdm import tqdm

    settings = partial.settings if partial else run_settings(facts, assistant)
    results = list(partial.done) if partial else []
    right = sum(not result.missed for result in results)
    with tqdm(total=len(facts), initial=len(results), desc="asking", unit="fact", disable=not progress) as bar:
        for result in ask_facts(facts[len(results) :], assistant):
            results.append(result)
            right += not result.missed
            if partial:
                partial.add(result)
            bar.set_postfix_str(f"{right / len(results):.2f} right", refresh=False)
            bar.update()
    return Run(settings=settings, results=tuple(results))


def run_settings(facts: Sequence[Fact], assistant: Assistant) -> dict[str, str]:
    """Return what a run that starts now is run with: the settings of a `Run`.

    The keys are "started" (ISO 8601, UTC), "pincite" and "python" (versions), "corpus" (its folder), "encoder", "splitter" (versions of
    theirs), "model" (who writes) and "facts" (how many).
    """
    manifest = assistant.index.manifest
    return {
        "started": dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
        "pincite": _version(),
        "python": platform.python_version(),
        "corpus": str(assistant.corpus),
        "encoder": manifest.encoder,
        "splitter": str(manifest.splitter),
        "model": describe_model(assistant.model),
        "facts": str(len(facts)),
    }


def _version() -> str:
    try:
        return version("pincite")
    except PackageNotFoundError:  # a checkout that its user put on the path
        return "not installed"


def ask_facts(facts: Sequence[Fact], assistant: Assistant) -> Iterator[Result]:
    """Ask one fact at each step, for a caller with a progress of its own, or one that may stop early.

    Raises:
        FactsError: A fact's evidence does not stand in the corpus; at the first step, before anything is asked.
    """
    index = assistant.index
    proofs = [find_proofs(fact, index) for fact in facts]
    for fact, parts in zip(facts, proofs, strict=True):
        yield score(fact, assistant.ask(fact.question, fact.history), parts, assistant.corpus, assistant.index)
