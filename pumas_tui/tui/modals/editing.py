"""Editing in forms: the models in front, and imports before they are written."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pumas_tui.core.domain.errors import ChangedMeanwhileError, PumasError, UsageError
from pumas_tui.core.domain.jobs import JobView
from pumas_tui.core.domain.models import ModelDetail, ModelRow
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui.presenters.edit_fields import edit_title, job_fields, model_fields, written
from pumas_tui.tui.presenters.imports import plain_name
from pumas_tui.tui.widgets.form import Form
from pumas_tui.tui.widgets.frame import FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


async def edit_models(place: FramedScreen, library: "Library", rows: Sequence[ModelRow]) -> None:
    """Open the form for these models over this screen. Run it in a worker."""
    try:
        seen = [await library.models.get(row.uid) for row in rows]
    except PumasError as error:
        place.show_message(error.message, "error")
        return
    edit = _ModelEdit(place, library, seen)
    title = edit_title([detail.row.official_name for detail in seen])
    await place.show_over(Form(title, model_fields(seen), edit.save))


async def edit_imports(place: FramedScreen, library: "Library", views: Sequence[JobView]) -> None:
    """Open the form for imports that have not begun. Run it in a worker."""
    ids, payloads = [view.job.id for view in views], [view.job.payload for view in views]

    async def save(values: dict[str, str]) -> None:
        changed = await library.jobs.revise(ids, values)
        if not changed:
            raise UsageError("the import has begun meanwhile", hint="edit the model when it is done")
        which = plural(len(changed), "import")
        place.show_message(f"Changed {', '.join(values)} of {which}, not written yet.")

    title = edit_title([plain_name(payload) for payload in payloads], "import")
    await place.show_over(Form(title, job_fields(payloads), save))


class _ModelEdit:
    """Models as the form shows them. What somebody else changed since then is not overwritten unasked."""

    def __init__(self, place: FramedScreen, library: "Library", seen: list[ModelDetail]) -> None:
        self._place = place
        self._library = library
        self._seen = seen

    async def save(self, values: dict[str, str]) -> None:
        """Write what was changed. Raises PumasError, after which the same again overwrites what it named."""
        for number in range(len(self._seen)):
            try:
                await self._save_one(number, values)
            except PumasError as error:
                if number and not isinstance(error, ChangedMeanwhileError):
                    said = f"{number} of {len(self._seen)} saved, then: {error.message}"
                    raise PumasError(said, hint=error.hint) from error
                raise
        name, many = safe(self._seen[0].row.official_name), len(self._seen)
        which = name if many == 1 else plural(many, "model")
        self._place.show_message(f"Saved {', '.join(values)} of {which}.")

    async def _save_one(self, number: int, values: dict[str, str]) -> None:
        editing, seen = self._library.editing, self._seen[number]
        uid, fields = seen.row.uid, written(values)
        try:
            if len(self._seen) > 1 and "tags" in fields:
                self._seen[number] = seen = await editing.tag(uid, add=fields.pop("tags").split(","))
            if fields:
                self._seen[number] = await editing.edit(uid, fields, seen=seen)
        except ChangedMeanwhileError as error:
            self._seen[number] = await self._library.models.get(uid)
            raise ChangedMeanwhileError(error.message, hint="enter writes yours, esc keeps theirs") from None
