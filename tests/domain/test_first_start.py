"""What the first start proposes: places in order of preference, ticks; versions of apps; what is a disk."""

from collections.abc import Sequence

import pytest

from pumas_tui.core.domain import apps, first_start, mounts
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.first_start import (
    COPY,
    Answers,
    App,
    Detected,
    Disk,
    FirstStartFacts,
    Place,
    proposed,
    root_typed,
    roots_on,
    to_copy,
)
from pumas_tui.core.domain.lanes import DeviceKind

GB = 10**9


def disk(mount: str, dev: int, free: int = 100 * GB) -> Disk:
    return Disk(mount, "ext4", DeviceKind.SSD, dev, free, 1000 * GB)


def app(path: str, on: Disk, files: int = 3) -> App:
    return App(AppKind.COMFYUI, "0.6.0", path, on, files, files * GB, (f"{path}/models",))


SYSTEM, DATA, BIG, EMPTY = (
    disk("/", 1, 40 * GB),
    disk("/data", 2),
    disk("/mnt/big", 3, 900 * GB),
    disk("/e", 4),
)
HOME = Place("/home/ann/.local/share/pumas", SYSTEM)
COMFY = app("/data/ComfyUI", DATA)


def facts(*found: App) -> FirstStartFacts:
    places = first_start.places([], [Place("/data", DATA)], found, HOME)
    return FirstStartFacts(places, Detected(found, ("home folders",)), "", "/home/ann", "", HOME.root)


def test_a_library_comes_first_then_the_roomiest_disk_with_an_app_then_home_then_the_rest() -> None:
    new = [Place("/data", DATA), Place("/mnt/big", BIG), Place("/e", EMPTY)]
    library = Place("/workspace", disk("/workspace", 5), models=12)
    shared = [COMFY, app("/mnt/big/ComfyUI", BIG)]
    ordered = first_start.places([library], new, shared, HOME)
    assert [place.root for place in ordered] == ["/workspace", "/mnt/big", "/data", HOME.root, "/e"]


def test_with_apps_on_the_disk_of_the_home_the_home_is_proposed() -> None:
    ordered = first_start.places([], [Place("/data", DATA)], [app("/opt/ComfyUI", SYSTEM)], HOME)
    assert [place.root for place in ordered] == [HOME.root, "/data"]


def test_a_found_library_is_listed_once() -> None:
    library = Place(HOME.root, SYSTEM, models=2)
    assert first_start.places([library], [], [], HOME) == (library,)


