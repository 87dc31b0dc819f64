"""The page's doors for programs: what it does, as functions that `gradio_client` calls and `view_api()` describes.

Each answers with JSON-ready values; what a user can mend is an error with the same line that the page shows.

    from gradio_client import Client
    client = Client("http://127.0.0.1:7860")
    client.predict("How many cranes are there?", api_name="/ask")["citations"]
"""

# Annotations are evaluated here, not postponed: Gradio reads them to describe the endpoints.
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import CorpusError, PinciteError
from rag.answer import hit_dict
from ui.library import add_files, remove_file

if TYPE_CHECKING:
    from rag import Assistant


def add_endpoints(assistant: "Assistant") -> None:
    """Add the endpoints to the page that is being laid out."""
    import gradio as gr
    from gradio.events import api

    doors = Endpoints(assistant)
    for function in (doors.ask, doors.retrieve, doors.check, doors.documents, doors.paragraphs, doors.remove):
        api(_told(function), api_name=function.__name__)
    files, said = gr.File(file_count="multiple", visible=False), gr.JSON(visible=False)
    files.upload(_told(doors.add), files, said, api_name="add", show_progress="hidden")


class Endpoints:
    """What programs can call; the docstrings are what `view_api()` shows them."""

    def __init__(self, assistant: "Assistant") -> None:
        """Take what they work on."""
        self._assistant = assistant

    def ask(self, question: str, history: list[list[str]] | None = None, sources: list[str] | None = None) -> dict[str, Any]:
        """Answer a question: the record of `Answer.to_dict`, with statements, citations, conflicts and the nearest paragraphs.

        `history` holds earlier [question, answer] pairs, oldest first; `sources` the paths of the documents to ask, none for all.
        """
        earlier = [(asked, said) for asked, said in history or ()]
        return self._assistant.ask(question, earlier, sources=sources or None).to_dict(timings=True)

    def retrieve(self, question: str, k: int = 10, sources: list[str] | None = None) -> list[dict[str, Any]]:
        """Return the `k` passages that fit a question best, best first: source, paragraph, start, end, score and text."""
        return [hit_dict(hit) for hit in self._assistant.retrieve(question, k, sources=sources or None)]

    def check(self, text: str) -> dict[str, Any]:
        """Say of each sentence of a text whether the documents say it, and where."""
        return self._assistant.check(text).to_dict()

    def documents(self) -> list[dict[str, Any]]:
        """List the documents: source, title, date and number of paragraphs."""
        listed = self._assistant.index.store.contents(-1)
        # Not "path": `gradio_client` takes what has one for a file, and goes for it.
        return [
            {"source": one.path, "title": one.title, "date": one.date.isoformat() if one.date else None, "paragraphs": one.paragraphs}
            for one in listed
        ]

    def paragraphs(self, source: str) -> list[dict[str, Any]]:
        """Return a document's paragraphs: source, number, start, end, text, heading and kind."""
        found = self._assistant.index.store.paragraphs(source)
        if not found:
            raise CorpusError(f"{source} is not among the documents; the endpoint /documents lists them")
        return [asdict(paragraph) for paragraph in found]

    def remove(self, source: str) -> str:
        """Move a document to the bin of the computer that the page runs on."""
        remove_file(self._assistant, source)
        return f"{source} was moved to the bin"

    def add(self, files: list[str] | None) -> list[dict[str, Any]]:
        """Add files to the documents; say of each whether it was added, and why not."""
        *_, added = [(), *add_files(self._assistant, [Path(file) for file in files or ()])]
        return [{"name": one.name, "added": not one.failed, "state": one.state} for one in added]


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose `PinciteError`s reach the client as what they say."""
    import gradio as gr

    @wraps(function)
    def told(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except PinciteError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except (TypeError, ValueError) as error:  # of another type or form than it is described with
            said = f"/{function.__name__} cannot take this ({error}); expected what the client's view_api() says"
            raise gr.Error(said, print_exception=False) from error

    return told
