"""The rules of the house: who may import whom, what stays unloaded, what is promised in public, and no network."""

from __future__ import annotations

import ast
import doctest
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import rag
from index.locations import ROOT, default_index_dir

if TYPE_CHECKING:
    from pathlib import Path

ROOMS = {"index": set(), "rag": {"index"}, "eval": {"index", "rag"}, "ui": {"index", "rag", "eval"}}
OWN = {  # third-party libraries and the rooms that may name them
    "faiss": {"index", "eval"},
    "sentence_transformers": {"index"},
    "onnxruntime": {"index"},
    "tantivy": {"index", "eval"},
    "langchain_core": {"rag"},
    "gradio": {"ui"},
    "lxml": {"index"},
    "docx": {"index"},
    "pypdfium2": {"index"},
    "torch": {"index", "eval"},
}


def imports(file: Path) -> set[str]:
    """The top-level names that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


PEERS = ROOT / "eval" / "peer_pipelines.py"  # other people's pipelines, run where Pincite is not installed
FILES = [(room, file) for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")) if file != PEERS]


@pytest.mark.parametrize(("room", "file"), FILES, ids=[file.relative_to(ROOT).as_posix() for _, file in FILES])
def test_imports_go_one_way(room: str, file: Path) -> None:
    """`index` <- `rag` <- `eval` <- `ui`, and a library lives in the rooms that are meant for it."""
    named = imports(file)
    assert named & set(ROOMS) <= ROOMS[room] | {room}
    assert not {library for library, rooms in OWN.items() if library in named and room not in rooms}
    assert "pickle" not in named
    assert "langchain_community" not in named


@pytest.mark.parametrize("statement", ["import rag", "import ui.cli", "import index, eval, ui"])
def test_heavy_libraries_stay_unloaded_until_they_are_needed(statement: str) -> None:
    """The names are checked; the time is printed by `make bench`."""
    code = f"{statement}; import sys; print(' '.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {
        "torch",
        "transformers",
        "sentence_transformers",
        "faiss",
        "gradio",
        "onnxruntime",
        "langchain_core",
        "langchain",
        "numpy",
        "tantivy",
        "lxml",
        "docx",
        "pypdfium2",
    }
    assert not heavy & set(run.stdout.split())


def test_what_can_be_typed_is_told_without_loading_what_answers() -> None:
    """`pincite --help` waits for neither the room that answers nor what measures it."""
    code = "import ui.cli, sys; print(' '.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"rag", "eval.run", "index.search"} & set(run.stdout.split())


def test_a_question_does_not_load_torch(tmp_path: Path) -> None:
    """From an index that is there: torch and transformers are for the export and for training."""
    code = (
        "import sys; from rag import ask; ask('How many unicorn companies does Huangpu have?');"
        "assert not {'torch', 'transformers', 'sentence_transformers', 'gradio', 'lxml', 'docx', 'pypdfium2'} & set(sys.modules)"
    )
    rag.ask("How many unicorn companies does Huangpu have?")
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_public_names_are_these() -> None:
    """A name less breaks someone's code, a name more is a promise."""
    assert sorted(rag.__all__) == ["Answer", "Assistant", "Check", "Citation", "Conflict", "Statement", "ask", "verify"]


NO_NETWORK = """
import ipaddress, sys

def loopback_only(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if name not in (None, "", "localhost") and not ipaddress.ip_address(name).is_loopback:
        sys.stderr.write(f"a socket to {name}\\n")
        sys.exit(99)

sys.addaudithook(loopback_only)
"""


def test_no_socket_is_opened_beyond_loopback(tmp_path: Path) -> None:
    """Index, ask, the chain and the eval, with every connection and look-up watched by the interpreter itself."""
    facts = "\n".join((ROOT / "eval" / "facts.jsonl").read_text(encoding="utf-8").splitlines()[:3])
    (tmp_path / "facts.jsonl").write_text(facts, encoding="utf-8")
    code = f"""{NO_NETWORK}
from rag import Assistant
from ui.cli import main
where = ["--corpus", "seeds", "--index-dir", {str(tmp_path / "index")!r}]
assert main(["index", *where]) == 0
assert main(["ask", "Who is Luo Wenbo?", *where]) == 0
assert main(["eval", "--facts", {str(tmp_path / "facts.jsonl")!r}, *where]) == 0
assert Assistant("seeds", {str(tmp_path / "index")!r}).chain.invoke("Who is Luo Wenbo?").text
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_the_watch_on_sockets_sees_one() -> None:
    """The test above can fail."""
    code = NO_NETWORK + "import socket; socket.create_connection(('192.0.2.1', 80), timeout=0.1)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 99


def test_the_session_in_the_readme_is_true() -> None:
    """What it shows is what is printed today."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    session = text[text.index(">>> from rag") : text.index("```", text.index(">>> from rag"))]
    example = doctest.DocTestParser().get_doctest(session, {}, "README.md", "README.md", 0)
    assert doctest.DocTestRunner().run(example).failed == 0


def test_no_rule_knows_the_seeds() -> None:
    """Names and figures of the corpus stand in its facts and in documentation, never in code."""
    known = re.compile(r"huangpu|guangzhou|akeso|cyagen|vectorbuilder|hengrui|fresenius|unicorn", re.IGNORECASE)
    for _, file in FILES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        docstrings = {
            ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docstrings:
                assert not known.search(node.value), f"{file}: {node.value!r}"


def test_two_folders_of_one_name_have_indexes_of_their_own(tmp_path: Path) -> None:
    """The folder's name is for people, the hash of its path keeps them apart."""
    one, other = default_index_dir(tmp_path / "a" / "papers"), default_index_dir(tmp_path / "b" / "papers")
    assert one != other
    assert one.name.startswith("papers-")
