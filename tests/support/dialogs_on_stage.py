"""The dialogs, with the facts of an evening's imports."""

from typing import Any

from pumas_tui.core.domain.absent_parts import FoundPart, PartSearch
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.ids import JobId, new_model_uid
from pumas_tui.core.domain.jobs import JobState, NeedKind
from pumas_tui.core.domain.part_offers import PartOffer
from pumas_tui.core.domain.pickle_verdict import PickleVerdict, ScanWord
from pumas_tui.tui.modals.cancel import CancelDialog
from pumas_tui.tui.modals.duplicate import DuplicateDialog
from pumas_tui.tui.modals.missing import FoundPartsDialog, LookingDialog, MissingPartDialog
from pumas_tui.tui.modals.name_taken import NameTakenDialog
from pumas_tui.tui.modals.paste import PasteSheet
from pumas_tui.tui.modals.pickle import PickleDialog
from pumas_tui.tui.presenters.missing import searched
from tests.support import jobs_on_stage as jobs
from tests.support.imports import inspection, sharded, single
from tests.support.stage import HOST

GB = 10**9
LLAMA, DREAM = "/mnt/nas/in/llama-3.1-70b-instruct", "/mnt/nas/in/dreamshaper_8.ckpt"
FLUX_2 = "flux1-dev-00002-of-00004.safetensors"


def _sheet(found: Any) -> PasteSheet:
    return PasteSheet(found, models_dir="/data/models", host=HOST, copy=lambda _: None)


def d1() -> PasteSheet:
    both = [sharded(LLAMA, 5, 26_280_000_000), single(DREAM, 2_132_625_918, pickle=True)]
    return _sheet(inspection(both))


def d1_refused() -> PasteSheet:
    some = [
        sharded("/mnt/nas/in/flux1-dev", 4, 5_950_000_000, missing=[2]),
        single("/mnt/nas/in/page.safetensors", 912, refuse="an HTML page, not a model"),
    ]
    return _sheet(inspection(some))


def d1b() -> PasteSheet:
    here = [single("/mnt/nas/in/a.safetensors", GB), single("/mnt/nas/in/b.safetensors", GB)]
    away = [
        "/Users/me/Downloads/fluxdev.safetensors",
        "/Users/me/Downloads/ae.safetensors",
        "C:\\models\\x.ckpt",
    ]
    return _sheet(inspection(here, absent=away))


def d1c() -> PasteSheet:
    return _sheet(inspection([], text="see also the readme, thanks"))


def d2() -> PickleDialog:
    found = PickleVerdict(ScanWord.CODE, ("os.system", "builtins.eval"))
    return PickleDialog(["dreamshaper_8.ckpt"], [DREAM], [found])


def d2b() -> PickleDialog:
    names = ["old-style-v1.pt", "badhand.pt", "4x-UltraSharp.pth", "ip-adapter.bin"]
    nothing = PickleVerdict(ScanWord.NOTHING)
    return PickleDialog(names, [f"/mnt/nas/in/{name}" for name in names], [nothing] * len(names))


def d3() -> MissingPartDialog:
    return MissingPartDialog(jobs.FACTS[NeedKind.MISSING_PART])


def d4() -> DuplicateDialog:
    return DuplicateDialog("realisticVision.safetensors", jobs.FACTS[NeedKind.DUPLICATE])


def d6() -> CancelDialog:
    return CancelDialog([view for view in jobs.everything() if view.job.state is JobState.RUNNING][:1])


def d3_searched() -> MissingPartDialog:
    nothing = PartSearch((), "/mnt/nas", 12_400, not_it=((f"/mnt/nas/old/{FLUX_2}", "half a download"),))
    return MissingPartDialog(jobs.FACTS[NeedKind.MISSING_PART], told=searched(nothing))


def d3_hub() -> MissingPartDialog:
    repo, part = HubModel("black-forest-labs/FLUX.1-dev"), HubFile(FLUX_2, 4_900_000_000, "9f" * 32)
    dialog = d3()
    dialog.offer(PartOffer(JobId(1), new_model_uid(), "flux1-dev", repo, ((2, part),), 3, proven=False))
    return dialog


def d3_cut_off() -> MissingPartDialog:
    short = {"number": 3, "path": "/x", "size_bytes": 1_200_000_000, "wanted_bytes": 4_900_000_000}
    return MissingPartDialog({**jobs.FACTS[NeedKind.MISSING_PART], "missing": [], "short": [short]})


def d3_looking() -> LookingDialog:
    return LookingDialog("part 2 of flux1-dev", lambda: (12_400, "/mnt/nas/archive/2025/checkpoints"))


def d3_found() -> FoundPartsDialog:
    return FoundPartsDialog([FoundPart(2, f"/mnt/nas/archive/2025/{FLUX_2}", 5_950_000_000, 1)], [2])


def d5() -> NameTakenDialog:
    return NameTakenDialog(jobs.FACTS[NeedKind.NAME_TAKEN])


IMPORT_DIALOGS = (
    ("D1", d1),
    ("D1-refused", d1_refused),
    ("D1b", d1b),
    ("D1c", d1c),
    ("D2", d2),
    ("D2b", d2b),
    ("D3", d3),
    ("D3-searched", d3_searched),
    ("D3-hub", d3_hub),
    ("D3-cut-off", d3_cut_off),
    ("D3-looking", d3_looking),
    ("D3-found", d3_found),
    ("D4", d4),
    ("D5", d5),
    ("D6", d6),
)
"""Those of the import flow, by name."""
