"""Answers that are checked anew: what their citations tell, alone and together, of a real corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.proofs import Checked, check_answer
from rag.answer import Answer, Citation, Statement

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.search import ParagraphIndex

CRANES, DIRECTOR = "It has 14 cranes.", "Its director is Karel Novotny, who came from Lisbon."


def cite(number: int, quote: str, text: str, paragraph: int) -> Citation:
    start = text.index(quote)
    end = start + len(quote)
    return Citation(number=number, source="harbour.txt", paragraph=paragraph, start=start, end=end, quote=quote, title="", date=None)


def test_every_statement_is_held_against_what_it_cites(corpus: Path, build: Callable[[Path], ParagraphIndex]) -> None:
    """Right; right with a citation too many; of another figure; without a citation. A remark and what is withheld do not count."""
    text = (corpus / "harbour.txt").read_text(encoding="utf-8")
    citations = (cite(1, CRANES, text, 4), cite(2, DIRECTOR, text, 5))
    statements = (
        Statement(text=CRANES, citations=(1,)),
        Statement(text=DIRECTOR, citations=(1, 2)),
        Statement(text="It has 15 cranes.", citations=(1,)),
        Statement(text="It opened in 2019.", citations=()),
        Statement(text="The documents say no more.", citations=(), status="not a claim"),
        Statement(text="It has 40 cranes.", citations=(), status="figure differs"),
    )
    answer = Answer(question="?", searched="?", text="", statements=statements, citations=citations)
    checked = check_answer(answer, build(corpus))
    # The last claim stands in the paragraph of the first citation, which it does not cite: supported, but not recalled.
    assert checked == Checked(claims=4, supported=3, recall=2 / 4, precision=2 / 4)


def test_an_abstention_has_nothing_to_check(corpus: Path, build: Callable[[Path], ParagraphIndex]) -> None:
    answer = Answer(question="?", searched="?", text="", abstained=True)
    assert check_answer(answer, build(corpus)) == Checked(claims=0, supported=0, recall=None, precision=None)
