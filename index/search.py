"""Search an index: the question by meaning and by words, both lists fused into one.

Dense scores are cosines; keyword scores are BM25. `fuse` brings each list to 0..1 by its own best score and adds
them with a weight that was chosen on public question sets (`python -m eval.choose_fusion`, see DECISIONS.md). A question
in words that the encoder does not know is searched by its words.
A search may be kept to some of the documents; both lists are then made of these alone.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from index.generations import KEYWORDS, read_manifest
from index.keywords import TIED_MOST, KeywordIndex
from index.known_words import known_share
from index.scope import Scope, read_scope
from index.segments import SegmentVectors
from index.store import Store

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.encoders import Encoder
    from index.paragraphs import Paragraph
    from index.segment_store import Passage

DENSE_WEIGHT = 0.3
CANDIDATES = 100  # of either list that take part in the fusion
HEADING_SHARE = (
    0.5  # of its score that a title or a heading keeps: what it says is searched with every passage under it, and answers nothing
)
_SPARE = 16  # windows that are looked at beyond those asked for, to see whether the last is tied
_Found = TypeVar("_Found")
_HEADINGS = frozenset({"title", "heading"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place that may answer a question.

    Attributes:
        paragraph: The paragraph.
        start: First character of the best passage in it, in the source's text.
        end: One past its last character.
        score: Similarity, higher is better; comparable within one search only.
        rank: 1-based.
        cosine: Of the question and the passage, comparable between questions; None when the passage is not among the
            `CANDIDATES` nearest by meaning.
    """

    paragraph: Paragraph
    start: int
    end: int
    score: float
    rank: int
    cosine: float | None = None


