"""Public question sets: read in both forms, measured by document, by passage and by character."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eval.bench import open_bench
from eval.outside import measure_bench, render_bench
from eval.spans import span_scores
from index.errors import FactsError

if TYPE_CHECKING:
    from pathlib import Path

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


def test_a_set_in_the_common_form_is_measured(built: Path, encoder: OnnxEncoder) -> None:
    """Both evidences are found first; one answer is right, and what nothing answers is declined."""
    folder = built / "small"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text(lines([{"id": key, "title": title, "date": None, "text": text} for key, title, text in DOCUMENTS]))
    questions = [
        {
            "id": "1",
            "question": "How many cranes does the harbour have?",
            "answers": ["14 cranes"],
            "unanswerable": False,
            "evidence": [{"doc": "d1", "text": "It has 14 cranes and 3 docks."}],
        },
        {
            "id": "2",
            "question": "How high is the tower of Brill?",
            "answers": ["62 metres"],
            "unanswerable": False,
            "evidence": [{"doc": "d3", "text": "61 metres high"}],
        },
        {"id": "3", "question": "What is the boiling point of tungsten?", "answers": [], "unanswerable": True, "evidence": []},
    ]
    (folder / "questions.jsonl").write_text(lines(questions))
    bench = open_bench(folder, encoder)
    groups = dict(measure_bench(bench, folder))
    assert set(groups) == {"finding, words alone", "finding, meaning alone", "finding, both", "answering"}
    assert {score.label: (score.hits, score.count) for score in groups["finding, both"]}["evidence within 1"] == (2, 2)
    assert {score.label: (score.hits, score.count) for score in groups["answering"]} == {
        "answer accuracy": (1, 2),
        "a citation in the evidence": (2, 2),
        "false abstentions": (0, 2),
        "abstention recall": (1, 1),
    }
    text = render_bench(bench, groups.items())
    assert "small: 3 documents, 3 questions" in text
    assert "published: nothing that can be compared" in text


def test_a_set_in_beirs_form_is_read(built: Path, encoder: OnnxEncoder) -> None:
    """Judged questions alone are asked; a document is the evidence, whole."""
    folder = built / "scifact"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(lines([{"_id": key, "title": title, "text": text} for key, title, text in DOCUMENTS]))
    (folder / "queries.jsonl").write_text(
        lines([{"_id": "q1", "text": "cranes of the harbour"}, {"_id": "q2", "text": "nobody judged this"}])
    )
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td3\t0\n")
    bench = open_bench(folder, encoder)
    (question,) = bench.questions
    assert question.evidence == (("00000.txt", (24, 24 + len(DOCUMENTS[0][2]))),)
    groups = dict(measure_bench(bench, folder))
    assert {score.label: score.value for score in groups["finding, both"]} == {"nDCG@10": 1.0, "recall@10": 1.0}
    assert "BM25 0.679" in render_bench(bench, groups.items())


@pytest.mark.parametrize(("name", "said"), [("nowhere", "is not a folder"), ("empty", "holds no questions.jsonl")])
def test_what_is_no_set_is_said_to_be_none(built: Path, encoder: OnnxEncoder, name: str, said: str) -> None:
    (built / "empty").mkdir()
    with pytest.raises(FactsError, match=said):
        open_bench(built / name, encoder)


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
    recall, precision, union = span_scores([([("a", (0, 10))], [("a", (6, 14))])])
    assert (recall.value, precision.value) == (0.4, 0.5)
    assert union.value == pytest.approx(4 / 14)
