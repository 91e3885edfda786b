"""Trees of apps as they look on a disk, and what links are in them."""

import os
from collections.abc import Sequence
from pathlib import Path

KINDS = ("checkpoints", "diffusers", "loras", "text_encoders", "vae")


def comfyui(folder: Path, *, version: str = "0.6.0", kinds: Sequence[str] = KINDS) -> Path:
    """A folder that is recognised as a ComfyUI, with empty folders for models; its models folder."""
    for kind in kinds:
        (folder / "models" / kind).mkdir(parents=True)
    for name in ("main.py", "folder_paths.py"):
        (folder / name).write_text("raise SystemExit('no code of an app may be run')\n")
    (folder / "comfyui_version.py").write_text(f'__version__ = "{version}"\n')
    return folder / "models"


def links(folder: Path) -> dict[str, str]:
    """Symbolic links below a folder: relative path -> what the link says."""
    return {
        str(path.relative_to(folder)): os.readlink(path)
        for path in sorted(folder.rglob("*"))
        if path.is_symlink()
    }


def stamped(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Everything below a folder: its inode, size and time of change in ns, which a look leaves alone."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        facts = path.lstat()
        found[str(path.relative_to(folder))] = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
    return found