def test_roots_of_a_disk_begin_at_its_top_and_keep_off_the_system_disk() -> None:
    assert list(roots_on(DATA, [COMFY], SYSTEM))[:2] == ["/data", "/data/pumas"]
    nested = app("/data/ann/ComfyUI", DATA)
    assert "/data/ann" in list(roots_on(DATA, [nested], SYSTEM))
    assert list(roots_on(SYSTEM, [COMFY], SYSTEM)) == []
    assert list(roots_on(disk("/mnt/tiny", 9, GB // 2), [], SYSTEM)) == []


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("/data/models", "/data"),
        ("/data/models/", "/data"),
        ("/data/pumas", "/data/pumas"),
        ("/models", "/models"),
    ],
)
def test_a_typed_path_may_be_the_one_that_is_listed(typed: str, root: str) -> None:
    assert root_typed(typed) == root


def test_apps_on_the_disk_of_the_library_are_ticked() -> None:
    other = app("/home/ann/ComfyUI", SYSTEM)
    assert proposed(Place("/data", DATA), [COMFY, other]) == {COMFY.path}


def test_what_is_copied_lies_neither_in_the_library_nor_twice_in_the_list() -> None:
    linked = App(AppKind.FORGE, "", "/f", DATA, 2, 2, ("/f/models", "/f/models/Lora", "/data/models/x"))
    both = [COMFY, linked, app("/idle", DATA, files=0)]
    ticked = {one.path for one in both}
    assert to_copy(both, ticked, Place("/data", DATA)) == ("/data/ComfyUI/models", "/f/models")


def test_answers_keep_what_was_said_when_one_goes_back() -> None:
    answers = Answers(facts(COMFY, app("/home/ann/ComfyUI", SYSTEM)))
    assert answers.place == Place("/data", DATA)
    changed = answers.gone(1).at(1).toggled()
    assert [one.path for one in changed.chosen] == ["/data/ComfyUI", "/home/ann/ComfyUI"]
    back = changed.gone(1).at(COPY).gone(-1)
    assert (back.step, back.app, back.chosen) == (changed.step, changed.app, changed.chosen)
    assert back.gone(1).rows[2] == 0, "copying is asked anew"


def test_a_new_place_changes_what_is_proposed_until_something_was_ticked() -> None:
    other = app("/home/ann/ComfyUI", SYSTEM)
    answers = Answers(facts(COMFY, other))
    assert [one.path for one in answers.at(1).chosen] == [other.path]
    kept = answers.gone(1).toggled().gone(-1).at(1)
    assert kept.chosen == ()


def test_copying_is_part_of_the_choice_only_when_it_was_chosen() -> None:
    last = Answers(facts(COMFY)).gone(1).gone(1)
    left, copied = last.choice, last.at(COPY).choice
    assert left is not None and left.copy == ()
    assert copied is not None and copied.copy == ("/data/ComfyUI/models",)


def test_the_row_for_another_path_asks_for_it_but_without_apps_enter_goes_on() -> None:
    some, none = Answers(facts(COMFY)), Answers(facts())
    assert not none.gone(1).asks_for_path
    assert some.gone(1).at(1).asks_for_path
    assert some.at(len(some.facts.places)).asks_for_path


def test_what_was_typed_is_put_in_front_once() -> None:
    answers = Answers(facts(COMFY))
    typed = answers.with_place(Place("/srv/x", SYSTEM)).with_place(Place("/srv/x", SYSTEM))
    assert typed.place == Place("/srv/x", SYSTEM) and len(typed.facts.places) == len(answers.facts.places) + 1
    added = answers.gone(1).with_app(app("/x/ComfyUI", SYSTEM))
    assert added.app is not None and added.app in added.chosen


def version(kind: AppKind, files: dict[str, str], tags: Sequence[str] = ()) -> str:
    return apps.version(kind, lambda name: files.get(name, ""), lambda _: tags)


def test_versions_are_read_as_text() -> None:
    assert version(AppKind.COMFYUI, {"comfyui_version.py": '# x\n__version__ = "0.3.64"\n'}) == "0.3.64"
    assert version(AppKind.COMFYUI, {"pyproject.toml": '[project]\nversion = "0.6.0"\n'}) == "0.6.0"
    assert version(AppKind.FORGE, {"modules_forge/forge_version.py": "version = 'f2.0.1'"}) == "f2.0.1"
    assert version(AppKind.A1111, {"CHANGELOG.md": "## 1.10.1\n\n### Fixes\n"}) == "1.10.1"
    assert version(AppKind.A1111, {}) == ""


@pytest.mark.parametrize("text", ["[project", "project = 5", '[project]\nversion = ["x"]', "= ["])
def test_a_broken_project_file_tells_no_version(text: str) -> None:
    assert version(AppKind.COMFYUI, {"pyproject.toml": text}) == ""


def test_a_hostile_version_is_made_printable_and_short() -> None:
    said = version(AppKind.COMFYUI, {"comfyui_version.py": '__version__ = "1\x1b[2J' + "9" * 500 + '"'})
    assert said.isprintable() and len(said) <= 24


def test_the_tag_of_the_commit_that_is_checked_out() -> None:
    commit, other = "a" * 40, "b" * 40
    packed = f"# pack-refs with: peeled\n{other} refs/heads/master\n{other} refs/tags/v0.5.0\n"
    packed += f"{'c' * 40} refs/tags/v0.6.0\n^{commit}\n"
    detached = {".git/HEAD": commit + "\n", ".git/packed-refs": packed}
    assert version(AppKind.COMFYUI, detached) == "0.6.0"
    assert version(AppKind.COMFYUI, {**detached, ".git/HEAD": "ref: refs/heads/master\n"}) == "0.5.0"
    loose = {".git/HEAD": commit, ".git/refs/tags/v1.2": commit + "\n", ".git/refs/tags/latest": commit}
    assert version(AppKind.COMFYUI, loose, ["latest", "v1.2"]) == "1.2"
    assert version(AppKind.COMFYUI, {".git/HEAD": "ref: refs/heads/../../../etc/passwd"}) == ""


def test_apps_are_known_by_what_is_in_their_folders() -> None:
    comfy, webui = ["main.py", "folder_paths.py", "models", "x"], ["webui.py", "models"]
    assert apps.recognised(comfy, []) is AppKind.COMFYUI
    assert apps.recognised(webui, ["Stable-diffusion"]) is AppKind.A1111
    assert apps.recognised([*webui, "modules_forge"], ["Stable-diffusion"]) is AppKind.FORGE
    assert apps.recognised(webui, ["other"]) is None and apps.recognised(["main.py", "models"], []) is None


def test_where_a_running_script_lies() -> None:
    argv = ["/venv/bin/python", "main.py", "--listen"]
    assert apps.folders_of_process(argv, "/data/ComfyUI") == ("/data/ComfyUI",)
    assert apps.folders_of_process(["python", "../webui/launch.py"], "/opt/x") == ("/opt/webui",)
    assert apps.folders_of_process(["python", "/w/main.py"], "") == ("/w",)
    assert apps.folders_of_process(argv, "") == ()


TABLE = r"""
27 1 254:0 / / rw - ext4 /dev/vda rw
28 27 0:5 / /dev rw - devtmpfs devtmpfs rw
29 27 0:6 / /dev/shm rw - tmpfs tmpfs rw
30 27 0:7 / /tmp rw - tmpfs tmpfs rw
31 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro
32 27 254:2 / /boot/efi rw - vfat /dev/vda1 rw
33 27 254:3 / /mnt/big\040disk rw - xfs /dev/sdb1 rw
34 27 0:9 / /mnt/nas rw - nfs4 nas:/models rw
35 27 0:8 / /mnt/cd ro - iso9660 /dev/sr0 ro
36 27 0:3 / /run/media/ann/stick rw - exfat /dev/sdc1 rw
37 27 254:0 /etc/hosts /etc/hosts rw - ext4 /dev/vda rw
38 27 0:10 / /tank rw - zfs tank rw
39 27 254:9 / /mnt/old rw - ext4 /dev/sdd1 ro
""".strip()


def test_only_disks_where_files_can_be_kept_are_offered() -> None:
    kept = [mount.mount_point for mount in mounts.parse(TABLE) if mounts.keeps_files(mount)]
    assert kept == ["/", "/mnt/big disk", "/mnt/nas", "/run/media/ann/stick", "/tank"]
