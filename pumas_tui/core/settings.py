"""Settings: read once, passed by value. `configs/settings.toml` documents every default with its reason.

Plain dataclasses, checked here: the program starts in a third of the time it takes with a parser library.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

import platformdirs

from pumas_tui import assets
from pumas_tui.core.domain.errors import UsageError
from pumas_tui.core.domain.text import bytes_of

_APP = "pumas"
_Section = TypeVar("_Section")


@dataclass(frozen=True, slots=True)
class Between:
    """Bounds of a whole number, both included."""

    least: int
    most: int | None = None

    def __str__(self) -> str:
        return f"at least {self.least}" if self.most is None else f"from {self.least} to {self.most}"

    def allows(self, value: object) -> bool:
        """The value is a number within them."""
        low = isinstance(value, int) and value < self.least
        return not (low or (isinstance(value, int) and self.most is not None and value > self.most))


class OneOf:
    """The texts that may stand there."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    def __str__(self) -> str:
        return f"one of {', '.join(self.texts)}"

    def allows(self, value: object) -> bool:
        """The value is one of them."""
        return value in self.texts


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """Where the library is."""

    root: str


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """How imports behave."""

    mode: Annotated[str, OneOf("auto", "copy", "reflink", "hardlink")]
    link: bool
    reserve_bytes: Annotated[int, Between(0)]
    lanes: Annotated[dict[str, int], Between(1, 16)]


@dataclass(frozen=True, slots=True)
class UiSettings:
    """How the full-screen program behaves."""

    theme: str
    search_debounce_ms: Annotated[int, Between(0, 5000)]


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """What is asked of servers. `bandwidth_limit`: bytes a second of all downloads, 0: no limit."""

    offline: bool
    lookups: bool
    civitai: bool
    bandwidth_limit: Annotated[int, Between(0)]


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """What health does by itself. `verify_bytes_per_s`: of reading contents, 0: no limit."""

    self_heal: Annotated[str, OneOf("off", "safe")]
    verify_bytes_per_s: Annotated[int, Between(0)]


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one run. In the file `imports` is the table `[import]`."""

    library: LibrarySettings
    imports: ImportSettings
    network: NetworkSettings
    health: HealthSettings
    ui: UiSettings


_TABLES: Mapping[str, type] = {
    "library": LibrarySettings,
    "import": ImportSettings,
    "network": NetworkSettings,
    "health": HealthSettings,
    "ui": UiSettings,
}


BYTES = frozenset({"import.reserve_bytes", "network.bandwidth_limit", "health.verify_bytes_per_s"})
"""Settings in bytes or bytes a second, which a person may write as `20 MB`."""


class BadSettingError(ValueError):
    """A value that cannot be one, or a key that is none; the message names the key."""


def keys() -> tuple[str, ...]:
    """All keys as `table.key`, in the order of the file."""
    return tuple(f"{table}.{one.name}" for table, section in _TABLES.items() for one in fields(section))


def choices(key: str) -> tuple[str, ...]:
    """The values there are for a key, as a person types them; empty where they cannot be counted.

    Raises UsageError when there is no such setting.
    """
    table, name, *_ = _place(key)
    wanted = next(one.type for one in fields(_TABLES[table]) if one.name == name) if _type_of(key) else None
    if wanted is bool:
        return ("true", "false")
    bounds = get_args(wanted)[1:] if get_origin(wanted) is Annotated else ()
    return next((bound.texts for bound in bounds if isinstance(bound, OneOf)), ())


def parse(values: Mapping[str, Any]) -> Settings:
    """TOML tables to settings. Every key must be there. Raises BadSettingError."""
    strange = next(_strangers(values), None)
    if strange is not None:
        raise BadSettingError(f"{strange}: there is no such setting")
    return Settings(
        library=_section(LibrarySettings, "library", values),
        imports=_section(ImportSettings, "import", values),
        network=_section(NetworkSettings, "network", values),
        health=_section(HealthSettings, "health", values),
        ui=_section(UiSettings, "ui", values),
    )


def _strangers(values: Mapping[str, Any]) -> Iterator[str]:
    known = set(keys())
    for table, section in values.items():
        if table not in _TABLES or not isinstance(section, dict):
            yield table
        else:
            yield from (f"{table}.{key}" for key in section if f"{table}.{key}" not in known)


def _section(section: type[_Section], table: str, values: Mapping[str, Any]) -> _Section:
    given = values.get(table, {})
    for one in fields(section):  # type: ignore[arg-type]  # all sections are dataclasses
        key = f"{table}.{one.name}"
        if one.name not in given:
            raise BadSettingError(f"{key}: is missing")
        _check(key, one.type, given[one.name])
    return section(**given)


def _check(key: str, wanted: Any, value: object) -> None:
    base, *bounds = get_args(wanted) if get_origin(wanted) is Annotated else (wanted,)
    if get_origin(base) is dict:
        if not isinstance(value, dict):
            raise BadSettingError(f"{key}: must be a table, not {value!r}")
        for name, one in value.items():
            _check(f"{key}.{name}", Annotated[get_args(base)[1], *bounds], one)
        return
    if type(value) is not base:
        raise BadSettingError(f"{key}: must be {_NOUNS[base]}, not {value!r}")
    for bound in bounds:
        if not bound.allows(value):
            raise BadSettingError(f"{key}: must be {bound}, not {value}")


_NOUNS = {int: "a whole number", str: "a text", bool: "true or false"}


def default_config_path() -> Path:
    """`$XDG_CONFIG_HOME/pumas/settings.toml`."""
    return Path(platformdirs.user_config_dir(_APP)) / "settings.toml"


def cache_dir() -> Path:
    """`$XDG_CACHE_HOME/pumas`: what can be fetched again."""
    return Path(platformdirs.user_cache_dir(_APP))


def state_dir() -> Path:
    """`$XDG_STATE_HOME/pumas`: logs, and databases of libraries on network file systems."""
    return Path(platformdirs.user_state_dir(_APP))


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        old = out.get(key)
        out[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return out


def _packaged() -> dict[str, Any]:
    return tomllib.loads((assets.configs_dir() / "settings.toml").read_text(encoding="utf-8"))


def text_of(config: Path | None) -> str | None:
    """The user's file as text, None where there is none at the usual place. Raises UsageError."""
    path = config if config is not None else default_config_path()
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if config is not None:
            raise UsageError(f"no settings file at {config}", path=str(config)) from None
        return None
    except (UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path}: {error}", path=str(path), hint="mend or remove the file") from error


