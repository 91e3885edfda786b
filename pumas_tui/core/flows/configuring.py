"""Changing the settings file: decided by `settings`, written as every file of ours."""

import os
from pathlib import Path

from pumas_tui.core import settings
from pumas_tui.core.fs import ops


def change(config: Path | None, key: str, written: str) -> Path:
    """Set one key of the user's file, made when there is none; the file that was written.

    An empty value takes the key out. Where the file is a link (to a folder of dotfiles), what it leads to is
    written. A file that could not be read again is never written: UsageError. Raises DiskError.
    """
    path = config if config is not None else settings.default_config_path()
    text = settings.text_of(path if config is not None else None)
    after = settings.edited(text or "", key, written, path)
    real = os.path.realpath(path)
    if after != text:
        ops.make_dirs("/", os.path.dirname(real).strip("/"))
        ops.atomic_write(real, after.encode())
    return path
