"""The PDF reader: paragraphs in reading order from words that only have places, each on its page."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table

from index.errors import SourceError
from index.readers.document import page_at
from index.readers.pdf import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=10, leading=12, spaceAfter=6, alignment=4)
HEADING = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=14, leading=18, spaceAfter=6)
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=20, leading=26, spaceAfter=12)
TOLD = (
    "The harbour of place {n} was opened in the year {year} by a company that had built cranes before, and it has been worked ever since by "
    "the same {n} families, who bring timber from the north and take cloth to the south. In winter, when ice lies on the river, all the boats "
    "are drawn to the shore, mended, and painted again."
)
PARAGRAPHS = [TOLD.format(n=n, year=1900 + n) for n in range(12, 60)]


def frame_page(canvas: Any, document: Any) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(60, 815, "Annual report of the harbour office")
    canvas.drawRightString(540, 25, f"Page {document.page}")


def printed(story: Sequence[Any], *, columns: int = 1, info: dict[str, str] | None = None, running: bool = True) -> bytes:
    """A PDF, with a running header and page numbers unless said otherwise."""
    stream = io.BytesIO()
    frames = [Frame(60, 50, 475, 750)] if columns == 1 else [Frame(55, 50, 235, 750), Frame(305, 50, 235, 750)]
    document = BaseDocTemplate(stream, pagesize=A4, **(info or {}))
    document.addPageTemplates(PageTemplate("page", frames, onPage=frame_page if running else lambda *_: None))
    document.build(list(story))
    return stream.getvalue()


def drawn(*pages: Sequence[tuple[float, float, str]], size: float = 10) -> bytes:
    """A PDF of lines at (x, y), y from the bottom, in Helvetica."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    for page in pages:
        canvas.setFont("Helvetica", size)
        for x, y, line in page:
            canvas.drawString(x, y, line)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def paragraphs(raw: bytes) -> list[str]:
    text = parse(raw).text
    return text.rstrip("\n").split("\n\n")


@pytest.mark.parametrize("columns", [1, 2])
def test_lines_become_the_paragraphs_they_were_set_from(columns: int) -> None:
    """In reading order, across columns and pages, without the running header and the page numbers."""
    story = [Paragraph("Harbours", TITLE), Paragraph("The places", HEADING), *(Paragraph(one, BODY) for one in PARAGRAPHS)]
    assert paragraphs(printed(story, columns=columns)) == ["# Harbours", "### The places", *PARAGRAPHS]


def test_every_paragraph_knows_its_page() -> None:
    """The page on which it begins; the one that goes on overleaf begins on the first of its two."""
    raw = printed([Paragraph(one, BODY) for one in PARAGRAPHS])
    document = parse(raw)
    assert len(document.pages) == 3
    on = [page_at(document.pages, document.text.index(one)) for one in PARAGRAPHS]
    assert (on[0], on[-1], on == sorted(on)) == (1, 3, True)
    broken = [one for one in PARAGRAPHS if page_at(document.pages, document.text.index(one) + len(one) - 1) != on[PARAGRAPHS.index(one)]]
    assert broken  # the second page begins in the middle of one
    assert document.text[document.pages[1]].isalnum()


def test_indented_paragraphs_without_space_between_them_are_told_apart() -> None:
    """By the indent of their first lines alone."""
    style = ParagraphStyle("indented", parent=BODY, spaceAfter=0, firstLineIndent=14)
    assert paragraphs(printed([Paragraph(one, style) for one in PARAGRAPHS])) == PARAGRAPHS


def test_rows_of_a_table_and_list_items_are_paragraphs() -> None:
    """A row is told with the names of its columns, an item with its mark."""
    table = Table([["Year", "Boats", "Cranes"], ["2022", "310", "14"], ["2023", "325", "15"], ["2024", "341", "16"]])
    item = ParagraphStyle("item", parent=BODY, leftIndent=16)
    story = [Paragraph(PARAGRAPHS[0], BODY), table, Spacer(1, 12), *(Paragraph(one, item, bulletText="•") for one in PARAGRAPHS[1:4])]
    assert paragraphs(printed(story, running=False)) == [
        PARAGRAPHS[0],
        "Year: 2022; Boats: 310; Cranes: 14.",
        "Year: 2023; Boats: 325; Cranes: 15.",
        "Year: 2024; Boats: 341; Cranes: 16.",
        *(f"- {one}" for one in PARAGRAPHS[1:4]),
    ]


def test_words_cut_at_a_line_end_are_whole_again() -> None:
    """And a compound keeps its hyphen."""
    raw = drawn(
        [
            (60, 700, "The harbour office of the town has sent a letter to all the har-"),
            (60, 688, "bours of the coast, and asked their masters, who are well-"),
            (60, 676, "known men, for their figures. All harbours have answered it."),
        ]
    )
    assert parse(raw).text == (
        "The harbour office of the town has sent a letter to all the harbours of the coast, and asked their masters, who are well-known men, "
        "for their figures. All harbours have answered it.\n"
    )


