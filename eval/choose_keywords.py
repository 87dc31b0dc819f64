"""Choose the engine of the keyword index: SQLite FTS5 or tantivy.

Both get the same terms (`index.terms`), cut at white space only, and answer an OR of a question's terms with the best
paragraphs by BM25 (k1 1.2, b 0.75 in both). Printed side by side: what they cost on the seeds and on many real
paragraphs, the quality of four public sets, and whether an index that was changed scores as one built afresh.
Timings are the best of interleaved repeats in one run: read the ratio, not the milliseconds. What it knowingly
ignores: Windows, network drives, locks and crashes, phrases.

Run `python -m eval.choose_keywords --data FOLDER` (a folder of sets, each a corpus.jsonl and a questions.jsonl).
Linux only, because peak memory is read from /proc; about two minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import random
import re
import shutil
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import tantivy  # noqa: TID253 - this script is about it

from index.terms import query_terms, split_terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

K = 50
SEEDS = Path(__file__).parents[1] / "seeds"
FACTS = Path(__file__).with_name("facts.jsonl")
SAMPLES = {"scifact": 500, "covid-qa": 500, "policyqa-dev": 500, "timeqa-human-train": 2000}
RANKED_BY_DOCUMENT = frozenset({"scifact"})


class Found(NamedTuple):
    """A paragraph's number and its BM25 score, higher is better."""

    number: int
    score: float


