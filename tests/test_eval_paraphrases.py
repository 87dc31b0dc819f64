"""Sentences in other words, from a dictionary of four words in WordNet's own form."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from eval.paraphrases import Thesaurus, paraphrase
from index.errors import PinciteError

if TYPE_CHECKING:
    from pathlib import Path

NOUNS = (
    "00000000 06 n 02 ship 0 vessel 0 001 @ {boat:08d} n 0000 | one that sails\n",
    "{boat:08d} 06 n 01 boat 0 000 | one that floats\n",
    "{ballot:08d} 10 n 03 vote 0 ballot 0 voting_paper 0 000 | what is cast\n",
)


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    """The four files of each kind; only nouns hold something."""
    boat = len(NOUNS[0].format(boat=0))
    places = {"boat": boat, "ballot": boat + len(NOUNS[1].format(boat=0))}
    index = f"ship n 1 1 @ 1 1 00000000\nvote n 1 0 1 1 {places['ballot']:08d}\n"
    for kind in ("noun", "verb", "adj", "adv"):
        own = kind == "noun"
        (tmp_path / f"index.{kind}").write_text(f"  1 a licence\n{index}" if own else "", encoding="ascii")
        (tmp_path / f"data.{kind}").write_text("".join(NOUNS).format(**places) if own else "", encoding="ascii")
    return tmp_path


def test_words_of_the_same_sense_keep_the_ending(wordnet: Path) -> None:
    """What a thing is a kind of comes last; words of several are left out."""
    thesaurus = Thesaurus(wordnet)
    assert thesaurus.synonyms("ships") == ["vessels", "boats"]
    assert thesaurus.synonyms("vote") == ["ballot"]
    assert thesaurus.synonyms("port") == []


def test_only_words_that_the_sentence_shares_are_exchanged(wordnet: Path) -> None:
    thesaurus, rng = Thesaurus(wordnet), random.Random(7)
    made = {paraphrase("Which ships had the vote?", "The ships of Brill sailed.", thesaurus, rng) for _ in range(20)}
    assert made == {"Which vessels had the vote?", "Which boats had the vote?"}


def test_without_other_words_there_is_no_paraphrase(wordnet: Path) -> None:
    assert paraphrase("Which port is old?", "The port is old.", Thesaurus(wordnet), random.Random(7)) is None


def test_a_missing_dictionary_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(PinciteError, match="apt-get install wordnet-base"):
        Thesaurus(tmp_path / "none")
