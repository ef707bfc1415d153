"""Every error that wordkit raises on purpose.

A message says what was expected, what was found, where (file, line or byte)
and what to do next. The command line prints it as one sentence.
"""

from __future__ import annotations


class WordkitError(Exception):
    """The parent of all of them: catch this to catch any."""


class CorpusError(WordkitError):
    """Text that cannot be read, or a corpus that cannot be built or used."""


class FormatError(WordkitError):
    """A file or folder that is not what its reader expects."""


class InUseError(WordkitError):
    """A folder that another process is writing."""


class ModelError(WordkitError):
    """Settings or data from which nothing can be computed."""


class BackendError(WordkitError):
    """A part of the machine or an optional package that is not there."""


class UnknownWordError(ModelError, KeyError):
    """A word that the vocabulary does not have."""

    def __str__(self) -> str:  # KeyError would print the repr of its argument
        return str(self.args[0])
