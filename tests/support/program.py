"""Runs the real program as a process and reads what it says."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """The environment of a user whose home is `home` and who has set nothing."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "PUMAS_", "TEXTUAL", "SSH_", "TMUX"))
    }
    return {**kept, "HOME": str(home), "LANG": "C.UTF-8", **(extra or {})}


def argv(*arguments: str | bytes | Path, root: Path) -> list[str | bytes | Path]:
    """The command line of the program on the library at `root`."""
    return [sys.executable, "-m", "pumas_tui", "--root", str(root), *arguments]


def pumas(*arguments: str | bytes | Path, root: Path, home: Path | None = None) -> Ran:
    """Run the program to its end with no terminal."""
    done = subprocess.run(
        argv(*arguments, root=root),
        env=environment(home or root.parent),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
