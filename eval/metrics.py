"""Measures of answers and their citations, each a pure function of what was said and what is known.

Beside them stand `metrics_ranking`, `metrics_confidence` and `metrics_statistics`. Words are compared after folding case, accents,
punctuation and articles, and figures by their value in plain digits ("4,810" is "4810"), as SQuAD's evaluation does for words
(Rajpurkar and others, 2016); the functions named after SQuAD do exactly what that does.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from typing import TYPE_CHECKING

from index.terms import UNSPACED, count_words, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

MAX_ANSWER_WORDS = 90  # quoting the whole document is not an answer

# In a script without spaces every character is a token, as in the evaluation of CMRC 2018 (Cui and others, 2019).
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|%|[{UNSPACED}]|(?:(?![{UNSPACED}])[^\W\d_])+")
UNSPACED_CHARACTER = re.compile(f"[{UNSPACED}]")
_ARTICLES = frozenset({"a", "an", "the"})
_SQUAD_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_SQUAD_PUNCTUATION = str.maketrans("", "", string.punctuation)

# A statement and the texts that it cites.
Cited = tuple[str, tuple[str, ...]]


def tokens(text: str) -> list[str]:
    """Split a text into tokens for comparing answers; of a script without spaces each character is one.

    >>> tokens("The 4,810 firms' share: 35.10%")
    ['4810', 'firms', 'share', '35.1', '%']
    >>> tokens("共4分钟")
    ['共', '4', '分', '钟']
    """
    found = (_number(token) if token[0].isdigit() else token for token in _TOKEN.findall(fold(text)))
    return [token for token in found if token not in _ARTICLES]


def _number(written: str) -> str:
    plain = written.replace(",", "")
    return plain.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", plain) else plain


def holds(text: str, wording: str) -> bool:
    """Say whether `text` holds the tokens of `wording` in a row.

    >>> holds("It has gathered 4,810 firms.", "4810 firms"), holds("It has 14,810 firms.", "4810 firms")
    (True, False)
    """
    have, want = tokens(text), tokens(wording)
    return bool(want) and any(have[at : at + len(want)] == want for at in range(len(have) - len(want) + 1))


def is_right(text: str, parts: Sequence[Sequence[str]], *, max_words: int = MAX_ANSWER_WORDS) -> bool:
    """Say whether an answer holds every part, in one of its wordings, in at most `max_words` words."""
    return count_words(text) <= max_words and all(any(holds(text, wording) for wording in part) for part in parts)


def token_f1(text: str, wording: str) -> float:
    """Return the harmonic mean of precision and recall of the tokens of `text` against `wording`, as SQuAD does.

    >>> round(token_f1("60 unicorn companies", "60 companies"), 3)
    0.8
    """
    have, want = Counter(tokens(text)), Counter(tokens(wording))
    shared = (have & want).total()
    return 2 * shared / (have.total() + want.total()) if shared else 0.0


def squad_normalise(text: str) -> str:
    """Return a text as SQuAD compares it: lower case, no ASCII punctuation, no articles, single spaces.

    Unlike `tokens` it knows nothing of figures: "35.10" becomes "3510".

    Reference: Rajpurkar, Jia and Liang, "Know What You Don't Know", 2018; `normalize_answer` of their evaluate-v2.0.py.

    >>> squad_normalise("The 4,810 firms' share: 35.10%")
    '4810 firms share 3510'
    """
    return " ".join(_SQUAD_ARTICLES.sub(" ", text.lower().translate(_SQUAD_PUNCTUATION)).split())


def squad_exact(said: str, wordings: Sequence[str]) -> bool:
    """Say whether an answer is one of the accepted wordings after `squad_normalise`, as SQuAD 2.0 does.

    Args:
        said: The answer; "" for none.
        wordings: Accepted; none, or only such as are normalised away, means that nothing is to be said.

    >>> squad_exact("The Tower!", ["tower", "spire"]), squad_exact("", []), squad_exact("a tower of 3", ["tower"])
    (True, True, False)
    """
    return squad_normalise(said) in _squad_wordings(wordings)


def squad_f1(said: str, wordings: Sequence[str]) -> float:
    """Return the best F1 of an answer's words against the accepted wordings, as SQuAD 2.0 does; arguments as for `squad_exact`.

    F1 = 2 shared / (words said + words of the wording), words counted as often as they stand; where one side has no words, 1 if
    the other has none either, else 0.

    >>> round(squad_f1("60 unicorn companies", ["60 companies", "sixty"]), 3)
    0.8
    """
    have = Counter(squad_normalise(said).split())
    return max(_counted_f1(have, Counter(wording.split())) for wording in _squad_wordings(wordings))


def _counted_f1(have: Counter[str], want: Counter[str]) -> float:
    return 2 * (have & want).total() / (have.total() + want.total()) if have and want else float(have == want)


def _squad_wordings(wordings: Sequence[str]) -> list[str]:
    return [normal for wording in wordings if (normal := squad_normalise(wording))] or [""]


def precision(chosen: Collection[object], true: Collection[object]) -> float | None:
    """Return the share of what was chosen that is true; None when nothing was chosen.

    >>> precision({1, 2}, {2, 3, 4})
    0.5
    """
    return sum(one in true for one in chosen) / len(chosen) if chosen else None


def part_recall(chosen: Collection[object], parts: Sequence[Collection[object]]) -> float | None:
    """Return the share of the parts of which at least one place was chosen; None when there are no parts.

    >>> part_recall({1, 2}, [{2, 3}, {4}])
    0.5
    """
    return sum(any(one in part for one in chosen) for part in parts) / len(parts) if parts else None


def sentence_recall(statements: Sequence[Cited], supports: Callable[[str, Sequence[str]], bool]) -> float | None:
    """Return the share of the statements that all their citations together support; None without statements.

    A statement that cites nothing is not supported. ALCE's citation recall, with `supports` in place of its language model.

    Args:
        statements: Each with the texts that it cites.
        supports: Whether a statement is told by texts taken together.

    Reference: Gao, Yen, Yu and Chen, "Enabling Large Language Models to Generate Text with Citations", 2023, section 3.

    >>> sentence_recall([("a", ("a",)), ("b", ("c", "d"))], lambda said, texts: said in texts)
    0.5
    """
    return sum(bool(cited) and supports(said, cited) for said, cited in statements) / len(statements) if statements else None


def sentence_precision(statements: Sequence[Cited], supports: Callable[[str, Sequence[str]], bool]) -> float | None:
    """Return the share of the citations that are of use; None without citations.

    A citation is of use when its statement is supported by all its citations together, and it tells the statement alone or the
    others do not tell it without it. ALCE's citation precision; arguments and reference as for `sentence_recall`.

    >>> sentence_precision([("a", ("a", "b")), ("c", ("b",))], lambda said, texts: said in texts)
    0.3333333333333333
    """
    count = sum(len(cited) for _, cited in statements)
    useful = sum(_is_useful(said, cited, at, supports) for said, cited in statements for at in range(len(cited)))
    return useful / count if count else None


def _is_useful(said: str, cited: tuple[str, ...], at: int, supports: Callable[[str, Sequence[str]], bool]) -> bool:
    rest = cited[:at] + cited[at + 1 :]
    return supports(said, cited) and (supports(said, cited[at : at + 1]) or not supports(said, rest))
