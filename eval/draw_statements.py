"""Draw statements that a chat model's answers show with a citation, to be read by a person: does the citation say it?

    python -m eval.draw_statements --model http://127.0.0.1:8080/v1 --number 100 > to_read.jsonl

All that the model wrote come first, then quotations drawn at random until there are enough. The reader adds a "verdict" ("supported" or
"not supported") and a "note" to each line; `eval/readings.jsonl` is such a file for SmolLM2 over the known facts.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eval.facts import read_facts
from index.errors import FactsError
from index.locations import ROOT
from rag import Assistant
from rag.answer import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag import Answer

READINGS = ROOT / "eval" / "readings.jsonl"
VERDICTS = frozenset({"supported", "not supported"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A statement that was shown, with what it cites, and what a person says of it.

    Attributes:
        fact: Id of the known fact that was asked.
        question: Of the fact.
        statement: As shown, without markers.
        written: Whether the model wrote it; else it is a quotation.
        cited: (source, paragraph, quote) of each of its citations.
        verdict: "supported" or "not supported"; "" before it is read.
        note: Why.
    """

    fact: str
    question: str
    statement: str
    written: bool
    cited: tuple[tuple[str, int, str], ...]
    verdict: str = ""
    note: str = ""


def list_statements(fact: str, question: str, answer: Answer) -> Iterator[Reading]:
    """Yield the statements of an answer that are shown with a citation."""
    citations = {citation.number: citation for citation in answer.citations}
    for statement in answer.statements:
        cited = [citations[number] for number in statement.citations]
        written = all(plain_text(citation.quote) != statement.text for citation in cited)
        if cited:
            places = tuple((citation.source, citation.paragraph, citation.quote) for citation in cited)
            yield Reading(fact=fact, question=question, statement=statement.text, written=written, cited=places)


def draw(readings: Iterable[Reading], number: int, *, seed: int = 0) -> list[Reading]:
    """Return all written statements, and quotations at random until there are `number` of both."""
    listed = list(dict.fromkeys(readings))
    written = [reading for reading in listed if reading.written]
    quoted = [reading for reading in listed if not reading.written]
    random.Random(seed).shuffle(quoted)  # noqa: S311 - a sample, not a secret
    return [*written, *quoted][: max(number, len(written))]


def read_readings(path: Path = READINGS) -> list[Reading]:
    """Read a file of readings.

    Raises:
        FactsError: A line is none, or its verdict is not one of `VERDICTS`.
    """
    readings = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            reading = Reading(**row | {"cited": tuple((source, paragraph, quote) for source, paragraph, quote in row["cited"])})
        except (ValueError, TypeError, KeyError) as error:
            raise FactsError(f"{path}, line {number}: no reading ({error}); expected what eval.draw_statements prints") from error
        if reading.verdict not in VERDICTS:
            raise FactsError(f'{path}, line {number}: the verdict is {reading.verdict!r}; expected "supported" or "not supported"')
        readings.append(reading)
    return readings


def main() -> None:
    """Ask every known fact and print the statements to read, a JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="who writes")
    parser.add_argument("--facts", type=Path, default=ROOT / "eval" / "facts.jsonl", help="known facts")
    parser.add_argument("--number", type=int, default=100, help="statements at least (default: 100)")
    args = parser.parse_args()
    assistant = Assistant(model=args.model, progress=True)
    assistant.open_model()
    answers = ((fact, assistant.ask(fact.question, fact.history)) for fact in read_facts(args.facts))
    shown = (reading for fact, answer in answers for reading in list_statements(fact.id, fact.question, answer))
    for reading in draw(shown, args.number):
        print(json.dumps(asdict(reading), ensure_ascii=False))


if __name__ == "__main__":
    main()
