"""A paragraph of megabytes: an excerpt of it is read for a question, and every offset is what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import sentences
from index.database import Database
from index.excerpts import EXCERPT_CHARS, WHOLE_MOST, closes, ending, opening, opens
from index.paragraphs import Paragraph, split_paragraphs
from index.segment_store import SegmentStore
from index.sentences import PASSAGE_MAX_CHARS, SENTENCE_MAX_CHARS, split_passages, split_sentences
from rag import Assistant, candidates, lists, periods

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.encoders import OnnxEncoder
    from index.search import ParagraphIndex

FACT = "The lighthouse of Brill was built by Anna Kask in 1931."


def write_log(file: Path, lines: int) -> str:
    """A first line, a paragraph of so many sentences with a fact in the middle, and a last line; returns the text."""
    said = [f"On day {line} of {1900 + line % 100} the keeper counted {line * 7} boats near the harbour." for line in range(lines)]
    said.insert(lines // 2, FACT)
    file.write_text(f"The log of the keeper\n\n{' '.join(said)}\n\nThe log ends here.\n", encoding="utf-8")
    return file.read_text(encoding="utf-8")


@pytest.fixture
def log(tmp_path: Path) -> tuple[Path, str]:
    """A folder with a log of 70,000 characters in one paragraph, and its text."""
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs", write_log(tmp_path / "logs" / "log.txt", 1000)


def test_a_hit_in_a_long_paragraph_holds_an_excerpt_with_its_number(log: tuple[Path, str], build: Callable[[Path], ParagraphIndex]) -> None:
    """The law of paragraphs holds; excerpts do not overlap, and together they hold the paragraph."""
    folder, text = log
    index = build(folder)
    whole = split_paragraphs("log.txt", text)[1]
    assert whole.end - whole.start > WHOLE_MOST
    hits = [hit for hit in index.search("keeper counted boats", k=1000, nearest=1000) if hit.paragraph.number == 2]
    for hit in hits:
        one = hit.paragraph
        assert (text[one.start : one.end], one.kind, one.heading) == (one.text, whole.kind, whole.heading)
        assert whole.start <= one.start <= hit.start < hit.end <= one.end <= whole.end
        assert one.end - one.start <= EXCERPT_CHARS + PASSAGE_MAX_CHARS
    passages = index.store.passages(range(len(split_passages(whole.text)) + 2)).values()
    excerpts = sorted({(one.paragraph.start, one.paragraph.end) for one in passages if one.paragraph.number == 2})
    assert (excerpts[0][0], excerpts[-1][1]) == (whole.start, whole.end)
    assert all(text[end:start] == " " for (_, end), (start, _) in zip(excerpts, excerpts[1:], strict=False))


def test_of_a_long_neighbour_the_sentences_beside_are_read(log: tuple[Path, str], build: Callable[[Path], ParagraphIndex]) -> None:
    """Its opening for what comes before it, its ending for what comes after."""
    index, whole = build(log[0]), split_paragraphs("log.txt", log[1])[1]
    (first,), (last,) = (index.store.paragraphs_at([("log.txt", 2)], last=ending) for ending in (False, True))
    assert whole.text.startswith(first.text)
    assert whole.text.endswith(last.text)
    for one in (first, last):
        assert log[1][one.start : one.end] == one.text
        assert EXCERPT_CHARS // 2 < len(one.text) <= EXCERPT_CHARS
        assert {(start + one.start, end + one.start) for start, end in split_sentences(one.text)} <= {
            (start + whole.start, end + whole.start) for start, end in split_sentences(whole.text)
        }


def test_a_fact_in_a_long_paragraph_is_cited_where_it_stands(log: tuple[Path, str], tmp_path: Path, encoder: OnnxEncoder) -> None:
    """With the number of its paragraph, and it is found there again later."""
    answer = Assistant(log[0], tmp_path / "index", encoder=encoder).ask("Who built the lighthouse of Brill?")
    citation = answer.citations[0]
    assert (citation.quote, citation.paragraph) == (FACT, 2)
    assert log[1][citation.start : citation.end] == FACT
    assert [check.status for check in answer.verify()] == ["ok"] * len(answer.citations)


def test_a_question_reads_no_more_of_a_longer_paragraph(tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in the characters that are split into sentences and searched for years."""
    read = {"split": 0, "years": 0}

    def count(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def counted(text: str, *options: object) -> object:
            read[name] += len(text)
            return function(text, *options)

        return counted

    for module in (candidates, lists):
        monkeypatch.setattr(module, "split_sentences", count("split", split_sentences))
    monkeypatch.setattr(candidates, "find_periods", count("years", periods.find_periods))
    seen = []
    for lines in (1000, 4000):
        folder = tmp_path / f"of {lines}"
        folder.mkdir()
        write_log(folder / "log.txt", lines)
        assistant = Assistant(folder, tmp_path / f"index of {lines}", encoder=encoder)
        read.update(split=0, years=0)
        assistant.ask("How many boats did the keeper count in 1931?")
        seen.append(dict(read))
    assert all(seen[0].values())
    assert all(seen[1][name] < 1.5 * seen[0][name] for name in read)


def test_a_long_paragraph_is_read_once_for_all_its_passages(
    log: tuple[Path, str], build: Callable[[Path], ParagraphIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When its words are indexed; the texts are those between the offsets."""
    (segment,) = build(log[0]).store.segments
    assert isinstance(segment, SegmentStore)
    read = 0
    each = Database.each

    def counted(self: Database, query: str) -> object:
        nonlocal read
        for row in each(self, query):
            read += sum(len(value) for value in row if isinstance(value, str))
            yield row

    monkeypatch.setattr(Database, "each", counted)
    texts = list(segment.passage_texts())
    assert read < 1.1 * len(log[1])
    passages = segment.passages([number for number, *_ in texts])
    assert [text.rpartition("\n")[2] for *_, text in texts] == [log[1][one.start : one.end] for one in passages.values()]


LETTERS = st.text(st.sampled_from("ab.中 \t"), max_size=30)


@given(pieces=st.lists(LETTERS, max_size=8), room=st.integers(4, 20))
def test_what_goes_on_without_a_mark_is_cut_and_nothing_is_lost(pieces: list[str], room: int) -> None:
    """At white space where there is some; every visible character is in one piece."""
    text = "".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentences, "SENTENCE_MAX_CHARS", room)
        spans = split_sentences(text)
    assert all(0 < end - start <= room and text[start:end] == text[start:end].strip() for start, end in spans)
    covered = [at for start, end in spans for at in range(start, end)]
    assert covered == sorted(set(covered))
    assert all(text[at].isspace() for at in set(range(len(text))) - set(covered))


def test_a_text_without_marks_is_cut_between_its_words() -> None:
    """And where it has no white space, where a piece is full."""
    words = "word " * 2000
    assert {words[start:end][:4] + words[start:end][-4:] for start, end in split_sentences(words)} == {"wordword"}
    assert split_sentences("x" * 9000) == [(0, SENTENCE_MAX_CHARS), (SENTENCE_MAX_CHARS, 8000), (8000, 9000)]


@pytest.mark.parametrize("blanks", [1_500, 6_000])
def test_white_space_at_an_edge_leaves_the_words_beside_it(blanks: int) -> None:
    """Of a log whose first or last word stands far from the others, that word is the excerpt."""
    text = f"Header{' ' * blanks}{'It rained. ' * 3_000}{' ' * blanks}Footer"
    whole = Paragraph(source="a.txt", number=1, start=5, end=5 + len(text), text=text)
    first, last = opening(whole), ending(whole)
    assert first.text.startswith("Header")
    assert last.text.endswith("Footer")
    assert all(one.text == text[one.start - 5 : one.end - 5] for one in (first, last))
    assert (opens(first), closes(first), opens(last), closes(last), opens(whole), closes(whole)) == (True, False, False, True, True, True)
