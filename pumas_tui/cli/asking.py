"""Questions on a terminal. A script is never asked: without a terminal, and with --json, `--yes` decides."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from pumas_tui.cli.options import Wanted


def can_ask(wanted: Wanted) -> bool:
    """Somebody sits there and would see a question: it comes on stderr and is answered on stdin."""
    streams = (sys.stdin, sys.stderr)
    return not wanted.json and all(stream is not None and stream.isatty() for stream in streams)


def agrees(question: str) -> bool:
    """Ask y/N; the return key alone means no. Printable text only. Raises click.Abort on Ctrl-C and Ctrl-D.

    Blocks: an event loop that is running would otherwise take the first Ctrl-C for itself.
    """
    with _interruptible():
        return click.confirm(question, default=False, err=True)


def types(question: str, expected: str) -> bool:
    """Ask for a text that nobody types by accident. As `agrees` else."""
    with _interruptible():
        typed: str = click.prompt(question, default="", show_default=False, err=True)
    return typed.strip() == expected


@contextmanager
def _interruptible() -> Iterator[None]:
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
