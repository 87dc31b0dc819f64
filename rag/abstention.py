"""Declining: the sentence that says so, and what it is that the documents lack.

Only what can be checked is said: a name or a number that stands nowhere in the documents, a year that none of the sentences that came
nearest speaks of, or a kind of answer that none of them holds. Where nothing of that can be told, the plain sentence stands alone.
The documents are those that are asked, where a question is asked of some only.
"""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from index.terms import STOP_WORDS, fold, query_terms, split_terms
from rag.aliases import is_abbreviation
from rag.answer import ABSTENTION
from rag.asked_numbers import find_asked_numbers, spell_number, states_number
from rag.evidence import FEATURES
from rag.names import find_names
from rag.periods import FOREVER, overlap

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from decimal import Decimal

    from index.search import ParagraphIndex
    from rag.evidence import Evidence
    from rag.periods import Period
    from rag.question import Question

_ORDINARY = re.compile(r"(?<![\w'’-])[a-z]{3,}\b")
_MISSPELT = 0.75  # difflib's ratio of a name's word and the one that it was meant to be
_NEAR = 8  # of the best sentences, whose years are told
_MOST_YEARS = 4
_KIND_FITS, _COVERAGE = FEATURES.index("kind fits"), FEATURES.index("coverage")
_YEAR_FITS, _YEAR_DIFFERS = FEATURES.index("year fits"), FEATURES.index("year differs")
_KINDS = {"count": "no figure", "amount": "no figure", "date": "no date", "person": "no person", "place": "no place"}


def decline(question: Question, ranked: Sequence[Evidence], index: ParagraphIndex) -> str:
    """Return the sentence that declines, with what is missing where it can be told.

    Args:
        question: A single question.
        ranked: The evidence that was not good enough, best first.
        index: Of the documents.
    """
    unknown = find_unknown_names(question, ranked, index) or find_unknown_numbers(question, ranked, index)
    reason = f"They do not mention {unknown[0]}." if unknown else ""
    reason = reason or ("They hold no word of it." if knows_nothing(question, index) else "")
    reason = reason or _other_years(question, ranked) or _no_such_kind(question, ranked)
    return f"{ABSTENTION} {reason}".rstrip()


def find_unknown_names(question: Question, ranked: Sequence[Evidence], index: ParagraphIndex) -> list[str]:
    """Return the question's names that stand nowhere in the documents; what is said of others is no answer.

    A name is known by any of its words but the ordinary ones: those that what was read holds in lower case, so that a
    Harrow Bridge, spoken of as "the bridge", does not make a Severn Bridge known. An abbreviation does not count, since
    the documents may spell it out; nor does a misspelling of a name that was read, unless it stands in a document that is
    not asked; nor a single word at the question's beginning, which may be an ordinary one.
    """
    known = dict(question.aliases)
    ordinary = _ordinary(ranked)
    names_read = [name for evidence in ranked for name in find_names(f"{evidence.text} {evidence.context}")]
    read = {term for name in names_read for term in split_terms(name)}
    unknown = []
    for name in _asked_names(question):
        terms = _distinctive(name, ordinary)
        if name in known or not terms or index.holds(terms):
            continue
        elsewhere = index.scope is not None and index.holds(terms, anywhere=True)
        if elsewhere or not all(difflib.get_close_matches(term, read, n=1, cutoff=_MISSPELT) for term in terms):
            unknown.append(name)
    return unknown


def find_unknown_numbers(question: Question, ranked: Sequence[Evidence], index: ParagraphIndex) -> list[str]:
    """Return the numbers that the question takes for granted and that stand nowhere in the documents, as the question writes them.

    In digits they are looked for in all documents, however they are scaled ("2.4 million"); written out or with spaces, in what was read.
    """
    return [
        written
        for written, value in find_asked_numbers(question.searched)
        if not _holds_number(value, index) and not any(states_number(evidence.text, value) for evidence in ranked)
    ]


def _holds_number(value: Decimal, index: ParagraphIndex) -> bool:
    terms, words = spell_number(value)
    return index.holds(terms) or (bool(words) and all(index.holds([word]) for word in words))


def knows_nothing(question: Question, index: ParagraphIndex) -> bool:
    """Say whether no telling word of the question, by any of its names, stands anywhere in the documents."""
    terms = query_terms(question.search_text)
    return bool(terms) and not index.holds(terms)


