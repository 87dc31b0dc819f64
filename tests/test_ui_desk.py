"""What each action on the page comes to, without a browser: the conversation, the documents, and what a window is told to show."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from rag import Assistant
from ui.conversations import Conversations
from ui.desk import Desk
from ui.session import Session
from ui.views import View

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from index.encoders import OnnxEncoder

Result = TypeVar("Result")
CRANES = "How many cranes does the harbour of Ostmark have?"
ANN, BEN = "ann", "ben"


@pytest.fixture
def desk(corpus: Path, tmp_path: Path, encoder: OnnxEncoder, trash: Path) -> Desk:
    index = tmp_path / "index"
    return Desk(Assistant(corpus, index, encoder=encoder), Conversations(index / "conversations.sqlite", corpus))


def seen(views: AsyncIterator[View]) -> list[View]:
    async def collect() -> list[View]:
        return [view async for view in views]

    return asyncio.run(collect())


def one(result: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(result)


def session_after(views: list[View]) -> Session:
    """The window's state after some views."""
    return next(view.session for view in reversed(views) if view.session)


def test_an_answer_is_kept_and_its_citation_opened(desk: Desk) -> None:
    """The page is busy until the answer stands; a reload shows the same."""
    views = seen(desk.ask(ANN, Session(), CRANES))
    assert (views[0].busy, views[-1].busy) == (True, False)
    assert "Looking in the documents" in (views[0].transcript or "")
    assert "It has <strong>14 cranes</strong>." in (views[-1].transcript or "")
    assert "<mark>It has 14 cranes.</mark>" in (views[-1].reader or "")
    assert one(desk.show(ANN, session_after(views))).transcript == views[-1].transcript


def test_a_follow_up_has_the_conversation_behind_it(desk: Desk) -> None:
    session = session_after(seen(desk.ask(ANN, Session(), "When did the harbour of Ostmark open?")))
    *_, view = seen(desk.ask(ANN, session, "and how many cranes does it have?"))
    assert "Searched for:" in (view.transcript or "")
    assert [turn.question for turn in desk.kept.turns(session.conversation, owner=ANN)] == [
        "When did the harbour of Ostmark open?",
        "and how many cranes does it have?",
    ]


def test_an_empty_question_changes_nothing(desk: Desk) -> None:
    assert seen(desk.ask(ANN, Session(), "  \n")) == [View()]
    assert desk.kept.find(owner=ANN) == []


def test_an_edited_question_takes_the_place_of_the_old_one(desk: Desk) -> None:
    """Until it is sent the old one stays; cancelling leaves it as it was."""
    session = session_after(seen(desk.ask(ANN, Session(), CRANES)))
    (turn,) = desk.kept.turns(session.conversation, owner=ANN)
    view = desk.edit(ANN, session, turn.id)
    assert view.box == CRANES
    assert view.session is not None
    assert "Editing the last question" in desk.status(view.session)
    assert desk.cancel_edit(view.session).session == session
    seen(desk.ask(ANN, view.session, "Who is the director of the harbour?"))
    assert [turn.question for turn in desk.kept.turns(session.conversation, owner=ANN)] == ["Who is the director of the harbour?"]


def test_a_question_is_asked_again_in_its_place(desk: Desk) -> None:
    """What is being typed meanwhile stays in the box."""
    session = session_after(seen(desk.ask(ANN, Session(), CRANES)))
    (turn,) = desk.kept.turns(session.conversation, owner=ANN)
    views = seen(desk.again(ANN, session, turn.id))
    assert {view.box for view in views} == {None}
    (again,) = desk.kept.turns(session.conversation, owner=ANN)
    assert again.id != turn.id
    assert again.answer is not None
    assert turn.answer is not None
    assert again.answer.to_dict() == turn.answer.to_dict()


def test_what_was_stopped_says_so(desk: Desk) -> None:
    async def stop_at_once() -> View:
        answering = desk.ask(ANN, Session(), CRANES)
        first = await anext(answering)
        await answering.aclose()
        assert first.session is not None
        return await desk.stop(ANN, first.session)

    view = one(stop_at_once())
    assert view.busy is False
    assert "Stopped before it was answered." in (view.transcript or "")
    assert "Ask again" in (view.transcript or "")


