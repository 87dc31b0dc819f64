"""Twins: the question of a right pair, changed so that its sentence looks as if it answered and does not.

The kinds are those by which people made the unanswerable questions of SQuAD 2.0 (Rajpurkar, Jia and Liang, 2018, table 1): another
figure or entity, an opposite, a negation, and a thing that the passage does not speak of. Figures and names are taken from the
passage itself where it has others, because a question about what is named nowhere is soon told apart.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np  # noqa: TID253 - training needs it at once

from index.dates import YEAR
from index.terms import STOP_WORDS, split_terms
from rag.names import find_names

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

NUMBER = re.compile(r"(?<![\w.,])\d[\d,.]*\d(?![\w])|(?<![\w.,])\d(?![\w])")
_WORD = re.compile(r"\b[a-z]{4,}\b")
# Questions whose asking word is the subject: a participle follows; elsewhere "not" would have to find the main verb.
_SUBJECT_ASKED = re.compile(
    r"(?:who|what|which(?: \w+){0,2}|how many \w+) (?:is|are|was|were|has been|have been|had been)(?= \w+(?:ed|en|ing)\b)", re.IGNORECASE
)
_OPPOSITES = """first last | highest lowest | largest smallest | biggest smallest | most least | before after | more fewer | earliest
    latest | oldest youngest | older younger | longest shortest | early late | north south | northern southern | east west | eastern
    western | increase decrease | increased decreased | rise fall | rose fell | gained lost | win lose | won lost | start end | started
    ended | begin end | began ended | open close | opened closed | import export | imported exported | buy sell | bought sold | male
    female | men women | above below | inside outside | upper lower | minimum maximum | best worst | strongest weakest | majority
    minority | include exclude | included excluded | support oppose | supported opposed | allowed forbidden | accepted rejected |
    advantage disadvantage | advantages disadvantages | strength weakness | strengths weaknesses | positive negative |
    public private | urban rural | major minor | successful unsuccessful | legal illegal | common rare | fast slow | internal external"""


_RELATED = (0.22, 0.38)  # cosines of word embeddings: above are forms and synonyms of the word, below is anything
_ENDINGS = ("ing", "ed", "ly", "s")


@lru_cache(maxsize=1)
def _word_vectors() -> tuple[dict[str, int], npt.NDArray[np.float32]]:
    """Return the row of each word of the bundled model's vocabulary, and the word embeddings, scaled to length one."""
    from index.encoders import ReferenceEncoder

    encoder = ReferenceEncoder()
    weights = encoder.transformer().embeddings.word_embeddings.weight.detach().numpy()
    return encoder.tokenizer.get_vocab(), weights / np.linalg.norm(weights, axis=1, keepdims=True)


def word_cosine(one: str, other: str) -> float:
    """Return the cosine of two words' embeddings, -1 when the bundled model has no row for one of them."""
    rows, vectors = _word_vectors()
    return float(vectors[rows[one]] @ vectors[rows[other]]) if one in rows and other in rows else -1.0


def _ending(word: str) -> str:
    return next((ending for ending in _ENDINGS if word.endswith(ending)), "")


@lru_cache(maxsize=1)
def _opposite_of() -> dict[str, str]:
    pairs = [pair.split() for pair in _OPPOSITES.split("|")]
    return {second: first for first, second in pairs} | dict(pairs)


class Strangers:
    """Names and ordinary words of a set's questions, to be asked about where they do not belong."""

    def __init__(self, questions: Sequence[str]) -> None:
        self.names = sorted({name for question in questions for name in find_names(question)})
        rows, self._vectors = _word_vectors()
        words = {word for question in questions for word in _WORD.findall(question)} - STOP_WORDS
        self._words = sorted(word for word in words if word in rows)
        self._rows = np.array([rows[word] for word in self._words], dtype=int)

    def related_words(self, word: str) -> list[str]:
        """Return words of the same look and a like matter that mean something else ("profit": "expenses")."""
        own = _word_vectors()[0].get(word)
        if own is None:
            return []
        cosines = self._vectors[self._rows] @ self._vectors[own]
        near = np.flatnonzero((_RELATED[0] < cosines) & (cosines < _RELATED[1]))
        return [self._words[i] for i in near if _ending(self._words[i]) == _ending(word)]


