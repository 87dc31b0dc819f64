"""The HTML reader: what a page tells its reader, and nothing else of it."""

from __future__ import annotations

import datetime as dt

import pytest

from index.errors import SourceError
from index.readers.html import parse
from rag.figures import find_figures


def lines(page: str) -> list[str]:
    """The paragraphs of a page."""
    return parse(page.encode()).text.rstrip("\n").split("\n\n")


PAGE = """<!doctype html><html lang=en><head><meta charset=utf-8><title>Ferry report | Ostmark</title>
<meta property="article:published_time" content="2024-05-03T08:00:00Z"><style>p{color:red}</style></head>
<body><header><a href=/>Home</a> Ostmark harbour</header><nav><ul><li>News<li>Ferries</ul></nav>
<main><h1>Ferry report<a class=headerlink href=#>¶</a></h1>
<p>The ferry to <a href=x>Lund</a> carries <b>240</b> passengers
every day.<script>alert(1)</script> It leaves at nine.</p>
<p hidden>Secret.</p><p style="display:none">Hidden.</p><div aria-hidden=true>Icon</div>
<h2>Boats</h2>
<ul><li>A red boat.<li><p>A blue boat.</p></ul><ol start=3><li>Third.</ol>
<table><caption>Boats by year</caption><thead><tr><th>Year<th>Boats</thead><tr><td>2023<td>310<tr><td>2024<td>325</table>
<img src=a.png alt="A picture"><div>Loose words<div>and a box</div>after it</div>
One line<br>and its next.<br><br>Another.
</main><footer>Imprint and cookies</footer></body></html>"""


def test_a_page_is_its_main_part_a_paragraph_at_a_time() -> None:
    """Menus, footers, scripts and what is hidden are left out; a row names its columns; links are their words."""
    assert lines(PAGE) == [
        "# Ferry report",
        "The ferry to Lund carries 240 passengers every day. It leaves at nine.",
        "## Boats",
        "- A red boat.",
        "- A blue boat.",
        "3. Third.",
        "Boats by year",
        "Year: 2023; Boats: 310.",
        "Year: 2024; Boats: 325.",
        "Loose words",
        "and a box",
        "after it",
        "One line and its next.",
        "Another.",
    ]


def test_title_and_date_are_those_of_the_page() -> None:
    """The first heading, not the browser's tab; the date of publication in its head."""
    document = parse(PAGE.encode())
    assert (document.title, document.date) == ("Ferry report", dt.date(2024, 5, 3))


@pytest.mark.parametrize(
    ("marked", "date"),
    [
        ('<meta name="DC.date" content="2021-02-03">', dt.date(2021, 2, 3)),
        ('<script type="application/ld+json">{"@graph":[{"datePublished":"2022-01-31"}]}</script>', dt.date(2022, 1, 31)),
        ('<script type="application/ld+json">{"datePublished":</script>', None),
        ('<time datetime="2020-12-01T10:00">yesterday</time>', dt.date(2020, 12, 1)),
        ("<time datetime=2020-12-01>one</time><time datetime=2021-12-01>two</time>", None),
        ('<meta name="date" content="soon">', None),
    ],
)
def test_a_date_is_read_where_pages_state_it_for_machines(marked: str, date: dt.date | None) -> None:
    """Two times in a page are times that it tells of."""
    assert parse(f"<html><body>{marked}<p>Text.</p></body></html>".encode()).date == date


@pytest.mark.parametrize(
    "raw",
    [
        '<meta charset="windows-1252"><p>Café – 5 €</p>'.encode("cp1252"),
        '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><p>Café – 5 €</p>'.encode("cp1252"),
        '<?xml version="1.0" encoding="utf-8"?><html><body><p>Café – 5 €</p></body></html>'.encode(),
        "<p>Café – 5 €</p>".encode("utf-16"),
        "\ufeff<p>Café – 5 €</p>".encode(),
        "<p>Café – 5 €</p>".encode(),
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_states(raw: bytes) -> None:
    """A byte order mark, then the statement in its head, then UTF-8; Latin-1 means what browsers take it for."""
    assert parse(raw).text == "Café – 5 €\n"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("<p>Cafés, ça va où, été</p>".encode("latin-1"), "not UTF-8, and it states no other"),
        ('<meta charset="utf-8"><p>été à ñ ü ö é</p>'.encode("latin-1"), "not utf-8, which it states"),
        (b'<meta charset="klingon"><p>Hello.</p>', "states the encoding 'klingon'"),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary data, not HTML"),
        (b"%PDF-1.7 abc", "binary data, not HTML"),
    ],
)
def test_what_is_no_page_is_said_in_three_parts(raw: bytes, said: str) -> None:
    """What was seen, what was expected, what to do."""
    with pytest.raises(SourceError, match=f"{said}.*; expected .*: "):
        parse(raw)


@pytest.mark.parametrize("raw", [b"", b"  \n", b"<!-- nothing -->", b"<html><body></body></html>"])
def test_an_empty_page_has_no_text(raw: bytes) -> None:
    """It is no error, as with an empty text file."""
    assert parse(raw).text == ""


