"""Findings of an evening on which a disk is out: of every section, with their repairs."""

from dataclasses import replace
from typing import Any

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.app_records import App, AppState
from pumas_tui.core.domain.deletion import Deletion, Doomed, LinkToGo
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.findings import Finding, FindingKind, HealthReport, finding, ordered
from pumas_tui.core.domain.history import OperationView, TrashItem
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.ids import ModelId, ModelUid, OperationId
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.operations import OperationState
from pumas_tui.core.domain.refetching import Get, Lack, Lacking, Refetch, Wanted
from pumas_tui.core.domain.relocation import Relocation
from pumas_tui.core.domain.renaming import RenamePlan
from pumas_tui.core.domain.repairs import Repair, RepairKind
from tests.support.plans_on_stage import A1111, GB, MAIN, NOON, OLD, TEST

MODELS = "/data/models"
XL = "diffusion/sdxl/sdxl-base-1-0/sd_xl_base_1.0.safetensors"


def link_of(app: App, target: str, source: str = XL) -> Link:
    """A link on record."""
    return Link(app.uid, target, ModelUid("uid"), source, LinkKind.RELATIVE)


def repair(kind: RepairKind, app: App, target: str, does: str) -> Repair:
    """A repair of a link of an app."""
    was = link_of(app, target)
    sure = kind in (RepairKind.REPOINT, RepairKind.ADOPT, RepairKind.REMAKE)
    return Repair(kind, does, sure, f"{app.base}/{target}", fingerprints.link("x"), was=was, app_uid=app.uid)


def of_link(kind: FindingKind, app: App, target: str, words: str, *evidence: str, **more: Any) -> Finding:
    """A finding about a link."""
    values = {"app": app.name, "app_uid": app.uid, "evidence": evidence, **more}
    return finding(kind, f"{app.name} {target}: {words}", f"{app.base}/{target}", **values)


def of_model(kind: FindingKind, model_id: str, words: str, *evidence: str, **more: Any) -> Finding:
    """A finding about a model."""
    values = {"model_id": ModelId(model_id), "model_uid": ModelUid("uid"), "evidence": evidence, **more}
    return finding(kind, f"{model_id}: {words}", f"{MODELS}/{model_id}", **values)


def broken(app: App, target: str) -> Finding:
    """A link whose file was found again."""
    return of_link(
        FindingKind.BROKEN_LINK,
        app,
        target,
        "leads nowhere",
        f"no such file: {MODELS}/diffusion/sdxl/sdxl-base/sd_xl_base_1.0.safetensors",
        f"found: {MODELS}/{XL}, same SHA-256",
        repair=repair(RepairKind.REPOINT, app, target, f"point the link at {XL}"),
        instead=repair(RepairKind.REMOVE, app, target, "remove the link"),
        model_id=ModelId("diffusion/sdxl/sdxl-base-1-0"),
        model_uid=ModelUid("uid"),
    )


def nowhere() -> Finding:
    """A link whose file is nowhere."""
    target = "Lora/old-style-v1.safetensors"
    return of_link(
        FindingKind.BROKEN_LINK,
        A1111,
        target,
        "leads nowhere",
        f"no such file: {MODELS}/diffusion/sd/old-style/old-style-v1.safetensors",
        "found nowhere in the library",
        repair=repair(RepairKind.REMOVE, A1111, target, "remove the link"),
    )


def missing() -> Finding:
    """A model that is gone."""
    forget = repair(RepairKind.REMOVE, MAIN, "checkpoints/sd-v1-4.ckpt", "remove its 2 links")
    return of_model(
        FindingKind.MISSING_SOURCE,
        "diffusion/sd/sd-v1-4",
        "2 links lead to it, and it is not in the library any more",
        f"no such file: {MODELS}/diffusion/sd/sd-v1-4/sd-v1-4.ckpt",
        "no file with its SHA-256 is in the library",
        repair=forget,
    )


def gone() -> Finding:
    """A model whose file is gone, and that is described."""
    return of_model(
        FindingKind.PHANTOM_MODEL,
        "diffusion/sd/sd-v1-4",
        "sd-v1-4.ckpt is missing",
        f"no such file: {MODELS}/diffusion/sd/sd-v1-4/sd-v1-4.ckpt",
    )