def test_columns_drawn_line_by_line_are_read_one_after_the_other() -> None:
    """The order in which the file draws them does not count."""
    left = [f"Left line {n} of the first column runs on" for n in range(8)]
    right = [f"right line {n} of the second column too" for n in range(8)]
    lines = [(x, 700 - 12 * n, text) for n in range(8) for x, text in ((60, left[n]), (320, right[n]))]
    assert paragraphs(drawn([*lines, (60, 740, "A heading that goes across both of the columns of this page, from left to right")])) == [
        "A heading that goes across both of the columns of this page, from left to right",
        " ".join(left + right),
    ]


@pytest.mark.parametrize(("cover", "made"), [("Report of May 2024", dt.date(2024, 5, 3)), ("Report on 2019", None)])
def test_the_day_of_the_file_counts_where_its_first_page_names_the_month(cover: str, made: dt.date | None) -> None:
    """Else it is only the day on which somebody printed it."""
    import pypdfium2

    raw = drawn([(60, 700, cover)])
    stamp = raw.index(b"/CreationDate (D:") + len(b"/CreationDate (D:")
    dated = raw[:stamp] + b"20240503" + raw[stamp + 8 :]
    assert pypdfium2.PdfDocument(dated).get_metadata_value("CreationDate").startswith("D:20240503")
    assert parse(dated).made == made


@pytest.mark.parametrize(("stated", "title"), [("Ferry report", "Ferry report"), ("Microsoft Word - draft7.doc", "Ferry report 2024")])
def test_the_title_of_the_properties_counts_where_the_first_page_says_it(stated: str, title: str) -> None:
    """Else the largest heading is the title."""
    story = [Paragraph("Ferry report 2024", TITLE), *(Paragraph(one, BODY) for one in PARAGRAPHS[:3])]
    assert parse(printed(story, info={"title": stated})).title == title


def test_a_page_that_is_turned_is_read_upright() -> None:
    """As landscape pages are often stored; a stamp in the margin is left out."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.drawString(20, 20, "stamp")
    canvas.rotate(90)
    canvas.drawString(100, -100, "The first line of a turned page")
    canvas.drawString(100, -114, "goes on in the second.")
    canvas.save()
    assert paragraphs(stream.getvalue()) == ["The first line of a turned page goes on in the second."]


def test_a_running_row_is_left_out_only_where_a_gap_parts_it_from_the_text() -> None:
    """The first rows of a table that fills several pages look alike, too; and when nothing else is there, it is the text."""
    rows = [[(60, 800, "Harbour office"), *((60, 760 - 12 * n, f"Boat {n + 20 * page} left.") for n in range(20))] for page in range(3)]
    text = parse(drawn(*rows)).text
    assert "Harbour office" not in text
    assert all(f"Boat {n} left." in text for n in range(60))
    assert parse(drawn(*[[(60, 700, "Harbour office")]] * 3)).text.count("Harbour office") == 3


def encrypted() -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, encrypt="secret")
    canvas.drawString(60, 700, "Hidden.")
    canvas.save()
    return stream.getvalue()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (encrypted(), "protected by a password"),
        (drawn([], []), "no text in its 2 pages"),
        (b"%PDF-1.7 and nothing more", "damaged, or no PDF"),
        (b"hello", "damaged, or no PDF"),
    ],
)
def test_what_cannot_be_read_is_said_in_three_parts(raw: bytes, said: str) -> None:
    """What was seen, what was expected, what to do."""
    with pytest.raises(SourceError, match=f"{said}.*; expected .*: "):
        parse(raw)


def test_an_empty_file_has_no_text() -> None:
    """It is no error, as with an empty text file."""
    assert parse(b"").text == ""


@pytest.mark.parametrize(
    ("marked", "line"),
    [
        ("There were 310<super>1</super> boats here.", "There were 310 [1] boats here."),
        ("There were 310<super size=7 rise=2>1</super> boats here.", "There were 310 [1] boats here."),
        ("<super>1</super>310 boats were here.", "[1]310 boats were here."),
        ("There were 10<super>6</super> boats here.", "There were 10^(6) boats here."),
        ("There were 5<sub size=6.5 rise=1.4>2</sub> boats here.", "There were 5_(2) boats here."),
        ("Air holds CO<sub>2</sub> and 4 m<super>2</super> of dust.", "Air holds CO2 and 4 m2 of dust."),
    ],
)
def test_a_raised_figure_is_no_digit_of_the_one_beside_it(marked: str, line: str) -> None:
    """A note's number, a power, an index, told by size and place alone."""
    assert paragraphs(printed([Paragraph(marked, BODY)], running=False)) == [line]
