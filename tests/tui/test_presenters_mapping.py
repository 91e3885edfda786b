"""A plan as rows and lines: groups that fold, widths that are kept, names that cannot speak to a terminal."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from pumas_tui.core.domain.plan import Act, Answer, ConflictKind, Resolution
from pumas_tui.tui.keymap import default_keymap
from pumas_tui.tui.presenters.cells import UNICODE
from pumas_tui.tui.presenters.mapping import (
    ActionRow,
    Folds,
    Group,
    Heading,
    More,
    plan_rows,
    row_text,
    sheet_of,
)
from pumas_tui.tui.presenters.mapping_answers import given, name_problem, scope_rows
from pumas_tui.tui.presenters.mapping_detail import brief, detail
from pumas_tui.tui.presenters.mapping_keys import copies, copy_text
from pumas_tui.tui.presenters.mapping_notes import counts, title
from pumas_tui.tui.presenters.prose import flow
from pumas_tui.tui.presenters.settings import AppRow, where_from
from tests.support import plans_on_stage as plans

EVIL = "loras/\x1b[31m\u202egpj.\n模型.safetensors"


@pytest.mark.parametrize("width", [40, 63, 80, 120])
def test_rows_and_details_keep_their_width_and_are_printable(width: int) -> None:
    plan = plans.plan_of(
        plans.MAIN,
        [
            *plans.full().actions,
            plans.action(Act.CREATE, EVIL, source=EVIL, rule="\x1b]0;x\x07"),
            plans.conflict(ConflictKind.OTHER_LINK, f"x{EVIL}", plans.link_to(f"/mnt/{EVIL}")),
        ],
    )
    sheet, keymap = sheet_of(plan, {}), default_keymap()
    folds = Folds(dict.fromkeys(Group, 10000))
    for row in plan_rows(sheet, folds):
        text = row_text(row, width)
        assert text.isprintable() and cell_len(text) == width, row
    for action in plan.actions[:60] + plan.actions[-2:]:
        for line in detail(sheet, action, keymap, width, "", tight=False):
            assert line.text.isprintable() and cell_len(line.text) <= width
        for line in flow(brief(sheet, action, keymap), width):
            assert line.text.isprintable() and cell_len(line.text) <= width


@pytest.mark.parametrize("width", [40, 63, 120])
def test_where_no_link_works_the_lines_that_do_it_are_shown_and_copied(width: int) -> None:
    sheet, keymap = sheet_of(plans.unlinkable(), {}), default_keymap()
    refused, read = sheet.plan.actions[0], sheet.plan.actions[-1]
    lines = detail(sheet, refused, keymap, width, "", tight=False)
    assert all(cell_len(line.text) <= width for line in lines)
    assert "  pumas:" in [line.text for line in lines]
    assert any("copies lines" in line.text for line in brief(sheet, refused, keymap))
    assert not any("pumas:" in line.text for line in detail(sheet, read, keymap, width, "", tight=False))
    assert sheet.plan.offer is not None
    assert copy_text("e", sheet, "/data/models", None, "") == sheet.plan.offer.text
    assert "e" in dict(copies(sheet)) and "e" not in dict(copies(sheet_of(plans.full(), {})))


def test_an_app_of_the_settings_says_what_else_it_reads() -> None:
    status = replace(plans.STATUSES[0], extra=plans.extra(away=True))
    also = "also reads 6 folders, 1 not there"
    assert where_from(AppRow(status)) == f"ComfyUI-main: /opt/ComfyUI/models   {also}"
    assert where_from(AppRow(plans.STATUSES[0])) == "ComfyUI-main: /opt/ComfyUI/models"


def test_groups_stand_in_order_with_exact_numbers() -> None:
    rows = plan_rows(sheet_of(plans.full(), {}), Folds(), height=24)
    heads = [(row.group, row.size, row.folded) for row in rows if isinstance(row, Heading)]
    assert heads == [
        (Group.CONFLICTS, 12, False),
        (Group.NEW, 41, True),
        (Group.REPOINT, 1, True),
        (Group.BROKEN, 3, True),
        (Group.LEFT_OUT, 2, True),
        (Group.RIGHT, 260, True),
    ]


def test_unfolding_shows_a_page_then_all() -> None:
    sheet = sheet_of(plans.thousands(), {})

    def shown(folds: Folds) -> tuple[int, int]:
        rows = [row for row in plan_rows(sheet, folds, height=24) if not isinstance(row, Heading)]
        new = [row for row in rows if isinstance(row, ActionRow | More) and row.group is Group.NEW]
        hidden = sum(row.hidden for row in new if isinstance(row, More))
        return sum(isinstance(row, ActionRow) for row in new), hidden

    page = Folds().unfolded(Group.NEW, 4100, 0)
    assert shown(Folds()) == (0, 0)
    assert shown(page) == (50, 4050)
    assert shown(page.unfolded(Group.NEW, 4100, 50)) == (4100, 0)
    assert shown(page.folded(Group.NEW)) == (0, 0)


def test_a_kind_folds_once_all_of_it_has_one_answer() -> None:
    sheet = sheet_of(plans.full(), {})
    links = [one.target for one in sheet.conflicts[:8]]
    mixed = sheet.answered({target: Answer(Resolution.OVERWRITE) for target in links[:7]})
    assert not [row for row in plan_rows(mixed, Folds(), height=24) if isinstance(row, More)]
    whole, _ = given(mixed, links, Resolution.OVERWRITE)
    [more] = [row for row in plan_rows(sheet.answered(whole), Folds(), height=24) if isinstance(row, More)]
    assert more.hidden == 7 and "7 more links to another file" in row_text(more, 80)
    assert "OVERWRITE" in row_text(more, 80) and len(sheet.answered(whole).open) == 4


def test_what_does_not_take_an_answer_says_why() -> None:
    sheet = sheet_of(plans.full(), {})
    folder = next(one for one in sheet.conflicts if one.target.startswith("diffusers"))
    answers, said = given(sheet, [folder.target], Resolution.OVERWRITE)
    assert answers == {} and said == "This cannot be overwritten: a folder with 12 files"
    answers, said = given(sheet, [one.target for one in sheet.conflicts], Resolution.OVERWRITE)
    assert said.startswith("1 of 12 cannot be overwritten")
    assert answers["vae/sdxl_vae.safetensors"] == Answer(Resolution.OTHER_NAME)


def test_how_far_an_answer_reaches_is_told() -> None:
    sheet = sheet_of(plans.full(), {})
    first = sheet.conflicts[0].target
    assert scope_rows(sheet, first, ()) == (
        ("like", "all like this", "8 links to another file"),
        ("marked", "marked", "0"),
        ("open", "all open", "12 without an answer"),
        ("all", "all 12", ""),
    )
    some = sheet.answered({first: Answer(Resolution.SKIP)})
    rows = scope_rows(some, first, {first})
    assert rows[0] == ("marked", "marked", "1") and rows[3][2] == "also changes 1 answer you gave"


def test_a_name_that_is_none_or_taken_is_refused() -> None:
    sheet = sheet_of(plans.full(), {})
    action = next(one for one in sheet.conflicts if one.target.startswith("vae"))
    for name in ("a/b", "..", "x\ny"):
        assert "is not a name of a file" in name_problem(sheet, action, name)
    assert "taken" in name_problem(sheet, action, "ae.safetensors")
    assert name_problem(sheet, action, "mine.safetensors") == ""


def test_answers_of_rules_count_but_are_nobodys() -> None:
    [first, *rest] = plans.conflicts()
    assert first.conflict is not None
    ruled = replace(first, conflict=replace(first.conflict, by_rule=True))
    sheet = sheet_of(plans.plan_of(plans.MAIN, [ruled, *rest]), {})
    assert sheet.answers == {ruled.target: Answer(Resolution.OVERWRITE)}
    assert sheet.given == {} and sheet.unapplied == 0 and len(sheet.open) == 11


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_lines_above_fit(width: int) -> None:
    apps = [status.app for status in plans.STATUSES]
    for told in (title(apps, 0, width, UNICODE), counts(sheet_of(plans.full(), {}), width)):
        assert sum(cell_len(text) for text in told) <= width
