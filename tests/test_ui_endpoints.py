"""The page's doors for programs, as `gradio_client` finds and calls them; and ten people who ask at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from rag import Assistant
from ui.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.encoders import OnnxEncoder

CRANES = "How many cranes does the harbour of Ostmark have?"
TOWERS = {f"Tower{letter}": 100 + place for place, letter in enumerate("abcdefghijklmnopqrst")}
CLIENTS = 10


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder, trash: Path) -> Assistant:
    return Assistant(corpus, tmp_path / "index", encoder=encoder)


@pytest.fixture
def url(assistant: Assistant) -> Iterator[str]:
    with closing(serve(assistant, port=0, block=False)) as running:
        yield running.url


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with closing(Client(url, verbose=False)) as opened:
        yield opened


def test_what_can_be_called_is_described(client: Client) -> None:
    """Every door says what it takes and gives."""
    described = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    taken = {name: [one["parameter_name"] for one in door["parameters"]] for name, door in described.items()}
    assert taken == {
        "/ask": ["question", "history", "sources"],
        "/retrieve": ["question", "k", "sources"],
        "/check": ["text"],
        "/documents": [],
        "/paragraphs": ["source"],
        "/add": ["files"],
        "/remove": ["source"],
    }


def test_a_program_asks(client: Client, assistant: Assistant) -> None:
    """What comes back is the answer's own record; a history makes a follow-up, sources leave the others out."""
    said = client.predict(CRANES, api_name="/ask")
    (citation,) = said["citations"]
    assert (citation["source"], citation["quote"]) == ("harbour.txt", "It has 14 cranes.")
    assert {name: said[name] for name in ("text", "abstained")} == {"text": "It has 14 cranes. [1]", "abstained": False}
    history = [["When did the harbour of Ostmark open?", "It opened in 2019."]]
    said = client.predict("and how many cranes does it have?", history, api_name="/ask")
    assert said["searched"] == "and how many cranes does it have? (harbour Ostmark open)"
    assert "14 cranes" in said["text"]
    said = client.predict(CRANES, [], ["bees.md"], api_name="/ask")
    assert "14 cranes" not in said["text"]


def test_a_program_retrieves_checks_and_reads(client: Client) -> None:
    best, *_ = client.predict("cranes of the harbour", 2, api_name="/retrieve")
    assert (best["source"], best["paragraph"], "14 cranes" in best["text"]) == ("harbour.txt", 4, True)
    checked = client.predict("The harbour of Ostmark has 14 cranes. It has 15 cranes.", api_name="/check")
    assert [one["status"] for one in checked["statements"]] == ["supported", "figure differs"]
    assert [one["source"] for one in client.predict(api_name="/documents")] == ["bees.md", "harbour.txt", "sub/tower.txt"]
    (only,) = client.predict("sub/tower.txt", api_name="/paragraphs")
    assert only["text"] == "The tower of Brill is 61 metres high and was built by Anna Kask."


def test_a_program_adds_and_removes(client: Client, tmp_path: Path) -> None:
    """Each file has its own outcome; the next question asks what was added."""
    good, bad = tmp_path / "karst.txt", tmp_path / "bad.xyz"
    good.write_text("The tower of Karst is 77 metres high.\n")
    bad.write_text("x")
    added = client.predict([handle_file(good), handle_file(bad)], api_name="/add")
    assert [(one["name"], one["added"]) for one in added] == [("karst.txt", True), ("bad.xyz", False)]
    assert "77 metres" in client.predict("How high is the tower of Karst?", api_name="/ask")["text"]
    assert client.predict("karst.txt", api_name="/remove") == "karst.txt was moved to the bin"
    assert "karst.txt" not in [one["source"] for one in client.predict(api_name="/documents")]


@pytest.mark.parametrize(
    ("door", "given", "said"),
    [
        ("/ask", (CRANES, [], ["nowhere.txt"]), "nowhere.txt"),
        ("/ask", ("???",), "question is empty"),
        ("/retrieve", (CRANES, 3, ["nowhere.txt"]), "nowhere.txt"),
        ("/paragraphs", ("nowhere.txt",), "nowhere.txt is not among the documents"),
        ("/remove", ("../secret.txt",), "is not among the documents"),
        ("/ask", (CRANES, [["only one"]]), "/ask cannot take this"),
        ("/retrieve", (CRANES, "x"), "/retrieve cannot take this"),
    ],
)
def test_what_cannot_be_done_is_one_line(client: Client, door: str, given: tuple[object, ...], said: str) -> None:
    with pytest.raises(AppError) as refused:
        client.predict(*given, api_name=door)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_ten_people_ask_at_once(tmp_path: Path, encoder: OnnxEncoder) -> None:
    """Ten clients ask twenty questions each, every second one a follow-up; each gets its own answer, and none an error."""
    folder = tmp_path / "towers"
    folder.mkdir()
    for name, height in TOWERS.items():
        (folder / f"{name}.txt").write_text(f"About {name}\n\n{name} is {height} metres high. {name} opened in {1800 + height}.\n")
    assistant = Assistant(folder, tmp_path / "index", encoder=encoder)
    with closing(serve(assistant, port=0, block=False)) as running, ThreadPoolExecutor(CLIENTS) as people:
        wrong = [line for lines in people.map(ask_twenty, [running.url] * CLIENTS, range(CLIENTS)) for line in lines]
    assert wrong == []


def ask_twenty(url: str, person: int) -> list[str]:
    """Ask about ten towers, each twice, beginning with another one than the others do; return what came out wrong."""
    names = list(TOWERS)[person:] + list(TOWERS)[:person]
    wrong = []
    with closing(Client(url, verbose=False)) as client:
        for name in names[:10]:
            asked = f"How high is {name}?"
            said = client.predict(asked, api_name="/ask")["text"]
            later = client.predict("and when did it open?", [[asked, said]], api_name="/ask")["text"]
            if f"{TOWERS[name]} metres" not in said or str(1800 + TOWERS[name]) not in later:
                wrong.append(f"{name}: {said} {later}")
    return wrong
