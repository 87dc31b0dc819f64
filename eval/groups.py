"""What the evidence ranker learns from: groups of a question with sentences that answer it and sentences that do not.

The sets and how many questions are taken of each are in `SETS`; all are open (licences in `rag/models/README.md`). Colloquial
and templated sets are weighed down, and so are questions whose answer merely shares the most words with them: those
are learned soon. Wrong sentences come from three places, because a reader meets all three:

- the same passage, those that share most words with the question first;
- another passage of the set, found by keyword search, that does not hold the answer;
- the right sentence itself, asked something that it only seems to answer (a twin, `eval.twins`).
"""

from __future__ import annotations

import gzip
import json
import random
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.twins import Strangers, change_question
from index.keywords import KeywordIndex
from index.terms import query_terms, split_terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Questions taken of each set; a number above a set's size takes all of it.
SETS = {
    "squad-train-800ctx": 4000,
    "squad-train-du-lowercase": 6000,
    "squad-train-pairs": 4000,
    "squadshifts-newwiki": 4500,
    "squadshifts-reddit": 1000,
    "squadshifts-amazon": 1000,
    "qed": 1300,
    "selqa": 2400,
    "timeqa-human-train": 2200,
    "tatqa": 750,
    "pira": 800,
    "onestopqa": 700,
    "sleepqa": 1000,
    "hotpotqa-sample": 550,
    "fairytaleqa": 2000,
    "medquad": 400,
    "qamr": 1000,
    "molweni-test": 500,
    "friendsqa": 500,
}
# Claims taken of each set: the sentence that carries a claim answers it, the one that refutes it does not.
CLAIMS = {"claims-foolmetwice": 2600, "claims-feversymmetric": 1500, "claims-fever": 2000}
SEED = 7
_SEARCHED = 12  # sentences that the keyword search finds for a question


@dataclass(frozen=True, slots=True)
class Stage:
    """How the groups of one stage of the training are made.

    Attributes:
        seed: Which questions are taken, and in which order.
        rate: Learning rate at its highest.
        share: Share of the questions that `SETS` and `CLAIMS` name.
        near: Wrong sentences of the same passage.
        far: Wrong sentences of other passages.
        easy: Share kept of the questions whose answer shares the most words with them.
        unanswered: Share of the questions that are asked without the sentence that answers.
        twins: Share of the questions that get a twin, where one can be made.
        all_kinds: Whether twins are of every kind, or only with another figure or name.
    """

    seed: int
    rate: float
    share: float
    near: int
    far: int
    easy: float
    unanswered: float
    twins: float
    all_kinds: bool


