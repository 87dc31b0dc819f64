"""The command line, as it is typed: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from eval.runs import find_runs, read_run
from index.locations import ROOT
from rag import Assistant
from ui.cli import main

PINCITE = Path(sys.executable).with_name("pincite")


@pytest.fixture
def where(corpus: Path, tmp_path: Path) -> list[str]:
    return ["--corpus", str(corpus), "--index-dir", str(tmp_path / "index")]


def test_a_question_is_answered_with_its_source(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "How many cranes does the harbour have?", *where]) == 0
    printed = capsys.readouterr().out
    assert "14 cranes" in printed
    assert "[1] harbour.txt, paragraph 4" in printed


def test_json_is_one_record_with_exact_offsets(where: list[str], corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "How many cranes does the harbour have?", "--json", *where]) == 0
    citation = json.loads(capsys.readouterr().out)["citations"][0]
    assert (corpus / citation["source"]).read_bytes().decode("utf-8")[citation["start"] : citation["end"]] == citation["quote"]


def test_a_kept_answer_is_checked_against_the_files(
    where: list[str], corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0 while every quote stands, 1 with the new words when one was edited."""
    assert main(["ask", "How many cranes does the harbour of Ostmark have?", "--json", *where]) == 0
    kept = tmp_path / "answer.json"
    kept.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["verify", str(kept), *where]) == 0
    assert "[1] ok: harbour.txt, paragraph 4" in capsys.readouterr().out
    file = corpus / "harbour.txt"
    file.write_text(file.read_text(encoding="utf-8").replace("14 cranes", "15 cranes"), encoding="utf-8")
    assert main(["verify", str(kept), *where]) == 1
    printed = capsys.readouterr()
    assert "now: It has 15 cranes." in printed.out
    assert "no longer stand" in printed.err


def test_somebodys_text_is_checked_against_the_documents(
    where: list[str], corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is right is cited exactly, what is wrong is said and makes exit code 1; JSON holds the same."""
    text = tmp_path / "reply.md"
    text.write_text("Here is what I found:\n- **The harbour of Ostmark** has 14 cranes [9].\n- The tower of Brill is 71 metres high.\n")
    assert main(["check", str(text), *where]) == 1
    printed = capsys.readouterr()
    assert "supported       The harbour of Ostmark has 14 cranes. [1]" in printed.out
    assert "[1] harbour.txt, paragraph 4: " in printed.out
    assert 'the passage says "61 metres", not "71 metres"' in printed.out
    assert "1 of 2 statements" in printed.err
    main(["check", str(text), "--json", *where])
    for citation in json.loads(capsys.readouterr().out)["citations"]:
        assert (corpus / citation["source"]).read_bytes().decode("utf-8")[citation["start"] : citation["end"]] == citation["quote"]


def test_what_differs_between_documents_is_listed_without_a_question(
    where: list[str], corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The newest document's figure first; figures of other things stay out."""
    (corpus / "news.txt").write_text("Ostmark today\nMay 9, 2024\n\nThe harbour of Ostmark has 17 cranes and 30 sheds.\n", encoding="utf-8")
    assert main(["conflicts", *where]) == 0
    printed = capsys.readouterr().out
    assert printed.index("17") < printed.index("14")
    assert "news.txt, paragraph 3, 2024-05-09" in printed
    assert "30" not in printed
    assert "40,000" not in printed


def test_bad_files_are_named_on_standard_error_and_skipped(where: list[str], corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, and the good files are indexed; `--json` lists them all."""
    (corpus / "binary.txt").write_bytes(b"\x7fELF\0\0")
    (corpus / "photo.png").write_bytes(b"\x89PNG")
    assert main(["index", *where]) == 0
    printed = capsys.readouterr()
    assert "3 documents" in printed.out
    assert "skipped binary.txt: binary data" in printed.err
    assert "1 .png" in printed.err
    assert main(["index", "--json", *where]) == 0
    assert list(json.loads(capsys.readouterr().out)["skipped"]) == ["binary.txt"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["index", "nowhere"], "nowhere does not exist; expected a folder"),
        (["index", "pyproject.toml"], "is a file"),
        (["ask", "   "], "the question is empty"),
        (["verify", "nowhere.json"], "nowhere.json holds no answer"),
        (["verify", "pyproject.toml"], "expected what this prints: pincite ask --json"),
        (["eval", "--facts", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["eval", "--checks", "--min", "accuracy=0.9"], "--min and --max bound the figures of the known facts"),
        (["eval", "--checks", "--workers", "2"], "--workers and --price are for asking the known facts"),
        (["eval", "--price", "1,2", "diff", "last-1", "last"], "--workers and --price are for asking the known facts"),
        (["eval", "--price", "1,2"], "expected a model: --model NAME"),
        (["eval", "lint", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["eval", "diff", "nowhere.json", "last"], "nowhere.json is not a run"),
    ],
)
def test_what_a_user_can_mend_is_one_line_and_exit_code_1(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_a_model_that_cannot_be_used_is_said_and_the_documents_are_quoted(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An answer is given all the same; an evaluation is not, because it would not be the model's."""
    nowhere = ["--model", "http://127.0.0.1:9/v1"]
    assert main(["ask", "How many cranes does the harbour of Ostmark have?", *nowhere, *where]) == 0
    said = capsys.readouterr().out
    assert "It has 14 cranes. [1]" in said
    assert "no server answers for http://127.0.0.1:9/v1; is it running, and can it be reached?" in " ".join(said.split())
    assert main(["eval", *nowhere, *where]) == 1
    assert capsys.readouterr().err == "pincite: no server answers for http://127.0.0.1:9/v1; is it running, and can it be reached?\n"


def test_an_empty_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(tmp_path)]) == 1
    assert "holds no files; expected at least one of: .txt" in capsys.readouterr().err


