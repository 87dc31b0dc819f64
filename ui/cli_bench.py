"""`pincite bench`: what indexing and asking cost on this machine, beside peers and limits measured in the same run."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from index.errors import RunError

if TYPE_CHECKING:
    import argparse


def run_bench(args: argparse.Namespace) -> None:
    """Do what stands behind `pincite bench`.

    Raises:
        RunError: This is no Linux, or the report cannot be written.
    """
    if not sys.platform.startswith("linux"):
        raise RunError(f"pincite bench reads the memory of processes from /proc; this is {sys.platform}, expected Linux")
    if args.report and not args.report.absolute().parent.is_dir():
        raise RunError(f"{args.report.parent} is not a folder; expected one that is there: --report bench.html")
    from eval.benchmark import run_benchmark
    from eval.benchmark_html import render_benchmark

    out = sys.stderr if args.json else sys.stdout
    measured = run_benchmark(args.data, args.sizes, peers=args.peers, say=lambda line: print(line, file=out, flush=True))
    if args.json:
        print(json.dumps(measured.to_dict(), ensure_ascii=False, indent=2))
    if args.report:
        try:
            args.report.write_text(render_benchmark(measured), encoding="utf-8")
        except OSError as error:
            raise RunError(f"{args.report} cannot be written ({error.strerror}); expected a file in a folder that is there") from error
        print(f"pincite: the report is in {args.report}", file=sys.stderr)
