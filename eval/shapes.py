"""The shapes of sentences that answer a question: "Brill was founded in 1905 …" answers "When was Brill founded?".

Each is a pattern with named groups and the form of its question, which repeats the sentence's own words, so that it reads naturally whatever
the documents are about. `eval.asking` uses them; what they knowingly ignore is every sentence that fits none whole, which most do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from eval.answer_forms import DATE, FIGURE, YEAR
from eval.persons import ROLE
from eval.verbs import ACTS, BASES, OWNS, RUNS

_CAP = r"(?:[A-Z\u00c0-\u00de][\w’'&-]*|[A-Z]\.)"
_NAME = rf"(?:[Tt]he )?{_CAP}(?:(?: (?:of|and|for|de|van|von|du|da|del|di|la|&)(?: the)?)? {_CAP}| \d{{1,3}}\b(?!,\d)){{0,6}}"
_DESCRIBED = rf"[Tt]he (?!name )(?:[a-z-]+ ){{1,3}}(?:of|in|for) {_NAME}"
_SKIPPED = r"^(?:(?:Up to now|To date|However|Nearby|Subsequently|Finally|Eventually|Meanwhile|In addition|Additionally|Moreover|Furthermore|In fact|Later|Later on|Originally|Initially|In response), )?"
_APPOSITIVE = r"(?:, (?:an?|the|which|who|also|formerly|then|now|based|located|one|whose|known|originally|named) [^,.;:]{2,80},)?"
_POSSESSED = rf"{_CAP}(?: {_CAP}){{0,3}}['’]s (?:[A-Za-z-]+ ){{0,2}}[A-Za-z-]+"
_SUBJECT = rf"(?P<subject>{_DESCRIBED}|{_POSSESSED}|{_NAME})(?: \([^()]{{2,60}}\))?{_APPOSITIVE}"
_SUBJECT_BARE = rf"(?P<subject>{_NAME})"
_INTRO = rf"{_SKIPPED}(?:(?P<intro>(?:[Ii]n|[Aa]s of|[Bb]y|[Dd]uring|[Bb]y the end of|[Aa]t the end of) (?:(?:early|late|mid) )?(?:[A-Z][a-z]+ )?(?:1\d|20)\d\d),? )?"
_AT = rf"{_INTRO}{_SUBJECT}"
_ABOUT = r"(?:(?:an estimated|a total of|as many as|more than|fewer than|less than|at least|up to|over|about|around|nearly|almost|some|approximately|roughly|only|just) )?"
_COUNT = rf"{_ABOUT}(?P<figure>{FIGURE})"
_MONEY = rf"{_ABOUT}(?P<figure>(?:US|HK)?[$£€¥] ?{FIGURE}|{FIGURE} (?:(?:US|Canadian|Australian) )?(?:dollars|euros|pounds|yuan|yen|francs|marks|rubles|rupees))"
_UNIT = r"(?:square |cubic )?(?:kilomet(?:er|re)s|met(?:er|re)s|miles|feet|hectares|acres|km2?|km|m|ft|tons|tonnes|kilograms|kg|pounds|lit(?:er|re)s|inches|centimet(?:er|re)s|cm|years|hours|minutes|days|months)"
_MEASURED = rf"{_ABOUT}(?P<figure>{FIGURE} {_UNIT})\b"
_THINGS = r"(?P<things>(?!(?:percent|most|more|other|additional|further|such|same|different|new|of|out)\b)(?:(?!and\b|or\b|to\b|of\b|in\b)[a-z-]+ ){0,3}?(?:[a-z-]*[a-rt-z]s|people|men|women|children)(?: of (?!the\b)(?:[a-z-]+ )?[a-z-]+)?)"
_PLACE_TAIL = rf"(?P<tail>(?: (?:in|at|on|across|from) {_NAME})?)"
_WHEN = r"(?P<when>(?: (?:in|as of|by) (?:[A-Z][a-z]+ )?\d{4})?)"
_END = r"(?=[.;]|$|, (?!\w+ (?:and|or) |\d|LLC|Inc|Ltd|Jr|Sr)| and (?:was|were|is|are|has|had|[a-z]+ed)\b| (?:which|who|while|whereas|when|after|before|although|making|including) )"
_COUNT_END = r"(?: worldwide)?(?=[.;:]|$|,(?! [a-z -]+(?:,| and| or) | [A-Z])| (?:\(|and|which|who|while|whereas|when|after|before|although|making|including|during|under|through|with) )"
_TAIL = r"(?P<tail>(?: (?!in \d|on \d|on [A-Z][a-z]+ \d)[^\s,.;:()\"“”\[\]]+){0,9}?)"
_ON = rf"(?: \(?(?:in|on) (?P<date>{DATE})\)?)(?!s|[–-]\d| ?(?:to|until|and|or|through) (?:\d|[A-Z][a-z]+ \d))"
_DONE = r"(?P<done>[a-z]+(?:ed|wn|born|built|held|made|sold|won|set|begun|written|given|taken|chosen|led|sent|lost|found|brought|put|paid)|born|built|held|made|sold|won)"
_BEGUN = r"(?:founded|established|launched|built|created|opened|formed|inaugurated|published|released|introduced|completed|signed|born|incorporated|organized|chartered)"
_ROLE = rf"(?P<role>{ROLE})"
_PERSON = rf"(?P<person>{_CAP}(?: (?:(?:de|van|von|der|la|bin|al) )?{_CAP}){{1,3}})"
_AGENT = (
    rf"(?P<agent>(?:the )?{_CAP}(?: (?:of (?:the )?|de |van |von )?{_CAP}){{0,4}})(?P<other>(?: and (?:the )?{_CAP}(?: {_CAP}){{0,3}})?)"
)
_QUALITY = r"height|length|width|depth|area|size|capacity|population|budget|revenue|value|price|cost|weight|diameter|speed|elevation|income|profit|turnover|enrollment|enrolment|endowment|density|attendance|membership|circulation|thickness|volume|range|mass|workforce|staff|salary|output|life expectancy"
_NOUN = rf"(?P<quality>(?:(?!and\b|new\b)[a-z-]+ ){{0,2}}(?:{_QUALITY}))"
_NOT_DEFINED = (
    r"(?!(?:\w+ly )?(?:major|key|common|popular|significant|important|good|great|large|big|small|few|little|lot|result|part|number|kind|type|form|way|member"
    r"|reason|fan|role|resident|special|specialized|specific|acronym|abbreviation|listing|list|place|time|term|word|name|total|question|mix|mixture|source|thing|person|man|woman|strong|example|case|problem|one|first|second|more|most|very|single|frequent|notable|well|subject|native|constituent|matter|bit|long|fairly"
    r"|relatively|rather|much|combination|variety|set|series|group|further|different|similar|separate|strong|possible|in|on|at|for|from|by)\b)"
)
_DEFINED = rf"(?P<definition>{_NOT_DEFINED}(?:[A-Z]?[a-z]+(?:-[a-z]+)*|[A-Z][a-z]+|[a-z]+,)(?: (?!(?:that|which|who|whose|whom|where|when|not|because|it|in|on|at|for|from|with|and|by|to|or|as|into|near|between|under|over|during|using|after|before|but|located|based|used|made|held|written|published|released|directed|built|founded|situated|consisting|comprising|known|designed|developed|formed|produced|created|composed|set|born|found|than|is|was|about|among)\b)[A-Za-z-]+){{0,6}})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of sentence, and the question that it answers.

    Attributes:
        kind: "figure", "share", "date", "name", "place" or "definition".
        pattern: Of the sentence from its beginning, with the groups that the question is made of.
        question: Form of the question.
        answer: The group that answers.
        about: What the subject must be: "person", "thing" or "" for either.
    """

    kind: str
    pattern: re.Pattern[str]
    question: str
    answer: str
    about: str = ""


