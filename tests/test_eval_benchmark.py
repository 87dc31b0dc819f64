"""What indexing and asking cost: made-up corpora of a size, figures beside what they are compared with, and the command."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from eval.benchmark import Benchmark, run_benchmark
from eval.benchmark_html import render_benchmark
from eval.charts import draw_growth
from eval.growth import STAGES, Growth
from eval.passages import Passages, read_passages, write_corpus
from eval.speed import Measure, measure_embedding
from index.errors import FactsError
from index.paragraphs import split_paragraphs
from index.sources import find_files, read_source
from ui.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder

PASSAGES = Passages(
    paragraphs=(("Harbour", "Boats came in. Nobody counted them."), ("Mill", "The mill turned slowly. It ground rye.")),
    questions=("How many?",),
)


def grown(paragraphs: int, milliseconds: float) -> Growth:
    """Return figures of a size; every stage took as long."""
    return Growth(
        paragraphs=paragraphs,
        files=4,
        encoded=True,
        build=10.0,
        embedding=8.0,
        build_memory=160.0,
        disk=2.5,
        unchanged=0.25,
        walk=0.125,
        changed=0.5,
        opened=40.0,
        memory=200.0,
        stages=dict.fromkeys(STAGES, (milliseconds, 2 * milliseconds)),
    )


def test_a_corpus_beyond_the_real_paragraphs_is_put_together_from_their_sentences() -> None:
    """The first two are the real ones; each of the others is four of their sentences, the same with every call."""
    texts = list(PASSAGES.texts(50))
    known = {"Boats came in.", "Nobody counted them.", "The mill turned slowly.", "It ground rye."}
    assert texts[:2] == list(PASSAGES.paragraphs)
    assert all({sentence + "." for sentence in text.rstrip(".").split(". ")} <= known for _, text in texts[2:])
    assert len(texts) == 50
    assert texts == list(PASSAGES.texts(50))


@pytest.mark.parametrize(("count", "files"), [(20, 5), (400, 20)])
def test_a_corpus_has_about_as_many_paragraphs_as_asked_for(tmp_path: Path, count: int, files: int) -> None:
    """Titles count; the files are as many as paragraphs in each, up to a hundred of these."""
    write_corpus(tmp_path / "corpus", read_passages(None), count)
    sources = [read_source(tmp_path / "corpus", path) for path in find_files(tmp_path / "corpus")]
    assert len(sources) == files
    assert sum(len(split_paragraphs(source.path, source.text)) for source in sources) == pytest.approx(count, rel=0.05)


def test_a_folder_without_sets_is_named(tmp_path: Path) -> None:
    """The message says what was expected."""
    with pytest.raises(FactsError, match=r"holds no set of questions; expected a folder of sets"):
        read_passages(tmp_path)


def test_a_figure_says_how_many_times_the_other_it_is() -> None:
    """6 beside 4 is 1.5 times; beside nothing it is without end."""
    measure = Measure(name="embedding", value=6.0, unit="windows/s", beside="another", other=4.0)
    assert "6 windows/s" in str(measure)
    assert "1.50 times another (4)" in str(measure)
    assert Measure(name="", value=1.0, unit="s", beside="", other=0.0).ratio == float("inf")


def test_embedding_is_set_beside_torch_and_the_arithmetic(encoder: OnnxEncoder) -> None:
    """Each figure has its unit, and what it is compared with."""
    ours, arithmetic = measure_embedding(encoder, PASSAGES.paragraphs * 8, turns=1)
    assert (ours.unit, arithmetic.unit) == ("windows/s", "10^9 operations/s")
    assert min(ours.value, ours.other, arithmetic.value, arithmetic.other) > 0


def test_a_size_is_built_asked_and_changed_in_turn() -> None:
    """Every stage has its times, and each line is said once known."""
    said: list[object] = []
    measured = run_benchmark(None, [40], peers=False, say=said.append, turns=1, questions=3)
    (growth,) = measured.growth
    assert 38 <= growth.paragraphs <= 42
    assert set(growth.stages) == set(STAGES)
    assert all(0 < p50 <= p95 for p50, p95 in growth.stages.values())
    assert 0 < growth.embedding < growth.build
    assert min(growth.unchanged, growth.walk, growth.changed, growth.opened, growth.memory, growth.build_memory, growth.disk) > 0
    assert [measure.name for measure in measured.parts][:2] == ["embedding", "its arithmetic"]
    assert measured.machine in str(said[0])
    assert f"{growth.paragraphs:,} paragraphs in" in str(said[-1])
    assert json.loads(json.dumps(measured.to_dict()))["growth"][0]["ratios"].keys() == {one.name for one in growth.measures()}


def test_what_is_not_embedding_is_left_out_where_vectors_are_mixed() -> None:
    """10 s of building with 8 s of embedding leave 2 s, a quarter of the embedding."""
    (first, *_) = grown(100, 5.0).measures()
    assert (first.name, first.value, first.ratio) == ("all but embedding", 2.0, 0.25)


def test_the_report_draws_costs_by_size() -> None:
    """Sizes stand in order, whichever was measured first; nothing is loaded from elsewhere."""
    measure = Measure(name="<embedding>", value=6.0, unit="windows/s", beside="another", other=4.0)
    page = render_benchmark(Benchmark(machine="2 cores", parts=(measure,), growth=(grown(10_000, 9.0), grown(100, 5.0))))
    places = [page.index(text) for text in ("A question, median", "100 paragraphs in 4 files", "10,000 paragraphs in 4 files")]
    assert all(before < after for before, after in pairwise(places))
    assert page.count("<svg") == 4
    assert "&lt;embedding&gt;" in page
    assert "http" not in page


def test_a_cost_of_nothing_is_not_drawn() -> None:
    """A logarithm of 0 would stretch the axis without end."""
    points = [
        re.findall(r'<g clip-path="[^"]*">(.*?)</g>', draw_growth([100, 1000], {"a": [first, 2.0]}, "s"), re.DOTALL) for first in (1.0, 0.0)
    ]
    assert [sum(one.count("<use") for one in drawn) for drawn in points] == [2, 1]


def test_the_command_names_what_cannot_be_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is not there, a folder without sets, a size that tells nothing."""
    assert main(["bench", "--report", str(tmp_path / "missing" / "bench.html")]) == 1
    assert "is not a folder; expected one that is there" in capsys.readouterr().err
    assert main(["bench", "--data", str(tmp_path)]) == 1
    assert "holds no set of questions" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["bench", "--sizes", "5"])
    assert "expected 20 or more" in capsys.readouterr().err
