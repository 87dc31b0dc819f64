"""Candidates for known facts, from any folder: `Document -> Proposal`, for a person to accept or reject (`eval.review`).

Questions are those of `eval.shapes` that are clear among all the documents: the subject is a name that is written as one elsewhere too, no
other sentence gives another value for the same thing, and the quote stands once in its document. Near misses (`eval.near_misses`)
follow the question that they were made from. The same documents give the same proposals.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eval.asking import find_asked, reads_well
from index.dates import MONTHS
from index.sentences import split_sentences
from index.terms import STOP_WORDS, split_terms
from rag.figures import comparable, find_figures
from rag.names import find_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from eval.asking import Asked
    from index.store import Store


_SAME_LEAST, _SAME_SHARE = 3, 8  # of eight questions one may ask for the same of another subject, and three in any case
_OFTEN = 5  # mentions of a word that is a whole name by itself
SAME_EVENTS = {  # terms that tell the same event
    term: frozenset(group)
    for group in (
        split_terms(
            "founded established created formed started organized built opened constructed inaugurated launched incorporated chartered"
        ),
        split_terms("released published issued premiered launched introduced aired"),
        split_terms("died killed murdered executed assassinated"),
        split_terms("acquired bought purchased sold merged"),
        split_terms("joined moved signed transferred entered"),
        split_terms("married wed wife husband"),
        split_terms("appointed elected named became chosen"),
        split_terms("designed built drew constructed"),
        split_terms("wrote written author published"),
        split_terms("conquered captured annexed occupied invaded"),
    )
    for term in group
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is read of a document: its path, title, whole text, and the texts of its paragraphs of prose."""

    path: str
    title: str
    text: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A question with the sentence that answers it.

    Attributes:
        asked: The question and its answer.
        document: Where it stands.
        quote: The sentence, verbatim; once in its document.
        at: Where the quote begins, in characters.
    """

    asked: Asked
    document: Document
    quote: str
    at: int


class Library:
    """All documents of a folder, with what can be asked of them together."""

    def __init__(self, documents: Sequence[Document]) -> None:
        """Read the names that the documents write inside a sentence, or as a title."""
        self.documents = documents
        self._mentions: dict[str, list[Document]] = {}

    @classmethod
    def read(cls, store: Store) -> Library:
        """Return the documents of an index."""
        return cls([_document(store, path) for path in store.sources()])

    @cached_property
    def words(self) -> frozenset[str]:
        """Runs of one and two words that stand in lower case, with a space around them."""
        found: set[str] = set()
        for document in self.documents:
            for text in document.paragraphs:
                for run in re.findall(r"(?<![\w.!?])[a-z]+(?:[ -][a-z]+)*", text):
                    single = run.split()
                    found.update(single, map(" ".join, zip(single, single[1:], strict=False)))
        return frozenset(found)

    def mentions(self, name: str) -> list[Document]:
        """Return the documents in which a name stands."""
        if name not in self._mentions:
            self._mentions[name] = [document for document in self.documents if any(_places(name, document.text))]
        return self._mentions[name]

    def is_name(self, name: str, quote: str) -> bool:
        """Say whether a name stands elsewhere too, inside a sentence or as a title, and is no ordinary word."""
        if name.casefold() in self.words or (" " not in name and name.casefold().rstrip("s") in self.words):
            return False
        return any(_is_inside(document.text, at, quote) for document in self.mentions(name) for at in _places(name, document.text))


def _places(name: str, text: str) -> Iterator[int]:
    """Yield where a name stands as whole words."""
    at = text.find(name)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(name) : at + len(name) + 1]
        if not (before.isalnum() or after.isalnum()):
            yield at
        at = text.find(name, at + 1)


def _is_inside(text: str, at: int, quote: str) -> bool:
    """Say whether what stands there owes its capital to no beginning of a sentence, and is not the quote's own."""
    before = text[max(0, at - 2) : at]
    if before[-1:] not in {"", "\n", "("} and not re.fullmatch(r"[a-z,;] ", before):
        return False
    return text.find(quote) != at


