"""`pincite eval`: ask the known facts, score the checks, compare two runs, look for faults in a file of facts."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import BusyError, FactsError, RunError
from index.locations import ROOT
from ui.cli_propose import propose_facts, review_facts

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from eval.facts import Fact
    from eval.results import Run
    from rag import Assistant

CLAIMS = ROOT / "eval" / "claims.jsonl"
_LAST = re.compile(r"last(?:-(\d+))?")


def run_eval(args: argparse.Namespace) -> None:
    """Do what stands behind `pincite eval`; without a word behind it, ask."""
    if args.gates and (args.checks or args.word or args.bench or args.ablation):
        raise FactsError("--min and --max bound the figures of the known facts; leave them out here")
    if (args.workers or args.price) and (args.checks or args.bench or args.word or args.ablation):
        raise FactsError("--workers and --price are for asking the known facts; leave them out here")
    if sum(map(bool, (args.checks, args.ablation, args.bench))) > 1:
        raise FactsError("--checks, --ablation and --bench each measure something of their own; expected one of them")
    if args.bench and (args.model or args.report or args.show):
        raise FactsError(
            "public sets are answered with quotations, and have no report; leave --model, --report and --show out with --bench"
        )
    _WORDS[args.word](args)


def _measure(args: argparse.Namespace) -> None:
    """Do what is measured when no word is typed: the answers to the known facts, unless an option says otherwise."""
    if args.checks:
        _score_checks(args)
    elif args.ablation:
        _ablate(args)
    elif args.bench or args.data or args.sample or args.references:
        _measure_bench(args)
    else:
        _ask_all(args)


def _ask_all(args: argparse.Namespace) -> None:
    from eval.facts import read_facts
    from eval.gates import check_gates, pass_gates
    from eval.partial import open_partial
    from eval.run import evaluate
    from eval.runs import runs_folder, save_run
    from eval.together import choose_workers
    from rag import Assistant
    from rag.chat_models import EXTRACTIVE

    if args.report and not args.report.absolute().parent.is_dir():
        raise RunError(f"{args.report.parent} is not a folder; expected one that is there: --report report.html")
    facts = read_facts(args.facts)
    check_gates(args.gates, [fact.kind for fact in facts])
    assistant = Assistant(args.corpus, args.index_dir, args.model, progress=sys.stderr.isatty())
    if args.price and assistant.model == EXTRACTIVE:
        raise RunError("--price is of a chat model's tokens, and the documents are quoted; expected a model: --model NAME")
    assistant.open_model()
    workers = args.workers or choose_workers(assistant)
    folder = runs_folder(assistant.index_dir)
    with open_partial(facts, assistant, folder) as partial:
        if partial.done:
            started, done = partial.settings["started"], len(partial.done)
            print(f"pincite: going on with the run of {started}, {done} of {len(facts)} facts were asked", file=sys.stderr)
        try:
            run = evaluate(facts, assistant, progress=sys.stderr.isatty(), partial=partial, workers=workers)
        except BusyError as error:
            raise BusyError(f"{error}; what was answered is kept, and goes on when the same is typed again") from error
    run = run.priced(args.price) if args.price else run
    try:
        print(f"pincite: the run is kept in {save_run(run, folder)}", file=sys.stderr)
    except RunError as error:  # its figures are worth printing all the same
        print(f"pincite: {error}", file=sys.stderr)
    _print_run(run, args)
    if args.report:
        _write_report(args.report, run, facts, assistant)
    if args.gates:
        pass_gates(args.gates, run.results)


def _print_run(run: Run, args: argparse.Namespace) -> None:
    from eval.report import render_misses, render_run

    if args.json:
        print(json.dumps(run.to_dict(), ensure_ascii=False, indent=2))
    else:
        print(render_run(run))
        if args.show:
            print(f"\n{render_misses(run)}")


def _write_report(file: Path, run: Run, facts: Sequence[Fact], assistant: Assistant) -> None:
    from eval.report_html import render_report

    text = render_report(run, facts, assistant.index)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(
            f"{file} cannot be written ({error.strerror}); expected a file in a folder that is there: --report report.html"
        ) from error
    print(f"pincite: the report is in {file}", file=sys.stderr)


def _measure_bench(args: argparse.Namespace) -> None:
    """Measure one set after the other; several that hold unanswerable questions also together."""
    from eval.bench import list_sets, open_bench
    from eval.outside import measure_bench, pool_sets
    from rag.settings import Settings, load_encoder

    if not (args.bench and args.data):
        there = f"; {args.data} holds: {', '.join(list_sets(args.data)) or 'no set'}" if args.data else ""
        raise FactsError(f"a public set needs its name and its folder; type: pincite eval --bench NAME --data FOLDER{there}")
    encoder = load_encoder(Settings.from_environment().encoder)
    measured = []
    for name in args.bench:
        bench = open_bench(args.data / name, encoder)
        measured.append(measure_bench(bench, sample=args.sample, references=args.references))
        if not args.json:
            print(f"{measured[-1]}\n", flush=True)
    together = pool_sets(measured)
    if args.json:
        sets = [one.to_dict() for one in measured]
        print(json.dumps({"sets": sets, "together": together.records() if together else []}, ensure_ascii=False, indent=2))
    elif together:
        print(together)


def _ablate(args: argparse.Namespace) -> None:
    """Print what each part of the reader is worth."""
    from eval.ablation import FOOT, HEAD, ablate
    from eval.facts import read_facts
    from rag import Assistant

    facts = read_facts(args.facts)
    assistant = Assistant(args.corpus, args.index_dir, args.model, progress=sys.stderr.isatty())
    assistant.open_model()
    rows = ablate(facts, assistant, progress=sys.stderr.isatty())
    if args.json:
        print(json.dumps([row.to_dict() for row in rows], ensure_ascii=False, indent=2))
    else:
        print("\n".join([HEAD, *map(str, rows), FOOT]))


def _score_checks(args: argparse.Namespace) -> None:
    from eval.claims import check_claims, read_claims, render_claims, render_wrong
    from eval.made_claims import make_claims

    if args.json:
        raise FactsError("the table of checks has no JSON form; leave --json out")
    sets = {"known claims": read_claims(CLAIMS, ROOT / "seeds")} | ({"made of question sets": make_claims(args.data)} if args.data else {})
    for name, claims in sets.items():
        checked = check_claims(claims)
        print(f"{name}: {render_claims(checked)}\n")
        if args.show:
            print(f"{render_wrong(checked)}\n")


def _compare(args: argparse.Namespace) -> None:
    from eval.diff import compare_runs, render_difference

    difference = compare_runs(_read_named(args.before, args), _read_named(args.now, args))
    if not difference.pairs:
        raise RunError(f"no question is in both {args.before} and {args.now}; expected two runs of the same facts")
    print(json.dumps(difference.to_dict(), ensure_ascii=False, indent=2) if args.json else render_difference(difference))


def _read_named(name: str, args: argparse.Namespace) -> Run:
    """Return a run by its file, or by how many were kept after it.

    Raises:
        RunError: There is none, or the file does not hold one.
    """
    from eval.runs import find_runs, read_run, runs_folder
    from rag import Assistant

    last = _LAST.fullmatch(name)
    if not last:
        return read_run(Path(name))
    folder = runs_folder(Assistant(args.corpus, args.index_dir).index_dir)
    kept = find_runs(folder)
    place = int(last.group(1) or 0)
    if place >= len(kept):
        raise RunError(f"there is no {name!r} among the {len(kept)} runs kept in {folder}; expected a file, or: pincite eval first")
    return read_run(kept[place])


def _lint(args: argparse.Namespace) -> None:
    from eval.lint import lint_facts
    from rag import Assistant

    findings = lint_facts(args.file, Assistant(args.corpus, args.index_dir, progress=sys.stderr.isatty()))
    if args.json:
        print(json.dumps([finding.to_dict() for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            print(f"{args.file}:{finding}")
    faults = sum(finding.fault for finding in findings)
    if faults:
        raise FactsError(f"{faults} {'fault' if faults == 1 else 'faults'} in {args.file}; mend them, or leave those facts out")


_WORDS = {None: _measure, "diff": _compare, "lint": _lint, "new": propose_facts, "review": review_facts}
