"""What the scan of a pickle says: in a row, in the dialog for one file, in the dialog for several."""

from collections.abc import Sequence

from pumas_tui.core.domain.pickle_verdict import PickleVerdict, ScanWord
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui.presenters.prose import Line, Tone, columns

_LISTED_ROWS = 3


def scan_count(scan: PickleVerdict) -> str:
    """`2 findings`, `no finding`, `unknown`: what fits into a row."""
    if scan.verdict is ScanWord.CODE:
        return plural(len(scan.globals), "finding")
    return "no finding" if scan.verdict is ScanWord.NOTHING else "unknown"


def scan_sentence(scan: PickleVerdict) -> str:
    """The whole verdict in one line."""
    return safe(scan.text)


def scan_lines(scan: PickleVerdict | None, width: int) -> list[Line]:
    """What the dialog for one file says; nothing where no scan was made."""
    if scan is None:
        return []
    said = safe(scan.text)
    if scan.verdict is ScanWord.CODE:
        said = f"{plural(len(scan.globals), 'finding')} that models do not need"
    rows = columns([safe(name) for name in scan.globals], width, indent=2, gap=9)
    lines = [Line(f"Scan (picklescan): {said}"), *(Line(row, clip=True) for row in rows[:_LISTED_ROWS])]
    if len(rows) > _LISTED_ROWS:
        lines.append(Line(f"  ... {plural(len(scan.globals), 'import')} in all", Tone.DIM))
    return [Line(), *lines, Line("A clean scan would not prove the file harmless.")]


def scan_summary(scans: Sequence[PickleVerdict | None]) -> str:
    """What the dialog for several files says; empty where not all were scanned."""
    told = [scan.verdict for scan in scans if scan is not None]
    total = len(scans)
    if not told or len(told) < total:
        return ""
    if all(word is ScanWord.NOTHING for word in told):
        return f"Scan: no finding in {total:,} of {total:,}. That is a good sign, not a proof."
    counts = [("findings", told.count(ScanWord.CODE)), ("unknown", told.count(ScanWord.UNKNOWN))]
    parts = ", ".join(f"{word} in {number:,} of {total:,}" for word, number in counts if number)
    return f"Scan: {parts}. A clean scan would not prove a file harmless."
