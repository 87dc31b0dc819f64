"""Ask every known fact: `Fact -> Result`, and all of them a `Run`, which is the same however many are asked at once, but for its times."""

from __future__ import annotations

import datetime as dt
import functools
import platform
import threading
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from eval.proofs import find_proofs
from eval.results import Result, Run, score
from eval.together import run_together
from rag.chat_models import describe_model
from rag.pacing import Pace

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from eval.facts import Fact
    from eval.partial import Partial
    from eval.proofs import Place
    from rag import Assistant


def evaluate(
    facts: Sequence[Fact], assistant: Assistant, *, progress: bool = False, partial: Partial | None = None, workers: int = 1
) -> Run:
    """Ask every fact.

    Args:
        facts: From `eval.facts.read_facts`.
        assistant: Over the corpus that the facts are about.
        progress: Show a progress bar with the running score on standard error.
        partial: Where the results so far are kept, and those of the facts that were asked before; see `eval.partial`.
        workers: How many facts are asked at once, 1 or more.

    Raises:
        FactsError: A fact's evidence does not stand in the corpus.
        BusyError: The chat model had no room for too long.
    """
    from tqdm import tqdm

    settings = partial.settings if partial else run_settings(facts, assistant)
    results = list(partial.done) if partial else []
    right = sum(not result.missed for result in results)
    asked = {result.id for result in results}
    left = [fact for fact in facts if fact.id not in asked]
    with (
        tqdm(total=len(facts), initial=len(results), desc="asking", unit="fact", disable=not progress) as bar,
        closing(ask_facts(left, assistant, workers=workers)) as come,
    ):
        for result in come:
            results.append(result)
            right += not result.missed
            if partial:
                partial.add(result)
            bar.set_postfix_str(f"{right / len(results):.2f} right", refresh=False)
            bar.update()
    place = {fact.id: number for number, fact in enumerate(facts)}
    return Run(settings=settings, results=tuple(sorted(results, key=lambda result: place[result.id])))


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


def ask_facts(
    facts: Sequence[Fact], assistant: Assistant, *, workers: int = 1, stop: threading.Event | None = None
) -> Generator[Result, None, None]:
    """Ask the facts, for a caller with a progress of its own, or one that may stop early by closing this.

    Args:
        facts: From `eval.facts.read_facts`.
        assistant: Over the corpus that the facts are about.
        workers: With 1 a fact is asked at each step; with more so many are asked at once, and come as they are answered.
        stop: Once set, from whichever thread, a chat model is not read any further; what comes then is no result.

    Raises:
        FactsError: A fact's evidence does not stand in the corpus; at the first step, before anything is asked.
        BusyError: The chat model had no room for too long.
    """
    index = assistant.index
    proofs = [find_proofs(fact, index) for fact in facts]
    stopped, pace = stop or threading.Event(), Pace(workers)

    def ask(fact: Fact, parts: list[set[Place]]) -> Result:
        *_, answer = assistant.stream(fact.question, fact.history, stop=stopped, pace=pace)
        return score(fact, answer, parts, assistant.corpus, assistant.index)

    yield from run_together([functools.partial(ask, fact, parts) for fact, parts in zip(facts, proofs, strict=True)], workers, stopped)
