"""Chores for `run_worker`."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, ParamSpec

from textual.worker import WorkType

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.tui.presenters.frame import Severity

P = ParamSpec("P")


def chore(
    work: Callable[P, Coroutine[Any, Any, object]], *args: P.args, **kwargs: P.kwargs
) -> WorkType[object]:
    """A call to be made when the worker starts: a screen that closes before leaves no coroutine unawaited."""
    return partial(work, *args, **kwargs)


def telling(
    tell: Callable[[str, Severity], object],
    work: Callable[P, Coroutine[Any, Any, object]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> WorkType[object]:
    """The same for work on the disk: what goes wrong there is told, and does not end the program."""

    async def done() -> None:
        try:
            await work(*args, **kwargs)
        except PumasError as error:
            tell(error.message, "error")

    return done
