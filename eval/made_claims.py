"""Claims made of public question sets: true ones of a question and its answer, false ones by one change.

The true ones are in people's own words, those of the question. The false ones differ from them in a figure, unit, year, name, negation
or direction, or stand beside a neighbouring paragraph that does not hold the answer. The claims of WiCE are people's own, with
their verdicts; those that are carried in part are left out.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from eval.bench import read_lines
from eval.claims import Claim
from eval.statements import declare, deny
from eval.twins import Strangers, change_figure, change_name, change_opposite
from index.errors import FactsError
from index.terms import split_terms
from rag.date_checks import find_years

if TYPE_CHECKING:
    from pathlib import Path

QUESTIONS = ("xquad-en", "squad2-500")
CLAIMS = "wice-dev"
_SEED = 7
_UNITS = (
    ("million", "billion"), ("billion", "million"), ("percent", "people"), ("%", " million"), ("years", "months"), ("months", "years"),
    ("days", "weeks"), ("hours", "days"), ("minutes", "hours"), ("miles", "metres"), ("km", "miles"), ("dollars", "euros"), ("$", "€"),
)  # fmt: skip


def make_claims(data: Path) -> list[Claim]:
    """Return the claims of all sets of a data folder, in a fixed order.

    Raises:
        FactsError: A set is missing.
    """
    for name in (*QUESTIONS, CLAIMS):
        if not (data / name / "questions.jsonl").is_file():
            raise FactsError(f"{data} holds no {name}/questions.jsonl; expected a folder with the sets {', '.join((*QUESTIONS, CLAIMS))}")
    return [claim for name in QUESTIONS for claim in _of_questions(data / name)] + _of_people(data / CLAIMS)


def _of_questions(folder: Path) -> list[Claim]:
    rng = random.Random(f"{_SEED} {folder.name}")  # noqa: S311
    paragraphs = {row["id"]: row["text"].split("\n\n") for row in read_lines(folder / "corpus.jsonl")}
    rows = [row for row in read_lines(folder / "questions.jsonl") if row["evidence"] and row["answers"]]
    strangers = Strangers([row["question"] for row in rows])
    claims = []
    for row in rows:
        texts = paragraphs[row["evidence"][0]["doc"]]
        place = next((place for place, text in enumerate(texts) if row["evidence"][0]["text"] in text), None)
        statement = declare(row["question"], row["answers"][0])
        if place is None or statement is None:
            continue
        made = {"true: words": (statement, texts[place])}
        made |= {f"false: {kind}": (changed, texts[place]) for kind, changed in _changes(statement, texts[place], texts, strangers, rng)}
        near = [text for text in texts[max(0, place - 1) : place + 2] if row["answers"][0].casefold() not in text.casefold()]
        if near:
            made["false: neighbour"] = (statement, near[0])
        claims += [
            Claim(id=f"{row['id']} {kind}", kind=kind, statement=said, paragraph=paragraph) for kind, (said, paragraph) in made.items()
        ]
    return claims


def _changes(statement: str, paragraph: str, texts: list[str], strangers: Strangers, rng: random.Random) -> list[tuple[str, str]]:
    """Return the ways in which a statement can be made false by one change."""
    figure = change_figure(statement, paragraph, texts, rng)
    is_year = bool(figure) and find_years(statement) != find_years(figure or "")
    found = [
        ("year" if is_year else "figure", figure),
        ("unit", change_unit(statement, paragraph)),
        ("name", change_name(statement, paragraph, texts, strangers, rng)),
        ("negation", deny(statement)),
        ("direction", change_opposite(statement, paragraph)),
    ]
    return [(kind, changed) for kind, changed in found if changed]


def change_unit(statement: str, stated: str) -> str | None:
    """Return the statement with a unit behind a figure exchanged for one that `stated` does not hold, None when it has none."""
    for unit, other in _UNITS:
        written = rf"(?<=\d)\s?{re.escape(unit)}" if not unit.startswith("$") else r"\$(?=\d)"
        if re.search(written, statement) and other.strip() not in stated:
            return re.sub(written, other if unit in "%$" else f" {other}", statement, count=1)
    return None


def _of_people(folder: Path) -> list[Claim]:
    texts = {row["id"]: row["text"] for row in read_lines(folder / "corpus.jsonl")}
    claims = []
    for row in read_lines(folder / "questions.jsonl"):
        said = row["question"]
        if row["type"] == "supported":
            paragraph = "\n".join(entry["text"] for entry in row["evidence"])
            claims.append(Claim(id=row["id"], kind="true: people's", statement=said, paragraph=paragraph))
        elif row["type"] == "not_supported":
            terms = set(split_terms(said))
            paragraph = max(texts[row["scope_doc"]].split("\n\n"), key=lambda text: len(terms & set(split_terms(text))))
            claims.append(Claim(id=row["id"], kind="false: people's", statement=said, paragraph=paragraph))
    return claims
