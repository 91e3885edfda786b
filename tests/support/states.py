"""Every state of the program that has a picture: its name, its windows, its library, and how one gets there.

The names begin with the screen: lib, imp, dlg (dialogs), all (what opens over any screen). Both the pictures
for people and the stored ones that tests compare come from this one table.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pumas_tui.core.domain.events import LibraryScanned
from pumas_tui.core.domain.jobs import JobState, JobView, NeedKind
from pumas_tui.core.domain.pickle_verdict import PickleVerdict, ScanWord
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui import messages
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.cancel import CancelDialog
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.modals.duplicate import DuplicateDialog
from pumas_tui.tui.modals.missing import MissingPartDialog
from pumas_tui.tui.modals.paste import PasteSheet
from pumas_tui.tui.modals.pickle import PickleDialog
from pumas_tui.tui.widgets.finder import Finder
from tests.support import jobs_on_stage as jobs
from tests.support.imports import inspection, sharded, single
from tests.support.stage import HOST, ROOT, Made, Shot, Size, on_stage, until

NORMAL, WIDE, NARROW, TINY = (80, 24), (120, 40), (60, 20), (40, 10)
MAIN = (NORMAL, WIDE)
ALL = (*MAIN, NARROW, TINY)

Drive = Callable[[Shot], Awaitable[None]]


GB = 10**9
REPO = "Qwen/Qwen2.5-7B-Instruct-GGUF"
MODELS = (
    Made("Qwen2.5-7B-Instruct-Q4_K_M", "llm", "gguf", 4_683_073_952, quantization="Q4_K_M", repo=REPO),
    Made("Qwen2.5-14B-Instruct-Q4_K_M", "llm", "gguf", 8_988_110_976, quantization="Q4_K_M"),
    Made("Qwen2.5-32B-Instruct-Q4_K_M", "llm", "gguf", 19_851_335_840, quantization="Q4_K_M"),
    Made("Qwen2.5-72B-Instruct-Q4_K_M", "llm", "gguf", 47_415_715_136, quantization="Q4_K_M"),
    Made("Qwen2.5-Coder-7B-Instruct-Q8_0", "llm", "gguf", 8_098_525_088, Trust.HIGH, quantization="Q8_0"),
    Made("Qwen2.5-Coder-32B", "llm", "transformers", 65_527_752_000, parts=3),
    Made("qwen2.5-7b-roleplay-merge-v3", "llm", "transformers", 15_231_233_024, Trust.LOW),
    Made("qwen2-vl-7b-instruct", "llm", "transformers", 16_582_785_024, Trust.MANUAL),
    Made("qwen-image-fp8_e4m3fn", "diffusion", "diffusion_models", 20_430_698_552, family="qwen-image"),
    Made("qwen-image-edit-2509-fp8", "diffusion", "diffusion_models", 20_430_698_552, Trust.PENDING, "qwen"),
    Made("qwen_2.5_vl_7b_fp8_scaled", "diffusion", "text_encoders", 9_384_670_680, family="qwen-image"),
    Made("qwen_image_vae", "diffusion", "vae", 253_806_246, family="qwen-image"),
    Made("qwen1.5-7b-finetune-old", "llm", "transformers", 14_910_000_000, Trust.NONE, pickle=True),
    Made("qwen-lora-sketch-v2", "diffusion", "loras", 311_100_000, Trust.MODIFIED, "qwen-image"),
)  # fmt: skip
HOSTILE = (
    Made("[red]not markup[/red] \x1b[31m", "llm", "gguf", GB, quantization="Q4_0"),
    Made("right-to-left \u202egpj.exe", "diffusion", "loras", GB, Trust.NONE, "sdxl"),
    Made("模型名称很长的扩散模型-二次元风格-水墨画-高清修复版-第二版", "diffusion", "", 7 * GB),
    Made("emoji 👩‍👩‍👧‍👦 and ✔️ heart ❤️", "diffusion", "loras", 2 * GB, Trust.HIGH, "sdxl"),
    Made("a" * 90 + "-00001-of-00003", "llm", "gguf", 3 * GB, Trust.LOW),
    Made("Ωμέγά́́ combining", "diffusion", "vae", GB // 3, Trust.PENDING, "sdxl"),
    Made("tab\there and newline\nthere", "llm", "gguf", 12 * GB, Trust.MANUAL, pickle=True),
)  # fmt: skip


@dataclass(frozen=True)
class State:
    """A picture: `stored` are the windows in which tests compare it, `sizes` those that people look at."""

    name: str
    drive: Drive
    models: Sequence[Made] = MODELS
    sizes: tuple[Size, ...] = MAIN
    stored: tuple[Size, ...] = ()
    readonly: bool = False
    ascii_only: bool = False


# How one gets there.


async def ready(pilot: Shot) -> None:
    """The library is in front, its list shown, the first look at the disk over."""
    app = on_stage(pilot)
    await until(pilot, lambda: app.library is not None and app.place.PLACE == "library")
    await until(pilot, lambda: "scan" not in app.text.lower() and "checking" not in app.text)
    await until(pilot, lambda: "model" in app.text)
    await until(pilot, lambda: app.size.width < 110 or "SHA-256  " in app.text or "is empty" in app.text)


def keys(*pressed: str, then: str = "") -> Drive:
    """Press these on the library; `then` is a text to wait for."""

    async def drive(pilot: Shot) -> None:
        await ready(pilot)
        await pilot.press(*pressed)
        if then:
            await until(pilot, then)

    return drive


async def too_small(pilot: Shot) -> None:
    await until(pilot, "Pumas needs")


async def marked(pilot: Shot) -> None:
    await ready(pilot)
    await pilot.press(*["down"] * 5, "space", "space", "g")
    await until(pilot, "2 marked, 28.8 GB")


async def unreadable(pilot: Shot) -> None:
    """The models folder turns into something that cannot be opened: a link to itself."""
    await ready(pilot)
    models = ROOT / "models"
    models.rename(ROOT / "away")
    models.symlink_to(models)
    await pilot.press("ctrl+r")
    await until(pilot, lambda: all(text in on_stage(pilot).text for text in ("cannot be read", "models.db")))


async def scanning(pilot: Shot) -> None:
    await ready(pilot)
    on_stage(pilot).post_message(messages.ScanChanged(LibraryScanned(412, 1284, 7.0, done=False)))
    await until(pilot, "Scan: 412 of 1,284 folders read")


def queue(*pressed: str, views: Callable[[], Sequence[JobView]] = jobs.everything, then: str = "") -> Drive:
    """The import screen with these jobs."""

    async def drive(pilot: Shot) -> None:
        await ready(pilot)
        await pilot.press("2")
        jobs.put(on_stage(pilot), views())
        await until(pilot, lambda: any(word in on_stage(pilot).text for word in ("NEED YOU (", "FAILED (")))
        await pilot.press(*pressed)
        await pilot.pause(0.15)
        if then:
            await until(pilot, then)

    return drive


def with_jobs(*pressed: str) -> Drive:
    """The library while imports go on."""

    async def drive(pilot: Shot) -> None:
        await ready(pilot)
        jobs.put(on_stage(pilot), jobs.everything())
        await until(pilot, "3 need you")
        await pilot.press(*pressed)

    return drive


def dialog(make: Callable[[], Dialog[Any]], *pressed: str) -> Drive:
    """The library with a dialog over it, after its first moment."""

    async def drive(pilot: Shot) -> None:
        await ready(pilot)
        app = on_stage(pilot)
        app.run_worker(ask(app.place, make()))
        await until(pilot, lambda: bool(app.screen.query(Dialog)))
        await pilot.pause(0.3)
        await pilot.press(*pressed)

    return drive


def overlay(key: str, *typed: str) -> Drive:
    """Help or the palette with something typed."""

    async def drive(pilot: Shot) -> None:
        await ready(pilot)
        await pilot.press(key)
        await until(pilot, lambda: bool(on_stage(pilot).screen.query(Finder)))
        await pilot.press(*typed)
        await until(pilot, lambda: " of " in on_stage(pilot).text)

    return drive


# The dialogs, with the facts of an evening's imports.

LLAMA, DREAM = "/mnt/nas/in/llama-3.1-70b-instruct", "/mnt/nas/in/dreamshaper_8.ckpt"


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


_DIALOGS = (("D1", d1), ("D1-refused", d1_refused), ("D1b", d1b), ("D1c", d1c), ("D2", d2), ("D2b", d2b))
_MORE_DIALOGS = (("D3", d3), ("D4", d4), ("D6", d6))
_LIST = (NORMAL, WIDE)

STATES: tuple[State, ...] = (
    State("lib-empty", keys(), models=(), sizes=ALL, stored=_LIST),
    State("lib-filled", keys(), sizes=ALL, stored=(*_LIST, TINY)),
    State("lib-ascii", keys(), ascii_only=True),
    State("lib-searching", keys("slash", *"qwen coder", then="3 of 14"), stored=(NORMAL,)),
    State("lib-no-hits", keys("slash", *"qwen 2.5 vison", then="No model has"), sizes=ALL, stored=(NORMAL,)),
    State("lib-unreadable", unreadable, stored=(NORMAL,)),
    State("lib-marks", marked, stored=(NORMAL,)),
    State("lib-order", keys("o", then="esc  close"), stored=(NORMAL,)),
    State("lib-ordered", keys("o", "s", then="order: size down")),
    State("lib-filter", keys("f", then="esc  close"), sizes=ALL),
    State("lib-edit", keys("e"), sizes=ALL),
    State("lib-copy", keys("y", then="esc  close"), sizes=ALL),
    State("lib-copied", keys("y", "n", then="Copied")),
    State("lib-opened", keys("enter", then="Kind     "), sizes=ALL, stored=_LIST),
    State("lib-opened-shards", keys("G", "k", "k", "k", "enter", then="SHA-256  ")),
    State("lib-hostile", keys(), models=HOSTILE, sizes=ALL, stored=_LIST),
    State("lib-scanning", scanning),
    State("lib-typing-path", keys("i", *"/mnt", then="Import:"), sizes=ALL),
    State("lib-read-only", keys("i", then="read only: started"), readonly=True, sizes=ALL, stored=(NORMAL,)),
    State("lib-jobs-run", with_jobs(), sizes=ALL, stored=_LIST),
    State("imp-empty", keys("2", then="Paste paths of model files"), sizes=ALL, stored=(NORMAL,)),
    State("imp-full", queue(), sizes=ALL, stored=(*_LIST, TINY)),
    State("imp-marks", queue("space", "space"), sizes=ALL),
    State("imp-working", queue("j", "j", "j", then="")),
    State("imp-opened", queue("j", "j", "j", "enter")),
    State("imp-failed", queue(views=jobs.failed), sizes=ALL, stored=(NORMAL,)),
    State("imp-disk-full", queue(views=jobs.disk_full), sizes=ALL),
    State("imp-thousands", queue(views=jobs.thousands)),
    *(State(f"dlg-{name}", dialog(make), sizes=ALL, stored=(NORMAL,)) for name, make in _DIALOGS),
    *(State(f"dlg-{name}", dialog(make), sizes=ALL, stored=(NORMAL,)) for name, make in _MORE_DIALOGS),
    State("dlg-D2-ticked", dialog(d2, "enter", "space"), sizes=ALL),
    State("dlg-D1-list", dialog(d1, "e")),
    State("all-help", overlay("question_mark"), sizes=ALL, stored=(NORMAL,)),
    State("all-help-filter", overlay("question_mark", *"dele"), sizes=MAIN),
    State("all-palette", overlay("colon"), sizes=ALL, stored=(NORMAL,)),
    State("all-palette-filter", overlay("colon", *"copy"), readonly=True, sizes=MAIN),
    State("all-jobs", with_jobs("b"), sizes=ALL, stored=_LIST),
    State("all-jobs-none", keys("b"), sizes=ALL),
    State("all-too-small", too_small, sizes=((36, 8), (39, 10))),
)


def stored() -> list[tuple[State, Size]]:
    """What tests compare: states and windows."""
    return [(state, size) for state in STATES for size in state.stored]


def only(names: Sequence[str]) -> tuple[State, ...]:
    """The states whose names begin with one of these; all when none is named."""
    return tuple(s for s in STATES if not names or s.name.startswith(tuple(names)))
