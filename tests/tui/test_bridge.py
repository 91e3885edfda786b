"""Facts are coalesced, never lost: the latest progress once a tick, every change of state."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from textual.message import Message

from pumas_tui.core.domain import events
from pumas_tui.core.domain.ids import JobId, ModelUid
from pumas_tui.core.domain.jobs import Job, JobKind, JobState, JobView, Progress, Stage
from pumas_tui.tui import bridge, messages


def job(number: int, state: JobState, rev: int) -> Job:
    return Job(JobId(number), JobKind.IMPORT, {"name": f"m{number}"}, state, rev=rev)


def progress(number: int, done: int) -> Progress:
    return Progress(JobId(number), Stage.STAGING, done, 1000, 1.0, float(done), rev=done)


def states(posted: list[Message]) -> list[messages.JobsChanged]:
    return [m for m in posted if isinstance(m, messages.JobsChanged)]


def test_two_interleaved_jobs_cost_one_message_with_the_latest_of_each() -> None:
    posted: list[Message] = []
    it = bridge.Bridge(posted.append)
    it.know((JobView(job(1, JobState.RUNNING, 1)), JobView(job(2, JobState.RUNNING, 2))))
    it.flush()
    for done in range(1, 500):
        it.take(events.JobChanged(None, progress(1 + done % 2, done)))
    it.flush()
    it.flush()
    last = states(posted)
    assert len(last) == 2
    seen = {view.job.id: view.progress for view in last[-1].state.jobs.values()}
    assert [p.bytes_done for _, p in sorted(seen.items()) if p] == [498, 499]


def test_models_and_messages_go_on() -> None:
    posted: list[Message] = []
    it = bridge.Bridge(posted.append)
    it.take(events.ModelsChanged((ModelUid("a"),)))
    it.take(events.ModelsChanged((ModelUid("b"),)))
    it.take(events.MessagePosted("careful", "warning"))
    it.flush()
    uids = [set(m.uids) for m in posted if isinstance(m, messages.ModelsChanged)]
    assert uids == [{"a", "b"}]
    it.take(events.ModelsChanged((ModelUid("a"),)))
    it.take(events.ModelsChanged())
    it.flush()
    assert [m.uids for m in posted if isinstance(m, messages.ModelsChanged)][-1] == ()
    assert [m.posted.text for m in posted if isinstance(m, messages.MessagePosted)] == ["careful"]


async def facts(queue: "asyncio.Queue[events.Event]") -> AsyncIterator[events.Event]:
    while True:
        yield await queue.get()


@pytest.mark.parametrize("slow", [False, True])
async def test_a_final_fact_arrives_soon_also_over_a_slow_line(slow: bool) -> None:
    posted: list[Message] = []
    it = bridge.Bridge(posted.append)
    queue: asyncio.Queue[events.Event] = asyncio.Queue()
    reading = asyncio.create_task(bridge.run(it, facts(queue), slow=slow))
    queue.put_nowait(events.JobChanged(job(1, JobState.RUNNING, 1), None))
    for done in range(1, 100):
        queue.put_nowait(events.JobChanged(None, progress(1, done)))
    queue.put_nowait(events.JobChanged(job(1, JobState.DONE, 200), None))
    loop = asyncio.get_running_loop()
    end = loop.time() + 5
    while not states(posted) or states(posted)[-1].state.jobs[JobId(1)].job.state is not JobState.DONE:
        assert loop.time() < end
        await asyncio.sleep(0.01)
    assert len(states(posted)) <= 2
    reading.cancel()
    await asyncio.wait({reading})