def test_what_was_stopped_a_moment_ago_can_be_asked_again(desk: Desk) -> None:
    """Also while the answer that was being made has not yet noticed."""

    async def stop_meanwhile() -> View:
        answering = desk.ask(ANN, Session(), CRANES)
        first = await anext(answering)
        assert first.session is not None
        view = await desk.stop(ANN, first.session)
        await answering.aclose()
        return view

    assert "Ask again" in (one(stop_meanwhile()).transcript or "")


def test_only_the_chosen_documents_answer(desk: Desk) -> None:
    """The status says so, and so does the turn; choosing all of them is choosing none."""
    view = desk.shelf.choose(Session(), ["bees.md"])
    assert view.session == Session(chosen=("bees.md",))
    assert "Asking 1 document only" in desk.status(view.session)
    *_, last = seen(desk.ask(ANN, view.session, CRANES))
    assert "Asked in: bees.md" in (last.transcript or "")
    assert "14 cranes" not in (last.transcript or "")
    assert desk.shelf.choose(view.session, ["sub/tower.txt", "bees.md", "harbour.txt"]).session == Session()
    assert desk.shelf.choose(view.session, []).session == Session()


def test_a_removed_document_leaves_its_citations_and_says_so(desk: Desk) -> None:
    """It is no longer chosen either."""
    session = session_after(seen(desk.ask(ANN, Session(), CRANES)))
    ticked = replace(session, chosen=("harbour.txt", "bees.md"))
    *_, view = seen(desk.remove(ticked, "harbour.txt"))
    assert "was moved to this computer&#x27;s bin" in (view.reader or "")
    view = one(desk.refresh(ANN, ticked))
    assert "No longer in the documents" in (view.transcript or "")
    assert view.session == replace(session, chosen=("bees.md",))
    assert "is no longer among the documents" in (desk.shelf.place({"source": "harbour.txt", "quote": "x"}).reader or "")


def test_an_answer_that_is_being_made_is_not_called_interrupted(desk: Desk) -> None:
    """Another window sees that it is being looked for; a change of the documents meanwhile draws nothing over it."""

    async def look_meanwhile() -> tuple[View, View, View]:
        answering = desk.ask(ANN, Session(), CRANES)
        first = await anext(answering)
        assert first.session is not None
        elsewhere, refreshed = await desk.show(ANN, first.session), await desk.refresh(ANN, first.session)
        *_, last = [view async for view in answering]
        return elsewhere, refreshed, last

    elsewhere, refreshed, last = one(look_meanwhile())
    assert "Looking in the documents" in (elsewhere.transcript or "")
    assert "Ask again" not in (elsewhere.transcript or "")
    assert refreshed == View()
    assert "14 cranes" in (last.transcript or "")


def test_a_tick_that_leads_nowhere_is_taken_back(desk: Desk) -> None:
    """Others stay; when none is left the question fails once, with the reason, and all are asked from then on."""
    (desk.assistant.corpus / "bees.md").unlink()
    desk.assistant.update()
    views = seen(desk.ask(ANN, Session(chosen=("bees.md", "harbour.txt")), CRANES))
    assert session_after(views).chosen == ("harbour.txt",)
    assert "14 cranes" in (views[-1].transcript or "")
    views = seen(desk.ask(ANN, Session(chosen=("bees.md",)), CRANES))
    assert "bees.md" in (views[-1].transcript or "")
    assert "14 cranes" not in (views[-1].transcript or "")
    assert session_after(views).chosen == ()


def test_half_a_character_is_asked_as_a_question_mark(desk: Desk) -> None:
    views = seen(desk.ask(ANN, Session(), CRANES + "\ud800"))
    assert views[-1].busy is False
    assert desk.kept.find(owner=ANN)[0].title == CRANES + "?"


def test_a_changed_document_is_said_to_have_changed(desk: Desk) -> None:
    """Moved words lead to where they are now; changed ones to how they read now."""
    session = session_after(seen(desk.ask(ANN, Session(), CRANES)))
    file = desk.assistant.corpus / "harbour.txt"
    text = file.read_text(encoding="utf-8")
    for edited, said, marked in (
        (f"A new line.\n\n{text}", "Moved since this answer", "It has 14 cranes."),
        (text.replace("14 cranes", "15 cranes"), "Changed since this answer", "It has 15 cranes."),
    ):
        file.write_text(edited, encoding="utf-8")
        desk.assistant.update()
        view = one(desk.show(ANN, session))
        assert said in (view.transcript or "")
        (check,) = desk.kept.turns(session.conversation, owner=ANN)[0].answer.verify()  # type: ignore[union-attr]
        assert check.text == marked
        clicked = {"source": check.source, "start": str(check.start), "end": str(check.end), "quote": check.text, "standing": check.status}
        reader = desk.shelf.place(clicked).reader or ""
        assert f"<mark>{marked}</mark>" in reader
        assert "since the answer" in reader


