"""P9 and P10: a deep scan and a rescan with nothing changed, against find and stat over the same tree."""

import argparse
import subprocess
import tempfile
from pathlib import Path

from benchmarks.measure import paired, report
from benchmarks.synthetic import make_library
from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.flows import indexing, opening


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "library"
        paths = opening.create(str(root))
        make_library(root, options.models)
        index = IndexWriter(paths.index_db)

        def peer_deep() -> None:
            subprocess.run(
                ["find", f"{root}/models", "-name", "metadata.json", "-exec", "cat", "{}", "+"],
                stdout=subprocess.DEVNULL,
                check=True,
            )
            subprocess.run(
                ["find", f"{root}/models", "-name", "*.safetensors", "-exec", "stat", "-c%s", "{}", "+"],
                stdout=subprocess.DEVNULL,
                check=True,
            )

        def peer_rescan() -> None:
            subprocess.run(
                ["find", f"{root}/models", "-printf", "%p %s %T@\n"], stdout=subprocess.DEVNULL, check=True
            )

        results = [
            paired(
                "P9 deep scan, 10,000",
                lambda: indexing.rescan(index, paths, deep=True),
                peer_deep,
                3.0,
                peer_name="find -exec cat + stat",
            ),
            paired(
                "P10 rescan, unchanged",
                lambda: indexing.rescan(index, paths),
                peer_rescan,
                1.5,
                peer_name="find -printf",
            ),
        ]
        index.close()
    report(results, options.json)


if __name__ == "__main__":
    main()