def test_a_taken_port_is_one_line_that_says_what_to_type(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port), *where]) == 1
    assert f"{port}" in capsys.readouterr().err.splitlines()[-1]


def test_a_file_of_proposals_is_served_to_be_judged(where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said how many; a file that holds neither facts nor proposals is refused before anything is served. The port is taken here."""
    facts = tmp_path / "own.jsonl"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        serve = ["serve", "--port", str(taken.getsockname()[1]), "--facts", str(facts), *where]
        for text, said in (
            ('{"question": "Who?", "answers": [], "proposed": "by hand"}', f"1 proposal of {facts} waits to be judged"),
            ('{"question": "Who?", "answers": []}', "is taken"),
            ("[]", "a list; expected one JSON object"),
        ):
            facts.write_text(text, encoding="utf-8")
            assert main(serve) == 1
            printed = capsys.readouterr().err
            assert said in printed
            assert ("is taken" in printed) == (text != "[]")


@pytest.mark.parametrize("command", [[], ["ask"], ["index"], ["serve"], ["eval"], ["eval", "diff"], ["eval", "lint"]])
def test_help_is_there_for_every_command(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command, "--help"])
    assert left.value.code == 0
    assert "usage: pincite" in capsys.readouterr().out


def test_eval_prints_its_table_and_its_misses(where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = tmp_path / "facts.jsonl"
    facts.write_text('{"question": "How many cranes does the harbour have?", "answers": ["99 cranes"]}\n', encoding="utf-8")
    assert main(["eval", "--facts", str(facts), "--show", *where]) == 0
    printed = capsys.readouterr().out
    assert "answer accuracy                0.000  [0.000, 0.793]  0/1" in printed
    assert "expected: 99 cranes" in printed


def test_eval_keeps_its_run_beside_the_index(where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says where, and what is kept is what was printed; when it cannot be kept, the figures are printed all the same."""
    facts = tmp_path / "facts.jsonl"
    facts.write_text('{"question": "How many cranes does the harbour have?", "answers": ["14 cranes"]}\n', encoding="utf-8")
    assert main(["eval", "--facts", str(facts), "--json", *where]) == 0
    printed = capsys.readouterr()
    (kept,) = find_runs(tmp_path / "index" / "runs")
    assert printed.err == f"pincite: the run is kept in {kept}\n"
    assert read_run(kept).results[0].right
    assert json.loads(kept.read_text(encoding="utf-8")) == json.loads(printed.out)
    kept.unlink()
    kept.parent.rmdir()
    kept.parent.write_text("a file in the way")
    assert main(["eval", "--facts", str(facts), *where]) == 0
    printed = capsys.readouterr()
    assert "the run cannot be kept" in printed.err
    assert "1/1" in printed.out


def test_eval_compares_kept_runs(where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last ones by name, any by its file; as text and as JSON; the folder may stand before the word or behind it."""
    facts = tmp_path / "facts.jsonl"
    row = '{"question": "How many cranes does the harbour have?", "answers": ["14 cranes"]}\n'
    for extra in ("", '{"question": "How high is the tower of Brill?", "answers": ["61 metres"]}\n'):
        facts.write_text(row + extra, encoding="utf-8")
        assert main(["eval", "--facts", str(facts), *where]) == 0
    capsys.readouterr()
    assert main(["eval", *where, "diff", "last-1", "last"]) == 0
    printed = capsys.readouterr().out
    assert "1 question in both, 1 only now" in printed
    assert "no difference can be told with 1 question" in printed
    newest, oldest = find_runs(tmp_path / "index" / "runs")
    assert main(["eval", "diff", str(oldest), str(newest), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["questions"] == 1
    for names, said in ((["last", "last-2"], "no 'last-2' among the 2 runs"), (["last", str(facts)], "is not a run")):
        assert main(["eval", "diff", *names, *where]) == 1
        assert said in capsys.readouterr().err


def test_eval_fails_a_build_that_falls_short(where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 with the figure and its bound, after the table; an unknown figure is refused before anything is asked."""
    facts = tmp_path / "facts.jsonl"
    facts.write_text('{"question": "How many cranes does the harbour have?", "answers": ["99 cranes"]}\n', encoding="utf-8")
    asked = ["eval", "--facts", str(facts), *where]
    assert main([*asked, "--max", "false-abstentions=0.03"]) == 0
    assert main([*asked, "--min", "accuracy=0.95", "--max", "false-abstentions=0.03"]) == 1
    printed = capsys.readouterr()
    assert "0/1" in printed.out
    assert printed.err.endswith("pincite: 1 of 2 gates failed: accuracy is 0, expected at least 0.95\n")
    assert main([*asked, "--min", "acuracy=0.95"]) == 1
    printed = capsys.readouterr()
    assert "no figure 'acuracy'; expected one of accuracy, " in printed.err
    assert printed.out == ""
    with pytest.raises(SystemExit) as left:
        main([*asked, "--min", "accuracy"])
    assert left.value.code == 2
    assert "expected NAME=VALUE, such as accuracy=0.95" in capsys.readouterr().err


def test_eval_goes_on_where_it_was_interrupted(
    where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and the whole run is kept; nothing else is left behind."""
    facts = tmp_path / "facts.jsonl"
    questions = ("How many cranes does the harbour have?", "How high is the tower of Brill?")
    facts.write_text("\n".join(json.dumps({"question": question, "answers": ["14 cranes"]}) for question in questions), encoding="utf-8")
    stream = Assistant.stream

    def interrupted(self: Assistant, question: str, history: object, **options: object) -> object:
        if question == questions[1]:
            raise KeyboardInterrupt
        return stream(self, question, history, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Assistant, "stream", interrupted)
        assert main(["eval", "--facts", str(facts), *where]) == 130
    capsys.readouterr()
    assert main(["eval", "--facts", str(facts), *where]) == 0
    printed = capsys.readouterr()
    assert "1 of 2 facts were asked" in printed.err
    assert "1/2" in printed.out
    assert list((tmp_path / "index" / "runs").iterdir()) == find_runs(tmp_path / "index" / "runs")


def test_eval_scores_the_checks_of_statements(capsys: pytest.CaptureFixture[str]) -> None:
    """On the known claims, by kind."""
    assert main(["eval", "--checks"]) == 0
    printed = capsys.readouterr().out
    assert "303 claims" in printed
    assert "false: figure" in printed


def test_the_installed_command_works_from_any_folder(corpus: Path, tmp_path: Path) -> None:
    """And a reader that leaves early is no error."""
    command = f"'{PINCITE}' ask 'How many cranes?' --corpus '{corpus}' --index-dir '{tmp_path / 'index'}' | head -1"
    run = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert "14" in run.stdout
