"""Answers about a folder of documents, every statement pinned to the characters that say it.

>>> from rag import ask
>>> answer = ask("How many unicorn companies does Huangpu have?")  # doctest: +SKIP
"""

from rag.answer import Answer, Citation, Conflict, Statement
from rag.assistant import Assistant, ask
from rag.recheck import Check
from rag.support import verify

__all__ = ["Answer", "Assistant", "Check", "Citation", "Conflict", "Statement", "ask", "verify"]
