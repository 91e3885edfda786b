"""Doing the steps of an operation on the disk: each is looked at right before, done if it still can be, else
left alone and said.

A target is reached by its real folder, held open: nothing here follows a link, replaces what was not planned
to be there, or removes the last name of a file. Steps are idempotent: one that is true already is done.
"""

import errno
import os
import stat
from collections.abc import Callable, Mapping, Sequence

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.links import LinkKind
from pumas_tui.core.domain.operations import REGISTRY_ALONE, Step, StepKind, StepResult, StepState
from pumas_tui.core.fs import ops, ops_link, reading
from pumas_tui.core.fs.failures import ABSENT, disk_error, told
from pumas_tui.core.fs.ops_link import LinkInPathError, LinkStrategy, Ours, Place

TRUE, READY, CHANGED = "true", "ready", "changed"
_LISTED = frozenset({StepKind.FORGET_ROW, StepKind.REMEMBER_ROW, *REGISTRY_ALONE})


def look(path: str) -> str:
    """The fingerprint of what stands at a path. Only ENOENT and ENOTDIR mean absent. Raises DiskError."""
    while True:
        try:
            status = os.lstat(path)
            return _fingerprint(status, os.readlink(path) if stat.S_ISLNK(status.st_mode) else "")
        except OSError as error:
            if error.errno in ABSENT:
                return fingerprints.ABSENT
            if error.errno != errno.EINVAL:  # it was a link, and is none any more
                raise disk_error(error, "look at", path) from error


def _fingerprint(status: os.stat_result, text: str) -> str:
    if stat.S_ISLNK(status.st_mode):
        return fingerprints.link(text)
    if stat.S_ISREG(status.st_mode):
        return fingerprints.file(status.st_size, status.st_mtime_ns, status.st_ino)
    if stat.S_ISDIR(status.st_mode):
        return fingerprints.directory(status.st_ino)
    return fingerprints.other(status.st_ino)


def truth(step: Step) -> str:
    """What the disk says of a step: "true" (it holds already), "ready" (what was there before still is), or
    "changed" (neither; also when its folder is now reached over a link).

    Looks only. Raises DiskError where it cannot be known; ValueError for kinds that are not done here.
    """
    if step.kind in _LISTED and step.want == fingerprints.UNSEEN:
        return TRUE
    parent = os.path.dirname(step.target)
    if os.path.realpath(parent) != parent:
        return CHANGED
    told_by = _TRUTHS.get(StepKind(step.kind))
    if told_by is None:
        raise ValueError(f"no step for the disk: {step.kind}")
    return told_by(step, look(step.target))


def _told(now: str, step: Step) -> str:
    return TRUE if now == step.want else READY if now == step.before else CHANGED


def _of_make_dir(step: Step, now: str) -> str:
    if fingerprints.kind_of(now) == "dir":
        return TRUE
    return READY if now == fingerprints.ABSENT else CHANGED


def _of_link(step: Step, now: str) -> str:
    if fingerprints.kind_of(step.before) not in ("absent", "link"):
        return CHANGED  # a file or folder is never replaced by a link: it is moved first
    return _told(now, step)


def _of_hard_link(step: Step, now: str) -> str:
    source = _source(step)
    if source is None or not fingerprints.same_file(_fingerprint(source, ""), step.want):
        return CHANGED
    if fingerprints.same_file(now, step.want):
        with told("look at", step.target):
            there = os.lstat(step.target)
        return TRUE if (there.st_dev, there.st_ino) == (source.st_dev, source.st_ino) else CHANGED
    ready = now == step.before and fingerprints.kind_of(now) in ("absent", "link")
    return READY if ready else CHANGED


def _of_unlink(step: Step, now: str) -> str:
    if now == fingerprints.ABSENT:
        return TRUE
    kind = fingerprints.kind_of(step.before)
    if kind == "link":
        return _told(now, step)
    return READY if kind == "file" and fingerprints.same_file(now, step.before) else CHANGED


def _of_move(step: Step, now: str) -> str:
    there = look(_to(step))
    if there == step.before != fingerprints.ABSENT:
        return TRUE
    return READY if now == step.before and there == fingerprints.ABSENT else CHANGED


