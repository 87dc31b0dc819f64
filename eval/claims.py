"""Claims with known verdicts: statements, each with the paragraph that it is checked against, and how often `verify` is right.

A file of claims holds one JSON object a line, with the paragraph itself or with where it stands:

    {"id": "c1", "kind": "false: year", "statement": "...", "source": "a.txt", "quote": "verbatim words of the paragraph"}
    {"id": "c2", "kind": "true: words", "statement": "...", "paragraph": "..."}

A kind says whether the paragraph supports the statement, and how the statement was made.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.metrics_statistics import wilson
from index.errors import FactsError
from index.paragraphs import split_paragraphs
from index.sources import read_source
from rag.support import verify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rag.answer import Statement

_PLACED = {"id", "kind", "statement", "source", "quote"}
_GIVEN = {"id", "kind", "statement", "paragraph"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A statement, and the paragraph that supports it or does not.

    Attributes:
        id: Unique in its file.
        kind: "true: ..." or "false: ...", and how it was made.
        statement: One sentence.
        paragraph: The text that it is checked against.
    """

    id: str
    kind: str
    statement: str
    paragraph: str

    @property
    def true(self) -> bool:
        """Whether the paragraph supports the statement."""
        return self.kind.startswith("true")


def read_claims(path: Path, corpus: Path) -> list[Claim]:
    """Read a file of claims about the documents of a corpus.

    Raises:
        FactsError: The file cannot be read, or a line is no claim; names the line.
        SourceError: A document cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FactsError(f"{path} cannot be read ({error}); expected a JSON Lines file of claims") from error
    claims = []
    for number, line in enumerate(lines, start=1):
        try:
            claims.append(_claim(json.loads(line), corpus))
        except (ValueError, TypeError, KeyError) as error:
            raise FactsError(f"{path}, line {number}: {error}; expected a claim as described in eval/claims.py") from error
    return claims


def _claim(row: dict[str, Any], corpus: Path) -> Claim:
    if not isinstance(row, dict) or not all(isinstance(value, str) and value.strip() for value in row.values()):
        raise TypeError("expected an object of non-empty strings")
    if set(row) not in (_PLACED, _GIVEN) or not str(row["kind"]).startswith(("true: ", "false: ")):
        raise ValueError(f"the fields {', '.join(sorted(row))} of kind {row.get('kind')!r}")
    paragraph = row["paragraph"] if "paragraph" in row else _paragraph(corpus, row["source"], row["quote"])
    return Claim(id=row["id"], kind=row["kind"], statement=row["statement"], paragraph=paragraph)


def _paragraph(corpus: Path, source: str, quote: str) -> str:
    found = [paragraph.text for paragraph in split_paragraphs(source, read_source(corpus, source).text) if quote in paragraph.text]
    if len(found) != 1:
        raise ValueError(f"{len(found)} paragraphs of {source} hold {quote!r}; expected one")
    return found[0]


def check_claims(claims: Sequence[Claim]) -> list[tuple[Claim, Statement]]:
    """Return what `verify` says of each claim; of one that it splits, the first part that is not supported."""
    checked = []
    for claim in claims:
        statements = verify(claim.statement, [claim.paragraph])
        checked.append((claim, next((statement for statement in statements if not statement.supported), statements[0])))
    return checked


def render_claims(checked: Sequence[tuple[Claim, Statement]]) -> str:
    """Return a table: of every kind how often the verdict is right, with its interval; then all true and all false ones."""
    kinds: dict[str, list[bool]] = defaultdict(list)
    for claim, statement in checked:
        right = statement.supported == claim.true
        for kind in (claim.kind, "true" if claim.true else "false"):
            kinds[kind].append(right)
    lines = [f"{len(checked)} claims: true ones told supported, false ones caught"]
    for kind in sorted(kinds, key=lambda kind: (":" not in kind, kind)):
        low, high = wilson(sum(kinds[kind]), len(kinds[kind]))
        share = sum(kinds[kind]) / len(kinds[kind])
        lines.append(f"  {kind:28s} {share:.3f}  [{low:.3f}, {high:.3f}]  {sum(kinds[kind])}/{len(kinds[kind])}")
    return "\n".join(lines)


def render_wrong(checked: Sequence[tuple[Claim, Statement]]) -> str:
    """Return every claim of which the verdict is wrong."""
    return "\n\n".join(
        f"{claim.id} [{claim.kind}] {claim.statement}\n  paragraph: {claim.paragraph}\n  said: {statement.status}. {statement.reason}"
        for claim, statement in checked
        if statement.supported != claim.true
    )
