"""`app detect`: which apps that read models are on this machine."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from pumas_tui.cli import output
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.core.domain.apps import TITLES
from pumas_tui.core.domain.first_start import App
from pumas_tui.core.domain.text import safe, size
from pumas_tui.core.library import first_start


@click.command("app", cls=Verb, reads_only=True, short_help="Find apps that read models.")
@click.argument("action", type=click.Choice(["detect"]))
@click.pass_obj
def app(wanted: Wanted, action: str) -> Outcome:
    """Look for ComfyUI, Forge and a1111 in home folders, /opt, /workspace, /data, at the tops of disks and
    among running processes, and count the model files in them. No code of an app is run."""
    config = Path(wanted.config) if wanted.config is not None else None
    found = asyncio.run(first_start(config).detect())
    data = {"apps": [_told(one) for one in found.apps], "looked_in": list(found.looked_in)}
    looked = f"looked in: {', '.join(safe(place) for place in found.looked_in)}"
    lines = [*_table(found.apps), looked] if found.apps else ["no apps", looked]
    return Outcome(data, lines, found.troubles)


def _told(one: App) -> dict[str, object]:
    told = asdict(one)
    return {key: told[key] for key in ("kind", "version", "path", "files", "size_bytes", "complete")} | {
        "model_folders": list(one.folders),
        "mount_point": one.disk.mount_point,
        "file_system": one.disk.type,
    }


def _table(found: Sequence[App]) -> list[str]:
    cells = [
        [
            TITLES[one.kind],
            one.version,
            one.path,
            one.disk.mount_point,
            f"{one.files:,}" if one.complete else f"over {one.files:,}",
            size(one.size_bytes),
        ]
        for one in found
    ]
    heads = ["APP", "VERSION", "PATH", "DISK", "FILES", "SIZE"]
    return output.table(heads, cells, right=frozenset({4, 5}))


VERBS = {"app": app}
