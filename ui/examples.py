"""Questions to ask first, and to ask next, made from the documents themselves; each is one that the page answers."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from rag.chat_models import EXTRACTIVE
from rag.names import find_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from index.store import Store
    from rag import Answer, Assistant, Citation

# Questions are made from sentences of these shapes, in the sentences' own words, so that they read naturally
# whatever the documents are about; `find_examples` keeps those that the sentence answers.
_NAME = r"(?P<name>(?:[Tt]he )?[A-Z][\w'’&-]*(?: (?:(?:of|and|the) )*[A-Z][\w'’&-]*){0,6})"
_SUBJECT = rf"(?:^|(?<=[.!?;,] )){_NAME}"
_FIGURE = r"(?:(?:a total of|more than|over|about|around|nearly|almost) )?\d[\d,]*"
_THINGS = r"(?P<things>(?:[a-z-]+ ){1,2}?[a-z-]*[a-rt-z]s)\b"
_DATED = r"(?:in|on) (?:[A-Z][a-z]+ )?(?:\d\d?, )?\d{4}\b"
_BEGUN = "founded|established|launched|built|created|opened|formed|inaugurated|published|released|introduced|completed|signed|born"
_SHAPES = (
    (rf"{_SUBJECT} (?P<verb>has|have) (?P<done>[a-z]+ed) {_FIGURE} {_THINGS}", "How many {things} {verb} {name} {done}?"),
    (rf"{_SUBJECT} (?P<verb>was|were) (?P<done>{_BEGUN}) {_DATED}", "When {verb} {name} {done}?"),
    (rf"\b(?P<done>{_BEGUN.title()}) {_DATED}, {_NAME}", "When was {name} {done}?"),
    (rf", (?:the )?(?P<done>chairman|chairwoman|president|director|founder|head|mayor) of {_NAME}", "Who is the {done} of {name}?"),
)
_ABOUT = "What is said about {name}?"
_OFTEN = 3  # mentions from which on a name is asked about by itself
_EXAMPLES = 4
_TRIED_EACH = 5  # candidates of a shape
_SAMPLED = 30  # documents
_EXAMPLE_CHARS = 90
_FOLLOWING = 3
_TRIED = 8  # of them all, after an answer: each takes as long as an answer
_AROUND = 12  # paragraphs before and after a cited one whose sentences suggest a question


def find_examples(assistant: Assistant) -> tuple[str, ...]:
    """Make questions from sentences of the documents, and keep those whose answer cites that very sentence first.

    Returns:
        At most four, of as many shapes as possible; none for documents that hold no such sentence.
    """
    texts = _sample(assistant.index.store)
    names = _count_names(texts)
    about = [(_ABOUT.format(name=name), name) for name, count in names.most_common(_TRIED_EACH) if count >= _OFTEN]
    tried = [*_by_turns(texts, names), *about]
    return tuple(itertools.islice((question for question, said in tried if _is_answered_by(assistant, question, said)), _EXAMPLES))


def find_following(assistant: Assistant, answer: Answer, asked: Collection[str]) -> tuple[str, ...]:
    """Make questions from what stands around an answer's citations, as `find_examples` does.

    Args:
        assistant: Over the documents.
        answer: What was just said.
        asked: Questions that need not be asked again.

    Returns:
        At most three; none after an abstention.
    """
    texts = list(dict.fromkeys(text for citation in answer.citations[:_FOLLOWING] for text in _around(assistant.index.store, citation)))
    names = _count_names(texts)
    known = {question.casefold() for question in asked}
    told = " ".join((answer.question, answer.searched, *(citation.quote for citation in answer.citations)))
    about = [(_ABOUT.format(name=name), name) for name, _ in names.most_common() if name not in told]
    asked_about = [*_by_turns(texts, names + Counter(find_names(answer.searched))), *about]
    tried = [(question, said) for question, said in asked_about if question.casefold() not in known and said not in told]
    answered = (question for question, said in tried[:_TRIED] if _is_answered_by(assistant, question, said))
    return tuple(itertools.islice(answered, _FOLLOWING))


def _around(store: Store, citation: Citation) -> list[str]:
    numbers = range(max(1, citation.paragraph - _AROUND), citation.paragraph + _AROUND + 1)
    return [
        paragraph.text for paragraph in store.paragraphs_at([(citation.source, number) for number in numbers]) if paragraph.kind == "text"
    ]


def _count_names(texts: Sequence[str]) -> Counter[str]:
    return Counter(match["name"] for text in texts for match in re.finditer(rf"(?<=[a-z,] ){_NAME}", text) if _is_name(match["name"]))


def _by_turns(texts: Sequence[str], names: Collection[str]) -> list[tuple[str, str]]:
    """Return questions with what answers them, of as many shapes as possible first."""
    columns = [itertools.islice(_candidates(texts, names, re.compile(shape), form), _TRIED_EACH) for shape, form in _SHAPES]
    return [*filter(None, itertools.chain.from_iterable(itertools.zip_longest(*columns)))]


def _sample(store: Store) -> list[str]:
    paths = store.sources()
    chosen = paths[:: -(-len(paths) // _SAMPLED)]
    return [paragraph.text for path in chosen for paragraph in store.paragraphs(path) if paragraph.kind == "text"]


def _candidates(texts: Sequence[str], names: Collection[str], shape: re.Pattern[str], form: str) -> Iterator[tuple[str, str]]:
    """Yield questions about names that also stand inside a sentence, where only a name is capital, with what answers them."""
    for match in filter(None, map(shape.search, texts)):
        words = {key: value.lower() for key, value in match.groupdict().items()} | {"name": re.sub("^The ", "the ", match["name"])}
        question = form.format(**words)
        if words["name"] in names and len(question) <= _EXAMPLE_CHARS:
            yield question, match.group()


def _is_name(name: str) -> bool:
    bare = name.removeprefix("the ").removeprefix("The ")
    return find_names(bare) == [bare]


def _is_answered_by(assistant: Assistant, question: str, said: str) -> bool:
    return any(said in citation.quote for citation in assistant.ask(question, model=EXTRACTIVE).citations[:1])
