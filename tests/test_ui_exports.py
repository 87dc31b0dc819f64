"""What is taken away of a conversation: every quote with its place and hashes, and nothing of a document as markup."""

from __future__ import annotations

import hashlib
import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from index.errors import AnswerError
from rag import Answer, Assistant, Citation, Statement
from ui.cli import main
from ui.conversations import Turn
from ui.exports import export

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder

HOSTILE = "![x](http://evil.example/x.png) <img src=//evil.example> *bold* `code` # head https://evil.example 1. list"


@pytest.fixture
def turns(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> list[Turn]:
    """A real answer, and one about a hostile document."""
    real = Assistant(corpus, tmp_path / "index", encoder=encoder).ask("How many cranes does the harbour of Ostmark have?")
    citation = Citation(number=1, source="trap.txt", paragraph=1, start=0, end=len(HOSTILE), quote=HOSTILE, title=HOSTILE, date=None)
    trap = Answer(
        question=HOSTILE,
        searched=HOSTILE,
        text=f"{HOSTILE} [1]",
        statements=(Statement(text=HOSTILE, citations=(1,)),),
        citations=(citation,),
    )
    return [
        Turn(id=1, question=real.question, answer=real, rating="right", reason="exactly"),
        Turn(id=2, question=HOSTILE, answer=trap),
        Turn(id=3, question="Later?", error="Stopped before it was answered."),
    ]


class Tags(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.names.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data


def test_json_holds_quotes_places_and_hashes(turns: list[Turn], corpus: Path) -> None:
    """The hashes are of the quote's bytes and of the file's."""
    kept = json.loads(export("json", "Cranes", turns, corpus))
    citation = kept["turns"][0]["citations"][0]
    raw = (corpus / "harbour.txt").read_bytes()
    assert raw.decode()[citation["start"] : citation["end"]] == citation["quote"] == "It has 14 cranes."
    assert citation["quote_sha256"] == hashlib.sha256(b"It has 14 cranes.").hexdigest()
    assert citation["file_sha256"] == hashlib.sha256(raw).hexdigest()
    assert kept["turns"][1]["citations"][0]["file_sha256"] is None
    assert (kept["turns"][0]["rating"], kept["turns"][0]["reason"]) == ("right", "exactly")
    assert kept["turns"][2] == {"question": "Later?", "error": "Stopped before it was answered."}


def test_the_json_of_one_answer_can_be_verified(
    turns: list[Turn], corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`pincite verify` reads it as it reads what `pincite ask --json` prints."""
    (tmp_path / "answer.json").write_text(export("json", "Cranes", turns[:1], corpus), encoding="utf-8")
    assert main(["verify", str(tmp_path / "answer.json"), "--corpus", str(corpus)]) == 0
    assert "[1] ok: harbour.txt" in capsys.readouterr().out


def test_markdown_shows_a_document_as_it_is_written(turns: list[Turn], corpus: Path) -> None:
    """Rendered by another's reader of Markdown, nothing loads, nothing links, and every quote can be read."""
    text = export("md", "Cranes", turns, corpus)
    page = Tags(MarkdownIt("commonmark").enable("table").render(text))
    assert page.links == []
    assert page.names <= {"h1", "h2", "p", "strong", "blockquote", "code", "br"}
    assert page.text.count(HOSTILE) == 4  # question, answer, title and quote
    assert "harbour.txt, paragraph 4, characters" in page.text
    assert hashlib.sha256(b"It has 14 cranes.").hexdigest() in page.text


def test_html_stands_alone_and_escapes(turns: list[Turn], corpus: Path) -> None:
    page = Tags(export("html", HOSTILE, turns, corpus))
    assert page.links == []
    assert not page.names & {"img", "script", "a", "link"}
    assert "It has 14 cranes." in page.text
    assert HOSTILE in page.text


def test_another_form_is_refused(turns: list[Turn], corpus: Path) -> None:
    with pytest.raises(AnswerError, match="no export to 'pdf'; expected one of: md, html, json"):
        export("pdf", "Cranes", turns, corpus)
