"""What the support model learns from: statements with sentences that support them and sentences that do not.

True statements are made from labelled sentences: a question and its exact answer put as a statement, a sentence in other words
(`eval.paraphrases`) or with a part left out, and human claims that a sentence carries. False ones are the same statements with one
thing changed (figure, name, opposite, negation, two of a kind exchanged, a detail of a neighbour sentence added), true statements
beside sentences that say something else, and human claims that are refuted.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

from eval.groups import SEED, Group, Pair, read_rows
from eval.paraphrases import Thesaurus, paraphrase
from eval.twins import NUMBER, Strangers, change_figure, change_name, change_opposite, put
from index.terms import STOP_WORDS, split_terms
from rag.names import find_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

# Statements made of each set; a number above a set's size takes all of it.
SETS = {
    "squad-train-800ctx": 2000,
    "squadshifts-newwiki": 1800,
    "selqa": 800,
    "qed": 500,
    "timeqa-human-train": 600,
    "pira": 300,
    "tatqa": 300,
    "onestopqa": 300,
}
# Human claims taken of each set.
CLAIMS = {"claims-foolmetwice": 1600, "claims-feversymmetric": 1200, "claims-fever": 1800}

_NEAR = 2  # other sentences of the passage
_CHANGED = 3  # changed statements
_MOST_WORDS = 45

_TOLD = re.compile(  # a question for the subject: its verb stands behind the asking word, and no other asks
    r"^(?:who|what) ((?:\w+ed|won|led|made|wrote|became|began|took|gave|held|built|found|sold|ran|sang|wore|spoke|drew|grew|fell|rose|lost"
    r"|beat|brought|bought|caught|taught|thought|left|kept|sent|spent|met|put|set|cut|hit|says|said|owns|causes|leads|makes|runs|plays)\b"
    r"(?!.*\b(?:did|do|does|is|are|was|were|has|have|had|can|could|will|would)\b) .+?)\?*$",
    re.IGNORECASE,
)
_IS = re.compile(r"^(?:what|who) (is|was|are|were) (the [\w ]+? of .+?)\?*$", re.IGNORECASE)
_DONE = re.compile(r"^(when|where) (was|were|is|are) (.+) (\w+(?:ed|en|ilt|eld|ade|old|orn|ound|ought|un|aught))\?*$", re.IGNORECASE)
_BE = re.compile(r"\b(?:is|was|are|were|has|have|had|can|could|will|would|may|should|did|does|do)\b(?! not\b|n't|n’t)")
_SEGMENT = re.compile(r",\s(?=(?:which|who|where|and|but|with|including|as|because|after|before|while|making|using|in|for|by)\b)")


def read_statements(data: Path) -> list[Group]:
    """Return the groups of all sets, shuffled; the pair that is supported stands first, where there is one.

    Args:
        data: Folder of `<set>.jsonl.gz`, as for `eval.groups.read_groups`.
    """
    maker = _Maker(Thesaurus())
    groups: list[Group] = []
    for name, most in SETS.items():
        rows = read_rows(data / f"{name}.jsonl.gz")
        groups += maker.of_questions(rows, most, random.Random(f"{SEED} {name} statements"))  # noqa: S311
    for name, most in CLAIMS.items():
        groups += _of_claims(read_rows(data / f"{name}.jsonl.gz"), most, random.Random(f"{SEED} {name} statements"))  # noqa: S311
    random.Random(SEED).shuffle(groups)  # noqa: S311 - shuffling, not secrets
    return groups


def declare(question: str, answer: str) -> str | None:
    """Return a question with its exact answer as a statement; None where no simple rule tells how.

    >>> declare("Who won the final?", "Denver"), declare("When was the tower built?", "1889")
    ('Denver won the final.', 'The tower was built in 1889.')
    """
    told = _TOLD.match(question)
    if told:
        return f"{answer[:1].upper()}{answer[1:]} {told[1]}."
    named = _IS.match(question)
    if named:
        return f"{named[2][:1].upper()}{named[2][1:]} {named[1].lower()} {answer}."
    done = _DONE.match(question)
    if done:
        asked, be, subject, participle = done.groups()
        led = re.match(r"(?:in|on|at|from|by|since|after|before|during|between)\b", answer, re.IGNORECASE)
        before = "" if led else ("at " if asked.lower() == "where" else "on " if re.search(r"[a-z] \d{1,2}\b", answer) else "in ")
        return f"{subject[:1].upper()}{subject[1:]} {be.lower()} {participle} {before}{answer}."
    return None


class _Maker:
    """Makes statements of labelled sentences."""

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._thesaurus = thesaurus

    def of_questions(self, rows: list[dict[str, Any]], most: int, rng: random.Random) -> list[Group]:
        strangers = Strangers([row["question"] for row in rows])
        rng.shuffle(rows)
        made: list[Group] = []
        for row in rows:
            if len(made) == most:
                break
            group = self._group(row, strangers, rng)
            if group is not None:
                made.append(group)
        return made

    def _group(self, row: dict[str, Any], strangers: Strangers, rng: random.Random) -> Group | None:
        right = [place for place, label in enumerate(row["labels"]) if label and len(row["sentences"][place].split()) <= _MOST_WORDS]
        if not right:
            return None
        place = rng.choice(right)
        sentence = row["sentences"][place]
        statement = self._state(row, sentence, rng)
        if statement is None or len(statement.split()) < 4:
            return None
        others = [other for number, other in enumerate(row["sentences"]) if number != place and len(other.split()) > 3]
        title = row["title"] or ""
        before = row["sentences"][place - 1] if place else ""
        context = f"{title} {before}".strip()
        changed = change_statement(statement, sentence, others, strangers, rng)[:_CHANGED]
        own = set(split_terms(statement))
        near = sorted(others, key=lambda other: -len(own & set(split_terms(other))))[:_NEAR]
        wrong = [Pair(false, sentence, context, answers=False) for false in changed]
        wrong += [Pair(statement, other, title, answers=False) for other in near if not own <= set(split_terms(other))]
        return Group((Pair(statement, sentence, context, answers=True), *wrong)) if wrong else None

    def _state(self, row: dict[str, Any], sentence: str, rng: random.Random) -> str | None:
        answer = row["answer"] if isinstance(row["answer"], str) else None
        if answer and answer in sentence and rng.random() < 0.8:
            told = declare(row["question"], answer)
            if told:
                return told
        told = _shorten(sentence, rng) if rng.random() < 0.6 else sentence
        return paraphrase(told, sentence, self._thesaurus, rng) or told


def _shorten(sentence: str, rng: random.Random) -> str:
    """Leave out what stands in brackets, and one of the later parts between commas."""
    told = re.sub(r"\s?\([^)]*\)", "", sentence)
    parts = _SEGMENT.split(told)
    if len(parts) > 2:
        parts.pop(rng.randrange(1, len(parts)))
    elif len(parts) == 2 and rng.random() < 0.5:
        parts.pop()
    told = ", ".join(parts).strip()
    return told if told.endswith((".", "!", "?")) else f"{told}."


def change_statement(statement: str, stated: str, passage: Sequence[str], strangers: Strangers, rng: random.Random) -> list[str]:
    """Return the statement with one thing changed, in every way that can be found, in random order.

    Args:
        statement: A true statement.
        stated: The sentence that supports it.
        passage: Other sentences of its passage.
        strangers: Of the questions of its set.
        rng: Source of chance.
    """
    ways: list[Callable[[], str | None]] = [
        lambda: change_figure(statement, stated, passage, rng),
        lambda: change_name(statement, stated, passage, strangers, rng),
        lambda: change_opposite(statement, stated),
        lambda: deny(statement),
        lambda: exchange(statement, rng),
        lambda: add_detail(statement, passage, stated, rng),
    ]
    rng.shuffle(ways)
    return [changed for way in ways if (changed := way()) is not None]


def deny(statement: str) -> str | None:
    """Return the statement with "not" put in or taken out; None where it has no verb that takes it."""
    if re.search(r"\b(?:not|never)\b ?", statement):
        return re.sub(r"\b(?:not|never)\b ?", "", statement, count=1)
    verb = _BE.search(statement)
    return f"{statement[: verb.end()]} not{statement[verb.end() :]}" if verb else None


def exchange(statement: str, rng: random.Random) -> str | None:
    """Return the statement with two of its figures, or two of its names, in each other's place."""
    for found in (NUMBER.findall(statement), find_names(statement)):
        several = [one for one in dict.fromkeys(found) if statement.count(one) == 1]
        if len(several) > 1:
            one, other = rng.sample(several, 2)
            if one not in other and other not in one:
                return put(put(statement, one, "\0"), other, one).replace("\0", other)
    return None


