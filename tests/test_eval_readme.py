"""The table in the README is what `pincite eval` prints today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.facts import FACTS, read_facts
from eval.report import render_run
from eval.run import evaluate
from index.locations import ROOT

if TYPE_CHECKING:
    from rag import Assistant


def test_every_line_of_the_readmes_table_is_printed(seeds: Assistant) -> None:
    """All but the time, which is the machine's; asks all known facts."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("```text\n") + 8 :]
    shown = [line for line in table[: table.index("```")].splitlines() if line and not line.startswith("milliseconds")]
    printed = render_run(evaluate(read_facts(FACTS), seeds)).splitlines()
    assert len(shown) > 12
    assert [line for line in shown if line not in printed] == []
