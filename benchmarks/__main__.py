"""`make bench`: every benchmark, one after the other."""

import subprocess
import sys

NAMES = (
    "bench_copy",
    "bench_search",
    "bench_scan",
    "bench_health",
    "bench_start",
    "bench_terminal",
    "bench_offline",
)

for name in NAMES:
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False)
