"""Paragraphs: offsets are exact over any text, numbers count as a reader does, shapes are recognised."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from index.locations import ROOT
from index.paragraphs import split_paragraphs, split_spans

LINES = st.lists(st.text(alphabet=st.sampled_from("ab .!?一。\t\u00a0\ufeff#-1"), max_size=40), max_size=12)
BREAKS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\u2028", "\f"])


@given(st.text())
@example("\ufeffTitle\r\n\r\nBody one.\r\nBody two.\r\n")
@example("\u200b\n \u00a0\n")
def test_every_paragraph_is_the_text_between_its_offsets(text: str) -> None:
    """The law of the chapter, over any text; nothing visible is lost and nothing overlaps."""
    paragraphs = split_paragraphs("a.txt", text)
    assert all(text[paragraph.start : paragraph.end] == paragraph.text for paragraph in paragraphs)
    assert [paragraph.number for paragraph in paragraphs] == list(range(1, len(paragraphs) + 1))
    assert all(a.end <= b.start for a, b in zip(paragraphs, paragraphs[1:], strict=False))
    outside = "".join(
        text[a:b] for a, b in zip([0, *(p.end for p in paragraphs)], [*(p.start for p in paragraphs), len(text)], strict=True)
    )
    assert not outside.replace("\ufeff", "").replace("\u200b", "").strip()


@given(LINES, BREAKS)
def test_paragraphs_carry_no_white_space_at_their_edges(lines: list[str], line_break: str) -> None:
    """Any mixture of line ends and blank lines."""
    text = line_break.join(lines)
    assert all(text[start:end].strip().strip("\ufeff") == text[start:end] != "" for start, end in split_spans(text))


def test_each_line_of_the_seeds_that_is_not_blank_is_a_paragraph() -> None:
    """One of them puts blank lines between most, the other between none."""
    for path, count in (("000_cc860d504fdb1288.txt", 54), ("003_9e4acc9cc495592d.txt", 60)):
        text = (ROOT / "seeds" / path).read_bytes().decode("utf-8")
        paragraphs = split_paragraphs(path, text)
        assert [paragraph.text for paragraph in paragraphs] == [line.strip() for line in text.split("\n") if line.strip()]
        assert len(paragraphs) == count


WRAPPED = """The committee met on Tuesday to discuss the plan for the new bridge over
the river, which had been delayed for two years by a shortage of steel. The
chairman said that the work would begin in spring and that the cost would
be shared by both towns.

Residents of the lower town were less sure. They had heard this before, and
they asked for a date.
"""


def test_in_a_hard_wrapped_file_a_blank_line_ends_a_paragraph() -> None:
    """Two blocks of wrapped lines are two paragraphs, their line breaks kept inside."""
    paragraphs = split_paragraphs("plan.txt", WRAPPED)
    assert [paragraph.text.split()[0] for paragraph in paragraphs] == ["The", "Residents"]
    assert paragraphs[0].text.endswith("both towns.")
    assert "\n" in paragraphs[0].text


def test_list_items_and_headings_start_anew_in_a_hard_wrapped_file() -> None:
    """A list keeps its items apart, and a marked heading stands alone."""
    text = (
        WRAPPED
        + "\n# Costs\nThe bridge is dear.\n\n- steel, of which there was far too little in the whole of those two\n  years\n- labour\n"
    )
    kinds = [(paragraph.kind, paragraph.text.split()[0]) for paragraph in split_paragraphs("plan.txt", text)][2:]
    assert kinds == [("heading", "#"), ("text", "The"), ("list item", "-"), ("list item", "-")]


def test_lines_that_are_sentences_are_not_taken_for_wrapped_ones() -> None:
    """Lines of like length that end with a full stop are paragraphs."""
    text = "\n".join(["The first line is a whole sentence of its own, and it is long enough."] * 6)
    assert len(split_spans(text)) == 6


def test_title_byline_heading_and_list_items_are_known_as_such() -> None:
    """Each by its shape and place; a heading gives its words to what follows."""
    text = "A report on bridges\nBy Jana Weiss\n12 May 2023\n\nBridges are long.\n\nCosts\n\nThey cost 3 million.\n\n1. Steel is dear.\n\nNot a heading but the end"
    paragraphs = split_paragraphs("a.txt", text)
    assert [paragraph.kind for paragraph in paragraphs] == ["title", "byline", "byline", "text", "heading", "text", "list item", "text"]
    assert [paragraph.heading for paragraph in paragraphs] == ["", "", "", "", "", "Costs", "Costs", "Costs"]


def test_a_list_of_short_lines_is_not_all_headings() -> None:
    """Lines without full stops are text when most of the file is like that."""
    text = "Prices\nApples 3 euros\nPears 4 euros\nPlums 5 euros\nQuinces 6 euros"
    assert [paragraph.kind for paragraph in split_paragraphs("a.txt", text)] == ["title", "text", "text", "text", "text"]


def test_the_only_paragraph_of_a_file_is_text() -> None:
    """A title needs something to be the title of."""
    assert [paragraph.kind for paragraph in split_paragraphs("a.txt", "Acme was founded in 1999")] == ["text"]
