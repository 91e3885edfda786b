"""Runs the real program as a process and reads what it says."""

import atexit
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.prepared import Prepared

TIMEOUT_S = 120


@dataclass(frozen=True)
class Ran:
    """A finished run: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout (its last line, after any progress lines)."""
        parsed: dict[str, Any] = json.loads(
            self.out.strip().splitlines()[-1] if "\n{" in self.out else self.out
        )
        return parsed

    @property
    def data(self) -> dict[str, Any]:
        """`data` of the document."""
        data: dict[str, Any] = self.document["data"]
        return data

    @property
    def models(self) -> list[dict[str, Any]]:
        """`data.models` of the document."""
        models: list[dict[str, Any]] = self.data["models"]
        return models


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a user whose home is `home` and who has set nothing but to ask no server."""
    theirs = ("XDG_", "PUMAS_", "TEXTUAL", "SSH_", "TMUX", "HF_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(theirs)}
    return {**kept, "HOME": str(home), "LANG": "C.UTF-8", "HF_HUB_OFFLINE": "1", **(extra or {})}


def asking(endpoint: str, token: str = "") -> dict[str, str]:
    """What a user sets besides who asks the Hub at this endpoint."""
    return {"HF_HUB_OFFLINE": "", "HF_ENDPOINT": endpoint, **({"HF_TOKEN": token} if token else {})}


def argv(*arguments: str | bytes | Path, root: Path) -> list[str | bytes | Path]:
    """The command line of the program on the library at `root`."""
    return [sys.executable, "-m", "pumas_tui", "--root", str(root), *arguments]


@cache
def _prepared() -> Prepared:
    prepared = Prepared(environment(Path("/nonexistent")))
    atexit.register(prepared.close)
    return prepared


def pumas(
    *arguments: str | bytes | Path,
    root: Path,
    home: Path | None = None,
    extra: Mapping[str, str] | None = None,
) -> Ran:
    """Run the program to its end with no terminal, in a fork of a process that has loaded it."""
    env = environment(home or root.parent, extra)
    said = [os.fsdecode(argument) for argument in ("--root", root, *arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            code = _prepared().run(said, env, out, err, TIMEOUT_S)
        except TimeoutError:
            _prepared.cache_clear()
            raise
        out.seek(0)
        err.seek(0)
        return Ran(code, out.read().decode(), err.read().decode())