def _of_remove_dir(step: Step, now: str) -> str:
    if now == fingerprints.ABSENT:
        return TRUE
    empty = fingerprints.kind_of(now) == "dir" and not reading.names(step.target)
    return READY if empty else CHANGED


def _of_row(step: Step, now: str) -> str:
    same = now == step.want or fingerprints.same_file(now, step.want)
    return TRUE if same else CHANGED


_TRUTHS: dict[StepKind, Callable[[Step, str], str]] = {
    StepKind.MAKE_DIR: _of_make_dir,
    StepKind.LINK: _of_link,
    StepKind.HARD_LINK: _of_hard_link,
    StepKind.UNLINK: _of_unlink,
    StepKind.MOVE: _of_move,
    StepKind.REMOVE_DIR: _of_remove_dir,
    StepKind.FORGET_ROW: _of_row,
    StepKind.REMEMBER_ROW: _of_row,
}


def perform_group(steps: Sequence[Step]) -> list[StepResult]:
    """Do steps in their order, then wait once for each folder they touched to be on the disk.

    Never raises for what a disk does: a step that fails is a value, and so is one whose folder did not reach
    the disk. What follows a failed step is tried all the same, and is skipped if it needed it.
    """
    removed = frozenset(step.target for step in steps if step.kind == StepKind.REMOVE_DIR)
    results = [perform(step, removed) for step in steps]
    folders = {
        folder for result in results if result.state is StepState.DONE for folder in _touched(result.step)
    }
    failures = {folder: error for folder in sorted(folders) if (error := _sync(folder)) is not None}
    return [_if_durable(result, failures) if failures else result for result in results]


def _touched(step: Step) -> tuple[str, ...]:
    if step.kind in _LISTED:
        return ()
    folders = (os.path.dirname(step.target),)
    return (*folders, os.path.dirname(_to(step))) if step.kind == StepKind.MOVE else folders


def _sync(folder: str) -> DiskError | None:
    try:
        ops.fsync_dir(folder)
    except DiskError as error:
        return None if reading.is_absent(error) else error  # absent: a later step of the group removed it
    return None


def _if_durable(result: StepResult, failures: dict[str, DiskError]) -> StepResult:
    if result.state is StepState.DONE:
        for folder in _touched(result.step):
            if folder in failures:
                return StepResult(result.step, StepState.FAILED, failures[folder].message)
    return result


def perform(step: Step, removed: frozenset[str] = frozenset()) -> StepResult:
    """Do one step. DONE: it is true now, if maybe not on the disk yet. SKIPPED: its target had changed; it is
    as it was found. FAILED: the disk refused; nothing is lost, and it can be tried again.

    `removed`: folders that steps done with this one remove. That a link is gone together with any other
    folder is not believed: then its disk may be out.
    """
    try:
        reason = _done(ops_link.strategy(), step, removed)
    except LinkInPathError as error:
        return StepResult(step, StepState.SKIPPED, f"{error.message}; it was left alone")
    except DiskError as error:
        hint = f"; {error.hint}" if error.hint else ""
        return StepResult(step, StepState.FAILED, f"{error.message}{hint}")
    return StepResult(step, StepState.SKIPPED if reason else StepState.DONE, reason)


def _done(links: LinkStrategy, step: Step, removed: frozenset[str]) -> str:
    """Do it; why it was left alone, empty when it is true now. Raises DiskError."""
    if step.kind in _LISTED:
        return "" if truth(step) == TRUE else _difference(step)
    try:
        with ops_link.opened(step.target) as place:
            if step.kind in (StepKind.LINK, StepKind.HARD_LINK, StepKind.UNLINK):
                links.settle(place, _ours(step), finish=step.kind == StepKind.UNLINK)
            found = truth(step)
            if found == READY and _DOERS[StepKind(step.kind)](links, step, place):
                return ""
            return "" if found == TRUE else _difference(step)
    except DiskError as error:
        believed = step.kind != StepKind.UNLINK or os.path.dirname(step.target) in removed
        if believed and reading.is_absent(error) and truth(step) == TRUE:
            return ""  # its folder went with it
        raise


def _do_make_dir(links: LinkStrategy, step: Step, place: Place) -> bool:
    links.make_folder(place)
    return True


