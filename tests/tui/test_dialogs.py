"""Dialogs as a user meets them: what they say, which keys do what, and what no key does."""

from typing import Any

import pytest
from textual import events

from pumas_tui.core.domain.absent_parts import FoundPart
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import JobState, JobView
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.cancel import CancelDialog, Stop
from pumas_tui.tui.modals.dialog import GRACE_S, Dialog
from pumas_tui.tui.modals.duplicate import DuplicateDialog
from pumas_tui.tui.modals.missing import FoundPartsDialog, LookingDialog, MissingPartDialog
from pumas_tui.tui.modals.name_taken import NameTakenDialog
from pumas_tui.tui.modals.paste import PasteAnswer, PasteSheet
from pumas_tui.tui.modals.pickle import PickleDialog
from tests.support.imports import (
    GB,
    Asked,
    Clock,
    Host,
    inspection,
    job,
    sharded,
    single,
    state_of,
    with_progress,
)
from tests.tui.conftest import until

MISSING = {"name": "flux1-dev", "missing": [2], "present": 3, "total": 4, "folder": "/mnt/nas/in"}
DUPLICATE = {
    "model_id": "diffusion/sd/realistic-vision-v5",
    "sha256": "15012c99ab",
    "size_bytes": 2_100_000_000,
}
TAKEN = {
    "model_id": "llm/qwen/qwen2.5-7b-instruct",
    "there": {
        "model_id": "llm/qwen/qwen2.5-7b-instruct",
        "name": "Qwen2.5-7B-Instruct",
        "size_bytes": 4_700_000_000,
        "precision": "",
        "quantization": "Q4_K_M",
    },
    "new": {
        "name": "qwen2.5-7b-instruct",
        "size_bytes": 8_100_000_000,
        "precision": "",
        "quantization": "Q8_0",
    },
}
SIX = inspection(
    [
        sharded("/mnt/nas/llama-3.1-70b-instruct", 5, 26_280_000_000),
        single("/mnt/nas/dreamshaper_8.ckpt", 2_100_000_000, pickle=True),
    ]
)
AWAY = inspection(
    [single("/mnt/a.safetensors", GB), single("/mnt/b.safetensors", GB)],
    absent=["/Users/me/Downloads/flux dev.safetensors", "/Users/me/ae.safetensors", "C:\\models\\x.ckpt"],
)


def sheet(found: Any, clock: Clock | None = None, copied: list[str] | None = None) -> PasteSheet:
    return PasteSheet(
        found,
        models_dir="/data/models",
        host="gpu-box-3",
        copy=(copied if copied is not None else []).append,
        **({"clock": clock} if clock else {}),
    )


def prose(seen: str) -> str:
    """A screen as running text, without the box."""
    return " ".join(seen.replace("│", " ").split())


def every_dialog(clock: Clock) -> list[Dialog[Any]]:
    running = JobView(job(1, "llama.safetensors", JobState.RUNNING))
    return [
        sheet(SIX, clock),
        sheet(AWAY, clock),
        sheet(inspection([], text="thanks"), clock),
        PickleDialog(["a.ckpt"], ["/a.ckpt"], clock=clock),
        PickleDialog(["a.ckpt", "b.pt"], ["/a.ckpt", "/b.pt"], clock=clock),
        MissingPartDialog(MISSING, clock=clock),
        FoundPartsDialog([FoundPart(2, "/mnt/nas/x-00002-of-00004.gguf", GB)], [2], clock=clock),
        LookingDialog("part 2 of x", lambda: (12, "/mnt/nas"), clock=clock),
        DuplicateDialog("r.safetensors", DUPLICATE, clock=clock),
        NameTakenDialog(TAKEN, clock=clock),
        CancelDialog([running], clock=clock),
    ]


async def test_paste_sheet_lists_what_was_understood_and_enter_adds_it() -> None:
    asked = Asked()
    assert await asked(sheet(SIX, asked.clock), "enter") == PasteAnswer("add")
    first = asked.seen[0]
    assert "6 paths pasted" in first
    assert "2 models understood, 1 needs you" in first
    assert "+ llama-3.1-70b-instruct" in first and "5 parts, complete" in first and "131.4 GB" in first
    assert "! dreamshaper_8.ckpt" in first and "pickle file" in first
    assert "Goes to /data/models (1.1 TB free). Originals stay where they are." in first
    assert "add both to the queue; the pickle file waits for your answer" in first


