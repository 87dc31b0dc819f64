"""The releases of the packages that answers depend on, beside those that the tests ran with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from index.locations import ROOT

# What reads, splits, encodes, searches, answers and shows; the rest is theirs.
TELLING = (
    "faiss-cpu", "gradio", "langchain", "langchain-core", "lxml", "numpy", "onnxruntime", "pypdfium2", "PyStemmer", "python-docx",
    "sentence-transformers", "tantivy", "tokenizers", "torch", "transformers",
)  # fmt: skip
CONSTRAINTS = ROOT / "constraints.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A package.

    Attributes:
        name: Of the distribution.
        installed: Its release here, without what a build adds ("2.13.0+cpu"); None when it is missing.
        tested: The release that the tests ran with; None when that is not known here.
    """

    name: str
    installed: str | None
    tested: str | None


def compare_versions() -> list[Release]:
    """Return the releases of the telling packages; none of them is imported."""
    try:
        pinned = re.findall(r"^([\w.-]+)==(\S+)$", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:  # installed without its checkout
        pinned = []
    tested = {name.lower(): release for name, release in pinned}
    return [Release(name=name, installed=_installed(name), tested=tested.get(name.lower())) for name in TELLING]


def _installed(name: str) -> str | None:
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return None
