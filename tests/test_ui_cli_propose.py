"""`pincite eval new` and `pincite eval review`, as they are typed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from eval.facts import read_facts
from eval.review import Review
from index.errors import FactsError
from rag import Assistant
from ui.cli import main
from ui.cli_propose import edit
from ui.conversations import FILE, Conversations, new_conversation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.encoders import OnnxEncoder


@pytest.fixture
def where(tmp_path: Path) -> list[str]:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "mill.txt").write_text(
        "The mill\nApril 1, 2020\n\nOld men like Acme Mills. Acme Mills was founded in 1912.\n", encoding="utf-8"
    )
    return ["--corpus", str(folder), "--index-dir", str(tmp_path / "index")]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Types keys, then leaves."""

    def type_keys(*keys: str) -> None:
        left = list(keys)

        def read(_prompt: str) -> str:
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr("builtins.input", read)

    return type_keys


def test_proposals_are_refused_until_they_are_accepted(
    where: list[str], tmp_path: Path, typed: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """New, refused, reviewed, scored: the near miss stands behind the question that it was made of, with what the assistant does."""
    out = tmp_path / "own.jsonl"
    assert main(["eval", "new", *where, "--count", "5", "--out", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["question"] for row in rows] == ["When was Acme Mills founded?", "When was Acme Mills dissolved?"]
    assert rows[1]["proposed"].endswith(("; the assistant declines it", "the assistant says: Acme Mills was founded in 1912."))
    assert main(["eval", "--facts", str(out), *where]) == 1
    assert "pincite eval review" in capsys.readouterr().err
    typed("x", "a", "r")
    assert main(["eval", "review", str(out)]) == 0
    assert "all are read" in capsys.readouterr().out
    assert [fact.question for fact in read_facts(out)] == ["When was Acme Mills founded?"]
    assert main(["eval", "--facts", str(out), *where]) == 0


def test_an_interrupted_review_keeps_what_was_decided(where: list[str], tmp_path: Path, typed: Callable[..., None]) -> None:
    out = tmp_path / "own.jsonl"
    main(["eval", "new", *where, "--count", "5", "--out", str(out)])
    typed("a")
    assert main(["eval", "review", str(out)]) == 0
    assert len(Review(out).proposals()) == 1
    typed("s", "q")
    assert main(["eval", "review", str(out)]) == 0
    assert len(Review(out).proposals()) == 1


def test_a_file_that_is_there_is_not_written_over(where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own.jsonl").write_text("mine")
    assert main(["eval", "new", *where, "--out", str(tmp_path / "own.jsonl")]) == 1
    assert "name another file" in capsys.readouterr().err
    assert main(["eval", "new", *where, "--count", "0"]) == 1
    assert (tmp_path / "own.jsonl").read_text() == "mine"


def test_answers_that_were_rated_wrong_come_first(
    corpus: Path, tmp_path: Path, encoder: OnnxEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every user, with the conversation before; those rated right do not."""
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    kept = Conversations(tmp_path / "index" / FILE)
    for owner, rating in (("ann", "wrong"), ("bob", "right")):
        conversation = new_conversation()
        for question in ("How high is the tower of Brill?", f"Who built it, {owner}?"):
            turn = kept.keep_question(conversation, question, owner=owner)
            kept.keep_answer(turn, assistant.ask("How high is the tower of Brill?"))
        kept.rate(turn, rating, "that is the height", owner=owner)
    kept.close()
    assert main(["eval", "new", "--corpus", str(corpus), "--index-dir", str(tmp_path / "index"), "--count", "1"]) == 0
    first, *others = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (first["question"], first["answers"]) == ("Who built it, ann?", None)
    assert first["history"][0][0] == "How high is the tower of Brill?"
    assert first["proposed"].startswith("rated wrong (that is the height): ")
    assert "61 metres" in first["proposed"]
    assert all(row["kind"] != "rated wrong" for row in others)


def test_a_proposal_is_edited_in_the_readers_own_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real editor: one that puts 15 for 14; another one that is not there, and one that leaves no JSON."""
    script = "import sys, pathlib; p = pathlib.Path(sys.argv[1]); p.write_text(p.read_text().replace('14', '15'))"
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f'"{sys.executable}" -c "{script}"')
    assert edit({"answers": [["14"]]}) == {"answers": [["15"]]}
    monkeypatch.setenv("EDITOR", "no-such-editor")
    with pytest.raises(FactsError, match="no-such-editor did not run"):
        edit({})
    monkeypatch.setenv("EDITOR", f'"{sys.executable}" -c "import sys; open(sys.argv[1], \'w\').close()"')
    with pytest.raises(FactsError, match="what you saved"):
        edit({})
