"""Judging proposals on the page: found, shown, decided, taken back, and kept in a file that a run can ask."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from eval.facts import own_facts, read_facts
from rag import Assistant
from ui.conversations import FILE, Conversations, new_conversation
from ui.evaluating import Evaluating
from ui.judging import ASIDE, Judging

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.encoders import OnnxEncoder

SENTENCE = "Acme Mills was founded in 1912."
FOUNDED, DISSOLVED = "When was Acme Mills founded?", "When was Acme Mills dissolved?"


@pytest.fixture
def assistant(tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "mill.txt").write_text(f"The mill\nApril 1, 2020\n\nOld men like Acme Mills. {SENTENCE} It is quiet.\n", encoding="utf-8")
    return Assistant(folder, tmp_path / "index", encoder=encoder)


@pytest.fixture
def kept(assistant: Assistant) -> Iterator[Conversations]:
    made = Conversations(assistant.index_dir / FILE)
    yield made
    made.close()


@pytest.fixture
def judging(assistant: Assistant, kept: Conversations) -> Judging:
    return Judging(assistant, kept)


@pytest.fixture
def proposed(judging: Judging) -> Judging:
    """With a question, and a near miss behind it."""
    list(judging.propose(""))
    return judging


def rows(judging: Judging) -> list[dict[str, Any]]:
    return [json.loads(line) for line in judging.file.read_text(encoding="utf-8").splitlines()]


def shown(panel: str) -> str:
    """The question that a panel shows, "" where it shows none."""
    found = re.search(r"<h3[^>]*>(.*?)</h3>", panel)
    return found[1] if found and 'class="proposal"' in panel else ""


def act(judging: Judging, action: str, panel: str = "", **form: object) -> str:
    """Do something with what a panel shows."""
    key, undo = (re.search(rf'data-{name}="([0-9a-f]+)"', panel) for name in ("key", "undo"))
    return judging.act({"action": action, "key": key[1] if key else "", "undo": undo[1] if undo else "", **form})


def test_proposals_are_looked_for_and_kept_beside_the_index(judging: Judging, assistant: Assistant) -> None:
    """The panel says how far the search is, and then shows the first, with its paragraph, the words marked; today's answer comes by itself."""
    assert "Propose questions" in act(judging, "show")
    *steps, last = judging.propose("")
    assert "0 of 1 document searched" in steps[0]
    assert judging.file == own_facts(assistant.index_dir)
    assert [row["question"] for row in rows(judging)] == [FOUNDED, DISSOLVED]
    assert shown(last) == FOUNDED
    assert f"Old men like Acme Mills. <mark>{SENTENCE}</mark> It is quiet." in last
    assert 'data-source="mill.txt" data-paragraph="3"' in last
    answer = judging.answer(re.findall(r'data-key="([0-9a-f]+)"', last)[0])
    assert "Right by this proposal" in answer
    assert "<strong>1912</strong>" in answer
    assert judging.answer("") == judging.answer("0123") == ""
    assert f"pincite eval review {judging.file}" in last


def test_a_search_that_is_stopped_proposes_nothing(judging: Judging) -> None:
    search = judging.propose("")
    next(search)
    judging.stop()
    assert "Stopped; nothing was proposed." in list(search)[-1]
    assert not judging.file.exists()


def test_each_decision_is_kept_at_once_and_the_next_one_shown(proposed: Judging, assistant: Assistant) -> None:
    """Accepted, edited and rejected; what is left can be run, from here and in a terminal."""
    panel = act(proposed, "accept", act(proposed, "show"))
    assert shown(panel) == DISSOLVED
    assert f"Accepted: {FOUNDED}" in panel
    assert ("proposed" in rows(proposed)[0], "proposed" in rows(proposed)[1]) == (False, True)
    panel = act(proposed, "reject", panel)
    assert [row["question"] for row in rows(proposed)] == [FOUNDED]
    assert "1 known fact can be asked" in panel
    assert f"pincite eval --facts {proposed.file} --corpus {assistant.corpus}" in panel
    assert [fact.answers for fact in read_facts(proposed.file)] == [(("1912",),)]
    *_, run = Evaluating(assistant).run()
    assert "1 fact, 1 answerable" in run


