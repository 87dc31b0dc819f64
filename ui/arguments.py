"""What can be typed: the commands with their options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from eval.costs import Price
from eval.facts import FACTS
from eval.together import MOST, SEVERAL
from ui.cli_propose import add_words

if TYPE_CHECKING:
    from eval.gates import Gate

_SIZES = (100, 10_000)  # paragraphs of the indexes that are measured
_LEAST = 20  # of these, or nothing can be told from them


def make_parser() -> argparse.ArgumentParser:
    """Return the parser; what it parses names its command as `command`."""
    parser = argparse.ArgumentParser(
        prog="pincite", description="Answers about a folder of documents, every statement pinned to its place."
    )
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    common, records = _shared()
    writer = argparse.ArgumentParser(add_help=False)
    writer.add_argument(
        "--model",
        metavar="NAME",
        help='who writes: "provider:name", or the URL of an OpenAI-compatible server (default: PINCITE_MODEL; "extractive": none)',
    )

    ask = commands.add_parser(
        "ask", parents=[common, writer, records], help="answer one question", description="Answer one question and name the sources."
    )
    ask.add_argument("question", help='in plain words, "How many …?"')

    commands.add_parser(
        "conflicts",
        parents=[common, records],
        help="list where the documents differ",
        description="List where two documents give different figures for one thing. Takes about a minute for 200 figures.",
    )

    verify = commands.add_parser(
        "verify",
        parents=[common, records],
        help="check a kept answer's quotes against the files",
        description="Say of each quote of an answer kept with `pincite ask --json` how it stands: ok, moved, changed or missing.",
    )
    verify.add_argument("file", type=Path, metavar="FILE", help='an answer as JSON; "-" reads standard input')

    check = commands.add_parser(
        "check",
        parents=[common, records],
        help="check somebody's text against the documents",
        description="Say of each sentence of a text, such as a language model's answer, whether the documents say it, and where.",
    )
    check.add_argument("file", type=Path, metavar="FILE", help='a text file; "-" reads standard input')

    index = commands.add_parser(
        "index", parents=[common, records], help="build or update an index", description="Read a folder and index what changed."
    )
    index.add_argument("folder", type=Path, nargs="?", help="folder of documents; the same as --corpus")
    index.add_argument("--rebuild", action="store_true", help="take nothing over from the index that is there")

    doctor = commands.add_parser(
        "doctor",
        parents=[common, records],
        help="look at the index and this machine",
        description="Say what is in the index, whether it is today's, which documents are nearly the same, and what wants mending. Nothing "
        "is changed. Exits with 1 when something has to be done.",
    )
    doctor.add_argument("--verify", action="store_true", help="compare every file of the index and the encoder with its hash, too")

    _add_serve(commands, common, writer)
    _add_eval(commands, common, writer, records)
    _add_bench(commands, records)
    return parser


def _add_serve(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser, writer: argparse.ArgumentParser
) -> None:
    """Add `serve`."""
    serve = commands.add_parser(
        "serve",
        parents=[common, writer],
        help="serve the page",
        description="Serve the page, on this machine only unless --host says otherwise.",
    )
    serve.add_argument("--port", type=_port, default=7860, help="port to listen on (default: 7860)")
    serve.add_argument(
        "--host", metavar="ADDRESS", default="127.0.0.1", help="address to listen on (default: 127.0.0.1); others need --auth"
    )
    serve.add_argument(
        "--auth",
        action="append",
        metavar="NAME:FILE",
        help="let in only who knows this name and the password on FILE's first line; may be given several times",
    )
    serve.add_argument(
        "--facts",
        type=Path,
        metavar="FILE",
        help="known facts to ask on the page, or proposals to judge (default: eval/facts.jsonl for seeds/, else those judged there)",
    )


def _add_bench(commands: argparse._SubParsersAction[argparse.ArgumentParser], records: argparse.ArgumentParser) -> None:
    """Add `bench`."""
    bench = commands.add_parser(
        "bench",
        parents=[records],
        help="measure what indexing and asking cost here",
        description="Measure embedding, search, start, and whole indexes of several sizes on this machine, each figure beside a peer or a "
        "limit measured in the same run. Takes about two minutes for the sizes that it has by itself; run it on a quiet machine.",
    )
    bench.add_argument(
        "--data", type=Path, metavar="FOLDER", help="public question sets to take paragraphs and questions from (default: seeds/)"
    )
    bench.add_argument(
        "--sizes",
        type=_paragraphs,
        nargs="+",
        metavar="N",
        default=_SIZES,
        help=f"paragraphs of the indexes (default: {' '.join(map(str, _SIZES))}); a million takes about half an hour",
    )
    bench.add_argument(
        "--peers", action="store_true", help="measure LangChain, txtai and bm25s, too; installed once, into an environment of their own"
    )
    bench.add_argument("--report", type=Path, metavar="FILE.html", help="write figures and charts to one file that loads nothing")


def _shared(unset: str | None = None) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Return the options of where the documents are, and of how records are printed; `unset` is what they are unless they are typed."""
    common = argparse.ArgumentParser(add_help=False, argument_default=unset)
    common.add_argument(
        "--corpus", type=Path, metavar="FOLDER", help="folder of documents (default: PINCITE_CORPUS, else the checkout's seeds/)"
    )
    common.add_argument(
        "--index-dir", type=Path, metavar="FOLDER", help="where the index is kept (default: a folder of its own in .index/)"
    )
    records = argparse.ArgumentParser(add_help=False, argument_default=unset)
    records.add_argument("--json", action="store_true", help="print JSON")
    return common, records


