"""The documents of a corpus folder: which files there are, and what one of them says.

The text of a text file is `bytes.decode("utf-8")` with byte order mark and line ends kept, so an offset into
`Source.text` holds in the file as it lies on disk. Of any other format it is what its reader reads, in a child process
(`index.readers`), and offsets hold in that. Title and date are those that the document itself states.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - a field of a record; its type can be asked for at run time
import os
import re
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from index.dates import find_dates
from index.errors import CorpusError, SourceError
from index.paragraphs import heading_text, is_blank, is_byline, is_marked_heading, is_title, split_spans
from index.readers.document import Document
from index.readers.process import ParserProcess
from index.readers.text import decode_text
from index.readers.types import MEDIA_TYPES, PARSERS

MAX_BYTES = 64 * 2**20  # a text file beyond this is a log or a dump, and would be held in memory whole
MAX_PARSED_BYTES = 512 * 2**20  # of a file whose pictures are most of it, and are not looked at

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
        pages: Where the text of each page begins, ascending, in code points; empty for a format without pages.
    """

    path: str
    text: str
    title: str
    date: dt.date | None
    media_type: str
    pages: tuple[int, ...] = ()


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
        inside = Path(folder).relative_to(corpus).as_posix()  # once a folder: a path object a file takes longer than the walk
        lead = "" if inside == "." else f"{inside}/"
        found += [_printable(lead + name) for name in files if not name.startswith(".")]
    return sorted(found)


def _printable(path: str) -> str:
    """Return a path whose bytes are not UTF-8 with question marks in their place; it then names no file, and is skipped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def read_source(corpus: Path, path: str, parsers: ParserProcess | None = None) -> Source:
    """Read one document of the corpus.

    Args:
        corpus: Folder of the documents.
        path: In it, POSIX.
        parsers: Where files are parsed whose format is not text, for a caller that reads many; None starts a process for this one.

    Raises:
        SourceError: The file is of a type that is not read, cannot be opened, is too large, is not UTF-8 text, cannot be parsed,
            or is empty.
    """
    media_type = MEDIA_TYPES.get(Path(path).suffix.lower())
    if media_type is None:
        raise SourceError(f"{path}: files of type {Path(path).suffix or 'none'} are not read; expected {', '.join(MEDIA_TYPES)}")
    try:
        document = _read_document(corpus / path, media_type, parsers)
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error}); check the file and its permissions") from error
    if is_blank(document.text):
        raise SourceError(f"{path}: the file is empty; expected a text")
    title, date = find_title_and_date(document.text)
    return Source(
        path=path,
        text=document.text,
        title=document.title or title or Path(path).stem,
        date=document.date or date or document.made,
        media_type=media_type,
        pages=document.pages,
    )


def _read_document(file: Path, media_type: str, parsers: ParserProcess | None) -> Document:
    parser = PARSERS.get(media_type)
    stat = file.stat()
    if not S_ISREG(stat.st_mode):  # a named pipe would be waited for
        raise SourceError("not a regular file; expected one with its text in it")
    size, most = stat.st_size, MAX_PARSED_BYTES if parser else MAX_BYTES
    if size > most:
        raise SourceError(f"{size / 2**20:.0f} MiB; expected at most {most // 2**20} MiB: split the file")
    if parser is None:
        return Document(text=decode_text(file.read_bytes()))
    file.open("rb").close()  # says here why it cannot be opened
    if parsers is not None:
        return parsers.parse(file, f"{parser.module}:parse")
    with ParserProcess() as own:
        return own.parse(file, f"{parser.module}:parse")


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
