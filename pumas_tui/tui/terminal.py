"""The terminal this process talks to: what it can do, how Textual is told so, the clipboard behind it.

`prepare_environment` must run before Textual is imported, which reads its constants then.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, MutableMapping

_COPY_LIMIT_S = 2.0
_TRUE_COLOUR = ("truecolor", "24bit")


def over_ssh(environ: Mapping[str, str]) -> bool:
    """The terminal is at the other end of an SSH connection."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def prepare_environment(environ: MutableMapping[str, str]) -> None:
    """Set what Textual reads at import: fewer frames and no animation over SSH, the theme without colours.

    Without colours Textual looks at the theme only while the app is made, before one could be set.
    """
    if over_ssh(environ):
        environ.setdefault("TEXTUAL_FPS", "15")
        environ.setdefault("TEXTUAL_ANIMATIONS", "none")
        environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if "NO_COLOR" in environ:
        environ["TEXTUAL_THEME"] = choose_theme(environ, None)


def choose_theme(environ: Mapping[str, str], asked: str | None) -> str:
    """A theme's name: the one asked for, else our own in true colour, else the terminal's 16 colours.

    Colours that were asked for by number are quantised where there are 256 and clash where there are 16;
    the terminal's own always fit, and are a third fewer bytes. `COLORFGBG` tells a light background; asking
    the terminal stalls a slow line.
    """
    if "NO_COLOR" not in environ:
        if asked not in (None, "", "auto"):
            return str(asked)
        if environ.get("COLORTERM", "").lower() in _TRUE_COLOUR:
            return "pumas"
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "ansi-light" if background in ("7", "15") else "ansi-dark"


def wants_ascii(environ: Mapping[str, str]) -> bool:
    """The locale says that the terminal does not read UTF-8."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = environ.get(name)
        if value:
            return "utf8" not in value.lower().replace("-", "")
    return True


def wants_mouse(environ: Mapping[str, str]) -> bool:
    """On locally; off over SSH, where it takes selecting and copying away from the terminal."""
    return not over_ssh(environ)


async def copy(text: str, osc52: Callable[[str], None], environ: Mapping[str, str] | None = None) -> bool:
    """Put text into the clipboard of the person at the terminal; False where only showing it helps.

    Inside tmux its own buffer is the only way that works with default settings, and tmux hands it on; GNU
    screen has none; elsewhere the terminal is asked with OSC 52, which no terminal confirms.
    """
    environ = os.environ if environ is None else environ
    if environ.get("TMUX") and await _tmux_copy(text):
        return True
    if environ.get("STY"):
        return False
    osc52(text)
    return True


async def _tmux_copy(text: str) -> bool:
    quiet = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *("tmux", "load-buffer", "-w", "-"), stdin=asyncio.subprocess.PIPE, stdout=quiet, stderr=quiet
        )
    except OSError:
        return False
    try:
        await asyncio.wait_for(process.communicate(text.encode("utf-8", "surrogateescape")), _COPY_LIMIT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        return False
    return process.returncode == 0
