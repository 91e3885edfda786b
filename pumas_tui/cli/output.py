"""stdout: what a verb answers. One JSON document with `--json`, else plain lines and tables for people.

The document is `{"schema": "pumas.<verb>/1", "ok", "data", "warnings", "errors"}`, pure ASCII, so that lone
surrogates of odd file names survive every locale. Outside strings in plain text are made printable here.
"""

import contextlib
import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.text import safe

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb came to. `data` holds JSON values; `lines` are for people and printable already.

    `exit_codes` are all that apply (several items may fail differently); the front decides which counts.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[str] = ()
    warnings: Sequence[Trouble] = ()
    errors: Sequence[Trouble] = ()
    exit_codes: Sequence[int] = ()


def document(verb: str, outcome: Outcome, exit_code: int) -> dict[str, Any]:
    """The JSON answer of a verb; `ok` is true only for exit code 0."""
    return {
        "schema": f"pumas.{verb}/{SCHEMA_VERSION}",
        "ok": exit_code == 0,
        "data": dict(outcome.data),
        "warnings": [_told(t) for t in outcome.warnings],
        "errors": [_told(t) for t in outcome.errors],
    }


def _told(trouble: Trouble) -> dict[str, str]:
    told = {"code": trouble.code, "message": trouble.message}
    if trouble.path is not None:
        told["path"] = trouble.path
    if trouble.hint is not None:
        told["hint"] = trouble.hint
    return told


def write_json(value: Mapping[str, Any]) -> None:
    """One JSON value on one line of stdout."""
    write_lines([json.dumps(value, ensure_ascii=True, allow_nan=False)])


def write_lines(lines: Sequence[str]) -> None:
    """Lines to stdout. A reader that went away (`| head`) ends it quietly. Raises other OSErrors."""
    out = sys.stdout
    if out is None or out.closed:
        return
    try:
        for line in lines:
            out.write(line + "\n")
        out.flush()
    except OSError as error:
        with contextlib.suppress(OSError):
            out.close()  # else the interpreter flushes it once more at exit and complains
        if not isinstance(error, BrokenPipeError):
            raise


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()
) -> list[str]:
    """Columns two spaces apart, as wide as their widest cell; `right` are columns of numbers."""
    cells = [list(heads), *([safe(cell) for cell in row] for row in rows)]
    widths = [max(cell_width(row[i]) for row in cells) for i in range(len(heads))]
    return [_row(row, widths, right) for row in cells]


def _row(cells: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    padded = []
    for i, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        gap = " " * (width - cell_width(cell))
        padded.append(gap + cell if i in right else cell + gap)
    return "  ".join(padded).rstrip()


def cell_width(text: str) -> int:
    """Terminal columns of printable text: two for wide East Asian characters, none for combining marks."""
    return sum(
        0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WF" else 1
        for ch in text
    )
