"""What stands where on the page: its Gradio components, by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rag.chat_models import EXTRACTIVE

if TYPE_CHECKING:
    import gradio as gr

_HERE = Path(__file__).parent
# Read by Gradio when it is imported and when a page is laid out: no reports home, and no statistics of every event.
_ENVIRONMENT = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000", "GRADIO_ANALYTICS_MAX_EVENTS": "1"}
_MASTHEAD = (
    "<h1>Pincite</h1><p>Answers from your documents, pinned to the words that say them</p>"
    '<nav aria-label="Views"><a href="#ask" aria-current="page">Ask</a><a href="#evaluation">Evaluation</a></nav>'
)
_UPLOADS_KEPT = 3600  # seconds, for files that were dropped and never moved


class Parts(NamedTuple):
    """The page and those of its components that do something."""

    page: gr.Blocks
    session: gr.Textbox  # the window's state, never shown
    kept: gr.Button
    new: gr.Button
    transcript: gr.HTML
    suggestions: gr.HTML  # not seen: the page's script puts them under the last turn
    status: gr.HTML
    box: gr.Textbox
    send: gr.Button
    stop: gr.Button
    writer: gr.Dropdown  # who writes the answers; hidden when nobody but the documents can
    reader: gr.HTML
    uploader: gr.File
    evaluation: gr.HTML
    facts: gr.HTML
    answered: gr.HTML  # not seen: the page's script puts it to the proposal that is judged


def lay_out(model: str) -> Parts:
    """Make the components.

    Args:
        model: Name of the chat model that writes, or "extractive".
    """
    os.environ.update(_ENVIRONMENT)
    import gradio as gr

    page = gr.Blocks(title="Pincite", analytics_enabled=False, fill_width=True, delete_cache=(_UPLOADS_KEPT, _UPLOADS_KEPT))
    with page:
        session = gr.Textbox(visible=False)
        with gr.Row(elem_id="masthead"):
            gr.HTML(_MASTHEAD, js_on_load=_script("runMasthead"), apply_default_css=False)
            kept = gr.Button("Conversations", elem_id="kept", elem_classes="quiet")
            new = gr.Button("New conversation", elem_id="new", elem_classes="quiet")
        with gr.Row(elem_id="panels"):
            with gr.Column(elem_id="conversation"):
                transcript = gr.HTML(js_on_load=_script("runConversation"), apply_default_css=False)
                suggestions = gr.HTML(js_on_load=_script("runSuggestions"), elem_id="suggestions", apply_default_css=False)
                status = gr.HTML(js_on_load=_script("runStatus"), elem_id="status", apply_default_css=False)
                with gr.Row(elem_id="composer"):
                    box = gr.Textbox(placeholder="Ask a question", label="Your question", max_lines=5, container=False, autofocus=True)
                    send = gr.Button("Ask", variant="primary", elem_id="send")
                    stop = gr.Button("Stop", elem_id="stop", visible=False)
                writer = _choose_writer(model)
            with gr.Column(elem_id="documents"):
                reader = gr.HTML(js_on_load=_script("runReader"), elem_id="reader", apply_default_css=False)
                uploader = gr.File(file_count="multiple", label="Add files", elem_id="uploader")  # not seen: the list of documents feeds it
        with gr.Column(elem_id="evaluation-view"):
            evaluation = gr.HTML(js_on_load=_script("runEvaluation"), elem_id="evaluation", apply_default_css=False)
            facts = gr.HTML(js_on_load=_script("runFacts"), elem_id="facts", apply_default_css=False)
            answered = gr.HTML(js_on_load=_script("runAnswered"), elem_id="answered", apply_default_css=False)
    return Parts(
        page=page,
        session=session,
        kept=kept,
        new=new,
        transcript=transcript,
        suggestions=suggestions,
        status=status,
        box=box,
        send=send,
        stop=stop,
        writer=writer,
        reader=reader,
        uploader=uploader,
        evaluation=evaluation,
        facts=facts,
        answered=answered,
    )


def _choose_writer(model: str) -> gr.Dropdown:
    import gradio as gr

    choices = [(f"Written by {model}, checked against the documents", model), ("Quotations only", EXTRACTIVE)]
    written = model != EXTRACTIVE
    return gr.Dropdown(
        choices if written else choices[1:],
        value=model,
        label="Answers",
        elem_id="writer",
        container=False,
        visible=written,
        filterable=False,
    )


def _script(name: str) -> str:
    """Return the page's script, ending with a call of one of its functions for the component that runs it."""
    return f"{(_HERE / 'page.js').read_text(encoding='utf-8')}\n{name}(element, trigger, watch);"