def test_the_last_document_gone_leaves_a_page_that_takes_files(desk: Desk) -> None:
    """The empty folder is a state of the page, not an error."""
    for path in desk.assistant.index.store.sources():
        seen(desk.remove(Session(), path))
    *_, view = seen(desk.begin(ANN, Session()))
    assert "No documents yet" in (view.transcript or "")
    assert "Drop files here" in (view.reader or "")


def test_a_folder_that_is_gone_is_an_error_in_both_panels(desk: Desk, tmp_path: Path) -> None:
    desk.assistant.corpus.rename(tmp_path / "elsewhere")
    *_, view = seen(desk.begin(ANN, Session()))
    assert "does not exist" in (view.transcript or "")
    assert "does not exist" in (view.reader or "")


def test_questions_are_suggested_once_and_only_for_the_last_answer(desk: Desk) -> None:
    """They come from what stands around the citation, and are answered by it."""
    (desk.assistant.corpus / "mill.txt").write_text(
        "The mill\n\nAcme Mills was founded in 1912. It is red.\n\nLater, Acme Mills has gathered 14 water wheels.\n\nWe like Acme Mills.\n",
        encoding="utf-8",
    )
    desk.assistant.update()
    session = session_after(seen(desk.ask(ANN, Session(), "When was Acme Mills founded?")))
    assert "How many water wheels has Acme Mills gathered?" in one(desk.suggest(ANN, session))
    session = session_after(seen(desk.ask(ANN, session, "What is the boiling point of tungsten?")))
    assert one(desk.suggest(ANN, session)) == ""


def test_conversations_are_listed_renamed_opened_and_deleted(desk: Desk) -> None:
    """Deleting the open one leaves the window without one."""
    session = session_after(seen(desk.ask(ANN, Session(), CRANES)))
    assert "About cranes" in (desk.rename(ANN, session.conversation, "About cranes").transcript or "")
    assert "About cranes" in (one(desk.new(ANN, session)).transcript or "")
    assert "14 cranes" in (one(desk.open(ANN, Session(), session.conversation)).transcript or "")
    view = desk.delete(ANN, session, session.conversation)
    assert view.session == Session()
    assert "None yet" in (view.transcript or "")


def test_nobody_is_shown_what_is_anothers(desk: Desk) -> None:
    """With somebody else's id a window gets the welcome, and its next question a conversation of its own."""
    session = session_after(seen(desk.ask(ANN, Session(), CRANES)))
    view = one(desk.open(BEN, Session(), session.conversation))
    assert "14 cranes" not in (view.transcript or "")
    assert view.session == Session()
    assert session_after(seen(desk.ask(BEN, session, CRANES))).conversation != session.conversation


def test_a_rating_is_kept_with_its_reason(desk: Desk) -> None:
    session = session_after(seen(desk.ask(ANN, Session(), CRANES)))
    (turn,) = desk.kept.turns(session.conversation, owner=ANN)
    one(desk.rate(ANN, session, turn.id, "wrong", ""))
    view = one(desk.rate(ANN, session, turn.id, "wrong", "too short"))
    assert 'value="too short"' in (view.transcript or "")
    (rated,) = desk.kept.turns(session.conversation, owner=ANN)
    assert (rated.rating, rated.reason) == ("wrong", "too short")


def test_a_slow_preparation_is_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of four that is embedded by a half makes an eighth."""
    (desk.assistant.corpus / "fourth.txt").write_text("The fourth.\n")
    held = threading.Event()
    opened = desk.assistant.open

    def hold(watch: Callable[[str, float], None]) -> Any:
        watch("bees.md", 0.5)
        held.wait()
        return opened(watch)

    monkeypatch.setattr(desk.assistant, "open", hold)
    preparation = desk.prepare()

    async def first_and_last() -> tuple[View, View]:
        views = desk.begin(ANN, Session())
        first = await anext(views)
        held.set()
        *_, last = [view async for view in views]
        return first, last

    first, last = asyncio.run(first_and_last())
    assert "12 %" in (first.transcript or "")
    assert "Ask the documents" in (last.transcript or "")
    assert preparation.share == 1.0
