"""`pincite eval new` and `pincite eval review`: known facts of one's own, proposed by the documents and read by a person."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from index.errors import FactsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from eval.review import Review
    from rag import Assistant

_KEYS = "a accept, r reject, e edit, s skip, q quit"


def add_words(words: argparse._SubParsersAction[Any], common: argparse.ArgumentParser) -> None:
    """Add the two sub-words to what can be typed behind `pincite eval`."""
    new = words.add_parser(
        "new",
        parents=[common],
        help="propose known facts made from your own documents",
        description=(
            "Propose known facts made from the sentences of a folder, near misses that it does not answer, and the answers that were rated "
            "wrong on the page (of all its users). A person reads them: pincite eval review FILE."
        ),
    )
    new.add_argument("--count", type=int, default=50, metavar="N", help="how many at most, the rated answers not counted (default: 50)")
    new.add_argument("--out", type=Path, metavar="FILE", help="a new file to write to (default: standard output)")
    review = words.add_parser(
        "review",
        help="accept or reject proposals",
        description=f"Show the proposals of a file one by one: {_KEYS}. Each decision is written at once.",
    )
    review.add_argument("file", type=Path, metavar="FILE", help="what `pincite eval new --out FILE` wrote")


def propose_facts(args: argparse.Namespace) -> None:
    """Run `pincite eval new`."""
    from eval.proposals import write_rows
    from eval.proposing import find_proposals
    from rag import Assistant

    if args.count < 1:
        raise FactsError(f"--count is {args.count}; expected at least 1")
    if args.out and args.out.exists():
        raise FactsError(f"{args.out} is there already, and somebody may have reviewed it; name another file")
    assistant = Assistant(args.corpus, args.index_dir, progress=sys.stderr.isatty())
    *_, found = find_proposals(assistant, args.count)
    rows = [*_rated(assistant), *cast("tuple[dict[str, Any], ...]", found)]
    if not rows:
        raise FactsError(f"no sentence of {assistant.corpus} makes a clear question; write facts by hand: eval/facts.py says how")
    if args.out is None:
        sys.stdout.write(write_rows(rows))
        return
    try:
        args.out.write_text(write_rows(rows), encoding="utf-8")
    except OSError as error:
        raise FactsError(f"{args.out} cannot be written ({error}); name a file in a folder that is there") from error
    fewer = f" of {args.count}: no other sentence makes a question that is clear" if len(rows) < args.count else ""
    made = f"{len(rows)} proposal{'' if len(rows) == 1 else 's'}{fewer}"
    print(f"pincite: {made}; next: pincite eval review {shlex.quote(str(args.out))}", file=sys.stderr)


def _rated(assistant: Assistant) -> list[dict[str, Any]]:
    """Return what was rated wrong on the page, by whichever user."""
    from ui.conversations import FILE, Conversations
    from ui.rated import rated_rows

    if not (assistant.index_dir / FILE).is_file():
        return []
    with contextlib.closing(Conversations(assistant.index_dir / FILE, assistant.corpus)) as kept:
        return list(rated_rows(kept))


def review_facts(args: argparse.Namespace) -> None:
    """Run `pincite eval review`."""
    from eval.review import Review, show

    review = Review(args.file)
    proposals = review.proposals()
    for place, line in enumerate(proposals, start=1):
        print(f"\n{place} of {len(proposals)}\n{show(line)}")
        if not _decide(review, line):
            break
    left = len(review.proposals())
    print(
        f"\n{left} proposals left" if left else f"\nall are read; next: pincite eval --facts {shlex.quote(str(args.file))} --corpus FOLDER"
    )


def _decide(review: Review, line: str) -> bool:
    """Ask what becomes of a proposal until it is told; return False to stop."""
    from eval.review import show

    while True:
        try:
            key = input(f"[{_KEYS}] ").strip().lower()
        except EOFError:
            return False
        try:
            match key:
                case "a":
                    review.accept(line)
                case "r":
                    review.reject(line)
                case "e":
                    line = review.change(line, edit(json.loads(line)))
                    print(show(line))
                    continue
                case "s":
                    pass
                case "q":
                    return False
                case _:
                    continue
        except FactsError as error:
            print(f"pincite: {error}", file=sys.stderr)
            continue
        return True


def edit(row: dict[str, Any], run: Callable[[list[str]], Any] = subprocess.check_call) -> dict[str, Any]:
    """Open a proposal in the reader's editor (EDITOR, else vi), and return what was saved.

    Raises:
        FactsError: There is no such editor, it failed, or what was saved is no JSON object.
    """
    from eval.review import parse_row

    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "proposal.json"
        file.write_text(json.dumps(row, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        try:
            run([*command, str(file)])
        except (OSError, subprocess.CalledProcessError) as error:
            raise FactsError(f"the editor {command[0]} did not run ({error}); name yours in EDITOR") from error
        return parse_row(file.read_text(encoding="utf-8"), "what you saved")
