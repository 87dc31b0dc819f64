"""Other names: mined only where a document says so, kept with what the owner wrote, used for searching and reading."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from index.errors import StoreError
from rag import Assistant, aliases
from rag.aliases import Aliases, choose_pairs, find_aliases, find_name, find_pairs, join_groups, spelled_out
from rag.question import add_aliases, read_question

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder
    from rag.aliases import Pair


def mined(*texts: str) -> list[Pair]:
    """The pairs of a corpus of these texts."""
    found = [find_pairs(text) for text in texts]
    return choose_pairs([pair for pairs, _ in found for pair in pairs], [code for _, codes in found for code in codes])


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("approved by the National Medical Products Administration (NMPA) in May", [("National Medical Products Administration", "NMPA")]),
        ("patients with DLBCL (Diffuse Large B-cell Lymphoma)", [("DLBCL", "Diffuse Large B-cell Lymphoma")]),
        ('sold as Rencalisimab (brand name: "Aixin")', [("Rencalisimab", "Aixin")]),
        ("Ostmark, formerly known as Estmere, lies in the north", [("Ostmark", "Estmere")]),
        ("the harbour of Ostmark (Lund)", []),
        ("the firm grew (by 40 percent) in May (2021)", []),
        ("a plan (see Annex B) was made", []),
        ("three plans (ABC) were made", []),
        ("Lupeng developed the drug (brand name: Aixin)", []),
        ("Anna Kask (formerly CEO of Acme)", []),
        ("Acme (code of conduct)", []),
        ("The mayor of Ostmark, also known as Iron Karl", []),
        ("the editor in Denmark (Ed)", []),
        ("LP-168 (Lupeng) and COVID-19 (Wuhan)", []),
    ],
)
def test_a_pair_of_names_is_read_only_where_it_is_said(text: str, pairs: list[tuple[str, str]]) -> None:
    """A bracket alone, a place, a maker or a remark says nothing."""
    assert list(find_aliases(text)) == pairs


def test_a_name_that_is_not_there_costs_no_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large corpora give thousands of names, and a question holds a few of them, in any case."""
    compiled: list[str] = []
    pattern = aliases._pattern
    monkeypatch.setattr(aliases, "_pattern", lambda name: compiled.append(name) or pattern(name))
    assert [find_name(name, "Who runs the STRASSE board?") for name in ("Diffuse Lymphoma Board", "straße", "Board")] == [
        None,
        None,
        "board",
    ]
    assert compiled == ["straße", "Board"]


def test_a_code_name_and_a_word_are_one_thing_only_both_ways_round() -> None:
    """A drug's maker stands in its bracket too, but never the other way round."""
    assert mined("LP-168 (Rocbrutinib) and LP-200 (Lupeng)", "Rocbrutinib (LP-168)") == [("LP-168", "Rocbrutinib")]


def test_an_abbreviation_is_spelled_out_by_the_words_before_it() -> None:
    """Every letter, from right to left, the first at the beginning of a word."""
    assert spelled_out("CAGR", "with a compound annual growth rate") == "compound annual growth rate"
    assert spelled_out("CAGR", "with a growth rate") is None


def test_an_abbreviation_of_two_things_is_left_out() -> None:
    """A plural is the same thing, another expansion is not, however alike its letters."""
    same = mined("acute respiratory infection (ARI)", "acute respiratory infections (ARI)")
    assert join_groups(same) == (("ARI", "acute respiratory infection", "acute respiratory infections"),)
    assert mined("Canadian Medical Association (CMA)", "Chinese Medical Association (CMA)") == []


def test_names_that_pairs_connect_are_one_group() -> None:
    """Case tells abbreviations apart, and nothing else."""
    pairs = [("LP-168", "Rocbrutinib"), ("rocbrutinib", "Orelabrin"), ("WHO", "World Health Organization"), ("who", "whoever")]
    assert join_groups(pairs) == (("LP-168", "Orelabrin", "Rocbrutinib"), ("WHO", "World Health Organization"), ("who", "whoever"))


def test_an_ordinary_word_is_not_taken_for_an_abbreviation() -> None:
    """Who is not the WHO, it is not IT, and a name inside another word is none."""
    known = Aliases((("IT", "information technology"), ("WHO", "World Health Organization"), ("ARI", "acute respiratory infection")))
    assert known.others("Who said it on safari?") == {}
    assert known.others("What did the WHO say?") == {"WHO": ("World Health Organization",)}
    assert Aliases((("世卫组织", "世界卫生组织"),)).others("世卫组织在哪里？") == {"世卫组织": ("世界卫生组织",)}


