"""The page's HTML: what it escapes, what it marks, and what each part of an answer looks like."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.paragraphs import split_paragraphs
from index.search import Hit
from index.segment_store import Listed
from index.sources import Source
from rag import Answer, Check, Citation, Conflict, Statement
from ui.answers import MAX_NEAREST
from ui.contents import render_contents
from ui.conversations import Conversation, Turn
from ui.exports import export
from ui.library import Added
from ui.markup import Place
from ui.reader import render_document, render_failure
from ui.transcript import render_conversations, render_empty, render_suggestions, render_transcript, render_welcome

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<script>alert(1)</script><img src=x onerror=y> \"quoted\" 'single' & ${value} {{value}}"
TEXT = "Harvest report\nBy Ann Lee, 2 May 2024\n\nThe farm sold 60 goats. It kept 7.\n\n# Outlook\n\nNothing is planned."

# Of everything that is rendered: nothing that loads, runs or leaves the page.
TAGS = {"article", "button", "caption", "div", "em", "h2", "h3", "header", "li", "mark", "ol", "p", "section", "span", "strong", "ul"}
TAGS |= {"a", "details", "form", "input", "progress", "summary", "table", "tbody", "td", "th", "thead", "time", "tr"}
ATTRIBUTES = {"aria-label", "class", "datetime", "dir", "role", "tabindex", "title", "type", "aria-live", "aria-pressed", "checked"}
ATTRIBUTES |= {"download", "hidden", "href", "max", "maxlength", "name", "placeholder", "scope", "value"}
VOID = {"input"}
DAY = dt.datetime(2024, 5, 3, 12, tzinfo=dt.UTC)


class Page(HTMLParser):
    """What a browser sees: the tags with their attributes, and the text by the tags that hold it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marked = ""
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag, which is this one."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data
        if "mark" in self._open:
            self.marked += data

    def buttons(self, css: str | None = None) -> list[dict[str, str | None]]:
        """Return the attributes of the buttons, of one class."""
        return [attributes for tag, attributes in self.tags if tag == "button" and (css is None or attributes.get("class") == css)]

    def classes(self) -> set[str]:
        """Return every class that is used."""
        return {name for _, attributes in self.tags for name in (attributes.get("class") or "").split()}


def source(text: str, **changes: object) -> Source:
    values = {"path": "farm.txt", "text": text, "title": "Harvest report", "date": dt.date(2024, 5, 2), "media_type": "text/plain"}
    return Source(**values | changes)


def citation(number: int, quote: str, *, text: str = TEXT, path: str = "farm.txt") -> Citation:
    start = text.index(quote)
    paragraph = next(p for p in split_paragraphs(path, text) if p.start <= start < p.end)
    return Citation(
        number=number,
        source=path,
        paragraph=paragraph.number,
        start=start,
        end=start + len(quote),
        quote=quote,
        title="Harvest report",
        date=dt.date(2024, 5, 2),
    )


def hits(text: str = TEXT) -> tuple[Hit, ...]:
    return tuple(Hit(paragraph=p, start=p.start, end=p.end, score=1 / p.number, rank=p.number) for p in split_paragraphs("farm.txt", text))


def answered(**changes: object) -> Answer:
    cited = (citation(1, "The farm sold 60 goats."), citation(2, "It kept 7."))
    values = {
        "question": "How many goats?",
        "searched": "How many goats?",
        "text": "The farm sold 60 goats. [1] It kept 7. [2]",
        "statements": (Statement(text="The farm sold 60 goats.", citations=(1,)), Statement(text="It kept 7.", citations=(2,))),
        "citations": cited,
    }
    return Answer(**values | changes)


def abstained(**changes: object) -> Answer:
    values = {"question": "Who won?", "searched": "Who won?", "text": "The documents do not answer this question.", "abstained": True}
    return Answer(**values | {"nearest": hits()} | changes)


