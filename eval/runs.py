"""Runs are kept: one JSON file each, in `runs/` beside the index that was asked.

A file holds what `pincite eval --json` prints: {"settings": {...}, "results": [...]}, the fields of `Run` and `Result` by name. It is
named by the start of its run in UTC, to the microsecond, and by a hash of what it holds, so names sort by time and
no run overwrites another. It is written whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from eval.costs import PRICE, Price
from eval.results import Result, Run
from index.errors import RunError
from index.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"\d{8}T\d{6}Z-\d{6}-[0-9a-f]{8}\.json")
_SETTINGS = frozenset({"started", "pincite", "python", "corpus", "encoder", "splitter", "model", "facts"})
_REQUIRED = frozenset(field.name for field in fields(Result) if field.default is MISSING)
# What JSON may hold for a field of a result, by the field's annotation.
_TYPES: dict[Any, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "bool | None": (bool, type(None)),
    "float | None": (float, int, type(None)),
    "int | None": (int, type(None)),
    "tuple[Place, ...]": (list,),
    "tuple[int, ...]": (list,),
}


def runs_folder(index_dir: Path) -> Path:
    """Return where the runs over an index are kept."""
    return index_dir / "runs"


def save_run(run: Run, folder: Path) -> Path:
    """Keep a run; the same run kept twice is one file.

    Args:
        run: With its settings complete, as `evaluate` returns it.
        folder: Made when it is missing.

    Returns:
        The new file.

    Raises:
        RunError: The folder cannot be written to.
    """
    text = json.dumps(run.to_dict(), indent=1)  # ASCII: the path of a corpus may hold what UTF-8 does not
    path = folder / f"{run.started:%Y%m%dT%H%M%SZ-%f}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    except OSError as error:
        raise RunError(f"the run cannot be kept in {folder} ({error}); expected a folder to write to: --index-dir FOLDER") from error
    return path


def find_runs(folder: Path) -> list[Path]:
    """Return the files of the runs that are kept in a folder, newest first; none for a folder that does not exist."""
    return sorted((path for path in folder.glob("*.json") if _NAME.fullmatch(path.name)), key=lambda path: path.name, reverse=True)


def read_run(path: Path) -> Run:
    """Read a run, from a file of any name.

    Raises:
        RunError: The file cannot be read, or does not hold a run; says what is wrong with it.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Run(settings=_read_settings(kept["settings"]), results=tuple(map(read_result, kept["results"])))
    except KeyError as error:
        raise RunError(f"{path} is not a run: {error} is missing; expected what this prints: pincite eval --json") from error
    except (OSError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise RunError(f"{path} is not a run ({error}); expected what this prints: pincite eval --json") from error


def _read_settings(kept: Any) -> dict[str, str]:
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise TypeError("its settings are not an object of strings")
    missing = sorted(_SETTINGS - set(kept))
    if missing:
        raise ValueError(f"its settings lack {', '.join(missing)}")
    started = dt.datetime.fromisoformat(kept["started"])
    if started.tzinfo is None:
        raise ValueError(f"started is {kept['started']!r}, which names no time zone")
    started.astimezone(dt.UTC)  # which the first and last days of all time cannot
    if PRICE in kept:
        Price.parse(kept[PRICE])
    return kept


def read_result(kept: Any) -> Result:
    """Read what `asdict` and JSON made of a result.

    Raises:
        TypeError: It is no object, or a field is of another type.
        ValueError: Fields are missing, or unknown.
    """
    if not isinstance(kept, dict):
        raise TypeError(f"a result is {type(kept).__name__}, not an object")
    types = {field.name: _TYPES[field.type] for field in fields(Result)}
    missing, unknown = sorted(_REQUIRED - set(kept)), sorted(set(kept) - set(types))
    if missing or unknown:
        raise ValueError(f"a result lacks {', '.join(missing) or 'nothing'} and has {', '.join(unknown) or 'nothing'} too much")
    wrong = [name for name, value in kept.items() if type(value) not in types[name]]
    if wrong:
        raise TypeError(f"a result's {wrong[0]} is {kept[wrong[0]]!r}")
    cited = tuple((str(source), int(paragraph)) for source, paragraph in kept["cited"])
    return Result(**kept | {"cited": cited, "ranks": tuple(map(int, kept.get("ranks", ())))})
