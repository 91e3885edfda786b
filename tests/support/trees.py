"""What is on disk, as a value to compare: every path with its type, size and content hash."""

import hashlib
import os
import stat
from pathlib import Path


def snapshot(root: Path) -> dict[str, str]:
    """Relative path -> `dir`, `link:<text>` or `file:<size>:<sha256>` for everything below root."""
    found: dict[str, str] = {}
    for folder, subfolders, files in os.walk(os.fsencode(root)):
        for name in [*subfolders, *files]:
            path = os.path.join(folder, name)
            facts = os.lstat(path)
            key = os.fsdecode(os.path.relpath(path, os.fsencode(root)))
            if stat.S_ISLNK(facts.st_mode):
                found[key] = f"link:{os.fsdecode(os.readlink(path))}"
            elif stat.S_ISDIR(facts.st_mode):
                found[key] = "dir"
            else:
                digest = hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()
                found[key] = f"file:{facts.st_size}:{digest}"
    return found


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def model_dirs(root: Path) -> list[Path]:
    """Directories at a model's depth below `root/models`, without dot-folders."""
    models = root / "models"
    return sorted(
        model
        for kind in models.iterdir()
        if kind.is_dir() and not kind.name.startswith(".")
        for family in kind.iterdir()
        for model in family.iterdir()
    )
