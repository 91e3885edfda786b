"""What the full-screen program costs on the line: bytes of a move, of a picture and at rest; start; search.

Measured on a pseudo-terminal with a library of 10,000 models. Prints goal and measured value. Everything is
compiled before it is timed, as it is where the program was installed, whatever PYTHONDONTWRITEBYTECODE says.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.synthetic import make_library
from tests.support.program import argv, environment, pumas
from tests.support.terminal import Terminal

MOVES = 200
RUNS = 7
QUERIES = ["7b", "q4_k", "fp16", "llama", "qwen coder", "instruct", "模", "zzzz"]


@dataclass(frozen=True)
class Bar:
    """One measured bar: passes when value <= goal."""

    name: str
    value: float
    goal: float
    unit: str

    @property
    def line(self) -> str:
        word = "pass" if self.value <= self.goal else "short"
        return f"{self.name:<58} {self.value:>10.2f} {self.unit:<4} goal {self.goal:>8.2f}  {word}"


def _compiled(scratch: Path) -> dict[str, str]:
    """Where byte code is kept for this run."""
    return {"PYTHONPYCACHEPREFIX": str(scratch / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}


def _open(root: Path, width: int, height: int, **extra: str) -> Terminal:
    shown = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **_compiled(root.parent), **extra}
    env = environment(root.parent, shown)
    return Terminal([os.fsdecode(a) for a in argv(root=root)], width=width, height=height, env=env)


def moves(root: Path, name: str, goals: tuple[float, float, float], **extra: str) -> list[Bar]:
    """Bytes of each of 200 cursor moves at 120x40 with the detail pane on."""
    with _open(root, 120, 40, **extra) as terminal:
        terminal.wait_for("10,000")
        terminal.read(quiet_s=0.5)
        sizes = []
        for _ in range(MOVES):
            terminal.send("j")
            sizes.append(terminal.read(quiet_s=0.12, longest_s=1.0))
    sizes.sort()
    mean, p95 = statistics.fmean(sizes), sizes[int(len(sizes) * 0.95)]
    figures = zip(("mean", "p95", "max"), (mean, p95, sizes[-1]), goals, strict=True)
    return [Bar(f"bytes per cursor move, {name}, {what}", value, goal, "B") for what, value, goal in figures]


def at_rest(root: Path) -> Bar:
    """Bytes sent while nothing happens, search box focused."""
    with _open(root, 120, 40) as terminal:
        terminal.wait_for("10,000")
        terminal.send("/")
        terminal.read(quiet_s=0.6)
        count = terminal.read(quiet_s=10.0, longest_s=10.0)
    return Bar("bytes at rest in 10 s, search box focused", count, 0, "B")


def start(root: Path) -> list[Bar]:
    """The last byte of the first picture with rows, as multiples of imports in the same run."""

    def imported(module: str) -> float:
        began = time.perf_counter()
        env = {**environment(root.parent), **_compiled(root.parent)}
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True, env=env)
        return time.perf_counter() - began

    def painted() -> float:
        began = time.perf_counter()
        with _open(root, 120, 40) as terminal:
            while b"10,000" not in terminal.output:
                terminal.read(quiet_s=0.001, longest_s=0.001)
            return time.perf_counter() - began

    painted()
    peers: dict[str, list[float]] = {"textual": [], "textual.app": []}
    for _ in range(RUNS):
        for module, ratios in peers.items():
            reference = imported(module)
            ratios.append(painted() / reference)
    goals = {"textual": 4.0, "textual.app": 3.0}
    return [
        Bar(
            f"first picture with 10,000 models / import {module}",
            statistics.median(ratios),
            goals[module],
            "x",
        )
        for module, ratios in peers.items()
    ]


def pictures(root: Path) -> list[Bar]:
    """Bytes of whole pictures at 120x40: the first, another screen and back, a dialog over a plan."""
    app = root.parent / "ComfyUI"
    (app / "models" / "checkpoints").mkdir(parents=True)
    (app / "models" / "loras").mkdir()
    assert pumas("app", "add", app, "--kind", "comfyui", root=root).code == 0
    bars = []
    with _open(root, 120, 40) as terminal:
        terminal.wait_for(" models  ")
        terminal.read(quiet_s=3.0)
        bars.append(Bar("bytes of the start, until all is still", len(terminal.output), 40_000, "B"))
        for name, key, goal in (
            ("the first switch to Mapping with its plan", "3", 12_000),
            ("the switch back to the library", "1", 12_000),
            ("the next switch to Mapping", "3", 12_000),
            ("the dialog that applies a plan", "\r", 15_000),
        ):
            terminal.send(key)
            bars.append(Bar(f"bytes of {name}", terminal.read(quiet_s=3.0, longest_s=20), goal, "B"))
    return bars


def searches(root: Path) -> list[Bar]:
    """Last key to the answer painted, p95 of queries typed at once."""
    waits = []
    with _open(root, 120, 40) as terminal:
        terminal.wait_for("10,000")
        terminal.read(quiet_s=0.5)
        for query in QUERIES:
            terminal.send("/")
            terminal.read(quiet_s=0.2)
            began = time.perf_counter()
            terminal.send(query)
            terminal.wait_for(" of 10,000", longest_s=5)
            waits.append((time.perf_counter() - began) * 1000)
            terminal.send("\x1b")
            terminal.read(quiet_s=0.3)
            terminal.send("\x1b")
            terminal.wait_for("10,000 models", longest_s=5)
    return [Bar("last key to answer painted, worst of 8 queries", max(waits), 350, "ms")]


def main() -> None:
    """Measure all and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "library"
        pumas("init", root, root=root)
        make_library(root, options.models)
        pumas("scan", "--deep", root=root)
        bars = [
            *moves(root, "truecolor", (2048, 2560, 8192)),
            *moves(root, "ansi theme", (1228, 2560, 8192), COLORTERM=""),
            at_rest(root),
            *start(root),
            *searches(root),
            *pictures(root),
        ]
    for bar in bars:
        print(bar.line)
    if options.json:
        options.json.write_text(json.dumps([asdict(b) for b in bars], indent=2))


if __name__ == "__main__":
    main()