def _shape(kind: str, pattern: str, question: str, answer: str, about: str = "") -> Shape:
    return Shape(kind=kind, pattern=re.compile(pattern), question=question, answer=answer, about=about)


_HAVE = "|".join(
    verb
    for verb in BASES
    if verb not in {"takes", "took", "gets", "got", "comes", "came", "goes", "went", "adds", "added", "gives", "gave", "puts", "needs"}
)
SHAPES = (
    _shape("figure", rf"{_AT} (?P<verb>{_HAVE}) {_COUNT} {_THINGS}{_PLACE_TAIL}{_WHEN}{_COUNT_END}", "How many {things} {do} {subject} {base}{tail}{when}?", "figure"),
    _shape("figure", rf"{_AT} (?P<verb>has|have) (?P<done>[a-z]+ed) {_COUNT} {_THINGS}{_PLACE_TAIL}{_WHEN}{_COUNT_END}", "How many {things} {verb} {subject} {done}{tail}{when}?", "figure"),
    _shape("figure", rf"{_INTRO}[Tt]here (?P<verb>are|were) {_COUNT} {_THINGS}(?P<tail> (?:in|at|on) (?P<subject>{_NAME})){_WHEN}{_END}", "How many {things} {verb} there{tail}{when}?", "figure"),
    _shape("figure", rf"{_AT} (?P<verb>is|was) (?:also )?home to {_COUNT} {_THINGS}{_WHEN}{_COUNT_END}", "How many {things} {verb} {subject} home to{when}?", "figure", "thing"),
    _shape("figure", rf"{_AT} (?P<verb>has|had) (?:a|an) (?P<quality>(?!(?:total|number|minimum|maximum|range|team|group|set|list|score|lead|record|staff|combined)\b)(?:[a-z-]+ ){{0,2}}[a-z-]+) of {_ABOUT}(?P<figure>(?:[$£€¥] ?)?{FIGURE}(?: {_UNIT}\b| (?:dollars|euros|pounds|yuan|yen)\b|%| percent)?)(?! [a-z]+s\b){_WHEN}{_COUNT_END}", "What {be} the {quality} of {subject}{when}?", "figure", "thing"),
    _shape("figure", rf"{_INTRO}(?P<subject>[Tt]he {_NOUN} of {_NAME}) (?P<verb>is|was) {_ABOUT}(?P<figure>(?:[$£€¥] ?)?{FIGURE}(?: {_UNIT}\b|%| percent)?)(?! [a-z]+s\b){_WHEN}{_COUNT_END}", "What {verb} {subject}{when}?", "figure", "thing"),
    _shape("figure", rf"{_AT} (?P<verb>is|was) {_MEASURED}(?:-| )(?P<how>long|wide|high|tall|deep|thick){_WHEN}{_END}", "How {how} {verb} {subject}{when}?", "figure", "thing"),
    _shape("figure", rf"{_AT} (?P<verb>covers|covered|cover|occupies|occupied) (?:an (?:\w+ )?area of )?{_MEASURED}{_WHEN}{_END}", "How large an area {do} {subject} {base}{when}?", "figure", "thing"),
    _shape("figure", rf"{_AT} (?P<verb>spent|raised|paid|earned|invested|donated|received|lost|borrowed|cost|grossed) {_MONEY}(?P<tail>(?: (?:on|in|for|from|to) (?!\d)[^\s,.;:()]+(?: [^\s,.;:()]+){{0,6}}?)?){_WHEN}{_END}", "How much {do} {subject} {base}{tail}{when}?", "figure"),
    _shape("figure", rf"{_AT} (?P<verb>{_HAVE}) (?P<prep>in|over|across|to|for|on|with|from|at) {_COUNT} {_THINGS}{_PLACE_TAIL}{_WHEN}{_COUNT_END}", "How many {things} {do} {subject} {base} {prep}{tail}{when}?", "figure"),
    _shape("figure", rf"{_INTRO}(?P<subject>{_NAME}['’]s {_NOUN}) (?P<verb>is|was|reached|exceeded|totaled|totalled|stood at|surpassed|grew to|rose to|fell to) {_ABOUT}(?P<figure>(?:(?:US|HK)?[$£€¥] ?)?{FIGURE}(?: {_UNIT}\b| (?:dollars|euros|pounds|yuan|yen)\b|%| percent)?)(?! [a-z]+s\b){_WHEN}{_COUNT_END}", "What {was} {subject}{when}?", "figure", "thing"),
    _shape("share", rf"{_INTRO}{_ABOUT}(?P<figure>{FIGURE}(?:%| percent| per cent)) of (?P<group>[^,.;:()]*?\b(?P<subject>{_NAME})[^,.;:()]*?) (?P<verb>is|are|was|were|have|has|had|speak|spoke|live|lived|use|used|voted) (?P<tail>[^,.;:()]+?){_WHEN}{_END}", "What percentage of {group} {verb} {tail}{when}?", "figure"),
    _shape("share", rf"{_INTRO}{_ABOUT}(?P<figure>{FIGURE}(?:%| percent| per cent)) of (?P<group>[a-z][a-z -]*) in (?P<subject>{_NAME}) (?P<verb>is|are|was|were|have|has|had|speak|spoke|live|lived|use|used) (?P<tail>[^,.;:()]+?){_WHEN}{_END}", "What percentage of {group} in {subject} {verb} {tail}{when}?", "figure"),
    _shape("share", rf"{_AT} (?P<verb>accounts|accounted|account|makes up|made up|make up|represents|represented|represent|owns|owned|holds|held|produces|produced)(?P<for>(?: for)?) {_ABOUT}(?P<figure>{FIGURE}(?:%| percent| per cent)) of (?P<tail>[^,.;:()]+?){_WHEN}{_END}", "What percentage of {tail} {do} {subject} {base}{for}{when}?", "figure"),
    _shape("figure", rf"{_INTRO}{_COUNT} {_THINGS} (?P<verb>were|are) {_DONE}(?P<tail>(?: [^\s,.;:()]+)*? (?P<subject>{_NAME})){_WHEN}{_END}", "How many {things} {verb} {done}{tail}{when}?", "figure"),
    _shape("date", rf"{_SKIPPED}{_SUBJECT} (?P<verb>was|were) (?:first |officially |originally |formally )?(?P<done>born){_TAIL}{_ON}", "When {verb} {subject} born?", "date", "person"),
    _shape("date", rf"{_SKIPPED}{_SUBJECT_BARE} \((?:[^()\d]{{0,40}}[ ;,])?(?:born|b\.) (?P<date>{DATE})\){_APPOSITIVE} (?:is|was) an? {_DEFINED}", "When was {subject} born?", "date", "person"),
    _shape("date", rf"{_SKIPPED}{_SUBJECT_BARE} \((?:[^()\d]{{0,40}}[;,] )?(?P<date>{DATE}) ?[–-] ?(?:{DATE})\){_APPOSITIVE} (?:is|was) an? {_DEFINED}", "When was {subject} born?", "date", "person"),
    _shape("date", rf"^(?P<done>{_BEGUN.title()}) (?:in|on) (?P<date>{DATE}), {_SUBJECT} (?:is|was|has|had|have)\b", "When was {subject} {done}?", "date", "thing"),
    _shape("date", rf"{_SKIPPED}{_SUBJECT} (?P<verb>was|were) (?:first |officially |originally |formally )?(?P<done>{_BEGUN})(?P<tail>){_ON}", "When {verb} {subject} {done}?", "date", "thing"),
    _shape("date", rf"{_SKIPPED}{_SUBJECT} (?P<verb>was|were) (?:officially |originally |formally |subsequently |finally |eventually )?{_DONE}{_TAIL}{_ON}", "When {verb} {subject} {done}{tail}?", "date"),
    _shape("date", rf"{_SKIPPED}(?:[Ii]n|[Oo]n) (?P<date>{DATE}),? {_SUBJECT} (?P<verb>was|were) (?:also |officially |formally )?{_DONE}{_TAIL}{_END}", "When {verb} {subject} {done}{tail}?", "date"),
    _shape("date", rf"{_SKIPPED}{_SUBJECT} (?:officially )?(?P<verb>{'|'.join(ACTS)})(?! by\b){_TAIL}{_ON}", "When did {subject} {base}{tail}?", "date"),
    _shape("date", rf"{_SKIPPED}(?:[Ii]n|[Oo]n) (?P<date>{DATE}),? {_SUBJECT} (?:officially )?(?P<verb>{'|'.join(ACTS)})(?! by\b){_TAIL}{_END}", "When did {subject} {base}{tail}?", "date"),
    _shape("date", rf"(?P<subject>{_NAME}), (?:which|who) (?P<verb>was|were) (?:officially |originally |formally |first )?{_DONE}{_TAIL}{_ON}", "When {verb} {subject} {done}{tail}?", "date"),
    _shape("date", rf"{_SKIPPED}(?P<subject>{_NAME}), (?:a [a-z ]+ )?(?P<done>{_BEGUN}) (?:in|on) (?P<date>{DATE}),", "When was {subject} {done}?", "date", "thing"),
    _shape("date", rf"(?P<subject>[Tt]he (?:Battle|Siege|Massacre|Council|Congress|Synod|Revolt|Conference) of {_NAME})(?: \(| in | of )(?P<date>{YEAR})\b(?![–-]| to | and \d)", "When did {subject} take place?", "date", "thing"),
    _shape("date", rf"(?P<subject>[Tt]he (?:Treaty|Peace|Convention|Truce) of {_NAME})(?: \(| in )(?P<date>{YEAR})\b(?![–-]| to | and \d)", "When was {subject} concluded?", "date", "thing"),
    _shape("name", rf"^{_PERSON}(?: \([^()]*\))?{_APPOSITIVE} (?P<done>{'|'.join(sorted(set(OWNS.values())))}) (?P<tail>(?:the (?:[^\s,.;:()]+ ){{0,5}})?(?P<subject>{_CAP}(?: (?:(?:of|the|and|for|in) ){{0,2}}{_CAP}){{0,5}}))(?=[.;]|$|,| in \d{{4}})", "Who {done} {tail}?", "person", "thing"),
    _shape("name", rf"{_SKIPPED}{_SUBJECT} (?P<verb>is|was|are|were) (?P<also>also |sometimes |often |commonly |popularly |originally )?(?P<done>known as|called|nicknamed|dubbed) (?P<agent>(?:the )?{_CAP}(?: (?:of )?(?:the )?{_CAP}){{0,4}})(?P<other>){_END}", "What {verb} {subject} {also}{done}?", "agent"),
    _shape("name", rf"{_SKIPPED}{_SUBJECT} (?:was|were) (?:originally |first )?(?P<done>{'|'.join(OWNS)}) by {_AGENT}(?={_END}| (?:in|on) )", "Who {past} {subject}?", "agent", "thing"),
    _shape("name", rf"{_SKIPPED}{_SUBJECT} (?:is|are) (?:currently |now )?(?P<done>{'|'.join(RUNS)}) by {_AGENT}{_END}", "Who {present} {subject}?", "agent", "thing"),
    _shape("name", rf"(?:^|(?<=[a-z,;:“\"(] )){_PERSON}, (?:the |a )?{_ROLE} (?:of|at) (?P<subject>{_NAME})(?=[,.;]|$| (?:and|said|told|who|has|in)\b)", "Who is the {role} of {subject}?", "person", "thing"),
    _shape("name", rf"^{_PERSON} (?P<verb>is|was) (?:also )?the {_ROLE} of (?P<subject>{_NAME})(?=[,.;]|$)", "Who {verb} the {role} of {subject}?", "person", "thing"),
    _shape("name", rf"(?:^|(?<=[a-z,;:] ))(?<!former )(?P<subject>{_CAP}(?: {_CAP}){{0,2}}?)(?:['’]s)? (?P<role>CEO|CFO|CTO|chief executive|chairman|chairwoman|editor-in-chief) {_PERSON}(?![\w-])", "Who is the {role} of {subject}?", "person", "thing"),
    _shape("abbreviation", rf"(?:^|(?<=[a-z,;:(] ))(?P<agent>{_CAP}(?: (?:of|and|for|the|on|in|&) {_CAP}| {_CAP}){{1,7}})(?P<other>) \((?P<subject>[A-Z]{{3,7}})\)", "What does {subject} stand for?", "agent", "short"),
    _shape("name", rf"{_SKIPPED}(?P<agent>(?:the |The )?{_CAP}(?: (?:of )?{_CAP}){{0,4}})(?P<other>)(?: \([^()]*\))? (?P<verb>is|was) (?P<what>the (?!name\b)(?:[a-z-]+ ){{0,3}}[a-z-]+ (?:of|in) (?P<subject>{_NAME}))(?=[.;]|$|,(?! [A-Z\d])| (?:and|with|by|which|who) )", "What {verb} {what}?", "agent", "thing"),
    _shape("definition", rf"^(?P<subject>{_PERSON.replace('?P<person>', '?:')}), (?P<definition>(?:(?!who\b|which\b|where\b|when\b|and\b)[^\s,.;:()]+ ?){{2,9}}), (?:[a-z]+)", "Who is {subject}?", "definition", "person"),
    _shape("definition", rf"^{_SUBJECT_BARE}, an? {_DEFINED}(?=[ ,])[^.;]*?, [a-z]+", "{ask} {subject}?", "definition"),
    _shape("name", rf"^[Tt]he (?P<what>(?:(?!name\b)[a-z-]+ ){{1,4}}(?:of|in|for) (?P<subject>{_NAME})) (?P<verb>is|was) (?P<agent>(?:the )?{_CAP}(?: {_CAP}){{0,3}})(?P<other>){_END}", "What {verb} the {what}?", "agent", "thing"),
    _shape("place", rf"{_SKIPPED}{_SUBJECT} (?P<verb>was|were|is|are) (?P<done>born|located|based|headquartered|situated|buried|raised|filmed|held)(?: [a-z]+ly)? in (?P<place>(?:the )?{_CAP}(?: (?:of )?{_CAP}){{0,3}}(?:, {_CAP}(?: {_CAP}){{0,2}})?)(?=[.;]|$|, (?!{_CAP}|[a-z]+ing)| (?:and [a-z]|(?:on|in|to|as|at|by|where|which) ))", "Where {verb} {subject} {done}?", "place"),
    _shape("definition", rf"{_SKIPPED}{_SUBJECT}(?:,[^,.;]{{3,60}},)? (?P<verb>is|was|are|were) an? {_DEFINED}", "{ask} {subject}?", "definition"),
)  # fmt: skip
