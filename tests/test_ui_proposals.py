"""The panel of proposals: what each of its states shows, and that nothing of facts, answers and documents becomes markup."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from eval.proposing import Searched
from rag import Answer
from ui.markup import Place
from ui.proposals import Facts, Judged, Proof, Undo, render_judging, render_now

HOSTILE = "<script>alert(1)</script><img src=x onerror=y> \"quoted\" 'single' & ${value} {{value}}"
TAGS = {
    "a",
    "article",
    "blockquote",
    "button",
    "code",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "form",
}
TAGS |= {"h2", "h3", "header", "input", "kbd", "label", "legend", "mark", "nav", "ol", "p", "progress", "section", "span", "strong"}
TAGS |= {"summary", "textarea", "time", "ul", "li"}
FACTS = Facts(file=Path("own.jsonl"), command="pincite eval review own.jsonl", accepted=3, left=12)
QUOTE = "It has 14 cranes."
ROW: dict[str, Any] = {
    "kind": "figure",
    "question": "How many cranes?",
    "history": [["When did it open?", "In 2019."]],
    "answers": [["14", "fourteen"], ["2019"]],
    "proposed": "asked of a sentence of a.txt",
}
PLACE = Place(source="a.txt", paragraph=4, start=130, end=147, quote=QUOTE, page=2)
PROOF = Proof(source="a.txt", quote=QUOTE, part=1, place=PLACE, text=f"It opened. {QUOTE} More.", start=119, title="The harbour")


class Panel(HTMLParser):
    """What a browser sees: the tags with their attributes, the pieces of text in order, and what is marked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self.marked = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], "every tag is closed"
        assert {tag for tag, _ in self.tags} <= TAGS
        assert not {name for _, attributes in self.tags for name in attributes if name.startswith("on")}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag != "input":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag, which is this one."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.pieces.append(data)
        if "mark" in self._open:
            self.marked += data

    @property
    def text(self) -> str:
        """The pieces with a bar between them."""
        return "|".join(self.pieces)

    def all(self, tag: str, name: str = "") -> list[dict[str, str | None]]:
        """Return the attributes of every such tag that has one of that name."""
        return [attributes for other, attributes in self.tags if other == tag and (not name or name in attributes)]


def judged(row: dict[str, Any] = ROW, **changes: Any) -> Judged:
    return Judged(**{"key": "k1", "row": row, "place": 2} | changes)


def test_a_proposal_is_shown_with_all_that_a_reader_judges() -> None:
    """Question and answers, the marked words in their paragraph with a way into the document, and what is answered today."""
    panel = Panel(render_judging(FACTS, judged(proofs=[PROOF])))
    assert "Proposal 2 of 12|figure|When did it open?|How many cranes?|Accept|A|Edit|E|Reject|R|Back|B|Skip|S|" in panel.text
    assert "Answer|14|or|fourteen|2019|" in panel.text
    assert panel.marked == QUOTE
    (opener,) = panel.all("button", "data-source")
    assert (opener["data-source"], opener["data-start"], opener["data-where"]) == ("a.txt", "130", "page 2, paragraph 4")
    assert "The harbour|a.txt|page 2, paragraph 4|part 2|" in panel.text
    assert "Answered now|Asking …|Proposed|asked of a sentence of a.txt" in panel.text
    assert [place["data-of"] for place in panel.all("div", "data-of")] == ["k1"]
    assert "3 known facts, 12 proposals to judge|" in panel.text
    assert "own.jsonl|In a terminal: |pincite eval review own.jsonl" in panel.text


def test_its_keys_are_told_to_who_cannot_see_them() -> None:
    """Each button that has a key says which, and the proposal can be focused."""
    panel = Panel(render_judging(FACTS, judged(), undo=Undo(key="k0", said="Accepted: Who?")))
    keys = {button["data-judge"]: button["aria-keyshortcuts"] for button in panel.all("button", "aria-keyshortcuts")}
    assert keys == {"accept": "a", "edit": "e", "reject": "r", "next": "s", "back": "b", "undo": "u"}
    assert [(one["data-key"], one["tabindex"], one["aria-label"]) for one in panel.all("section")] == [("k1", "-1", "Proposal 2 of 12")]
    assert "Accepted: Who? |Undo|U" in panel.text
    assert [one["data-undo"] for one in panel.all("article")] == ["k0"]


def test_what_is_answered_now_is_held_against_the_proposal() -> None:
    """It is for one proposal; without a right answer nothing is said of it; that a chat model was not asked is."""
    answer = Answer(question="?", searched="?", text="The documents do not answer this.", abstained=True)
    assert Panel(render_now("k1", answer, right=False)).text == "Wrong by this proposal|The documents do not answer this."
    assert Panel(render_now("k1", answer, right=True, quoted=True)).text.startswith("Right by this proposal. In quotations; no chat model")
    unknown = Panel(render_now("k1", answer, right=None))
    assert unknown.text == "The documents do not answer this."
    assert [place["data-of"] for place in unknown.all("div", "data-of")] == ["k1"]


