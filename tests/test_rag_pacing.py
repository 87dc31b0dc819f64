"""A provider that refuses for want of room: it is left alone as long as it says, asked by fewer at once, and asked again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from index.errors import BusyError
from rag import Assistant
from rag.model_failures import explain_failure, refused_for
from rag.pacing import Pace
from rag.waiting import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from langchain_core.messages import BaseMessage

    from index.encoders import OnnxEncoder

CRANES = "How many cranes does the harbour of Ostmark have?"
SAID = "The harbour has 14 cranes."


class Refusal(Exception):  # noqa: N818 - what it plays is named by each library in its own way
    """An error as the libraries of providers raise it."""

    def __init__(self, status: int = 429, **headers: str) -> None:
        super().__init__("too many requests")
        self.status_code = status
        self.response = SimpleNamespace(headers={name.replace("_", "-"): value for name, value in headers.items()})


class ResourceExhausted(Exception):  # noqa: N818 - the name that Google's library gives it
    """A refusal without a status of HTTP."""


@pytest.fixture
def assistant(corpus: Path, tmp_path: Path, encoder: OnnxEncoder) -> Assistant:
    return Assistant(corpus, tmp_path / "index", encoder=encoder, time_limit=20)


def ask(assistant: Assistant, model: Any, pace: Pace | None, stop: threading.Event | None = None) -> Any:
    *_, answer = assistant.stream(CRANES, model=model, pace=pace, stop=stop)
    return answer


def read(pace: Pace, make: Callable[[], Generator[str, None, bool]]) -> list[str]:
    return list(pace.read(make, Patience.of(20), lambda: False, name="scripted"))


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Refusal(), 0),
        (Refusal(503), 0),
        (Refusal(529), 0),
        (ResourceExhausted("429 quota"), 0),
        (Refusal(retry_after="7"), 7),
        (Refusal(retry_after="0.5"), 0.5),
        (Refusal(retry_after_ms="250", retry_after="1"), 0.25),
        (Refusal(retry_after="Thu, 01 Jan 2015 00:00:00 GMT"), 0),  # it is over
        (Refusal(retry_after="soon"), 0),
        (Refusal(retry_after="-3"), 0),
        (Refusal(500, retry_after="7"), None),
        (Refusal(401), None),
        (ValueError("429"), None),
    ],
)
def test_a_refusal_says_for_how_long(error: Exception, seconds: float | None) -> None:
    """Whatever library raised it; any other failure is none."""
    assert refused_for(error) == seconds
    wrapped = RuntimeError("request failed")
    wrapped.__cause__ = error
    assert refused_for(wrapped) == seconds


def test_a_date_is_as_long_as_it_is_away() -> None:
    """The year 2100 is more than ten years from any day on which this is run before 2090."""
    assert (refused_for(Refusal(retry_after="Fri, 01 Jan 2100 00:00:00 GMT")) or 0) > 3e8


def test_a_refusal_without_a_status_is_told_as_a_rate_limit() -> None:
    assert "takes no more questions for now" in explain_failure(ResourceExhausted("quota"), "google_genai:gemini")


def test_what_was_refused_is_asked_again_however_little_time_an_answer_has(
    corpus: Path, tmp_path: Path, encoder: OnnxEncoder, scripted_model: Any
) -> None:
    """Two waits of a second and a half, where an answer may take two seconds."""
    hurried = Assistant(corpus, tmp_path / "index", encoder=encoder, time_limit=2)
    hurried.ask(CRANES)
    model = scripted_model(Refusal(retry_after="1.5"), Refusal(retry_after="1.5"), SAID)
    answer = ask(hurried, model, Pace(first=0.05))
    assert (answer.text, answer.model) == (f"{SAID} [1]", "scripted")
    assert len(model.calls) == 3
    assert answer.usage == {"input_tokens": 10, "output_tokens": 1, "total_tokens": 11}


def test_without_a_pace_a_refusal_is_a_failure(assistant: Assistant, scripted_model: Any) -> None:
    """A reader does not wait for a minute: the documents are quoted at once, and it is said why."""
    model = scripted_model(Refusal(retry_after="60"), SAID)
    answer = ask(assistant, model, None)
    assert "It has 14 cranes." in answer.text
    assert "rate limit" in answer.text
    assert len(model.calls) == 1


def test_other_failures_are_not_asked_again(assistant: Assistant, scripted_model: Any) -> None:
    model = scripted_model(Refusal(500), SAID)
    assert "failed (500" in ask(assistant, model, Pace(first=0.05)).text
    assert len(model.calls) == 1


def test_a_refusal_in_the_middle_of_a_reply_tells_nothing_twice(assistant: Assistant, scripted_model: Any) -> None:
    model = scripted_model([f"{SAID} The har", Refusal()], SAID)
    answer = ask(assistant, model, Pace(first=0.05))
    assert answer.text.startswith(f"{SAID} [1]")
    assert answer.text.count("14") == 1
    assert len(model.calls) == 1


def test_refusals_that_do_not_end_are_told_and_not_covered_by_quotations(assistant: Assistant, scripted_model: Any) -> None:
    """A limit a day, or a quota that is used up: what came out would not be the model's."""
    with pytest.raises(BusyError, match=r"scripted has refused for \d+ seconds .*rate limit or quota.* ask again later"):
        ask(assistant, scripted_model(Refusal()), Pace(first=0.05, longest=0.3))
    model = scripted_model(Refusal(retry_after="86400"))
    with pytest.raises(BusyError, match="not to be asked for 86400 more"):
        ask(assistant, model, Pace())
    assert len(model.calls) == 1


