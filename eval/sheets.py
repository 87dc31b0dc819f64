"""The frame of a report: one HTML file that loads nothing, made of titled sheets."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STYLE = Path(__file__).with_name("report.css")


def render_page(title: str, body: Iterable[str]) -> str:
    """Return the file; `title` is escaped, `body` is HTML."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    style = _STYLE.read_text(encoding="utf-8")
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{style}</style></head><body>{"".join(body)}</body></html>\n'


def render_sheet(title: str, inner: str, note: str = "") -> str:
    """Return a titled sheet; `inner` is HTML, the rest is escaped."""
    said = f'<p class="soft">{escape(note)}</p>' if note else ""
    return f'<section class="sheet"><h2>{escape(title)}</h2>{inner}{said}</section>'


def render_rows(lines: Iterable[Sequence[str]]) -> str:
    """Return the rows of a table, the first cell of each its header; all of them are escaped."""
    return "".join(
        f'<tr><th scope="row">{escape(label)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>' for label, *cells in lines
    )