# The second stage shows more wrong sentences, of which the trainer keeps the hardest, and questions made to look answered.
STAGES = (
    Stage(SEED, rate=1e-4, share=1.0, near=2, far=1, easy=0.5, unanswered=0.1, twins=0.5, all_kinds=False),
    Stage(SEED + 1, rate=6e-5, share=0.8, near=4, far=3, easy=0.25, unanswered=0.15, twins=0.9, all_kinds=True),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a sentence with what stands around it.

    Attributes:
        question: The question.
        sentence: The sentence.
        context: The title of its document and the sentence before.
        answers: Whether the sentence answers.
        span: Characters of the sentence that hold the exact answer, None when they are not known.
    """

    question: str
    sentence: str
    context: str
    answers: bool
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One question's pairs, the one that answers first, and beside them a twin that only looks as if it did."""

    pairs: tuple[Pair, ...]
    twin: Pair | None = None


def read_groups(data: Path, stage: Stage, sets: Mapping[str, int] | None = None) -> list[Group]:
    """Return the groups of some sets, shuffled.

    Args:
        data: Folder of `<set>.jsonl.gz`; a line is an object with `question`, `title`, `sentences`, `labels`, `answer`.
        stage: How they are made.
        sets: How many questions are taken of each; None is `SETS` and `CLAIMS`.
    """
    groups: list[Group] = []
    for name, most in (SETS | CLAIMS if sets is None else sets).items():
        rows = read_rows(data / f"{name}.jsonl.gz")
        rows = [_as_question(row) for row in rows] if name in CLAIMS else rows
        groups += _SetReader(name, rows, stage).groups(int(stage.share * most))
    random.Random(stage.seed).shuffle(groups)  # noqa: S311 - shuffling, not secrets
    return groups


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a training set."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _as_question(claim: dict[str, Any]) -> dict[str, Any]:
    labels = claim["labels"] if claim["verdict"] == "supports" else [0] * len(claim["labels"])
    return {"question": claim["claim"], "title": "", "sentences": claim["sentences"], "labels": labels, "answer": None}


class _SetReader:
    """Makes the groups of one set."""

    def __init__(self, name: str, rows: Sequence[dict[str, Any]], stage: Stage) -> None:
        self._rows = rows
        self._stage = stage
        self._whole = name in CLAIMS  # half of them are unanswered already, and the nearest sentence is what they are about
        self._rng = random.Random(f"{stage.seed} {name}")  # noqa: S311
        self._places = [(row, place) for row, passage in enumerate(rows) for place in range(len(passage["sentences"]))]
        self._strangers = Strangers([row["question"] for row in rows])

    def groups(self, most: int) -> list[Group]:
        chosen = list(range(len(self._rows)))
        self._rng.shuffle(chosen)
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder, "keywords")
            KeywordIndex.write(
                written, ((number, 0, self._rows[row]["sentences"][place]) for number, (row, place) in enumerate(self._places))
            )
            self._keywords = KeywordIndex.open(written)
            made: list[Group] = []
            for row in chosen:
                if len(made) == most:
                    break
                group = self._group(row)
                if group is not None:
                    made.append(group)
        return made

    def _group(self, at: int) -> Group | None:
        row = self._rows[at]
        right = [place for place, label in enumerate(row["labels"]) if label]
        asked = set(query_terms(row["question"]))
        shared = [len(asked & set(split_terms(sentence))) for sentence in row["sentences"]]
        wrong = [place for place, label in enumerate(row["labels"]) if not label]
        wrong.sort(key=lambda place: (-shared[place], self._rng.random()))
        first = self._rng.choice(right) if right else None
        if first is not None and not self._whole:
            if shared[first] > max((shared[place] for place in wrong), default=0) and self._rng.random() > self._stage.easy:
                return None
            if self._rng.random() < self._stage.unanswered:
                first = None
        pairs = [] if first is None else [self._pair(row, first, row["question"])]
        near = wrong[: self._stage.near + (first is None)]
        pairs += [self._pair(row, place, row["question"]) for place in near]
        pairs += self._elsewhere(row, asked)
        if len(pairs) < 2:
            return None
        twin = self._twin(pairs[0], row["sentences"]) if first is not None and self._rng.random() < self._stage.twins else None
        return Group(tuple(pairs), twin)

    def _pair(self, row: dict[str, Any], place: int, question: str) -> Pair:
        before = row["sentences"][place - 1] if place else ""
        sentence = row["sentences"][place]
        answers = bool(row["labels"][place])
        return Pair(
            question, sentence, f"{row['title'] or ''} {before}".strip(), answers, _find(sentence, row["answer"]) if answers else None
        )

    def _elsewhere(self, row: dict[str, Any], asked: set[str]) -> list[Pair]:
        """Return sentences of other passages that share words with the question and do not answer it."""
        own = set(row["sentences"])  # and those found: a passage may stand in a set more than once
        answer = (row["answer"] or "").casefold()
        right = [set(split_terms(sentence)) for sentence, label in zip(row["sentences"], row["labels"], strict=True) if label]
        found = []
        for number, _ in self._keywords.search(row["question"], k=_SEARCHED):
            other, place = self._places[number]
            sentence = self._rows[other]["sentences"][place]
            if sentence in own:
                continue
            own.add(sentence)
            terms = set(split_terms(sentence))
            alike = any(len(terms & one) > 0.5 * len(terms | one) for one in right)
            if not alike and not (answer and answer in sentence.casefold()) and terms & asked:
                found.append(replace(self._pair(self._rows[other], place, row["question"]), answers=False, span=None))
        return self._rng.sample(found[: self._stage.far + 3], min(len(found), self._stage.far))

    def _twin(self, pair: Pair, passage: Sequence[str]) -> Pair | None:
        """Return the pair with its question changed so that it is not answered, None when no way is found."""
        stated = f"{pair.sentence} {pair.context}"
        changed = change_question(pair.question, stated, passage, self._strangers, self._rng, all_kinds=self._stage.all_kinds)
        return Pair(changed, pair.sentence, pair.context, answers=False) if changed else None


def _find(sentence: str, answer: str | None) -> tuple[int, int] | None:
    """Return where the answer stands in the sentence, by its first whole occurrence."""
    if not answer or not answer.strip():
        return None
    match = re.search(rf"(?<!\w){re.escape(answer.strip())}(?!\w)", sentence, re.IGNORECASE)
    return match.span() if match else None
