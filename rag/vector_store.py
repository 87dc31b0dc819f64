"""A LangChain vector store of our own: any texts, any `Embeddings`, one SQLite file, exact filters, no pickle.

    store = PinciteVectorStore(folder="notes")          # the bundled encoder; nothing is sent anywhere
    store.add_texts(["The yard built 310 boats."], [{"year": 2024}], ids=["a"])
    store.similarity_search("How many boats?", k=1, filter={"year": 2024})

Scores are cosines in half precision, higher is better. Up to 100,000 texts every one is compared; beyond, short codes choose those
that are, and may miss a near one (`index.vectors`). What it knowingly ignores: words (`Assistant.as_vector_store` searches a folder's
paragraphs by both) and filters beyond equality and functions.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore

from index.texts import Entry, TextStore, unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray

    Filter = Mapping[str, Any] | Callable[[Document], bool]


class PinciteVectorStore(VectorStore):
    """Texts with metadata, kept in a folder or in memory; safe to use from several threads and processes."""

    def __init__(self, embedding: Embeddings | None = None, folder: str | Path | None = None) -> None:
        """Open a store, which is made when it is not there.

        Args:
            embedding: Makes the vectors; None is the bundled encoder. A store remembers which model its first texts were added with.
            folder: Where it is kept; None keeps it in memory.

        Raises:
            StoreError: The folder cannot be used.
            EncoderError: The bundled encoder cannot be loaded.
        """
        from rag.embeddings import EncoderEmbeddings

        self._embedding = embedding or EncoderEmbeddings()
        self._texts = TextStore(Path(folder).expanduser() if folder else None)
        self._checked = False

    @property
    def embeddings(self) -> Embeddings:
        """What makes the vectors."""
        return self._embedding

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        folder: str | Path | None = None,
        **_: Any,
    ) -> PinciteVectorStore:
        """Open a store and add texts; the arguments are those of `PinciteVectorStore` and `add_texts`."""
        store = cls(embedding, folder)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **_: Any,
    ) -> list[str]:
        """Add texts, all or none; one with a known id takes the place of what was there.

        Args:
            texts: What to embed.
            metadatas: One a text, of JSON's types; None is none for all.
            ids: One a text, None among them for an id that is made up; None for all of them.

        Returns:
            The ids.

        Raises:
            ValueError: There are more or fewer metadatas or ids than texts.
            TypeError: Metadata is not of JSON's types.
            StoreError: The store cannot be written, or another embedding model made its vectors.
        """
        texts = list(texts)
        for name, values in (("metadatas", metadatas), ("ids", ids)):
            if values is not None and len(values) != len(texts):
                raise ValueError(f"there are {len(texts)} texts and {len(values)} {name}; expected as many")
        named = [one or str(uuid.uuid4()) for one in (ids or [None] * len(texts))]
        fields = metadatas or [{}] * len(texts)
        entries = [Entry(id=one, text=text, fields=field) for one, text, field in zip(named, texts, fields, strict=True)]
        if entries:
            self._check_model(remember=True)
            self._texts.put(entries, unit_rows(self._embedding.embed_documents(texts)))
        return named

    def delete(self, ids: list[str] | None = None, **_: Any) -> bool:
        """Remove texts by their ids; an unknown id is passed over, None removes everything."""
        self._texts.delete(ids)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Return texts by their ids, in the order of the ids; an unknown id is passed over."""
        return [_document(entry) for entry in self._texts.get(ids)]

    def similarity_search(self, query: str, k: int = 4, *, filter: Filter | None = None, **_: Any) -> list[Document]:  # noqa: A002 - LangChain's word
        """Return the texts nearest in meaning, best first.

        Args:
            query: In plain words.
            k: How many at most.
            filter: Only texts whose metadata has these values, compared exactly, or for which this function says yes.
        """
        return [document for document, _ in self.similarity_search_with_score(query, k, filter=filter)]

    def similarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        *,
        filter: Filter | None = None,  # noqa: A002
        **_: Any,
    ) -> list[tuple[Document, float]]:
        """Return the texts nearest in meaning with their cosines, -1..1, best first; the arguments are `similarity_search`'s."""
        return [(document, cosine) for document, cosine, _ in self._search(self._embed(query), k, filter)]

    def similarity_search_by_vector(self, embedding: list[float], k: int = 4, *, filter: Filter | None = None, **_: Any) -> list[Document]:  # noqa: A002
        """Return the texts nearest to a vector of the same embedding model, best first."""
        return [document for document, _, _ in self._search(embedding, k, filter)]

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        *,
        filter: Filter | None = None,  # noqa: A002
        **_: Any,
    ) -> list[Document]:
        """Return texts that are near and unlike each other; see `max_marginal_relevance_search_by_vector`."""
        return self.max_marginal_relevance_search_by_vector(self._embed(query), k, fetch_k, lambda_mult, filter=filter)

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        *,
        filter: Filter | None = None,  # noqa: A002
        **_: Any,
    ) -> list[Document]:
        """Return texts that are near a vector and unlike each other.

        Args:
            embedding: Of the same embedding model.
            k: How many at most.
            fetch_k: So many of the nearest are chosen among.
            lambda_mult: 1 counts nearness alone, 0 difference alone.
            filter: As for `similarity_search`.

        Reference: Carbonell and Goldstein, 1998.
        """
        import numpy as np
        from langchain_core.vectorstores.utils import maximal_marginal_relevance

        near = self._search(embedding, fetch_k, filter)
        vectors = [vector.tolist() for _, _, vector in near]
        if not vectors:
            return []
        chosen = maximal_marginal_relevance(np.array(embedding, dtype=np.float32), vectors, lambda_mult=lambda_mult, k=k)
        return [near[place][0] for place in chosen]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        """Return what makes a share of a cosine: what is not alike at all, or opposed, is 0."""
        return lambda cosine: min(1.0, max(0.0, cosine))

    def _embed(self, query: str) -> list[float]:
        self._check_model(remember=False)
        return self._embedding.embed_query(query)

    def _search(self, vector: Sequence[float], k: int, keep: Filter | None) -> list[tuple[Document, float, NDArray[np.float32]]]:
        kept = keep if not callable(keep) else lambda entry: keep(_document(entry))
        return [(_document(entry), cosine, unit) for entry, cosine, unit in self._texts.search(vector, k, keep=kept)]

    def _check_model(self, *, remember: bool) -> None:
        """Compare the embedding model with the one that the store began with, until it is known to be that."""
        if not self._checked:
            self._checked = self._texts.check_model(self._embedding.embed_query, remember=remember)


def _document(entry: Entry) -> Document:
    return Document(id=entry.id, page_content=entry.text, metadata=entry.fields)
