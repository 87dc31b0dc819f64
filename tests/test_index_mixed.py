"""A folder of mixed files: everything in it is found where it was written, shown where it is cited, and what is broken is named.

MIXED_FILES=1000 makes so many files, MIXED_DATA=FOLDER takes their text from question sets (see `eval.bench`) instead of the
checkout's own prose; the counts are in the report of `pytest --junit-xml FILE`.
"""

from __future__ import annotations

import html
import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mixed_files import draft_all, write_all, write_broken

from eval.bench import read_lines
from index.build import open_index
from index.locations import ROOT
from index.readers.document import page_at
from index.sentences import split_sentences
from rag import Assistant
from ui.markup import Place
from ui.reader import render_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mixed_files import Written

    from index.encoders import OnnxEncoder
    from index.search import ParagraphIndex

FILES = int(os.environ.get("MIXED_FILES", "42"))
MARKED = re.compile(r"<mark>(.*?)</mark>", re.DOTALL)


def read_texts() -> list[str]:
    """Paragraphs of prose, each once, of letters that the fonts of a PDF have."""
    data = os.environ.get("MIXED_DATA")
    texts: Iterable[str]
    if data:
        rows = [row for file in sorted(Path(data).glob("*/corpus.jsonl")) for row in read_lines(file)]
        texts = [paragraph for row in rows for paragraph in row["text"].split("\n\n")]
    else:
        texts = [line for file in sorted((ROOT / "seeds").iterdir()) for line in file.read_text(encoding="utf-8").splitlines()]
    plain = dict.fromkeys(" ".join(text.split()) for text in texts)
    return [text for text in plain if 150 < len(text) < 1500 and text.isascii() and text[0].isupper() and text[-1] == "."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Written], list[str]]:
    """The folder, what was written into it, and the paths of the broken files."""
    corpus = tmp_path_factory.mktemp("mixed")
    broken = write_broken(corpus)
    return corpus, write_all(corpus, list(draft_all(read_texts(), FILES - len(broken), seed=7))), broken


@pytest.fixture(scope="module")
def index(folder: tuple[Path, list[Written], list[str]], tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> ParagraphIndex:
    """The folder's index."""
    opened, report = open_index(folder[0], tmp_path_factory.mktemp("index"), encoder)
    assert report is not None
    assert report.skipped.keys() == set(folder[2])
    assert all(report.skipped.values())
    return opened


def test_what_was_written_is_a_paragraph_again(
    folder: tuple[Path, list[Written], list[str]], index: ParagraphIndex, record_testsuite_property: Callable[[str, object], None]
) -> None:
    whole: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for written in folder[1]:
        found = {" ".join(paragraph.text.split()) for paragraph in index.store.paragraphs(written.path)}
        every[Path(written.path).suffix] += len(written.paragraphs)
        whole[Path(written.path).suffix] += sum(paragraph in found for paragraph in written.paragraphs)
    record_testsuite_property("paragraphs found whole", {suffix: (whole[suffix], every[suffix]) for suffix in sorted(every)})
    assert all(whole[suffix] == every[suffix] for suffix in every if suffix != ".pdf")
    assert whole[".pdf"] >= 0.97 * every[".pdf"]


def test_every_quote_is_marked_where_the_document_shows_it(
    folder: tuple[Path, list[Written], list[str]], index: ParagraphIndex, record_testsuite_property: Callable[[str, object], None]
) -> None:
    shown = 0
    for written in folder[1]:
        source, paragraphs = index.store.source(written.path), index.store.paragraphs(written.path)
        for paragraph in paragraphs:
            start, end = split_sentences(paragraph.text)[-1]
            place = Place(
                source=written.path, paragraph=paragraph.number, start=paragraph.start + start, end=paragraph.start + end,
                quote=source.text[paragraph.start + start : paragraph.start + end],
            )  # fmt: skip
            marked = MARKED.findall(render_document(source, paragraphs, place=place))
            assert html.unescape("".join(marked)) == place.quote, place
            shown += 1
    record_testsuite_property("quotes marked", shown)
    assert shown > FILES


def test_a_page_is_the_one_where_the_paragraph_ends(
    folder: tuple[Path, list[Written], list[str]], index: ParagraphIndex, record_testsuite_property: Callable[[str, object], None]
) -> None:
    right = every = 0
    for written in folder[1]:
        if not written.pages:
            continue
        pages = index.store.source(written.path).pages
        places = {" ".join(paragraph.text.split()): paragraph for paragraph in index.store.paragraphs(written.path)}
        for text, page in zip(written.paragraphs, written.pages, strict=True):
            if text in places:
                every += 1
                right += page_at(pages, places[text].end - 1) == page
    record_testsuite_property("pages right", (right, every))
    assert every
    assert right == every


def test_every_citation_of_an_answer_leads_to_its_words(
    folder: tuple[Path, list[Written], list[str]], index: ParagraphIndex, record_testsuite_property: Callable[[str, object], None]
) -> None:
    assistant = Assistant(folder[0], index.generation.parent.parent, encoder=index.encoder)
    cited: Counter[str] = Counter()
    for written in folder[1][:: max(1, len(folder[1]) // 30)]:
        words = split_sentences(written.paragraphs[0])[0]
        answer = assistant.ask(f"What is said of this: {written.paragraphs[0][slice(*words)]}", sources=[written.path])
        for citation in answer.citations:
            source = index.store.source(citation.source)
            assert source.text[citation.start : citation.end] == citation.quote
            place = Place(
                source=citation.source, paragraph=citation.paragraph, start=citation.start, end=citation.end, quote=citation.quote
            )
            marked = MARKED.findall(render_document(source, index.store.paragraphs(citation.source), place=place))
            assert html.unescape("".join(marked)) == citation.quote
            cited[Path(citation.source).suffix] += 1
    record_testsuite_property("citations", dict(cited))
    assert {".txt", ".md", ".html", ".pdf", ".docx"} <= cited.keys()
