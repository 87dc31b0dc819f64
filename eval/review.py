"""A file of proposals, read by a person: each decision is written at once, so that an interrupted review loses nothing.

A proposal is a line with the field `proposed`. Accepting it takes the field away, rejecting it takes the line away; every other line
stays as it is, byte for byte. The file is read again before each decision, so two readers of one file lose nothing of each other's.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.facts import read_fact
from index.errors import FactsError
from index.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of a proposal, for `Review.take_back`.

    Attributes:
        line: As it was.
        instead: What stands in its place; "" where it was taken out.
        at: Lines that stood before it.
    """

    line: str
    instead: str
    at: int


class Review:
    """The proposals of a file, one after the other."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            FactsError: It cannot be read, or a line of it is no JSON object.
        """
        self._path = path
        self._lines = _read_lines(path)

    def lines(self) -> list[str]:
        """Return all lines, known facts and proposals."""
        return list(self._lines)

    def proposals(self) -> list[str]:
        """Return the lines that are proposals, in the order of the file."""
        return [line for line in self._lines if is_proposal(line)]

    def accept(self, line: str) -> Decision:
        """Make a proposal a known fact.

        Raises:
            FactsError: It is not one yet, such as one without answers, or it is no longer in the file; nothing is changed.
        """
        row = json.loads(line)
        del row["proposed"]
        read_fact(row)
        return self._put(line, json.dumps(row, ensure_ascii=False))

    def reject(self, line: str) -> Decision:
        """Take a proposal out of the file.

        Raises:
            FactsError: It is no longer in the file.
        """
        return self._put(line, "")

    def change(self, line: str, changed: dict[str, Any]) -> str:
        """Put another wording in a proposal's place, and return its line; it stays a proposal.

        Raises:
            FactsError: It is no longer in the file.
        """
        new = json.dumps(changed | {"proposed": changed.get("proposed") or json.loads(line)["proposed"]}, ensure_ascii=False)
        self._put(line, new)
        return new

    def take_back(self, decision: Decision) -> None:
        """Put a proposal back where it was.

        Raises:
            FactsError: What came of it has been changed since.
        """

        def put_back(lines: list[str]) -> None:
            if decision.instead:
                lines[self._find(lines, decision.instead)] = decision.line
            else:
                lines.insert(decision.at, decision.line)

        self._change(put_back)

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Append lines; an id that the file has already gets a further letter."""
        new = list(rows)

        def append(lines: list[str]) -> None:
            ids = {str(json.loads(line).get("id")) for line in lines}
            for row in new:
                name = str(row.get("id"))
                while name in ids:
                    name += "b"
                ids.add(name)
                lines.append(json.dumps(row | {"id": name}, ensure_ascii=False))

        self._change(append)

    def leave_out(self) -> int:
        """Take out every proposal that nobody has decided on; return how many."""
        count = len(self.proposals())
        self._change(lambda lines: lines.__setitem__(slice(None), [line for line in lines if not is_proposal(line)]))
        return count

    def _put(self, line: str, instead: str) -> Decision:
        at = 0

        def put(lines: list[str]) -> None:
            nonlocal at
            at = self._find(lines, line)
            lines[at : at + 1] = [instead] if instead else []

        self._change(put)
        return Decision(line=line, instead=instead, at=at)

    def _find(self, lines: list[str], line: str) -> int:
        if line not in lines:
            raise FactsError(f"{json.loads(line).get('question')!r} is no longer in {self._path} as it was; look at what stands there now")
        return lines.index(line)

    def _change(self, change: Callable[[list[str]], None]) -> None:
        """Read the file again, change its lines, and write it whole, while no other review does."""
        with _alone(self._path):
            lines = _read_lines(self._path)
            change(lines)
            _write_lines(self._path, lines)
        self._lines = lines


class Aside:
    """What was rejected or reworded, as it was proposed: one JSON object a line, beside the index, so that none of it is proposed again."""

    def __init__(self, path: Path) -> None:
        """Name the file, which may not be there."""
        self._path = path

    def rows(self) -> list[dict[str, Any]]:
        """Return the lines.

        Raises:
            FactsError: The file cannot be read.
        """
        return [json.loads(line) for line in self._lines()]

    def put(self, line: str) -> None:
        """Add a proposal.

        Raises:
            FactsError: The file cannot be written.
        """
        with _alone(self._path):
            self._write([*self._lines(), line])

    def take_back(self, line: str) -> None:
        """Take the last such proposal out again; one that is not there changes nothing."""
        with _alone(self._path):
            lines = self._lines()
            if line in lines:
                del lines[len(lines) - 1 - lines[::-1].index(line)]
                self._write(lines)

    def _lines(self) -> list[str]:
        return _read_lines(self._path) if self._path.exists() else []

    def _write(self, lines: list[str]) -> None:
        _write_lines(self._path, lines)


_PATIENCE = 60  # seconds that another program may take over a change of the file


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other threads and processes from changing a file meanwhile; they wait."""
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=_PATIENCE):
            yield
    except Timeout as error:
        raise FactsError(f"another program has been changing {path} for {_PATIENCE} seconds; end it, and try again") from error
    except OSError as error:
        raise FactsError(f"{path.parent} cannot be written ({error.strerror}); choose another folder") from error


def _read_lines(path: Path) -> list[str]:
    try:
        lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise FactsError(f"{path} cannot be read ({error}); expected what this writes: pincite eval new --out FILE") from error
    for number, line in enumerate(lines, start=1):
        parse_row(line, f"{path}, line {number}")
    return lines


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, "".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise FactsError(f"{path} cannot be written ({error}); make room, or take a file of your own") from error


def is_proposal(line: str) -> bool:
    """Say whether a line of a file of facts is a proposal that nobody has accepted."""
    return bool(json.loads(line).get("proposed"))


def parse_row(text: str, where: str) -> dict[str, Any]:
    """Return the JSON object that a text holds.

    Raises:
        FactsError: It holds none.
    """
    try:
        row = json.loads(text)
    except ValueError as error:
        raise FactsError(f"{where}: {error}; expected one JSON object") from error
    if not isinstance(row, dict):
        raise FactsError(f"{where}: a {type(row).__name__}; expected one JSON object")
    return row


def show(line: str) -> str:
    """Return a proposal as a reader judges it: question, answer, the words that prove it, and where it comes from."""
    row = json.loads(line)
    answers = row.get("answers")
    told = "(not written yet)" if answers is None else "; ".join(map(_wordings, answers)) or "(the documents do not answer)"
    history = [f"before:   {asked} - {said}" for asked, said in row.get("history", ())]
    quotes = dict.fromkeys(f'in:       {entry["source"]}: "{entry["quote"]}"' for entry in row.get("evidence", ()))
    head = [f"question: {row.get('question')}", f"answer:   {told}"]
    return "\n".join([*history, *head, *quotes, f"from:     {row.get('proposed')}"])


def _wordings(part: str | list[str]) -> str:
    return part if isinstance(part, str) else " | ".join(part)


def rated_row(question: str, said: str, reason: str, history: list[tuple[str, str]], number: int) -> dict[str, Any]:
    """Return an answer that somebody called wrong as a proposal, whose answer is to be written.

    Args:
        question: As asked.
        said: What was answered.
        reason: Why it is wrong, "" when they did not say.
        history: Earlier questions with their answers.
        number: For its id.
    """
    return {
        "id": f"r{number:03}",
        "kind": "rated wrong",
        "question": question,
        "history": [list(turn) for turn in history],
        "answers": None,
        "evidence": [],
        "proposed": f"rated wrong{f' ({reason})' if reason else ''}: {' '.join(said.split())}",
    }
