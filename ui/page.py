"""The page: a conversation at the left, the document that it cites at the right.

Safe by default: it listens on loopback, answers only to its own name there, keeps every conversation in its own
browser session, and neither the browser nor this process connects to anywhere else. Gradio is mounted in an
application of our own, because `launch` calls its own address through whatever proxy the environment names.
"""

# Annotations are evaluated here, not postponed: Gradio reads them to see which function wants the event.
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from index.errors import PinciteError
from rag.chat_models import EXTRACTIVE, describe_model
from ui.examples import find_examples
from ui.markup import Place
from ui.reader import MAX_LISTED, render_contents, render_document, render_failure
from ui.transcript import Turn, render_transcript, render_welcome

if TYPE_CHECKING:
    import gradio as gr

    from rag import Assistant

MAX_TURNS = 100  # kept of a conversation
MAX_WAITING = 64  # questions in the queue before the page says that it is busy
MAX_AT_ONCE = 4  # questions answered at the same time

_HERE = Path(__file__).parent
# Read by Gradio when it is imported and when a page is laid out: no reports home, and no statistics of every event.
_ENVIRONMENT = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000", "GRADIO_ANALYTICS_MAX_EVENTS": "1"}
_FAILED = "Something went wrong inside Pincite; the terminal it runs in says what. You can go on asking."

_log = logging.getLogger("pincite")


class _Parts(NamedTuple):
    """The page and those of its components that do something."""

    page: "gr.Blocks"
    turns: "gr.State"  # the conversation, one a browser session
    transcript: "gr.HTML"
    box: "gr.Textbox"
    send: "gr.Button"
    reader: "gr.HTML"
    new: "gr.Button"
    writer: "gr.Dropdown"  # who writes the answers; hidden when nobody but the documents can


def build_page(assistant: "Assistant") -> "gr.Blocks":
    """Make the page over one assistant; nothing of a conversation is kept outside its browser session.

    Raises:
        PinciteError: The documents or the index cannot be used.
    """
    os.environ.update(_ENVIRONMENT)
    import gradio as gr

    examples = lru_cache(maxsize=1)(lambda _generation: find_examples(assistant))
    examples(assistant.index.generation)
    parts = _lay_out(describe_model(assistant.model))

    async def respond(question: str, turns: tuple[Turn, ...], writer: str) -> AsyncIterator[tuple[Any, ...]]:
        """Yield the text box, the conversation kept, the conversation shown and the document, as the answer grows."""
        # The box is emptied at once and only once, so that what is typed meanwhile stays; Gradio wants one yield at least.
        yield "" if question.strip() else gr.skip(), gr.skip(), gr.skip(), gr.skip()
        now = turns
        async for turn in converse(assistant, question, turns, quotes_only=writer == EXTRACTIVE):
            now = (*turns, turn)[-MAX_TURNS:]
            yield gr.skip(), gr.skip(), render_transcript(now), gr.skip()
        if now != turns:
            yield gr.skip(), now, gr.skip(), show_evidence(assistant, now[-1]) or gr.skip()

    async def respond_to_example(turns: tuple[Turn, ...], writer: str, event: gr.EventData) -> AsyncIterator[tuple[Any, ...]]:
        async for shown in respond(str(event.text), turns, writer):
            yield shown

    def open_clicked(event: gr.EventData) -> str:
        return open_place(assistant, read_place(event._data))  # noqa: SLF001 - the one way to ask what it may lack

    def begin() -> tuple[Any, ...]:
        return "", (), show_welcome(assistant, examples), show_contents(assistant)

    everything = [parts.box, parts.turns, parts.transcript, parts.reader]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    with parts.page:
        typed = gr.on([parts.box.submit, parts.send.click], respond, [parts.box, parts.turns, parts.writer], everything, **quiet)
        clicked = parts.transcript.question(respond_to_example, [parts.turns, parts.writer], everything, **quiet)
        for panel in (parts.transcript, parts.reader):
            panel.place(open_clicked, None, parts.reader, trigger_mode="multiple", **quiet)
        parts.reader.contents(lambda: show_contents(assistant), None, parts.reader, **quiet)
        parts.new.click(begin, None, everything, cancels=[typed, clicked], **quiet)
        parts.page.load(begin, None, everything, **quiet)
    return parts.page


