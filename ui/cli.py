"""The command line: `pincite ask`, `verify`, `check`, `conflicts`, `index`, `doctor`, `serve`, `eval` and `bench`.

Records go to standard output, everything else to standard error. What a user can mend is one line and exit code 1;
anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any

from index.errors import AnswerError, CorpusError, ModelError, PinciteError
from index.locations import default_index_dir
from ui.arguments import make_parser
from ui.cli_bench import run_bench
from ui.cli_eval import run_eval

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from index.build import BuildReport
    from rag import Answer

_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MOST_NAMED = 20  # files that were skipped, before the rest is only counted


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = make_parser().parse_args(arguments)
    logging.basicConfig(format="pincite: %(message)s", level=logging.WARNING, stream=sys.stderr)
    try:
        code = _COMMANDS[args.command](args)
    except PinciteError as error:
        print(f"pincite: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("pincite: interrupted; what was built before is unharmed", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has left, `pincite ask … | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = None
    return code or 0


def printable(said: object) -> str:
    r"""Return text without what a terminal would obey: control characters, and marks that turn the direction of writing.

    >>> printable("red \x1b[31m text")
    'red \ufffd[31m text'
    """
    return _OBEYED.sub("\ufffd", str(said))


def _ask(args: argparse.Namespace) -> None:
    from rag import Assistant
    from rag.chat_models import EXTRACTIVE

    assistant = Assistant(args.corpus, args.index_dir, args.model, progress=sys.stderr.isatty())
    follow = sys.stderr.isatty() and assistant.model != EXTRACTIVE
    answer = _follow(assistant.stream(args.question)) if follow else assistant.ask(args.question)
    print(json.dumps(answer.to_dict(timings=True), ensure_ascii=False, indent=2) if args.json else printable(answer))


def _follow(answers: Iterable[Answer]) -> Answer:
    """Show a chat model's sentences on standard error as soon as they are checked, and return the final answer."""
    shown: set[str] = set()
    for answer in answers:
        for statement in answer.statements:
            if statement.supported and statement.text not in shown:
                print(f"checked: {printable(statement.text)}", file=sys.stderr)
                shown.add(statement.text)
    return answer


def _conflicts(args: argparse.Namespace) -> None:
    from rag import Assistant

    found = Assistant(args.corpus, args.index_dir, progress=sys.stderr.isatty()).conflicts()
    if args.json:
        print(json.dumps([dispute.to_dict() for dispute in found], ensure_ascii=False, indent=2))
        return
    none = True
    for dispute in found:
        print(printable(dispute), end="\n\n", flush=True)
        none = False
    if none:
        print("no document gives another figure than another for the same thing")


def _verify(args: argparse.Namespace) -> None:
    from rag.recheck import recheck
    from rag.settings import Settings

    corpus = (args.corpus or Settings.from_environment().corpus).expanduser()
    citations = _kept_citations(args.file)
    if citations and not any((corpus / str(citation.get("source"))).exists() for citation in citations):
        raise AnswerError(f"none of the cited files is in {corpus}; name the folder that was asked about: --corpus FOLDER")
    checks = recheck(citations, corpus)
    if args.json:
        print(json.dumps([check.to_dict() for check in checks], ensure_ascii=False, indent=2))
    else:
        print(printable("\n".join(map(str, checks))) or "the answer cites nothing")
    bad = sum(check.status in {"changed", "missing"} for check in checks)
    if bad:
        raise AnswerError(f"{bad} of {len(checks)} quotes no longer stand in {corpus}; ask again for an answer from the files as they are")