def shown(answer: Answer) -> Page:
    return Page(render_transcript((Turn(question=answer.question, answer=answer),)))


def listed(path: str = "farm.txt", title: str = "Harvest report", date: dt.date | None = dt.date(2024, 5, 2)) -> Listed:
    return Listed(path=path, title=title, date=date, paragraphs=5)


def opened(text: str, place: Place | None = None) -> Page:
    return Page(render_document(source(text), split_paragraphs("farm.txt", text), place=place))


# Documents as they come: line ends of all kinds, marks of formats, characters that HTML cares about.
texts = st.lists(
    st.sampled_from(
        ["Goats & <b>sheep</b>", "# Head", "- item", '"it\'s"', "\ufeff", "羊。", "𝒂\u200d🐐", " ", "\r\n", "\n\n", "\r", "\t", "a"]
    )
).map("".join)


@given(text=texts, data=st.data())
def test_marked_words_are_the_quote(text: str, data: st.DataObject) -> None:
    """Whatever span is cited, also across paragraphs, the marked characters are exactly that span."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    place = Place(source="farm.txt", paragraph=1, start=start, end=end, quote=text[start:end])
    assert opened(text, place).marked == text[start:end]


@given(text=texts)
def test_every_visible_character_is_shown(text: str) -> None:
    """The panel shows the whole document, in order, between its bar and its end."""
    page = opened(text)
    assert "".join(page.text.split()).replace("\ufeff", "").endswith("".join(text.split()).replace("\ufeff", ""))


def test_a_quote_of_several_paragraphs_keeps_the_blank_line() -> None:
    """Between two marked paragraphs the blank line is marked too, and both paragraphs are highlighted."""
    quote = "It kept 7.\n\n# Outlook"
    page = opened(TEXT, Place.of_citation(citation(1, quote)))
    assert page.marked == quote
    assert [a["data-number"] for _, a in page.tags if "cited" in (a.get("class") or "")] == ["3", "4"]


def test_paragraphs_carry_their_numbers_and_kinds() -> None:
    """Title, byline and heading are numbered like any paragraph, and look like what they are."""
    numbered = [(a["data-number"], tag, a["class"]) for tag, a in opened(TEXT).tags if "data-number" in a]
    assert numbered == [("1", "h2", "title"), ("2", "p", "byline"), ("3", "p", "text"), ("4", "h3", "heading"), ("5", "p", "text")]


def test_a_changed_document_is_not_marked() -> None:
    """Where the document no longer says the quote, nothing is marked and a notice says so."""
    place = Place.of_citation(citation(1, "The farm sold 60 goats."))
    page = opened(TEXT.replace("60", "61"), place)
    assert page.marked == ""
    assert "notice" in page.classes()
    assert "has changed" in page.text


def test_the_document_bar_names_file_date_and_paragraph() -> None:
    """A reader sees which document this is and where in it."""
    text = opened(TEXT, Place.of_citation(citation(1, "It kept 7."))).text
    assert text.startswith("Harvest reportfarm.txt2 May 2024Paragraph 3 of 5")


def test_nothing_of_documents_questions_and_answers_becomes_markup() -> None:
    """Hostile text in every field stays text: no tag or attribute but the renderer's own."""
    cited = Citation(number=1, source=HOSTILE, paragraph=1, start=0, end=len(HOSTILE), quote=HOSTILE, title=HOSTILE, date=None)
    answer = answered(
        question=HOSTILE,
        searched=HOSTILE + "?",
        short=HOSTILE,
        model=HOSTILE,
        statements=(
            Statement(text=HOSTILE, citations=(1,)),
            Statement(text=HOSTILE, citations=(), status="unsupported", reason=HOSTILE),
        ),
        citations=(cited,),
        conflicts=(Conflict(subject=HOSTILE, values=((HOSTILE, 1),)),),
    )
    paragraphs = split_paragraphs(HOSTILE, HOSTILE)
    turns = (
        Turn(question=HOSTILE, answer=answer, checks=(Check(number=1, status="changed", source=HOSTILE, text=HOSTILE),)),
        Turn(id=1, question=HOSTILE, answer=answer, sources=(HOSTILE,), rating="wrong", reason=HOSTILE),
        Turn(question=HOSTILE, answer=abstained(question=HOSTILE, text=HOSTILE, nearest=hits(HOSTILE))),
        Turn(question=HOSTILE, error=HOSTILE),
        Turn(id=2, question=HOSTILE),
    )
    conversation = Conversation(id=HOSTILE, title=HOSTILE, touched=DAY, turns=2)
    added = (Added(name=HOSTILE, state=HOSTILE, share=0.5), Added(name=HOSTILE, state=HOSTILE, failed=True))
    rendered = [
        render_transcript(turns, conversation="abc", title=HOSTILE),
        render_conversations([conversation]),
        render_empty(HOSTILE),
        render_suggestions(2, [HOSTILE]),
        render_document(source(HOSTILE, path=HOSTILE, title=HOSTILE), paragraphs, place=Place.of_citation(cited)),
        render_welcome(HOSTILE, sources=1, paragraphs=1, examples=(HOSTILE,), earlier=[conversation]),
        render_contents([listed(HOSTILE, HOSTILE)], total=2, skipped={HOSTILE: HOSTILE}, added=added, notice=HOSTILE),
        render_failure(HOSTILE),
    ]
    for page in map(Page, rendered):
        assert {tag for tag, _ in page.tags} <= TAGS
        assert {name for _, attributes in page.tags for name in attributes if not name.startswith("data-")} <= ATTRIBUTES
        assert all((attributes["href"] or "").startswith("export/") for tag, attributes in page.tags if tag == "a")
        assert HOSTILE in page.text


