"""The scan of a pickle as the user reads it: in the row, in the dialog for one file and for several."""

import pytest

from pumas_tui.core.domain.jobs import JobsState, JobState, Need, NeedKind
from pumas_tui.core.domain.pickle_verdict import PickleVerdict, ScanWord
from pumas_tui.tui.modals.pickle import PickleDialog
from pumas_tui.tui.presenters.imports import JobRow, queue_rows, row_text
from tests.support.imports import Asked, job, state_of

EVIL = PickleVerdict(ScanWord.CODE, ("builtins.eval", "os.system"))
NOTHING = PickleVerdict(ScanWord.NOTHING)
CUT = PickleVerdict(ScanWord.UNKNOWN, reason="broken or cut off: not a whole pickle")
STRANGE = PickleVerdict(ScanWord.UNKNOWN, ("my.\x1b[31mplugin",), "1 import that weights do not need")


def prose(seen: str) -> str:
    """A screen as running text, without the box."""
    return " ".join(seen.replace("│", " ").split())


async def one(scan: PickleVerdict | None) -> str:
    """What the dialog for one file says."""
    asked = Asked()
    await asked(PickleDialog(["dreamshaper_8.ckpt"], ["/x"], [scan], clock=asked.clock), "j", "j", "j")
    return " ".join(prose(seen) for seen in asked.seen)


async def several(*scans: PickleVerdict | None) -> str:
    asked = Asked()
    names = [f"{n}.pt" for n in range(len(scans))]
    await asked(PickleDialog(names, names, scans, clock=asked.clock), "l")
    return " ".join(prose(seen) for seen in asked.seen)


async def test_findings_are_counted_and_named() -> None:
    said = await one(EVIL)
    assert "Scan (picklescan): 2 findings that models do not need" in said
    assert "builtins.eval os.system" in said
    assert "A clean scan would not prove the file harmless." in said


async def test_a_clean_scan_is_no_proof() -> None:
    said = await one(NOTHING)
    assert "Scan (picklescan): no code found by opcode check" in said
    assert "A clean scan would not prove the file harmless." in said
    assert "safe" not in said.replace("Importing is safe, because Pumas never loads it.", "")


async def test_what_could_not_be_checked_is_unknown_and_why() -> None:
    assert "Scan (picklescan): unknown, broken or cut off: not a whole pickle" in await one(CUT)
    said = await one(STRANGE)
    assert "Scan (picklescan): unknown, 1 import that weights do not need" in said
    assert "my.<1B>[31mplugin" in said
    assert "Scan" not in await one(None)


async def test_several_files_are_summed_up() -> None:
    said = await several(NOTHING, NOTHING, NOTHING, NOTHING)
    assert "Scan: no finding in 4 of 4. That is a good sign, not a proof." in said
    said = await several(NOTHING, EVIL, CUT)
    assert (
        "Scan: findings in 1 of 3, unknown in 1 of 3. A clean scan would not prove a file harmless." in said
    )
    assert "1.pt: contains code: builtins.eval, os.system" in said
    assert "Scan:" not in await several(NOTHING, None)


@pytest.mark.parametrize(
    ("scan", "words"),
    [
        (EVIL, "PICKLE, scan: 2 findings"),
        (NOTHING, "PICKLE, scan: no finding"),
        (CUT, "PICKLE, scan: unknown"),
    ],
)
def test_the_row_says_it_in_short(scan: PickleVerdict, words: str) -> None:
    facts = {"name": "a", "sources": ["/a.ckpt"], "scan": scan.facts}
    need = Need(NeedKind.PICKLE, ("accept", "refuse"), facts)
    state: JobsState = state_of(job(1, "a.ckpt", JobState.NEEDS_YOU, needs=(need,)))
    row = next(row for row in queue_rows(state, 0.0) if isinstance(row, JobRow))
    assert words in row_text(row, 120) and words in row_text(row, 80)
    assert "PICKLE" in row_text(row, 40)