async def test_paste_sheet_hands_text_to_the_search_box_or_drops_it() -> None:
    asked = Asked()
    assert await asked(sheet(SIX, asked.clock), "t") == PasteAnswer("search")
    assert await Asked()(sheet(SIX, Clock()), "escape") is None


async def test_looking_at_each_first_shows_where_it_goes_and_comes_back() -> None:
    asked = Asked()
    assert await asked(sheet(SIX, asked.clock), "e", "escape", "enter") == PasteAnswer("add")
    assert "to   llm/llama/x" in asked.seen[1]
    assert "from /mnt/nas/llama-3.1-70b-instruct-00001-of-00005.x" in asked.seen[1]
    assert "2 models understood" in asked.seen[2]


async def test_what_cannot_be_imported_is_said_with_its_reason_and_enter_does_nothing() -> None:
    refused = inspection([single("/mnt/page.safetensors", 900, refuse="an HTML page, not a model")])
    asked = Asked()
    assert await asked(sheet(refused, asked.clock), "enter") is None
    assert "x page.safetensors  not imported: an HTML page, not a model" in asked.seen[0]


async def test_unreadable_entries_are_said() -> None:
    troubles = [Trouble("disk", "/mnt/x: permission denied", "/mnt/x")]
    asked = Asked()
    await asked(sheet(inspection([single("/mnt/a.safetensors", 9)], troubles=troubles), asked.clock))
    assert "Left out: /mnt/x: permission denied" in asked.seen[0]


async def test_paths_of_another_computer_come_with_commands_to_copy() -> None:
    asked, copied = Asked(), list[str]()
    answer = await asked(sheet(AWAY, asked.clock, copied), "y", "enter")
    assert answer == PasteAnswer("add")
    assert "3 of 5 paths are not on gpu-box-3" in asked.seen[0]
    assert "2 can be imported. 3 look like files on your own computer:" in asked.seen[0]
    assert copied == [
        "rsync -P '/Users/me/Downloads/flux dev.safetensors' gpu-box-3:\n"
        "rsync -P /Users/me/ae.safetensors gpu-box-3:\n"
        'scp "C:\\models\\x.ckpt" gpu-box-3:'
    ]
    assert "Copied 3 lines" in asked.seen[1]


async def test_text_without_a_path_is_quoted_and_nothing_is_run_as_markup() -> None:
    asked = Asked()
    found = inspection([], text="see [bold]the readme[/bold] \x1b[31m [/nope]")
    assert await asked(sheet(found, asked.clock), "enter", "t") == PasteAnswer("search")
    assert "Nothing to import in what was pasted" in asked.seen[0]
    assert '"see [bold]the readme[/bold] <1B>[31m [/nope]" is not a path' in asked.seen[0]


async def test_pickle_needs_the_tick_before_enter() -> None:
    asked = Asked()
    dialog = PickleDialog(["dreamshaper_8.ckpt"], ["/x"], clock=asked.clock)
    assert await asked(dialog, "enter", "space", "enter") == "accept"
    assert "dreamshaper_8.ckpt can run code" in asked.seen[0]
    assert "PICKLE: can run code when loaded" in asked.seen[0]
    assert "This is a pickle file (.ckpt)." in asked.seen[0]
    assert "[ ] I understand the risk" in asked.seen[1]
    assert "Tick the box first (space), or n keeps it out." in asked.seen[1]
    assert "[x] I understand the risk" in asked.seen[2]


async def test_a_tick_taken_back_is_no_tick() -> None:
    asked = Asked()
    dialog = PickleDialog(["a.ckpt"], ["/a"], clock=asked.clock)
    assert await asked(dialog, "space", "space", "enter", "escape") is None


async def test_pickle_can_be_kept_out_and_says_when_its_name_lies() -> None:
    asked = Asked()
    assert await asked(PickleDialog(["model.safetensors"], ["/m"], clock=asked.clock), "n") == "refuse"
    assert "though its name ends in .safetensors" in prose(asked.seen[0])


async def test_several_pickles_are_one_question_with_a_list_to_read() -> None:
    names = ["old-style-v1.pt", "badhand.pt", "4x-UltraSharp.pth", "ip-adapter.bin"]
    asked = Asked()
    dialog = PickleDialog(names, [f"/mnt/nas/{name}" for name in names], clock=asked.clock)
    assert await asked(dialog, "l", "space", "l", "space", "enter") == "accept"
    assert "4 pickle files" in asked.seen[0] and all(name in asked.seen[0] for name in names)
    assert "/mnt/nas/ip-adapter.bin" in asked.seen[1]
    assert "[ ] I understand the risk for these 4 files" in asked.seen[3]


