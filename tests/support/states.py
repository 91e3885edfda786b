"""Every state of the program that has a picture: its name, its windows, its library, and how one gets there.

The names begin with the screen: lib, imp, first (the first start), hea (health and its
pages), dlg (dialogs), all (what opens over any
screen). Both the pictures
for people and the stored ones that tests compare come from this one table.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textual.app import App

from pumas_tui.core.domain.events import LibraryScanned
from pumas_tui.core.domain.jobs import JobView
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui import messages
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.modals.past import HistoryPage, TrashPage
from pumas_tui.tui.presenters.welcome import welcome
from pumas_tui.tui.widgets.finder import Finder
from pumas_tui.tui.widgets.welcome import Welcome
from tests.support import findings_on_stage as findings
from tests.support import jobs_on_stage as jobs
from tests.support import plans_on_stage as plans
from tests.support.dialogs_on_stage import IMPORT_DIALOGS, d1, d2
from tests.support.first_on_stage import FirstOnStage, step
from tests.support.health_on_stage import HEALTH_DIALOGS, has_moved, health, over_health, page, reads, runs
from tests.support.held_on_stage import HELD_DIALOGS
from tests.support.hub_on_stage import HUB_DIALOGS, HUB_PAGES, candidates, files, network_gone
from tests.support.hub_on_stage import offline as lookup_offline
from tests.support.mapping_on_stage import (
    MAPPING_DIALOGS,
    no_app,
    no_plan,
    offers,
    over_plan,
    plan,
    rules,
    settings,
    without_plan,
)
from tests.support.stage import ROOT, Made, OnStage, Shot, Size, on_stage, until

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
    program: Callable[..., App[int]] = OnStage

    def app(self) -> App[int]:
        """The program to take the picture of."""
        return self.program(readonly=self.readonly, ascii_only=self.ascii_only)


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


async def offline(pilot: Shot) -> None:
    """The library when the network has gone."""
    await ready(pilot)
    await network_gone(pilot)


async def back_again(pilot: Shot) -> None:
    """The library as who was away for a while meets it."""
    await ready(pilot)
    place = on_stage(pilot).place
    text = welcome(jobs.everything(), jobs.NOON - 39 * 60, jobs.NOON - 60)
    place.run_worker(place.show_over(Welcome(place, text)))
    await until(pilot, "Welcome back.")


def first_step(number: int) -> Drive:
    """A question of the first start."""

    async def drive(pilot: Shot) -> None:
        await step(pilot, number)

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


def over_library(show: Drive) -> Drive:
    """The library with a page over it."""

    async def drive(pilot: Shot) -> None:
        await ready(pilot)
        await show(pilot)

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
    State("lib-filter", keys("f", then="esc  close"), sizes=ALL, stored=(NORMAL,)),
    State("lib-filter-type", keys("f", "t", then="esc  close"), stored=(NORMAL,)),
    State("lib-edit", keys("e", then="enter  save"), sizes=ALL, stored=_LIST),
    State("lib-edit-two", keys("space", "space", "e", then="enter  save"), stored=(NORMAL,)),
    State("lib-welcome", back_again, sizes=ALL, stored=_LIST),
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
    State("imp-mode", queue("o", then="esc  close"), sizes=ALL, stored=(NORMAL,)),
    State("imp-edit", queue("e", then="enter  save"), sizes=ALL, stored=_LIST),
    State("imp-working", queue("j", "j", "j", then="")),
    State("imp-opened", queue("j", "j", "j", "enter")),
    State("imp-failed", queue(views=jobs.failed), sizes=ALL, stored=(NORMAL,)),
    State("imp-disk-full", queue(views=jobs.disk_full), sizes=ALL),
    State("imp-thousands", queue(views=jobs.thousands)),
    State("map-full", plan(), sizes=ALL, stored=(*_LIST, TINY)),
    State("map-answered", plan("a", "o", then="8 answered"), sizes=ALL, stored=_LIST),
    State("map-scopes", plan("a", "tab", then="tab: next one"), sizes=ALL, stored=(NORMAL,)),
    State("map-marks", plan("space", "space", then="2 marked")),
    State("map-opened", plan("l", then="WANTED"), sizes=ALL, stored=(NORMAL,)),
    State("map-skips", plan("enter", then="count as skip"), sizes=ALL),
    State("map-none", plan(make=plans.none, then="No change needed"), sizes=ALL, stored=(NORMAL,)),
    State("map-noapp", without_plan(no_app, "No app is set up"), sizes=ALL, stored=(NORMAL,)),
    State("map-err", without_plan(no_plan, "No plan:"), sizes=ALL, stored=(NORMAL,)),
    State("map-warn", plan(make=plans.warned, then="Other disk"), sizes=ALL, stored=(NORMAL,)),
    State(
        "map-unlinkable", plan("l", "j", "j", make=plans.unlinkable, then="copies"), sizes=ALL, stored=_LIST
    ),
    State("map-offers", offers("l", "j", make=plans.none, then="ipadapter"), stored=(NORMAL,)),
    State("map-offers-full", offers("G", "k", "k"), sizes=ALL, stored=(WIDE,)),
    State("map-rules", rules, sizes=ALL, stored=_LIST),
    State("map-thousands", plan("G", "l", make=plans.thousands)),
    State("map-ascii", plan(), ascii_only=True),
    State("set-full", settings(), sizes=ALL, stored=(*_LIST, TINY)),
    State("set-choices", settings("j", "j", "j", "j", "j", "enter"), stored=(NORMAL,)),
    State("hea-full", health(then="TO FIX".lower()), sizes=ALL, stored=(*_LIST, TINY)),
    State("hea-marks", health("space", "space", then="2 marked"), sizes=ALL, stored=_LIST),
    State("hea-kinds", health("tab", "j", "j", "j"), sizes=(WIDE,), stored=(WIDE,)),
    State("hea-ok", health(make=findings.all_right, then="Everything is right"), sizes=ALL, stored=_LIST),
    State("hea-run", health(make=lambda: None, change=runs, then="3 found so far"), sizes=ALL, stored=_LIST),
    State("hea-reads", health(make=findings.all_right, change=reads, then="Reading contents"), sizes=ALL),
    State("hea-moved", health(change=has_moved, then="where the library was"), sizes=ALL, stored=_LIST),
    State("hea-unreadable", health(make=findings.unreadable, then="permission denied"), stored=(NORMAL,)),
    State("hea-ascii", health(), ascii_only=True),
    State("hea-trash", page(TrashPage, then="4x-Ultra"), sizes=ALL, stored=_LIST),
    State("hea-trash-empty", page(TrashPage, then="Empty.", empty=True)),
    State("hea-trash-empties", page(TrashPage, "e", then="Type the number"), sizes=ALL, stored=(NORMAL,)),
    State("hea-history", page(HistoryPage, then="import qwen2.5"), sizes=ALL, stored=_LIST),
    *(State(f"dlg-{name}", over_health(make), sizes=ALL, stored=(NORMAL,)) for name, make in HEALTH_DIALOGS),
    *(State(f"dlg-{name}", over_plan(make), sizes=ALL, stored=(NORMAL,)) for name, make in MAPPING_DIALOGS),
    *(State(f"dlg-{name}", dialog(make), sizes=ALL, stored=(NORMAL,)) for name, make in IMPORT_DIALOGS),
    *(State(f"dlg-{name}", dialog(make), sizes=ALL, stored=_LIST) for name, make in HUB_DIALOGS),
    *(State(f"dlg-{name}", over_library(show), sizes=ALL, stored=_LIST) for name, show in HUB_PAGES),
    State("dlg-hf-cached", dialog(lookup_offline, "c"), sizes=ALL, stored=_LIST),
    *(State(f"dlg-{name}", dialog(make), sizes=ALL, stored=_LIST) for name, make in HELD_DIALOGS),
    State("dlg-hf-fields", dialog(candidates, "space", "j", "space"), stored=(NORMAL,)),
    State("dlg-hf-why", dialog(candidates, "?"), stored=(NORMAL,)),
    State("dlg-hub-marked", dialog(files, "j", "space"), stored=(NORMAL,)),
    State("lib-offline", offline, sizes=ALL, stored=(*_LIST, TINY)),
    State("dlg-D2-ticked", dialog(d2, "enter", "space"), sizes=ALL, stored=(NORMAL,)),
    State("dlg-D1-list", dialog(d1, "e"), stored=(NORMAL,)),
    State("all-help", overlay("question_mark"), sizes=ALL, stored=(NORMAL,)),
    State("all-help-filter", overlay("question_mark", *"dele"), sizes=MAIN),
    State("all-palette", overlay("colon"), sizes=ALL, stored=(NORMAL,)),
    State("all-palette-filter", overlay("colon", *"copy"), readonly=True, sizes=MAIN),
    State("all-jobs", with_jobs("b"), sizes=ALL, stored=_LIST),
    State("all-jobs-none", keys("b"), sizes=ALL),
    *(
        State(f"first-{number}", first_step(number), (), ALL, _LIST, program=FirstOnStage)
        for number in (1, 2, 3)
    ),
    State("all-too-small", too_small, sizes=((36, 8), (39, 10))),
)


def stored() -> list[tuple[State, Size]]:
    """What tests compare: states and windows."""
    return [(state, size) for state in STATES for size in state.stored]


def only(names: Sequence[str]) -> tuple[State, ...]:
    """The states whose names begin with one of these; all when none is named."""
    return tuple(s for s in STATES if not names or s.name.startswith(tuple(names)))
