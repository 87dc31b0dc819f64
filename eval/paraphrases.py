"""Paraphrases: a sentence in other words, so that a model learns more than which words are shared.

Words that it shares with another text are exchanged for words of the same sense in WordNet (Miller, 1995). Twins (`eval.twins`)
change a word so that the meaning changes; both together teach which change matters.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from eval.twins import word_cosine
from index.errors import PinciteError
from index.terms import STOP_WORDS, split_terms

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

WORDNET = Path("/usr/share/wordnet")  # where Debian's package wordnet-base puts it
_KINDS = ("noun", "verb", "adj", "adv")
_SENSES = 2  # of a word, the most frequent ones
_LIKE = 0.3  # cosine of word embeddings from which a synonym fits the sense that is usual
_WORD = re.compile(r"(?<![\w-])[a-z]{3,}(?![\w-])")
# Endings of each kind of word, with what stands in their place in the word itself: WordNet's own rules (morphy).
_ENDINGS = {
    "noun": (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("ses", "s"), ("xes", "x"), ("s", "")),
    "verb": (("ies", "y"), ("ied", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", ""), ("s", "")),
    "adj": (),
    "adv": (),
}
# Words whose neighbours in WordNet mean another number, or are no word of the same use.
_KEPT = frozenset("hundred thousand million billion trillion dozen not one two three four five six seven eight nine ten".split())


class Thesaurus:
    """Words of the same sense, from the files of WordNet 3.0 (their form: wndb(5WN))."""

    def __init__(self, folder: Path = WORDNET) -> None:
        """Read the index of the four kinds of words.

        Raises:
            PinciteError: The files are not there.
        """
        if not (folder / "index.noun").is_file():
            raise PinciteError(f"no WordNet in {folder}: apt-get install wordnet-base")
        self._senses = {kind: _read_index(folder / f"index.{kind}") for kind in _KINDS}
        self._data = {kind: (folder / f"data.{kind}").read_bytes() for kind in _KINDS}
        self._synonyms: Callable[[str], tuple[str, ...]] = cache(self._find_synonyms)

    def synonyms(self, word: str) -> list[str]:
        """Return words that mean the same as a lower-case word in one of its usual senses, with the same ending."""
        return list(self._synonyms(word))

    def _find_synonyms(self, word: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for kind in _KINDS:
            for ending, instead in (("", ""), *_ENDINGS[kind]):
                if not word.endswith(ending):
                    continue
                plain = word.removesuffix(ending) + instead
                for offset in self._senses[kind].get(plain, ())[:_SENSES]:
                    others = self._words(kind, offset)
                    found |= {_end(other, ending): None for other in others if split_terms(other) != split_terms(plain)}
        return tuple(other for other in found if word_cosine(word, other) > _LIKE)

    def _words(self, kind: str, offset: int) -> list[str]:
        """Return the single words of one set of synonyms, those of what it is a kind of behind."""
        words, above = _read_synset(self._data[kind], offset)
        for other in above[:1]:
            words += _read_synset(self._data[kind], other)[0]
        return [word for word in words if word.isalpha() and word.islower()]


def paraphrase(text: str, stated: str, thesaurus: Thesaurus, rng: random.Random) -> str | None:
    """Return a text in other words, None when none are known.

    Args:
        text: A sentence or question.
        stated: What it is told apart from: words shared with it are changed, others are left.
        thesaurus: Where other words come from.
        rng: Source of chance.
    """
    held = set(split_terms(stated))
    changed = text
    for word in dict.fromkeys(_WORD.findall(text)):
        if word in STOP_WORDS | _KEPT or not held.intersection(split_terms(word)):
            continue
        others = [other for other in thesaurus.synonyms(word) if not held.intersection(split_terms(other))]
        if others:
            changed = re.sub(rf"(?<![\w-]){word}(?![\w-])", rng.choice(others), changed, count=1)
    return changed if changed != text else None


def _read_index(path: Path) -> dict[str, tuple[int, ...]]:
    senses = {}
    with path.open(encoding="ascii") as stream:
        for line in stream:
            if not line.startswith(" "):
                fields = line.split()
                senses[fields[0]] = tuple(int(field) for field in fields[-int(fields[2]) :])
    return senses


def _read_synset(data: bytes, offset: int) -> tuple[list[str], list[int]]:
    """Return the words of a set of synonyms, and where the sets are that it is a kind of."""
    fields = data[offset : data.index(b"\n", offset)].decode("ascii").split(" | ")[0].split()
    count = int(fields[3], 16)
    words = [re.sub(r"\(.*\)", "", word) for word in fields[4 : 4 + 2 * count : 2]]
    links = fields[5 + 2 * count :]
    return words, [int(links[i + 1]) for i in range(0, 4 * (len(links) // 4), 4) if links[i] == "@"]


def _end(word: str, ending: str) -> str:
    """Put an ending to a word, by the regular rules."""
    if not ending:
        return word
    if ending == "ing":
        return word.removesuffix("e") + "ing"
    if ending in ("ed", "ied"):
        return re.sub(r"(?<=[^aeiou])y$", "i", word.removesuffix("e")) + "ed"
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    return re.sub(r"(?<=[^aeiou])y$", "ie", word) + "s"