Search = Callable[[Sequence[str]], list[Found]]
Row = tuple[str, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One paragraph of a document."""

    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an engine indexes: a paragraph's number (1-based), its document, its terms joined by spaces."""

    number: int
    source: str
    terms: str


class Engine(Protocol):
    """A keyword index in a folder of its own."""

    name: ClassVar[str]

    def build(self, folder: Path, entries: Iterable[Entry]) -> None:
        """Write a new index and force it to disk."""

    def open(self, folder: Path) -> Search:
        """Open for reading; the function gives at most `K` paragraphs, best first, ties by number, to any thread."""

    def change(self, folder: Path, *, add: Sequence[Entry] = (), remove: Sequence[Entry] = ()) -> None:
        """Delete all entries of some documents, add others and commit to disk."""


class Fts5:
    """One SQLite file with a contentless FTS5 table: `detail=full`, because less makes every score 0.

    The ascii tokenizer takes every character above U+007F as part of a word, whatever Unicode the library knows.
    """

    name: ClassVar[str] = "FTS5"

    def build(self, folder: Path, entries: Iterable[Entry]) -> None:
        """Write without a journal: a build that stops half-way is thrown away."""
        with closing(sqlite3.connect(folder / "keywords.db")) as db:
            db.executescript(
                """PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;
                CREATE VIRTUAL TABLE keywords USING fts5(terms, content='', tokenize="ascii tokenchars '.'");"""
            )
            with db:
                self._insert(db, entries)
                db.execute("INSERT INTO keywords(keywords) VALUES ('optimize')")
        with (folder / "keywords.db").open("rb+") as file:
            os.fsync(file.fileno())

    def open(self, folder: Path) -> Search:
        """Open a connection for each thread; `immutable` takes no locks, so only a published file is opened so."""
        uri, local = f"{(folder / 'keywords.db').as_uri()}?mode=ro&immutable=1", threading.local()
        # With rowid in ORDER BY, ties are settled and SQLite keeps the best K only: a third faster at 200,000.
        sql = "SELECT rowid, -rank FROM keywords WHERE keywords MATCH ? ORDER BY rank, rowid LIMIT ?"

        def search(terms: Sequence[str]) -> list[Found]:
            if not hasattr(local, "db"):
                local.db = sqlite3.connect(uri, uri=True)
                local.db.execute("PRAGMA cache_size=-65536")
            match = " OR ".join('"' + term.replace('"', '""') + '"' for term in terms)
            return [Found(*row) for row in local.db.execute(sql, (match, K))]

        return search

    def change(self, folder: Path, *, add: Sequence[Entry] = (), remove: Sequence[Entry] = ()) -> None:
        """Delete with the very terms that were indexed: other terms leave postings behind or damage the table."""
        with closing(sqlite3.connect(folder / "keywords.db")) as db, db:
            gone = ((entry.number, entry.terms) for entry in remove)
            db.executemany("INSERT INTO keywords(keywords, rowid, terms) VALUES ('delete', ?, ?)", gone)
            self._insert(db, add)

    @staticmethod
    def _insert(db: sqlite3.Connection, entries: Iterable[Entry]) -> None:
        rows = ((entry.number, entry.terms) for entry in entries)
        db.executemany("INSERT INTO keywords(rowid, terms) VALUES (?, ?)", rows)


class Tantivy:
    """A folder of write-once segments: term frequencies without positions, and the paragraph's number as a column."""

    name: ClassVar[str] = "tantivy"

    def build(self, folder: Path, entries: Iterable[Entry]) -> None:
        """Write with one thread, so that segments do not depend on the number of cores."""
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("terms", tokenizer_name="terms", index_option="freq")
        builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
        builder.add_unsigned_field("number", fast=True)
        self._write(tantivy.Index(builder.build(), path=str(folder)), entries, heap=128_000_000)

    def open(self, folder: Path) -> Search:
        """Open one handle for all threads; any policy but "manual" would run a thread that looks for commits."""
        index = tantivy.Index.open(str(folder))
        index.config_reader(reload_policy="manual")
        schema, searcher = index.schema, index.searcher()

        def search(terms: Sequence[str]) -> list[Found]:
            each = [tantivy.Query.term_query(schema, "terms", term, index_option="freq") for term in terms]
            query = tantivy.Query.boolean_query([(tantivy.Occur.Should, one) for one in each])
            hits = searcher.search(query, limit=K, count=False).hits  # counting would score every match
            numbers = searcher.fast_field_values("number", [address for _, address in hits])
            found = [Found(int(n or 0), score) for n, (score, _) in zip(numbers, hits, strict=True)]
            return sorted(found, key=lambda one: (-one.score, one.number))

        return search

    def change(self, folder: Path, *, add: Sequence[Entry] = (), remove: Sequence[Entry] = ()) -> None:
        """Delete by document; what is deleted counts in BM25's statistics until its segment is merged."""
        self._write(tantivy.Index.open(str(folder)), add, gone={entry.source for entry in remove}, heap=15_000_000)

    @staticmethod
    def _write(index: tantivy.Index, add: Iterable[Entry], *, heap: int, gone: Iterable[str] = ()) -> None:
        index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        writer = index.writer(heap_size=heap, num_threads=1)
        for source in gone:
            writer.delete_documents_by_term("source", source)
        for entry in add:
            fields = {"terms": entry.terms, "source": entry.source, "number": entry.number}
            writer.add_document(tantivy.Document.from_dict(fields, index.schema))
        writer.commit()
        writer.wait_merging_threads()


ENGINES: tuple[Engine, Engine] = (Fts5(), Tantivy())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def read_passages(folder: Path) -> list[Passage]:
    """Split the documents of a set at their blank lines."""
    documents = [(line["id"], line["text"]) for line in read_lines(folder / "corpus.jsonl")]
    return [Passage(source=d, text=p) for d, text in documents for p in re.split(r"\n\s*\n", text) if p.strip()]


def read_questions(path: Path, size: int) -> list[list[str]]:
    """Draw at most `size` questions, as terms; those without terms are left out."""
    drawn = _draw(read_lines(path), size)
    return [terms for line in drawn if (terms := query_terms(line["question"]))]


def make_entries(passages: Sequence[Passage], size: int) -> Iterator[Entry]:
    """Give `size` entries; a passage used again has its sentences shuffled and one term of its own."""
    rng = random.Random(0)  # noqa: S311 - repeatable, not secret
    for at in range(size):
        copy, passage = at // len(passages), passages[at % len(passages)]
        sentences = re.split(r"(?<=[.!?。])\s+", passage.text)
        if copy:
            rng.shuffle(sentences)
            sentences.append(f"zq{at}")
        terms = " ".join(split_terms(" ".join(sentences)))
        yield Entry(number=at + 1, source=f"{passage.source}#{copy}", terms=terms)


def build(engine: Engine, target: Path, entries: Iterable[Entry]) -> Path:
    """Build an index in place of the one that may be there."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    engine.build(target, entries)
    return target


def measure_cost(engine: Engine, folder: Path, entries: Sequence[Entry], asked: Sequence[list[str]]) -> dict[str, float]:
    """Measure once what an engine costs at one size; less is better in every measure."""
    target, changed = folder / engine.name, folder / "changed"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds, memory = pool.apply(_build_from_file, (engine, target, folder / "entries.tsv"))
    opening = _milliseconds(lambda: engine.open(target)(asked[0]))
    search = engine.open(target)
    waits = [_milliseconds(search, terms) for terms in asked]
    first, last = ([one for one in entries if one.source == entries[at].source] for at in (0, -1))
    shutil.copytree(target, changed)
    engine.change(changed, add=[Entry(number=len(entries) + 1, source="new", terms=entries[0].terms)], remove=first)
    new = Entry(number=len(entries) + 2, source="new", terms=entries[-1].terms)
    changing = _milliseconds(lambda: engine.change(changed, add=[new], remove=last))  # the copy is on disk by now
    shutil.rmtree(changed)
    return {
        "build, s": seconds,
        "build, peak memory, MiB": memory,
        "on disk, MiB": sum(file.stat().st_size for file in target.iterdir()) / 2**20,
        "open and first search, ms": opening,
        "search p50, ms": statistics.median(waits),
        "search p95, ms": statistics.quantiles(waits, n=20, method="inclusive")[-1],
        "time of 2 threads / of 1, same work": _time_shared(search, asked, 2) / _time_shared(search, asked, 1),
        "add 1, delete 1 document, commit, ms": changing,
    }


def compare_cost(folder: Path, entries: Sequence[Entry], asked: Sequence[list[str]], repeats: int) -> list[Row]:
    """Take the best of `repeats` of each measure, the engines by turns."""
    folder.mkdir()
    lines = (f"{entry.number}\t{entry.source}\t{entry.terms}\n" for entry in entries)
    (folder / "entries.tsv").write_text("".join(lines), encoding="utf-8")
    runs = [[measure_cost(engine, folder, entries, asked) for engine in ENGINES] for _ in range(repeats)]
    fts5, tanti = ({row: min(run[at][row] for run in runs) for row in runs[0][at]} for at in (0, 1))
    return [(row, fts5[row], tanti[row]) for row in fts5]


def compare_change(folder: Path, entries: Sequence[Entry], asked: Sequence[list[str]]) -> Row:
    """Share of questions with equal paragraphs and scores after deleting the last document and after a rebuild."""
    kept = [entry for entry in entries if entry.source != entries[-1].source]
    shares = []
    for engine in ENGINES:
        changed = build(engine, folder / "changed", entries)
        engine.change(changed, remove=[entry for entry in entries if entry.source == entries[-1].source])
        pair = engine.open(changed), engine.open(build(engine, folder / "rebuilt", kept))
        shares.append(statistics.fmean(pair[0](terms) == pair[1](terms) for terms in asked))
    return "after a delete = after a rebuild, share", shares[0], shares[1]


def compare_quality(folder: Path, bench: Path) -> Iterator[str]:
    """Yield each metric's mean for both engines and the difference with the 95 % interval over paired questions."""
    passages, whole = read_passages(bench), bench.name in RANKED_BY_DOCUMENT
    entries = list(make_entries(passages, len(passages)))
    searches = [engine.open(build(engine, folder / engine.name, entries)) for engine in ENGINES]
    scores: list[list[tuple[float, float]]] = []
    for line in _draw(read_lines(bench / "questions.jsonl"), SAMPLES[bench.name]):
        places = [at for at, passage in enumerate(passages) if _is_evidence(passage, line["evidence"], whole=whole)]
        if places:
            keys = {passages[at].source for at in places} if whole else set(map(str, places))
            found = [[one.number - 1 for one in search(query_terms(line["question"]))] for search in searches]
            ranked = [[passages[at].source if whole else str(at) for at in each] for each in found]
            metric = _ndcg_and_recall if whole else _hits
            scores.append([metric(list(dict.fromkeys(each)), keys) for each in ranked])
    for at, name in enumerate(("nDCG@10", "recall@10") if whole else ("hit@1", "hit@5")):
        fts5, tanti = ([pair[engine][at] for pair in scores] for engine in (0, 1))
        difference = [a - b for a, b in zip(fts5, tanti, strict=True)]
        interval = 1.96 * statistics.stdev(difference) / len(scores) ** 0.5
        row = f"{bench.name} {name} (n={len(scores)})", statistics.fmean(fts5), statistics.fmean(tanti)
        yield f"{_cells(row, 3)}  {statistics.fmean(difference):+.3f} ±{interval:.3f}"


def _is_evidence(passage: Passage, evidence: list[dict[str, str]], *, whole: bool) -> bool:
    return any(passage.source == one["doc"] and (whole or one["text"] in passage.text) for one in evidence)


def _hits(ranking: Sequence[str], gold: set[str]) -> tuple[float, float]:
    return float(not gold.isdisjoint(ranking[:1])), float(not gold.isdisjoint(ranking[:5]))


def _ndcg_and_recall(ranking: Sequence[str], gold: set[str]) -> tuple[float, float]:
    gain = sum(1 / math.log2(rank + 1) for rank, key in enumerate(ranking[:10], 1) if key in gold)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(10, len(gold)) + 1))
    return gain / ideal, len(gold.intersection(ranking[:10])) / len(gold)


