"""HTML: what a page says to its reader, a paragraph at a time.

Left out: scripts, styles, what is hidden or struck out, menus and forms, and, where the page marks its main part (`<main>`, one
`<article>`), all around it. Links and images are their text and nothing; raised figures are kept apart (`index.readers.raised`). A
row of a table is a sentence with the names of its columns. What it knowingly ignores: style sheets (what only they hide is read),
frames, and everything that a script would have added.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any

from index.dates import find_dates
from index.errors import SourceError
from index.readers.document import Block, Document, clean_text, compose
from index.readers.html_tables import read_table
from index.readers.raised import LEVEL, LOWERED, RAISED, write_raised
from index.readers.text import WIDE_MARKS, is_binary

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

_DECLARED = re.compile(rb"""<meta[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# What browsers take these names for: https://encoding.spec.whatwg.org/#names-and-labels
_TAKEN_FOR = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "utf-16": "utf-8", "utf-16-le": "utf-8"}
_PROLOGUE = re.compile(r"^\s*<\?xml[^>]*\?>")
_MAX_DAMAGED = 1 / 500  # characters that the declared encoding cannot read

_LEFT_OUT = frozenset(
    """script style noscript template head nav svg math iframe object embed canvas audio video map form button input select
    textarea dialog menu del s strike""".split()
)
_ASIDE = frozenset({"aside", "footer", "header"})  # left out around the main part, kept in it
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "menu", "menubar", "toolbar", "dialog", "alertdialog"})
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
_INLINE = frozenset(
    """a abbr acronym b bdi bdo big cite code data dfn em font i img ins kbd label mark nobr q rp rt ruby samp small span
    strong sub sup time tt u var wbr""".split()
)
_SHIFTED = {"sup": RAISED, "sub": LOWERED}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MAIN_SHARE = 0.3  # of the page's text, from which on what is marked as the main part is believed to be it

_DATED_META = (
    "article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.date",
    "dcterms.issued",
    "dcterms.created",
    "pubdate",
    "publishdate",
    "publish-date",
    "publication_date",
    "citation_publication_date",
    "citation_date",
    "sailthru.date",
    "parsely-pub-date",
    "og:published_time",
)


def parse(raw: bytes) -> Document:
    """Read a page.

    Raises:
        SourceError: It is not HTML, or in an encoding that it does not state; the message does not name the file.
    """
    import lxml.html

    text = _PROLOGUE.sub("", decode_html(raw))
    if not text.strip():
        return Document(text="")
    parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        page = lxml.html.document_fromstring(text, parser=parser)
    except lxml.etree.ParserError:  # nothing but comments
        return Document(text="")
    if any("Excessive depth" in entry.message for entry in parser.error_log):  # what lies deeper was dropped
        raise SourceError("its elements are nested deeper than 2,000; expected a page that a person wrote: save it as text")
    body = page.find("body")
    root = _main_part(page if body is None else body)
    blocks = list(_blocks(root, whole=root is not body and root is not page))
    return Document(text=compose(blocks)[0], title=_title(page, blocks), date=_date(page))


def decode_html(raw: bytes) -> str:
    """Return a page's text by its byte order mark, else by the encoding that it states, else as UTF-8.

    Raises:
        SourceError: It is binary, states an encoding that is none or not its own, or states none and is not UTF-8.
    """
    if is_binary(raw) or raw.startswith((b"%PDF-", b"PK\x03\x04", b"\x1f\x8b", b"GIF8", b"\xff\xd8\xff", b"\x89PNG")):
        raise SourceError("binary data, not HTML; expected a page that begins with <!doctype html>: give it its own suffix")
    encoding = _encoding(raw)
    text = raw.decode(encoding, "replace")
    if text.count("\ufffd") > max(1, len(text) * _MAX_DAMAGED) and not raw.startswith(WIDE_MARKS):
        seen = f"not {encoding}, which it states" if _DECLARED.search(raw[:4096]) else "not UTF-8, and it states no other encoding"
        raise SourceError(f'{seen}; expected <meta charset="…"> with its own: add that, or save the page as UTF-8')
    return text


