"""From statements and the places that tell them to numbered citations, the same for quotations and for anybody's text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.readers.document import page_at
from rag.answer import Citation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.paragraphs import Paragraph
    from index.sentences import Span
    from index.store import Store
    from rag.answer import Statement

Place = tuple["Paragraph", "Span"]  # whole sentences of a paragraph, in characters of its document


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A statement with the places that tell it: none unless it is supported."""

    statement: Statement
    places: tuple[Place, ...] = ()


def cite_located(located: Sequence[Located], store: Store) -> tuple[tuple[Located, ...], tuple[Citation, ...]]:
    """Return the statements with the numbers of their citations, and the citations, numbered from 1 as they first come.

    A place that tells several statements is one citation. The places of each statement are in the order of their numbers.
    """
    cited = {paragraph.source for one in located for paragraph, _ in one.places}
    titles, pages = store.titles(cited), store.pages(cited)
    citations: dict[tuple[str, Span], Citation] = {}
    numbered = []
    for one in located:
        told: dict[int, Place] = {}
        for paragraph, span in one.places:
            place = (paragraph.source, span)
            if place not in citations:
                title, date = titles[paragraph.source]
                citations[place] = Citation(
                    number=len(citations) + 1,
                    source=paragraph.source,
                    paragraph=paragraph.number,
                    start=span[0],
                    end=span[1],
                    quote=paragraph.text[span[0] - paragraph.start : span[1] - paragraph.start],
                    title=title,
                    date=date,
                    page=page_at(pages[paragraph.source], span[0]),
                )
            told[citations[place].number] = (paragraph, span)
        numbers = tuple(sorted(told))
        numbered.append(Located(statement=replace(one.statement, citations=numbers), places=tuple(told[number] for number in numbers)))
    return tuple(numbered), tuple(citations.values())
