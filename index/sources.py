"""The documents of a corpus folder: which files there are, and what one of them says.

The text of a text file is `bytes.decode("utf-8")` with byte order mark and line ends kept, so an offset into
`Source.text` holds in the file as it lies on disk. Title and date are those that the document itself states.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - a field of a record; its type can be asked for at run time
import os
import re
from dataclasses import dataclass
from pathlib import Path

from index.dates import find_dates
from index.errors import CorpusError, SourceError
from index.paragraphs import heading_text, is_byline, is_marked_heading, is_title, split_spans

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
}
MAX_BYTES = 64 * 2**20  # a text file beyond this is a log or a dump, and would be held in memory whole

_HEAD, _TAIL = 8, 3  # paragraphs from either end in which a date may be the document's own
_FRONT_TITLE = re.compile(r"title:\s*[\"']?(.+?)[\"']?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One document.

    Attributes:
        path: Relative to the corpus folder, POSIX ("notes/2024.txt").
        text: The document's text; of a text file its decoded bytes, unchanged.
        title: As the document states it, else the file's name without its suffix.
        date: As the document states it, else None.
        media_type: Such as "text/plain".
    """

    path: str
    text: str
    title: str
    date: dt.date | None
    media_type: str


def find_files(corpus: Path) -> list[str]:
    """Return the POSIX paths of all files under `corpus`, sorted; hidden files and folders are left out.

    Links are followed to files but not to folders, so that a loop cannot trap the walk.

    Raises:
        CorpusError: `corpus` is missing or not a folder.
    """
    if not corpus.is_dir():
        seen = "is a file" if corpus.exists() else "does not exist"
        raise CorpusError(f"{corpus} {seen}; expected a folder of documents: pincite index FOLDER")
    found = []
    for folder, names, files in os.walk(corpus):
        names[:] = [name for name in names if not name.startswith(".")]
        found += [Path(folder, name) for name in files if not name.startswith(".")]
    return sorted(_printable(path.relative_to(corpus).as_posix()) for path in found)


def _printable(path: str) -> str:
    """Return a path whose bytes are not UTF-8 with question marks in their place; it then names no file, and is skipped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def read_source(corpus: Path, path: str) -> Source:
    """Read one document of the corpus.

    Raises:
        SourceError: The file is of a type that is not read, cannot be opened, is too large, or is not UTF-8 text.
    """
    media_type = MEDIA_TYPES.get(Path(path).suffix.lower())
    if media_type is None:
        raise SourceError(f"{path}: files of type {Path(path).suffix or 'none'} are not read; expected {', '.join(MEDIA_TYPES)}")
    text = _decode(path, _read_bytes(corpus / path, path))
    title, date = find_title_and_date(text)
    return Source(path=path, text=text, title=title or Path(path).stem, date=date, media_type=media_type)


def find_title_and_date(text: str) -> tuple[str | None, dt.date | None]:
    """Return the title and the date that a document states of itself, each None when it states none.

    The date is the first in the byline, or in a labelled or lone date line among the first paragraphs or the last
    ones; a date inside the running text belongs to what the text tells, not to the document.
    """
    paragraphs = [text[start:end] for start, end in split_spans(text)]
    head, tail = paragraphs[:_HEAD], paragraphs[_HEAD:][-_TAIL:]
    stated = [match[1] for line in head if (match := _FRONT_TITLE.fullmatch(line))]
    first = next((line for line in head if is_marked_heading(line) or not is_byline(line)), None)
    if not stated and first is not None and len(paragraphs) > 1 and is_title(first):
        stated = [heading_text(first)]
    dates = (mention.date for line in head + tail if is_byline(line) for mention in find_dates(line))
    return (stated[0] if stated else None), next(dates, None)


def _read_bytes(file: Path, path: str) -> bytes:
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise SourceError(f"{path}: {size / 2**20:.0f} MiB; expected at most {MAX_BYTES // 2**20} MiB: split the file")
        return file.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error}); check the file and its permissions") from error


def _decode(path: str, raw: bytes) -> str:
    if b"\0" in raw[:8192] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(f"{path}: binary data, not text; remove it or give it its own suffix")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path}: not UTF-8 (byte {raw[error.start]:#04x} at {error.start}); "
            f"save it as UTF-8, for example: iconv -f {_likely_encoding(raw)} -t UTF-8"
        ) from error


def _likely_encoding(raw: bytes) -> str:
    """Return a guess for the advice only; no text is ever read by it."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "WINDOWS-1252"
    return "GB18030"
