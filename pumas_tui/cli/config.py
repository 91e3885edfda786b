"""`config show|path|set`: the settings file."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from pumas_tui.cli import output
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.core import settings
from pumas_tui.core.domain.errors import UsageError
from pumas_tui.core.domain.text import safe
from pumas_tui.core.library import change_setting
from pumas_tui.core.settings import Setting

_ARGUMENTS = {"show": (0, ""), "path": (0, ""), "set": (2, "KEY VALUE")}


@click.command("config", cls=Verb, reads_only=True, short_help="Show and change settings.")
@click.argument("action", type=click.Choice(list(_ARGUMENTS)), default="show")
@click.argument("values", nargs=-1, metavar="[KEY VALUE]")
@click.pass_obj
def config(wanted: Wanted, action: str, values: tuple[str, ...]) -> Outcome:
    """Settings with where each value comes from; the file's path; or set KEY to VALUE in the file.

    A VALUE of "" takes the key out of the file, so that the default counts again.
    """
    count, usage = _ARGUMENTS[action]
    if len(values) != count:
        raise UsageError(f"config {action} takes {usage or 'nothing more'}", hint="pumas-tui config --help")
    chosen = Path(wanted.config) if wanted.config is not None else None
    if action == "path":
        path = chosen if chosen is not None else settings.default_config_path()
        return Outcome({"path": str(path)}, [safe(str(path))])
    if action == "set":
        return _set(wanted, chosen, *values)
    return _shown(_listed(wanted, chosen), chosen)


def _listed(wanted: Wanted, chosen: Path | None) -> list[Setting]:
    """All settings; `--root` goes before everything."""
    found = settings.listed(chosen)
    if wanted.root is None:
        return list(found)
    root = wanted.root
    return [replace(s, value=root, origin="--root") if s.key == "library.root" else s for s in found]


def _shown(found: Sequence[Setting], chosen: Path | None) -> Outcome:
    path = str(chosen if chosen is not None else settings.default_config_path())
    rows = [[s.key, _written(s.value), s.origin] for s in found]
    data = {"path": path, "settings": [asdict(s) for s in found]}
    return Outcome(data, output.table(["SETTING", "VALUE", "FROM"], rows))


def _written(value: str | int | bool) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _set(wanted: Wanted, chosen: Path | None, key: str, value: str) -> Outcome:
    if wanted.readonly:
        raise UsageError("--readonly: config set changes the settings", hint="leave --readonly away")
    path = asyncio.run(change_setting(chosen, key, value))
    now = next((s for s in _listed(wanted, chosen) if s.key == key), None)
    data = {"path": str(path), "setting": None if now is None else asdict(now)}
    says = "is not set" if now is None else f"= {safe(_written(now.value))} (from {now.origin})"
    return Outcome(data, [f"{safe(key)} {says} in {safe(str(path))}"])


VERBS = {"config": config}
