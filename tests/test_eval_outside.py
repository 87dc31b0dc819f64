"""Public question sets: read in both forms, measured by document, by passage and by character, beside a plain hybrid and others' code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eval.bench import list_sets, open_bench
from eval.outside import draw_sample, measure_bench, pool_sets
from eval.references import reference_table
from eval.spans import span_values
from eval.tables import compare
from index.errors import FactsError
from ui.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from eval.tables import Row, Table
    from index.encoders import OnnxEncoder

DOCUMENTS = (
    ("d1", "The harbour of Ostmark", "The harbour of Ostmark opened in 2019.\n\nIt has 14 cranes and 3 docks."),
    ("d2", "Keeping bees", "A hive holds 40,000 bees in summer.\n\nFeed them sugar in winter."),
    ("d3", "The tower of Brill", "The tower of Brill is 61 metres high."),
)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Indexes of sets go to a folder of the test's own."""
    monkeypatch.setattr("eval.bench.BUILT", tmp_path / "built")
    return tmp_path


def lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def row(key: str, question: str, answers: list[str], evidence: list[tuple[str, str]], **extras: object) -> dict[str, object]:
    told = [{"doc": document, "text": text} for document, text in evidence]
    return {"id": key, "question": question, "answers": answers, "unanswerable": not evidence, "evidence": told, **extras}


SMALL = [
    row("1", "How many cranes does the harbour have?", ["14 cranes"], [("d1", "It has 14 cranes and 3 docks.")], type="span"),
    row("2", "How high is the tower of Brill?", ["62 metres"], [("d3", "61 metres high")], type="span"),
    row("3", "What is the boiling point of tungsten?", [], [], type="none"),
]


def write_set(folder: Path, questions: list[dict[str, object]]) -> Path:
    folder.mkdir(parents=True)
    documents = [{"id": key, "title": title, "date": None, "text": text} for key, title, text in DOCUMENTS]
    (folder / "corpus.jsonl").write_text(lines(documents))
    (folder / "questions.jsonl").write_text(lines(questions))
    return folder


def find_row(tables: tuple[Table, ...], title: str, label: str) -> Row:
    (found,) = [one for table in tables if table.title == title for one in table.rows if one.label == label]
    return found


def hits(tables: tuple[Table, ...], title: str, label: str) -> list[tuple[int | None, int] | None]:
    return [score and (score.hits, score.count) for score in find_row(tables, title, label).scores]


def test_a_set_in_the_common_form_is_measured(built: Path, encoder: OnnxEncoder) -> None:
    """Both evidences are found first; one answer is right, and what nothing answers is declined, but by the plain hybrid."""
    measured = measure_bench(open_bench(write_set(built / "small", SMALL), encoder))
    tables = measured.tables
    assert hits(tables, "finding, by passage", "evidence within 1") == [(2, 2), (2, 2), (2, 2)]
    assert hits(tables, "answering", "answer in the reply")[:2] == [(1, 2), (1, 2)]
    assert hits(tables, "answering", "answer in a quote of the evidence")[:2] == [(1, 2), (1, 2)]
    assert hits(tables, "answering", "evidence cited")[:2] == [(2, 2), (2, 2)]
    assert hits(tables, "declining", "false abstentions") == [(0, 2), None]
    assert hits(tables, "declining", "abstention recall") == [(1, 1), None]
    assert hits(tables, "right, or declined where nothing answers", "none")[:2] == [(1, 1), (0, 1)]
    assert find_row(tables, "declining", "AUROC, answerable or not").scores[0].value == 1.0
    text = str(measured)
    assert "small: 3 documents, 3 questions" in text
    assert "published: nothing that can be compared" in text


def test_titles_are_no_passages_that_are_found(built: Path, encoder: OnnxEncoder) -> None:
    """A question in the words of a title finds what stands under it first, as a reader is shown it."""
    question = row("1", "the harbour of Ostmark", ["2019"], [("d1", "opened in 2019")])
    tables = measure_bench(open_bench(write_set(built / "titled", [question]), encoder)).tables
    assert hits(tables, "finding, by passage", "evidence within 1") == [(1, 1), (1, 1), (1, 1)]


