"""Running a command line: errors become one line on standard error and an exit status."""

import logging
import os
import sys

import click

from cli.terminal import escape_control_characters
from corpus.errors import CitelineError

log = logging.getLogger(__name__)
_INTERRUPTED = 130  # the exit status that shells give a program ended by Ctrl-C


def run(command: click.Command) -> None:
    """Run a command and end the process: exit status 0, or 1 with one line on standard error, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        # a file name may hold bytes that are not UTF-8
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(_exit_status(command))


def print_note(line: str) -> None:
    """Print a line on standard error."""
    click.echo(line, err=True)


def _exit_status(command: click.Command) -> int:
    try:
        command.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        print_note("Interrupted.")
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output has ended, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except click.ClickException as error:
        return _print_error(error.format_message())
    except CitelineError as error:
        return _print_error(str(error))
    except Exception as error:  # a traceback helps no user; --log-level debug shows it
        log.debug("Unexpected error.", exc_info=True)
        return _print_error(f"{type(error).__name__}: {error}")
    return 0


def _print_error(message: str) -> int:
    print_note(escape_control_characters(f"Error: {' '.join(message.split())}"))
    return 1
