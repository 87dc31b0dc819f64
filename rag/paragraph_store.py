"""The index of a folder as a LangChain vector store that can be searched and read; what it holds follows the files.

A question is searched by meaning and by words, as everywhere; a vector by its cosine. A Document is a passage, with the place
where it stands (`rag.retriever.hit_document`); its id names the place and the words. For texts that a program adds itself
there is `rag.vector_store`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, NoReturn

from langchain_core.vectorstores import VectorStore

from index.errors import StoreError
from index.search import Hit
from rag.retriever import hit_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings

    from index.segment_store import Passage
    from rag.assistant import Assistant

_ID = re.compile(r"(?P<source>.+)#(?P<number>\d{1,9}):(?P<start>\d{1,18})-\d{1,18}~[0-9a-f]+", re.DOTALL)


class ParagraphVectorStore(VectorStore):
    """Searches the passages of an assistant's folder."""

    def __init__(self, assistant: Assistant) -> None:
        """Wrap an assistant; nothing is read before the first search."""
        self._assistant = assistant

    @property
    def embeddings(self) -> Embeddings:
        """The encoder of the index."""
        from rag.embeddings import EncoderEmbeddings

        return EncoderEmbeddings(self._assistant.index.encoder)

    @classmethod
    def from_texts(cls, texts: list[str], embedding: Embeddings, metadatas: list[dict[str, Any]] | None = None, **_: Any) -> NoReturn:  # noqa: ARG003 - LangChain's signature
        """Refuse: this store is made of files."""
        raise StoreError(
            "this store is the index of a folder of files; expected Assistant(corpus=FOLDER).as_vector_store(), "
            "or for texts of your own PinciteVectorStore.from_texts(…)"
        )

    def add_texts(self, texts: Iterable[str], metadatas: list[dict[str, Any]] | None = None, **_: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a text becomes a document by being a file of the folder."""
        self._refuse("put a file into it")

    def delete(self, ids: list[str] | None = None, **_: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a document goes by its file being removed."""
        self._refuse("take the file out of it")

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Return passages by the ids that this store gave Documents, in the order of the ids.

        An id that names no passage of today's is passed over; so is that of a passage whose words or place have changed since.
        """
        found = ((one, self._at(one)) for one in dict.fromkeys(ids))
        return [document for one, document in found if document is not None and document.id == one]

    def similarity_search(self, query: str, k: int = 4, *, filter: Mapping[str, Any] | None = None, **_: Any) -> list[Document]:  # noqa: A002 - LangChain's word
        """Return the passages that fit a question best, best first.

        Args:
            query: In plain words.
            k: How many at most.
            filter: `{"source": path}` or `{"source": [path, …]}`: only these documents are searched.

        Raises:
            ValueError: The filter is another.
            CorpusError: A document is not in the index.
            PinciteError: The documents or the index cannot be used.
        """
        return [document for document, _ in self.similarity_search_with_score(query, k, filter=filter)]

    def similarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **_: Any,
    ) -> list[tuple[Document, float]]:
        """Return the passages with their scores, 0..1, comparable within one search; the arguments are `similarity_search`'s."""
        return [(hit_document(hit), hit.score) for hit in self._assistant.retrieve(query, k, sources=_sources(filter))]

    def similarity_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **_: Any,
    ) -> list[Document]:
        """Return the passages nearest to a vector of the index's encoder, best first."""
        return [hit_document(hit) for hit in self._assistant.index.search_vector(embedding, k, sources=_sources(filter))]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        """Return the score itself: it is a share."""
        return lambda score: score

    def _refuse(self, what: str) -> NoReturn:
        raise StoreError(f"this store is the index of {self._assistant.corpus}: {what}; for texts of your own there is PinciteVectorStore")

    def _at(self, name: str) -> Document | None:
        """Return the passage that begins where a Document's id says; its score and rank are nobody's."""
        named = _ID.fullmatch(name)
        if named is None:
            return None
        store, start = self._assistant.index.store, int(named["start"])
        for place, extent in store.extents([named["source"]]).values():

            def passage_of(row: int, place: int = place) -> Passage:
                (number,) = store.passages_of_windows([(place, row)]).values()
                return store.passages([number])[number]

            first = bisect_left(extent.windows, start, key=lambda row: passage_of(row).start)  # a document's windows are in its order
            if first < len(extent.windows):
                passage = passage_of(extent.windows[first])
                return hit_document(Hit(paragraph=passage.paragraph, start=passage.start, end=passage.end, score=0.0, rank=0))
        return None


def _sources(wanted: Mapping[str, Any] | None) -> list[str] | None:
    """Return the documents that a filter names; None is all."""
    if not wanted:
        return None
    sources = wanted.get("source") if isinstance(wanted, dict) and set(wanted) == {"source"} else None
    if isinstance(sources, str):
        return [sources]
    if not isinstance(sources, (list, tuple)) or not all(isinstance(path, str) for path in sources):
        raise ValueError(f'the filter is {wanted!r}; expected {{"source": "minutes.txt"}} or {{"source": ["minutes.txt", …]}}')
    return list(sources)