@pytest.mark.parametrize(("answers", "said"), [(None, "Not written yet"), ([], "The documents do not answer"), (["14"], "14")])
def test_every_sort_of_answer_is_told(answers: Any, said: str) -> None:
    panel = Panel(render_judging(FACTS, judged(ROW | {"answers": answers})))
    assert f"Answer|{said}|" in panel.text
    assert ("Write the answer" in panel.text) == (answers is None)


def test_a_quote_that_stands_nowhere_is_told_so() -> None:
    panel = Panel(render_judging(FACTS, judged(proofs=[Proof(source="a.txt", quote=QUOTE, part=0)])))
    assert f"Proved by|{QUOTE}|These words no longer stand in a.txt|" in panel.text
    assert not panel.all("button", "data-source")


def test_an_edit_is_a_form_with_room_for_one_more_proof() -> None:
    """Every field has a name for who cannot see it; parts count from 1; what is judged with a key is not offered meanwhile."""
    row = ROW | {"evidence": [{"source": "a.txt", "quote": QUOTE, "part": 1}]}
    panel = Panel(render_judging(FACTS, judged(row, editing=True, proofs=[PROOF])))
    assert [field["name"] for field in panel.all("textarea")] == ["question", "answers", "quote", "quote"]
    fields = [(field["name"], field.get("value")) for field in panel.all("input")]
    assert fields == [("unanswerable", None), ("source", "a.txt"), ("part", "2"), ("source", ""), ("part", "1")]
    assert all(field.get("aria-label") for field in panel.all("input") if field["name"] != "unanswerable")
    assert "\n14\nfourteen\n\n2019" in panel.pieces
    assert [button["data-judge"] for button in panel.all("button", "data-judge")] == ["show"]
    assert panel.marked == QUOTE


def test_while_questions_are_looked_for_it_says_how_far_and_can_be_stopped() -> None:
    panel = Panel(render_judging(FACTS, searched=Searched(done=120, total=316)))
    assert "120 of 316 documents searched for questions" in panel.text
    assert panel.all("progress") == [{"max": "316", "value": "120"}]
    assert (len(panel.all("button", "data-stop")), len(panel.all("button", "data-propose"))) == (1, 0)


def test_when_nothing_is_left_the_facts_can_be_asked() -> None:
    """And more be proposed; before the first it says what will happen, and who sees it."""
    panel = Panel(render_judging(Facts(file=Path("own.jsonl"), command="c", accepted=3)))
    assert "Nothing is left to judge. 3 known facts can be asked." in panel.text
    assert (len(panel.all("button", "data-score")), len(panel.all("button", "data-propose"))) == (1, 1)
    first = Panel(render_judging(Facts(file=Path("own.jsonl"), command="c", shared=True)))
    assert (len(first.all("button", "data-score")), len(first.all("button", "data-propose"))) == (0, 1)
    assert "Whoever may use this page sees" in first.text
    assert "Whoever may use this page sees" not in panel.text


@pytest.mark.parametrize("changes", [{}, {"editing": True}])
def test_nothing_of_facts_answers_and_documents_becomes_markup(changes: dict[str, Any]) -> None:
    """Hostile text in every field stays text."""
    place = Place(source=HOSTILE, paragraph=1, start=0, end=len(HOSTILE), quote=HOSTILE)
    proof = Proof(source=HOSTILE, quote=HOSTILE, part=0, place=place, text=HOSTILE, title=HOSTILE)
    gone = Proof(source=HOSTILE, quote=HOSTILE, part=0)
    evidence = [{"source": HOSTILE, "quote": HOSTILE, "part": 0}]
    row = {"kind": HOSTILE, "question": HOSTILE, "history": [[HOSTILE, HOSTILE]], "answers": [[HOSTILE]], "proposed": HOSTILE}
    answer = Answer(question=HOSTILE, searched=HOSTILE, text=HOSTILE, abstained=True)
    shown = judged(row | {"evidence": evidence}, proofs=[proof, gone], **changes)
    facts = Facts(file=Path("own.jsonl"), command=HOSTILE, left=1)
    panel = Panel(render_judging(facts, shown, undo=Undo(key="k0", said=HOSTILE), notice=HOSTILE))
    assert panel.text.count(HOSTILE) >= 8
    assert HOSTILE in Panel(render_now("k1", answer, right=None)).text
    assert panel.marked == HOSTILE