class ParagraphIndex:
    """One generation of an index, opened for searching from any thread."""

    def __init__(self, generation: Path, encoder: Encoder) -> None:
        """Open a generation.

        Args:
            generation: Its folder, from `index.generations.current_generation`.
            encoder: The encoder that made its vectors.

        Raises:
            StoreError: The generation is damaged or of another format.
            ValueError: It was made by another encoder.
        """
        self.generation = generation
        self.encoder = encoder
        self.manifest = read_manifest(generation)
        if self.manifest.encoder != encoder.fingerprint:
            raise ValueError(f"{generation} was made by encoder {self.manifest.encoder}, not by {encoder.fingerprint}")
        self.store = Store(generation, self.manifest)
        self._vectors = SegmentVectors(generation, self.manifest)
        self._keywords = KeywordIndex.open(generation / KEYWORDS)
        self.scope: Scope | None = None

    def within(self, sources: Collection[str] | None) -> ParagraphIndex:
        """Return this index narrowed to some of its documents; what is open is shared.

        Every search of it finds exactly what is best among these, however far down that is among all. How rare a word is,
        is told by all documents either way, and `store` holds all of them.

        Args:
            sources: Paths as `Source.path` gives them. None is this index itself; of no documents nothing is found.

        Raises:
            CorpusError: One of them is not in this index, or not among those that it was narrowed to.
        """
        if sources is None:
            return self
        narrowed = copy.copy(self)
        narrowed.scope = read_scope(sources, self.store, self.scope)
        return narrowed

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        dense_weight: float | None = None,
        nearest: int = 0,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        """Find the passages that fit a question best.

        Args:
            question: In plain words.
            k: How many hits at most.
            dense_weight: Share of meaning against words, 0..1; None is `DENSE_WEIGHT`, less by the share of the question's words that
                the encoder does not know.
            nearest: So many of the nearest by meaning alone are among the hits, too, whatever their words.
            sources: Only these documents are searched, as `within` says.

        Returns:
            Hits, best first; equal scores stand in reading order. Empty only when `k` and `nearest` are not positive, or
            when `sources` hold no passage.

        Raises:
            CorpusError: As `within`.
        """
        if dense_weight is None:
            dense_weight = DENSE_WEIGHT * known_share(self.encoder.tokenizer, question)
        dense, words = self.candidates(question, CANDIDATES, sources=sources)
        fused = fuse(dense, words, dense_weight=dense_weight)
        passages = self.store.passages(list(fused))
        for passage, score in fused.items():
            if passages[passage].paragraph.kind in _HEADINGS:
                fused[passage] = HEADING_SHARE * score
        places = {number: _place(passage) for number, passage in passages.items()}
        close = set(sorted(dense, key=lambda number: (-dense[number], places[number]))[: max(0, nearest)])
        ordered = sorted(fused.items(), key=lambda pair: (-pair[1], places[pair[0]]))
        best = [pair for place, pair in enumerate(ordered) if place < k or pair[0] in close]
        return _hits(best, passages, dense)

    def search_vector(self, vector: Sequence[float], k: int, *, sources: Collection[str] | None = None) -> list[Hit]:
        """Find the passages nearest to a vector of this index's encoder, by the cosine alone, best first.

        Args:
            vector: Of the encoder's dimension, any length but 0.
            k: How many hits at most; fewer come where several windows of one passage are among the nearest.
            sources: As for `search`.

        Raises:
            ValueError: The vector has another dimension.
            CorpusError: As `within`.
        """
        import numpy as np

        row = np.array([vector], dtype=np.float32)
        if row.shape[1] != self.encoder.dimension:
            raise ValueError(f"the vector has {row.shape[1]} numbers; expected {self.encoder.dimension}, as many as those of the passages")
        dense = self._nearest(row / (np.linalg.norm(row) or 1.0), k, self.within(sources).scope)
        return _hits(list(dense.items()), self.store.passages(list(dense)), dense)

    def candidates(self, question: str, k: int, *, sources: Collection[str] | None = None) -> tuple[dict[int, float], dict[int, float]]:
        """Return the `k` best passages by meaning (cosine) and by words (BM25), each best first, by passage id.

        `sources` are as for `search`.
        """
        scope = self.within(sources).scope
        dense = self._nearest(self.encoder.encode_questions([question]), k, scope)
        words = self._keywords.search_tied(question, k=k, sources=scope.numbers if scope else None)
        if len(words) > k:
            words = self._cut(words, [number for number, _ in words], k)
        return dense, dict(words)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many passages of all documents each term stands; terms as `index.terms.query_terms` makes them.

        Passages of documents that are gone may count for a while, see `KeywordIndex.update`: this tells how rare a word is, not
        whether it is there.
        """
        return self._keywords.frequencies(terms)

    def holds(self, terms: Sequence[str], *, anywhere: bool = False) -> bool:
        """Say whether one of the terms stands in a passage that a search may find, or `anywhere` in the documents of the index."""
        return self._keywords.holds(terms, self.scope.numbers if self.scope and not anywhere else None)

    def _nearest(self, query: NDArray[np.float32], k: int, scope: Scope | None) -> dict[int, float]:
        """Return the best cosine of each of the passages nearest to a unit row, shape (1, dimension)."""
        within = scope.windows if scope else None
        fetched = k + _SPARE
        found = self._vectors.search(query, fetched, within=within)
        while 0 < k < len(found) == fetched < max(TIED_MOST, k) and found[-1][1] == found[k - 1][1]:
            fetched = min(2 * fetched, max(TIED_MOST, k))
            found = self._vectors.search(query, fetched, within=within)
        found = [one for place, one in enumerate(found) if place < k or one[1] == found[k - 1][1]] if k > 0 else []
        passage_of = self.store.passages_of_windows([window for window, _ in found])
        if len(found) > k:
            found = self._cut(found, [passage_of[window] for window, _ in found], k)
        best: dict[int, float] = {}
        for window, cosine in found:
            best.setdefault(passage_of[window], cosine)
        return best

    def _cut(self, found: Sequence[tuple[_Found, float]], passages: Sequence[int], k: int) -> list[tuple[_Found, float]]:
        """Return the `k` best of what was found, of those that are tied for the last places the first in reading order.

        Args:
            found: What was found, with its score, best first.
            passages: The id of the passage of each.
            k: How many.
        """
        last = found[k - 1][1]
        tied = [place for place, (_, score) in enumerate(found) if score == last]
        at = {number: _place(passage) for number, passage in self.store.passages([passages[place] for place in tied]).items()}
        tied.sort(key=lambda place: at[passages[place]])
        return [*(one for one in found if one[1] > last), *(found[place] for place in tied)][:k]


def _place(passage: Passage) -> tuple[str, int, int]:
    """Return what puts passages in reading order, whenever they were indexed."""
    return passage.paragraph.source, passage.paragraph.number, passage.start


def _hits(best: Sequence[tuple[int, float]], passages: Mapping[int, Passage], dense: Mapping[int, float]) -> list[Hit]:
    """Return scored passages as hits, in their order."""
    return [
        Hit(
            paragraph=passages[passage].paragraph,
            start=passages[passage].start,
            end=passages[passage].end,
            score=score,
            rank=rank,
            cosine=dense.get(passage),
        )
        for rank, (passage, score) in enumerate(best, start=1)
    ]


def fuse(dense: Mapping[int, float], words: Mapping[int, float], *, dense_weight: float) -> dict[int, float]:
    """Fuse two score lists, each divided by its own best; what a list does not hold scores 0 in it.

    Returns:
        A score from 0 to 1 for every id in either list: `w * dense/max(dense) + (1 - w) * words/max(words)`.

    Reference: the convex combination of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid
    Retrieval", 2023, with the theoretical minimum 0 of both scores.

    >>> fuse({1: 0.8, 2: 0.4}, {2: 9.0}, dense_weight=0.5)
    {1: 0.5, 2: 0.75}
    """
    dense_best = max(dense.values(), default=0.0)
    words_best = max(words.values(), default=0.0)
    fused = {}
    for key in (*dense, *(key for key in words if key not in dense)):
        meaning = max(0.0, dense.get(key, 0.0)) / dense_best if dense_best > 0 else 0.0
        fused[key] = dense_weight * meaning + (1 - dense_weight) * (words.get(key, 0.0) / words_best if words_best > 0 else 0.0)
    return fused