def _kept_citations(file: Path) -> list[dict[str, Any]]:
    """Return the citations of an answer that was kept as JSON.

    Raises:
        AnswerError: The file cannot be read, or holds no answer.
    """
    try:
        kept = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8"))
        citations = kept["citations"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnswerError(f"{file} holds no answer ({error}); expected what this prints: pincite ask --json") from error
    if not isinstance(citations, list) or not all(isinstance(citation, dict) for citation in citations):
        raise AnswerError(f"{file}: citations is not a list of objects; expected what this prints: pincite ask --json")
    return citations


def _check(args: argparse.Namespace) -> None:
    from rag import Assistant

    checked = Assistant(args.corpus, args.index_dir, progress=sys.stderr.isatty()).check(_text(args.file))
    print(json.dumps(checked.to_dict(), ensure_ascii=False, indent=2) if args.json else printable(checked))
    bad = sum(not statement.supported for statement in checked.claims)
    if bad:
        raise AnswerError(f"not what the documents say: {bad} of {len(checked.claims)} statements; correct them or leave them out")


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AnswerError(f"{file} cannot be read ({error}); expected a text file in UTF-8") from error


def _index(args: argparse.Namespace) -> None:
    from index.build import build_index
    from index.search import ParagraphIndex
    from rag.alias_file import load_aliases
    from rag.settings import Settings, load_encoder

    settings = Settings.from_environment()
    corpus = (args.folder or args.corpus or settings.corpus).expanduser()
    index_dir = args.index_dir or default_index_dir(corpus)
    started = time.perf_counter()
    encoder = load_encoder(settings.encoder)
    report = build_index(corpus, index_dir, encoder, rebuild=args.rebuild, progress=sys.stderr.isatty())
    _name_skipped(report)
    if args.json:
        print(json.dumps(_report_dict(report), ensure_ascii=False, indent=2))
    else:
        seconds = time.perf_counter() - started
        resumed = f", taken over from a build that was broken off {report.resumed}" if report.resumed else ""
        print(
            f"{corpus}: {report.sources} documents, {report.paragraphs} paragraphs; "
            f"embedded {report.embedded}, unchanged {report.reused}{resumed}; {seconds:.1f} s"
        )
    load_aliases(ParagraphIndex(report.generation, encoder), index_dir)  # mined now, or the first question would wait for it


def _name_skipped(report: BuildReport) -> None:
    for reason in list(report.skipped.values())[:_MOST_NAMED]:
        print(f"pincite: skipped {reason}", file=sys.stderr)
    if len(report.skipped) > _MOST_NAMED:
        print(f"pincite: skipped {len(report.skipped) - _MOST_NAMED} more; all of them: pincite index --json", file=sys.stderr)
    if report.ignored:
        types = ", ".join(f"{count} {suffix}" for suffix, count in sorted(report.ignored.items()))
        print(f"pincite: left alone, not a type that is read: {types}", file=sys.stderr)


def _report_dict(report: BuildReport) -> dict[str, object]:
    return {
        "generation": str(report.generation),
        "sources": report.sources,
        "paragraphs": report.paragraphs,
        "embedded": report.embedded,
        "reused": report.reused,
        "resumed": report.resumed,
        "skipped": report.skipped,
        "ignored": report.ignored,
    }


def _doctor(args: argparse.Namespace) -> int:
    from ui.doctor import examine

    seen = examine(args.corpus, args.index_dir, verify=args.verify)
    print(json.dumps(seen.to_dict(), ensure_ascii=False, indent=2) if args.json else printable(seen))
    return 0 if seen.healthy else 1


def _serve(args: argparse.Namespace) -> None:
    from eval.facts import read_facts
    from eval.review import Review
    from index.sources import find_files
    from rag import Assistant
    from ui.access import check_access, is_loopback, read_users
    from ui.serving import serve

    users = read_users(args.auth) if args.auth else None
    check_access(args.host, users)  # before a chat model's server is looked for
    assistant = Assistant(args.corpus, args.index_dir, args.model, progress=sys.stderr.isatty())
    try:
        assistant.open_model()
    except ModelError as error:
        print(f"pincite: {error}; until then the documents are quoted", file=sys.stderr)
    if not is_loopback(args.host):
        print("pincite: this is plain HTTP, passwords and answers can be read on their way; put a TLS proxy before it", file=sys.stderr)
    find_files(assistant.corpus)  # a folder that is not there is said before anything is served
    if args.facts and (left := len(Review(args.facts).proposals())):
        waiting = "1 proposal of {} waits" if left == 1 else f"{left} proposals of {{}} wait"
        print(f"pincite: {waiting.format(args.facts)} to be judged on the page: Evaluation, Known facts", file=sys.stderr)
    elif args.facts:
        read_facts(args.facts)
    running = serve(assistant, host=args.host, port=args.port, users=users, facts_file=args.facts, block=False)
    print(running.url, flush=True)
    try:
        manifest = assistant.index.manifest
        print(f"{assistant.corpus}: {manifest.sources} documents, {manifest.paragraphs} paragraphs; Ctrl-C stops", file=sys.stderr)
    except CorpusError as error:  # files can be added on the page
        print(f"pincite: {error}; add some on the page", file=sys.stderr)
    running.wait()


_COMMANDS: dict[str, Callable[[argparse.Namespace], int | None]] = {
    "ask": _ask,
    "conflicts": _conflicts,
    "verify": _verify,
    "check": _check,
    "index": _index,
    "doctor": _doctor,
    "serve": _serve,
    "eval": run_eval,
    "bench": run_bench,
}

if __name__ == "__main__":
    sys.exit(main())