def add_detail(statement: str, passage: Sequence[str], stated: str, rng: random.Random) -> str | None:
    """Return the statement with a part of another sentence put behind it that the supporting one does not hold."""
    tails = [parts[-1].strip(" .") for other in passage if len(parts := _SEGMENT.split(other)) > 1]
    held = set(split_terms(stated))
    tails = [tail for tail in tails if 3 <= len(tail.split()) <= 12 and len(set(split_terms(tail)) - held - STOP_WORDS) >= 2]
    return f"{statement.rstrip('.')}, {rng.choice(tails)}." if tails else None


def _of_claims(rows: list[dict[str, Any]], most: int, rng: random.Random) -> list[Group]:
    """Return the groups of human claims: what carries one beside the other sentences, or what refutes it alone."""
    rng.shuffle(rows)
    groups = []
    for row in rows[:most]:
        sentences, labels = row["sentences"], row["labels"]
        if row["verdict"] == "supports" and any(labels):
            right = rng.choice([place for place, label in enumerate(labels) if label])
            wrong = [place for place, label in enumerate(labels) if not label]
            chosen = [right, *rng.sample(wrong, min(len(wrong), _NEAR))]
        else:
            right = -1
            chosen = [place for place, label in enumerate(labels) if label] or list(range(len(sentences)))
        before = {place: sentences[place - 1] if place else "" for place in chosen}
        pairs = [Pair(row["claim"], sentences[place], before[place], answers=place == right) for place in chosen[: _NEAR + 1]]
        if pairs:
            groups.append(Group(tuple(pairs)))
    return groups
