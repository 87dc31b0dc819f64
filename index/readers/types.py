"""The types of files that are read: one table, from which everything that lists them is made.

Text and Markdown are decoded where they are asked for. The other formats are complicated, so their files are parsed in a child
process (`index.readers.process`), by the module that stands here.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """What reads a format that is not text as it lies on disk.

    Attributes:
        module: Whose `parse(raw)` returns an `index.readers.document.Document`.
        version: Raised when its results change.
        library: The distribution that it parses with; another release may read another text.
    """

    module: str
    version: int
    library: str


PARSERS = {
    "text/html": Parser(module="index.readers.html", version=2, library="lxml"),
    "application/pdf": Parser(module="index.readers.pdf", version=2, library="pypdfium2"),
    MEDIA_TYPES[".docx"]: Parser(module="index.readers.docx", version=2, library="python-docx"),
}


@functools.cache
def readers_fingerprint() -> str:
    """Return what the readers' texts depend on; an index made with another one is rebuilt.

    Releases of the libraries belong to it: stored text must be the text that a re-check reads.
    """
    return ", ".join(f"{parser.library} {_release(parser.library)}/{parser.version}" for parser in PARSERS.values())


def _release(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # then no such file can be read, which each of them says
        return "none"
