"""How fast the default encoder is, as a ratio to sentence-transformers on torch in full precision.

    python -m eval.speed

Both encode the same windows of the same paragraphs, in turns, in one run; the best of several turns counts, because
a busy machine only ever makes things slower. It also prints what `import rag` and a question cost.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from index.encoders import ReferenceEncoder, split_windows
from index.export import open_encoder
from index.locations import ROOT, SEEDS
from index.paragraphs import split_paragraphs
from index.sources import find_files, read_source
from rag import Assistant

if TYPE_CHECKING:
    from index.encoders import Encoder

_IMPORT = "import time; t = time.perf_counter(); import rag; print(time.perf_counter() - t)"


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=SEEDS, help="folder of documents (default: seeds/)")
    parser.add_argument("--turns", type=int, default=5, help="turns of each encoder")
    args = parser.parse_args()
    fast, reference = open_encoder(), ReferenceEncoder()
    windows = _windows(args.corpus, fast)
    times: dict[str, float] = {}
    for _ in range(args.turns):
        for name, encoder in (("fast", fast), ("reference", reference)):
            times[name] = min(times.get(name, float("inf")), _seconds(encoder, windows))
    print(f"{len(windows)} windows of {args.corpus.name}")
    print(f"  default encoder, int8 on onnxruntime     {len(windows) / times['fast']:7.1f} /s")
    print(f"  sentence-transformers on torch, fp32     {len(windows) / times['reference']:7.1f} /s")
    print(f"  ratio                                    {times['reference'] / times['fast']:7.2f}")
    print(f"import rag                                 {_import_seconds():7.2f} s")
    print(f"a question, warm, best of {args.turns}                 {_question_seconds(args.corpus, args.turns):7.3f} s")


def _windows(corpus: Path, encoder: Encoder) -> list[str]:
    sources = [read_source(corpus, path) for path in find_files(corpus)]
    paragraphs = [(source.title, paragraph.text) for source in sources for paragraph in split_paragraphs(source.path, source.text)]
    return [window for title, text in paragraphs for window in split_windows(encoder, text, context=title)]


def _seconds(encoder: Encoder, texts: list[str]) -> float:
    started = time.perf_counter()
    encoder.encode(texts)
    return time.perf_counter() - started


def _import_seconds() -> float:
    runs = (subprocess.run([sys.executable, "-c", _IMPORT], cwd=ROOT, capture_output=True, text=True, check=True) for _ in range(3))  # noqa: S603 - our own
    return min(float(run.stdout) for run in runs)


def _question_seconds(corpus: Path, turns: int) -> float:
    assistant = Assistant(corpus)
    title = assistant.index.store.source(assistant.index.store.sources()[0]).title
    seconds: list[float] = [assistant.ask(f"What is said about {title}?").timings["total"] / 1000 for _ in range(turns + 1)]
    return min(seconds)


if __name__ == "__main__":
    main()