def test_markers_and_sources_open_their_citations() -> None:
    """Every marker [n] and every source line carries the place of citation n, with its quote for the card."""
    page = shown(answered())
    for citation_, marker, line in zip(answered().citations, page.buttons("marker"), page.buttons()[2:], strict=True):
        for button in (marker, line):
            assert button["data-source"] == citation_.source
            assert (button["data-start"], button["data-end"]) == (str(citation_.start), str(citation_.end))
            assert button["data-quote"] == citation_.quote
            assert (button["data-title"], button["data-date"]) == ("Harvest report", "2 May 2024")
    assert "The farm sold 60 goats. [1]It kept 7. [2]" in page.text
    assert page.buttons("marker")[0]["aria-label"] == "Source 1: farm.txt, paragraph 3"


def test_a_follow_up_shows_what_was_searched() -> None:
    """The line stands only where the question was completed from the conversation."""
    assert "Searched for" not in shown(answered()).text
    assert "Searched for: How many sheep?" in shown(answered(searched="How many sheep?")).text


def test_a_citation_says_its_page_wherever_it_stands(tmp_path: Path) -> None:
    """In the answer's markers, cards and sources, in a conflict, in the document, in every export and in a terminal; nowhere without one."""
    cited = replace(citation(1, "The farm sold 60 goats."), page=12)
    paged = answered(
        statements=(Statement(text=cited.quote, citations=(1,)),),
        citations=(cited,),
        conflicts=(Conflict(subject="goats", values=(("60", 1),)),),
    )
    page = shown(paged)
    marker, in_table, line = page.buttons()
    assert marker["aria-label"] == in_table["aria-label"] == "Source 1: farm.txt, page 12, paragraph 3"
    assert {button["data-where"] for button in (marker, in_table, line)} == {"page 12, paragraph 3"}
    assert "3 (page 12)" in page.text
    assert "farm.txtpage 12, paragraph 3" in page.text
    starts = (*[0] * 11, cited.start)  # of twelve pages
    document = Page(render_document(source(TEXT, pages=starts), split_paragraphs("farm.txt", TEXT), place=Place.of_citation(cited)))
    assert "Page 12, paragraph 3 of 5" in document.text
    assert [attributes["data-where"] for tag, attributes in document.tags if tag == "article"] == ["page 12, paragraph 3"]
    assert "\n[1] farm.txt, page 12, paragraph 3\n" in str(paged)
    turns = (Turn(question="How many goats?", answer=paged),)
    assert "farm.txt, page 12, paragraph 3, characters" in export("html", "Goats", turns, tmp_path)
    assert "page 12, paragraph 3, characters" in export("md", "Goats", turns, tmp_path)
    assert json.loads(export("json", "Goats", turns, tmp_path))["citations"][0]["page"] == 12
    assert "page" not in "".join(
        (shown(answered()).text, str(answered()), export("html", "Goats", (Turn(question="?", answer=answered()),), tmp_path))
    )


