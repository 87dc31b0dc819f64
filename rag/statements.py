"""A text, such as a language model's reply, split into the statements that can be checked, and which of them claim nothing."""

from __future__ import annotations

import re

from index.sentences import split_sentences

_MARKER = re.compile(r"\s?\[\^?\d+(?:\s?[,;–-]\s?\d+)*\]|\s?【[^】]{,40}】")
_BULLET = re.compile(r"^\s*(?:[-*•·>]+|\d{1,2}[.)]|\(\d{1,2}\))\s+")
_HEADING = re.compile(r"^\s*(?:#{1,6}\s|$)")
_TABLE = re.compile(r"^\s*\|")
_MARKUP = re.compile(r"\*\*|__|`")
# What tells nothing of the documents: greetings and announcements; whole sentences of these forms.
_NO_CLAIM = re.compile(
    r"(?:sure|certainly|of course|hello|hi|thanks|thank you|great|ok(?:ay)?|yes|no)\W*"
    r"|(?:sources?|references?|answer|summary|in (?:summary|conclusion))\W*"
    r"|(?:here (?:is|are|['’]s)|below (?:is|are)) (?:the|a|an|what|my) [\w\s]{,40}\W*"
    r"|(?:i hope (?:this|that) helps|let me know|feel free to|please (?:let|tell|ask)|if you (?:have|need|would like))"
    r"[\w\s,'’]{,60}\W*",
    re.IGNORECASE,
)
# That nothing was found, in the words of models; the first form has the one that ours are asked for.
_REFUSAL = re.compile(
    r"(?:the |these |those |your )?(?:provided |given )?(?:documents?|paragraphs?|context|passages?|texts?|sources?|excerpts?)"
    r" (?:provided )?(?:do|does|did) not (?:\w+ )?(?:say|state|mention|answer|provide|contain|specify|give|include|disclose)\b[^,;:\d]*"
    r"|(?:the |these |those |your )?(?:provided |given )?(?:documents?|paragraphs?|context|texts?|sources?) (?:provided )?"
    r"(?:contains?|ha(?:s|ve)|gives?|offers?) no (?:information|answer|mention|data|details?)\b[^,;:\d]*"
    r"|(?:(?:i['’]m|i am) sorry\W+(?:but )?)?i (?:do not|don['’]t|cannot|can['’]t|could not|couldn['’]t|am not able to|was not able to)"
    r" (?:know|tell|say|find|answer)\b[^,;:\d]*",
    re.IGNORECASE,
)
# An announcement with the answer behind it: "Here is the answer: ...". Never "no", which may deny what follows.
_LEAD = re.compile(
    r"^(?:(?:the )?answer(?: to [^:]{,80})?(?: is)?:|(?:sure|certainly|of course|yes)\s*[,:!]"
    r"|(?:here (?:is|are)|based on)\b[\w\s]{,60}[:,])\s+(?=\S)",
    re.IGNORECASE,
)


def split_statements(text: str) -> list[str]:
    """Return the sentences of a text without headings, list marks, emphasis and citation markers; wrapped lines are joined.

    >>> split_statements("- **It grew** [1]. It fell [2, 3].")
    ['It grew.', 'It fell.']
    """
    lines: list[str] = []
    for line in encodable(text).splitlines():
        plain = _without_markers(_MARKUP.sub("", line)).strip()
        wrapped = lines and lines[-1] and not lines[-1].endswith((".", "!", "?", ":", "。", "！", "？")) and not _BULLET.match(line)
        if _HEADING.match(line):
            lines.append("")
        elif _TABLE.match(line):
            lines += [plain, ""]
        elif wrapped:
            lines[-1] += f" {plain}"
        else:
            lines.append(_BULLET.sub("", plain))
    return [_without_lead(line[start:end]) for line in lines for start, end in split_sentences(line)]


def _without_markers(line: str) -> str:
    """Return a line without citation markers, nor with those that appear when others are taken out."""
    while (plain := _MARKER.sub("", line)) != line:
        line = plain
    return line


def _without_lead(sentence: str) -> str:
    plain = _LEAD.sub("", sentence)
    return plain if plain == sentence else plain[0].upper() + plain[1:]


def claims_nothing(statement: str) -> bool:
    """Say whether a statement is a question, or one of the formulas around an answer.

    >>> claims_nothing("Certainly!"), claims_nothing("The documents do not mention it."), claims_nothing("It grew.")
    (True, True, False)
    """
    return statement.endswith("?") or refuses(statement) or (_NO_CLAIM.fullmatch(statement) is not None and not _has_digit(statement))


def refuses(statement: str) -> bool:
    """Say whether a statement is that the documents do not answer, in one of the forms that models use.

    >>> refuses("The paragraphs do not answer this."), refuses("No."), refuses("The documents do not mention 14 cranes.")
    (True, False, False)
    """
    return _REFUSAL.fullmatch(statement) is not None and not _has_digit(statement)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def encodable(text: str) -> str:
    """Return a text with "?" for halves of characters, which broken JSON may hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