@pytest.mark.parametrize(
    ("key", "answer"),
    [("w", "import"), ("d", "remove"), ("r", "again"), ("p", "path"), ("enter", "look"), ("escape", None)],
)
async def test_missing_part(key: str, answer: str | None) -> None:
    asked = Asked()
    assert await asked(MissingPartDialog(MISSING, clock=asked.clock), key) == answer
    said = prose(asked.seen[0])
    assert "flux1-dev: 3 of 4 parts" in said
    assert "Part 2 is not among the pasted paths, nor beside the others in /mnt/nas/in/." in said


@pytest.mark.parametrize(
    ("key", "answer"), [("enter", "skip"), ("n", "import"), ("d", "remove"), ("escape", None)]
)
async def test_duplicate(key: str, answer: str | None) -> None:
    asked = Asked()
    assert (
        await asked(DuplicateDialog("realisticVision.safetensors", DUPLICATE, clock=asked.clock), key)
        == answer
    )
    assert "realisticVision.safetensors is already here" in asked.seen[0]
    assert "Same content (SHA-256 15012c...) as realistic-vision-v5, 2.1 GB." in asked.seen[0]
    assert "import it as a second model anyway (2.1 GB more)" in asked.seen[0]


@pytest.mark.parametrize(("key", "answer"), [("enter", "rename"), ("d", "remove"), ("escape", None)])
async def test_a_taken_name(key: str, answer: str | None) -> None:
    asked = Asked()
    assert await asked(NameTakenDialog(TAKEN, clock=asked.clock), key) == answer
    said = prose(asked.seen[0])
    assert "A different model has this folder" in said
    assert "llm/qwen/qwen2.5-7b-instruct/ holds 4.7 GB, Q4_K_M." in said
    assert "The new one is 8.1 GB, Q8_0: other content of the same name." in said
    assert "enter new model: qwen2.5-7b-instruct-.... (4 digits of its hash)" in said


async def test_a_taken_name_of_which_nothing_is_known() -> None:
    asked = Asked()
    await asked(NameTakenDialog({**TAKEN, "there": {"model_id": "llm/qwen/QWEN"}}, clock=asked.clock))
    assert "llm/qwen/QWEN/ holds files that nothing is known of." in prose(asked.seen[0])


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(("x",), Stop.THROW_AWAY), (("y",), Stop.KEEP), (("c", "enter", "space", "escape"), None)],
)
async def test_stopping_a_copy_keeps_it_or_throws_it_away(keys: tuple[str, ...], answer: Stop | None) -> None:
    asked = Asked()
    state = state_of(job(1, "llama.safetensors", JobState.RUNNING, size=131 * GB))
    view = with_progress(state, 1, (10.0, 80 * GB), total=131 * GB).jobs[JobId(1)]
    assert await asked(CancelDialog([view], clock=asked.clock), *keys) == answer
    first = asked.seen[0]
    assert "Stop copying llama.safetensors (61%)?" in first
    assert "80.0 GB of 131.0 GB are copied." in first
    assert "stop and keep the 80.0 GB for later (p goes on)" in first
    assert "stop and throw the 80.0 GB away" in first


async def test_stopping_before_anything_is_copied_keeps_nothing() -> None:
    asked = Asked()
    view = JobView(job(1, "llama.safetensors", JobState.RUNNING))
    assert await asked(CancelDialog([view], clock=asked.clock), "x") is Stop.THROW_AWAY
    assert "Nothing is copied yet." in asked.seen[0]
    assert "pause (p goes on)" in asked.seen[0]


def test_no_key_that_does_harm_is_enter_space_or_what_opened_the_dialog() -> None:
    for dialog in every_dialog(Clock()):
        hints = [hint for row in dialog.hints() for hint in row]
        harmful = {hint.key for hint in hints if hint.harm}
        assert not harmful & ({"enter", "space"} | dialog.trigger), dialog
        assert any(hint.key == "esc" for hint in hints), dialog