def test_nothing_is_run_until_all_are_judged(proposed: Judging, assistant: Assistant) -> None:
    """The runs' panel says so and offers none; leaving out the rest is a way to come to one."""
    panel = act(proposed, "accept", act(proposed, "show"))
    assert "1 proposal is not judged yet" in Evaluating(assistant).show()
    assert "data-evaluate" not in Evaluating(assistant).show()
    assert "Nothing is left to judge" in act(proposed, "leave", panel, left=1)
    assert "A run asks 1 known fact" in Evaluating(assistant).show()


def test_what_was_left_out_is_proposed_again(proposed: Judging) -> None:
    """Since nobody has judged it."""
    act(proposed, "leave", act(proposed, "show"), left=len(rows(proposed)))
    assert rows(proposed) == []
    assert shown(list(proposed.propose(""))[-1]) == FOUNDED


def test_what_was_judged_is_not_proposed_again(proposed: Judging) -> None:
    panel = act(proposed, "reject", act(proposed, "show"))
    act(proposed, "reject", panel)
    assert "No further sentence" in list(proposed.propose(""))[-1]
    assert [json.loads(line)["question"] for line in (proposed.file.parent / ASIDE).read_text().splitlines()] == [FOUNDED, DISSOLVED]


@pytest.mark.parametrize("action", ["accept", "reject"])
def test_the_last_decision_is_taken_back(proposed: Judging, action: str) -> None:
    """The proposal is shown again, and forgotten where it was set aside."""
    before = proposed.file.read_text()
    panel = act(proposed, "undo", act(proposed, action, act(proposed, "show")))
    assert shown(panel) == FOUNDED
    assert "data-undo" not in panel
    assert proposed.file.read_text() == before
    assert [row["question"] for row in rows(proposed)] == [FOUNDED, DISSOLVED]
    aside = proposed.file.parent / ASIDE
    assert not aside.exists() or aside.read_text() == ""


def test_an_edit_is_shown_and_judged_again(proposed: Judging) -> None:
    """It stays a proposal, keeps its place, and its first wording is not proposed again."""
    form = act(proposed, "edit", act(proposed, "show"))
    assert "<form" in form
    evidence = [{"source": "mill.txt", "quote": SENTENCE, "part": "1"}]
    panel = act(proposed, "save", form, question="Since when is there Acme Mills?", answers="1912\nsince 1912", evidence=evidence)
    assert shown(panel) == "Since when is there Acme Mills?"
    assert rows(proposed)[0]["answers"] == [["1912", "since 1912"]]
    assert "proposed" in rows(proposed)[0]
    act(proposed, "accept", panel)
    assert "others than those you saw" in act(proposed, "leave", left=7)
    act(proposed, "leave", left=len(rows(proposed)) - 1)
    *_, again = proposed.propose("")
    assert [row["question"] for row in rows(proposed)] == ["Since when is there Acme Mills?"]
    assert "No further sentence" in again


def test_an_edit_that_is_no_fact_stays_in_its_form(proposed: Judging) -> None:
    """With what was typed, and with the reason; nothing is written. Leaving it changes nothing either."""
    before = proposed.file.read_text()
    form = act(proposed, "edit", act(proposed, "show"))
    evidence = [{"source": "mill.txt", "quote": "founded in 1913", "part": "1"}]
    panel = act(proposed, "save", form, question="<b>When?", answers="1913", evidence=evidence)
    assert "does not stand in mill.txt" in panel
    assert all(typed in panel for typed in ("&lt;b&gt;When?", "1913", "founded in 1913", "<form"))
    assert shown(act(proposed, "show", panel)) == FOUNDED
    assert proposed.file.read_text() == before


def test_skipping_goes_round(proposed: Judging) -> None:
    panel = act(proposed, "next", act(proposed, "show"))
    assert shown(panel) == DISSOLVED
    assert shown(act(proposed, "next", panel)) == shown(act(proposed, "back", panel)) == FOUNDED


def test_a_proposal_that_is_judged_elsewhere_is_not_taken_for_another(proposed: Judging) -> None:
    """A second window's decision does not hit the next one."""
    panel = act(proposed, "show")
    act(proposed, "reject", panel)
    for action in ("accept", "reject", "edit", "save"):
        late = act(proposed, action, panel)
        assert "judged or reworded elsewhere" in late
        assert shown(late) == DISSOLVED
    assert [row["question"] for row in rows(proposed)] == [DISSOLVED]