def _do_link(links: LinkStrategy, step: Step, place: Place) -> bool:
    make = ops_link.symlink(_text(step.want))
    if step.before != fingerprints.ABSENT:
        old = ops_link.symbolic(_text(step.before))
        return links.swap(place, old, make, ops_link.symbolic(_text(step.want)))
    return _made(links, place, make)


def _do_hard_link(links: LinkStrategy, step: Step, place: Place) -> bool:
    fd = reading.open_regular(str(step.detail["source"]))
    try:
        with told("look at", step.target):
            source = os.fstat(fd)
        if not fingerprints.same_file(_fingerprint(source, ""), step.want):
            return False
        make = ops_link.hard_link(fd)
        if step.before == fingerprints.ABSENT:
            return _made(links, place, make)
        old = ops_link.symbolic(_text(step.before))
        return links.swap(place, old, make, ops_link.hard(source.st_ino, source))
    finally:
        os.close(fd)


def _made(links: LinkStrategy, place: Place, make: ops_link.Make) -> bool:
    """False when something took the place between the look and the call."""
    try:
        links.make(place, make)
    except DiskError as error:
        if error.errno_name == "EEXIST":
            return False
        raise
    return True


def _do_unlink(links: LinkStrategy, step: Step, place: Place) -> bool:
    return links.take(place, _ours(step))


def _do_move(links: LinkStrategy, step: Step, place: Place) -> bool:
    """What was moved is looked at again: what was exchanged for it in the last moment is moved back."""
    with ops_link.opened(_to(step)) as to:
        try:
            links.move(place, to)
        except DiskError as error:
            if error.errno_name in ("EEXIST", "ENOENT"):
                return False
            raise
        if look(to.path) == step.before:
            return True
        links.move(to, place)
        return False


def _do_remove_dir(links: LinkStrategy, step: Step, place: Place) -> bool:
    return links.remove_folder(place)


_DOERS: dict[StepKind, Callable[[LinkStrategy, Step, Place], bool]] = {
    StepKind.MAKE_DIR: _do_make_dir,
    StepKind.LINK: _do_link,
    StepKind.HARD_LINK: _do_hard_link,
    StepKind.UNLINK: _do_unlink,
    StepKind.MOVE: _do_move,
    StepKind.REMOVE_DIR: _do_remove_dir,
}


def _ours(step: Step) -> Ours:
    """What this step may remove, or leave aside: a link that it, or a step before it, made."""
    ino = fingerprints.inode(step.before if step.kind == StepKind.UNLINK else step.want)
    texts = [fingerprints.link_text(text) for text in (step.before, step.want)]
    link = ops_link.symbolic(*(text for text in texts if text is not None))
    source = _source(step)
    recorded = source is not None or ("source" not in step.detail and _is_hard(step.detail.get("row")))
    if ino is None or not recorded:
        return link
    hard = ops_link.hard(ino, source)
    return lambda status, text: link(status, text) or hard(status, text)


def _is_hard(row: object) -> bool:
    return isinstance(row, Mapping) and row.get("kind") == LinkKind.HARD


def _source(step: Step) -> os.stat_result | None:
    """The file that a hard link is a name of, None where it is gone or not recorded. Raises DiskError."""
    source = step.detail.get("source")
    if source is None:
        return None
    try:
        return os.lstat(str(source))
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise disk_error(error, "look at", str(source)) from error


def _to(step: Step) -> str:
    return str(step.detail["to"])


def _text(fingerprint: str) -> str:
    return fingerprint.partition(":")[2]


def _difference(step: Step) -> str:
    """A sentence on why a step was left alone."""
    try:
        now = look(step.target)
    except DiskError as error:
        return error.message
    if step.kind == StepKind.MOVE and now == step.before:
        return f"{_to(step)} is taken; {step.target} was left where it is"
    if step.kind == StepKind.REMOVE_DIR and fingerprints.kind_of(now) == "dir":
        return f"{step.target} is not empty and was left alone"
    if step.kind == StepKind.HARD_LINK and now == step.before:
        return f"{step.detail['source']} is not the file any more that {step.target} was to be a name of"
    if step.kind == StepKind.UNLINK and fingerprints.kind_of(now) == "file":
        return f"{step.target} is a file that may have no other name, not a link that was made here; it stays"
    before = fingerprints.described(step.before)
    return f"{step.target} changed: there was {before}, now there is {fingerprints.described(now)}; it stays"