async def test_keys_of_the_first_moment_are_dropped_and_not_kept_for_later() -> None:
    clock, answers = Clock(), list[Any]()
    app = Host()
    async with app.run_test() as pilot:

        async def asking() -> None:
            answers.append(await ask(app.screen, DuplicateDialog("x", DUPLICATE, clock=clock)))

        app.run_worker(asking())
        await pilot.pause()
        await pilot.press("enter", "n", "escape", "d")
        clock.now += GRACE_S * 0.9
        await pilot.press("enter")
        assert answers == []
        clock.now += GRACE_S
        await pilot.pause()
        assert answers == []
        await pilot.press("n")
        await pilot.pause()
        assert answers == ["import"]


async def test_one_dialog_at_a_time_and_the_focus_comes_back() -> None:
    app, answers = Host(), list[Any]()
    async with app.run_test() as pilot:
        before = app.screen.focused

        async def asking(name: str) -> None:
            answers.append((name, await ask(app.screen, DuplicateDialog(name, DUPLICATE))))

        app.run_worker(asking("first"))
        await until(pilot, lambda: "first is already here" in app.text())
        app.run_worker(asking("second"))
        await pilot.pause()
        assert len(app.screen.query(Dialog)) == 1
        assert "first is already here" in app.text()
        app.screen.query_one(Dialog).close("skip")
        await until(pilot, lambda: "second is already here" in app.text())
        app.screen.query_one(Dialog).close(None)
        await until(pilot, lambda: len(answers) == 2)
        assert answers == [("first", "skip"), ("second", None)]
        assert not app.screen.query(Dialog)
        assert app.screen.focused is before


async def test_a_paste_into_a_dialog_is_not_taken_and_says_so() -> None:
    app = Host()
    async with app.run_test() as pilot:
        asking = ask(app.screen, PickleDialog(["a.ckpt"], ["/a"]))
        app.run_worker(asking)
        await pilot.pause()
        app.post_message(events.Paste("/mnt/b.ckpt"))
        await pilot.pause()
        assert "Answer this first. What was pasted was not taken." in app.text()


async def test_leaving_the_program_with_a_dialog_open_is_quiet() -> None:
    assert await Asked()(PickleDialog(["a.ckpt"], ["/a"], clock=Clock())) is None


@pytest.mark.parametrize("size", [(40, 10), (60, 18), (80, 24), (120, 40)])
async def test_every_dialog_fits_and_shows_its_way_out(size: tuple[int, int]) -> None:
    for number in range(len(every_dialog(Clock()))):
        asked = Asked(size)
        await asked(every_dialog(asked.clock)[number])
        lines = asked.seen[0].splitlines()
        assert max(len(line) for line in lines) <= size[0]
        top = next(n for n, line in enumerate(lines) if "┌" in line)
        bottom = next(n for n, line in enumerate(lines) if "└" in line)
        assert bottom - top < 18
        assert any("esc" in line for line in lines[top:bottom]), asked.seen[0]


async def test_what_does_not_fit_can_be_read_by_scrolling() -> None:
    asked = Asked((40, 10))
    await asked(PickleDialog(["dreamshaper_8.ckpt"], ["/x"], clock=asked.clock), *["j"] * 12)
    assert "j k: more" in asked.seen[0]
    assert "I understand" not in asked.seen[0]
    assert "I understand" in asked.seen[-1]


async def test_the_tick_is_in_view_when_it_is_made() -> None:
    asked = Asked((40, 10))
    await asked(PickleDialog(["dreamshaper_8.ckpt"], ["/x"], clock=asked.clock), "space")
    assert "[x] I understand" in asked.seen[-1]


async def test_five_hundred_candidates_are_counted_and_can_be_read() -> None:
    many = [single(f"/mnt/nas/model-{n:03}.safetensors", GB) for n in range(500)]
    asked = Asked()
    assert await asked(sheet(inspection(many), asked.clock), "l", "G", "l", "enter") == PasteAnswer("add")
    assert "500 models understood" in asked.seen[0] and "add all 500 to the queue" in asked.seen[0]
    assert "model-499.safetensors" in asked.seen[2]


async def test_hostile_names_stay_inside_the_box() -> None:
    name = "/mnt/\x1b[31m[red]‮" + "模型" * 60 + "\n.ckpt"
    asked = Asked((40, 10))
    await asked(sheet(inspection([single(name, GB, pickle=True)]), asked.clock))
    await asked(PickleDialog([name], [name], clock=asked.clock))
    for seen in asked.seen:
        assert "\x1b" not in seen and "‮" not in seen
        rows = [line for line in seen.splitlines() if "│" in line]
        assert rows and all(line.count("│") == 2 for line in rows)
