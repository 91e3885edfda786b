"""stderr and exit codes. An error or a warning is one line: what, which path, what to do."""

import logging
import sys
import time
import traceback

from pumas_tui.core.domain.errors import PumasError, Trouble
from pumas_tui.core.domain.text import safe

LOG_LEVELS = ("debug", "info", "warning", "error")

DONE = 0
UNEXPECTED = 1
WRONG_USAGE = 2
NOT_FOUND = 3
DECISION_NEEDED = 4
SOME_FAILED = 5
DISK = 6
INTERRUPTED = 130


def _family(base: type[PumasError]) -> dict[str, int]:
    found = {base.code: base.exit_code}
    for child in base.__subclasses__():
        found |= _family(child)
    return found


_EXIT_CODES = _family(PumasError)


def exit_code_of(code: str) -> int:
    """Exit code of an error known only by its code, as a job's row keeps it; other codes are failed items."""
    return _EXIT_CODES.get(code, UNEXPECTED if code == "unexpected" else SOME_FAILED)


def line_of(found: Trouble) -> str:
    """One printable line: message, the path unless the message names it, and what to do."""
    line = found.message
    if found.path is not None and found.path not in line:
        line += f": {found.path}"
    if found.hint:
        line += f" ({found.hint})"
    return safe(line)


def with_time(message: str, retry_at: float | None) -> str:
    """`…; no call before 14:05:30`, the user's own time. `retry_at`: epoch seconds."""
    if retry_at is None:
        return message
    return f"{message}; no call before {time.strftime('%H:%M:%S', time.localtime(retry_at))}"


def say(text: str) -> None:
    """A line to stderr. Printable text only."""
    err = sys.stderr
    if err is None or err.closed:
        return
    try:
        err.write(text + "\n")
        err.flush()
    except OSError:  # nobody reads it any more; the exit code still tells
        return


def say_error(found: Trouble) -> None:
    """`error: …`"""
    say(f"error: {line_of(found)}")


def say_warning(found: Trouble) -> None:
    """`warning: …`"""
    say(f"warning: {line_of(found)}")


class _Line(logging.Formatter):
    """A record as printable lines; what is logged may hold file names."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(safe(line) for line in super().format(record).split("\n"))


def log_to_stderr(level: str) -> None:
    """From now on, log records of this level and above stand on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Line("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])


def unexpected(error: BaseException) -> Trouble:
    """A defect of this program as a value."""
    return Trouble(
        "unexpected", f"{type(error).__name__}: {error}", hint="this is a defect; please report it"
    )


def say_traceback(error: BaseException) -> None:
    """Where a defect happened, line by line and printable: file names may stand in it."""
    for block in traceback.format_exception(error):
        for line in block.rstrip("\n").split("\n"):
            say("  " + safe(line))
