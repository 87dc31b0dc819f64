"""Re-checking an answer later: does every quote still stand where its citation says?

`recheck` reads the files as they are now (a PDF, a Word document or a web page by its reader), not the index, and says of each
citation: "ok", the quote stands where it stood; "moved", it stands elsewhere in its file or in another; "changed", its file now
says something like it; "missing", nothing like it is left. Moved and changed ones come with the new place.
"""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from index.errors import AnswerError, SourceError
from index.paragraphs import split_paragraphs
from index.readers.document import page_at
from index.readers.process import ParserProcess
from index.readers.types import MEDIA_TYPES
from index.sentences import split_sentences
from index.sources import find_files, read_source
from index.terms import split_terms
from rag.answer import describe_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from index.paragraphs import Paragraph
    from index.sentences import Span
    from index.sources import Source

Standing = Literal["ok", "moved", "changed", "missing"]

SIMILAR = 0.6  # difflib's ratio of two sentences from which one is taken for the other, edited
_LONGEST = 2000  # characters of a sentence that are compared
_COMPARED = 25  # sentences that share most words, which the ratio is worked out for


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How one citation stands.

    Attributes:
        number: Of the citation.
        status: "ok", "moved", "changed" or "missing".
        source: Where the words, or the nearest ones, stand now; "" when missing.
        paragraph: Its 1-based number there; 0 when missing.
        start: First character; 0 when missing.
        end: One past the last character; 0 when missing.
        text: The words there now; "" when missing.
        page: 1-based, on which they begin; None when missing, or in a document without pages.
    """

    number: int
    status: Standing
    source: str = ""
    paragraph: int = 0
    start: int = 0
    end: int = 0
    text: str = ""
    page: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return asdict(self)

    def __str__(self) -> str:
        """Return a line for a terminal, "[1] moved: a.txt, paragraph 3"."""
        place = f": {self.source}, {describe_place(self.paragraph, self.page)}" if self.source else ""
        return f"[{self.number}] {self.status}{place}" + (f"\n    now: {self.text}" if self.status == "changed" else "")


def recheck(citations: Sequence[Mapping[str, Any]], corpus: Path) -> tuple[Check, ...]:
    """Check citations against the files of a corpus.

    Args:
        citations: Each with `number`, `source`, `start`, `end` and `quote`, as in `Answer.to_dict()`.
        corpus: Folder of the documents.

    Raises:
        CorpusError: The folder is missing.
        AnswerError: A citation lacks a field, or has one of another type.
    """
    present = [path for path in find_files(corpus) if any(path.lower().endswith(suffix) for suffix in MEDIA_TYPES)]
    with ParserProcess() as parsers:
        files = _Files(corpus, present, parsers)
        checks = [_check(citation, files) for citation in map(_valid, citations)]
        return tuple(replace(check, page=_page(check, files)) for check in checks)


def _page(check: Check, files: _Files) -> int | None:
    source = files.source(check.source) if check.source else None
    return page_at(source.pages, check.start) if source else None


class _Files:
    """The texts of a corpus, each read once, and only when it is looked at."""

    def __init__(self, corpus: Path, paths: Sequence[str], parsers: ParserProcess) -> None:
        self._corpus = corpus
        self._parsers = parsers
        self.paths = paths
        self._sources: dict[str, Source | None] = {}

    def source(self, path: str) -> Source | None:
        """Return a file as it is read now, None when there is no such file or it cannot be read."""
        if path not in self._sources:
            try:
                self._sources[path] = read_source(self._corpus, path, self._parsers) if path in self.paths else None
            except SourceError:
                self._sources[path] = None
        return self._sources[path]

    def text(self, path: str) -> str | None:
        """Return its text, None likewise."""
        source = self.source(path)
        return source.text if source else None


def _valid(citation: Mapping[str, Any]) -> Mapping[str, Any]:
    expected = {"number": int, "source": str, "start": int, "end": int, "quote": str}
    for name, kind in expected.items():
        if type(citation.get(name)) is not kind:
            seen = f"a citation's {name} is {citation.get(name)!r}; expected {kind.__name__}"
            raise AnswerError(f"{seen}: use what pincite ask --json or Answer.to_dict() gave")
    if not 0 <= citation["start"] < citation["end"]:
        raise AnswerError(f"citation {citation['number']} runs from {citation['start']} to {citation['end']}; expected 0 <= start < end")
    if not citation["quote"]:
        raise AnswerError(f"the quote of citation {citation['number']} is empty; expected the words that were cited")
    return citation


def _check(citation: Mapping[str, Any], files: _Files) -> Check:
    number, source, quote = citation["number"], citation["source"], citation["quote"]
    text = files.text(source)
    if text is not None and text[citation["start"] : citation["end"]] == quote:
        return _place(number, "ok", source, text, (citation["start"], citation["end"]))
    own = _nearest_place(text or "", quote, citation["start"])
    if own is not None:
        return _place(number, "moved", source, text or "", (own, own + len(quote)))
    nearest = _nearest_sentence(text or "", quote)  # an edited sentence is not excused by a copy in another file
    if nearest:
        return _place(number, "changed", source, text or "", nearest)
    for path in (path for path in files.paths if path != source):
        start = _nearest_place(files.text(path) or "", quote, citation["start"])
        if start is not None:
            return _place(number, "moved", path, files.text(path) or "", (start, start + len(quote)))
    return Check(number=number, status="missing")


def _nearest_place(text: str, quote: str, start: int) -> int | None:
    """Return where the quote stands in a text, nearest to where it stood."""
    return min(_occurrences(text, quote), key=lambda place: abs(place - start), default=None)


def _occurrences(text: str, quote: str) -> Iterator[int]:
    at = text.find(quote)
    while at >= 0:
        yield at
        at = text.find(quote, at + 1)


def _nearest_sentence(text: str, quote: str) -> Span | None:
    """Return the sentence most like the quote, None when none is `SIMILAR`; the first of equals."""
    terms = set(split_terms(quote))
    spans = [
        (paragraph.start + start, paragraph.start + end)
        for paragraph in split_paragraphs("", text)
        for start, end in split_sentences(paragraph.text)
    ]
    spans.sort(key=lambda span: -len(terms & set(split_terms(text[span[0] : span[1]]))))
    ratios = [(_ratio(quote, text[start:end]), -start, end) for start, end in spans[:_COMPARED]]
    ratio, start, end = max(ratios, default=(0.0, 0, 0))
    return (-start, end) if ratio >= SIMILAR else None


def _ratio(one: str, other: str) -> float:
    """Return difflib's ratio, 0 where its cheap upper bounds show that it stays below `SIMILAR`."""
    matcher = difflib.SequenceMatcher(None, one[:_LONGEST], other[:_LONGEST], autojunk=False)
    if matcher.real_quick_ratio() < SIMILAR or matcher.quick_ratio() < SIMILAR:
        return 0.0
    return matcher.ratio()


def _place(number: int, status: Standing, source: str, text: str, span: Span) -> Check:
    start, end = span
    paragraph = _paragraph_at(split_paragraphs(source, text), start)
    return Check(number=number, status=status, source=source, paragraph=paragraph, start=start, end=end, text=text[start:end])


def _paragraph_at(paragraphs: Sequence[Paragraph], start: int) -> int:
    """Return the number of the paragraph that holds a character, or that follows it."""
    return next((paragraph.number for paragraph in paragraphs if start < paragraph.end), len(paragraphs))
