"""Claims with known verdicts, and how often `verify` agrees with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eval.claims import Claim, check_claims, read_claims, render_claims, render_wrong
from eval.made_claims import change_unit
from index.errors import FactsError
from index.locations import ROOT

if TYPE_CHECKING:
    from pathlib import Path

YARD = "In May, the yard of Brill sold 310 boats."
KNOWN = ROOT / "eval" / "claims.jsonl"


def test_the_known_claims_are_judged_right_more_often_than_not() -> None:
    """Floors well below today's figures, which the README gives: of each kind, and of true ones."""
    checked = check_claims(read_claims(KNOWN, ROOT / "seeds"))
    right: dict[bool, list[bool]] = {True: [], False: []}
    for claim, statement in checked:
        right[claim.true].append(statement.supported == claim.true)
    assert len(checked) >= 300
    assert sum(right[True]) / len(right[True]) >= 0.9
    assert sum(right[False]) / len(right[False]) >= 0.85


def test_a_table_counts_by_kind_and_names_what_is_wrong() -> None:
    claims = [
        Claim(id="1", kind="true: words", statement="The yard of Brill sold 310 boats in May.", paragraph=YARD),
        Claim(id="2", kind="false: figure", statement="The yard of Brill sold 31 boats in May.", paragraph=YARD),
        Claim(id="3", kind="true: words", statement="The yard of Brill sold 31 boats in May.", paragraph=YARD),
    ]
    checked = check_claims(claims)
    table = [line.split() for line in render_claims(checked).splitlines()]
    assert ["false:", "figure"] in [row[:2] for row in table]
    assert next(row for row in table if row[:2] == ["true:", "words"])[-1] == "1/2"
    assert "3 [true: words]" in render_wrong(checked)
    assert "2 [false: figure]" not in render_wrong(checked)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1", "kind": "maybe", "statement": "It sold.", "paragraph": "It sold."},
        {"id": "1", "kind": "true: words", "statement": "It sold."},
        {"id": "1", "kind": "true: words", "statement": "It sold.", "source": "a.txt", "quote": "not there"},
    ],
)
def test_a_line_that_is_no_claim_is_named(tmp_path: Path, row: dict[str, str]) -> None:
    (tmp_path / "a.txt").write_text("It sold.\n", encoding="utf-8")
    file = tmp_path / "claims.jsonl"
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(FactsError, match="line 1"):
        read_claims(file, tmp_path)


def test_a_unit_is_exchanged_for_one_that_the_paragraph_does_not_hold() -> None:
    assert change_unit("It has 3 million boats.", "It has 3 million boats.") == "It has 3 billion boats."
    assert change_unit("It has 3 million boats.", "It has 3 million boats, not a billion.") is None
    assert change_unit("It has boats.", "It has boats.") is None
