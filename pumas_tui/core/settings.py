"""Settings: read once, passed by value. `configs/settings.toml` documents every default with its reason."""

import os
import tomllib
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pumas_tui import assets
from pumas_tui.core.domain.errors import UsageError

_APP = "pumas"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LibrarySettings(_Section):
    """Where the library is."""

    root: str = ""


class ImportSettings(_Section):
    """How imports behave."""

    reserve_bytes: int = Field(ge=0)
    lane_width: int = Field(ge=1, le=16)


class UiSettings(_Section):
    """How the full-screen program behaves."""

    theme: str
    search_debounce_ms: int = Field(ge=0, le=5000)


class Settings(_Section):
    """All settings of one run."""

    library: LibrarySettings
    imports: ImportSettings = Field(alias="import")
    ui: UiSettings

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def default_config_path() -> Path:
    """`$XDG_CONFIG_HOME/pumas/settings.toml`."""
    return Path(platformdirs.user_config_dir(_APP)) / "settings.toml"


def state_dir() -> Path:
    """`$XDG_STATE_HOME/pumas`: logs, and databases of libraries on network file systems."""
    return Path(platformdirs.user_state_dir(_APP))


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        old = out.get(key)
        out[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return out


def load(config: Path | None = None) -> Settings:
    """The packaged defaults overlaid by the user's file. Raises UsageError naming file and key."""
    packaged = assets.configs_dir() / "settings.toml"
    values = tomllib.loads(packaged.read_text(encoding="utf-8"))
    user = config if config is not None else default_config_path()
    try:
        values = _merged(values, tomllib.loads(user.read_text(encoding="utf-8")))
    except FileNotFoundError:
        if config is not None:
            raise UsageError(f"no settings file at {config}", path=str(config)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{user}: {error}", path=str(user), hint="mend or remove the file") from error
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{user}: {key}: {first['msg']}", path=str(user)) from None


def library_root(explicit: str | None, settings: Settings) -> str:
    """Absolute root: `--root`, else `PUMAS_ROOT`, else settings, else `$XDG_DATA_HOME/pumas`."""
    chosen = explicit or os.environ.get("PUMAS_ROOT") or settings.library.root
    path = Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir(_APP))
    return str(path.absolute())
