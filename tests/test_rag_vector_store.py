"""The LangChain vector store: LangChain's own tests, what they leave out, and what happens to the file."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_tests.integration_tests import VectorStoreIntegrationTests

from index.errors import StoreError
from index.locations import ROOT
from index.texts import FILE, Entry, TextStore, unit_rows
from rag import Assistant
from rag.embeddings import EncoderEmbeddings
from rag.vector_store import PinciteVectorStore

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoders import OnnxEncoder
    from rag.paragraph_store import ParagraphVectorStore


class TestInMemory(VectorStoreIntegrationTests):
    """LangChain's own tests of a vector store, synchronous and asynchronous."""

    @pytest.fixture
    def vectorstore(self) -> PinciteVectorStore:
        return PinciteVectorStore(self.get_embeddings())


class TestInAFolder(VectorStoreIntegrationTests):
    """The same, of a store that is kept."""

    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> PinciteVectorStore:
        return PinciteVectorStore(self.get_embeddings(), tmp_path / "store")


@pytest.fixture
def embeddings(encoder: OnnxEncoder) -> EncoderEmbeddings:
    return EncoderEmbeddings(encoder)


TEXTS = ["The yard built 310 boats.", "Bees feed on sugar in winter.", "The lighthouse is 61 metres high."]
FIELDS = [{"year": 2024, "tags": ["sea"]}, {"year": 2023, "kept": True}, {"year": 2024}]


def test_what_was_added_is_found_by_meaning_after_a_new_start(tmp_path: Path, embeddings: EncoderEmbeddings) -> None:
    """With its metadata and id; scores are cosines, best first, and shares between 0 and 1."""
    PinciteVectorStore.from_texts(TEXTS, embeddings, FIELDS, ids=["a", "b", "c"], folder=tmp_path)
    store = PinciteVectorStore(embeddings, tmp_path)
    assert store.similarity_search("ships", k=1) == [Document(id="a", page_content=TEXTS[0], metadata=FIELDS[0])]
    scored = store.similarity_search_with_score("ships", k=9)
    cosines = [cosine for _, cosine in scored]
    asked = embeddings.embed_query("ships")
    assert cosines == sorted(cosines, reverse=True)
    assert cosines[0] == pytest.approx(float(np.dot(asked, embeddings.embed_query(TEXTS[0]))), abs=1e-3)
    shares = store.similarity_search_with_relevance_scores("ships", k=9)
    assert [share for _, share in shares] == pytest.approx([max(0, cosine) for cosine in cosines])
    assert store.as_retriever(search_kwargs={"k": 1}).invoke("ships")[0].id == "a"
    assert store.as_retriever(search_type="mmr", search_kwargs={"k": 2, "lambda_mult": 0.9}).invoke("ships")[0].id == "a"


@pytest.mark.parametrize(
    ("keep", "ids"),
    [
        ({"year": 2024}, {"a", "c"}),
        ({"year": 2024, "tags": ["sea"]}, {"a"}),
        ({"kept": True}, {"b"}),
        ({"kept": 1}, set()),
        ({"year": "2024"}, set()),
        ({"unknown": None}, set()),
        ({}, {"a", "b", "c"}),
        (lambda document: "sugar" in document.page_content, {"b"}),
        (lambda document: document.metadata["year"] < 2024 or document.id == "c", {"b", "c"}),
    ],
)
def test_a_filter_is_exact(embeddings: EncoderEmbeddings, keep: object, ids: set[str]) -> None:
    """However many are asked for; of equal values of other types none is meant."""
    store = PinciteVectorStore.from_texts(TEXTS, embeddings, FIELDS, ids=["a", "b", "c"])
    assert {document.id for document in store.similarity_search("boats", k=10, filter=keep)} == ids  # type: ignore[arg-type]
    assert len(store.similarity_search("boats", k=1, filter=keep)) == min(1, len(ids))  # type: ignore[arg-type]


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 30) | st.none()), max_size=40),
    st.integers(1, 5),
)
def test_whatever_is_put_and_deleted_the_search_is_exact(steps: list[tuple[str, int | None]], k: int) -> None:
    """As sorting all cosines would give it, after any changes, searched in between or not."""
    rng = np.random.default_rng(7)
    vectors = unit_rows(rng.normal(size=(31, 8)).tolist())
    store, kept = TextStore(), {}
    query = rng.normal(size=8)
    for turn, (name, number) in enumerate(steps):
        kept.pop(name, None)
        if number is None:
            store.delete([name])
        else:
            store.put([Entry(id=name, text=str(number), fields={})], vectors[[number]])
            kept[name] = number
        if turn % 3 == 0:
            store.search(query, 1)
    found = store.search(query, k)
    expected = sorted((float(vectors[number] @ unit_rows([query])[0]) for number in kept.values()), reverse=True)[:k]
    assert [cosine for _, cosine, _ in found] == pytest.approx(expected, abs=1e-3)
    assert all(kept[entry.id] == int(entry.text) for entry, _, _ in found)
    assert len(store) == len(kept)


