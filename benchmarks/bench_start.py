"""How soon the command line answers: `--version`, `--help`, `list --json`, `show`, beside Python itself.

Everything is compiled before it is timed, as it is where the program was installed, whatever
PYTHONDONTWRITEBYTECODE says.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import paired, report
from benchmarks.synthetic import make_library
from tests.support.program import argv, environment, pumas

_PASS = "pass"
_MODULES = "import sqlite3, json"


def main() -> None:
    """Measure all and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=30)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "library"
        pumas("init", root, root=root)
        make_library(root, options.models)
        pumas("scan", "--deep", root=root)
        one = pumas("list", "--limit", "1", "--json", root=root).models[0]["model_id"]
        compiled = {"PYTHONPYCACHEPREFIX": f"{scratch}/compiled", "PYTHONDONTWRITEBYTECODE": ""}
        env = environment(root.parent, compiled)

        def running(*command: str) -> Callable[[], object]:
            return lambda: subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)

        def ours(*arguments: str) -> Callable[[], object]:
            return running(*(os.fsdecode(part) for part in argv(*arguments, root=root)))

        version = running(sys.executable, "-m", "pumas_tui", "--version")
        results = [
            paired(name, work, running(sys.executable, "-c", peer), goal, options.runs, peer_name=peer)
            for name, work, peer, goal in (
                ("--version", version, _PASS, 3.0),
                ("--help", ours("--help"), _MODULES, 8.0),
                (f"list --json, {options.models:,} models", ours("list", "--json"), _MODULES, 12.0),
                ("show --json", ours("show", one, "--json"), _MODULES, 20.0),
            )
        ]
    report(results, options.json)


if __name__ == "__main__":
    main()
