"""The evaluation panel: what each of its states shows, and that nothing of facts, answers and files becomes markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from eval.facts import read_facts
from eval.report import render_run
from eval.results import Result, Run
from ui.evaluation import MAX_MISSES, KeptRun, ListedRun, Progress, render_evaluation

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<script>alert(1)</script><img src=x onerror=y> \"quoted\" 'single' & ${value} {{value}}"
TAGS = {"article", "button", "caption", "code", "dd", "details", "div", "dl", "dt", "h2", "h3", "header", "label", "li", "nav", "p", "pre"}
TAGS |= {"a", "progress", "section", "span", "strong", "summary", "table", "tbody", "td", "th", "thead", "time", "tr", "ul"}
ATTRIBUTES = {"aria-current", "aria-hidden", "aria-label", "class", "data-evaluate", "data-run", "data-stop", "datetime", "dir", "max"}
ATTRIBUTES |= {"href", "role", "scope", "style", "type", "value"}
SETTINGS = {"started": "2026-11-22T15:12:00.250000+00:00", "encoder": "small", "model": "extractive"}


class Panel(HTMLParser):
    """What a browser sees: the tags with their attributes, and the pieces of text in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], "every tag is closed"
        assert {tag for tag, _ in self.tags} <= TAGS
        assert {name for _, attributes in self.tags for name in attributes} <= ATTRIBUTES

    @property
    def text(self) -> str:
        """The pieces with a bar between them."""
        return "|".join(self.pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag, which is this one."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.pieces.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


def result(kind: str = "fact", **changes: object) -> Result:
    """What came back for a fact that was answered right."""
    values = {"id": "f1", "kind": kind, "question": "How many cranes?", "searched": "How many cranes?", "answerable": True}
    values |= {
        "expected": "14 cranes",
        "answer": "It has 14 cranes. [1]",
        "words": 4,
        "abstained": False,
        "confidence": 0.93,
        "right": True,
    }
    values |= {"cited": (("a.txt", 1),), "citation_precision": 1.0, "citation_recall": 1.0, "exact_spans": 1, "citations": 1, "rank": 1}
    return Result(**values | {"milliseconds": 10.0} | changes)


UNANSWERABLE = result("unanswerable", id="f4", answerable=False, expected="", right=None, citation_precision=None, citation_recall=None)
RUN = Run(
    settings=SETTINGS,
    results=(
        result(),
        result(id="f2", right=False, answer="It has 15 cranes. [1]", searched="How many cranes in Ostmark?", rank=3),
        result("time", id="f3", right=False, rank=None),
        UNANSWERABLE,
    ),
)
NOW, THEN = KeptRun(name="now.json", run=RUN), KeptRun(name="then.json", run=Run(settings=SETTINGS, results=(result(),)))


def report(*results: Result, **settings: str) -> Panel:
    return Panel(render_evaluation(KeptRun(name="run.json", run=Run(settings=SETTINGS | settings, results=results)), facts=1))


def test_a_run_says_when_with_what_and_how_well() -> None:
    """The main figures, each with interval and denominator, are those that the terminal prints."""
    text = Panel(render_evaluation(NOW, facts=4)).text
    assert "22 Nov 2026, 15:12 UTC|4 facts, 3 answerable|Quotations only|small" in text
    assert "Answer accuracy|33.3%|6.1–79.2%|1 of 3|" in text
    assert "answer accuracy                0.333  [0.061, 0.792]  1/3" in render_run(RUN)
    assert "Citation precision|100.0%|100.0–100.0%|mean of 3|" in text
    assert "Abstention recall|0.0%|0.0–79.3%|0 of 1|" in text
    assert "Exact spans|100.0%|" in text
    assert "Written by llama" in report(result(), model="llama").text


def test_a_figure_without_cases_is_a_dash() -> None:
    assert "Abstention recall|–|no cases|" in report(result()).text


def test_each_kind_has_a_bar_and_its_figures_as_text() -> None:
    """The bar and its whisker are lengths in a style; who cannot see them reads value, cases and interval."""
    panel = Panel(render_evaluation(NOW, facts=4))
    assert [(tag["aria-hidden"], tag["style"]) for tag in panel.all("span") if "style" in tag] == [
        ("true", "--value: 50.0; --low: 9.5; --high: 90.5"),
        ("true", "--value: 0.0; --low: 0.0; --high: 79.3"),
        ("true", "--value: 0.0; --low: 0.0; --high: 79.3"),
    ]
    assert "fact|50.0%|1 of 2|9.5–90.5%" in panel.text
    assert [tag["scope"] for tag in panel.all("th")] == ["col"] * 4 + ["row"] * 3


def test_misses_are_folded_by_kind_and_one_by_one() -> None:
    """Each says what was expected and said, how sure it was, and whether the evidence had been found."""
    panel = Panel(render_evaluation(NOW, facts=4))
    assert "3 misses|fact|1 of 2|" in panel.text
    assert (
        "How many cranes?|Searched|How many cranes in Ostmark?|Expected|14 cranes|Said|It has 15 cranes. [1]|Confidence|0.93|"
        "Evidence|retrieved at rank 3|Fact|f2|time|1 of 1|"
    ) in panel.text
    assert "Evidence|not among the first 10 retrieved|Fact|f3|" in panel.text
    assert "Expected|an abstention|Said|It has 14 cranes. [1]|Confidence|0.93|Fact|f4" in panel.text
    assert len(panel.all("details")) == 3 + 3
    assert "Evidence|none is given|" in report(result(right=False, citation_recall=None, rank=None)).text
    assert report(result()).text.endswith("No misses")


def test_very_many_misses_of_a_kind_are_counted() -> None:
    panel = report(*[result(id=str(n), right=False) for n in range(MAX_MISSES + 20)])
    assert len(panel.all("details")) == 1 + MAX_MISSES
    assert panel.text.endswith("and 20 more, in the file of this run")


def test_kept_runs_are_buttons_and_the_shown_one_is_current() -> None:
    """Each names its file, and says when it was, and what came out."""
    panel = Panel(render_evaluation(THEN, tuple(map(ListedRun.of, (NOW, THEN))), facts=4))
    chosen = [(tag["data-run"], tag.get("aria-current")) for tag in panel.all("button") if "data-run" in tag]
    assert chosen == [("now.json", None), ("then.json", "true")]
    assert "Runs|22 Nov 2026, 15:12 UTC|accuracy |33.3%|abstention recall |0.0%|4 facts, quotations only|" in panel.text
    assert panel.text.endswith("|accuracy |100.0%|abstention recall |–|1 fact, quotations only")


def test_a_run_that_is_going_on_can_be_stopped() -> None:
    """How far it is stands in a labelled progress element with the running score; no second run can be started meanwhile."""
    panel = Panel(render_evaluation(None, (ListedRun.of(NOW),), facts=259, progress=Progress(done=132, total=259, right=110)))
    assert panel.all("progress") == [{"max": "259", "value": "132"}]
    assert "132 of 259 facts asked|83.3% right so far" in panel.text
    assert len(panel.all("label")) == 1
    assert ["data-stop" in tag for tag in panel.all("button")] == [True, False]
    assert not any("data-evaluate" in tag for tag in panel.all("button"))
    assert "0 of 1 fact asked|starting" in Panel(render_evaluation(None, facts=1, progress=Progress(done=0, total=1, right=0))).text


def test_before_the_first_run_it_says_what_a_run_is() -> None:
    """And offers one; later it offers another."""
    panel = Panel(render_evaluation(None, facts=259))
    assert "A run asks 259 known facts" in panel.text
    assert [("data-evaluate" in tag) for tag in panel.all("button")] == [True]
    assert "Evaluation|Runs|Known facts|Run again|" in Panel(render_evaluation(NOW, facts=4)).text


def test_until_all_proposals_are_judged_none_can_be_run() -> None:
    """It says why, and leads to them; a run that was kept is shown all the same."""
    for kept in (None, NOW):
        panel = Panel(render_evaluation(kept, facts=0, left=12))
        assert "12 proposals are not judged yet." in panel.text
        assert [link["href"] for link in panel.all("a")] == ["#evaluation", "#facts", "#facts"]
        assert not any("data-evaluate" in tag for tag in panel.all("button"))


def test_without_known_facts_it_says_how_to_write_and_name_them(tmp_path: Path) -> None:
    """The example is a file of facts as it stands; a run that was kept is shown all the same, and none can be started."""
    panel = Panel(render_evaluation(None, facts=None))
    (example,) = (piece for piece in panel.pieces if piece.startswith("{"))
    (tmp_path / "facts.jsonl").write_text(example, encoding="utf-8")
    assert [fact.answerable for fact in read_facts(tmp_path / "facts.jsonl")] == [True, False]
    assert panel.text.endswith("pincite serve --facts FILE")
    shown = Panel(render_evaluation(NOW, (ListedRun.of(NOW),), facts=None))
    assert "To run it again" in shown.text
    for each in (panel, shown):
        assert not any("data-evaluate" in tag for tag in each.all("button"))


def test_what_went_wrong_is_said_above_what_there_is() -> None:
    panel = Panel(render_evaluation(NOW, (ListedRun.of(NOW),), facts=4, notice="Fact 3 cites x.txt, which is not in the corpus"))
    assert panel.text.index("Fact 3 cites x.txt") < panel.text.index("Answer accuracy")
    assert [tag["class"] for tag in panel.all("p") if tag.get("role") == "alert"] == ["notice"]


@pytest.mark.parametrize("facts", [None, 1])
def test_nothing_of_facts_answers_and_files_becomes_markup(facts: int | None) -> None:
    """Hostile text in every field stays text."""
    changes = dict.fromkeys(("id", "kind", "question", "expected", "answer"), HOSTILE)
    hostile = replace(result(right=False), searched=HOSTILE + "?", **changes)
    kept = KeptRun(name=HOSTILE, run=Run(settings=SETTINGS | {"encoder": HOSTILE, "model": HOSTILE}, results=(hostile,)))
    panel = Panel(render_evaluation(kept, (ListedRun.of(kept),), facts=facts, notice=HOSTILE))
    assert panel.text.count(HOSTILE) >= 10
    assert [tag["data-run"] for tag in panel.all("button") if "data-run" in tag] == [HOSTILE]