def incomplete() -> Finding:
    """A set of which parts never came in."""
    return of_model(
        FindingKind.PART_MISSING,
        "llm/llama/llama-3-70b",
        "2 parts of its set never came in",
        "not here: model-00007-of-00030.safetensors",
        "not here: model-00012-of-00030.safetensors",
    )


def found_again() -> Refetch:
    """A lost file that a search found on another disk."""
    wanted = Wanted("sd-v1-4.ckpt", Lack.GONE, "sd-v1-4.ckpt", 43 * GB // 10, "f" * 64)
    lacking = Lacking(ModelId("diffusion/sd/sd-v1-4"), ModelUid("uid"), "sd-v1-4", (), (wanted,))
    place = "/mnt/archive/2023/stable-diffusion/sd-v1-4.ckpt"
    got = Get(wanted, HubFile(wanted.name, wanted.size, wanted.sha256), "", (place,))
    return Refetch(lacking, HubModel(""), (got,), (), 900 * GB, path=place)


def orphan(app: App, target: str) -> Finding:
    """A link that somebody else made to the right file."""
    return of_link(
        FindingKind.ORPHANED_LINK,
        app,
        target,
        "leads into the library, and is not on record",
        f"leads to {MODELS}/{XL}",
        repair=repair(RepairKind.ADOPT, app, target, "take it on record"),
        instead=repair(RepairKind.REMOVE, app, target, "remove the link"),
    )


def ghost() -> Finding:
    """An app that is gone."""
    forget = Repair(
        RepairKind.FORGET_APP,
        "forget comfy-lab and the records of 12 links; no file is touched",
        False,
        "/srv/lab/models",
    )
    return finding(
        FindingKind.GHOST_APP,
        "comfy-lab: /srv/lab/models is gone",
        "/srv/lab/models",
        app="comfy-lab",
        app_uid=TEST.uid,
        evidence=("its disk is mounted as it was", "12 links on record"),
        repair=forget,
    )


def away() -> Finding:
    """An app whose disk is out."""
    return finding(
        FindingKind.OFFLINE_DRIVE,
        "comfy-old: /mnt/usb is not mounted; 47 links wait for it",
        OLD.base,
        app=OLD.name,
        app_uid=OLD.uid,
        evidence=("registered at /mnt/usb/ComfyUI/models", "nothing is removed while the disk is out"),
    )


def findings() -> tuple[Finding, ...]:
    """Something of everything."""
    dead = of_link(FindingKind.FOREIGN_DEAD_LINK, MAIN, "loras/x.pt", "leads nowhere; it was not made here")
    modified = of_model(
        FindingKind.HASH_MISMATCH,
        "diffusion/qwen-image/qwen-lora-sketch-v2",
        "the content of qwen-lora-sketch-v2.safetensors is not what was imported",
        "SHA-256 of what is there: 15012c9b0a",
    )
    return ordered(
        [
            broken(MAIN, "checkpoints/sdxl-base.safetensors"),
            broken(TEST, "checkpoints/sdxl-base.safetensors"),
            broken(MAIN, "loras/neon-v2.safetensors"),
            nowhere(),
            missing(),
            modified,
            *(orphan(MAIN, f"loras/night-{n}.safetensors") for n in range(6)),
            *(orphan(TEST, f"vae/fix-{n}.safetensors") for n in range(3)),
            ghost(),
            away(),
            dead,
            *(
                of_model(FindingKind.PENDING_LOOKUP, f"llm/qwen/q{n}", "waits for a look-up")
                for n in range(6)
            ),
        ]
    )


def report(found: tuple[Finding, ...] | None = None) -> HealthReport:
    """What a check came to."""
    told = findings() if found is None else found
    waiting = 47 if any(one.kind is FindingKind.OFFLINE_DRIVE for one in told) else 0
    return HealthReport(told, 1277, 301, 3, waiting, (), 2.1, NOON)


def all_right() -> HealthReport:
    """Nothing is wrong."""
    return report(())


def unreadable() -> HealthReport:
    """An app's folder may not be read."""
    words = "a1111: /opt/a1111: permission denied: its 96 links are not counted"
    return replace(all_right(), not_checked=(Trouble("not_checked", words, "/opt/a1111"),))


def moved(missing: int = 0) -> Relocation:
    """The library is on another disk now."""
    made = tuple(
        repair(RepairKind.REPOINT, MAIN, f"loras/night-{n:03}.safetensors", "re-point")
        for n in range(312 - missing)
    )
    lost = tuple(f"/mnt/nvme0/models/diffusion/sd/lost-{n}/lost.safetensors" for n in range(missing))
    return Relocation(
        "/mnt/ssd1/models",
        "/mnt/nvme0/models",
        made,
        unchanged=48,
        missing=lost,
        app_names=(MAIN.name,),
        proven=True,
        library_id="7f3a0000-0000-4000-8000-000000000001",
    )


def deletion(links: bool = True, *, shared: bool = False, staying: bool = False) -> Deletion:
    """A model with fifty links in three apps."""
    places = [
        *((MAIN, f"checkpoints/sdxl-{n}.safetensors") for n in range(12)),
        *((MAIN, f"refiners/sdxl-{n}.safetensors") for n in range(6)),
        *((TEST, f"checkpoints/sdxl-{n}.safetensors") for n in range(17)),
        *((A1111, f"Stable-diffusion/sdxl-{n}.safetensors") for n in range(15)),
    ]
    going = [
        LinkToGo(link_of(app, target), app.name, f"{app.base}/{target}", "x", True, AppState.HERE)
        for app, target in places
    ]
    why = "/mnt/usb is not mounted"
    stays = [
        LinkToGo(link_of(OLD, f"c/{n}"), OLD.name, f"{OLD.base}/c/{n}", "", False, AppState.OFFLINE, why)
        for n in range(47)
    ]
    size = 6_938_078_334
    model = Doomed(
        ModelUid("uid"),
        ModelId("diffusion/sdxl/sdxl-base-1-0"),
        "sd_xl_base_1.0",
        f"{MODELS}/diffusion/sdxl/sdxl-base-1-0",
        size,
        1,
        size if shared else 0,
    )
    others = (ModelId("diffusion/sdxl/juggernaut-xl-v9"), ModelId("diffusion/sdxl/dreamshaper-xl"))
    return Deletion(
        (model,), (*(going if links else ()), *(stays if staying else ())), others if links else ()
    )


def rename_plan() -> RenamePlan:
    """The same model under another name."""
    links = deletion(staying=True).links
    old, new = ModelId("diffusion/sdxl/sdxl-base-1-0"), ModelId("diffusion/sdxl/sdxl-base")
    return RenamePlan(ModelUid("uid"), old, new, links, ())


def trash() -> tuple[TrashItem, ...]:
    """Things in trashes."""
    rows = (
        ("model", "sdxl-base-1-0", f"{MODELS}/diffusion/sdxl/sdxl-base-1-0", 6_938_078_334, 40, 1),
        ("displaced", "juggernautXL_v9.safetensors", f"{MAIN.base}/loras/xl.safetensors", 7 * GB, 4000, 2),
        ("model", "qwen2.5-7b-roleplay-merge-v3", f"{MODELS}/llm/qwen/merge-v3", 15 * GB, 90_000, 1),
        ("displaced", "4x-UltraSharp.pth", f"{A1111.base}/ESRGAN/4x-UltraSharp.pth", 67_000_000, 500_000, 1),
    )  # fmt: skip
    return tuple(
        TrashItem(f"ref{n}", kind, name, f"/t/{n}", original, size, NOON - age, f"op{n}", names)
        for n, (kind, name, original, size, age, names) in enumerate(rows)
    )


def history() -> tuple[OperationView, ...]:
    """Changes of two days."""
    rows = (
        ("delete", "delete diffusion/sdxl/xl-base and 50 links", OperationState.DONE, 60, 51, 51, True, ""),
        ("map", "add 41 links in ComfyUI-main", OperationState.DONE, 3600, 54, 55, True, ""),
        ("undo", "undo: add 12 links in a1111", OperationState.DONE, 9000, 12, 12, True, ""),
        ("map", "add 12 links in a1111", OperationState.UNDONE, 9100, 12, 12, False, "it was undone"),
        ("import", "import qwen2.5-7b-instruct-q4-k-m", OperationState.DONE, 100_000, 3, 3, True, ""),
    )  # fmt: skip
    return tuple(
        OperationView(OperationId(f"op{n}"), kind, title, state, NOON - age, f"b{n}", done, total, can, why)
        for n, (kind, title, state, age, done, total, can, why) in enumerate(rows)
    )
