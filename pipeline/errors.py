"""The few ways in which resistmine gives up, each named for the situation.

Every message starts with the place, says what was found and what was expected, and ends with what to do.
Bad *input* is not an error: it becomes a :class:`pipeline.model.Rejection`, and the rest goes on.
"""

from __future__ import annotations


class ResistmineError(Exception):
    """Anything a person can mend; the command line prints it without a traceback and exits with 1."""


class UsageError(ResistmineError):
    """The command was called wrongly (exit 2)."""


class SettingsError(UsageError):
    """A setting in the environment or in ``resistmine.toml`` cannot be used."""


class KnowledgeError(ResistmineError):
    """A row of the lexicon, a rule or a claim kind is not well-formed; names the file and the row."""

    def __init__(self, file: str, row: int | str, problem: str, remedy: str) -> None:
        self.file, self.row, self.problem, self.remedy = file, row, problem, remedy
        super().__init__(f"{file}, {row if isinstance(row, str) else f'row {row}'}: {problem}. {remedy}")


class ModelMissingError(ResistmineError):
    """A language model named in the settings is not installed."""


class StoreError(ResistmineError):
    """The evidence database is missing, of another schema, or cannot be written."""


class RunningElsewhereError(StoreError):
    """Another run is writing; readers are never refused, a second writer is."""


class UnreadableInputError(ResistmineError):
    """A file named on the command line cannot be read at all."""


class AcquireError(ResistmineError):
    """A service could not be reached, or gave no usable answer however often it was asked."""


class RefusedError(AcquireError):
    """A service refuses what the settings say (an address, a key); asking again mends nothing."""


class MalformedReplyError(AcquireError):
    """A service answers, but what it sends for these records cannot be read; fewer at a time may do."""


class IncompleteError(AcquireError):
    """What arrived is less than what the service itself counts."""
