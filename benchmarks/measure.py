"""Paired timing: ours and a peer on the same data, taking turns in one run, so that only the ratio counts.

Absolute times on shared machines mean nothing; the ratio is the median of the ratios of the pairs.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Result:
    """One bar. Seconds are medians; `ratio` is the median of ours / peer over the pairs; lower is better."""

    name: str
    peer: str
    ours_s: float
    peer_s: float
    ratio: float
    goal: float
    runs: int

    @property
    def passed(self) -> bool:
        """The ratio is within its goal."""
        return self.ratio <= self.goal


def _timed(work: Callable[[], object], before: Callable[[], object] | None) -> float:
    if before is not None:
        before()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def paired(
    name: str,
    ours: Callable[[], object],
    peer: Callable[[], object],
    goal: float,
    runs: int = 5,
    *,
    peer_name: str = "",
    before: Callable[[], object] | None = None,
) -> Result:
    """Time both `runs` times after one warm-up each, in turns that swap who is first.

    `before` runs untimed ahead of every sample (clear outputs, touch memory). For "n times faster" the
    goal is 1 / n.
    """
    _timed(ours, before)
    _timed(peer, before)
    pairs: list[tuple[float, float]] = []
    for turn in range(runs):
        if turn % 2:
            theirs = _timed(peer, before)
            pairs.append((_timed(ours, before), theirs))
        else:
            mine = _timed(ours, before)
            pairs.append((mine, _timed(peer, before)))
    ratio = median(a / b for a, b in pairs)
    return Result(
        name, peer_name, median(a for a, _ in pairs), median(b for _, b in pairs), ratio, goal, runs
    )


def report(results: Sequence[Result], json_file: Path | None = None) -> bool:
    """Print one line per bar, write JSON when a file is given. True when every bar passed."""
    width = max((len(r.name) for r in results), default=0)
    peers = max((len(r.peer) for r in results), default=0)
    for r in results:
        verdict = "pass" if r.passed else "short"
        print(
            f"{r.name:<{width}}  {r.ours_s * 1e3:9.1f} ms  {r.peer:<{peers}}  {r.peer_s * 1e3:9.1f} ms"
            f"  ratio {r.ratio:6.3f}  goal {r.goal:6.3f}  {verdict}"
        )
    if json_file is not None:
        rows = [{**asdict(r), "passed": r.passed} for r in results]
        json_file.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return all(r.passed for r in results)
