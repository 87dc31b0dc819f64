"""A conversation, or one turn of it, to take away: Markdown, HTML or JSON, with every quote, its place and its hashes.

The hash of a quote is of its UTF-8 bytes, the hash of a file of its bytes at the time of the export: who has the file can see that
both are the same. Nothing of a document is markup in any of the forms. The JSON of one answer is what `pincite verify` reads.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.errors import AnswerError
from index.files import sha256_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rag.answer import Citation
    from ui.conversations import Turn

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&:/@=])")  # also what turns a bare address into a link
_STYLE = (
    "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.55 system-ui,sans-serif;color:#22211e;background:#fffefb}"
    "h2{margin-top:2.5rem}blockquote{margin:0;padding-left:1rem;border-left:3px solid #265d7e}code{font-size:.8rem;overflow-wrap:anywhere}"
    "@media (prefers-color-scheme:dark){body{color:#ebe8e1;background:#1f1e1c}}"
)


def export(form: str, title: str, turns: Sequence[Turn], corpus: Path) -> str:
    """Return turns as a document of their own.

    Args:
        form: "md", "html" or "json".
        title: Of the conversation.
        turns: One makes an answer's own document, of its question and answer alone.
        corpus: Folder of the documents, whose files are hashed.

    Raises:
        AnswerError: There is no such form.
    """
    if form not in FORMS:
        raise AnswerError(f"there is no export to {form!r}; expected one of: {', '.join(FORMS)}")
    cited = {citation.source for turn in turns if turn.answer for citation in turn.answer.citations}
    files = {path: sha256_file(corpus / path) for path in sorted(cited) if (corpus / path).is_file()}
    return FORMS[form].write(title, turns, files)


def _json(title: str, turns: Sequence[Turn], files: Mapping[str, str]) -> str:
    records = [_record(turn, files) for turn in turns]
    whole = records[0] if len(records) == 1 else {"title": title, "turns": records}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _record(turn: Turn, files: Mapping[str, str]) -> dict[str, Any]:
    if turn.answer is None:
        return {"question": turn.question, "error": turn.error}
    record = turn.answer.to_dict()
    for citation in record["citations"]:
        citation["quote_sha256"] = _sha256(citation["quote"])
        citation["file_sha256"] = files.get(citation["source"])
    return record | ({"rating": turn.rating, "reason": turn.reason} if turn.rating else {})


def _markdown(title: str, turns: Sequence[Turn], files: Mapping[str, str]) -> str:
    lines = [f"# {_plain(title)}"]
    for turn in turns:
        lines += ["", f"## {_plain(turn.question)}", "", _plain(turn.answer.text if turn.answer else turn.error)]
        for citation in turn.answer.citations if turn.answer else ():
            lines += ["", f"**[{citation.number}]** {_plain(_where(citation))}", ""]
            lines += [f"> {_plain(line)}" for line in citation.quote.splitlines() if line.strip()]
            lines += ["", *(f"{name}: `{value}`  " for name, value in _hashes(citation, files))]
        lines += ["", f"Rated {turn.rating}. {_plain(turn.reason)}".rstrip()] if turn.rating else []
    return "\n".join(lines).rstrip() + "\n"


def _html(title: str, turns: Sequence[Turn], files: Mapping[str, str]) -> str:
    body = "".join(_section(turn, files) for turn in turns)
    name = html.escape(title)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body><h1>{name}</h1>{body}</body></html>\n'


def _section(turn: Turn, files: Mapping[str, str]) -> str:
    said = turn.answer.text if turn.answer else turn.error
    cited = "".join(_cited(citation, files) for citation in (turn.answer.citations if turn.answer else ()))
    rated = f"<p>Rated {turn.rating}. {html.escape(turn.reason)}</p>" if turn.rating else ""
    return f"<section><h2>{html.escape(turn.question)}</h2><p>{html.escape(said)}</p>{cited}{rated}</section>"


def _cited(citation: Citation, files: Mapping[str, str]) -> str:
    hashes = "<br>".join(f"{name}: <code>{value}</code>" for name, value in _hashes(citation, files))
    where = f"<strong>[{citation.number}]</strong> {html.escape(_where(citation))}"
    return f"<p>{where}</p><blockquote>{html.escape(citation.quote)}</blockquote><p>{hashes}</p>"


def _where(citation: Citation) -> str:
    dated = f", {citation.date}" if citation.date else ""
    span = f"characters {citation.start} to {citation.end}"
    return f"{citation.title}{dated}: {citation.place}, {span}"


def _hashes(citation: Citation, files: Mapping[str, str]) -> list[tuple[str, str]]:
    file = files.get(citation.source)
    return [("quote SHA-256", _sha256(citation.quote)), *([("file SHA-256", file)] if file else [])]


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of export: its name for people, its media type, and what writes it."""

    name: str
    media_type: str
    write: Callable[[str, Sequence[Turn], Mapping[str, str]], str]


FORMS = {
    "md": Form(name="Markdown", media_type="text/markdown", write=_markdown),
    "html": Form(name="HTML", media_type="text/html", write=_html),
    "json": Form(name="JSON", media_type="application/json", write=_json),
}
