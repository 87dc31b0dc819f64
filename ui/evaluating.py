"""Runs of the evaluation for the page: which facts, a run that can be followed and stopped, and the runs that were kept."""

from __future__ import annotations

import logging
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from eval.facts import find_facts, own_facts, read_facts
from eval.results import Run
from eval.review import Review
from eval.run import ask_facts, run_settings
from eval.runs import find_runs, read_run, runs_folder, save_run
from index.errors import FactsError, PinciteError, RunError
from ui.chat import sentence
from ui.evaluation import KeptRun, ListedRun, Progress, render_evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from eval.results import Result
    from rag import Assistant

_STOPPED = "Stopped; nothing of it was kept."
MAX_KEPT = 10  # runs to choose from

_log = logging.getLogger("pincite")


class Evaluating:
    """The evaluation panel over one assistant; one run at a time, a new one ends the one before."""

    def __init__(self, assistant: Assistant, facts_file: Path | None = None) -> None:
        """Take what is evaluated; nothing is read yet.

        Args:
            assistant: Answers, with its own model.
            facts_file: Known facts that are named for the documents; None takes what `eval.facts.find_facts` finds.
        """
        self.assistant = assistant
        self.facts_file = facts_file
        self._own = own_facts(assistant.index_dir)
        self.folder = runs_folder(assistant.index_dir)
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def show(self, name: str | None = None, notice: str = "") -> str:
        """Return the panel with a kept run.

        Args:
            name: Of the run's file; None shows the last one.
            notice: What else has to be said.
        """
        kept = last_runs(self.folder)
        shown = None
        for one in [*([name] if name else []), *(last.name for last in kept[:1])]:
            try:
                shown = open_run(self.folder, one)
                break
            except RunError as error:
                notice = sentence(error)
        facts, left = self._count()
        return render_evaluation(shown, kept, facts=facts, left=left, notice=notice)

    def run(self, *, own: bool = False) -> Iterator[str]:
        """Yield the panel while every known fact is asked, and at the end with the run, or with why there is none.

        Args:
            own: Ask those that were judged here, also where the checkout has facts of its own.
        """
        stop = threading.Event()
        with self._lock:
            self._stop.set()
            self._stop = stop
        path = (self.facts_file or self._own) if own else self._find()
        kept, (facts, _) = last_runs(self.folder), self._count()
        step: Progress | KeptRun | None = None
        try:
            for step in run_evaluation(self.assistant, path, self.folder, stop=stop):
                if isinstance(step, Progress):
                    yield render_evaluation(None, kept, facts=facts, progress=step)
            yield self.show(notice="" if isinstance(step, KeptRun) else _STOPPED)
        except PinciteError as error:
            yield self.show(notice=sentence(error))

    def stop(self) -> None:
        """End the run that is going on, once the question that is being asked is answered; its own last panel says so."""
        self._stop.set()

    def _find(self) -> Path | None:
        return find_facts(self.assistant.corpus, self.facts_file, self._own)

    def _count(self) -> tuple[int | None, int]:
        """Return how many known facts there are to ask, None when there is no file of them, and how many proposals are not judged."""
        path = self._find()
        try:
            left = len(Review(path).proposals()) if path else 0
            return (None if path is None else 0 if left else len(read_facts(path))), left
        except FactsError as error:  # which running them says, too
            _log.warning("%s", error)
            return 0, 0


def run_evaluation(
    assistant: Assistant, facts: Path | None, folder: Path, *, every: float = 0.5, stop: threading.Event | None = None
) -> Iterator[Progress | KeptRun]:
    """Ask every known fact; yield how far it is, and at the end the run, which is kept by then.

    Closing the iterator, which it notices when the answer that is being made is there, ends the run and keeps nothing.

    Args:
        assistant: Answers, with its own model.
        facts: The file of known facts, None when there is none.
        folder: Where runs are kept.
        every: Seconds between two yields, at the least; 0 yields after every fact.
        stop: Once set, from whichever thread, nothing more is asked and nothing is kept.

    Raises:
        FactsError: There are no known facts about the documents, or they cannot be used.
        ModelError: The assistant's chat model cannot be used; what came out would not be the model's.
        RunError: The run cannot be kept.
        PinciteError: The documents or the index cannot be used.
    """
    if facts is None:
        raise FactsError(f"there are no known facts about {assistant.corpus}; name a file of them: pincite serve --facts FILE")
    asked = read_facts(facts)
    yield Progress(done=0, total=len(asked), right=0)
    assistant.open_model()
    settings = run_settings(asked, assistant)
    results: list[Result] = []
    shown = time.monotonic()
    for result in ask_facts(asked, assistant, stop=stop):
        if stop is not None and stop.is_set():
            return
        results.append(result)
        if time.monotonic() - shown >= every:
            shown = time.monotonic()
            yield Progress(done=len(results), total=len(asked), right=sum(not one.missed for one in results))
    run = Run(settings=settings, results=tuple(results))
    yield KeptRun(name=save_run(run, folder).name, run=run)


def open_run(folder: Path, name: str) -> KeptRun:
    """Return a kept run by the name of its file.

    Raises:
        RunError: No run of that name is kept in the folder, or its file does not hold one.
    """
    path = next((path for path in find_runs(folder) if path.name == name), None)  # so that a name cannot lead out of the folder
    if path is None:
        raise RunError(f"no run {name!r} is kept in {folder}; expected one that is listed")
    return KeptRun(name=name, run=read_run(path))


def last_runs(folder: Path, most: int = MAX_KEPT) -> tuple[ListedRun, ...]:
    """Return what is listed of the runs that were kept last, newest first; a file that does not hold one is named in the log and left out.

    A file is read once, and again when it has changed.
    """
    kept = []
    for path in find_runs(folder)[:most]:
        try:
            state = path.stat()
            kept.append(_list_run(path, state.st_mtime_ns, state.st_size))
        except (OSError, RunError) as error:
            _log.warning("%s", error)
    return tuple(kept)


@lru_cache(maxsize=16 * MAX_KEPT)
def _list_run(path: Path, _changed: int, _bytes: int) -> ListedRun:
    return ListedRun.of(KeptRun(name=path.name, run=read_run(path)))