def test_the_short_answer_stands_out() -> None:
    """The words that answer are strong in the first statement."""
    page = render_transcript((Turn(question="?", answer=answered(short="60 goats")),))
    assert '<p class="short" dir="auto">60 goats</p>' in page
    assert "<strong>60 goats</strong>" in page


@pytest.mark.parametrize("nearest", [hits(), (*hits(), *hits()), ()])
def test_an_abstention_is_not_an_answer(nearest: tuple[Hit, ...]) -> None:
    """It has no marker and no source list; what came nearest is listed as such, each paragraph once, and opens."""
    page = shown(abstained(nearest=nearest))
    assert {"abstention", "verdict"} <= page.classes()
    assert not {"answer", "statement", "marker", "sources"} & page.classes()
    assert "Sources" not in page.text
    assert ("Nearest, does not answer" in page.text) == bool(nearest)
    places = [(button["data-paragraph"], button["data-quote"]) for button in page.buttons()]
    assert places == [(str(hit.paragraph.number), hit.paragraph.text) for hit in hits()[:MAX_NEAREST]][: len(nearest)]


def test_an_unsupported_statement_is_marked() -> None:
    """It has no marker, and says what is wrong with it."""
    wrong = Statement(text="It sold 90.", citations=(), status="figure differs", reason="90 stands in no source")
    page = shown(answered(statements=(wrong,), citations=()))
    assert "unsupported" in page.classes()
    assert not page.buttons()
    assert "Not supported by the documents (figure differs): 90 stands in no source" in page.text


def test_an_answer_that_grows_says_so() -> None:
    """What was checked is shown already; what is withheld is counted."""
    page = Page(render_transcript((Turn(id=1, question="Sold?", answer=answered(), growing=True),)))
    assert "Writing, and checking each sentence" in page.text
    assert "answer" in page.classes()
    assert "after" not in page.classes()
    empty = Page(render_transcript((Turn(question="Sold?", answer=answered(text="", statements=(), citations=()), growing=True),)))
    assert "answer" not in empty.classes()


def test_a_conflict_is_a_table_of_values_with_their_sources() -> None:
    """Each value stands in a row with file, date, paragraph and a marker that opens its citation."""
    conflict = Conflict(subject="goats", values=(("60", 1), ("7", 2)))
    page = shown(answered(conflicts=(conflict,)))
    assert "The sources differ: goatsValueSourceDateParagraph60farm.txt2 May 20243 [1]7farm.txt2 May 20243 [2]" in page.text


def test_an_error_shortens_the_question() -> None:
    """A question refused for its length does not fill the page."""
    page = Page(render_transcript((Turn(question="long " * 5000, error="too long"),)))
    assert len(page.text) < 700
    assert page.text.endswith("…too long")


def test_the_welcome_counts_and_offers_examples() -> None:
    """One document is not one documents, and an example carries its question."""
    page = Page(render_welcome("farm", sources=1, paragraphs=1234, examples=("How many goats?",)))
    assert "1 document, 1,234 paragraphs" in page.text
    assert [button["data-question"] for button in page.buttons()] == ["How many goats?"]


