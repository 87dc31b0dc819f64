"""A follow-up made whole from the conversation, without a model.

`resolve` turns "and the year before?" after "How many trials were approved in 2024?" into a question that can be
searched by itself, by the rules below; the first that applies is taken:

1. A question with no sign of leaning on what came before is left as it is.
2. An elliptical question ("and in 2023?", "what about Akeso?") is the earlier question with its year, name or
   last words exchanged.
3. Any other question that leans on an earlier one ("When did he return?", "How many of them?") keeps its words,
   and the subject of the conversation is put in brackets behind it.

What it knowingly ignores: whose pronoun it is when the conversation has several people of one kind.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.terms import STOP_WORDS, fold
from rag.names import find_names

if TYPE_CHECKING:
    from collections.abc import Sequence

Turn = tuple[str, str]

ONE_YEAR = r"(?:19|20)\d{2}"  # narrower than that of texts: who asks for 1850 may mean men
YEAR = re.compile(rf"(?<![\d.,]){ONE_YEAR}(?!,?\d|\.\d)")
SUBJECT = re.compile(r"\s*\([^()]*\)$")  # what `with_subject` puts behind a question
ASKING = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would)\b", re.IGNORECASE
)
_LEADING_TURN = re.compile(r"^(?:and|but|or|so|also|ok|okay|then|what about|how about|and what about|and how about)\b[\s,]*", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:(?:and|but|so|ok|okay|then)[\s,]+)?(?:what|how) about\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|their|theirs|them|he|him|his|she|her|hers|those|these|that|this|there|then|former|latter|ones|same|such|both)\b|\bone[?.!]?$",
    re.IGNORECASE,
)
_OWN_ANTECEDENT = re.compile(
    r"\b(?:is|was|are|were|does|did|has) (?:it|there) (?:true|possible|a|an|any|that)\b"
    r"|\bthere (?:is|are|was|were)\b|\b(?:is|are|was|were) there\b"
    r"|\bthat (?:is|are|was|were|can|have|has|had)\b|\b(?:those|one|ones) (?:who|which|that|of the|in the)\b"
    r"|\bsay(?:s|ing)? that\b|\bso that\b",
    re.IGNORECASE,
)
_PERSON_PRONOUN = re.compile(r"\b(?:he|him|his|she|her|hers)\b", re.IGNORECASE)
# "her" is an owner only before what can be owned; "they" may be anybody.
_REPLACED = re.compile(
    r"\b(?:(?P<owner>its|his|her(?= (?!(?:in|at|on|by|for|to|from|of|with|as|and|or|when|where|after|before|during|since|until)\b)\w))"
    r"|it|he|him|she|her)\b",
    re.IGNORECASE,
)
_YEAR_STEP = re.compile(
    r"\b(?:the\s+)?(?:(?P<before>(?:year|one) before(?: that)?|(?:previous|prior|preceding) (?:year|one)|year earlier)"
    r"|(?P<after>(?:year|one) after(?: that)?|(?:next|following|subsequent) (?:year|one)|year later))\b",
    re.IGNORECASE,
)
_INVERTED = re.compile(r"\b(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would)\s+(?:it|they|he|she)\b", re.IGNORECASE)
_CLAUSE = re.compile(rf"[,;:]|{ASKING.pattern}.+{ASKING.pattern}", re.IGNORECASE)  # a clause stands before: it may hold the antecedent
_THIRD = frozenset({"it", "its", "they", "their", "theirs", "them", "ones", "both", "such", "same"})
_ELLIPSIS_MAX_WORDS = 4
_ABOUT_MAX_WORDS = 8


def resolve(question: str, history: Sequence[Turn]) -> str:
    """Return `question` with what it leaves out filled in from the conversation; see the chapter's rules."""
    whole = ""  # the conversation's last question, itself resolved
    answer = ""
    for earlier, reply in history:
        whole, answer = resolve_one(earlier, whole, answer), reply
    return resolve_one(question, whole, answer)


def resolve_one(question: str, earlier: str, answer: str) -> str:
    """Return `question` made whole from one earlier turn; `earlier` is "" when there is none."""
    if not earlier:
        return question
    if _is_elliptical(question):
        return exchange(question, earlier, answer)
    if _leans(question):
        return with_subject(question, earlier, answer)
    return question


def exchange(question: str, earlier: str, answer: str) -> str:
    """Return the earlier question with the part that the follow-up names put in its place."""
    years = YEAR.findall(question)
    step = _YEAR_STEP.search(question)
    if step:
        known = YEAR.findall(earlier) or YEAR.findall(answer)
        years = [str(int(known[-1]) + (1 if step["after"] else -1))] if known else []
    if years:
        return _replace_last(YEAR, earlier, years[-1]) or f"{earlier.rstrip(' ?.!')} in {years[-1]}?"
    if step or _PRONOUN.search(question):
        return with_subject(question, earlier, answer)
    part = _LEADING_TURN.sub("", question).strip(" ?.!,")
    swapped = _swap_like(part, earlier)
    names, known_names = find_names(part), find_names(earlier)
    if not swapped and names and known_names:
        swapped = earlier.replace(known_names[-1], names[-1])
    return swapped or f"{earlier.rstrip(' ?.!')} {part}?"