def load(config: Path | None = None) -> Settings:
    """The packaged defaults overlaid by the user's file. Raises UsageError naming file and key."""
    text = text_of(config)
    path = config if config is not None else default_config_path()
    return parse(_packaged()) if text is None else _overlaid(text, path)[0]


def _overlaid(text: str, path: Path) -> tuple[Settings, dict[str, Any]]:
    """The settings that a file's text makes, and what it says itself. Raises UsageError."""
    try:
        said = tomllib.loads(text)
        return parse(_merged(_packaged(), said)), said
    except (tomllib.TOMLDecodeError, BadSettingError, RecursionError) as error:
        raise UsageError(f"{path}: {error}", path=str(path), hint="mend or remove the file") from None


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it counts: `origin` is default, file, or the environment variable that overrides it."""

    key: str
    value: str | int | bool
    default: str | int | bool | None
    origin: str


def listed(config: Path | None = None) -> tuple[Setting, ...]:
    """All settings with where each value comes from, tables inside a table entry by entry. Raises
    UsageError."""
    path = config if config is not None else default_config_path()
    defaults = _packaged()
    _, said = _overlaid(text_of(config) or "", path)
    found = [
        Setting(key, value, _at(defaults, key), "default" if _at(said, key) is None else "file")
        for top in keys()
        for key, value in _leaves(top, _at(_merged(defaults, said), top))
    ]
    root = os.environ.get("PUMAS_ROOT")
    if root:
        found = [replace(s, value=root, origin="PUMAS_ROOT") if s.key == "library.root" else s for s in found]
    return tuple(found)


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"{key}.{name}", one) for name, one in value.items())
    else:
        yield key, value


def _place(key: str) -> tuple[str, ...]:
    """Table, name, and the entry where the setting is a table itself; an entry's name may hold dots."""
    return tuple(key.split(".", 2))


def _at(values: Mapping[str, Any], key: str) -> Any:
    found: Any = values
    for part in _place(key):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def edited(text: str, key: str, written: str, path: Path) -> str:
    """The text of a settings file with one key set; comments and order stay.

    `written` is the value as a person types it; an empty one takes the key out, so that the default counts.
    Raises UsageError when the key or the value is wrong, or the file would not be valid.
    """
    import tomlkit  # takes 30 ms, and only writing needs it

    wanted = _type_of(key)
    _overlaid(text, path)
    document = tomlkit.parse(text)
    *tables, name = _place(key)
    section: Any = document
    for table in tables:
        section = section.setdefault(table, tomlkit.table())
    if written == "":
        section.pop(name, None)
    else:
        section[name] = _typed(wanted, written, is_bytes=key in BYTES)
    after = tomlkit.dumps(document)
    try:
        parse(_merged(_packaged(), tomllib.loads(after)))
    except (tomllib.TOMLDecodeError, BadSettingError) as error:
        raise UsageError(str(error), path=str(path)) from None
    return after


def _type_of(key: str) -> type:
    """The type of the value at a key. Raises UsageError when there is no such setting."""
    table, name, entry = (*_place(key), "", "")[:3]
    section = _TABLES.get(table)
    wanted = next((one.type for one in fields(section) if one.name == name), None) if section else None
    base: Any = get_args(wanted)[0] if get_origin(wanted) is Annotated else wanted
    nested = get_origin(base) is dict
    if base is None or nested != bool(entry):
        raise UsageError(f'there is no setting "{key}"', hint="pumas-tui config show lists them")
    found: type = get_args(base)[1] if nested else base
    return found


def _typed(wanted: type, written: str, *, is_bytes: bool) -> str | int | bool:
    """A value as typed by a person in the type of its key; one that does not fit stays text."""
    if wanted is bool and written in ("true", "false"):
        return written == "true"
    if is_bytes and (size := bytes_of(written.removesuffix("/s"))) is not None:
        return size
    digits = written.removeprefix("-")
    if wanted is int and digits.isascii() and digits.isdecimal() and len(digits) < 20:
        return int(written)
    return written


def library_root(explicit: str | None, settings: Settings) -> str:
    """Absolute root: `--root`, else `PUMAS_ROOT`, else settings, else `$XDG_DATA_HOME/pumas`."""
    chosen = explicit or os.environ.get("PUMAS_ROOT") or settings.library.root
    path = Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir(_APP))
    return str(path.absolute())
