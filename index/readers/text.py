"""Text and Markdown: the bytes, decoded as UTF-8 and unchanged, so that offsets hold in the file as it lies on disk."""

from __future__ import annotations

from index.errors import SourceError

WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16, in which NUL bytes are text


def decode_text(raw: bytes) -> str:
    """Return the text of a file.

    Raises:
        SourceError: It is binary, or not UTF-8; the message does not name the file.
    """
    if is_binary(raw):
        raise SourceError("binary data, not text; remove it or give it its own suffix")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"not UTF-8 (byte {raw[error.start]:#04x} at {error.start}); "
            f"save it as UTF-8, for example: iconv -f {_likely_encoding(raw)} -t UTF-8"
        ) from error


def is_binary(raw: bytes) -> bool:
    """Say whether bytes are no text in any encoding: NUL near the beginning, without the byte order mark of UTF-16."""
    return b"\0" in raw[:8192] and not raw.startswith(WIDE_MARKS)


def _likely_encoding(raw: bytes) -> str:
    """Return a guess for the advice only; no text is ever read by it."""
    if raw.startswith(WIDE_MARKS):
        return "UTF-16"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "WINDOWS-1252"
    return "GB18030"
