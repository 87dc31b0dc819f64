"""From a source's text to numbered paragraphs that know where they stand.

A line break ends a paragraph, unless the file is hard-wrapped: then a blank line does, and a list item or a
marked heading starts a new one. Numbers are 1-based and count every non-blank paragraph, title and byline too.
The law of this chapter: `source.text[paragraph.start:paragraph.end] == paragraph.text`.

A paragraph also has a kind, read from its own shape and its neighbours: headings give context to what follows
and are not evidence by themselves. What it knowingly ignores: tables, code fences, columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from index.dates import find_dates

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["title", "byline", "heading", "list item", "text"]

# The version of everything in this chapter, in `sentences` and in `terms`: a change of their results raises it, and
# an index made by another version is rebuilt.
SPLITTER_VERSION = 5

_LINE = re.compile("[^\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]+")
_EDGE = re.compile("[\\s\ufeff\u200b]*")
_LIST_ITEM = re.compile(r"(?:[-*+•‣◦▪–]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")
_MARKED_HEADING = re.compile(r"#{1,6}\s+\S")
_BRACKETED = re.compile(r"[\[【「『《(（\"“].{1,80}[\]】」』》)）\"”]")
_SENTENCE_END = re.compile(r"[.!?;,。！？；，…][\"'”’)\]」』）]*(?:\[\d+\])*$")
_BYLINE_LABEL = re.compile(
    r"(?:authors?|editor|source|time|date|published|posted|updated|last updated|created|written by|reported by|reader|views)\b"
    r"\s*(?:on|at)?\s*[:：|]|(?:作者|来源|發布|发布|时间|時間|日期|编辑|編輯)|(?:文|记者)\s*[/|：:]",
    re.IGNORECASE,
)
_BY_NAME = re.compile(r"[Bb][Yy]:?\s+(?:[A-Z][\w.'’-]*,?\s*|and\s+|&\s+|\|\s*){1,10}")

# A file is hard-wrapped when nearly every line inside a block could not have held the next line's first word,
# and most of those lines break off in mid-sentence. Wrapping narrower than 40 characters is verse or a list,
# wider than 140 nobody does by hand.
_WRAP_WIDTHS = range(40, 141)
_WRAP_MIN_BREAKS = 3
_WRAP_MIN_FULL = 0.8
_WRAP_MAX_ENDED = 0.5

_HEAD_PARAGRAPHS = 8  # where a title's byline stands, counted in paragraphs
_HEADING_MAX_CHARS = 120
_HEADING_MAX_RUN = 3  # more short lines in a row than this are a list, not headings
_BYLINE_MAX_CHARS = 200
_BYLINE_MAX_REST = 40  # letters beside the date


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph of a source.

    Attributes:
        source: Path of the source in the corpus, POSIX.
        number: 1-based, as a reader counts non-blank paragraphs.
        start: First character in the source's text, 0-based, in Unicode code points.
        end: One past the last character.
        text: `source.text[start:end]`, neither empty nor with white space at its edges.
        heading: The heading it stands under, "" for none.
        kind: What its shape says it is.
    """

    source: str
    number: int
    start: int
    end: int
    text: str
    heading: str = ""
    kind: Kind = "text"


def is_blank(text: str) -> bool:
    """Say whether a text has no visible character, and so no paragraph."""
    return bool(_EDGE.fullmatch(text))


def split_spans(text: str) -> list[tuple[int, int]]:
    """Split `text` into paragraph spans.

    Returns:
        Half-open, ascending, disjoint `(start, end)` in code points, white space and byte order marks trimmed;
        empty for a text without a visible character.
    """
    lines = [span for match in _LINE.finditer(text) if (span := _trim(text, *match.span()))]
    return _join_wrapped(text, lines) if is_hard_wrapped(text, lines) else lines


def is_hard_wrapped(text: str, lines: Sequence[tuple[int, int]]) -> bool:
    """Say whether line breaks in `text` only keep lines short, by the greedy rule that editors wrap with."""
    pairs = zip(lines, lines[1:], strict=False)
    breaks = [(a, b) for a, b in pairs if _adjoin(text, a, b) and not _starts_anew(text, b) and not _is_marked(text, a)]
    if len(breaks) < _WRAP_MIN_BREAKS:
        return False
    width = sorted(end - start for (start, end), _ in breaks)[round(0.9 * (len(breaks) - 1))]
    if width not in _WRAP_WIDTHS:
        return False
    full = sum(a[1] - a[0] + 1 + _first_word(text, b) > width for a, b in breaks)
    ended = sum(bool(_SENTENCE_END.search(text[a[0] : a[1]])) for a, _ in breaks)
    return full >= _WRAP_MIN_FULL * len(breaks) and ended <= _WRAP_MAX_ENDED * len(breaks)