def test_a_question_of_one_document_is_asked_in_it_alone(built: Path, encoder: OnnxEncoder) -> None:
    """Bees are of no interest to the tower: with its scope there, the question about them is declined."""
    asked = "How many bees does a hive hold?"
    questions = [
        row("free", asked, ["40,000"], [("d2", "40,000 bees")], type="free"),
        row("bound", asked, ["40,000"], [], type="bound", scope_doc="d3"),
    ]
    bench = open_bench(write_set(built / "scoped", questions), encoder)
    assert [one.sources for one in bench.questions] == [None, ("00002.txt",)]
    replies = measure_bench(bench).asked
    assert {cite.source for cite in replies[0].answer.citations} == {"00001.txt"}
    assert {cite.source for cite in (*replies[1].answer.citations, *replies[1].plain.citations)} <= {"00002.txt"}


def test_a_follow_up_is_searched_with_its_history(built: Path, encoder: OnnxEncoder) -> None:
    """Only what was asked before says what "it" is."""
    history = [["user", "How many cranes does the harbour of Ostmark have?"], ["agent", "It has 14 cranes."]]
    question = row("1", "And when did it open?", ["2019"], [("d1", "opened in 2019")], history=history)
    tables = measure_bench(open_bench(write_set(built / "talk", [question]), encoder)).tables
    assert hits(tables, "follow-ups, both", "evidence within 1")[0] == (1, 1)


def test_planted_answers_are_measured_strictly(built: Path, encoder: OnnxEncoder) -> None:
    """The sentence that holds the right answer and the wrong one beside it is not strictly right."""
    questions = [
        row("1", "How many cranes does the harbour have?", ["14"], [("d1", "14 cranes")], wrong_answers=["3"]),
        row("2", "How high is the tower of Brill?", ["61"], [("d3", "61 metres")], wrong_answers=["62"]),
    ]
    tables = measure_bench(open_bench(write_set(built / "planted", questions), encoder)).tables
    assert hits(tables, "answering", "every right answer told")[0] == (2, 2)
    assert hits(tables, "answering", "strictly right")[0] == (1, 2)


def test_an_answer_in_chinese_is_compared_by_character(built: Path, encoder: OnnxEncoder) -> None:
    """The reply's tokens are 塔, 高, 61 and 米, of which the answer's are two: F1 = 2 * 2 / (4 + 2)."""
    folder = write_set(built / "chinese", [row("1", "塔高多少米？", ["61米"], [("d1", "61米")], type="span")])
    (folder / "corpus.jsonl").write_text(lines([{"id": "d1", "title": "", "date": None, "text": "塔高61米。"}]))
    tables = measure_bench(open_bench(folder, encoder)).tables
    assert hits(tables, "answering", "answer in the reply")[0] == (1, 1)
    assert find_row(tables, "answering", "token F1").scores[0].value == pytest.approx(4 / 6)


def test_yes_and_no_are_no_words_that_a_quote_holds(built: Path, encoder: OnnxEncoder) -> None:
    questions = [
        row("1", "Is the tower of Brill 61 metres high?", ["yes"], [("d3", "61 metres high")], type="check"),
        row("2", "How high is the tower of Brill?", ["61 metres"], [("d3", "61 metres high")], type="ask"),
    ]
    tables = measure_bench(open_bench(write_set(built / "checks", questions), encoder)).tables
    assert hits(tables, "answering", "answer in the reply")[0] == (1, 1)
    assert hits(tables, "right, or declined where nothing answers", "check")[0] == (1, 1)