def _build_from_file(engine: Engine, target: Path, stored: Path) -> tuple[float, float]:
    """Build in this process; return seconds and by how many MiB its peak memory grew."""
    before, start = _memory("VmRSS"), time.perf_counter()
    with stored.open(encoding="utf-8") as file:
        fields = (line.rstrip("\n").split("\t") for line in file)
        build(engine, target, (Entry(number=int(n), source=source, terms=terms) for n, source, terms in fields))
    return time.perf_counter() - start, _memory("VmHWM") - before


def _memory(field: str) -> float:
    """Read a field of /proc in MiB; getrusage would count the parent's peak as the child's."""
    return int(re.findall(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))[0]) / 1024


def _time_shared(search: Search, asked: Sequence[list[str]], threads: int) -> float:
    """Time one handle with all questions dealt out to `threads`, each of which has warmed up."""
    with ThreadPoolExecutor(threads) as pool:
        return min(_milliseconds(lambda: list(pool.map(search, asked))) for _ in range(3))


def _milliseconds(action: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    action(*arguments)
    return (time.perf_counter() - start) * 1000


def _draw(lines: list[dict[str, Any]], size: int) -> list[dict[str, Any]]:
    return random.Random(0).sample(lines, min(size, len(lines)))  # noqa: S311 - repeatable, not secret


def _cells(row: Row, digits: int) -> str:
    return f"  {row[0]:<44}{row[1]:>12.{digits}f}{row[2]:>12.{digits}f}"


def _render(title: str, rows: Iterable[str], last: str = "FTS5 / tantivy") -> str:
    return "\n".join([f"{title:<46}{ENGINES[0].name:>12}{ENGINES[1].name:>12}  {last}", *rows, ""])


def compare(data: Path, work: Path, *, size: int, repeats: int) -> Iterator[str]:
    """Yield the parts of the table; `work` is an empty folder."""
    seeds = [(path.name, path.read_text(encoding="utf-8").split("\n")) for path in sorted(SEEDS.glob("*.txt"))]
    paragraphs = [Passage(source=name, text=line) for name, lines in seeds for line in lines if line.strip()]
    sets = sorted(path.parent for path in data.glob("*/corpus.jsonl"))
    real = [passage for each in sets for passage in read_passages(each)]
    questions = [terms for each in sets for terms in read_questions(each / "questions.jsonl", 20)]
    facts = read_questions(FACTS, 1000)
    for passages, count, asked in ((paragraphs, len(paragraphs), facts), (real, size, questions)):
        start = time.perf_counter()
        entries = list(make_entries(passages, count))
        seconds = time.perf_counter() - start
        rows = [*compare_cost(work / str(count), entries, asked, repeats), compare_change(work, entries, asked)]
        rows.append(("making the terms, for either, s", seconds, seconds))
        shown = [_cells(row, 2) + (f"{row[1] / row[2]:>16.2f}" if row[2] else "") for row in rows]
        yield _render(f"{count:,} paragraphs, {len(asked)} questions", shown)
    quality = [row for name in SAMPLES for row in compare_quality(work / name, data / name)]
    yield _render("quality", quality, "difference, 95 % interval")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of question sets")
    parser.add_argument("--paragraphs", type=int, default=200_000, help="the large size (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=4, help="interleaved, the best is kept (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        for part in compare(arguments.data, Path(work), size=arguments.paragraphs, repeats=arguments.repeats):
            print(part, flush=True)


if __name__ == "__main__":
    main()