def find_fitting(question: Question, ranked: Sequence[Evidence], index: ParagraphIndex, margin: float) -> list[Evidence]:
    """Return the evidence that may answer: of documents that mention what is asked about, and no figure of another year.

    Args:
        question: A single question.
        ranked: Best first.
        index: Of the documents.
        margin: How far below the best a sentence may be and still stand in for it.

    Returns:
        The evidence in its order, but when a figure is asked for by its year, sentences within the margin that speak of
        that very year first; empty when what is left is no answer.
    """
    about = _keep_subject(question, ranked, index)
    if not about or ranked[0].score - about[0].score > margin:
        return []
    if question.kind not in {"count", "amount"} or not question.periods:
        return about
    fitting = [evidence for evidence in about if not evidence.features[_YEAR_DIFFERS]]
    near = [evidence for evidence in fitting if about[0].score - evidence.score <= margin]
    exact = [evidence for evidence in near if evidence.features[_YEAR_FITS] == 1]
    stands_in = exact if about[0].features[_YEAR_DIFFERS] else near  # what stands beside a figure of another year is another thing
    return [*exact, *(evidence for evidence in fitting if evidence not in exact)] if stands_in else []


def _keep_subject(question: Question, ranked: Sequence[Evidence], index: ParagraphIndex) -> list[Evidence]:
    """Return the evidence of documents that mention something the question names; the rest is said of others.

    A name that the index does not know at all may be misspelt and is left to `find_unknown_names`.
    """
    known = dict(question.aliases)
    ordinary = _ordinary(ranked)
    words: set[str] = set()
    for name in _asked_names(question):
        if index.holds(_distinctive(name, ordinary), anywhere=True):
            spelled = [fold(word) for each in (name, *known.get(name, ())) for word in each.split()]
            words.update([word for word in spelled if word not in STOP_WORDS and not ordinary.issuperset(split_terms(word))] or spelled)
    if not words:
        return list(ranked)
    near = {evidence.paragraph.source for evidence in ranked if _mentions(fold(f"{evidence.text} {evidence.context}"), words)}
    others = {evidence.paragraph.source for evidence in ranked} - near
    about = near | {path for path in others if _mentions(_folded(index.store.source(path).text), words)}
    return [evidence for evidence in ranked if evidence.paragraph.source in about]


def _mentions(folded: str, words: Collection[str]) -> bool:
    return any(word in folded for word in words)


@lru_cache(maxsize=64)  # documents come up again and again
def _folded(text: str) -> str:
    return fold(text)


def _asked_names(question: Question) -> list[str]:
    """Return the question's names but a single word at its beginning, which may be an ordinary one."""
    return [name for name in question.names if " " in name or not question.searched.startswith(name)]


def _ordinary(ranked: Sequence[Evidence]) -> set[str]:
    """Return the terms of the words that what was read holds in lower case."""
    return {term for evidence in ranked for word in _ORDINARY.findall(evidence.text) for term in split_terms(word)}


def _distinctive(name: str, ordinary: Collection[str]) -> list[str]:
    """Return the terms of a name that are not ordinary, or all of them where none is left; abbreviations are left out."""
    terms = [term for word in name.split() if not is_abbreviation(word) for term in split_terms(word)]
    return [term for term in terms if term not in ordinary and term not in STOP_WORDS] or terms


def _other_years(question: Question, ranked: Sequence[Evidence]) -> str:
    """Return which years the nearest sentences speak of, when none is one that is asked for."""
    if not question.periods:
        return ""
    if overlap(tuple(period for evidence in ranked for period in evidence.periods), question.periods):
        return ""
    stated = [period for evidence in ranked[:_NEAR] for period in evidence.periods]
    if not stated:
        return ""
    years = [_spell(period) for period in sorted(dict.fromkeys(stated), reverse=True)[:_MOST_YEARS]]
    return f"What comes nearest is about {_and(years)}, not {_and([_spell(period) for period in question.periods])}."


def _no_such_kind(question: Question, ranked: Sequence[Evidence]) -> str:
    """Return that no sentence about it holds the kind of thing that is asked for."""
    about = [evidence for evidence in ranked if evidence.features[_COVERAGE] > 0]
    if question.kind not in _KINDS or not about or any(evidence.features[_KIND_FITS] for evidence in about):
        return ""
    return f"What comes nearest gives {_KINDS[question.kind]}."


def _spell(period: Period) -> str:
    first, last = period
    if last == FOREVER:
        return f"the time since {first}"
    if first == 0:
        return f"the time until {last}"
    return str(first) if first == last else f"{first} to {last}"


def _and(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} and {values[-1]}"