def test_words_that_no_longer_stand_are_not_accepted(proposed: Judging, assistant: Assistant) -> None:
    """They would stop every run; the panel says so before and after."""
    file = assistant.corpus / "mill.txt"
    file.write_text(file.read_text().replace("1912", "1913"), encoding="utf-8")
    assistant.update(lambda: None)
    panel = act(proposed, "show")
    assert "These words no longer stand in mill.txt" in panel
    assert "expected a verbatim quote" in act(proposed, "accept", panel)
    assert "proposed" in rows(proposed)[0]


def test_answers_that_were_rated_wrong_come_first(judging: Judging, kept: Conversations, assistant: Assistant) -> None:
    """One's own only, where there are users; the answer has to be written, and once judged they do not come again."""
    for owner, question in (("ann", "How old is Acme Mills?"), ("bob", "Who owns Acme Mills?")):
        turn = kept.keep_question(new_conversation(), question, owner=owner)
        kept.keep_answer(turn, assistant.ask(question))
        kept.rate(turn, "wrong", "no", owner=owner)
    *_, panel = judging.propose("ann")
    assert [row["question"] for row in rows(judging)] == ["How old is Acme Mills?", FOUNDED, DISSOLVED]
    assert "Not written yet" in panel
    assert "nobody has written the right answer" in act(judging, "accept", panel).lower()
    panel = act(judging, "save", panel, question="How old is Acme Mills?", answers="", unanswerable=True, evidence=[])
    act(judging, "accept", panel)
    list(judging.propose("ann"))
    assert [row["question"] for row in rows(judging)] == ["How old is Acme Mills?", FOUNDED, DISSOLVED]


def test_a_question_that_cannot_be_asked_says_why(assistant: Assistant, kept: Conversations, tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text(json.dumps({"question": "???", "answers": [], "proposed": "by hand"}), encoding="utf-8")
    judging = Judging(assistant, kept, own)
    key = re.findall(r'data-key="([0-9a-f]+)"', act(judging, "show"))[0]
    assert f'<div data-of="{key}"><p class="flag">' in judging.answer(key)


def test_a_named_file_is_judged_in_place(assistant: Assistant, kept: Conversations, tmp_path: Path) -> None:
    """And the runs ask it; a line that holds nothing is said, and nothing is written."""
    own = tmp_path / "own.jsonl"
    line = json.dumps({"question": "How quiet?", "answers": ["quiet"], "proposed": "by hand"})
    own.write_text(f'{{"question":  "Who?", "answers": []}}\n{line}\n', encoding="utf-8")
    judging = Judging(assistant, kept, own)
    panel = act(judging, "show")
    assert shown(panel) == "How quiet?"
    act(judging, "accept", panel)
    assert own.read_text().splitlines()[0] == '{"question":  "Who?", "answers": []}'
    assert [fact.question for fact in read_facts(own)] == ["Who?", "How quiet?"]
    *_, run = Evaluating(assistant, own).run(own=True)
    assert "2 facts, 1 answerable" in run
    own.write_text("no json")
    assert "line 1" in act(judging, "show")
    assert "line 1" in list(judging.propose(""))[-1]
    assert own.read_text() == "no json"


@pytest.mark.parametrize(
    "told", [{}, {"action": "nonsense", "key": 7}, {"action": "save", "key": "x", "evidence": None}, {"action": "undo"}]
)
def test_whatever_a_window_tells_the_panel_is_there(proposed: Judging, told: dict[str, Any]) -> None:
    before = proposed.file.read_text()
    assert shown(proposed.act(told)) == FOUNDED
    assert proposed.file.read_text() == before


def test_a_proposal_without_documents_is_said(proposed: Judging, assistant: Assistant, kept: Conversations, encoder: OnnxEncoder) -> None:
    """A folder that is empty by now has nothing to show a proposal with; the file stays as it is."""
    (assistant.corpus / "mill.txt").unlink()
    later = Judging(Assistant(assistant.corpus, assistant.index_dir, encoder=encoder), kept)
    for panel in (act(later, "show"), list(later.propose(""))[-1]):
        assert 'role="alert"' in panel
        assert "no documents" in panel.lower() or "no file" in panel.lower()
    assert [row["question"] for row in rows(proposed)] == [FOUNDED, DISSOLVED]
