"""What the command line hands to whoever starts the full-screen program: plain values, no Textual."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from pumas_tui.cli.options import Wanted
from pumas_tui.core.domain.errors import UsageError
from pumas_tui.core.domain.open_options import OpenOptions, RunJobs

_NO_SCREEN = ("", "dumb")


@dataclass(frozen=True, slots=True)
class LaunchTui:
    """Open this library full screen. `theme` None: as the settings say; `mouse` None: as the terminal can.

    `may_be_first`: no place was named, so where there is no library the questions of the first start come.
    """

    options: OpenOptions
    may_be_first: bool = False
    ascii: bool = False
    theme: str | None = None
    mouse: bool | None = None

    @classmethod
    def of(cls, wanted: Wanted) -> "LaunchTui":
        """As the command line said. Raises UsageError where there is no terminal to draw on."""
        why = no_screen()
        if why is not None:
            raise UsageError(
                f"pumas-tui needs a terminal ({why})", hint="the same on the command line: --help"
            )
        return cls(
            options=wanted.options(RunJobs.ALL),
            may_be_first=_own_place(wanted) and not wanted.readonly,
            ascii=wanted.ascii,
            theme=wanted.theme,
            mouse=False if wanted.no_mouse else None,
        )


def _own_place(wanted: Wanted) -> bool:
    """No place was named. A place that the user named may be a disk that is not mounted."""
    from pumas_tui.core import settings  # `--help` is answered without

    config = Path(wanted.config) if wanted.config is not None else None
    return not (wanted.root or os.environ.get("PUMAS_ROOT") or settings.load(config).library.root)


def no_screen() -> str | None:
    """Why nothing can be drawn here, or None. Keys come from stdin and Textual draws on stderr."""
    for name, stream in (("stdin", sys.stdin), ("stderr", sys.stderr)):
        if stream is None or not stream.isatty():
            return f"{name} is not one"
    term = os.environ.get("TERM", "")
    return f'TERM is "{term}"' if term in _NO_SCREEN else None