def test_nobody_waits_who_was_stopped(assistant: Assistant, scripted_model: Any) -> None:
    """For an hour, as the provider asks; the thread ends all the same, and the model is not asked again."""
    stop, refused = threading.Event(), threading.Event()

    def refuse(_: list[BaseMessage]) -> Refusal:
        refused.set()
        return Refusal(retry_after="3600")

    model = scripted_model(refuse)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, assistant, model, Pace(longest=7200), stop)
        assert refused.wait(20)
        stop.set()
        assert "14 cranes" in asked.result(timeout=20).text
    assert len(model.calls) == 1


def refusing(error: Exception) -> Generator[str, None, bool]:
    raise error
    yield


def replying() -> Generator[str, None, bool]:
    yield "It grew."
    return True


def test_refusals_halve_what_is_asked_at_once_and_replies_raise_it() -> None:
    """8, 4, 2; then each reply adds its share of one: 2.5, 2.9, 3.24, 3.55, 3.83, 4.09, and never more than the most."""
    pace = Pace(8, first=0.01)
    come = iter([refusing(Refusal()), refusing(Refusal()), replying()])
    assert read(pace, lambda: next(come)) == ["It grew."]
    assert pace.allowed == 2
    for allowed in (2, 2, 3, 3, 3, 4):
        assert list(pace.read(replying, Patience.of(20), lambda: True, name="scripted")) == ["It grew."]
        assert pace.allowed == allowed
    for _ in range(200):
        list(pace.read(replying, Patience.of(20), lambda: True, name="scripted"))
    assert pace.allowed == 8


def test_refusals_of_one_round_count_once() -> None:
    """Four that were asked at once and are refused at once: 4 becomes 2, not 1 by way of 2, 1 and 1."""
    pace, together = Pace(4, first=0.01), threading.Barrier(4)
    turns = threading.local()

    def make() -> Generator[str, None, bool]:
        turns.count = getattr(turns, "count", 0) + 1
        if turns.count == 1:
            together.wait(20)
            return refusing(Refusal())
        return replying()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: read(pace, make), range(4))) == [["It grew."]] * 4
    assert pace.allowed == 2


def test_no_more_are_asked_at_once_than_are_allowed() -> None:
    """Eight threads, two turns."""
    pace, lock = Pace(2), threading.Lock()
    now = most = 0

    def make() -> Generator[str, None, bool]:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.01)
        yield "It grew."
        with lock:
            now -= 1
        return True

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: [read(pace, make) for _ in range(5)], range(8)))
    assert most == 2


def test_a_reply_that_nobody_reads_to_its_end_gives_its_turn_back() -> None:
    pace = Pace(1)
    reading = pace.read(replying, Patience.of(20), lambda: True, name="scripted")
    next(reading)
    reading.close()
    assert read(pace, replying) == ["It grew."]
