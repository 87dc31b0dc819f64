"""The reader of Word documents: paragraphs, headings, lists, tables, footnotes; what Word hides stays out."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml

from index.errors import SourceError
from index.readers.docx import parse

SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def report() -> Any:
    document = docx.Document()
    document.core_properties.created = dt.datetime(2024, 5, 3, 8, 0, tzinfo=dt.UTC)
    document.sections[0].header.paragraphs[0].text = "Running header"
    document.add_heading("Ferry report", 0)
    document.add_paragraph("The ferry carries 240 passengers\tevery day. It leaves\nat nine.")
    document.add_heading("Boats", 1)
    document.add_paragraph("A red boat.", style="List Bullet")
    document.add_paragraph("A blue boat.", style="List Number")
    document.add_paragraph().add_run("Figures").bold = True
    table = document.add_table(rows=3, cols=3)
    for row, cells in zip(table.rows, [("Year", "Boats", "Cranes"), ("2023", "310", "14"), ("2024", "325", "15")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph("")
    document.add_paragraph("The end.")
    return document


def test_a_document_is_its_paragraphs_headings_items_and_rows() -> None:
    """Headers and empty paragraphs are left out; a short bold paragraph is a heading."""
    assert parse(saved(report())).text.rstrip("\n").split("\n\n") == [
        "# Ferry report",
        "The ferry carries 240 passengers every day. It leaves at nine.",
        "# Boats",
        "- A red boat.",
        "- A blue boat.",
        "### Figures",
        "Year: 2023; Boats: 310; Cranes: 14.",
        "Year: 2024; Boats: 325; Cranes: 15.",
        "The end.",
    ]


def test_title_and_day_are_those_of_the_document() -> None:
    """The day of its making, unless it is that of a template."""
    read = parse(saved(report()))
    assert (read.title, read.made) == ("Ferry report", dt.date(2024, 5, 3))
    assert parse(saved(docx.Document())).made is None


def test_insertions_are_read_and_deletions_are_not() -> None:
    """Tracked changes are read as if they were accepted; a hyperlink and a content control are their text."""
    document = docx.Document()
    for inner in (
        "<w:r><w:t>It has </w:t></w:r><w:del><w:r><w:delText>12</w:delText></w:r></w:del><w:ins><w:r><w:t>14</w:t></w:r></w:ins><w:r><w:t> cranes.</w:t></w:r>",
        '<w:hyperlink w:anchor="x"><w:r><w:t>A link</w:t></w:r></w:hyperlink><w:r><w:t> leads on.</w:t></w:r>',
    ):
        document.element.body.insert(0, parse_xml(f"<w:p {SPACE}>{inner}</w:p>"))
    document.element.body.insert(
        0, parse_xml(f"<w:sdt {SPACE}><w:sdtContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:sdtContent></w:sdt>")
    )
    assert parse(saved(document)).text == "In a box.\n\nA link leads on.\n\nIt has 14 cranes.\n"


def test_a_table_of_two_columns_without_names_pairs_its_cells() -> None:
    """The first cell names the second; merged cells are told once."""
    document = docx.Document()
    table = document.add_table(rows=3, cols=2)
    for row, cells in zip(table.rows, [("Chair", "Ada Kask"), ("Founded", "in May"), ("All are members", "")], strict=True):
        row.cells[0].text, row.cells[1].text = cells
    table.rows[2].cells[0].merge(table.rows[2].cells[1])
    assert parse(saved(document)).text == "Chair: Ada Kask.\n\nFounded: in May.\n\nAll are members.\n"


def other_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "hello")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(600), "protected by a password, or an old .doc"),
        (b"not a zip at all", "a damaged file"),
        (saved(docx.Document())[:4000], "a damaged file"),
        (other_zip(), "a zip file, but no Word document"),
    ],
)
def test_what_is_no_word_document_is_said_in_three_parts(raw: bytes, said: str) -> None:
    """What was seen, what was expected, what to do."""
    with pytest.raises(SourceError, match=f"{said}.*; expected .*: "):
        parse(raw)


def test_an_empty_file_has_no_text() -> None:
    """It is no error, as with an empty text file."""
    assert parse(b"").text == ""


def test_a_raised_figure_is_no_digit_of_the_one_beside_it() -> None:
    """By the run itself or by its style, in one run or several: a note's number, a power, an index."""
    document = docx.Document()
    document.styles.add_style("Note number", WD_STYLE_TYPE.CHARACTER).font.superscript = True
    noted = document.add_paragraph("310")
    noted.add_run("1", "Note number")
    noted.add_run("2", "Note number")
    noted.add_run(" boats, 10")
    noted.add_run("6").font.superscript = True
    noted.add_run(" fish, 5")
    noted.add_run("2").font.subscript = True
    noted.add_run(", 4 m")
    noted.add_run("2").font.superscript = True
    assert parse(saved(document)).text == "310 [12] boats, 10^(6) fish, 5_(2), 4 m2\n"


def test_hidden_and_struck_runs_are_not_read() -> None:
    """By the run itself or by its style; a run that says that it is not struck is read."""
    document = docx.Document()
    document.styles.add_style("Old", WD_STYLE_TYPE.CHARACTER).font.strike = True
    document.styles.add_style("Secret", WD_STYLE_TYPE.PARAGRAPH).font.hidden = True
    document.add_paragraph("Hidden.", style="Secret")
    priced = document.add_paragraph("It costs ")
    priced.add_run("11 ", "Old")
    priced.add_run("12 ").font.strike = True
    priced.add_run("13 ").font.double_strike = True
    priced.add_run("14 ").font.hidden = True
    priced.add_run("15 crowns", "Old").font.strike = False
    priced.add_run(".")
    assert parse(saved(document)).text == "It costs 15 crowns.\n"