def change_question(
    question: str, stated: str, passage: Sequence[str], strangers: Strangers, rng: random.Random, *, all_kinds: bool = True
) -> str | None:
    """Return the question changed in one of the ways below so that it is not answered, None when no way is found.

    Args:
        question: The question.
        stated: The sentence that answers it, with its context.
        passage: Sentences of its passage.
        strangers: Of the questions of its set.
        rng: Source of chance.
        all_kinds: False for another figure, or else another name, only.
    """
    ways: list[Callable[[], str | None]] = [
        lambda: change_figure(question, stated, passage, rng),
        lambda: change_name(question, stated, passage, strangers, rng),
    ]
    if all_kinds:
        ways += [
            lambda: change_opposite(question, stated),
            lambda: negate(question, stated),
            lambda: change_word(question, stated, passage, strangers, rng),
        ]
        rng.shuffle(ways)
    return next((changed for way in ways if (changed := way()) is not None), None)


def change_figure(question: str, stated: str, passage: Sequence[str], rng: random.Random) -> str | None:
    """Return the question with a figure that `stated` holds changed to one that it does not hold; None when there is no such figure."""
    held = set(NUMBER.findall(stated))
    own = [figure for figure in NUMBER.findall(question) if figure in held]
    if not own:
        return None
    old = rng.choice(own)
    is_year = bool(re.fullmatch(YEAR, old))
    others = [figure for text in passage for figure in NUMBER.findall(text) if bool(re.fullmatch(YEAR, figure)) == is_year]
    others = [figure for figure in others if figure not in stated]
    new = rng.choice(others) if others and rng.random() < 0.5 else _near_figure(old, rng)
    return None if new in stated else put(question, old, new)


def change_name(question: str, stated: str, passage: Sequence[str], strangers: Strangers, rng: random.Random) -> str | None:
    """Return the question with a name that `stated` holds changed to one that it does not hold; None when there is no such name."""
    own = [name for name in find_names(question) if name in stated]
    if not own:
        return None
    others = [name for text in passage for name in find_names(text) if name not in question]
    pool = others if others and rng.random() < 0.5 else strangers.names
    new = rng.choice(pool) if pool else ""
    if not new or any(word in stated for word in new.split() if len(word) > 3) or new in stated:
        return None
    return None if new in question else put(question, rng.choice(own), new)


def change_opposite(question: str, stated: str) -> str | None:
    """Return the question with one word changed to its opposite; None when it has none or `stated` holds the opposite."""
    for word in _WORD.findall(question):
        opposite = _opposite_of().get(word)
        if opposite and not re.search(rf"\b{opposite}\b", stated, re.IGNORECASE):
            return re.sub(rf"\b{word}\b", opposite, question, count=1)
    return None


def negate(question: str, stated: str) -> str | None:
    """Return the question asked of what is not so; None when it cannot be put so, or `stated` denies something itself."""
    asked = _SUBJECT_ASKED.match(question)
    if not asked or re.search(r"\b(?:not|no|never|without)\b|n't\b", stated, re.IGNORECASE):
        return None
    return f"{asked.group()} not{question[asked.end() :]}"


def change_word(question: str, stated: str, passage: Sequence[str], strangers: Strangers, rng: random.Random) -> str | None:
    """Return the question with an ordinary word that `stated` shares changed to a related one that the passage does not hold, or None."""
    held = set(split_terms(stated))
    own = [word for word in _WORD.findall(question) if word not in STOP_WORDS and split_terms(word)[0] in held]
    if not own:
        return None
    old = rng.choice(own)
    around = held.union(*(split_terms(text) for text in passage))
    others = [word for word in strangers.related_words(old) if split_terms(word)[0] not in around]
    return re.sub(rf"\b{old}\b", rng.choice(others), question, count=1) if others else None


def put(question: str, old: str, new: str) -> str:
    """Exchange whole words, once."""
    return re.sub(rf"(?<![\w.,]){re.escape(old)}(?!\w)", lambda _: new, question, count=1)


def _near_figure(figure: str, rng: random.Random) -> str:
    """Return a figure of the same look that is near the given one."""
    digits = re.sub(r"\D", "", figure)
    if re.fullmatch(YEAR, figure):
        return str(int(figure) + rng.choice([-9, -5, -3, -2, -1, 1, 2, 3, 5, 9]))
    return figure.replace(figure[0], str((int(digits[0]) + rng.randint(1, 8) - 1) % 9 + 1), 1)
