"""The words of an index: BM25 over `index.terms`, in tantivy.

tantivy was chosen over SQLite FTS5 by measuring (`python -m eval.choose_keywords`, figures in DECISIONS.md). It is given
the terms ready made and splits at white space only; queries are built term by term, so no character of a question
has a meaning of its own. The files are write-once and memory-mapped; one thread writes, so equal documents give
equal ranks every time.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import StoreError
from index.files import link
from index.terms import query_terms, split_terms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import tantivy

TIED_MOST = 1000  # texts with equal scores that are looked at to tell which come first
_SPARE = 16  # texts that are looked at beyond those asked for, to see whether the last is tied
_WRITER_BYTES = 64_000_000
_MAX_TERM_BYTES = 1000  # tantivy refuses far longer ones; nobody types one


class KeywordIndex:
    """The keyword index of one generation; search it from any thread."""

    def __init__(self, index: tantivy.Index) -> None:
        """Wrap an opened tantivy index; use `open`."""
        self._index = index
        self._schema = index.schema
        self._searcher = index.searcher()

    @staticmethod
    def write(folder: Path, passages: Iterable[tuple[int, int, str]]) -> None:
        """Index passages into a new folder, holding no more of them than the writer does.

        Args:
            folder: Made here.
            passages: The id of each, that of its document, which a search can be kept to, and its text.
        """
        import tantivy

        folder.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("terms", tokenizer_name="terms", index_option="freq")
        builder.add_unsigned_field("id", fast=True)
        builder.add_unsigned_field("source", indexed=True)
        _add(tantivy.Index(builder.build(), path=str(folder)), passages)

    @staticmethod
    def update(folder: Path, passages: Iterable[tuple[int, int, str]], *, gone: Collection[int]) -> None:
        """Add passages to an index that was copied from another, file by file or by links, and take documents out of it.

        No file that is there is written to; some are replaced. What is taken out is found no more, but counts in how rare
        words are until tantivy merges the part it is in.

        Args:
            folder: With what `write` wrote.
            passages: As for `write`.
            gone: The ids of documents whose passages are taken out.

        Raises:
            StoreError: The folder does not hold a readable index.
        """
        _add(_open(folder), passages, gone=gone)

    @classmethod
    def open(cls, folder: Path) -> KeywordIndex:
        """Open what `write` wrote, where nothing can be written, too.

        Raises:
            StoreError: The folder does not hold a readable index.
        """
        try:
            return cls(_open_to_read(folder))
        except StoreError:
            opened = _open_elsewhere(folder)
            if opened is None:
                raise
            return cls(opened)

    def search(self, question: str, *, k: int, sources: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """Find the texts that hold a question's words.

        Args:
            question: In plain words.
            k: How many at most.
            sources: Only texts of these documents, by id; None is all. How rare a word is, is told by all texts either way.

        Returns:
            Ids and BM25 scores (k1 = 1.2, b = 0.75), best first; equal scores by id.
        """
        return self.search_tied(question, k=k, sources=sources)[: max(0, k)]

    def search_tied(self, question: str, *, k: int, sources: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """Find as `search` does, and beyond `k` those texts that are tied with the last, up to `TIED_MOST` in all.

        Which of them tantivy finds first depends on the order in which they were written.
        """
        terms = query_terms(question)
        if not terms or k < 1:
            return []
        query, fetched = self._query(terms, sources), k + _SPARE
        hits = self._searcher.search(query, limit=fetched, count=False).hits
        while len(hits) == fetched < max(TIED_MOST, k) and hits[-1][0] == hits[k - 1][0]:
            fetched = min(2 * fetched, max(TIED_MOST, k))
            hits = self._searcher.search(query, limit=fetched, count=False).hits
        hits = [hit for place, hit in enumerate(hits) if place < k or hit[0] == hits[k - 1][0]]
        ids = self._searcher.fast_field_values("id", [address for _, address in hits])
        return sorted(
            ((int(number or 0), float(score)) for number, (score, _) in zip(ids, hits, strict=True)), key=lambda hit: (-hit[1], hit[0])
        )

    def holds(self, terms: Sequence[str], sources: Sequence[int] | None = None) -> bool:
        """Say whether one of the terms stands in any text, or in any of these documents; one that was taken out does not count."""
        return bool(terms) and bool(self._searcher.search(self._query(terms, sources), limit=1, count=False).hits)

    def _query(self, terms: Sequence[str], sources: Sequence[int] | None) -> tantivy.Query:
        """Return the query for texts with any of the terms; being of these documents adds nothing to a text's score."""
        import tantivy

        each = [tantivy.Query.term_query(self._schema, "terms", term, index_option="freq") for term in terms]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, one) for one in each])
        if sources is None:
            return query
        inside = tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, "source", list(sources)), 0.0)
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, inside)])

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many texts each term stands; texts that were taken out may count still, see `update`."""
        return {term: self._searcher.doc_freq("terms", term) for term in terms}


def _open(folder: Path) -> tantivy.Index:
    import tantivy

    try:
        return tantivy.Index.open(str(folder))
    except ValueError as error:
        raise StoreError(f"{folder} is damaged ({error}); type: pincite index --rebuild") from error


def _open_to_read(folder: Path) -> tantivy.Index:
    index = _open(folder)
    index.config_reader(reload_policy="manual")
    return index


def _open_elsewhere(folder: Path) -> tantivy.Index | None:
    """Open an index by way of a temporary folder of links to its files; None when that does not do either.

    tantivy makes a lock file in the folder that it opens. By then it has every file open, so that the links can go.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="pincite-", ignore_cleanup_errors=True) as other:
            for file in folder.iterdir():
                if file.suffix != ".lock":
                    _link(file.resolve(), Path(other) / file.name)
            return _open_to_read(Path(other))
    except (OSError, StoreError):
        return None


def _link(file: Path, target: Path) -> None:
    try:
        target.symlink_to(file)
    except OSError:  # Windows lets not everybody
        link(file, target)


def _add(index: tantivy.Index, passages: Iterable[tuple[int, int, str]], *, gone: Collection[int] = ()) -> None:
    import tantivy

    index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
    if gone:
        writer.delete_documents_by_query(tantivy.Query.term_set_query(index.schema, "source", sorted(gone)))
    for number, source, text in passages:
        terms = (term for term in split_terms(text) if len(term.encode()) <= _MAX_TERM_BYTES)
        entry = {"terms": " ".join(terms), "id": number, "source": source}
        writer.add_document(tantivy.Document.from_dict(entry, index.schema))
    writer.commit()
    writer.wait_merging_threads()
