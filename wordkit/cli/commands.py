"""How commands are found, and how they fail.

Only click is imported here and in its neighbours; what a command needs is imported
when it runs, so that help comes at once.
"""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click

from wordkit import __version__, progress
from wordkit.backend.environment import check_environment
from wordkit.cli.output import say, sentence
from wordkit.cli.table import COMMANDS, GROUPS
from wordkit.errors import WordkitError
from wordkit.interrupts import INTERRUPTED, Interrupted, handle_interrupts

NOTHING_KEPT = "interrupted; nothing unfinished was kept"


class Commands(click.Group):
    """The commands of the table that begin with a group's name; all of them, and the groups."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        rows = [row for row in COMMANDS if row.startswith(self._start)]
        names = (row.removeprefix(self._start).partition(" ")[0] for row in rows)
        return list(dict.fromkeys(names))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Imported only now."""
        if self._start == "" and name in GROUPS:
            return Commands(name, help=GROUPS[name])
        command: click.Command | None = COMMANDS.get(self._start + name)
        return command

    @property
    def _start(self) -> str:
        return f"{self.name} " if self.name in GROUPS else ""


class CommandLine(Commands):
    """All commands; errors become one sentence, which cannot steer a terminal."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Where the options that come before a command are read."""
        with _cleaned_messages():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Where all else happens."""
        with _cleaned_messages():
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            check_environment()
            return super().invoke(ctx)
        except WordkitError as error:
            raise click.ClickException(str(error)) from None
        except KeyboardInterrupt as stopped:
            with suppress(OSError):  # where the terminal is closed, there is nobody to tell
                say(str(stopped) or NOTHING_KEPT)
            raise click.exceptions.Exit(INTERRUPTED) from None
        except MemoryError:
            raise click.ClickException("out of memory") from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # click knows what to do when a reader such as head has had enough
            where = f": {error.filename}" if error.filename else ""
            raise click.ClickException(f"{error.strerror or error}{where}") from None
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # a bug of ours, or of a library
            if os.environ.get("WORDKIT_DEBUG"):
                raise
            raise click.ClickException(
                f"this should not happen ({type(error).__name__}: {error}); set WORDKIT_DEBUG=1 "
                "to see where, and please report it"
            ) from None


@contextmanager
def _cleaned_messages() -> Iterator[None]:
    """Messages of click, too: they quote what stands on the command line."""
    try:
        yield
    except getattr(click.exceptions, "NoArgsIsHelpError", ()):  # its message is the help
        raise
    except click.UsageError as error:
        raise click.UsageError(sentence(error.format_message()), error.ctx) from None
    except click.ClickException as error:
        raise click.ClickException(sentence(error.format_message())) from None


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wordkit")
def cli() -> None:
    """Word vectors and language models from your own text.

    \b
    wordkit corpus build books/ -o corpus
    wordkit vectors train corpus -o vectors
    wordkit vectors similar vectors matrix
    """


def run() -> None:
    """Run the command line, in a process of its own."""
    handle_interrupts(_interrupt)
    warnings.showwarning = _show_warning
    progress.hear = say
    for stream in (sys.stdout, sys.stderr):  # words that were not UTF-8 come out as they were
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    cli(prog_name="wordkit")


def _interrupt(*_: Any) -> NoReturn:
    context = click.get_current_context(silent=True)
    if context is None or context.find_root().invoked_subcommand is None:
        os._exit(INTERRUPTED)  # no command has begun, or it has ended: nothing is to be put right
    # not the parent class: where that is raised while Python executes a string, to make a named
    # tuple, say, ``python -m`` ends by the signal in spite of all
    raise Interrupted(NOTHING_KEPT)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    text = str(message).partition("\nThe parse failed with exception")[0]  # numba's, a traceback
    say(f"Warning: {text}")
