"""Questions that a sentence answers, told by its shape (`eval.shapes`): `sentence -> Asked`.

No grammar is parsed. A question is made only when it is short, holds no word that points to what was said before ("his", "the latter")
and does not hold its answer. Whether it is clear among all documents is told in `eval.proposals`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.answer_forms import date_wordings, figure_wordings
from eval.persons import is_person
from eval.shapes import SHAPES
from eval.verbs import BASES, OWNS, RUNS
from rag.figures import find_figures
from rag.names import NOT_NAMES, find_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eval.shapes import Shape

MAX_CHARS = 110  # of a question
MAX_SENTENCE = 320  # characters; a longer one says too many things

_PRONOUN = re.compile(
    r"\b(?:he|she|it|its|his|her|hers|him|they|their|theirs|them|this|these|those|that|we|our|us|I|my|you|your|who|which|whom|whose|such|former|latter"
    r"|others?|another|same|also|later|then|now|today|respectively|here|above|below|following|previous|previously|earlier|next|however|both"
    r"|there(?<!are there)(?<!were there)|again|not|instead|only|too|former|each|due|himself|herself|itself|themselves|so|another|said)\b"
)
_VAGUE = re.compile(
    r"\b(?:(?:last|this|next|past|previous|same|that|current) (?:year|month|week|quarter|season|decade|century|summer|spring|fall|winter)"
    r"|yesterday|so far|ago|at the time|at that time|by then)\b"
)
_WHOLE = re.compile(r"[^a-z].*[.!?;:][\"”’)]*$")  # a piece of a sentence tells half of it
_MARKS = re.compile(r"[“”\"\[\]{}|<>*]| [,.;:]| ['’] ")
_DEFINITE = re.compile(r"\bthe(?: [a-z-]+)+\?$")  # "the treaty" that nothing names
_NO_NAMES = frozenset("Such Other Others Another Many Much Most Below Above Among Between".split())
_TITLES = frozenset("Sir Mr Mrs Ms Miss Dr Mr. Mrs. Ms. Dr. Councillor Captain Professor Prof. Lord Lady Judge Senator Father".split())
_HAPPENS_ONCE = frozenset(
    """died opened closed retired debuted collapsed surrendered began started ended premiered resigned disbanded dissolved launched
    graduated""".split()
)
_LOOSE_END = re.compile(
    r" (?:of|in|on|at|for|to|by|with|from|as|and|or|the|a|an|is|was|than|into|about|first|all|out|between|its|to [a-z]+|[a-z]+ly|\w"
    r"|Ms|Mr|Mrs|Dr|St|No|Lt|Gen|Rev)\?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with its answer, from one sentence.

    Attributes:
        kind: Of the shape.
        question: The question.
        answers: The parts of the answer with their accepted wordings; the first of each stands in the sentence.
        subject: What is asked about, as it stands in the question.
        name: The name in the subject.
        when: The time that the question names (" in 2010"), or "".
        about: Of the shape.
    """

    kind: str
    question: str
    answers: tuple[tuple[str, ...], ...]
    subject: str
    name: str
    when: str = ""
    about: str = ""


def find_asked(sentence: str) -> Iterator[Asked]:
    """Yield the questions that a sentence answers by its shape.

    Args:
        sentence: One whole sentence.

    >>> [(asked.question, asked.answers) for asked in find_asked("Acme Mills was founded in 1912.")]
    [('When was Acme Mills founded?', (('1912',),))]
    """
    sentence = re.sub(r" +(?=[.,;:)])|(?<=\() +", "", " ".join(sentence.split()))  # "Acme Mills , founded in 1912 ,", as some sets write
    if len(sentence) > MAX_SENTENCE or not _WHOLE.match(sentence):
        return
    for shape in SHAPES:
        match = shape.pattern.search(sentence)
        vague = shape.kind in {"figure", "share", "date"} and _VAGUE.search(sentence)
        asked = _ask(shape, match, sentence) if match and not vague and not _MARKS.search(match.group()) else None
        if asked:
            yield asked
            return


def _ask(shape: Shape, match: re.Match[str], sentence: str) -> Asked | None:
    words = {key: value or "" for key, value in match.groupdict().items()}
    if not _is_subject(words["subject"]) or _is_plural(words) or ("role" in words and " and " in words["subject"]):
        return None
    if shape.kind == "date" and "tail" in words and not _is_definite(words):
        return None
    answers = _answers(shape, match, sentence)
    when = _when(words, sentence) if shape.kind in {"figure", "share"} else ""
    if not answers or when is None:
        return None
    subject = re.sub("^The ", "the ", words["subject"])
    spelled = words | _verbs(words) | {"subject": subject, "when": when, "ask": _who_or_what(words), "done": words.get("done", "").lower()}
    question = shape.question.format(**spelled)
    if "what" in words and is_person(words["what"]):
        question = question.replace("What", "Who", 1)
    about = shape.about or ("person" if shape.kind == "definition" and question.startswith("Who") else "")
    asked = Asked(kind=shape.kind, question=question, answers=answers, subject=subject, name=bare_name(subject), when=when, about=about)
    return asked if reads_well(asked) else None


def _is_plural(words: dict[str, str]) -> bool:
    """Say whether a definition without a verb is of several: "the Democrats, a minor party,"."""
    return "definition" in words and not words.get("verb") and "date" not in words and bool(re.search(r"[^s]s$", words["subject"]))


def bare_name(subject: str) -> str:
    """Return the name in a subject: "the harbour of Ostmark" is "Ostmark", "the Rhine" is "Rhine"."""
    described = re.sub(r"^[Tt]he (?:[a-z-]+ )+(?:of|in|for) |['’]s(?: [A-Za-z-]+)+$", "", subject)
    return re.sub(r"^[Tt]he ", "", described)


