"""Plans of an evening with two ComfyUIs: conflicts of every kind, and what else a plan may say."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pumas_tui.core.domain.app_records import App, AppProposal, AppState, AppStatus, MountFacts
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.extra_model_paths import ExtraRoot
from pumas_tui.core.domain.extra_roots import ExtraRoots, RootState, SeenRoot, line
from pumas_tui.core.domain.history import UndoItem, UndoPreview
from pumas_tui.core.domain.ids import AppUid, LibraryId, ModelUid, OperationId
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.plan import (
    Act,
    ActionResult,
    Applied,
    Conflict,
    ConflictKind,
    Offer,
    Plan,
    PlanHeader,
    PlannedAction,
    Resolution,
    There,
)
from pumas_tui.core.domain.planner_conflicts import SUGGESTED, WORDS
from pumas_tui.core.domain.rule_switches import OfferedRule
from pumas_tui.core.domain.rules import offered_rules
from pumas_tui.tui.app import PumasApp
from pumas_tui.tui.presenters.mapping import sheet_of
from pumas_tui.tui.screens.mapping import MappingScreen

GB = 10**9
NOON = 1_795_262_400.0
"""2026-11-21 12:00 UTC."""
_MARCH = 1_772_475_600 * 10**9
_ALL = tuple(Resolution)


def app(number: int, name: str, version: str, base: str, kind: AppKind = AppKind.COMFYUI) -> App:
    """A registered app."""
    uid = AppUid(f"00000000-0000-4000-8000-00000000a{number:03}")
    return App(uid, kind, name, version, base, MountFacts("/", "ext4", "/dev/vda1"))


MAIN = app(1, "ComfyUI-main", "0.6.0", "/opt/ComfyUI/models")
TEST = app(2, "ComfyUI-test", "0.7.1", "/home/ann/ComfyUI/models")
A1111 = app(3, "a1111", "", "/opt/a1111", AppKind.A1111)
OLD = app(4, "comfy-old", "", "/mnt/usb/ComfyUI/models")
STATUSES = (
    AppStatus(MAIN, AppState.HERE, 301, same_disk=True, link_kind="relative"),
    AppStatus(TEST, AppState.HERE, 118, same_disk=True, link_kind="relative"),
    AppStatus(A1111, AppState.HERE, 96, same_disk=False, link_kind="absolute"),
    AppStatus(OLD, AppState.OFFLINE, 47, same_disk=False, reason="/mnt/usb is not mounted"),
)


def action(act: Act, target: str, source: str = "", reason: str = "new: ", **more: Any) -> PlannedAction:
    """One action, of a model that is called like its target."""
    name = target.rpartition("/")[2]
    facts: dict[str, Any] = {
        "model_uid": ModelUid(f"uid-of-{name}"),
        "model_id": f"diffusion/sdxl/{name.rpartition('.')[0].lower()}",
        "rule": target.partition("/")[0],
        "config": "comfyui_*_default.json",
        "source": source or f"diffusion/sdxl/{name.rpartition('.')[0].lower()}/{name}",
        "link_kind": LinkKind.RELATIVE,
        "link_text": "../../x",
        "size_bytes": 6_938_040_682,
    }
    return PlannedAction(act, reason, target, **{**facts, **more})


def conflict(
    kind: ConflictKind, target: str, there: There, why_not: dict[Resolution, str] | None = None
) -> PlannedAction:
    """A conflict as the planner makes one."""
    why_not = why_not or {}
    allowed = tuple(one for one in _ALL if one not in why_not)
    name = target.rpartition("/")[2]
    stem, _, extension = name.rpartition(".")
    facts = Conflict(
        kind, there, SUGGESTED[kind], allowed, why_not, f"{stem}-sdxl.{extension}", f"{name}.old"
    )
    words = WORDS.get(kind, f"diffusion/sdxl/other-{stem.lower()} has this name already")
    return action(Act.CONFLICT, target, reason=f"{kind.value}: {words}", conflict=facts)


def link_to(path: str) -> There:
    return There(f"link:{path}", link_text=path, leads_to=path)


def file_of(size_bytes: int) -> There:
    return There(f"file:{size_bytes}:1:2", size_bytes, _MARCH)


_OTHERS = (
    "sdxl-base.safetensors", "flux1-dev.safetensors", "flux1-schnell.safetensors", "sd3.5-large.safetensors",
    "pony-v6.safetensors", "animagine-xl-4.safetensors", "illustrious-v2.safetensors",
)  # fmt: skip
_NEITHER = dict.fromkeys((Resolution.OVERWRITE, Resolution.RENAME), "another model has this name")
_FOLDER = dict.fromkeys(
    (Resolution.OVERWRITE, Resolution.RENAME, Resolution.OTHER_NAME), "a folder with 12 files"
)


def conflicts() -> list[PlannedAction]:
    """Twelve: eight links to other files, two real files, a folder, a name that two models want."""
    elsewhere = [f"checkpoints/{name}" for name in _OTHERS]
    return [
        *(
            conflict(ConflictKind.OTHER_LINK, target, link_to(f"/mnt/old/{target}"))
            for target in (*elsewhere, "loras/detail-tweaker-xl.safetensors")
        ),
        conflict(ConflictKind.SAME_FILE, "checkpoints/juggernautXL_v9.safetensors", file_of(6_938_040_682)),
        conflict(ConflictKind.OTHER_FILE, "checkpoints/realisticVision.safetensors", file_of(2_132_625_894)),
        conflict(ConflictKind.FOLDER, "diffusers/wan2.1.x", There("dir:7", items=12), _FOLDER),
        conflict(ConflictKind.TWO_MODELS, "vae/sdxl_vae.safetensors", There("absent"), _NEITHER),
    ]


def left_out() -> list[PlannedAction]:
    said = (
        ("sd-v1-5", "version: overrides.json allows <0.6"),
        ("wan2.1", 'no_rule: no folder for type "video"'),
    )
    return [
        PlannedAction(Act.REFUSE, reason, "", ModelUid(name), f"diffusion/sd/{name}") for name, reason in said
    ]


def plan_of(owner: App, actions: Sequence[PlannedAction], warnings: Sequence[Trouble] = ()) -> Plan:
    """A plan of an app."""
    library = LibraryId("00000000-0000-4000-8000-000000000001")
    header = PlanHeader(library, "gpu-box-3", owner.uid, owner.name, owner.base, "0" * 64, NOON)
    return Plan(header, tuple(actions), tuple(warnings))


def full(owner: App = MAIN) -> Plan:
    """Every group has something."""
    new = [f"LLM/qwen2.5-{size}b-instruct-q4_k_m.gguf" for size in (7, 14, 32, 72)]
    new = [
        "checkpoints/dreamshaper-8.safetensors",
        *new,
        *(f"loras/style-{n:02}.safetensors" for n in range(36)),
    ]
    gone = ("loras/old-style-v1.safetensors", "loras/old-style-v2.safetensors", "embeddings/badhand.pt")
    return plan_of(
        owner,
        [
            *conflicts(),
            *(action(Act.CREATE, target) for target in new),
            action(Act.REPLACE_OURS, "vae/ae.safetensors", reason="moved: the link leads to an old place"),
            *(action(Act.REMOVE_BROKEN, target, reason="broken: its source is gone") for target in gone),
            *left_out(),
            *(right(n) for n in range(260)),
        ],
    )


def right(number: int) -> PlannedAction:
    """A link that needs nothing."""
    made = action(Act.KEEP, f"loras/kept-{number:03}.safetensors", reason="right: already right")
    known = Link(MAIN.uid, made.target, made.model_uid or ModelUid(""), made.source, LinkKind.RELATIVE)
    return replace(made, known=known)


def none() -> Plan:
    """Nothing to do."""
    return plan_of(MAIN, [right(n) for n in range(301)])


def warned() -> Plan:
    """Another disk."""
    text = (
        "Other disk: /data and /opt/ComfyUI are on different disks. Links will be absolute and stop working "
        "if /data is mounted elsewhere."
    )
    return replace(full(), warnings=(Trouble("other_disk", text),))


def thousands() -> Plan:
    """More than any window shows."""
    many = [action(Act.CREATE, f"loras/night-{n:04}.safetensors") for n in range(4100)]
    return plan_of(MAIN, [*conflicts(), *many])


def offer(folder: str, files: int) -> OfferedRule:
    """A rule that is offered for a folder of the first app."""
    [rule] = offered_rules(MAIN.kind, [folder], ())
    return OfferedRule(rule, f"{MAIN.base}/{folder}", files)


OFFERS = (offer("LLM", 4), offer("ipadapter", 3), offer("ultralytics/bbox", 1), offer("ultralytics/segm", 0))


def put(
    program: PumasApp,
    *plans: Plan,
    statuses: Sequence[AppStatus] = STATUSES,
    offers: tuple[OfferedRule, ...] = (),
) -> MappingScreen:
    """Have these plans on the Mapping screen, as if they had just been made; the first app is in front."""
    screen = program.place_of(MappingScreen)
    assert isinstance(screen, MappingScreen)
    screen.plans.stale = False
    screen.plans.apps = tuple(statuses)
    screen.plans.at = 0
    screen.plans.sheets = {plan.header.app_uid: sheet_of(plan, {}, offers) for plan in plans}
    screen.show_plans()
    return screen


def applied(plan: Plan) -> Applied:
    """All but one of the new links are made."""
    made = plan.of(Act.CREATE, Act.REPLACE_OURS, Act.REMOVE_BROKEN)
    bad = ActionResult(made[-1], "failed", "permission denied (owner root)")
    return Applied(plan.header.app, "op", (*(ActionResult(one, "done") for one in made[:-1]), bad), 0.31)


def undo_preview(refused: int = 1) -> UndoPreview:
    """A batch of links, of which some were changed since."""
    items = [
        UndoItem(f"/opt/ComfyUI/models/loras/style-{n:02}.safetensors", "remove the link") for n in range(50)
    ]
    why = "a new file is there now"
    items[:refused] = [replace(item, refused=why) for item in items[:refused]]
    return UndoPreview("add 50 links in ComfyUI-main", (OperationId("op"),), tuple(items))


def unlinkable() -> Plan:
    """No link works in the app's folder, and how it can read the library itself."""
    where = "/opt/ComfyUI/models/loras takes neither symbolic nor hard links"
    reason = f"no_link: {where}; list the library in ComfyUI's extra_model_paths.yaml instead"
    text = 'pumas:\n    base_path: "/data/models"\n    loras: |\n        diffusion/sdxl/ink\n        lora\n'
    refused = [action(Act.REFUSE, f"loras/style-{n}.safetensors", reason=reason) for n in range(3)]
    read = "extra_root: ComfyUI reads it already as /srv/Lora/ink.safetensors (extra_model_paths.yaml)"
    refused.append(action(Act.REFUSE, "loras/ink.safetensors", reason=read))
    return replace(plan_of(MAIN, refused), offer=Offer("/opt/ComfyUI/extra_model_paths.yaml", text, 3))


