"""Does a statement keep to its source? What a model wrote is shown only when it is a clause of a sentence, word for word or nearly so.

A reader of the size that ships cannot tell a true rewording from a false one ("4.2 million tonnes of grain" where the source has 4.2 of
cargo, of which 1.1 is grain). Whole pieces between commas and the like leave no room for that. A statement may leave out pieces, move
what stands at one end to the other, put the subject in for "it" or before "founded in 2012, ", and use other little words. What is
knowingly refused: every true rewording that does more.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from index.terms import fold, split_terms
from rag.figure_checks import restate_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_SUBJECT = 8  # words that may stand for "it"
_MOST_PIECES = 10  # of a sentence that are tried together
_PARTICIPLES = ("ed", "ing", "found", "headquart", "establish", "base", "locat", "born", "built", "led", "made", "known", "driven")

# A sentence that begins so takes its subject from the one before; "It is reported that" does not.
_LEANS = re.compile(
    r"(?:it(?! (?:is|was|has been) \w+ed\b)|its|they|their|he|his|she|her|this|these|those|such"
    r"|the (?:company|firm|group|project|city|district|town|park|product|drug|team|institute|university|cent(?:er|re)))\b(?:['’]s)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[\u3040-\u30ff\u4e00-\u9fff]|[^\W\d_]+(?:[-'’][^\W\d_]+)*|[%$€£¥]")
_EDGE = re.compile(
    r",(?!\d)|[;:()\[\]\"“”「」（），；：。–—]|\s-\s|\b(?:and|but|while|whereas)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“]([^\"“”]{12,})[\"”]")
# Words that a clause may have or lack and say the same.
_LITTLE = frozenset("a an the is are was were be been being has have had that which who also there".split())
_PRESENT, _PAST = frozenset("is are has have does do".split()), frozenset("was were had did".split())
# Words under which a clause does not say what it seems to say; a statement has those of its sentence, and no others.
_OPERATORS = frozenset(
    (
        "according after aim aimed aims all alleged allegedly almost answer argue argued argues barely before believe believed"
        " believes can cannot claim claimed claims could denied denies deny every expect expected expects fail failed fails"
        " false hardly hope hoped hopes if intend intended intends lack lacked lacks likely may might most nearly neither never"
        " no nobody none nor not nothing only perhaps plan planned plans possible possibly potentially pretend pretends probably"
        " propose proposed proposes refuted rejected reportedly rumored rumoured said say says scheduled shall should some"
        " supposed supposedly suspected told unable unless until untrue whether will without would"
    ).split()
)


def keep(statement: str, sentences: Sequence[str]) -> tuple[int, ...]:
    """Return which sentence a statement keeps to: its place, or with the one before that names what it speaks of; () when to none.

    Args:
        statement: One sentence.
        sentences: Those of its source, in order.
    """
    text = " ".join(sentences)
    if not _quotes_truly(statement, text):
        return ()
    said = _terms(restate_figures(statement, text))
    own = _operators(statement)
    for place, sentence in enumerate(sentences):
        if _operators(sentence) != own:
            continue
        pieces = _pieces(sentence)
        if _is_opening(said, pieces) or (_of_one_tense(statement, sentence) and _is_clause(said, pieces)):
            return (place,)
        if place and _of_one_tense(statement, sentence) and leans(sentence) and _is_clause_about(said, sentence, sentences[place - 1]):
            return (place - 1, place)
    return ()


def leans(statement: str) -> bool:
    """Say whether a sentence takes what it speaks of from the one before it: "It opened.", "The project is new."."""
    return _LEANS.match(statement) is not None


def _is_clause(said: Sequence[str], pieces: Sequence[tuple[str, ...]]) -> bool:
    """Say whether words are whole pieces of a sentence, in order, as they stand or with what is at one end moved to the other."""
    if list(said) == [term for piece in pieces for term in piece]:
        return True
    wanted = Counter(said)
    fitting = [piece for piece in pieces if not Counter(piece) - wanted][:_MOST_PIECES]
    for some in range(1, len(fitting) + 1):
        for chosen in combinations(fitting, some):
            terms = [term for piece in chosen for term in piece]
            if len(terms) == len(said) and any([*terms[cut:], *terms[:cut]] == list(said) for cut in range(len(terms))):
                return True
    return False


def _is_opening(said: Sequence[str], pieces: Sequence[tuple[str, ...]]) -> bool:
    """Say whether words are the subject and what opens its sentence: "Akeso was founded in 2012" of "Founded in 2012, Akeso has ..."."""
    if len(pieces) < 2 or not pieces[0][0].endswith(_PARTICIPLES):
        return False
    opening, subject = list(pieces[0]), list(said[: len(said) - len(pieces[0])])
    return bool(subject) and list(said[len(subject) :]) == opening and list(pieces[1][: len(subject)]) == subject


def _is_clause_about(said: Sequence[str], sentence: str, before: str) -> bool:
    """Say whether words are pieces of a sentence whose "it", "its" or "the company" is the beginning of the sentence before."""
    lean = _LEANS.match(sentence)
    rest, subjects = _pieces(sentence[lean.end() :]) if lean else (), _terms(before)
    return any(subject == subjects[: len(subject)] and _is_clause(others, rest) for subject, others in _without_one_part(said))


def _without_one_part(said: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield every short run of words with what is left without it, and without the "of" that ties it on."""
    for start in range(len(said)):
        for end in range(start + 1, min(start + _MOST_SUBJECT, len(said) - (start == 0)) + 1):
            tied = start and said[start - 1] == "of"
            yield list(said[start:end]), [*said[: start - 1 if tied else start], *said[end:]]


@lru_cache(maxsize=1024)
def _pieces(sentence: str) -> tuple[tuple[str, ...], ...]:
    """Return the words that count of each piece of a sentence, in order."""
    pieces = (tuple(_term(word) for word in _WORD.findall(piece) if word.lower() not in _LITTLE) for piece in _EDGE.split(sentence))
    return tuple(piece for piece in pieces if piece)


def _terms(text: str) -> list[str]:
    return [term for piece in _pieces(text) for term in piece]


def _term(word: str) -> str:
    """Return what makes a word the same in another form; a possessive is its owner."""
    plain = re.sub(r"['’]s\Z", "", word)
    return " ".join(split_terms(plain)) or fold(plain)


def _operators(text: str) -> frozenset[str]:
    words = re.findall(r"[^\W\d_]+", text.lower())
    plain = frozenset(words) & _OPERATORS
    return plain | {"not"} if re.search(r"n['’]t\b|[不没未非]", text.lower()) else plain


def _of_one_tense(one: str, other: str) -> bool:
    """Say whether two sentences do not speak of the present and the past, by their little verbs."""
    words = [frozenset(re.findall(r"[^\W\d_]+", text.lower())) for text in (one, other)]
    tenses = [{name for name, verbs in (("present", _PRESENT), ("past", _PAST)) if verbs & each} for each in words]
    return not all(tenses) or bool(tenses[0] & tenses[1])


def _quotes_truly(statement: str, text: str) -> bool:
    """Say whether what a statement puts in quotation marks stands there word for word."""
    return all(fold(quoted).strip(" .,;:!?") in fold(text) for quoted in _QUOTED.findall(statement))
