"""What several tests share: the real encoder, small corpora in temporary folders, and the checkout's own corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from index.build import open_index
from index.export import open_encoder
from index.locations import ROOT
from rag import Assistant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.encoders import OnnxEncoder
    from index.search import ParagraphIndex

SEEDS = ROOT / "seeds"

settings.register_profile("pincite", deadline=None)  # no test asserts a time
settings.load_profile("pincite")


@pytest.fixture(scope="session")
def encoder() -> OnnxEncoder:
    """The default encoder, exported first on a fresh machine."""
    return open_encoder()


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Assistant:
    """An assistant over the checkout's seeds, with an index of its own."""
    return Assistant(SEEDS, tmp_path_factory.mktemp("seeds"), encoder=encoder)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three short documents about made-up things."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "harbour.txt").write_text(
        "The new harbour of Ostmark\nBy Jana Weiss\nMarch 3, 2021\n\nThe harbour of Ostmark opened in 2019. It has 14 cranes.\n\n"
        "Its director is Karel Novotny, who came from Lisbon.\n",
        encoding="utf-8",
    )
    (folder / "bees.md").write_text(
        "# Keeping bees\n\nA hive of Apis mellifera holds 40,000 bees in summer.\n\n## Winter\n\n- Feed them 12 kg of sugar.\n- Close the lower entrance.\n",
        encoding="utf-8",
    )
    (folder / "sub").mkdir()
    (folder / "sub" / "tower.txt").write_text("The tower of Brill is 61 metres high and was built by Anna Kask.\n", encoding="utf-8")
    return folder


@pytest.fixture
def build(encoder: OnnxEncoder, tmp_path: Path) -> Callable[[Path], ParagraphIndex]:
    """Index a folder and open it."""
    return lambda folder: open_index(folder, tmp_path / "index", encoder)[0]