def find_candidates(library: Library) -> Iterator[tuple[str, list[Proposal]]]:
    """Yield each document's path with all that its sentences answer, clear or not; most of the time of proposing goes here."""
    for document in library.documents:
        yield document.path, list(_candidates(document))


def propose(
    library: Library, count: int, *, candidates: Mapping[str, Sequence[Proposal]] | None = None, known: Collection[str] = ()
) -> list[Proposal]:
    """Return the clear questions of the documents, of as many documents and kinds as possible.

    Args:
        library: The documents.
        count: How many at most.
        candidates: What `find_candidates` yielded, for a caller that shows how far it is; None looks for them here.
        known: Questions and quotes that are not proposed again; a question in other words is another one.

    Returns:
        In the order of the documents, and of the places in each.
    """
    chosen: list[Proposal] = []
    seen = {*known, *map(_question_key, known)}
    told: Counter[frozenset[str]] = Counter()
    for proposal in _by_turns(library, dict(find_candidates(library)) if candidates is None else candidates):
        key = _question_key(proposal.asked.question)
        same = attribute(proposal.asked) | {proposal.asked.kind}
        if key not in seen and proposal.quote not in seen and told[same] < max(_SAME_LEAST, count // _SAME_SHARE):
            seen |= {key, proposal.quote}
            told[same] += 1
            chosen.append(proposal)
        if len(chosen) == count:
            break
    order = {document.path: place for place, document in enumerate(library.documents)}
    return sorted(chosen, key=lambda proposal: (order[proposal.document.path], proposal.at))


def _question_key(question: str) -> str:
    return " ".join(sorted(split_terms(question)))


def _by_turns(library: Library, candidates: Mapping[str, Sequence[Proposal]]) -> Iterator[Proposal]:
    """Yield the clear questions: in each round one of each document, and of each the kinds that were rarest so far."""
    of_each = {path: list(found) for path, found in candidates.items()}
    told: Counter[object] = Counter()
    while any(of_each.values()):
        for document in library.documents:
            left = of_each[document.path]
            left.sort(key=lambda proposal: told[proposal.asked.kind] + 5 * told[attribute(proposal.asked)])
            while left:
                proposal = _make_clear(left.pop(0), library)
                if proposal:
                    told.update((proposal.asked.kind, attribute(proposal.asked)))
                    yield proposal
                    break


def _candidates(document: Document) -> Iterator[Proposal]:
    for text in document.paragraphs:
        for start, end in split_sentences(text):
            quote = text[start:end]
            if document.text.count(quote) == 1:
                for asked in find_asked(quote):
                    yield Proposal(asked=asked, document=document, quote=quote, at=document.text.index(quote))


def _make_clear(proposal: Proposal, library: Library) -> Proposal | None:
    """Return a question whose subject is named in full, None when it is not clear among the documents."""
    named = _name_in_full(proposal, library)
    if not named or not library.is_name(named.asked.name, named.quote):
        return None
    last = re.search(r"\bthe ([A-Z][a-z]+)\?$", named.asked.question)
    if last and last[1] != named.asked.name and last[1].casefold() in library.words:
        return None  # "the University", of which each document has its own
    if named.asked.kind == "definition" and not _introduces(named):
        return None
    return None if any(_gives_another(named, text) for text in _about(named, library)) else named


def _name_in_full(proposal: Proposal, library: Library) -> Proposal | None:
    """Put the full name that the document begins with in the place of a surname; None when it is not told whose it is."""
    asked, document = proposal.asked, proposal.document
    if " " in asked.name or asked.subject != asked.name:
        return proposal
    title = re.sub(r" \(.*\)$", "", document.title)
    if re.match(rf"{re.escape(asked.name)}\b", title):
        return proposal
    full = title if title.endswith(f" {asked.name}") and find_names(title) == [title] else _first_mention(asked.name, document)
    if full == asked.name:
        return proposal if _stands_alone(asked.name, library) else None
    if not full or full not in document.text or asked.kind == "share" or asked.name.casefold() in library.words:
        return None
    question = asked.question.replace(asked.subject, full, 1)
    named = replace(asked, question=question, subject=full, name=full)
    return replace(proposal, asked=named) if reads_well(named) else None


def _stands_alone(name: str, library: Library) -> bool:
    """Say whether a single word is a whole name, no surname: it has capitals inside, or is written often and never with another name."""
    if re.search(r"\w[A-Z]|\d", name):
        return True
    word = re.escape(name)
    texts = [text for document in library.mentions(name) for text in document.paragraphs if name in text]
    joined = re.compile(rf"[A-Z][\w.’'-]* {word}(?!\w)|(?<!\w){word} [A-Z]")
    return sum(text.count(name) for text in texts) >= _OFTEN and not any(map(joined.search, texts))


def _first_mention(name: str, document: Document) -> str:
    """Return the name that a single word is first the end of ("Jana Weiss"), itself where it first stands alone, "" if neither is sure."""
    for text in document.paragraphs:
        found = re.search(rf"((?:[A-Z][\w’'-]*\.? ){{0,3}}){re.escape(name)}(?!\w)", text)
        if found:
            full = next((full for full in find_names(found.group()) if full.endswith(name)), name)
            others = re.search(rf"(?<!\w){re.escape(full.split()[0])} (?!{re.escape(name)})[A-Z][a-z]+ ", document.text)
            return "" if full != name and len(full.split()) == 2 and others else full
    return ""


def _introduces(proposal: Proposal) -> bool:
    """Say whether a definition is the first that its document says of the name, and the name is what the document is about, or near."""
    name, document = proposal.asked.name, proposal.document
    first = next((text for text in document.paragraphs if name in text), "")
    return proposal.quote in first and not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", first[: first.index(proposal.quote)])


def _about(proposal: Proposal, library: Library) -> Iterator[str]:
    """Yield the other sentences that may speak of the subject: those of its document, and of paragraphs that name it."""
    name = proposal.asked.name
    for document in library.mentions(name):
        own = document is proposal.document
        for text in document.paragraphs:
            if own or name in text:
                yield from (text[start:end] for start, end in split_sentences(text) if text[start:end] != proposal.quote)


def _gives_another(proposal: Proposal, sentence: str) -> bool:
    """Say whether a sentence tells of the same thing, but not the answer."""
    asked = proposal.asked
    about = attribute(asked)
    terms = set(split_terms(sentence))
    named = asked.name in sentence or asked.name.split()[-1] in sentence or re.match(r"(?:It|He|She|They)\b", sentence)
    if not about or not named or any(not terms & SAME_EVENTS.get(term, {term}) for term in about):
        return False
    if all(any(wording in sentence for wording in part) for part in asked.answers):
        return False
    match asked.kind:
        case "date":
            return bool(re.search(r"\b(?:1\d|20)\d\d\b", sentence))
        case "figure" | "share":
            own = list(find_figures(proposal.quote))
            return any(comparable(one, other) or one.unit == other.unit for one in find_figures(sentence) for other in own)
        case _:
            return bool(find_names(sentence))


def attribute(asked: Asked) -> frozenset[str]:
    """Return the terms that say what is asked of the subject: ("found",) of "When was Brill founded?"."""
    rest = asked.question.replace(asked.subject, "", 1).replace(asked.when, "", 1)
    months = {term for month in MONTHS for term in split_terms(month)}
    return frozenset(term for term in split_terms(rest) if term not in STOP_WORDS | months and not term.isdigit())


def _document(store: Store, path: str) -> Document:
    source = store.source(path)
    texts = tuple(paragraph.text for paragraph in store.paragraphs(path) if paragraph.kind in {"text", "list item"})
    return Document(path=path, title=source.title, text=source.text, paragraphs=texts)


def to_row(proposal: Proposal, number: int) -> dict[str, Any]:
    """Return a proposal as a line of a file of facts."""
    asked = proposal.asked
    evidence = [{"source": proposal.document.path, "quote": proposal.quote, "part": part} for part in range(len(asked.answers))]
    return {
        "id": f"p{number:03}",
        "kind": asked.kind,
        "question": asked.question,
        "answers": [list(part) for part in asked.answers],
        "evidence": evidence,
        "proposed": f"asked of a sentence of {proposal.document.path}",
    }


def write_rows(rows: Iterable[dict[str, Any]]) -> str:
    """Return rows as JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