def _is_subject(subject: str) -> bool:
    name = bare_name(subject)
    words = name.split()
    plain = words[0].lower().rstrip("s") not in NOT_NAMES and words[0].lower() not in NOT_NAMES and words[-1] not in {"The", "A"}
    if words[0] in _NO_NAMES or (len(words) == 2 and words[0] in _TITLES):
        return False
    return (
        bool(words) and plain and len(name) > 2 and name != words[0].lower() and bool(find_names(name)) and not re.search(r"['’]s?$", name)
    )


def _answers(shape: Shape, match: re.Match[str], sentence: str) -> tuple[tuple[str, ...], ...]:
    """Return the parts of the answer with their wordings, none where the words that answer are not what they should be."""
    said = match[shape.answer]
    match shape.answer:
        case "date":
            person = "definition" not in match.groupdict() or is_person(match["definition"])
            return (date_wordings(said),) if person else ()
        case "figure":
            return (figure_wordings(said),) if _is_figure(match.span("figure"), sentence) else ()
        case "agent":
            return _names(shape, match)
        case "person" | "place":
            first = said.split(",")[0]
            return (tuple(dict.fromkeys((said, first))),) if find_names(first) == [first.removeprefix("the ")] else ()
        case _:
            return _definition(shape, match)


def _is_figure(span: tuple[int, int], sentence: str) -> bool:
    """Say whether what stands there counts something: no year, no number that names something."""
    return any(figure.start < span[1] and span[0] < figure.end for figure in find_figures(sentence))


def _names(shape: Shape, match: re.Match[str]) -> tuple[tuple[str, ...], ...]:
    """Return the names that answer, one or two."""
    if shape.about == "short" and not _spells(match["agent"].removeprefix("The "), match["subject"]):
        return ()
    if "what" in match.groupdict() and is_person(match["what"]) and " " not in match["agent"]:
        return ()
    parts = [re.sub("^[Tt]he ", "", part) for part in (match["agent"], match["other"].removeprefix(" and ")) if part]
    return (
        tuple((part,) for part in parts)
        if all(find_names(part) == [part] and part not in _NO_NAMES and len(part.split()[-1]) > 1 for part in parts)
        else ()
    )


def _definition(shape: Shape, match: re.Match[str]) -> tuple[tuple[str, ...], ...]:
    """Return what something is, none where the words are cut in the middle."""
    said = match["definition"]
    if shape.about == "person" and not is_person(re.sub(r"^(?:the|an?) ", "", said)):
        return ()
    said = re.sub(r"^(?:the|an?) | (?:on|in) the .*$", "", said)
    said = re.sub(r"(?:,| of| the| an?| \w+ed)+$", "", said)
    cut = re.match(r"[–-]|,? (?:and|or) |,(?! (?:who|which|that|\w+ed) )", match.string[match.end("definition") :])
    return ((said,),) if " " in said and not said.endswith("ing") and not cut else ()


def _is_definite(words: dict[str, str]) -> bool:
    """Say whether what is told of a date happened once: "a study" was published many times, "a study of Brill" perhaps not."""
    tail, verb = words["tail"], words.get("verb", "")
    if not tail:
        return verb in {"was", "were"} or verb in _HAPPENS_ONCE
    return not re.search(r"^ [a-z]+$| and [a-z]|\b(?:an?|[a-z]+ing)\b(?!.*[A-Z])|\b(?:some|several|many|two|three|four|\d)|[$£€%]", tail)


def _when(words: dict[str, str], sentence: str) -> str | None:
    """Return the time that the question must name, None where a time stands elsewhere in the sentence."""
    intro, after = words.get("intro", ""), words.get("when", "")
    rest = sentence.replace(intro, "", 1).replace(after, "", 1)
    if (intro and after) or re.search(r"\b(?:1\d|20)\d\d\b", rest.replace(words["figure"], "", 1)):
        return None
    return f" {intro[0].lower()}{intro[1:]}" if intro else after


def _verbs(words: dict[str, str]) -> dict[str, str]:
    verb, done = words.get("verb", ""), words.get("done", "")
    be = {"has": "is", "had": "was"}.get(verb, verb)
    do, base = BASES.get(verb, ("", ""))
    return {
        "be": be,
        "was": verb if verb == "is" else "was",
        "do": do,
        "base": base,
        "past": OWNS.get(done, ""),
        "present": RUNS.get(done, ""),
    }


def _spells(name: str, short: str) -> bool:
    """Say whether the capitals of a name are the letters of its abbreviation."""
    return "".join(re.findall(r"(?<![a-z])[A-Z]", name)) == short


def _who_or_what(words: dict[str, str]) -> str:
    """Return how a definition is asked for: a name behind "the", or in capitals, is no person's."""
    subject = words["subject"]
    person = is_person(words.get("definition", "")) and not re.match(r"[Tt]he |\w*[A-Z]{2}|.*\d", subject)
    return f"{'Who' if person else 'What'} {words.get('verb') or 'is'}"


def reads_well(asked: Asked) -> bool:
    """Say whether a question is short, whole and points to nothing outside itself."""
    rest = asked.question.replace(asked.subject, "", 1)
    holds = any(
        re.search(rf"(?<!\w){re.escape(wording)}(?!\w)", asked.question, re.IGNORECASE) for part in asked.answers for wording in part
    )
    return (
        len(asked.question) <= MAX_CHARS
        and not holds
        and not _PRONOUN.search(rest.replace("there", "", 1) if " there" in rest else rest)
        and not _LOOSE_END.search(asked.question.replace(" stand for?", " stand?"))
        and not _DEFINITE.search(rest)
        and asked.question.count("(") == 0
    )
