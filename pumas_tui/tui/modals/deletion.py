"""The dialogs before models go: what goes with them, and the number to type where there is no undo."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum

from pumas_tui.core.domain.deletion import Deletion
from pumas_tui.core.domain.text import count, plural, safe, size
from pumas_tui.tui.modals.dialog import NARROW, Dialog
from pumas_tui.tui.presenters.cells import ASCII, cut_end, pad, pad_left, width_of
from pumas_tui.tui.presenters.prose import Hint, Line, Tone, clip

_APPS = 5
_FOLDERS = 3
_NAMED = 3
_DIGITS = 9


class Delete(StrEnum):
    """How to delete."""

    TRASH = "trash"
    FOR_GOOD = "for good"
    UNLINK = "unlink"  # only from the apps; the model stays


class DeleteDialog(Dialog[Delete]):
    """Delete these models? With their links per app, and who names them as base."""

    trigger = frozenset({"d"})

    def __init__(self, deletion: Deletion, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._deletion = deletion

    def on_mount(self) -> None:
        self.add_class("-danger")

    def heading(self) -> str:
        return f"Delete {which(self._deletion)}?"

    def body(self, width: int) -> Sequence[Line]:
        deletion = self._deletion
        files = plural(sum(model.files for model in deletion.models), "file")
        going, staying = len(deletion.going), len(deletion.staying)
        if going:
            stop = plural(going, "link that will stop working", "links that will stop working")
            lines = [Line(f"{size(deletion.size_bytes)}, {files}, and {stop}:"), Line(), *self._apps(width)]
        else:
            lines = [Line(f"{size(deletion.size_bytes)}, {files}; no link leads to it.")]
        if staying:
            words = plural(staying, "link cannot", "links cannot")
            why = safe(deletion.staying[0].reason) or "its app is not here"
            said = f"{words} be removed now ({why}): cleaned when that is back."
            lines += [Line(), Line(said, Tone.WARNING)]
        if deletion.dependents:
            named = ", ".join(safe(one.rpartition("/")[2]) for one in deletion.dependents[:_NAMED])
            number = len(deletion.dependents)
            more = f" and {count(number - _NAMED)} more" if number > _NAMED else ""
            models = plural(number, "other model names", "other models name")
            lines += [Line(), Line(f"{models} it as their base: {named}{more}")]
        return [*lines, *shared_lines(deletion)]

    def _apps(self, width: int) -> list[Line]:
        """Links of each app, and the folders in which they are."""
        going = self._deletion.going
        links = Counter(link.app for link in going)
        lines = []
        for app, number in links.most_common(_APPS):
            if width < NARROW:
                lines.append(Line(f"  {safe(app)}: {plural(number, 'link')}", clip=True))
                continue
            folders = Counter(link.link.target.rpartition("/")[0] for link in going if link.app == app)
            each = [(f"{safe(f)}/", n) for f, n in folders.most_common()]
            named = [f"{name} ({n:,})" if len(each) > 1 else name for name, n in each[:_FOLDERS]]
            more = f" and {len(each) - _FOLDERS} more" if len(each) > _FOLDERS else ""
            where = ", ".join(named) + more
            head = f"  {pad(clip(safe(app), 18), 18)} {pad_left(count(number), 5)}    "
            lines.append(Line(head + cut_end(where, width - width_of(head), ASCII), clip=True))
        if len(links) > _APPS:
            lines.append(Line(f"  and {plural(len(links) - _APPS, 'more app')}", Tone.DIM))
        return lines

    def full_list(self, width: int) -> Sequence[Line]:
        deletion = self._deletion
        stays = [Line(f"stays   {safe(link.path)}", Tone.WARNING, clip=True) for link in deletion.staying]
        gone = [Line(f"goes    {safe(link.path)}", clip=True) for link in deletion.going]
        models = [Line(f"model   {safe(one.directory)}", clip=True) for one in deletion.models]
        return [*models, *stays, *gone] if len(models) > 1 or gone or stays else ()

    def hints(self) -> Sequence[Sequence[Hint]]:
        going, models = len(self._deletion.going), len(self._deletion.models)
        what = "model" if models == 1 else plural(models, "model")
        goes = (
            f"move {what} and {plural(going, 'link')} to the trash" if going else f"move {what} to the trash"
        )
        rows = [(Hint("x", f"{goes}   (u brings all back)", "to the trash", harm=True),)]
        rows.append((Hint("p", "delete for good ...", "for good", harm=True),))
        keep = Hint("esc", "keep", "keep")
        read = [Hint("l", "read the list", "list")] if self.full_list(80) else []
        if going:
            return (*rows, (Hint("o", "only unlink, keep the model", "only unlink", harm=True), *read, keep))
        return (*rows, (*read, keep))

    def press(self, key: str) -> None:
        if key == "x":
            self.close(Delete.TRASH)
        elif key == "p":
            self.close(Delete.FOR_GOOD)
        elif key == "o" and self._deletion.going:
            self.close(Delete.UNLINK)


class NumberDialog(Dialog[bool]):
    """Something that cannot be undone, agreed to by typing a number that is in the question, then enter."""

    def __init__(
        self,
        heading: str,
        body: Sequence[Line],
        asked: str,
        number: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._heading = heading
        self._says = body
        self._asked = asked
        self._number = number
        self._typed = ""

    def on_mount(self) -> None:
        self.add_class("-danger")

    def heading(self) -> str:
        return self._heading

    def body(self, width: int) -> Sequence[Line]:
        return [*self._says, Line(), Line(f"{self._asked}:  {self._typed}_", Tone.STRONG)]

    def hints(self) -> Sequence[Sequence[Hint]]:
        return (
            (
                Hint("enter", "do it, once the number is right", "do it", harm=True),
                Hint("esc", "keep", "keep"),
            ),
        )

    def press(self, key: str) -> None:
        if key.isascii() and key.isdigit() and len(self._typed) < _DIGITS:
            self._typed += key
            self.show_end()
        elif key == "backspace":
            self._typed = self._typed[:-1]
        elif key == "enter" and self._typed == str(self._number):
            self.close(True)
        elif key == "enter":
            self.notice("That is not the number." if self._typed else "Type the number first.")


def for_good(deletion: Deletion) -> NumberDialog:
    """The question before models are deleted without the trash."""
    links, files = len(deletion.going), sum(model.files for model in deletion.models)
    freed = deletion.size_bytes - deletion.shared_bytes
    also = f" {plural(links, 'link goes', 'links go')} too." if links else ""
    lines = [Line(f"No undo. Frees {size(freed)} at once.{also}"), *shared_lines(deletion)]
    asked = "Type the number of links to go on" if links else "Type the number of files to go on"
    return NumberDialog(f"Delete {which(deletion)} for good?", lines, asked, links or files)


def shared_lines(deletion: Deletion) -> list[Line]:
    """Bytes that have other names, and so are not freed."""
    if not deletion.shared_bytes:
        return []
    said = f"! {size(deletion.shared_bytes)} of it has other hard links, and is not free until those go too."
    return [Line(), Line(said, Tone.WARNING, hang=2)]


def which(deletion: Deletion) -> str:
    """The name of the model, or how many they are."""
    models = deletion.models
    return safe(models[0].official_name) if len(models) == 1 else plural(len(models), "model")
