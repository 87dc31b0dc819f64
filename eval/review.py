"""A file of proposals, read by a person: each decision is written at once, so that an interrupted review loses nothing.

A proposal is a line with the field `proposed`. Accepting it takes the field away, rejecting it takes the line away; every other line
stays as it is, byte for byte.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from eval.facts import read_fact
from index.errors import FactsError

if TYPE_CHECKING:
    from pathlib import Path


class Review:
    """The proposals of a file, one after the other."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            FactsError: It cannot be read, or a line of it is no JSON object.
        """
        self._path = path
        try:
            self._lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise FactsError(f"{path} cannot be read ({error}); expected what this writes: pincite eval new --out FILE") from error
        for number, line in enumerate(self._lines, start=1):
            parse_row(line, f"{path}, line {number}")

    def proposals(self) -> list[str]:
        """Return the lines that are proposals, in the order of the file."""
        return [line for line in self._lines if json.loads(line).get("proposed")]

    def accept(self, line: str) -> None:
        """Make a proposal a known fact.

        Raises:
            FactsError: It is not one yet, such as one without answers; nothing is changed.
        """
        row = json.loads(line)
        del row["proposed"]
        read_fact(row)
        self._put(line, [json.dumps(row, ensure_ascii=False)])

    def reject(self, line: str) -> None:
        """Take a proposal out of the file."""
        self._put(line, [])

    def change(self, line: str, changed: dict[str, Any]) -> str:
        """Put another wording in a proposal's place, and return its line; it stays a proposal."""
        new = json.dumps(changed | {"proposed": changed.get("proposed") or json.loads(line)["proposed"]}, ensure_ascii=False)
        self._put(line, [new])
        return new

    def _put(self, line: str, instead: list[str]) -> None:
        at = self._lines.index(line)
        self._lines[at : at + 1] = instead
        written = self._path.with_name(f"{self._path.name}.new")
        try:
            with written.open("w", encoding="utf-8") as stream:
                stream.write("".join(f"{one}\n" for one in self._lines))
                stream.flush()
                os.fsync(stream.fileno())
            written.replace(self._path)
        except OSError as error:
            raise FactsError(f"{self._path} cannot be written ({error}); make room, or take a file of your own") from error


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
