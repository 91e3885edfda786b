"""Make the environment of the diffusers round trip: `python -m tests.real.diffusers_env`. About 1.5 GB.

It lies in the cache of the real files and is never a dependency of the project. PyPI's torch brings the
libraries of CUDA along, which nothing here uses: where pip knows of builds for the CPU, it takes those. What
is there already is not made again.
"""

import subprocess
import sys
import venv
from pathlib import Path

from tests.real.fetch import cache_directory

PACKAGES = ("torch==2.13.0", "diffusers==0.42.1", "transformers==5.23.0")


def interpreter(cache: Path) -> Path:
    """The environment's Python; there once everything is installed."""
    return cache / "diffusers-env" / "bin" / "python"


def make(cache: Path) -> Path:
    """Make it when it is not there; its Python. Raises CalledProcessError when pip fails."""
    python = interpreter(cache)
    if not python.exists():
        unfinished = cache / "diffusers-env.new"
        venv.create(unfinished, with_pip=True, clear=True)
        pip = [str(unfinished / "bin" / "python"), "-m", "pip", "install", "--quiet", *PACKAGES]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        unfinished.rename(python.parents[1])
    return python


if __name__ == "__main__":
    sys.stdout.write(f"{make(cache_directory().absolute())}\n")