def _add_eval(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    writer: argparse.ArgumentParser,
    records: argparse.ArgumentParser,
) -> None:
    """Add `eval` with the words that may stand behind it."""
    evaluate = commands.add_parser(
        "eval",
        parents=[common, writer, records],
        help="score the answers",
        description="Ask every known fact and print how often the answers are right. The run is kept in runs/ beside the index; one that "
        "is interrupted goes on where it was when the same is typed again.",
    )
    evaluate.add_argument("--facts", type=Path, metavar="FILE", default=FACTS, help="known facts, JSON Lines (default: eval/facts.jsonl)")
    evaluate.add_argument("--show", action="store_true", help="print every miss")
    evaluate.add_argument(
        "--workers",
        type=_workers,
        metavar="N",
        help=f"facts asked at once (default: {SEVERAL} for the model of a provider, 1 for quotations, ollama and a server's URL); "
        "a rate limit is waited for, and fewer are asked at once from then on",
    )
    evaluate.add_argument(
        "--price", type=_price, metavar="IN,OUT", help="dollars a million tokens that the model reads and writes, to print what it cost"
    )
    for option, least in (("--min", True), ("--max", False)):
        evaluate.add_argument(
            option,
            dest="gates",
            type=_at_least if least else _at_most,
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help=f"exit with 1 when a figure is {'under' if least else 'over'} this: a label of the table with dashes for spaces, or "
            "accuracy; may be given several times",
        )
    evaluate.add_argument(
        "--report", type=Path, metavar="FILE.html", help="write figures, charts and misses to one file that loads nothing"
    )
    _add_outside(evaluate)
    evaluate.add_argument("--checks", action="store_true", help="score the checks of statements instead, on eval/claims.jsonl")
    words = evaluate.add_subparsers(title="instead of asking", dest="word", metavar="[WORD]")
    shared = _shared(argparse.SUPPRESS)  # what stands before the word holds too
    diff = words.add_parser(
        "diff",
        parents=shared,
        help="compare two kept runs",
        description="Say which questions were won and lost from one run to the next, and whether that is more than chance.",
    )
    diff.add_argument(
        "before", metavar="BEFORE", help='a file in runs/ beside the index; "last" is the newest there, "last-1" the one before'
    )
    diff.add_argument("now", metavar="NOW", help="likewise")
    lint = words.add_parser(
        "lint",
        parents=shared,
        help="check a file of known facts",
        description="Look for faults in a file of known facts. Exit code 1 when there are any; warnings alone leave it 0.",
    )
    lint.add_argument("file", type=Path, metavar="FILE", help="known facts, JSON Lines")
    add_words(words, shared[0])


def _add_outside(evaluate: argparse.ArgumentParser) -> None:
    """Add what measures something else than the answers to the known facts."""
    evaluate.add_argument(
        "--ablation",
        action="store_true",
        help="ask the known facts with one part of the reader more, then less, each time; takes minutes",
    )
    evaluate.add_argument(
        "--bench",
        metavar="NAME",
        action="append",
        help="measure a public question set instead: the folder NAME in --data; may be given several times",
    )
    evaluate.add_argument("--data", type=Path, metavar="FOLDER", help="folder of question sets, for --bench and --checks")
    evaluate.add_argument("--sample", type=_count, metavar="N", help="with --bench: N of its questions, drawn alike every time")
    evaluate.add_argument(
        "--references",
        action="store_true",
        help="with --bench: also run sentence-transformers and bm25s on the same questions; minutes the first time",
    )


def _count(written: str) -> int:
    if not written.isdigit() or int(written) < 1:
        raise argparse.ArgumentTypeError(f"{written!r} is no number of questions; expected 1 or more")
    return int(written)


def _paragraphs(written: str) -> int:
    count = int(written) if written.isdigit() else 0
    if count < _LEAST:
        raise argparse.ArgumentTypeError(f"{written!r} is no number of paragraphs; expected {_LEAST} or more")
    return count


def _port(written: str) -> int:
    port = int(written) if written.isdigit() else -1
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{written!r} is not a port; expected 1 to 65535")
    return port


def _workers(written: str) -> int:
    workers = int(written) if written.isdigit() else 0
    if not 1 <= workers <= MOST:
        raise argparse.ArgumentTypeError(f"{written!r} is no number of facts; expected 1 to {MOST}")
    return workers


def _price(written: str) -> Price:
    try:
        return Price.parse(written)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{written!r} is no price; expected two numbers, dollars a million tokens: 0.15,0.60") from None


def _at_least(written: str) -> Gate:
    return _gate(written, least=True)


def _at_most(written: str) -> Gate:
    return _gate(written, least=False)


def _gate(written: str, *, least: bool) -> Gate:
    from eval.gates import Gate

    try:
        return Gate.read(written, least=least)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{written!r} is no bound; expected NAME=VALUE, such as accuracy=0.95") from None
