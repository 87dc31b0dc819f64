"""A real language model writes, a very small one that invents freely: what it says passes the same checks, and its end is no end of ours.

SmolLM2 with 135 million parameters, served by llama.cpp over an OpenAI-compatible API on loopback.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from index.locations import ROOT
from rag import Assistant, verify

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def small_model() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The server's address, and its process."""
    command = [sys.executable, "-m", "eval.small_model"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
        process.kill()


QUESTIONS = (
    "How large is the planned production capacity for large-molecule biologics?",
    "Which two products are driving Akeso's sales?",
    "When was Akeso founded?",
)


def test_what_a_small_model_writes_is_checked_like_anything_else(seeds: Assistant, small_model: tuple[str, subprocess.Popen[str]]) -> None:
    """Every statement that is shown is told by the places that it cites, and the answers are not worse than the quotations."""
    url, _ = small_model
    for question, right in zip(QUESTIONS, ("600,000", "ivonescimab", "2012"), strict=True):
        *earlier, answer = seeds.stream(question, model=url)
        assert right in answer.told
        assert answer.usage["output_tokens"] > 0
        cited = {citation.number: citation for citation in answer.citations}
        for citation in answer.citations:
            text = (seeds.corpus / citation.source).read_bytes().decode("utf-8")
            assert text[citation.start : citation.end] == citation.quote
        for statement in (one for one in answer.statements if one.supported):
            paragraphs = {(cited[number].source, cited[number].paragraph) for number in statement.citations}
            (checked,) = verify(statement.text, seeds.index.store.paragraphs_at(sorted(paragraphs))) or (statement,)
            assert checked.supported
        assert all(one.supported for step in earlier for one in step.statements if one.shown)


def test_when_its_server_is_killed_in_mid_answer_the_documents_are_quoted(
    seeds: Assistant, small_model: tuple[str, subprocess.Popen[str]]
) -> None:
    url, process = small_model
    stream = seeds.stream("Why did the hospital choose the park?", model=url)
    answer = next(stream)
    process.kill()
    for answer in stream:  # noqa: B007 - the last one is looked at
        pass
    assert answer.told
    assert re.search(r"broke off|no server answers|quoted", answer.text)
    assert all(one.citations for one in answer.statements if one.supported)
    assert process.wait(20) != 0
