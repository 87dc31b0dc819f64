"""Whose index it is: of one folder of documents, also when that is moved or copied, and not of the next one that is named.

An index folder is named by hand (`--index-dir`), and easily for another folder of documents than before. What was built
there is then kept, unless the other folder is gone or most of what it held stands in the new one as well.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from index.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from index.catalogue import FileState


def find_owner(made_of: str, then: Mapping[str, FileState], corpus: Path, now: Mapping[str, FileState]) -> str:
    """Return the other folder that an index belongs to, "" when it is the new folder's own.

    Args:
        made_of: The folder that it was made from, see `index.generations.Manifest.corpus`.
        then: Of the files that it was made from, by path.
        corpus: The folder that is to be indexed or asked.
        now: Of its files, by path.

    Returns:
        `made_of` when that is another folder, is still there, and the new one holds fewer than half of its files, by path and size.
    """
    if made_of == str(corpus.resolve()) or not os.path.isdir(made_of):  # noqa: PTH112 - Path.is_dir raises where another user's folder may not be looked into
        return ""
    shared = sum(path in now and now[path].size == state.size for path, state in then.items())
    return made_of if 2 * shared < len(then) else ""


def check_owner(index_dir: Path, made_of: str, then: Mapping[str, FileState], corpus: Path, now: Mapping[str, FileState]) -> None:
    """Leave the index in `index_dir` alone where it is another folder's; the other arguments are as for `find_owner`.

    Raises:
        StoreError: It is.
    """
    if owner := find_owner(made_of, then, corpus, now):
        replace = f"pincite index --rebuild --corpus {shlex.quote(str(corpus))} --index-dir {shlex.quote(str(index_dir))}"
        raise StoreError(f"{tell_owner(index_dir, owner, corpus)}: --index-dir FOLDER; to replace this one: {replace}")


def tell_owner(index_dir: Path, owner: str, corpus: Path) -> str:
    """Return what was seen where an index belongs to another folder, and what was expected."""
    return f"the index at {index_dir} is of {owner}, which is still there and holds other files than {corpus}; expected an index of its own"
