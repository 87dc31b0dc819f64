"""What kind of answer a question wants, and whether a sentence has that kind of thing.

`answer_kind` goes by the words that ask ("how many", "in which year", "多少"), or by the noun that is asked for ("what is the
population of …"). `holds_kind` only says that a sentence could answer by its kind: that a figure, a date, a name stands in it.
What both knowingly ignore: whether it is the right one.
"""

from __future__ import annotations

import re
from typing import Literal

from index.dates import MONTH, MONTHS, YEAR
from index.terms import UNSPACED, query_terms
from rag.names import find_names

Kind = Literal["count", "amount", "date", "person", "place", "reason", "manner", "other"]

# "what is the total …": up to the noun that is asked for, which no preposition parts from its article.
_WHAT_IS = (
    r"^(?:(?:and|but|so)[, ]+)?(?:what(?:['’]s| is| was| are| were| will be)? )?"
    r"(?!(?:did|do|does|is|are|was|were|has|have|had|can|could|will|would|who|whose|whom|when|where|why|how|which|what)\b)"
    r"(?:(?!(?:of|for|in|on|at|to|by|from|with|behind|about|and|or)\b)[\w'’.&-]+ ){0,5}"
)
_MEASURES = (
    r"(?:percent|percentage|share(?! price)|proportion|portion|amount|size|rate|valuation|price|cost|revenue|sales|length|height|weight"
    r"|area|capacity|value|budget|profit|income|turnover|investment|output|age|distance|depth|width|temperature|speed|duration)\b"
)
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("count", rf"\bhow many\b|{_WHAT_IS}(?:number|count|headcount|population)\b"),
    (
        "amount",
        (
            r"\bhow (?:much|large|big|long|old|far|high|tall|fast|heavy|deep|wide|often|strong|quickly|soon)\b"
            rf"|\bwhat (?:percent|percentage|share|proportion|portion|amount|fraction)\b|{_WHAT_IS}{_MEASURES}"
        ),
    ),
    (
        "date",
        (
            r"\bwhen\b|\b(?:what|which) (?:year|month|date|day|time|century|decade|quarter)\b|\bsince when\b|\bhow long ago\b"
            rf"|{_WHAT_IS}(?:date|year|day)\b"
        ),
    ),
    ("person", r"\bwho\b|\bwhom\b|\bwhose\b"),
    (
        "place",
        (
            r"\bwhere\b|\b(?:what|which) (?:city|country|state|place|location|district|town|area|region|province)\b"
            rf"|{_WHAT_IS}(?:location|birthplace|address|seat|whereabouts)\b"
        ),
    ),
    ("reason", r"\bwhy\b|\bwhat (?:caused|causes|reason)\b|\breasons? (?:for|why)\b|\bwhat for\b"),
    ("manner", r"\bhow\b"),
)
_CHINESE_KINDS: tuple[tuple[Kind, str], ...] = (
    ("date", "什么时候|何时|哪一?[年天月]|几[月日号]|什么时间|[哪何什]一?[个么]?(?:年代|世纪|年份|日期|季节)"),
    ("count", "多少|几(?!乎)|人口数?是"),
    ("person", "谁|何人|哪一?位"),
    ("place", "哪里|哪儿|何[处地]|什么地方|位于哪|哪一?个?(?:国家?|城市|地[区方]|省|[市县区镇村])"),
    ("reason", "为什么|为何|为啥|[原起]因"),
    ("manner", "如何|怎[么样]"),
)
_KIND_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in (*_KINDS, *_CHINESE_KINDS))
_COUNTED = re.compile(
    r"\b(?:how many|the (?:total )?number of)"
    r"((?: (?!(?:of|did|does|do|are|is|was|were|has|have|had|will|can|could|would|in|at|on|by|for|that|who)\b)[\w'’-]+){1,6})",
    re.IGNORECASE,
)
_LATEST = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|current(?:ly)?|now(?:adays)?|(?-i:today)|at present|at the moment)\b", re.IGNORECASE
)
_ASKS_PERCENT = re.compile(r"\b(?:per ?cent|percentage|share(?! prices?\b)|proportion|portion|fraction)\b|%", re.IGNORECASE)