def test_documents_count_as_they_were_judged(built: Path, encoder: OnnxEncoder) -> None:
    """A claim that its judged document does not settle counts for finding all the same, as in BEIR, and is told apart."""
    claims = [
        row("1", "The harbour has 14 cranes.", [], [("d1", "It has 14 cranes and 3 docks.")], relevant_docs=["d1"]),
        row("2", "The tower of Brill leans.", [], [], relevant_docs=["d3"]),
    ]
    measured = measure_bench(open_bench(write_set(built / "judged", claims), encoder))
    assert [score.count for score in find_row(measured.tables, "finding, by document", "nDCG@10").scores] == [2, 2, 2]
    assert [score.count for score in find_row(measured.tables, "finding, by document", "nDCG@10, where they answer").scores] == [1, 1, 1]
    assert not measured.asked


def test_a_set_in_beirs_form_is_read(built: Path, encoder: OnnxEncoder) -> None:
    """Judged questions alone are asked; a document is the evidence, whole."""
    measured = measure_bench(open_bench(write_beir(built / "scifact"), encoder))
    (question,) = open_bench(built / "scifact", encoder).questions
    assert question.evidence == (("00000.txt", (24, 24 + len(DOCUMENTS[0][2]))),)
    assert [score.value for score in find_row(measured.tables, "finding, by document", "nDCG@10").scores] == [1.0, 1.0, 1.0]
    assert "BM25 0.679" in str(measured)


def write_beir(folder: Path) -> Path:
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(lines([{"_id": key, "title": title, "text": text} for key, title, text in DOCUMENTS]))
    (folder / "queries.jsonl").write_text(
        lines([{"_id": "q1", "text": "cranes of the harbour"}, {"_id": "q2", "text": "nobody judged this"}])
    )
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td3\t0\n")
    return folder


