"""A reply is read sentence by sentence, without what a model thinks aloud, and within limits; a prompt holds what fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.prompts import MOST_CHARS, MOST_PARAGRAPHS, choose_shown, most_chars
from rag.replies import MOST_STATEMENTS, Reply, Writer, read_statements
from rag.statements import split_statements
from rag.waiting import Patience

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder


def read(model: Any, reply: Reply | None = None) -> list[str]:
    writer = Writer(model=model, name="scripted", patience=Patience.of(20))
    return list(read_statements(writer, [], reply or Reply(), run_name="write"))


def test_a_sentence_is_yielded_as_soon_as_the_next_has_begun(scripted_model: Any) -> None:
    """Not before: "3." may be the beginning of "3.5"."""
    model = scripted_model(["It grew by 3.", "5 m. ", "It ", "fell."])
    writer = Writer(model=model, name="scripted", patience=Patience.of(20))
    reply = Reply()
    statements = read_statements(writer, [], reply, run_name="write")
    assert next(statements) == "It grew by 3.5 m."
    assert next(statements) == "It fell."


def test_what_a_model_thinks_aloud_is_no_reply(scripted_model: Any) -> None:
    reply = Reply()
    assert read(scripted_model(["<thi", "nk>It fell. Or did it?</th", "ink>It grew."]), reply) == ["It grew."]
    assert reply.text == "It grew."


def test_a_long_reply_is_cut(scripted_model: Any) -> None:
    reply = Reply()
    said = read(scripted_model(" ".join(f"It has {number} cranes." for number in range(100))), reply)
    assert len(said) == MOST_STATEMENTS
    assert reply.cut == "it was too long"


@given(
    st.lists(
        st.sampled_from(
            ["It grew. ", "In 2019, ", "sold 3.5 m", ".", "\n", "- ", "Acme Co. ", "A", "nn Kask", " left", "!", " ", "它长大了。"]
        ),
        max_size=14,
    )
)
def test_pieces_and_the_whole_give_the_same_sentences(pieces: list[str]) -> None:
    """However a reply is cut into pieces, its sentences are those of the whole text, each once, in order."""
    from tests.conftest import ScriptedModel

    whole = split_statements("".join(pieces))
    expected = list(dict.fromkeys(map(str.casefold, whole)))
    reply = Reply()
    said = list(map(str.casefold, read(ScriptedModel(pieces), reply)))
    assert said == expected if not reply.cut else said == expected[: len(said)]


def test_half_a_word_behind_an_abbreviation_ends_no_sentence(scripted_model: Any) -> None:
    pieces = ["He works at Brill Co. ", "A", "nn Kask built the tower.", " It is high."]
    assert read(scripted_model(pieces)) == read(scripted_model("".join(pieces)))


@pytest.mark.parametrize("tag", ["<think>{}</think>", "<thought>{}</thought>", "[THINK]{}[/THINK]", "<reasoning>{}</reasoning>"])
def test_thoughts_of_every_fashion_are_none_of_the_reply(tag: str, scripted_model: Any) -> None:
    assert read(scripted_model(tag.format("It fell. Or did it?") + "It grew.")) == ["It grew."]


def test_thoughts_without_a_beginning_are_none_of_the_reply(scripted_model: Any) -> None:
    """Some servers leave out the first mark."""
    assert read(scripted_model("It fell, or so I think.</think>It grew.")) == ["It grew."]


@pytest.mark.parametrize(
    ("profile", "chars"),
    [(None, MOST_CHARS), ({}, MOST_CHARS), ({"max_input_tokens": 100_000}, MOST_CHARS), ({"max_input_tokens": 2000}, 3000)],
)
def test_a_small_window_is_given_fewer_paragraphs(profile: dict[str, int] | None, chars: int) -> None:
    assert most_chars(profile) == chars


def test_what_does_not_fit_is_left_out_whole(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """No passage is cut in its middle, and the best comes first."""
    from rag import Assistant

    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.txt").write_text(
            f"Valve notes {number}\n\n{f'Plant {number} makes many valves of brass. ' * 20}\n", encoding="utf-8"
        )
    hits = Assistant(folder, tmp_path / "index", encoder=encoder).retrieve("valves of brass", k=12)
    shown = choose_shown([], [hits], most_chars=2000)
    assert len(shown) == 2
    assert all(one.text == one.paragraph.text for one in shown)
    assert shown[0].paragraph == hits[0].paragraph
    assert len(choose_shown([], [hits], most_chars=10**6)) == MOST_PARAGRAPHS
    assert len(choose_shown([], [hits], most_chars=1)) == 1
