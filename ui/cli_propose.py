"""`pincite eval new` and `pincite eval review`: known facts of one's own, proposed by the documents and read by a person."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import FactsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from eval.review import Review
    from rag import Assistant

_MISSES = 5  # one proposal in so many is a near miss
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
    from eval.near_misses import miss
    from eval.proposals import Library, propose, write_rows
    from rag import Assistant

    if args.count < 1:
        raise FactsError(f"--count is {args.count}; expected at least 1")
    if args.out and args.out.exists():
        raise FactsError(f"{args.out} is there already, and somebody may have reviewed it; name another file")
    assistant = Assistant(args.corpus, args.index_dir, progress=sys.stderr.isatty())
    library = Library.read(assistant.index.store)
    proposals = propose(library, args.count)
    misses = miss(library, proposals, args.count // _MISSES)
    proposals = proposals[: args.count - len(misses)]
    kept = [found for found in misses if found.proposal in proposals]
    rows = [*_rated(assistant), *_in_order(proposals, kept, assistant)]
    if not rows:
        raise FactsError(f"no sentence of {assistant.corpus} makes a clear question; write facts by hand: eval/facts.py says how")
    if args.out is None:
        sys.stdout.write(write_rows(rows))
        return
    try:
        args.out.write_text(write_rows(rows), encoding="utf-8")
    except OSError as error:
        raise FactsError(f"{args.out} cannot be written ({error}); name a file in a folder that is there") from error
    print(f"pincite: {len(rows)} proposals; next: pincite eval review {args.out}", file=sys.stderr)


def _in_order(proposals: list[Any], misses: list[Any], assistant: Assistant) -> Iterator[dict[str, Any]]:
    """Yield the lines: by document and place, each near miss behind what it was made from."""
    from eval.near_misses import miss_row
    from eval.proposals import to_row
    from rag.chat_models import EXTRACTIVE

    number = 0
    for proposal in proposals:
        number += 1
        yield to_row(proposal, number)
        for found in misses:
            if found.proposal is proposal:
                number += 1
                answer = assistant.ask(found.question, model=EXTRACTIVE)
                yield miss_row(found, number, "" if answer.abstained else " ".join(answer.told.split()))


def _rated(assistant: Assistant) -> Iterator[dict[str, Any]]:
    """Yield what was rated wrong on the page."""
    from eval.review import rated_row
    from ui.conversations import FILE, Conversations

    if not (assistant.index_dir / FILE).is_file():
        return
    kept = Conversations(assistant.index_dir / FILE, assistant.corpus)
    try:
        for number, (before, turn) in enumerate(kept.rated("wrong"), start=1):
            history = [(earlier.question, earlier.answer.told or earlier.answer.text) for earlier in before if earlier.answer]
            said = (turn.answer.told or turn.answer.text) if turn.answer else ""
            yield rated_row(turn.question, said, turn.reason, history, number)
    finally:
        kept.close()


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
    print(f"\n{left} proposals left" if left else f"\nall are read; next: pincite eval --facts {args.file} --corpus FOLDER")


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