def test_of_many_names_only_those_that_may_stand_in_a_text_are_looked_for_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pattern is made for two of two thousand."""
    known = Aliases((*((f"Ostmark Harbour {number}x", f"OH{number}") for number in range(1000)), ("WHO", "World Health Organization")))
    looked_for: list[str] = []
    real = aliases._pattern
    monkeypatch.setattr("rag.aliases._pattern", lambda name: (looked_for.append(name), real(name))[1])
    assert known.others("What did the WHO say of ostmark harbour 7X?") == {
        "WHO": ("World Health Organization",),
        "ostmark harbour 7X": ("OH7",),
    }
    assert sorted(looked_for) == ["Ostmark Harbour 7x", "WHO"]


def test_a_question_is_put_to_a_text_by_the_name_that_the_text_uses() -> None:
    question = add_aliases(read_question("Who makes LP-168?"), Aliases((("LP-168", "Rocbrutinib"),)))
    assert question.search_text == "Who makes LP-168? (Rocbrutinib)"
    assert question.asked_of("Rocbrutinib is made by Lupeng.") == "Who makes Rocbrutinib?"
    assert question.asked_of("LP-168, or Rocbrutinib, is new.") == "Who makes LP-168?"


def test_the_answer_is_found_under_the_other_name_and_says_so(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """The owner's file is kept over a rebuild: what is removed stays removed."""
    folder, kept = tmp_path / "drugs", tmp_path / "index"
    folder.mkdir()
    (folder / "a.txt").write_text("Trials\n\nLP-168 (Rocbrutinib) is in trials. Rocbrutinib (LP-168) is a drug.\n", encoding="utf-8")
    (folder / "b.txt").write_text("Prices\n\nA box of Rocbrutinib costs 450 yuan in the city.\n", encoding="utf-8")
    answer = Assistant(folder, kept, encoder=encoder).ask("How much does a box of LP-168 cost?")
    assert "450 yuan" in answer.text
    assert answer.searched == "How much does a box of LP-168 cost? (Rocbrutinib)"
    file = kept / "aliases.json"
    stored = json.loads(file.read_text(encoding="utf-8"))
    assert stored["mined"] == [["LP-168", "Rocbrutinib"]]
    file.write_text(json.dumps(stored | {"removed": [["LP-168", "Rocbrutinib"]], "added": [["Prices", "Tariffs"]]}), encoding="utf-8")
    (folder / "c.txt").write_text("A third file says nothing of it.\n", encoding="utf-8")
    again = Assistant(folder, kept, encoder=encoder).ask("How much does a box of LP-168 cost?")
    assert again.searched == again.question
    assert json.loads(file.read_text(encoding="utf-8"))["added"] == [["Prices", "Tariffs"]]


def test_of_a_changed_folder_only_new_texts_are_read_for_names(
    tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name goes with the document that gave it; what was kept is made again where it cannot be read."""
    folder, kept = tmp_path / "drugs", tmp_path / "index"
    folder.mkdir()
    (folder / "a.txt").write_text("The National Medical Products Administration (NMPA) approved it.\n\nIt is sold.", encoding="utf-8")
    (folder / "b.txt").write_text("The World Health Organization (WHO) did not.", encoding="utf-8")
    read: list[str] = []

    def watched(text: str) -> tuple[list[Pair], list[Pair]]:
        read.append(text)
        return find_pairs(text)

    monkeypatch.setattr("rag.alias_file.find_pairs", watched)
    assistant = Assistant(folder, kept, encoder=encoder)
    assert assistant.index
    assert len(read) == 3
    (folder / "b.txt").unlink()
    (folder / "c.txt").write_text("The European Medicines Agency (EMA) waits.", encoding="utf-8")
    (folder / "a.txt").rename(folder / "d.txt")
    assistant.update()
    assert read[3:] == ["The European Medicines Agency (EMA) waits."]
    mined_now = json.loads((kept / "aliases.json").read_text(encoding="utf-8"))["mined"]
    assert mined_now == [["European Medicines Agency", "EMA"], ["National Medical Products Administration", "NMPA"]]
    (kept / "aliases-found.json").write_text("[1, 2", encoding="utf-8")
    (folder / "c.txt").unlink()
    assistant.update()
    assert len(read) == 6
    assert json.loads((kept / "aliases.json").read_text(encoding="utf-8"))["mined"] == mined_now[1:]


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"added": [["a", 1]]}',
        '{"mined": ["ab"]}',
        '{"added": null}',
        '{"added": [["", "LP-168"]]}',
        '{"added": [["a"]]}',
    ],
)
def test_a_faulty_file_of_names_is_refused(corpus: Path, tmp_path: Path, encoder: OnnxEncoder, text: str) -> None:
    """The message names the file and what to do."""
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "aliases.json").write_text(text, encoding="utf-8")
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    for _ in range(2):  # it is not forgotten at the second question
        with pytest.raises(StoreError, match=r"aliases\.json"):
            _ = assistant.index
