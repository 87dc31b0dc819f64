"""The page: a conversation at the left, the document that it cites at the right.

This chapter ties what a person does (Gradio's events) to what comes of it (`ui.desk`); `ui.layout` says what stands where. Every
event takes the same inputs and changes the same components, and leaves those as they are that its `View` does not name.
"""

# Annotations are evaluated here, not postponed: Gradio reads them to see which function wants the event, and who asks.
import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import PinciteError
from rag.chat_models import EXTRACTIVE, describe_model
from ui.chat import sentence
from ui.conversations import Conversations
from ui.desk import Desk
from ui.endpoints import add_endpoints
from ui.evaluating import Evaluating
from ui.judging import Judging
from ui.layout import Parts, lay_out
from ui.reader import render_failure
from ui.session import Session
from ui.views import View

if TYPE_CHECKING:
    import gradio as gr

    from rag import Assistant

MAX_WAITING = 64  # questions in the queue before the page says that it is busy
MAX_AT_ONCE = 4  # questions answered at the same time

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# What gives one view does not wait in the queue: Gradio may lose the reply to a queued click in the moment in which another queued
# event ends or is cancelled.
_AT_ONCE: dict[str, Any] = _QUIET | {"queue": False}
# At once, and not when the server replies: what is typed meanwhile stays.
_EMPTY_BOX = """(box, session, writer) => {
  const area = document.querySelector("#composer textarea");
  if (area && box.trim() && area.value === box) Object.assign(area, { value: "" }).dispatchEvent(new Event("input"));
  return [box, session, writer];
}"""
_FIND_SESSION = "(box, session, writer) => [box, sessionStorage.getItem('pincite') ?? '', writer]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """What a person did, and in which window.

    Attributes:
        owner: Who, "" where there are no users.
        session: State of the window.
        box: What stands in the question box.
        quotes_only: No chat model is to write.
        told: What the page's script tells with it.
    """

    owner: str
    session: Session
    box: str
    quotes_only: bool
    told: dict[str, Any]


_Action = Callable[[_Event], View | Awaitable[View]]
_Actions = Callable[[_Event], AsyncIterator[View]]


def build_page(assistant: "Assistant", kept: Conversations, facts_file: Path | None = None, *, shared: bool = False) -> "gr.Blocks":
    """Make the page over one assistant.

    Args:
        assistant: Answers.
        kept: The conversations.
        facts_file: Known facts about the documents, or proposals of some, for the evaluation; None takes those that were judged on
            the page, and the checkout's own for its seeds.
        shared: The page has users.
    """
    desk = Desk(assistant, kept)
    desk.prepare()
    parts = lay_out(describe_model(assistant.model))
    with parts.page:
        _tie_conversation(desk, parts)
        _tie_documents(desk, parts)
        _tie_evaluation(desk, Evaluating(assistant, facts_file), Judging(assistant, kept, facts_file, shared=shared), parts)
        add_endpoints(assistant)
    parts.page.queue(max_size=MAX_WAITING, default_concurrency_limit=MAX_AT_ONCE)
    return parts.page


def _tie_conversation(desk: Desk, parts: Parts) -> None:
    import gradio as gr

    def ask(event: _Event) -> AsyncIterator[View]:
        return desk.ask(event.owner, event.session, event.told.get("text") or event.box, quotes_only=event.quotes_only)

    def again(event: _Event) -> AsyncIterator[View]:
        return desk.again(event.owner, event.session, int(event.told["turn"]), quotes_only=event.quotes_only)

    begin = _stream(desk, lambda e: desk.begin(e.owner, e.session))
    begun = parts.page.load(begin, _inputs(parts), _outputs(parts), js=_FIND_SESSION, concurrency_limit=None, **_QUIET)
    transcript = parts.transcript
    answers: dict[str, Any] = _QUIET | {"cancels": begun, "concurrency_id": "answers", "concurrency_limit": MAX_AT_ONCE}
    answering = [
        gr.on([parts.box.submit, parts.send.click], _stream(desk, ask), _inputs(parts), _outputs(parts), js=_EMPTY_BOX, **answers),
        transcript.question(_stream(desk, ask), _inputs(parts), _outputs(parts), **answers),
        transcript.again(_stream(desk, again), _inputs(parts), _outputs(parts), **answers),
    ]

    async def suggest(session: str, request: gr.Request) -> str:
        return await desk.suggest(request.username or "", Session.from_json(session))

    for answered in answering:
        answered.success(suggest, parts.session, parts.suggestions, **_AT_ONCE)
    ends: tuple[tuple[Any, _Action], ...] = (
        (parts.stop.click, lambda e: desk.stop(e.owner, e.session)),
        (parts.new.click, lambda e: desk.new(e.owner, e.session)),
        (parts.kept.click, lambda e: desk.conversations(e.owner)),
        (transcript.open, lambda e: desk.open(e.owner, e.session, e.told["conversation"])),
    )
    for listener, action in ends:
        _tie(desk, parts, listener, action, cancels=answering)
    _tie(desk, parts, transcript.edit, lambda e: desk.edit(e.owner, e.session, int(e.told["turn"])))
    _tie(desk, parts, parts.status.cancel, lambda e: desk.cancel_edit(e.session))
    _tie(desk, parts, transcript.rename, lambda e: desk.rename(e.owner, e.told["conversation"], e.told["title"]))
    _tie(desk, parts, transcript.delete, lambda e: desk.delete(e.owner, e.session, e.told["conversation"]))
    _tie(
        desk,
        parts,
        transcript.rate,
        lambda e: desk.rate(e.owner, e.session, int(e.told["turn"]), e.told["rating"], e.told.get("reason", "")),
    )


def _tie_documents(desk: Desk, parts: Parts) -> None:
    def take(files: list[str] | None, session: str) -> Iterator[tuple[Any, ...]]:
        for view in desk.shelf.add(Session.from_json(session), [Path(file) for file in files or ()]):
            yield (*_show(desk, view), gr_skip())
        yield (*_show(desk, View()), None)  # the drop zone is empty again

    from gradio import skip as gr_skip

    reader = parts.reader
    for panel in (parts.transcript, reader):
        _tie(desk, parts, panel.place, lambda e: desk.shelf.place(e.told), trigger_mode="multiple")
    for panel in (parts.status, reader):
        _tie(desk, parts, panel.all, lambda e: desk.shelf.choose_all(e.session))
    _tie(desk, parts, reader.contents, lambda e: View(reader=desk.shelf.contents(e.session)))
    _tie(desk, parts, reader.choose, lambda e: desk.shelf.choose(e.session, e.told["documents"]), trigger_mode="multiple")
    removal = _stream(desk, lambda e: desk.remove(e.session, e.told["document"]))
    removed = reader.remove(removal, _inputs(parts), _outputs(parts), **_QUIET)
    _tie(desk, parts, removed.success, lambda e: desk.refresh(e.owner, e.session))  # of the window as it is by then
    parts.uploader.upload(take, [parts.uploader, parts.session], [*_outputs(parts), parts.uploader], **_QUIET)


def _tie_evaluation(desk: Desk, evaluating: Evaluating, judging: Judging, parts: Parts) -> None:
    import gradio as gr

    def judge(event: gr.EventData) -> str:
        return judging.act(event._data)  # noqa: SLF001

    def answer(event: gr.EventData) -> str:
        return judging.answer(str(event._data["key"]))  # noqa: SLF001

    def propose(request: gr.Request) -> Iterator[str]:
        yield from judging.propose(request.username or "")
        yield gr.skip()  # at the end Gradio sends the last view again, over what was judged meanwhile

    def score() -> Iterator[str]:
        yield from evaluating.run(own=True)

    def open_clicked(event: gr.EventData) -> str:
        return evaluating.show(event._data["name"])  # noqa: SLF001

    def begin() -> str:
        return evaluating.show()

    panel = parts.evaluation
    panel.evaluate(evaluating.run, None, panel, trigger_mode="multiple", **_QUIET)
    panel.halt(evaluating.stop, None, None, **_AT_ONCE)  # not cancelled: the run says itself that it has ended
    panel.run(open_clicked, None, panel, **_AT_ONCE)
    panel.listed(begin, None, panel, **_AT_ONCE)
    parts.page.load(begin, None, panel, **_AT_ONCE)
    facts = parts.facts
    facts.judge(judge, None, facts, **_AT_ONCE)
    facts.propose(propose, None, facts, trigger_mode="multiple", **_QUIET)
    facts.now(answer, None, parts.answered, trigger_mode="multiple", **_AT_ONCE)
    facts.halt(judging.stop, None, None, **_AT_ONCE)
    facts.score(score, None, panel, trigger_mode="multiple", **_QUIET)
    _tie(desk, parts, facts.place, lambda e: desk.shelf.place(e.told), trigger_mode="multiple")


def _tie(desk: Desk, parts: Parts, listener: Callable[..., Any], action: _Action, **options: Any) -> None:
    """Tie an event to an action that gives one view."""
    listener(_once(desk, action), _inputs(parts), _outputs(parts), **_AT_ONCE, **options)


def _inputs(parts: Parts) -> list[Any]:
    return [parts.box, parts.session, parts.writer]


def _outputs(parts: Parts) -> list[Any]:
    return [parts.box, parts.session, parts.status, parts.transcript, parts.reader, parts.send, parts.stop]


def _once(desk: Desk, action: _Action) -> Callable[..., Any]:
    """Return the function of an event whose action gives one view."""
    import gradio as gr

    async def run(box: str, session: str, writer: str, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        asked = _read(box, session, writer, request, event)
        try:
            view = await asyncio.to_thread(action, asked)  # it may wait for the index
            return _show(desk, await view if inspect.isawaitable(view) else view)
        except PinciteError as error:
            return _show(desk, _failure(error))

    return run


def _stream(desk: Desk, actions: _Actions) -> Callable[..., Any]:
    """Return the function of an event whose action gives one view after another."""
    import gradio as gr

    async def run(box: str, session: str, writer: str, request: gr.Request, event: gr.EventData) -> AsyncIterator[tuple[Any, ...]]:
        busy = None  # said with every view: where Gradio sends what is different, an update that is taken back may never be seen
        try:
            async for view in actions(_read(box, session, writer, request, event)):
                busy = busy if view.busy is None else view.busy
                yield _show(desk, replace(view, busy=busy))
        except PinciteError as error:
            busy = False
            yield _show(desk, _failure(error))
        yield _show(desk, View(busy=busy))  # at the end Gradio sends the last view again, over what was clicked meanwhile

    return run


def _failure(error: PinciteError) -> View:
    """Return what a window shows when something cannot be done: why, where the document stood."""
    return View(reader=render_failure(sentence(error)), busy=False)


def _read(box: str, session: str, writer: str, request: "gr.Request", event: "gr.EventData") -> _Event:
    told = event._data  # noqa: SLF001 - the one way to ask what it may lack
    return _Event(
        owner=request.username or "",
        session=Session.from_json(session),
        box=box,
        quotes_only=writer == EXTRACTIVE,
        told=told if isinstance(told, dict) else {},
    )


def _show(desk: Desk, view: View) -> tuple[Any, ...]:
    """Return the value of every component in `_outputs`."""
    import gradio as gr

    box, transcript, reader = (gr.skip() if part is None else part for part in (view.box, view.transcript, view.reader))
    session, status = (gr.skip(), gr.skip()) if view.session is None else (view.session.to_json(), desk.status(view.session))
    send, stop = (gr.skip(), gr.skip()) if view.busy is None else (gr.update(visible=not view.busy), gr.update(visible=view.busy))
    return box, session, status, transcript, reader, send, stop
