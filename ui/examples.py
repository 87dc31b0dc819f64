"""First questions, made from the documents themselves, each one that the page answers."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from rag.names import find_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from index.store import Store
    from rag import Assistant

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


def find_examples(assistant: Assistant) -> tuple[str, ...]:
    """Make questions from sentences of the documents, and keep those whose answer cites that very sentence first.

    Returns:
        At most four, of as many shapes as possible; none for documents that hold no such sentence.
    """
    texts = _sample(assistant.index.store)
    names = Counter(match["name"] for text in texts for match in re.finditer(rf"(?<=[a-z,] ){_NAME}", text) if _is_name(match["name"]))
    columns = [_candidates(texts, names, re.compile(shape), form) for shape, form in _SHAPES]
    about = [(_ABOUT.format(name=name), name) for name, count in names.most_common(_TRIED_EACH) if count >= _OFTEN]
    by_turns = itertools.zip_longest(*(itertools.islice(column, _TRIED_EACH) for column in columns))
    tried = [*filter(None, itertools.chain.from_iterable(by_turns)), *about]
    return tuple(itertools.islice((question for question, said in tried if _is_answered_by(assistant, question, said)), _EXAMPLES))


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
    return any(said in citation.quote for citation in assistant.ask(question).citations[:1])
