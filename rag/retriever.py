"""The index as a LangChain retriever. LangChain's word for a passage is Document; it is used here only."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from rag.assistant import Assistant  # noqa: TC001 - pydantic reads the type of the field

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun

    from index.search import Hit


_HASH = 12  # hexadecimal digits of a passage's SHA-256 in its id


class ParagraphRetriever(BaseRetriever):
    """Finds the passages that fit a question best.

    Attributes:
        assistant: Whose index is searched.
        k: How many documents at most.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    assistant: Assistant
    k: int = 10

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None) -> list[Document]:  # noqa: ARG002 - LangChain's signature
        return [hit_document(hit) for hit in self.assistant.retrieve(query, k=self.k if k is None else k)]


def hit_document(hit: Hit) -> Document:
    """Return a passage with the place where it stands; start and end are code points of the source's text.

    Its id names the place and, by a hash, the words, so that after an edit an old id is never taken for other words.
    """
    paragraph = hit.paragraph
    words = paragraph.text[hit.start - paragraph.start : hit.end - paragraph.start]
    metadata: dict[str, Any] = {
        "source": paragraph.source,
        "paragraph": paragraph.number,
        "start": hit.start,
        "end": hit.end,
        "heading": paragraph.heading,
        "score": hit.score,
        "rank": hit.rank,
    }
    return Document(
        page_content=words,
        metadata=metadata,
        id=f"{paragraph.source}#{paragraph.number}:{hit.start}-{hit.end}~{hashlib.sha256(words.encode()).hexdigest()[:_HASH]}",
    )
