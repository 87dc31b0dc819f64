"""An index that cannot be written: it is asked as it is while the documents say, word for word, what it holds.

Its files may have been copied with the documents or be mounted elsewhere, as in a container, so that times and folder are others
than when it was made. So the documents whose times differ are read again, and compared with what was read then.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from index.earlier import open_earlier
from index.errors import SourceError, UnwritableError
from index.listing import list_files
from index.ownership import find_owner
from index.paragraphs import SPLITTER_VERSION
from index.readers.types import readers_fingerprint
from index.reading import read_sources

if TYPE_CHECKING:
    from pathlib import Path

    from index.catalogue import Entry
    from index.earlier import Earlier
    from index.encoders import Encoder
    from index.sources import Source


def check_unchanged(corpus: Path, index_dir: Path, encoder: Encoder, error: UnwritableError) -> None:
    """Check that the index in force is one of the documents as they are, by this encoder, splitter and readers.

    Args:
        corpus: Folder of documents.
        index_dir: Where the index is kept.
        encoder: That would make its vectors.
        error: Why it cannot be built again.

    Raises:
        UnwritableError: It is not, with the reason; where there is none that can be read, `error` itself.
    """
    earlier = open_earlier(index_dir, corpus, encoder, check=False)
    if earlier is None:
        raise error
    with earlier:
        reason = _made_otherwise(earlier) or _other_documents(earlier, corpus)
    if reason:
        raise UnwritableError(f"the index at {index_dir} is out of date ({reason}), and it cannot be built again there: {error}") from error


def _made_otherwise(earlier: Earlier) -> str:
    """Return what made an index and is another today, "" for nothing."""
    if not earlier.same_vectors:
        return f"made by the encoder {earlier.manifest.encoder}"
    if (earlier.manifest.splitter, earlier.manifest.readers) != (SPLITTER_VERSION, readers_fingerprint()):
        return "made by other readers or another splitter"
    return ""


def _other_documents(earlier: Earlier, corpus: Path) -> str:
    """Return which document is another than when it was read, "" for none."""
    states, entries = list_files(corpus).states, earlier.entries
    if owner := find_owner(earlier.manifest.corpus, earlier.states, corpus, states):
        return f"made of {owner}"
    for path in sorted(states.keys() ^ entries.keys()):
        return f"{path} is {'new' if path in states else 'gone'}"
    for path in states:
        if states[path].size != entries[path].state.size:
            return f"{path} has changed"
    again = {path: state for path, state in states.items() if state != entries[path].state}
    with closing(read_sources(corpus, again, None)) as sources:
        for path, read in sources:
            if not _same(read, earlier, entries[path]):
                return f"{path} has changed"
    return ""


def _same(read: Source | SourceError, earlier: Earlier, entry: Entry) -> bool:
    if isinstance(read, SourceError):
        return entry.reason == str(read)
    return entry.source is not None and earlier.store.source(read.path) == read
