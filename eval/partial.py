"""A run while it is being made: its results so far on the disk, so that an interrupted one goes on where it was.

The file lies beside the kept runs and is named by a hash of all that the results depend on: the facts, the settings, the index, the code
and weights. Anything else begins anew. A finished run removes it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TextIO

from eval.run import run_settings
from eval.runs import read_result
from index.files import sha256_file
from index.locations import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from eval.facts import Fact
    from eval.results import Result
    from rag import Assistant

_ROOMS = ("index", "rag", "eval")
_CODE = frozenset({".py", ".json", ".onnx"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """The beginning of a run.

    Attributes:
        settings: Of the run, with the time at which it was started first.
        done: The results of the facts that were asked, in the order of the facts.
        stream: Where further ones are kept; None where they cannot be.
    """

    settings: dict[str, str]
    done: tuple[Result, ...]
    stream: TextIO | None

    def add(self, result: Result) -> None:
        """Keep the result of a fact, whichever is answered next."""
        if self.stream is not None:
            self.stream.write(json.dumps({"started": self.settings["started"], "result": asdict(result)}) + "\n")
            self.stream.flush()


@contextlib.contextmanager
def open_partial(facts: Sequence[Fact], assistant: Assistant, folder: Path) -> Iterator[Partial]:
    """Give a run what an interrupted one of the same facts, settings and versions has left.

    The file is removed when the block ends well, and kept when it is left by an error or an interruption. A folder that cannot be
    written to, and one in which the same run is being made at this moment, keep nothing.

    Args:
        facts: All of the run's.
        assistant: That is to be asked.
        folder: Where runs are kept; made when it is missing.
    """
    from filelock import FileLock, Timeout

    settings = run_settings(facts, assistant)
    path = folder / f"partial-{_fingerprint(facts, assistant, settings)}.jsonl"
    lock = path.with_suffix(".lock")
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(lock, timeout=0))
            started, done = _read(path, facts)
            stream = stack.enter_context(path.open("w", encoding="utf-8"))
        except (OSError, Timeout):
            yield Partial(settings=settings, done=(), stream=None)
            return
        partial = Partial(settings=settings | ({"started": started} if done else {}), done=done, stream=stream)
        for result in done:  # without what was cut off in the middle of a line
            partial.add(result)
        yield partial
    path.unlink()
    lock.unlink(missing_ok=True)


def _read(path: Path, facts: Sequence[Fact]) -> tuple[str, tuple[Result, ...]]:
    """Return when an interrupted run was started, and its results, as far as they are whole, in the order of the facts."""
    started = ""
    done: dict[str, Result] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            kept = json.loads(line)
            result, begun = read_result(kept["result"]), str(kept["started"])
        except (ValueError, KeyError, TypeError):  # the line that was being written
            continue
        started = begun
        done[result.id] = result
    return started, tuple(done[fact.id] for fact in facts if fact.id in done)


def _fingerprint(facts: Sequence[Fact], assistant: Assistant, settings: dict[str, str]) -> str:
    """Return a hash of what the results of a run depend on."""
    files = [path for room in _ROOMS for path in sorted((ROOT / room).rglob("*")) if path.suffix in _CODE]
    aliases = assistant.index_dir / "aliases.json"
    depends = {
        "facts": [asdict(fact) for fact in facts],
        "settings": {name: value for name, value in settings.items() if name != "started"},
        "time limit": assistant.time_limit,
        "index": assistant.index.manifest.files,
        "aliases": aliases.read_text(encoding="utf-8") if aliases.is_file() else "",
        "code": {path.relative_to(ROOT).as_posix(): sha256_file(path) for path in files},
    }
    return hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()[:16]