def extra(*, away: bool = False) -> ExtraRoots:
    """Folders that an app reads beside its own; `away`: one more that is not there."""
    told = [("loras", "Lora"), ("loras", "LyCORIS"), ("vae", "VAE"), ("embeddings", "emb"), ("gligen", "g")]
    roots = [
        SeenRoot(ExtraRoot(kind, f"/srv/webui/models/{name}", "a1111"), RootState.HERE, f"/srv/{name}")
        for kind, name in told
    ]
    gone = SeenRoot(ExtraRoot("vae", "/mnt/usb/VAE", "usb"), RootState.ABSENT, reason="it is not there")
    return ExtraRoots("/opt/ComfyUI/extra_model_paths.yaml", (*roots, *([gone] if away else [])))


def reads_more() -> AppProposal:
    """An app that reads models from elsewhere as well."""
    note = line(extra(away=True).roots[-1])
    return AppProposal(TEST, True, notes=(note,), extra=extra(away=True))


def proposal() -> AppProposal:
    """A folder with everything that is worth saying."""
    note = (
        "/home/ann/ComfyUI/models is on another disk (/home) than the library (/data): links will be "
        "absolute paths and stop working if the library's disk is mounted elsewhere"
    )
    return AppProposal(TEST, False, {"checkpoints": "/disk2/ckpts"}, (note,))