def test_equal_ones_stand_in_the_order_in_which_they_were_put() -> None:
    store = TextStore()
    same = unit_rows([[1.0, 0.0]] * 3)
    store.put([Entry(id=name, text=name, fields={}) for name in "xyz"], same)
    store.search([1.0, 0.0], 1)
    store.put([Entry(id="x", text="x again", fields={})], same[:1])
    assert [entry.id for entry, _, _ in store.search([1.0, 0.0], 9)] == ["y", "z", "x"]


def test_many_changes_are_joined_and_still_found(tmp_path: Path) -> None:
    """More rows than are searched apart, in two processes' worth of connections."""
    rng = np.random.default_rng(1)
    rows = unit_rows(rng.normal(size=(3000, 4)).tolist())
    store, other = TextStore(tmp_path), TextStore(tmp_path)
    for at in range(0, 3000, 500):
        store.put([Entry(id=str(number), text="", fields={}) for number in range(at, at + 500)], rows[at : at + 500])
        assert other.search(rows[at], 1)[0][0].id == str(at)
    store.delete(map(str, range(1, 3000)))
    assert [entry.id for entry, _, _ in other.search(rows[9], 5)] == ["0"]


@pytest.mark.parametrize("searched", [False, True])
def test_a_search_sees_one_state_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, searched: bool) -> None:  # noqa: FBT001 - a column
    """Whatever another connection deletes or adds in the middle of it; the next search sees that."""
    rows = np.eye(4, dtype=np.float32)
    store, other = TextStore(tmp_path), TextStore(tmp_path)
    store.put([Entry(id=name, text=name, fields={}) for name in "abc"], rows[:3])
    if searched:
        store.search(rows[0], 1)
    refresh = store._refresh

    def interrupted() -> object:
        found = refresh()
        other.delete(["a"])
        other.put([Entry(id="b", text="b again", fields={})], rows[3:])
        return found

    with monkeypatch.context() as patch:
        patch.setattr(store, "_refresh", interrupted)
        assert [entry.text for entry, _, _ in store.search(rows[0], 9)] == ["a", "b", "c"]
    assert [entry.text for entry, _, _ in store.search(rows[3], 9)] == ["b again", "c"]