def with_subject(question: str, earlier: str, answer: str) -> str:
    """Return the question with the conversation's subject behind it, in brackets."""
    subject = _subject(question, earlier, answer)
    return f"{question.rstrip()} ({subject})" if subject else question


def name_subject(question: str) -> str:
    """Return a question that was given its subject with the subject's first name in the place of "it", "he" or "she".

    That is how people would have asked it, and what the ranker reads best. Without such a pronoun or a name it stays as it is.

    >>> name_subject("And what is it famous for? (Brill population 2024)")
    'And what is Brill famous for?'
    """
    bracket = SUBJECT.search(question)
    names = find_names(bracket.group()) if bracket else []
    own = SUBJECT.sub("", question)
    pronoun = _REPLACED.search(_OWN_ANTECEDENT.sub(lambda match: "_" * len(match.group()), own))
    if not names or not pronoun:
        return question
    return own[: pronoun.start()] + names[0] + ("'s" if pronoun["owner"] else "") + own[pronoun.end() :]


def telling_words(text: str) -> list[str]:
    """Return the words that are not function words, folded, in order."""
    return [word for word in re.findall(r"\w+", fold(text)) if word not in STOP_WORDS]


def _is_elliptical(question: str) -> bool:
    """Say whether a question has no verb of its own: "and in 2023?", "what about Akeso?", "class II?"."""
    words = question.split()
    if _ABOUT.match(question):
        return len(words) <= _ABOUT_MAX_WORDS
    rest = _YEAR_STEP.sub("", _LEADING_TURN.sub("", question))
    return len(rest.split()) <= _ELLIPSIS_MAX_WORDS and not ASKING.search(rest)


def _leans(question: str) -> bool:
    """Say whether a whole question points at something outside itself."""
    bare = _OWN_ANTECEDENT.sub(" ", question)
    if _LEADING_TURN.match(question) and not _ABOUT.match(question):
        return True
    inverted = _INVERTED.search(bare)
    if inverted and not _CLAUSE.search(bare[: inverted.start()]):
        return True
    pronoun = _PRONOUN.search(bare)
    if pronoun:
        before = bare[: pronoun.start()]
        nouns = 2 if pronoun.group().lower() in _THIRD else 4  # telling words that make an antecedent likely
        return not find_names(before) and len(telling_words(before)) < nouns
    return not find_names(question) and len(telling_words(question)) <= 2


def _swap_like(part: str, earlier: str) -> str | None:
    """Exchange a phrase of as many words that begins or ends with a word of `part`: "class II" for "Class III"."""
    words = part.split()
    if len(words) < 2:
        return None
    more = len(words) - 1
    ways = [rf"{re.escape(words[0])}(?:\s+[\w&.-]+){{{more}}}"] if fold(words[0]) not in STOP_WORDS else []
    ways += [rf"(?:[\w&.-]+\s+){{{more}}}{re.escape(words[-1])}"]
    like = rf"\b(?:{'|'.join(ways)})(?!\w)"
    match = re.search(like, earlier, re.IGNORECASE)
    return earlier[: match.start()] + part + earlier[match.end() :] if match else None


def _replace_last(pattern: re.Pattern[str], text: str, new: str) -> str | None:
    matches = list(pattern.finditer(text))
    return text[: matches[-1].start()] + new + text[matches[-1].end() :] if matches else None


def _subject(question: str, earlier: str, answer: str) -> str:
    """Return what the conversation is about, what is most likely meant first: names of the answer, telling words of the question.

    Asked who somebody is, the answer is what "he" means; asked which thing, it is what "it" means.
    """
    asked_who, asked_which = (bool(re.search(rf"\b(?:{words})\b", earlier, re.IGNORECASE)) for words in ("who", "which|what"))
    person = bool(_PERSON_PRONOUN.search(question))
    answered = [name for name in find_names(answer) if fold(name) not in fold(earlier)] if asked_who or asked_which or person else []
    have = set(re.findall(r"\w+", fold(question)))
    words = [word for word in re.findall(r"[\w'’&.-]*\w", _strip_bracket(earlier)) if fold(word) not in STOP_WORDS | have]
    known = [" ".join(words)] if words else []
    answer_first = asked_who if person else asked_which and not asked_who
    return ", ".join([*answered[:2], *known, *_bracket(earlier)] if answer_first else [*known, *answered[:2], *_bracket(earlier)])


def _strip_bracket(earlier: str) -> str:
    return SUBJECT.sub("", earlier)


def _bracket(earlier: str) -> list[str]:
    """Return the names of a subject that an earlier follow-up was given, so that a topic lasts longer than one turn."""
    found = re.search(r"\(([^()]*)\)$", earlier)
    return find_names(found.group(1)) if found else []
