"""Where things are kept: everything that is built lies in `.index/` of the checkout, out of the way of the code."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
BUILT = ROOT / ".index"
ENCODERS = BUILT / "encoders"


def default_index_dir(corpus: Path) -> Path:
    """Return the folder for the index of `corpus`: its name, for people, and a hash of its path, for uniqueness."""
    path = corpus.expanduser().resolve()
    name = re.sub(r"[^\w.-]+", "-", path.name)[:40] or "root"
    return BUILT / f"{name}-{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()[:10]}"