def test_a_filter_may_search() -> None:
    """And the store can be changed after a filter has failed."""
    store = TextStore()
    store.put([Entry(id=name, text=name, fields={}) for name in "ab"], np.eye(2, dtype=np.float32))
    nearest = store.search([0.0, 1.0], 9, keep=lambda entry: store.search([0.0, 1.0], 1)[0][0] == entry)
    assert [entry.id for entry, _, _ in nearest] == ["b"]
    with pytest.raises(ZeroDivisionError):
        store.search([0.0, 1.0], 1, keep=lambda _: bool(1 // 0))
    store.delete(["a"])
    assert len(store) == 1


@pytest.mark.parametrize("table", ["", "CREATE TABLE probe (vector BLOB NOT NULL)"])
def test_of_two_models_at_the_same_moment_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """Both have seen that there is none yet; also in a file whose table has no key of its own."""
    if table:
        TextStore(tmp_path).close()
        with sqlite3.connect(tmp_path / FILE) as db:
            db.executescript(f"DROP TABLE probe; {table};")
        db.close()
    store, other = TextStore(tmp_path), TextStore(tmp_path)
    change = store._change

    def late(steps: list[tuple[str, tuple[object, ...]]]) -> None:
        other.check_model(lambda _: [0.0, 1.0])
        change(steps)

    monkeypatch.setattr(store, "_change", late)
    with pytest.raises(StoreError, match="another model"):
        store.check_model(lambda _: [1.0, 0.0])
    other.check_model(lambda _: [0.0, 1.0])


def test_another_embedding_model_is_refused(tmp_path: Path, embeddings: EncoderEmbeddings) -> None:
    """Of another dimension, or of the same; what is there stays."""
    PinciteVectorStore.from_texts(TEXTS, embeddings, folder=tmp_path)
    for size in (8, 384):
        store = PinciteVectorStore(DeterministicFakeEmbedding(size=size), tmp_path)
        with pytest.raises(StoreError, match="another model"):
            store.add_texts(["x"])
        with pytest.raises(StoreError, match="another model"):
            store.similarity_search("x")
    with pytest.raises(ValueError, match="384"):
        PinciteVectorStore(embeddings, tmp_path).similarity_search_by_vector([1.0, 2.0])
    assert len(TextStore(tmp_path)) == len(TEXTS)


def test_a_search_of_an_empty_store_does_not_bind_it_to_a_model(tmp_path: Path, embeddings: EncoderEmbeddings) -> None:
    """The first texts do; the store that was searched is then compared with theirs."""
    looked = PinciteVectorStore(DeterministicFakeEmbedding(size=8), tmp_path)
    assert looked.similarity_search("x") == []
    PinciteVectorStore(embeddings, tmp_path).add_texts(TEXTS)
    with pytest.raises(StoreError, match="another model"):
        looked.similarity_search("x")


@pytest.mark.parametrize("fields", [{"when": object()}, {"pair": (1, 2)}, {1: "one"}, {"set": {1}}])
def test_metadata_that_would_come_back_otherwise_is_refused(embeddings: EncoderEmbeddings, fields: dict[str, object]) -> None:
    """And nothing is added, what stood before it in the same call neither."""
    store = PinciteVectorStore(embeddings)
    with pytest.raises(TypeError, match="metadata of 'b'"):
        store.add_texts(["x", "y"], [{}, fields], ids=["a", "b"])
    assert store.get_by_ids(["a", "b"]) == []


def test_lists_of_other_lengths_are_refused(embeddings: EncoderEmbeddings) -> None:
    store = PinciteVectorStore(embeddings)
    with pytest.raises(ValueError, match="2 texts and 1 metadatas"):
        store.add_texts(["x", "y"], [{}])
    with pytest.raises(ValueError, match="1 texts and 2 ids"):
        store.add_texts(["x"], ids=["a", "b"])
    assert store.add_texts([]) == []


def test_a_long_text_is_embedded_whole(embeddings: EncoderEmbeddings) -> None:
    """What stands behind all that the encoder reads at once counts."""
    filler = "The harbour of Ostmark opened in 2019. " * 60
    plain, ended = embeddings.embed_documents([filler, filler + "Bees feed on sugar in winter. " * 30])
    asked = embeddings.embed_query("What do bees eat?")
    assert np.dot(asked, ended) > np.dot(asked, plain) + 0.1
    assert np.linalg.norm(ended) == pytest.approx(1)
    assert embeddings.embed_documents([]) == []


def test_a_writer_that_is_killed_leaves_what_was_there(tmp_path: Path) -> None:
    """Batches of ten, killed in the middle: whole batches are there, and the store goes on."""
    code = (
        "import sys, numpy as np\nfrom pathlib import Path\nfrom index.texts import Entry, TextStore\n"
        "store = TextStore(Path(sys.argv[1]))\nat = 0\n"
        "while True:\n"
        "    store.put([Entry(id=f'{at}-{n}', text='x' * 2000, fields={}) for n in range(10)], np.eye(10, dtype=np.float32))\n"
        "    at += 1\n    print(at, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) >= 5:
                break
        time.sleep(0.005)
        os.kill(writer.pid, signal.SIGKILL)
    store = TextStore(tmp_path)
    assert len(store) >= 50
    assert len(store) % 10 == 0
    store.put([Entry(id="last", text="", fields={})], np.eye(10, dtype=np.float32)[:1])
    assert store.get(["last"])


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    """Of other bytes, of a newer version, or in the way."""
    (tmp_path / FILE).write_bytes(b"no database, but long enough to look like one " * 50)
    with pytest.raises(StoreError, match="cannot be used"):
        TextStore(tmp_path)
    newer = tmp_path / "newer"
    newer.mkdir()
    with sqlite3.connect(newer / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="version 99"):
        TextStore(newer)
    with pytest.raises(StoreError, match="cannot be used"):
        TextStore(tmp_path / FILE)


def test_nothing_is_pickled(tmp_path: Path, embeddings: EncoderEmbeddings) -> None:
    """The file is SQLite's, the metadata in it JSON."""
    PinciteVectorStore.from_texts(TEXTS[:1], embeddings, FIELDS[:1], ids=["a"], folder=tmp_path)
    assert [file.name.removesuffix("-wal").removesuffix("-shm") for file in tmp_path.iterdir()].count(FILE) == len(list(tmp_path.iterdir()))
    with sqlite3.connect(tmp_path / FILE) as db:
        assert json.loads(db.execute("SELECT fields FROM entry").fetchone()[0]) == FIELDS[0]
    db.close()


def test_several_threads_add_and_search(tmp_path: Path) -> None:
    """Nothing is lost, and every search finds what its thread has added."""
    store = TextStore(tmp_path)
    rows = np.eye(40, dtype=np.float32)
    missed: list[int] = []

    def work(first: int) -> None:
        for number in range(first, first + 10):
            store.put([Entry(id=str(number), text="", fields={})], rows[[number]])
            if store.search(rows[number], 1)[0][0].id != str(number):
                missed.append(number)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (missed, len(store)) == ([], 40)


def test_a_folders_index_is_a_vector_store(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Passages with their places; by question, by vector, by id; kept to documents; never written."""
    assistant = Assistant(corpus, tmp_path / "index", encoder=encoder)
    store = assistant.as_vector_store()
    found, score = store.similarity_search_with_score("How many cranes has the harbour?", k=1)[0]
    place = found.metadata
    text = (corpus / place["source"]).read_text(encoding="utf-8")
    assert text[place["start"] : place["end"]] == found.page_content
    assert (place["source"], place["paragraph"]) == ("harbour.txt", 4)
    assert score == store.similarity_search_with_relevance_scores("How many cranes has the harbour?", k=1)[0][1] <= 1
    assert found.id is not None
    assert [document.page_content for document in store.get_by_ids([found.id, "harbour.txt#99:0-1", "x", found.id])] == [found.page_content]
    vector = store.embeddings.embed_query("cranes of the harbour")
    assert store.similarity_search_by_vector(vector, k=1)[0].page_content == found.page_content
    kept = store.similarity_search("cranes", k=9, filter={"source": ["bees.md"]})
    assert {document.metadata["source"] for document in kept} == {"bees.md"}
    assert {document.metadata["source"] for document in store.similarity_search_by_vector(vector, filter={"source": "bees.md"})} == {
        "bees.md"
    }
    assert store.as_retriever(search_kwargs={"k": 1}).invoke("cranes")[0].metadata["source"] == "harbour.txt"


def test_an_id_never_returns_other_words(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Neither after the document was edited, nor when it is made up of a part of a passage; in a long document every passage is found."""
    file = tmp_path / "c" / "yard.txt"
    file.parent.mkdir()
    more = "".join(f"\n\nThe lighthouse number {number} is {number} metres high." for number in range(9))
    file.write_text("# Minutes\n\nThe yard built 310 boats." + more, encoding="utf-8")

    def opened() -> ParagraphVectorStore:
        return Assistant(file.parent, tmp_path / "index", encoder=encoder).as_vector_store()

    found = opened().similarity_search("boats lighthouse", k=30)
    ids = [document.id or "" for document in found]
    assert len(set(ids)) >= 10
    assert [document.page_content for document in opened().get_by_ids(ids)] == [document.page_content for document in found]
    boats = next(document for document in found if document.page_content == "The yard built 310 boats.")
    start, name = boats.metadata["start"], boats.id or ""
    assert opened().get_by_ids([name.replace(f":{start}-", f":{start + 4}-"), name.partition("~")[0]]) == []
    for edited in ("The yard built 311 boats.", "Nobody knows how many boats there were, or when they sank."):
        file.write_text(f"# Minutes\n\n{edited}{more}", encoding="utf-8")
        assert opened().get_by_ids([name]) == []
        (again,) = (document for document in opened().similarity_search("boats", k=30) if document.page_content == edited)
        assert again.metadata["start"] == start
        assert opened().get_by_ids([again.id or ""])[0].page_content == edited


@pytest.mark.parametrize("wanted", [{"year": 2024}, {"source": 7}, {"source": "a", "year": 1}, lambda _: True])
def test_a_filter_that_the_folders_store_cannot_keep_is_refused(seeds: Assistant, wanted: object) -> None:
    """Rather than searched without."""
    with pytest.raises(ValueError, match="expected"):
        seeds.as_vector_store().similarity_search("unicorns", filter=wanted)  # type: ignore[arg-type]


def test_a_folders_store_is_not_written(seeds: Assistant, embeddings: EncoderEmbeddings) -> None:
    """It says what to do instead."""
    store = seeds.as_vector_store()
    with pytest.raises(StoreError, match=r"put a file into it.*PinciteVectorStore"):
        store.add_texts(["x"])
    with pytest.raises(StoreError, match="take the file out"):
        store.delete(["x"])
    with pytest.raises(StoreError, match="as_vector_store"):
        type(store).from_texts(["x"], embeddings)
    with pytest.raises(ValueError, match="384"):
        store.similarity_search_by_vector([1.0])
