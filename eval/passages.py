"""Real paragraphs and questions to measure speed with, and corpora of any size made of them.

Up to as many paragraphs as there are, a corpus holds these; beyond, each further one is put together from sentences of real ones,
so that words are as common and as rare as they are.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from eval.bench import list_sets, read_lines
from eval.facts import FACTS
from index.errors import FactsError
from index.locations import SEEDS
from index.sentences import split_sentences
from index.sources import find_files, read_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_SHORTEST = 40  # characters of a paragraph that counts
_SOURCES = 20_000  # paragraphs whose sentences are put together anew
_SENTENCES = 4  # of such a paragraph
_PER_FILE = 100  # paragraphs of a file at most; fewer where there would be fewer than that many files


@dataclass(frozen=True, kw_only=True)
class Passages:
    """Real paragraphs, in an order that does not depend on where they come from, and real questions.

    Attributes:
        paragraphs: (title of the document, text), without line breaks.
        questions: In plain words.
    """

    paragraphs: tuple[tuple[str, str], ...]
    questions: tuple[str, ...]

    @cached_property
    def _sentences(self) -> list[list[str]]:
        return [[text[start:end] for start, end in split_sentences(text)] for _, text in self.paragraphs[:_SOURCES]]

    def texts(self, count: int) -> Iterator[tuple[str, str]]:
        """Yield `count` paragraphs as (title, text), the same with every call."""
        yield from self.paragraphs[:count]
        drawn = random.Random(0)  # noqa: S311 - a sample, no secret
        for _ in range(count - len(self.paragraphs)):
            parts = drawn.choices(self._sentences, k=_SENTENCES)
            yield drawn.choice(self.paragraphs)[0], " ".join(drawn.choice(sentences) for sentences in parts)


def read_passages(data: Path | None) -> Passages:
    """Return the paragraphs and questions of a folder of public sets; without one, those of the checkout's seeds and known facts.

    Raises:
        FactsError: The folder holds no set.
    """
    if data is None:
        sources = [read_source(SEEDS, path) for path in find_files(SEEDS)]
        return _shuffled(
            ((source.title, line) for source in sources for line in source.text.splitlines()),
            (row["question"] for row in read_lines(FACTS)),
        )
    sets = [data / name for name in list_sets(data) if (data / name / "questions.jsonl").is_file()]
    if not sets:
        raise FactsError(f"{data} holds no set of questions; expected a folder of sets in the form that eval/bench.py says")
    return _shuffled(
        (
            (document["title"] or "", part)
            for folder in sets
            for document in read_lines(folder / "corpus.jsonl")
            for part in document["text"].split("\n\n")
        ),
        (row["question"] for folder in sets for row in read_lines(folder / "questions.jsonl")),
    )


def write_corpus(folder: Path, passages: Passages, count: int) -> None:
    """Write text files that hold about `count` paragraphs, titles included, at most a hundred each."""
    per_file = min(_PER_FILE, max(2, int(count**0.5)))
    files = round(count / per_file)
    texts = passages.texts(files * (per_file - 1))
    folder.mkdir(parents=True)
    for number in range(files):
        batch = [next(texts) for _ in range(per_file - 1)]
        _write(folder / f"{number:06d}.txt", batch[0][0] or f"Document {number}", [text for _, text in batch])


def _write(file: Path, title: str, texts: Sequence[str]) -> None:
    file.write_text("\n\n".join([title, *texts]) + "\n", encoding="utf-8")


def _shuffled(paragraphs: Iterable[tuple[str, str]], questions: Iterable[str]) -> Passages:
    folded = ((title, " ".join(text.split())) for title, text in paragraphs)
    kept = sorted({(title, text) for title, text in folded if len(text) >= _SHORTEST and text.isprintable()})
    asked = sorted(set(questions))
    random.Random(0).shuffle(kept)  # noqa: S311 - a sample, no secret
    random.Random(0).shuffle(asked)  # noqa: S311
    return Passages(paragraphs=tuple(kept), questions=tuple(asked))