def split_paragraphs(source: str, text: str) -> list[Paragraph]:
    """Split a source's text into its paragraphs, numbered from 1, each with its kind and heading."""
    spans = split_spans(text)
    kinds = _kinds([text[start:end] for start, end in spans])
    paragraphs = []
    heading = ""
    for number, ((start, end), kind) in enumerate(zip(spans, kinds, strict=True), start=1):
        paragraphs.append(Paragraph(source=source, number=number, start=start, end=end, text=text[start:end], heading=heading, kind=kind))
        if kind == "heading":
            heading = heading_text(text[start:end])
    return paragraphs


def heading_text(text: str) -> str:
    """Return a title or heading without the marks of its format ("## Results ##" is "Results")."""
    return re.sub(r"\s+", " ", text.strip().lstrip("#").rstrip("#")).strip()


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    start = min(end, _EDGE.match(text, start, end).end())  # type: ignore[union-attr]
    while end > start and _EDGE.fullmatch(text, end - 1, end):
        end -= 1
    return (start, end) if end > start else None


def _join_wrapped(text: str, lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    blocks: list[tuple[int, int]] = []
    for i, line in enumerate(lines):
        if i and _adjoin(text, lines[i - 1], line) and not _starts_anew(text, line) and not _is_marked(text, lines[i - 1]):
            blocks[-1] = (blocks[-1][0], line[1])
        else:
            blocks.append(line)
    return blocks


def _adjoin(text: str, first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Say whether no blank line stands between two lines."""
    between = text[first[1] : second[0]].replace("\r\n", "\n")
    return sum(not _LINE.fullmatch(char) for char in between) == 1


def _starts_anew(text: str, line: tuple[int, int]) -> bool:
    return bool(_LIST_ITEM.match(text, *line)) or _is_marked(text, line)


def _is_marked(text: str, line: tuple[int, int]) -> bool:
    return bool(_MARKED_HEADING.match(text, *line))


def _first_word(text: str, line: tuple[int, int]) -> int:
    """Return the length of the first word; a script without spaces may break after any character."""
    word = re.match(r"\S+", text[line[0] : line[1]])
    return 1 if ord(text[line[0]]) >= 0x2E80 else len(word.group()) if word else 0


def _kinds(texts: list[str]) -> list[Kind]:
    kinds: list[Kind] = [_shape(text, head=i < _HEAD_PARAGRAPHS) for i, text in enumerate(texts)]
    marked = [is_marked_heading(text) for text in texts]
    listlike = kinds.count("heading") > len(kinds) / 2
    run_end = len(kinds)  # past the run of headings that `i` stands in
    for i in reversed(range(len(kinds))):
        if kinds[i] != "heading":
            run_end = i
            continue
        unmarked_run = run_end == len(kinds) or run_end - i > _HEADING_MAX_RUN or listlike
        if unmarked_run and not marked[i] and not _BRACKETED.fullmatch(texts[i]):
            kinds[i] = "text"
    first = next((i for i, kind in enumerate(kinds) if kind != "byline"), None)
    if first is not None and first < len(texts) - 1 and is_title(texts[first]):
        kinds[first] = "title"
    return kinds


def is_marked_heading(text: str) -> bool:
    """Say whether a paragraph is marked as a heading, "# Minutes, 14 March 2024", whatever else it looks like."""
    return bool(_MARKED_HEADING.match(text))


def is_title(text: str) -> bool:
    """Say whether a first paragraph reads as a title: short, and not a sentence with its full stop."""
    return is_marked_heading(text) or (len(text) <= _BYLINE_MAX_CHARS and not _SENTENCE_END.search(text))


def _shape(text: str, *, head: bool) -> Kind:
    if is_marked_heading(text):
        return "heading"
    if head and is_byline(text):
        return "byline"
    if _LIST_ITEM.match(text):
        return "list item"
    if len(text) > _HEADING_MAX_CHARS or _SENTENCE_END.search(text) or text[0].islower():
        return "text"
    if text.endswith((":", "：")) and len(text.split()) > 6:
        return "text"
    return "heading"


def is_byline(text: str) -> bool:
    """Say whether a paragraph only tells who wrote the document and when."""
    if len(text) > _BYLINE_MAX_CHARS:
        return False
    if _BYLINE_LABEL.match(text) or _BY_NAME.fullmatch(text):
        return True
    rest = text
    dates = list(find_dates(text))
    for mention in reversed(dates):
        rest = rest[: mention.start] + rest[mention.end :]
    letters = sum(char.isalpha() for char in rest)
    return bool(dates) and letters <= _BYLINE_MAX_REST and not re.search(r"[.!?。！？]$", rest.strip())
