"""Checking a kept answer: a quote that stands, moved, was edited, or is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from index.errors import AnswerError, CorpusError
from rag import Answer
from rag.recheck import recheck

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "Harbour notes\n\nThe ferry to Lund carries 240 passengers every day. It leaves at nine.\n\nThe tower was painted red in spring.\n"
QUOTE = "The ferry to Lund carries 240 passengers every day."


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "notes.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def cited(**changes: Any) -> dict[str, Any]:
    start = TEXT.index(QUOTE)
    return {"number": 1, "source": "notes.txt", "start": start, "end": start + len(QUOTE), "quote": QUOTE} | changes


def test_an_untouched_file_is_ok(corpus: Path) -> None:
    """The place comes back as it was, with its paragraph."""
    (check,) = recheck([cited()], corpus)
    assert (check.status, check.source, check.paragraph, check.text) == ("ok", "notes.txt", 2, QUOTE)


def test_a_quote_that_was_pushed_down_has_moved(corpus: Path) -> None:
    """A new first paragraph makes the second the third."""
    (corpus / "notes.txt").write_text("A new opening line.\n\n" + TEXT, encoding="utf-8")
    (check,) = recheck([cited()], corpus)
    assert (check.status, check.paragraph) == ("moved", 3)
    assert (corpus / "notes.txt").read_text(encoding="utf-8")[check.start : check.end] == QUOTE


def test_a_quote_in_a_renamed_file_has_moved(corpus: Path) -> None:
    """The whole corpus is looked through for the words."""
    (corpus / "notes.txt").rename(corpus / "renamed.txt")
    (check,) = recheck([cited()], corpus)
    assert (check.status, check.source) == ("moved", "renamed.txt")


def test_an_edited_sentence_is_shown_as_it_is_now(corpus: Path) -> None:
    """Another figure in the same sentence is a change, never ok."""
    (corpus / "notes.txt").write_text(TEXT.replace("240", "310"), encoding="utf-8")
    (check,) = recheck([cited()], corpus)
    assert (check.status, check.text) == ("changed", QUOTE.replace("240", "310"))


def test_an_edit_is_not_excused_by_a_copy_elsewhere(corpus: Path) -> None:
    """The cited file changed; that another still has the old words does not make it "moved"."""
    (corpus / "copy.txt").write_text(TEXT, encoding="utf-8")
    (corpus / "notes.txt").write_text(TEXT.replace("240", "310"), encoding="utf-8")
    assert recheck([cited()], corpus)[0].status == "changed"


def test_a_sentence_that_is_gone_is_missing(corpus: Path) -> None:
    """What is left is not passed off as the quote."""
    (corpus / "notes.txt").write_text(TEXT.replace(QUOTE, ""), encoding="utf-8")
    assert recheck([cited()], corpus)[0].status == "missing"


def test_a_file_that_became_unreadable_is_missing(corpus: Path) -> None:
    """Bytes that are no text hold no quote, and do not stop the check."""
    (corpus / "notes.txt").write_bytes(b"\xff\xfe\x00\x01\x02")
    assert recheck([cited()], corpus)[0].status == "missing"


@pytest.mark.parametrize("wrong", [{"quote": ""}, {"start": "3"}, {"source": None}, {"start": -1}, {"start": True}, {"end": 0}])
def test_what_is_no_citation_is_named(corpus: Path, wrong: dict[str, Any]) -> None:
    """The message says which field was seen and what was expected."""
    with pytest.raises(AnswerError, match="expected"):
        recheck([cited(**wrong)], corpus)


def test_a_missing_folder_is_an_error_of_its_own(tmp_path: Path) -> None:
    """It is not "every quote is missing"."""
    with pytest.raises(CorpusError):
        recheck([cited()], tmp_path / "nowhere")


def test_an_answer_made_by_hand_cannot_check_itself() -> None:
    """It does not know its folder, and says what to do."""
    with pytest.raises(AnswerError, match="pincite verify"):
        Answer(question="?", searched="?", text="").verify()