def _encoding(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    declared = _DECLARED.search(raw[:4096])
    if declared is None:
        return "utf-8"
    name = (declared[1] or declared[2]).decode("ascii")
    try:
        known = codecs.lookup(name).name
    except LookupError as error:
        raise SourceError(f"states the encoding {name!r}, which is none; expected one such as utf-8: mend its <meta charset>") from error
    return _TAKEN_FOR.get(known, known)


def _main_part(body: Any) -> Any:
    """Return what the page marks as its main part, or the whole of it."""
    total = len(body.text_content()) or 1
    for path in (".//main | .//*[@role='main']", ".//article"):
        found = [one for one in body.xpath(path) if not _is_hidden(one)]
        if len(found) == 1 and len(found[0].text_content()) >= _MAIN_SHARE * total:
            return found[0]
    return body


def _is_hidden(element: Any) -> bool:
    return (
        element.tag in _LEFT_OUT
        or element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or element.get("role") in _ROLES
        or bool(_HIDING.search(element.get("style") or ""))
    )


class _Writer:
    """Gathers the text of inline elements, and closes it into a block where one ends."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.kind: Block | None = None  # what the next block is, other than text
        self._pieces: list[str] = []

    def add(self, text: str | None) -> None:
        if text:
            self._pieces.append(text)

    def close(self) -> None:
        text = clean_text(write_raised("".join(self._pieces)))
        self._pieces.clear()
        if not text:
            return
        shape = self.kind
        self.blocks.append(Block(text=text) if shape is None else Block(text=text, kind=shape.kind, level=shape.level, mark=shape.mark))
        self.kind = None


def _blocks(root: Any, *, whole: bool) -> list[Block]:
    """Return the blocks of an element.

    Args:
        root: The main part, or the body.
        whole: It is a marked main part: headers, footers and asides in it belong to it.
    """
    writer = _Writer()
    # An explicit stack: a page may be nested deeper than Python calls.
    stack: list[tuple[str, Any]] = [("open", root)]
    while stack:
        step, element = stack.pop()
        if step == "text":
            writer.add(element)
        elif step == "close":
            writer.close()
            if element.tag in _HEADINGS or element.tag == "li":
                writer.kind = None
        elif not isinstance(element.tag, str) or _is_left_out(element, whole=whole or element is root):
            continue
        else:
            _open(element, writer, stack)
    writer.close()
    return writer.blocks


def _open(element: Any, writer: _Writer, stack: list[tuple[str, Any]]) -> None:
    tag = element.tag
    if tag == "br":
        following = element.getnext()
        twice = following is not None and following.tag == "br" and not (element.tail or "").strip()
        writer.close() if twice else writer.add(" ")
        return
    if tag == "table" and (rows := _rows(element)) is not None:
        writer.close()
        writer.blocks += [Block(text=told) for told in rows]
        return
    if tag == "pre":
        writer.close()
        shown = "".join(element.xpath(".//text()[not(ancestor::del or ancestor::s or ancestor::strike)]"))
        parts = re.split(r"\n\s*\n", shown)
        writer.blocks += [Block(text=text) for part in parts if (text := clean_text(part))]
        return
    if tag not in _INLINE:
        writer.close()
        if tag in _HEADINGS:
            writer.kind = Block(text="", kind="heading", level=_HEADINGS[tag])
        elif tag == "li":
            writer.kind = Block(text="", kind="item", mark=_list_mark(element))
        stack.append(("close", element))
    if tag in _SHIFTED:
        writer.add(_SHIFTED[tag])
        stack.append(("text", LEVEL))
    for child in reversed(element):
        if child.tail:
            stack.append(("text", child.tail))
        stack.append(("open", child))
    writer.add(element.text)


def _is_left_out(element: Any, *, whole: bool) -> bool:
    if _is_hidden(element):
        return True
    if element.tag in _ASIDE and not whole:
        return not any(True for _ in element.iterancestors("main", "article")) and element.find(".//h1") is None
    return element.tag == "a" and clean_text(element.text_content()) in {"¶", "#", "§", "🔗"}  # a heading's link to itself


def _list_mark(element: Any) -> str:
    parent = element.getparent()
    if parent is None or parent.tag != "ol":
        return "-"
    first = parent.get("start", "1")
    before = sum(1 for _ in element.itersiblings("li", preceding=True))
    return f"{(int(first) if first.isdigit() else 1) + before}."


def _rows(table: Any) -> list[str] | None:
    """Return the rows of a table as sentences; None when it only lays out the page."""
    if table.get("role") in {"presentation", "none"} or table.find(".//table") is not None:
        return None
    return read_table([row for row in table.iter("tr") if not _is_hidden(row)], table.find("caption"), _element_text)


def _element_text(element: Any) -> str:
    return clean_text(" ".join(block.text for block in _blocks(element, whole=True)))


def _title(page: Any, blocks: Iterable[Block]) -> str | None:
    """Return the first heading of the first level, else what the page's head says."""
    first = next((block.text for block in blocks if block.kind == "heading" and block.level == 1), None)
    stated = page.xpath("//meta[@property='og:title']/@content") + [one.text_content() for one in page.xpath("//head/title | //body/title")]
    return first or next((text for one in stated if (text := clean_text(one))), None)


def _date(page: Any) -> dt.date | None:
    """Return the date of publication that a page states for machines: in its head, in JSON-LD, or in a `<time>`."""
    return next((date for written in _dated(page) if (date := _read_date(written))), None)


def _dated(page: Any) -> Iterator[str]:
    metas: dict[str, str] = {}
    for meta in page.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").casefold()
        metas.setdefault(name, meta.get("content") or "")
    yield from (metas[name] for name in _DATED_META if name in metas)
    for script in page.xpath("//script[@type='application/ld+json']"):
        yield from _published(script.text or "")
    yield from page.xpath("//time[@itemprop='datePublished' or @pubdate]/@datetime")
    times = page.xpath("//time/@datetime")
    yield from times if len(set(times)) == 1 else ()


def _published(script: str) -> Iterator[str]:
    try:
        stack = [json.loads(script)]
    except (ValueError, RecursionError):
        return
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if isinstance(value.get("datePublished"), str):
                yield value["datePublished"]
            stack += [one for one in value.values() if isinstance(one, (dict, list))]
        elif isinstance(value, list):
            stack += value


def _read_date(written: str) -> dt.date | None:
    return next((mention.date for mention in find_dates(re.sub(r"(?<=\d)T(?=\d)", " ", written))), None)