def _lay_out(model: str) -> _Parts:
    import gradio as gr

    script = (_HERE / "page.js").read_text(encoding="utf-8")
    run_conversation, run_reader = (f"{script}\n{name}(element, trigger, watch);" for name in ("runConversation", "runReader"))
    page = gr.Blocks(title="Pincite", analytics_enabled=False, fill_width=True)
    with page:
        turns = gr.State(())
        with gr.Row(elem_id="masthead"):
            gr.HTML("<h1>Pincite</h1><p>Answers from your documents, pinned to the words that say them</p>", apply_default_css=False)
            new = gr.Button("New conversation", elem_id="new")
        with gr.Row(elem_id="panels"):
            with gr.Column(elem_id="conversation"):
                transcript = gr.HTML(js_on_load=run_conversation, apply_default_css=False)
                with gr.Row(elem_id="composer"):
                    box = gr.Textbox(placeholder="Ask a question", label="Your question", max_lines=5, container=False, autofocus=True)
                    send = gr.Button("Ask", variant="primary", elem_id="ask")
                choices = [(f"Written by {model}, checked against the documents", model), ("Quotations only", EXTRACTIVE)]
                writer = gr.Dropdown(
                    choices if model != EXTRACTIVE else choices[1:],
                    value=model,
                    label="Answers",
                    elem_id="writer",
                    container=False,
                    visible=model != EXTRACTIVE,
                    filterable=False,
                )
            reader = gr.HTML(js_on_load=run_reader, elem_id="reader", apply_default_css=False)
    page.queue(max_size=MAX_WAITING, default_concurrency_limit=MAX_AT_ONCE)
    return _Parts(page=page, turns=turns, transcript=transcript, box=box, send=send, reader=reader, new=new, writer=writer)


async def converse(assistant: "Assistant", question: str, turns: Sequence[Turn], *, quotes_only: bool = False) -> AsyncIterator[Turn]:
    """Yield the next turn of a conversation as it grows; the last one is final. An empty question is no turn.

    When it is cancelled, a chat model is not read any further.

    Args:
        assistant: Answers.
        question: As typed.
        turns: What came before.
        quotes_only: No chat model writes, even when the assistant has one.
    """
    if not question.strip():
        return
    yield Turn(question=question)
    history = [(turn.question, turn.answer.told or turn.answer.text) for turn in turns if turn.answer]
    try:
        writes = not quotes_only and assistant.model != EXTRACTIVE
        answer = None
        async for answer in assistant.astream(question, history, model=None if writes else EXTRACTIVE):
            yield Turn(question=question, answer=answer, growing=writes)
        if writes:
            yield Turn(question=question, answer=answer)
    except PinciteError as error:
        yield Turn(question=question, error=_sentence(error))
    except Exception:  # noqa: BLE001 - a bug costs one answer, not the page
        _log.exception("no answer to %.200r", question)
        yield Turn(question=question, error=_FAILED)


def show_evidence(assistant: "Assistant", turn: Turn) -> str | None:
    """Return the document panel for a new turn: at its first citation, without a marked word when it has none.

    None, which leaves the panel as it is, when there is no answer.
    """
    if turn.answer is None:
        return None
    citations = turn.answer.citations
    return open_place(assistant, Place.of_citation(citations[0])) if citations else show_contents(assistant)


def open_place(assistant: "Assistant", place: Place) -> str:
    """Return the document panel at a place; one without a quote opens the document at its beginning."""
    try:
        store = assistant.index.store
        source = store.source(place.source)
    except PinciteError as error:
        return render_failure(_sentence(error))
    except KeyError:
        return render_failure(f"{place.source} is no longer among the documents.")
    at = place if place.quote else None
    return render_document(source, store.paragraphs(place.source), place=at, opening=time.monotonic_ns())


def read_place(clicked: dict[str, str]) -> Place:
    """Return the place that a button of the page names; what it leaves out is 0 or empty."""
    paragraph, start, end = (int(clicked.get(name) or 0) for name in ("paragraph", "start", "end"))
    return Place(source=clicked["source"], paragraph=paragraph, start=start, end=end, quote=clicked.get("quote") or "")


def show_welcome(assistant: "Assistant", examples: Callable[[Path], Sequence[str]]) -> str:
    """Return what the conversation shows before its first question."""
    try:
        index = assistant.index
    except PinciteError as error:
        return render_transcript((Turn(question="", error=_sentence(error)),))
    size = index.manifest
    name = assistant.corpus.resolve().name
    return render_welcome(name, sources=size.sources, paragraphs=size.paragraphs, examples=examples(index.generation))


def show_contents(assistant: "Assistant") -> str:
    """Return the document panel with the list of documents."""
    try:
        store = assistant.index.store
    except PinciteError as error:
        return render_failure(_sentence(error))
    paths = store.sources()
    titles = store.titles(paths[:MAX_LISTED])
    return render_contents({path: titles[path] for path in paths[:MAX_LISTED]}, total=len(paths))


def _sentence(error: PinciteError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]
