"""Jobs that found no network: they are paused, and wait for their turn again once it is back."""

from collections.abc import Iterator
from contextlib import contextmanager

from pumas_tui.core.db.jobs import JobStore
from pumas_tui.core.domain.errors import OfflineError, RateLimitedError, WaitsForNetworkError
from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.net.calls import NoAnswerError


@contextmanager
def for_network() -> Iterator[None]:
    """What a job does with the network, which may be away. Raises WaitsForNetworkError where it is."""
    try:
        yield
    except (NoAnswerError, OfflineError, RateLimitedError) as error:
        message = f"waits for the network: {error.message}"
        raise WaitsForNetworkError(message, retry_at=error.retry_at) from error


def go_on(jobs: JobStore) -> None:
    """Give every such job its turn. Raises the errors of the registry."""
    found = [job.id for job in jobs.list() if job.waits_for_network]
    if found:
        jobs.set_state(found, (JobState.PAUSED,), JobState.WAITING)
