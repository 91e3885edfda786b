"""`python -m tests.screenshots OUTDIR [STATE ...]`: a picture of every state of the program, SVG and PNG.

STATE is the beginning of a state's name (`lib`, `dlg-D2`). Contact sheets combine what belongs together.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import resvg_py
from textual._doc import take_svg_screenshot

from tests.support.stage import Size, make_library, taken_place
from tests.support.states import State, only

_FONT = "Fira Code"
_STYLE = "text { font-variant-ligatures: none; font-feature-settings: 'liga' 0, 'calt' 0 }"
_VIEW = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
_SHEET_WIDTH = 2400


def picture(state: State, size: Size) -> str:
    """The SVG of a state in a window of this size. The fixed place must be taken."""
    make_library(state.models)
    title = f"{state.name} {size[0]}x{size[1]}"
    return take_svg_screenshot(state.app(), terminal_size=size, run_before=state.drive, title=title)


def png(svg: str) -> bytes:
    """The same as PNG."""
    return bytes(
        resvg_py.svg_to_bytes(svg_string=svg, font_family=_FONT, monospace_family=_FONT, style_sheet=_STYLE)
    )


def contact_sheet(pictures: Sequence[str]) -> str:
    """Several pictures as one SVG, in rows."""
    placed, x, y, row = [], 0.0, 0.0, 0.0
    for svg in pictures:
        seen = _VIEW.search(svg)
        assert seen is not None, "Rich writes a viewBox"
        width, height = float(seen[1]), float(seen[2])
        if x and x + width > _SHEET_WIDTH:
            x, y, row = 0.0, y + row, 0.0
        inner = svg[svg.index("<svg") :]
        placed.append(inner.replace("<svg", f'<svg x="{x}" y="{y}" width="{width}" height="{height}"', 1))
        x, row = x + width, max(row, height)
    size = f'width="{_SHEET_WIDTH}" height="{y + row}" viewBox="0 0 {_SHEET_WIDTH} {y + row}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(placed)}</svg>'


def main(arguments: list[str]) -> int:
    """Write the pictures; the exit code."""
    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    sheets: dict[str, list[str]] = defaultdict(list)
    failed = False
    with taken_place():
        for state, size in ((s, size) for s in only(arguments[1:]) for size in s.sizes):
            name = f"{state.name}-{size[0]}x{size[1]}"
            try:
                svg = picture(state, size)
            except AssertionError as error:
                sys.stderr.write(f"{name}: {error}\n")
                failed = True
                continue
            sheets[f"{state.name[:3]}-{size[0]}x{size[1]}"].append(svg)
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
            (folder / f"{name}.png").write_bytes(png(svg))
            sys.stdout.write(f"{name}\n")
    for name, pictures in sheets.items():
        (folder / f"sheet-{name}.png").write_bytes(png(contact_sheet(pictures)))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
