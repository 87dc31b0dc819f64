"""An answer as a LangChain message: its text, and an annotation for each place that a statement cites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata

from rag.drafts import TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages.content import Citation, TextContentBlock

    from rag.answer import Answer


def to_message(answer: Answer) -> AIMessage:
    """Return an answer as a message of one text block.

    `start_index` and `end_index` of an annotation are those of the statement in the text, as LangChain has it; its extras hold
    the place in the document: `source`, `paragraph`, `start`, `end`, `date`, and our `number`.
    """
    block: TextContentBlock = {"type": "text", "text": answer.text, "annotations": list(_annotations(answer))}
    counted = {kind: answer.usage[kind] for kind in TOKENS if kind in answer.usage}
    usage = UsageMetadata(**counted) if counted else None  # type: ignore[typeddict-item]
    metadata = {"model_name": answer.model, "abstained": answer.abstained, "confidence": answer.confidence}
    return AIMessage(content_blocks=[block], usage_metadata=usage, response_metadata=metadata)


def _annotations(answer: Answer) -> Iterator[Citation]:
    cited = {citation.number: citation for citation in answer.citations}
    start = 0
    for statement in (each for each in answer.statements if each.shown):
        for number in statement.citations:
            citation = cited[number]
            yield {
                "type": "citation",
                "title": citation.title,
                "cited_text": citation.quote,
                "start_index": start,
                "end_index": start + len(statement.text),
                "extras": {
                    "number": number,
                    "source": citation.source,
                    "paragraph": citation.paragraph,
                    "start": citation.start,
                    "end": citation.end,
                    "date": citation.date.isoformat() if citation.date else None,
                },
            }
        start += len(str(statement)) + 1
