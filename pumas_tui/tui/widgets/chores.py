"""Chores for `run_worker`."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, ParamSpec

from textual.worker import WorkType

P = ParamSpec("P")


def chore(
    work: Callable[P, Coroutine[Any, Any, object]], *args: P.args, **kwargs: P.kwargs
) -> WorkType[object]:
    """A call to be made when the worker starts: a screen that closes before leaves no coroutine unawaited."""
    return partial(work, *args, **kwargs)
