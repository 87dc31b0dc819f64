"""The documents as the page changes them: files added to the folder, and files moved to the computer's bin.

A file that cannot be read never gets into the folder. While the index is brought up to date, the old one goes on answering.
"""

from __future__ import annotations

import hashlib
import queue
import shutil
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import CorpusError, SourceError
from index.sources import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag import Assistant

_READ, _INDEXED, _DONE = 0.2, 0.95, 1.0  # how far a file is that was read, is indexed, is asked by the next question
_HARD = frozenset('/\\:*?"<>|\0')  # characters that some system's file names cannot hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of a file that was added.

    Attributes:
        name: Of the file.
        state: In a few words: how far it is, or why it was not added.
        share: How far, 0..1.
        failed: It was not added.
    """

    name: str
    state: str
    share: float = 0.0
    failed: bool = False


def add_files(assistant: Assistant, files: Sequence[Path]) -> Iterator[tuple[Added, ...]]:
    """Put files into the folder of documents and index them; yield how far each is, in the order given.

    A file that cannot be read, and one whose name is taken by another text, is left where it is, with the reason.

    Args:
        assistant: Over the folder.
        files: Readable copies, which are gone once they are there.

    Raises:
        PinciteError: The folder or the index cannot be written; files that are there stay.
    """
    states: list[Added] = []
    moves: dict[str, Path] = {}
    for file in files:
        name = _safe_name(file.name)
        refused = _why_not(assistant.corpus, file, name, moves)
        states.append(refused or Added(name=name, state="read", share=_READ))
        if refused is None:
            moves[name] = file
        yield tuple(states)
    if not moves:
        return
    for name, share in _update(assistant, moves):
        at = next(place for place, one in enumerate(states) if one.name == name and not one.failed)
        states[at] = replace(states[at], state="indexing", share=_READ + (_INDEXED - _READ) * share)
        yield tuple(states)
    yield tuple(one if one.failed else replace(one, state="added", share=_DONE) for one in states)


def remove_file(assistant: Assistant, path: str) -> None:
    """Move a document to the computer's bin and bring the index up to date.

    Raises:
        CorpusError: There is no such document, or it cannot be moved there.
        PinciteError: The index cannot be written.
    """
    if path not in assistant.index.store.sources():
        raise CorpusError(f"{path} is not among the documents; expected one that the list shows")

    def change() -> None:
        from send2trash import send2trash

        try:
            send2trash(assistant.corpus / path)
        except OSError as error:
            raise CorpusError(f"{path} cannot be moved to the bin ({error}); delete the file in {assistant.corpus} by hand") from error

    try:
        assistant.update(change)
    except CorpusError:
        if (assistant.corpus / path).exists():
            raise  # else it was the last document: the folder is empty now, which the page says


def _update(assistant: Assistant, moves: dict[str, Path]) -> Iterator[tuple[str, float]]:
    """Yield how far each moved file is indexed, while another thread does it."""
    told: queue.Queue[tuple[str, float] | BaseException | None] = queue.Queue()

    def change() -> None:
        for name, file in moves.items():
            if (assistant.corpus / name).exists():  # two windows, one name
                raise CorpusError(f"{name} has been added by somebody else meanwhile; look at theirs, or rename yours")
            _put(file, assistant.corpus / name)

    def work() -> None:
        try:
            assistant.update(change, lambda path, share: told.put((path, share)) if path in moves else None)
            told.put(None)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            told.put(error)

    threading.Thread(target=work, name="pincite update", daemon=True).start()
    while (heard := told.get()) is not None:
        if isinstance(heard, BaseException):
            raise heard
        yield heard


def _put(file: Path, target: Path) -> None:
    """Copy a file to a place where there is none, whole or not at all, with the permissions of a new file there."""
    staging = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(file, staging)
        staging.replace(target)
    except OSError as error:
        staging.unlink(missing_ok=True)
        raise CorpusError(f"{target.parent} cannot be written ({error.strerror or error}); check its permissions, and make room") from error
    file.unlink(missing_ok=True)


def _why_not(corpus: Path, file: Path, name: str, moves: dict[str, Path]) -> Added | None:
    """Return why a file is not added, None when it can be."""
    try:
        read_source(file.parent, file.name)
    except SourceError as error:
        _, _, reason = str(error).partition(": ")
        return Added(name=name, state=f"could not be read: {reason}", failed=True)
    there = moves.get(name) or corpus / name
    if not there.exists():
        return None
    if _sha256(there) == _sha256(file):
        return Added(name=name, state="is there already, with the same text", failed=True)
    return Added(name=name, state="another document has this name: rename the file, or remove that document first", failed=True)


def _safe_name(name: str) -> str:
    """Return a file name that cannot lead out of the folder, nor hide in it.

    >>> _safe_name("../.notes.md")
    '_notes.md'
    """
    plain = "".join("_" if letter in _HARD or not letter.isprintable() else letter for letter in Path(name).name)
    return f"_{plain[1:]}" if plain.startswith(".") else plain


def _sha256(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()