def test_the_welcome_lists_what_was_talked_about_before() -> None:
    """An earlier conversation opens with a click."""
    earlier = [Conversation(id="abc", title="Goats?", touched=DAY, turns=2)]
    page = Page(render_welcome("farm", sources=1, paragraphs=1, earlier=earlier))
    assert [button["data-open"] for button in page.buttons()] == ["abc"]
    assert "Goats?3 May 2024" in page.text


def test_a_stale_citation_says_so_and_leads_to_the_words() -> None:
    """Moved words open where they are now; words that are gone open where they were."""
    moved = Check(number=1, status="moved", source="barn.txt", paragraph=9, start=70, end=75, text="goats")
    gone = Check(number=2, status="missing")
    page = Page(render_transcript((Turn(question="?", answer=answered(), checks=(moved, gone)),)))
    first, second = page.buttons("marker stale")
    assert (first["data-source"], first["data-paragraph"], first["data-start"], first["data-standing"]) == ("barn.txt", "9", "70", "moved")
    assert (second["data-source"], second["data-standing"]) == ("farm.txt", "missing")
    assert "Moved since this answer" in page.text
    assert "No longer in the documents" in page.text


def test_only_the_last_turn_can_be_asked_again() -> None:
    """Every answer can be rated and exported."""
    page = Page(render_transcript(tuple(Turn(id=key, question="?", answer=answered()) for key in (1, 2)), conversation="abc"))
    assert [button["data-again"] for button in page.buttons() if "data-again" in button] == ["2"]
    assert {button["data-rate"] for button in page.buttons() if "data-rate" in button} == {"1", "2"}
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links[:4] == ["export/abc.md", "export/abc.html", "export/abc.json", "export/abc/1.md"]


def test_a_rating_asks_for_the_reason() -> None:
    """The one that was given is pressed, and the reason stands in its box."""
    assert "reason" not in shown(answered()).classes()
    page = Page(render_transcript((Turn(id=1, question="?", answer=answered(), rating="wrong", reason="too short"),)))
    assert [button["aria-pressed"] for button in page.buttons() if "data-rate" in button] == ["false", "true"]
    assert [attributes["value"] for tag, attributes in page.tags if tag == "input"] == ["too short"]


def test_what_was_interrupted_says_so() -> None:
    page = Page(render_transcript((Turn(id=1, question="Goats?"),), conversation="abc"))
    assert "This question was interrupted" in page.text
    assert "Ask again" in page.text


def test_the_contents_list_documents_and_count_the_rest() -> None:
    """Each listed document opens, can be chosen and can be removed; what is not listed is counted."""
    page = Page(render_contents([listed()], total=1001, chosen=["farm.txt"]))
    assert [button["data-source"] for button in page.buttons() if "data-source" in button] == ["farm.txt"]
    assert [button["data-remove"] for button in page.buttons() if "data-remove" in button] == ["farm.txt"]
    assert [attributes["data-choose"] for tag, attributes in page.tags if tag == "input" and "checked" in attributes] == ["farm.txt"]
    assert "1 of 1,001 documents asked" in page.text
    assert "Harvest reportfarm.txt2 May 20245 paragraphs" in page.text
    assert "and 1,000 more" in page.text


def test_the_contents_say_what_could_not_be_read() -> None:
    """Files that were just added show how far they are, or why they were not added."""
    added = (Added(name="a.md", state="indexing", share=0.5), Added(name="b.pdf", state="could not be read", failed=True))
    page = Page(render_contents([listed()], total=1, skipped={"c.txt": "c.txt: not UTF-8"}, added=added))
    assert [attributes["value"] for tag, attributes in page.tags if tag == "progress"] == ["50"]
    assert "b.pdfcould not be read" in page.text
    assert "Not read: 1 filec.txt: not UTF-8" in page.text
