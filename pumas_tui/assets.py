"""Finds the data folders `styles/` and `configs/`: in the installed wheel, else at the top of a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def styles_dir() -> Path:
    """Folder of the `.tcss` files."""
    return _folder("styles")


def configs_dir() -> Path:
    """Folder of `settings.toml`, `keymap.toml` and `mappings/`."""
    return _folder("configs")
