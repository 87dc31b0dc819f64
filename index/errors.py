"""Everything that can go wrong in a way its user can mend.

PinciteError
├── CorpusError     the folder of documents: missing, empty, nothing in it readable
├── SourceError     one document: not text, not UTF-8, not readable; a build names it and goes on
├── StoreError      an index on disk: of another version, damaged, or being written by someone else
│   └── UnwritableError   where nothing more can be written
├── EncoderError    the embedding model: not installed, not the published file, not exportable
├── SettingsError   the environment sets something that does not exist
├── ModelError      a chat model that cannot be used; the documents are quoted instead
├── BusyError       a chat model that takes no more questions, for longer than one is ready to wait
├── QuestionError   a question that is empty or far too long
├── AnswerError     a kept answer that is to be checked again
├── FactsError      a file of known facts that cannot be used
├── GateError       a bound on a figure of an evaluation that is none, or that is not kept
├── RunError        a kept run of the evaluation that cannot be written or read
└── ServeError      the page: the port is taken, the address is not one or is open to all, a password cannot be used

A message says what was seen, what was expected and what to type next. Arguments of a wrong type or value stay
`TypeError` and `ValueError`.
"""

from __future__ import annotations


class PinciteError(Exception):
    """Base of all errors that a user can mend; the command line prints it as one line and exits with 1."""


class CorpusError(PinciteError):
    """The folder of documents cannot be used."""


class SourceError(PinciteError):
    """One document cannot be read."""


class StoreError(PinciteError):
    """An index on disk cannot be used."""


class UnwritableError(StoreError):
    """The folder of an index cannot be written; what is there may still be read."""


class EncoderError(PinciteError):
    """The embedding model cannot be used."""


class QuestionError(PinciteError):
    """The question cannot be asked."""


class AnswerError(PinciteError):
    """A kept answer cannot be checked."""


class FactsError(PinciteError):
    """The file of known facts cannot be used."""


class RunError(PinciteError):
    """A run of the evaluation cannot be kept, or cannot be read again."""


class GateError(PinciteError):
    """A figure of an evaluation is not within its bound, or the bound is of no known figure."""


class ServeError(PinciteError):
    """The page cannot be served."""


class SettingsError(PinciteError):
    """A setting cannot be used."""


class ModelError(PinciteError):
    """The chat model cannot be used."""


class BusyError(PinciteError):
    """The chat model has no room for more questions; only who waits for room is told, for others that is a ModelError."""