def test_others_code_is_run_on_the_same_questions(built: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where our encoder takes every question for one about the tower, ours falls behind the reference, which is not asked by it."""
    bench = open_bench(write_beir(built / "scifact"), encoder)
    table = reference_table(bench, bench.questions)
    assert table is not None
    by_document, *_, windows = table.rows
    assert [score.value for score in by_document.scores] == [1.0, 1.0, 0.0]
    assert [score.value for score in windows.scores] == [1.0, 1.0, 0.0]
    monkeypatch.setattr(
        type(encoder), "encode_questions", lambda _, texts: bench.index._vectors._parts[0].vectors().astype("float32")[-len(texts) :]
    )
    again = reference_table(bench, bench.questions)
    assert again is not None
    assert again.rows[0].scores[0].value < again.rows[0].scores[1].value == 1.0


def test_bm25_of_others_is_run_where_it_is_installed(built: Path, encoder: OnnxEncoder) -> None:
    pytest.importorskip("bm25s")
    bench = open_bench(write_beir(built / "scifact"), encoder)
    table = reference_table(bench, bench.questions)
    assert table is not None
    assert [row.label for row in table.rows][1] == "words alone, nDCG@10 by document"
    assert [score.value for score in table.rows[1].scores] == [1.0, 1.0, 0.0]


def test_several_sets_are_also_measured_together(built: Path, encoder: OnnxEncoder) -> None:
    one = measure_bench(open_bench(write_set(built / "one", SMALL), encoder))
    two = measure_bench(open_bench(write_set(built / "two", SMALL), encoder))
    together = pool_sets([one, two])
    assert together is not None
    assert together.title == "one and two, together"
    assert together.rows[0].scores[0].count == 6
    assert pool_sets([one]) is None


def test_a_sample_is_drawn_alike_every_time(built: Path, encoder: OnnxEncoder) -> None:
    bench = open_bench(write_set(built / "small", SMALL), encoder)
    drawn = [one.id for one in draw_sample(bench.questions, 2)]
    assert drawn == [one.id for one in draw_sample(bench.questions, 2)] == sorted(drawn)
    assert len(drawn) == 2
    assert draw_sample(bench.questions, 5) == bench.questions


def test_another_set_of_the_same_name_takes_the_place_of_the_first(built: Path, encoder: OnnxEncoder) -> None:
    """What was written out for the one is not searched for the other."""
    open_bench(write_set(built / "here" / "small", SMALL), encoder)
    other = write_set(built / "there" / "small", [])
    (other / "corpus.jsonl").write_text(lines([{"id": "x", "title": "", "date": None, "text": "Only this."}]))
    index = open_bench(other, encoder).index
    assert [index.store.source(path).text for path in index.store.sources()] == ["Only this."]


def test_a_difference_is_one_of_pairs() -> None:
    """Two of three the same, one lost: a mean of -1/3 over the three; a pair without a value is left out."""
    scores = compare("right", [True, False, False, None], [True, False, True, True]).scores
    assert [score.value for score in scores] == [pytest.approx(1 / 3), 0.75, pytest.approx(-1 / 3)]
    assert scores[-1].count == 3


def test_the_command_line_prints_records(built: Path, encoder: OnnxEncoder, capsys: pytest.CaptureFixture[str]) -> None:
    """Every figure with its table, its column, its interval and its count."""
    write_set(built / "sets" / "small", SMALL)
    assert main(["eval", "--bench", "small", "--data", str(built / "sets"), "--sample", "2", "--json"]) == 0
    (printed,) = json.loads(capsys.readouterr().out)["sets"]
    assert (printed["set"], printed["questions"], printed["sampled"]) == ("small", 3, 2)
    assert {"table", "measure", "column", "value", "interval", "count", "hits"} == set(printed["scores"][0])


def test_a_wrong_name_is_told_the_sets_that_are_there(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_set(built / "sets" / "small", SMALL)
    write_beir(built / "sets" / "scifact")
    assert list_sets(built / "sets") == ["scifact", "small"]
    assert main(["eval", "--bench", "smal", "--data", str(built / "sets")]) == 1
    assert "scifact, small" in capsys.readouterr().err
    assert main(["eval", "--data", str(built / "sets")]) == 1
    assert "holds: scifact, small" in capsys.readouterr().err
    assert main(["eval", "--bench", "small", "--data", str(built / "nowhere")]) == 1
    assert "holds no set" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "said"), [("nowhere", "is not a folder"), ("empty", "holds no questions.jsonl")])
def test_what_is_no_set_is_said_to_be_none(built: Path, encoder: OnnxEncoder, name: str, said: str) -> None:
    (built / "empty").mkdir()
    with pytest.raises(FactsError, match=said):
        open_bench(built / name, encoder)


def test_a_line_that_is_no_json_is_an_error(built: Path, encoder: OnnxEncoder) -> None:
    folder = write_set(built / "broken", SMALL)
    (folder / "questions.jsonl").write_text("{")
    with pytest.raises(FactsError, match="one JSON object a line"):
        open_bench(folder, encoder)


def test_beirs_form_with_a_field_missing_is_an_error(built: Path, encoder: OnnxEncoder) -> None:
    folder = built / "broken"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text('{"id": "d1"}\n')
    (folder / "queries.jsonl").write_text("")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n")
    with pytest.raises(FactsError, match="not in BEIR's form"):
        open_bench(folder, encoder)


def test_characters_are_counted_by_hand() -> None:
    """4 of 10 characters of evidence retrieved, with 4 others: recall 0.4, precision 0.5, union 14."""
    recall, precision, union = span_values([([("a", (0, 10))], [("a", (6, 14))])]).values()
    assert (recall, precision) == ([0.4], [0.5])
    assert union == [pytest.approx(4 / 14)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ablation", "--bench", "small"], "expected one of them"),
        (["--checks", "--bench", "small"], "expected one of them"),
        (["--bench", "small", "--model", "openai:gpt"], "leave --model"),
        (["--ablation", "--workers", "2"], "leave them out"),
    ],
)
def test_options_of_another_measure_are_refused(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures of something else than was asked for would be worse than none."""
    assert main(["eval", *options]) == 1
    assert said in capsys.readouterr().err
