"""The names of a corpus, kept beside its index: what `rag.aliases` reads off the documents, and what the owner adds and removes.

`aliases.json` is the owner's: names may be added there and removed; what was mined is written anew with each generation, what
the owner wrote is kept. `aliases-found.json` holds what was found in each document, by the hash of its text, so that
of a changed folder only the new texts are read.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from index.errors import StoreError
from index.files import write_atomically
from index.terms import fold
from rag.aliases import Aliases, choose_pairs, find_pairs, join_groups

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from index.search import ParagraphIndex
    from rag.aliases import Pair

    Found = dict[str, tuple[list[Pair], list[Pair]]]  # what `find_pairs` returned, by the hash of a document's text

_log = logging.getLogger("pincite")

FILE, FOUND = "aliases.json", "aliases-found.json"
FOUND_VERSION = 1  # raised when `rag.aliases` finds other pairs in the same text


def load_aliases(index: ParagraphIndex, index_dir: Path) -> Aliases:
    """Return the names of a corpus, mined anew when the index has changed, with what the owner added and removed.

    Where they cannot be kept, a warning says so, and they are mined again when the index is opened next.

    Raises:
        StoreError: The owner's file is not as expected.
    """
    file = index_dir / FILE
    stored = _read(file)
    if stored.get("generation") != index.generation.name or "mined" not in stored:
        made_by = [FOUND_VERSION, index.manifest.splitter]
        found = _find(index, _known(index_dir / FOUND, made_by))
        pairs = (pair for pairs, _ in found.values() for pair in pairs)
        mined = choose_pairs(pairs, (code for _, codes in found.values() for code in codes))
        stored |= {"generation": index.generation.name, "mined": mined}
        try:
            write_atomically(index_dir / FOUND, json.dumps({"made_by": made_by, "found": found}, ensure_ascii=False))
            write_atomically(file, json.dumps({"added": [], "removed": []} | stored, ensure_ascii=False, indent=1))
        except OSError as error:
            _log.warning("%s cannot be written (%s); the names in the documents are looked for each time", file, error.strerror or error)
    removed = [set(map(fold, names)) for names in stored.get("removed", [])]
    kept = [pair for pair in stored["mined"] if not any(set(map(fold, pair)) <= names for names in removed)]
    return Aliases(join_groups([*kept, *stored.get("added", [])]))


def _find(index: ParagraphIndex, known: Mapping[str, Any]) -> Found:
    """Return what is found in the documents of an index, reading only those of which that is not known."""
    found: Found = {}
    for path, sha256 in index.store.hashes().items():
        if sha256 not in found:
            found[sha256] = known[sha256] if sha256 in known else _find_in(index, path)
    return found


def _find_in(index: ParagraphIndex, path: str) -> tuple[list[Pair], list[Pair]]:
    found = [find_pairs(paragraph.text) for paragraph in index.store.paragraphs(path)]
    return [pair for pairs, _ in found for pair in pairs], [code for _, codes in found for code in codes]


def _known(file: Path, made_by: list[int]) -> Mapping[str, Any]:
    """Return what was found before by the same rules; nothing where that cannot be read, for it can be found again."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return {
            sha256: tuple([(name, other) for name, other in part] for part in parts)
            for sha256, parts in (kept["found"].items() if kept["made_by"] == made_by else ())
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _read(file: Path) -> dict[str, Any]:
    try:
        stored = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except (OSError, ValueError) as error:
        raise StoreError(f"{file} cannot be read ({error}); mend it, or delete it to have it made anew") from error
    parts = [stored.get(part, []) for part in ("mined", "added", "removed")] if isinstance(stored, dict) else [None]
    if not all(isinstance(part, list) and all(map(_are_names, part)) for part in parts):
        raise StoreError(f'{file} holds something else than lists of names; expected "added": [["name", "other name"]]: mend or delete it')
    return dict(stored)


def _are_names(names: object) -> bool:
    return isinstance(names, list) and len(names) > 1 and all(isinstance(name, str) and name.strip() for name in names)
