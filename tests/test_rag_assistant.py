"""The whole way: answers are quotations at the places they name, abstentions cite nothing, follow-ups work."""

from __future__ import annotations

import json
import re
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from langchain_tests.integration_tests import RetrieversIntegrationTests

from index.database import Database
from index.errors import CorpusError, QuestionError, SettingsError
from index.pairs import PairScorer
from rag import Answer, Assistant, ask
from rag.evidence import FIRST, READ
from rag.retriever import ParagraphRetriever
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index.encoders import OnnxEncoder


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    return Assistant(corpus, tmp_path / "index", encoder=encoder)


def check_laws(answer: Answer, corpus: Path) -> None:
    """What holds of every answer, right or wrong."""
    numbers = [citation.number for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {number for statement in answer.statements for number in statement.citations} == set(numbers)
    assert answer.abstained == (not answer.statements) == (not answer.citations)
    for citation in answer.citations:
        text = (corpus / citation.source).read_bytes().decode("utf-8")
        assert text[citation.start : citation.end] == citation.quote != ""
        assert f"[{citation.number}]" in answer.text
    told = [statement.text for statement in answer.statements if statement.supported]
    if answer.short:
        assert all(any(words in text for text in told) for words in answer.short.split("; "))
    for conflict in answer.conflicts:
        for words, number in conflict.values:
            assert any(words in statement.text for statement in answer.statements if number in statement.citations)
    for statement in answer.statements:
        assert statement.supported == bool(statement.citations)
        if not statement.supported:
            assert statement.status == "not a claim"
            assert statement.reason
            continue
        quotes = [citation.quote for citation in answer.citations if citation.number in statement.citations]
        assert statement.text == re.sub(r"\s?\[\d+\]", "", " ".join(quotes[0].split()))
    assert re.findall(r"\[(\d+)\]", answer.text) == [str(number) for statement in answer.statements for number in statement.citations]


@pytest.mark.parametrize(
    ("question", "held", "source", "paragraph"),
    [
        ("How many cranes does the harbour of Ostmark have?", "14 cranes", "harbour.txt", 4),
        ("When did the harbour of Ostmark open?", "2019", "harbour.txt", 4),
        ("Who is the director of the harbour?", "Karel Novotny", "harbour.txt", 5),
        ("How high is the tower of Brill?", "61 metres", "sub/tower.txt", 1),
        ("How many bees are in a hive in summer?", "40,000 bees", "bees.md", 2),
        ("How much sugar do bees need in winter?", "12 kg", "bees.md", 4),
    ],
)
def test_the_sentence_that_answers_is_quoted_at_its_place(
    assistant: Assistant, question: str, held: str, source: str, paragraph: int
) -> None:
    """Held in the answer, and the first citation is where it stands."""
    answer = assistant.ask(question)
    check_laws(answer, assistant.corpus)
    assert held in answer.text
    assert (answer.citations[0].source, answer.citations[0].paragraph) == (source, paragraph)


def test_the_documents_title_and_date_come_with_the_citation(assistant: Assistant) -> None:
    citation = assistant.ask("How many cranes does the harbour have?").citations[0]
    assert (citation.title, str(citation.date)) == ("The new harbour of Ostmark", "2021-03-03")


def test_what_the_documents_do_not_say_is_not_answered(assistant: Assistant) -> None:
    """No statement, no citation, the nearest paragraphs, and the same in a terminal."""
    answer = assistant.ask("What is the boiling point of tungsten?")
    check_laws(answer, assistant.corpus)
    assert answer.abstained
    assert answer.nearest
    assert "Nearest, does not answer:" in str(answer)


def test_a_follow_up_is_searched_with_its_subject(assistant: Assistant) -> None:
    answer = assistant.ask("Where did he come from?", history=[("Who is the director of the harbour?", "Karel Novotny.")])
    assert "Lisbon" in answer.text
    assert "Karel Novotny" in answer.searched != answer.question
    assert answer.searched in str(answer)


def test_the_same_question_gives_the_same_answer(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Timings apart; from another index and another assistant too."""
    one = Assistant(corpus, tmp_path / "one", encoder=encoder).ask("How many cranes?")
    other = Assistant(corpus, tmp_path / "other", encoder=encoder).ask("How many cranes?")
    assert one == other
    assert one.to_dict() == other.to_dict()
    assert "timings" not in one.to_dict()
    assert json.loads(json.dumps(one.to_dict(timings=True)))["timings"]["total"] > 0


def test_a_changed_file_is_noticed_at_the_next_question(assistant: Assistant) -> None:
    """Offsets hold in the file as it is now."""
    assert "14 cranes" in assistant.ask("How many cranes does the harbour have?").text
    file = assistant.corpus / "harbour.txt"
    file.write_text("A new first line.\n" + file.read_text(encoding="utf-8").replace("14", "15"), encoding="utf-8")
    time.sleep(1.1)  # the files are looked at again at most once a second
    answer = assistant.ask("How many cranes does the harbour have?")
    assert "15 cranes" in answer.text
    check_laws(answer, assistant.corpus)


def test_chain_stream_and_ask_say_the_same(assistant: Assistant) -> None:
    """A string, a dictionary with a history, and LangChain's own ways to run a chain."""
    question = "How many cranes does the harbour have?"
    asked = assistant.ask(question)
    assert assistant.chain.invoke(question) == asked
    assert assistant.chain.invoke({"question": question, "history": []}) == asked
    assert assistant.chain.batch([question]) == [asked]
    assert list(assistant.stream(question))[-1] == asked


def test_many_threads_may_ask_at_once(assistant: Assistant) -> None:
    """Eight threads, each with the questions in an order of its own, get the answers that one gets; they also open the index at once."""
    turns = [("How many cranes does the harbour have?", "It has 14 cranes.")]
    asked = [
        ("How many cranes does the harbour have?", ()),
        ("Who is its director?", turns),
        ("How high is the tower of Brill, and who built it?", ()),
        ("How many bees does a hive hold in summer?", ()),
        ("What is the boiling point of tungsten?", ()),
    ]
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # seconds: threads take turns five hundred times as often as they would
    try:
        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(lambda shift: [assistant.ask(*turn) for turn in asked[shift:] + asked[:shift]], [n % 5 for n in range(8)]))
    finally:
        sys.setswitchinterval(often)
    expected = [assistant.ask(*turn) for turn in asked]
    assert len({answer.text for answer in expected}) == len(expected)
    assert told == [expected[n % 5 :] + expected[: n % 5] for n in range(8)]


def test_a_quote_over_a_line_break_is_exact_and_its_statement_is_one_line(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """In a hard-wrapped file the quote keeps the break, the statement does not."""
    folder = tmp_path / "wrapped"
    folder.mkdir()
    story = (
        "The committee met on Tuesday to discuss the plan for the new bridge over the river, which had been delayed for two years by a shortage of "
        "steel. The chairman of the Oslo committee said that the bridge would cost ninety million crowns and that the sum would be shared by both "
        "towns. Residents of the lower town were less sure, had heard this before, and asked for a date."
    )
    (folder / "bridge.txt").write_bytes(textwrap.fill(story, 72).replace("\n", "\r\n").encode())
    answer = Assistant(folder, tmp_path / "index", encoder=encoder).ask("How much will the bridge cost?")
    check_laws(answer, folder)
    assert "\r\n" in answer.citations[0].quote
    assert "cost ninety million" in answer.statements[0].text


def test_two_documents_that_differ_are_both_told_newest_first(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Each value with its own citation, and the conflict names both."""
    folder = tmp_path / "differing"
    folder.mkdir()
    (folder / "old.txt").write_text(
        "Ferries of Ostmark\nMarch 3, 2021\n\nThe ferry line of Ostmark has 14 ships in service.\n", encoding="utf-8"
    )
    (folder / "new.txt").write_text("Ostmark today\nMay 9, 2024\n\nThe Ostmark ferry line runs over 17 ships.\n", encoding="utf-8")
    answer = Assistant(folder, tmp_path / "index", encoder=encoder).ask("How many ships does the ferry line of Ostmark have?")
    check_laws(answer, folder)
    (conflict,) = answer.conflicts
    assert [number for _, number in conflict.values] == [1, 2]
    assert [answer.citations[number - 1].source for _, number in conflict.values] == ["new.txt", "old.txt"]
    assert ["17" in conflict.values[0][0], "14" in conflict.values[1][0]] == [True, True]
    assert "over 17" in conflict.values[0][0]
    assert answer.short is None


def test_figures_of_other_years_or_things_are_no_conflict(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Both years are told, and nothing is in dispute; asked for one year, only that one may be told as its figure."""
    folder = tmp_path / "agreeing"
    folder.mkdir()
    (folder / "a.txt").write_text("Ferries\n\nIn 2021 the ferry line of Ostmark had 14 ships.\n", encoding="utf-8")
    (folder / "b.txt").write_text("Ferries again\n\nIn 2023 the ferry line of Ostmark had 17 ships and 230 sailors.\n", encoding="utf-8")
    assistant = Assistant(folder, tmp_path / "index", encoder=encoder)
    for question in ("How many ships did the ferry line of Ostmark have?", "How many ships did the ferry line of Ostmark have in 2023?"):
        answer = assistant.ask(question)
        check_laws(answer, folder)
        assert not answer.abstained
        assert "17 ships" in answer.text
        assert not answer.conflicts


def test_a_limit_is_never_turned_round(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """The words that answer keep the "no" before "more than"."""
    folder = tmp_path / "limits"
    folder.mkdir()
    (folder / "a.txt").write_text("Rules\n\nThe harbour of Ostmark may host no more than 50 ferries.\n", encoding="utf-8")
    answer = Assistant(folder, tmp_path / "index", encoder=encoder).ask("How many ferries may the harbour of Ostmark host?")
    check_laws(answer, folder)
    assert answer.short in {None, "no more than 50 ferries"}


def test_unrelated_values_are_no_conflict(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """A person, a toll and a date of other things are not what "the sources differ" about."""
    folder = tmp_path / "unrelated"
    folder.mkdir()
    texts = {
        "bridge.txt": "The Harrow Bridge was designed by Ellen Voss. The toll on the Harrow Bridge is 3 pounds for a car.",
        "tower.txt": "The tower of Brill was built by Anna Kask in 1931. It has 96 steps.",
        "cafe.txt": "The owner of the cafe in Lund is Petra Berg, who bought it for 310,000 euros.",
    }
    for name, text in texts.items():
        (folder / name).write_text(f"{name[:-4].title()}\n\n{text}\n", encoding="utf-8")
    assistant = Assistant(folder, tmp_path / "index", encoder=encoder)
    for question in ("Who designed the Harrow Bridge?", "What was the toll on the Harrow Bridge?", "When was the tower of Brill built?"):
        answer = assistant.ask(question)
        check_laws(answer, folder)
        assert not answer.conflicts


@pytest.mark.parametrize("question", ["Is Karel Novotny the director of the harbour?", "How many bees are not in a hive?"])
def test_a_question_for_yes_or_no_has_no_short_answer(assistant: Assistant, question: str) -> None:
    """A few words of the sentence would look like the answer and be none."""
    assert assistant.ask(question).short is None


def test_three_documents_that_differ_are_all_told(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """However long the answer gets; and a number that is part of a name is no value."""
    folder = tmp_path / "three"
    folder.mkdir()
    for year, ships in ((2020, 14), (2021, 17), (2022, 21)):
        text = f"Report\nMay 9, {year}\n\nAfter a long winter the ferry line of Ostmark, which is old and well known along the coast, has {ships} ships.\n"
        (folder / f"{year}.txt").write_text(text, encoding="utf-8")
    answer = Assistant(folder, tmp_path / "index", encoder=encoder).ask("How many ships does the ferry line of Ostmark have?")
    check_laws(answer, folder)
    assert [words for words, _ in answer.conflicts[0].values] == ["21 ships", "17 ships", "14 ships"]


def test_the_part_of_a_question_that_is_not_answered_is_named(assistant: Assistant) -> None:
    """The other part is answered; what is missing is a statement without a citation."""
    answer = assistant.ask("How many cranes does the harbour of Ostmark have and who composed the opera Carmen?")
    check_laws(answer, assistant.corpus)
    assert "14 cranes" in answer.text
    assert [statement.status for statement in answer.statements][-1] == "not a claim"
    assert "Carmen" in answer.statements[-1].text


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How many cranes does the harbour of Zanzibar have?", "They do not mention Zanzibar."),
        ("Which opera was sung in Ostmark in 1950?", "not 1950."),
    ],
)
def test_a_refusal_says_what_is_missing(assistant: Assistant, question: str, said: str) -> None:
    """A name that stands nowhere, and a year that nothing speaks of."""
    answer = assistant.ask(question)
    assert answer.abstained
    assert answer.text.startswith("The documents do not answer this question. ")
    assert answer.text.endswith(said)


def test_an_answer_can_be_checked_again_later(assistant: Assistant) -> None:
    """After an edit of the file the same answer knows that its quote has changed."""
    answer = assistant.ask("How many cranes does the harbour of Ostmark have?")
    assert {check.status for check in answer.verify()} == {"ok"}
    file = assistant.corpus / "harbour.txt"
    file.write_text(file.read_text(encoding="utf-8").replace("14 cranes", "15 cranes"), encoding="utf-8")
    assert "changed" in {check.status for check in answer.verify()}


def test_titles_and_headings_are_not_evidence(assistant: Assistant) -> None:
    """They give context to what follows and prove nothing by themselves."""
    for question in ("What is the new harbour of Ostmark?", "What happens to bees in winter?"):
        cited = {(citation.source, citation.paragraph) for citation in assistant.ask(question).citations}
        assert not cited & {("harbour.txt", 1), ("bees.md", 1), ("bees.md", 3)}


def test_a_byline_answers_who_wrote_it(assistant: Assistant) -> None:
    """It is about the document, and quoted like any other paragraph."""
    assert "Jana Weiss" in assistant.ask("Who wrote the article about the new harbour of Ostmark?").text


def test_ask_takes_a_folder_and_keeps_its_assistant(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any working directory; the folder may come from the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("index.locations.BUILT", tmp_path / "built")
    assert "61 metres" in ask("How high is the tower of Brill?", corpus=corpus).text
    monkeypatch.setenv("PINCITE_CORPUS", str(corpus))
    assert "61 metres" in ask("How high is the tower of Brill?").text


@pytest.fixture
def fleets(tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    """Two documents that differ, and one about something else."""
    folder = tmp_path / "fleets"
    folder.mkdir()
    (folder / "old.txt").write_text("Ferries\nMarch 3, 2021\n\nThe ferry line of Ostmark has 14 ships.\n", encoding="utf-8")
    (folder / "new.txt").write_text("Ferries now\nMay 9, 2024\n\nThe ferry line of Ostmark has 17 ships.\n", encoding="utf-8")
    (folder / "bridge.txt").write_text("Harrow Bridge\n\nThe toll on the Harrow Bridge is 3 pounds.\n", encoding="utf-8")
    return Assistant(folder, tmp_path / "index", encoder=encoder)


def test_only_the_chosen_documents_are_asked(fleets: Assistant) -> None:
    """What others say is neither cited, nor told as the other side, nor listed as nearest."""
    question = "How many ships does the ferry line of Ostmark have?"
    assert len(fleets.ask(question).conflicts) == 1
    assert fleets.ask(question, sources=["new.txt", "old.txt"]).conflicts == fleets.ask(question).conflicts
    for source, ships in (("old.txt", "14 ships"), ("new.txt", "17 ships")):
        answer = fleets.ask(question, sources={source})
        check_laws(answer, fleets.corpus)
        assert answer.short == ships
        assert not answer.conflicts
        assert {citation.source for citation in answer.citations} == {hit.paragraph.source for hit in answer.nearest} == {source}
        assert {hit.paragraph.source for hit in fleets.retrieve(question, 5, sources=[source])} == {source}


async def test_every_way_of_asking_takes_sources(fleets: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.locations.BUILT", tmp_path / "built")
    question, sources = "How many ships does the ferry line of Ostmark have?", ["old.txt"]
    asked = fleets.ask(question, sources=sources)
    assert list(fleets.stream(question, sources=sources))[-1] == asked
    assert [answer async for answer in fleets.astream(question, sources=sources)][-1] == asked
    assert fleets.chain.invoke({"question": question, "history": [], "sources": sources}) == asked
    assert fleets.chain.invoke({"question": question, "sources": None}) == fleets.ask(question)
    assert ask(question, fleets.corpus, sources=sources) == asked


def test_what_only_other_documents_say_is_declined_and_said(fleets: Assistant) -> None:
    """By name, although the name is known elsewhere, also where it looks like a misspelling of one that is there."""
    (fleets.corpus / "other.txt").write_text("Tolls\n\nThe toll on the road to Harlow is 5 pounds.\n", encoding="utf-8")
    (fleets.corpus / "empty.txt").touch()
    question = "What is the toll on the Harrow Bridge?"
    assert "3 pounds" in fleets.ask(question).text
    answer = fleets.ask(question, sources=["old.txt", "new.txt"])
    assert answer.abstained
    assert "They do not mention Harrow Bridge." in answer.text
    assert {hit.paragraph.source for hit in answer.nearest} == {"old.txt", "new.txt"}
    assert "They do not mention Harrow." in fleets.ask("What is the toll on the road to Harrow?", sources=["other.txt"]).text
    with pytest.raises(CorpusError, match=r"was not read: empty\.txt: the file is empty"):
        fleets.ask(question, sources=["empty.txt"])


def test_a_choice_of_documents_that_cannot_be_asked_is_refused(fleets: Assistant) -> None:
    with pytest.raises(QuestionError, match="no document is chosen"):
        fleets.ask("How many ships?", sources=[])
    with pytest.raises(CorpusError, match=r"'gone\.txt' is in the index; expected"):
        fleets.ask("How many ships?", sources=["old.txt", "gone.txt"])
    with pytest.raises(TypeError, match=r"'old\.txt'; expected paths"):
        fleets.retrieve("How many ships?", sources="old.txt")


def test_wrong_use_is_refused_clearly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty question, a missing folder, a model that is not there, a setting that does not exist."""
    with pytest.raises(QuestionError, match="empty"):
        Assistant().ask("  ")
    with pytest.raises(CorpusError, match="does not exist"):
        Assistant(tmp_path / "nowhere", tmp_path / "index").ask("Where?")
    with pytest.raises(SettingsError, match="provider:name"):
        Assistant(model="no such model")
    monkeypatch.setenv("PINCITE_CORPSE", "x")
    with pytest.raises(SettingsError, match="PINCITE_CORPSE"):
        Settings.from_environment()


class TestParagraphRetriever(RetrieversIntegrationTests):
    """LangChain's own tests of a retriever."""

    @property
    def retriever_constructor(self) -> type[ParagraphRetriever]:
        return ParagraphRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, object]:
        return {"assistant": Assistant()}

    @property
    def retriever_query_example(self) -> str:
        return "How many unicorn companies does Huangpu have?"


def test_a_retrieved_document_names_its_place(assistant: Assistant) -> None:
    """Source, paragraph and offsets, and the text that stands there."""
    document = assistant.as_retriever(k=1).invoke("How many cranes?")[0]
    text = (assistant.corpus / document.metadata["source"]).read_bytes().decode("utf-8")
    assert text[document.metadata["start"] : document.metadata["end"]] == document.page_content
    assert document.metadata["paragraph"] == 4


def test_sentences_that_differ_in_a_figure_or_a_negation_are_not_cited_as_one(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Three documents: the same sentence, another figure, and a "not"; only what says the same shares a statement."""
    folder = tmp_path / "versions"
    folder.mkdir()
    sentence = "By the end of the year the harbour district of the city of Ostmark had gathered 60 shipping companies in all."
    for name, text in (
        ("a", sentence),
        ("b", sentence),
        ("c", sentence.replace("60", "85")),
        ("d", sentence.replace("had gathered", "had not gathered")),
    ):
        (folder / f"{name}.txt").write_text(f"{text}\n\nThe weather was fine.\n", encoding="utf-8")
    answer = Assistant(folder, tmp_path / "index", encoder=encoder).ask("How many shipping companies has Ostmark gathered?")
    check_laws(answer, folder)
    for statement in answer.statements:
        assert {citation.quote for citation in answer.citations if citation.number in statement.citations} == {statement.text}


def test_a_documents_own_footnotes_are_not_taken_for_citations(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """The quote keeps them, the statement does not."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text("The tower of Brill is 61 metres high.[3] It was built in 1902.[1][2]\n\nIt is grey.\n", encoding="utf-8")
    answer = Assistant(folder, tmp_path / "index", encoder=encoder).ask("How high is the tower of Brill?")
    check_laws(answer, folder)
    assert answer.citations[0].quote.endswith("[3]")
    assert "[3]" not in answer.text


BORN = "Tomas Brill, a painter, was born {}, and moved to Ostmark as a child."


@pytest.mark.parametrize(
    ("question", "said", "words"),
    [
        ("When was Tomas Brill born?", BORN, ("on 3 July 1905", "on 8 February 1900")),
        ("Where was Tomas Brill born?", BORN, ("in Lund", "in Visby")),
        (
            "What is the genre of Long Winter?",
            "Long Winter is a {}, directed by Anna Kask and released in 2005.",
            ("short film", "documentary"),
        ),
    ],
)
def test_sentences_that_differ_only_in_the_answer_are_a_conflict(
    tmp_path: Path, encoder: OnnxEncoder, question: str, said: str, words: tuple[str, str]
) -> None:
    """Whatever is asked for, and although the years that differ are the answer itself."""
    folder = tmp_path / "twice"
    folder.mkdir()
    for number, one in enumerate(words):
        (folder / f"{number}.txt").write_text(f"About it\n\n{said.format(one)}\n", encoding="utf-8")
    answer = Assistant(folder, tmp_path / "index", encoder=encoder).ask(question)
    check_laws(answer, folder)
    (conflict,) = answer.conflicts
    assert len(conflict.values) == len(words)
    assert all(any(word.split()[-1] in value for value, _ in conflict.values) for word in words)


def test_the_latest_figure_is_that_of_the_newest_document(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Both are told; the short answer is the newest, and says as of when."""
    folder = tmp_path / "latest"
    folder.mkdir()
    (folder / "old.txt").write_text("Ferries\nMarch 3, 2021\n\nThe ferry line of Ostmark has 14 ships.\n", encoding="utf-8")
    (folder / "new.txt").write_text("Ferries\nMay 9, 2024\n\nThe ferry line of Ostmark has 17 ships.\n", encoding="utf-8")
    answer = Assistant(folder, tmp_path / "index", encoder=encoder).ask("How many ships does the ferry line of Ostmark have at present?")
    check_laws(answer, folder)
    assert answer.short == "17 ships"
    assert "of 2024-05-09" in answer.statements[-1].text
    assert answer.statements[-1].status == "not a claim"
    assert len(answer.conflicts[0].values) == 2


def test_a_figure_of_another_year_is_no_answer(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Neither one that its sentence dates nor one that the sentence before does, nor "this year" of an older document."""
    folder = tmp_path / "years"
    folder.mkdir()
    text = "The ferry line of Ostmark had a good 2021.\nIt carried 31,000 passengers. This year it carried 35,000 passengers.\n"
    (folder / "a.txt").write_text(f"Ferries of Ostmark\nMay 9, 2022\n\n{text}", encoding="utf-8")
    assistant = Assistant(folder, tmp_path / "index", encoder=encoder)
    for year, figure in ((2021, "31,000"), (2022, "35,000")):
        answer = assistant.ask(f"How many passengers did the ferry line of Ostmark carry in {year}?")
        check_laws(answer, folder)
        assert figure in answer.statements[0].text
    (folder / "b.txt").write_text(
        "Brill Ltd\nMay 9, 2022\n\nBrill Ltd was founded in 1998. Today Brill Ltd has 300 workers.\n", encoding="utf-8"
    )
    today = Assistant(folder, tmp_path / "other", encoder=encoder).ask("How many workers does Brill Ltd have in 2022?")
    assert "300 workers" in today.statements[0].text
    refused = assistant.ask("How many passengers did the ferry line of Ostmark carry in 2018?")
    assert refused.abstained
    assert "not 2018" in refused.text


def test_a_name_is_not_known_by_an_ordinary_word_of_it(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """What is said of one bridge is no answer about another."""
    folder = tmp_path / "bridges"
    folder.mkdir()
    (folder / "a.txt").write_text(
        "The Harrow Bridge\n\nThe Harrow Bridge opened in 1931. The toll on the bridge is 3 pounds for a car.\n", encoding="utf-8"
    )
    assistant = Assistant(folder, tmp_path / "index", encoder=encoder)
    assert "3 pounds" in assistant.ask("What is the toll on the Harrow Bridge?").text
    answer = assistant.ask("What is the toll on the Severn Bridge?")
    assert answer.abstained
    assert "They do not mention Severn Bridge." in answer.text


def test_a_sure_answer_among_the_first_sentences_ends_the_reading(
    tmp_path: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are read only when none of the first is likely to answer."""
    read: list[int] = []
    score = PairScorer.score
    monkeypatch.setattr(PairScorer, "score", lambda self, pairs: read.append(len(pairs)) or score(self, pairs))
    folder = tmp_path / "many"
    folder.mkdir()
    text = "\n\n".join(f"The tower of Brill has a room {number}. It is for {number + 20} guests." for number in range(40))
    (folder / "a.txt").write_text(f"Towers\n\nThe tower of Brill was built by Anna Kask in 1931.\n\n{text}\n", encoding="utf-8")
    assistant = Assistant(folder, tmp_path / "index", encoder=encoder)
    assert "Anna Kask" in assistant.ask("Who built the tower of Brill?").text
    assert read == [FIRST]
    read.clear()
    assistant.ask("Which opera did the tower of Brill compose?")
    assert read == [FIRST, READ - FIRST]


def test_what_a_document_says_of_one_thing_is_no_answer_about_another(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Although both are known: the document of one does not mention the other."""
    folder = tmp_path / "two"
    folder.mkdir()
    (folder / "orrin.txt").write_text(
        "Orrin Bridge\n\nOrrin Bridge crosses the river at Brill.\n\nIt was designed by Ada Forsyth.\n", encoding="utf-8"
    )
    (folder / "tarn.txt").write_text(
        "Tarn Bridge\n\nTarn Bridge crosses the lake at Lund.\n\nThe bridge cost 2.4 million euros to build.\n", encoding="utf-8"
    )
    assistant = Assistant(folder, tmp_path / "index", encoder=encoder)
    assert "Ada Forsyth" in assistant.ask("Who designed the Orrin Bridge?").text
    assert assistant.ask("Who designed the Tarn Bridge?").abstained
    assert "2.4 million" in assistant.ask("How much did the Tarn Bridge cost?").text
    assert "2.4 million" not in assistant.ask("How much did the Orrin Bridge cost?").text


@pytest.mark.parametrize("question", ["asdf qwer", "Which zebra sings?", "为什么？"])
def test_a_question_of_which_no_word_stands_anywhere_is_declined(corpus: Path, tmp_path: Path, encoder: OnnxEncoder, question: str) -> None:
    answer = Assistant(corpus, tmp_path / "index", encoder=encoder).ask(question)
    assert answer.abstained
    assert "They hold no word of it." in answer.text


def test_beside_a_figure_of_another_year_stands_another_thing(tmp_path: Path, encoder: OnnxEncoder) -> None:
    folder = tmp_path / "beside"
    folder.mkdir()
    for year, revenue, people in ((2022, 48, 320), (2023, 45, 355)):
        text = f"Harrow Foods reported revenue of {revenue} million euros in {year}. It employs {people} people."
        (folder / f"{year}.txt").write_text(f"Harrow Foods\nMarch 3, {year + 1}\n\n{text}\n", encoding="utf-8")
    assistant = Assistant(folder, tmp_path / "index", encoder=encoder)
    assert "45 million" in assistant.ask("What was the revenue of Harrow Foods in 2023?").statements[0].text
    assert assistant.ask("What was the revenue of Harrow Foods in 2024?").abstained


def test_a_question_looks_up_what_it_needs_and_reads_no_table_through(seeds: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a million paragraphs only those are read that were found, and those around them, whatever SQLite's planner thinks."""
    seeds.open()
    asked: list[tuple[Database, str, Sequence[object]]] = []
    ordinary = Database.all

    def watched(database: Database, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        asked.append((database, query, values))
        return ordinary(database, query, values)

    monkeypatch.setattr(Database, "all", watched)
    for question in ("When was Akeso founded?", "Which three reasons made the hospital choose Huangpu, and how many beds are there?"):
        seeds.ask(question)
    monkeypatch.undo()
    steps = {step for database, query, values in asked for *_, step in database.all(f"EXPLAIN QUERY PLAN {query}", values)}
    assert any(step.startswith("SEARCH paragraph") for step in steps)
    assert not {step for step in steps if re.match(r"SCAN (?:main\.|now\.)?(?:source|paragraph|passage|window|file)\b", step)}