_YEAR = re.compile(rf"(?<![\d.,-]){YEAR}(?!,?\d|%|\.\d)")
_WRITTEN_NUMBER = (
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundreds?|thousands?|dozens?|half|twice|double|triple)\b"
)
_CHINESE_NUMBER = "[二三四五六七八九十百千万亿两]|一(?=[百千万亿])"  # 一 alone is "a" as often as "one"
_FIGURE = re.compile(rf"\d|{_WRITTEN_NUMBER}|{_CHINESE_NUMBER}", re.IGNORECASE)
_PERCENT = re.compile(
    r"[%％]|\bper ?cent\b|\bpercentage points?\b|\bhalf\b|\b(?:an?|one|two|three|four) (?:third|quarter|fifth|tenth)s?\b"
    r"|\b\w+ (?:in|out of) (?:every )?(?:two|three|four|five|ten|\d+)\b",
    re.IGNORECASE,
)
_NO_FIGURE = re.compile(  # years, days of a month and numbers that name something
    rf"{_YEAR.pattern}|\b{MONTH}\.? \d{{1,2}}\b(?! [a-z])|\b\d{{1,2}} {MONTH}\b\.?(?! [a-z])"
    r"|\b(?:class|phase|stage|type|level|no\.|article|section|figure|table) \d+|\d{3,4}年|\d{1,2}[月日号]",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"{_YEAR.pattern}|\b(?:{'|'.join(MONTHS)})[a-z]*\.? \d"
    r"|\b(?:century|decade|today|yesterday|(?:last|this|next) (?:year|month|week))\b"
    r"|[\d〇一二三四五六七八九十]+[年月日]|世纪|年代|[今去明昨][年天日]",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|due to|owing to|thanks to|since|so that|in order to|therefore|reasons?|as a result|caused?|leads? to"
    r"|aim(?:s|ed|ing)? to|to)\b",
    re.IGNORECASE,
)
_CASELESS = re.compile(f"[{UNSPACED}]")
_PLACE = re.compile(r"\b(?:in|at|on|from|near|to|of) (?:the )?[A-Z]")


def answer_kind(question: str) -> Kind:
    """Return what kind of answer a question wants, by the first cue that it holds.

    >>> answer_kind("In which year was Brill founded?"), answer_kind("What is the population of Lund?")
    ('date', 'count')
    """
    return next((kind for kind, pattern in _KIND_PATTERNS if pattern.search(question)), "other")


def asks_for_percent(question: str) -> bool:
    """Say whether a share is asked for, which a percentage or a fraction answers.

    >>> asks_for_percent("What share of the firms is listed?"), asks_for_percent("What was the share price?")
    (True, False)
    """
    return bool(_ASKS_PERCENT.search(question))


def asks_for_latest(question: str) -> bool:
    """Say whether a question asks for how things stand now.

    >>> asks_for_latest("How many firms are there at present?"), asks_for_latest("How many firms were there?")
    (True, False)
    """
    return bool(_LATEST.search(question))


def asked_to_count(question: str) -> frozenset[str]:
    """Return the terms of what is to be counted, empty when the question does not say so.

    >>> sorted(asked_to_count("How many listed firms were there in 2024?"))
    ['firm', 'list']
    """
    asked = _COUNTED.search(question)
    return frozenset(query_terms(asked[1])) if asked else frozenset()


def holds_kind(kind: Kind, question: str, text: str) -> bool | None:
    """Say whether a sentence has the kind of thing that a question asks for; None when no kind can be told.

    Args:
        kind: Of the question, see `answer_kind`.
        question: The question; a name in it is no answer to it.
        text: The sentence.
    """
    match kind:
        case "count" | "amount":
            figure = _PERCENT if asks_for_percent(question) else _FIGURE
            return bool(figure.search(_NO_FIGURE.sub("", text)))
        case "date":
            return bool(_DATE.search(text))
        case "person":
            return any(name not in question for name in find_names(text)) or _unless_caseless(text)
        case "place":
            return bool(_PLACE.search(text)) or _unless_caseless(text)
        case "reason":
            return bool(_REASON.search(text)) or None
        case _:
            return None


def _unless_caseless(text: str) -> bool | None:
    """Return that a text has no names; None in a script without capital letters, which hides them."""
    return None if _CASELESS.search(text) else False
