"""Raised and lowered figures: kept apart from the figure beside them, since "310" with the note "1" is not 3101.

The readers mark what stands raised or lowered; `write_raised` turns the marks of a whole line into text. A file seldom says whether a
raised figure is a power or the number of a note, so both are written as what they may be, and nothing that may count is dropped:

- a power, "10^(6)": a signed one, and any after a number of one or two digits; lowered, "5_(2)";
- a note, " [1]": after a longer number, a word of four letters or more, a space, another mark, or first in a line;
- nothing: after a mark that ends a clause ("310.", "said,"), where it can only be the number of a note;
- as it is: letters ("10th"), fractions ("1/2"), what follows letters ("m2", "CO2") or leads them ("14C"), what has brackets of its own.

What it knowingly ignores: "Meter" with a raised 2 is read as a note, and so is a power of a number of three digits or more.
"""

from __future__ import annotations

import re

# Marks before and behind: characters that `clean_text` takes for none, so that those that a file itself holds do not reach the text.
RAISED, LOWERED, LEVEL = "\x0e", "\x10", "\x0f"
_MARKED = re.compile(f"([{RAISED}{LOWERED}])([^{RAISED}{LOWERED}{LEVEL}]*){LEVEL}")
_MARKS = re.compile(f"[{RAISED}{LOWERED}{LEVEL}]")
_FIGURE = re.compile(r"[+\-−–]?\d")
_SHORT_NUMBER = re.compile(r"(?<![\d.,])\d{1,2}$")
_LETTER = re.compile("[A-Za-z\u00c0-\u024f]")  # of scripts in which a figure does not follow a letter: 有25万只 states one
_WORD = re.compile(r"[^\W\d_]{4,}$")
_ENDS_CLAUSE = tuple(".,;:!?。！？，；：\"'”’")
_SLASHES = ("/", "⁄", "∕")


def write_raised(text: str) -> str:
    """Return the text of a line whose raised and lowered parts are marked, without marks.

    >>> write_raised(f"310{RAISED}1{LEVEL} boats, 10{RAISED}6{LEVEL} fish, 5{LOWERED}2{LEVEL}, 4 m{RAISED}2{LEVEL}")
    '310 [1] boats, 10^(6) fish, 5_(2), 4 m2'
    """
    if LEVEL not in text:
        return _MARKS.sub("", text)
    for mark in (RAISED, LOWERED):
        text = re.sub(f"({mark}[^{RAISED}{LOWERED}{LEVEL}]*){LEVEL}{mark}", r"\1", text)  # one figure, written in several parts
    written, at = "", 0
    for match in _MARKED.finditer(text):
        written += _MARKS.sub("", text[at : match.start()])
        at = match.end()
        written += _write(written, match[2], text[at : at + 2], lowered=match[1] == LOWERED)
    return written + _MARKS.sub("", text[at:])


def _write(before: str, part: str, after: str, *, lowered: bool) -> str:
    """Return a raised or lowered part as it is written between what stands before and after it."""
    figure = part.strip()
    last = before[-1:]
    if not _FIGURE.match(figure):
        return part
    if before.endswith(_SLASHES) or after.lstrip().startswith(_SLASHES):
        return f" {figure}" if last.isdigit() else part
    if last.isdigit() and (lowered or not figure[0].isdigit() or _SHORT_NUMBER.search(before)):
        return f"{'_' if lowered else '^'}({figure})"
    if before.endswith(_ENDS_CLAUSE) and not lowered:
        return ""
    if lowered or (_LETTER.match(last) and not _WORD.search(before)) or (not last.isalnum() and _LETTER.match(after)):
        return part
    return f" [{figure}]" if last.strip() else f"[{figure}]"