def test_a_page_without_a_main_part_is_read_without_what_frames_it() -> None:
    """A heading in the page's header is kept, its footer and sidebars are not."""
    page = "<body><header><h1>Bees</h1></header><aside>Buy honey</aside><p>A hive hums.</p><footer>Imprint</footer></body>"
    assert lines(page) == ["# Bees", "A hive hums."]


def test_a_page_nested_deeper_than_python_calls_is_read() -> None:
    """Beyond what the parser keeps it is refused: nothing is dropped in silence."""
    assert parse(("<div>" * 1500 + "Inside" + "</div>" * 1500).encode()).text == "Inside\n"
    with pytest.raises(SourceError, match="nested deeper"):
        parse(("<div>" * 5000 + "Inside" + "</div>" * 5000).encode())


@pytest.mark.parametrize(
    ("marked", "line", "figures"),
    [
        ("310<sup>1</sup> boats.", "310 [1] boats.", [310, 1]),
        ("310<sup><a href=#n1>1</a></sup> boats.", "310 [1] boats.", [310, 1]),
        ("310.<sup>1</sup> Then rain.", "310. Then rain.", [310]),
        ("20%<sup>2</sup> more.", "20% [2] more.", [20, 2]),
        ("310 <sup>1</sup> boats.", "310 [1] boats.", [310, 1]),
        ("<sup>1</sup>310 boats.", "[1]310 boats.", [1, 310]),
        ("310 boats<sup>12</sup> left.", "310 boats [12] left.", [310, 12]),
        ("10<sup>6</sup> boats.", "10^(6) boats.", [10, 6]),
        ("10<sup>-6</sup> m.", "10^(-6) m.", [10, -6]),
        ("The base 5<sub>2</sub> is.", "The base 5_(2) is.", [2]),
        ("4 km<sup>2</sup>, CO<sub>2</sub>, <sup>14</sup>C, 10<sup>th</sup>.", "4 km2, CO2, 14C, 10th.", [4]),
        ("有310艘<sup>1</sup>船.", "有310艘 [1]船.", [310, 1]),
        ("2<sup>1</sup>/<sub>2</sub> hours.", "2 1/2 hours.", [2]),
    ],
)
def test_a_raised_figure_is_no_digit_of_the_one_beside_it(marked: str, line: str, figures: list[int]) -> None:
    """A note's number, a power, an index: whoever reads figures finds none that the page does not show."""
    assert lines(f"<p>{marked}</p>") == [line]
    assert [figure.value for figure in find_figures(line)] == figures


def test_what_is_struck_out_is_not_read() -> None:
    """A price that was crossed out is no longer the page's; what was put in for it is."""
    assert lines("<p>It costs <del>12</del> <s>13</s> <strike>14</strike><ins>15</ins> crowns.</p>") == ["It costs 15 crowns."]
    assert lines("<p>It costs <span style='text-decoration: red line-through'>12</span> 15 crowns.</p>") == ["It costs 15 crowns."]
    assert lines("<del><p>Old.</p></del><pre>New<s> and old</s>.</pre>") == ["New."]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            "<tr><th>Region<th>Year<th>Boats<tr><td rowspan=2>North<td>2023<td>310<tr><td>2024<td>412<tr><td>South<td>2024<td>7",
            ["Region: North; Year: 2023; Boats: 310.", "Region: North; Year: 2024; Boats: 412.", "Region: South; Year: 2024; Boats: 7."],
        ),
        (
            "<thead><tr><th rowspan=2>Town<th colspan=2>2023<th colspan=2>2024<tr><th>Boats<th>Cranes<th>Boats<th>Cranes</thead><tr><td>Lund<td>1<td>2<td>3<td>4",
            ["Town: Lund; 2023 Boats: 1; 2023 Cranes: 2; 2024 Boats: 3; 2024 Cranes: 4."],
        ),
        ("<tr><th colspan=2>Harbours<tr><th>Town<th>Boats<tr><td>Lund<td>12", ["Harbours", "Town: Lund; Boats: 12."]),
        (
            "<tr><th>Town<th>Boats<th>Year<tr><td>Lund<td rowspan=0>12<td>2023<tr><td>Visby<td>2024",
            ["Town: Lund; Boats: 12; Year: 2023.", "Town: Visby; Boats: 12; Year: 2024."],
        ),
        (
            "<tbody><tr><td>Lund<td rowspan=9>12<td>a<tbody><tr><td>Visby<td>b<td>c",
            ["Lund; 12; a.", "Visby; b; c."],
        ),
        (
            "<tr><th>Town<th>Boats<th>Year<tr><td>Lund<td>12<td rowspan=2>2023<tr><td>Visby<tr><td>Brill<td>7<td>2024",
            ["Town: Lund; Boats: 12; Year: 2023.", "Town: Visby; Year: 2023.", "Town: Brill; Boats: 7; Year: 2024."],
        ),
        ("<tr><th>Town<th>Boats<th>Year<tr><td colspan=2>none<td>2023", ["Town: none; Year: 2023."]),
    ],
)
def test_a_cell_stands_under_the_names_of_its_column(rows: str, told: list[str]) -> None:
    """Also beside and under cells that span rows and columns; several rows of names are one."""
    assert lines(f"<table>{rows}</table>") == told
