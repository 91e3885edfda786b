"""Jobs and journal in registry.db: the queue's rules, exact values, two processes at once."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pumas_tui.core.db.changes import ChangeWatch
from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.jobs import JobStore, NewJob
from pumas_tui.core.db.journal import Journal
from pumas_tui.core.db.runtime import Runner, RuntimeStore
from pumas_tui.core.domain import ids
from pumas_tui.core.domain.errors import NotFoundError, UsageError
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import JobKind, JobRequest, JobState, Need, NeedKind, Progress, Stage
from pumas_tui.core.domain.lanes import Turns, Widths
from pumas_tui.core.domain.operations import Operation, OperationState, Step, StepState
from tests.core.db.library import record

_KINDS = [JobKind.IMPORT]
_PICKLE = Need(NeedKind.PICKLE, ("accept", "refuse"), {"sources": ["/m/\udcff.ckpt"]})
_PART = Need(NeedKind.MISSING_PART, ("import", "refuse"), {"missing": [3]})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    opened = JobStore(str(tmp_path / "registry.db"))
    yield opened
    opened.close()


def _add(store: JobStore, *items: NewJob) -> tuple[JobId, ...]:
    return store.add_many(JobKind.IMPORT, items)


def test_paths_that_are_not_utf8_come_back_as_they_were(store: JobStore) -> None:
    payload = {"sources": ["/x/\udcff\udc80 模型 \n.gguf"], "nested": {"missing": [1, 2], "none": None}}
    (job_id,) = _add(store, NewJob(payload, needs=(_PICKLE,), state=JobState.NEEDS_YOU))
    job = store.get(job_id)
    assert job.payload == payload
    assert job.needs == (_PICKLE,)


def test_five_hundred_jobs_keep_their_order(store: JobStore) -> None:
    added = _add(store, *(NewJob({"n": n}) for n in range(500)))
    assert [store.get(job_id).payload["n"] for job_id in added] == list(range(500))
    assert [job.id for job in store.list()] == sorted(added, reverse=True)


def test_claim_takes_priority_then_age(store: JobStore) -> None:
    first, second, urgent = _add(store, NewJob({}), NewJob({}), NewJob({}, priority=5))
    store.top([second])
    claimed = [store.claim("me", _KINDS, Turns()) for _ in range(4)]
    assert [job and job.id for job in claimed] == [second, urgent, first, None]
    assert claimed[0] is not None
    assert (claimed[0].state, claimed[0].owner) == (JobState.RUNNING, "me")
    assert claimed[0].started_at is not None


def test_claim_needs_room_on_every_device_of_the_lane(store: JobStore) -> None:
    lanes = ["hdd:sda+ssd:vda", "hdd:sda", "ssd:vda", "ssd:vda", "hdd:sdb", ""]
    both, disk, fast, fast_too, other, free = _add(store, *(NewJob({}, lane=lane) for lane in lanes))
    turns = Turns(Widths({"ssd": 2, "hdd": 1}))
    claimed = [store.claim("me", _KINDS, turns) for _ in range(5)]
    assert [job and job.id for job in claimed] == [both, fast, other, free, None]
    assert store.finish(fast, "me", JobState.DONE)
    following = store.claim("you", _KINDS, turns)
    assert following is not None and following.id == fast_too  # sda is still taken, vda has room again
    assert store.finish(both, "me", JobState.DONE)
    last = store.claim("you", _KINDS, turns)
    assert last is not None and last.id == disk


def test_jobs_of_the_dead_take_no_room(store: JobStore) -> None:
    _add(store, NewJob({}, lane="hdd:sda"), NewJob({}, lane="hdd:sda"))
    assert store.claim("dead", _KINDS, Turns()) is not None
    assert store.claim("me", _KINDS, Turns()) is None
    assert store.claim("me", _KINDS, Turns(lives=lambda owner: owner != "dead")) is not None


def test_only_the_owner_finishes_a_job(store: JobStore) -> None:
    (job_id,) = _add(store, NewJob({}))
    store.claim("me", _KINDS, Turns())
    assert not store.finish(job_id, "you", JobState.DONE)
    assert store.finish(job_id, "me", JobState.DONE, result={"status": "imported"})
    job = store.get(job_id)
    assert (job.state, job.owner, job.result) == (JobState.DONE, None, {"status": "imported"})
    assert job.ended_at is not None
    assert not store.finish(job_id, "me", JobState.FAILED)


def test_the_last_answer_queues_the_job(store: JobStore) -> None:
    (job_id,) = _add(store, NewJob({}))
    store.claim("me", _KINDS, Turns())
    assert store.set_needs(job_id, "me", [_PICKLE, _PART])
    assert store.claim("me", _KINDS, Turns()) is None
    with pytest.raises(UsageError):
        store.answer(job_id, NeedKind.PICKLE, "perhaps")
    with pytest.raises(UsageError):
        store.answer(job_id, NeedKind.DUPLICATE, "skip")
    assert store.answer(job_id, NeedKind.PICKLE, "accept").state is JobState.NEEDS_YOU
    job = store.answer(job_id, NeedKind.MISSING_PART, "import")
    assert job.state is JobState.WAITING
    assert job.answers == {"pickle": "accept", "missing_part": "import"}
    assert job.needs == ()


def test_retry_counts_and_keeps_answers(store: JobStore) -> None:
    (job_id,) = _add(store, NewJob({}, state=JobState.NEEDS_YOU, needs=(_PICKLE,)))
    store.answer(job_id, NeedKind.PICKLE, "accept")
    store.claim("me", _KINDS, Turns())
    store.finish(job_id, "me", JobState.FAILED, error={"code": "disk", "message": "no"})
    assert store.retry([job_id]) == (job_id,)
    job = store.get(job_id)
    assert (job.attempt, job.state, job.error, job.ended_at) == (1, JobState.WAITING, None, None)
    assert job.answers == {"pickle": "accept"}
    assert store.retry([job_id]) == ()


def test_a_running_job_is_asked_and_not_taken_away(store: JobStore) -> None:
    running, waiting = _add(store, NewJob({}), NewJob({}))
    store.claim("me", _KINDS, Turns())
    assert store.request([running, waiting], JobRequest.CANCEL) == (running,)
    assert store.get(running).request is JobRequest.CANCEL
    moved = store.set_state([running, waiting], list(JobState), JobState.CANCELLED)
    assert moved == (waiting,)
    assert store.remove([running, waiting]) == (waiting,)
    with pytest.raises(NotFoundError):
        store.get(waiting)


def test_jobs_of_the_dead_are_found_and_queued_again(store: JobStore) -> None:
    (job_id,) = _add(store, NewJob({}))
    store.claim("dead", _KINDS, Turns())
    assert store.orphaned({"dead"}) == ()
    assert [job.id for job in store.orphaned({"living"})] == [job_id]
    assert store.requeue(job_id, "dead")
    assert store.get(job_id).state is JobState.WAITING


def test_finished_jobs_leave_the_list_after_a_day(tmp_path: Path) -> None:
    now = [1_000_000.0]
    store = JobStore(str(tmp_path / "registry.db"), clock=lambda: now[0])
    done, waiting = _add(store, NewJob({}), NewJob({}))
    store.claim("me", _KINDS, Turns())
    store.finish(done, "me", JobState.DONE)
    assert {job.id for job in store.list()} == {done, waiting}
    now[0] += 25 * 3600
    assert [job.id for job in store.list()] == [waiting]
    store.close()


def test_since_gives_each_change_once(store: JobStore) -> None:
    first, second = _add(store, NewJob({}), NewJob({}))
    jobs, rev = store.since(0)
    assert [job.id for job in jobs] == [first, second]
    assert store.since(rev) == ((), rev)
    store.top([first])
    jobs, later = store.since(rev)
    assert [job.id for job in jobs] == [first] and later > rev


_WRITER = """
import sys
from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.jobs import JobStore, NewJob
from pumas_tui.core.domain.jobs import JobKind, JobState
from pumas_tui.core.domain.lanes import Turns
store = JobStore(sys.argv[1])
me = sys.argv[2]
for n in range(60):
    store.add_many(JobKind.IMPORT, [NewJob({"by": me, "n": n})])
    job = store.claim(me, [JobKind.IMPORT], Turns())
    assert job is not None
    assert store.finish(job.id, me, JobState.DONE, result={"by": me})
store.close()
"""


def test_processes_share_a_fresh_registry(tmp_path: Path) -> None:
    """Created, migrated and written at once by four: nobody sees a lock, no job is done twice or lost."""
    path = str(tmp_path / "registry.db")
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, path, name], stderr=subprocess.PIPE, text=True)
        for name in ("a", "b", "c", "d")
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors
    store = JobStore(path)
    jobs = store.list(1000)
    assert len(jobs) == 240
    assert all(job.state is JobState.DONE for job in jobs)
    assert len({job.rev for job in jobs}) == 240
    store.close()


def test_journal_lists_what_a_host_left_unfinished(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path / "registry.db"), str(tmp_path))
    mine, other, done = (
        Operation(ids.new_operation_id(), "import", host, "1", at, plan={"path": "/a/\udcfe"})
        for host, at in (("here", 2.0), ("there", 3.0), ("here", 1.0))
    )
    steps = [Step(n, "link", f"/app/\udcfd{n}", "link:/x", "absent") for n in range(3)]
    for op in (mine, other, done):
        journal.begin(op, steps)
    journal.done(done.id)
    (found,) = journal.unfinished("here")
    assert (found.id, found.plan, found.state) == (mine.id, {"path": "/a/\udcfe"}, OperationState.RUNNING)
    journal.mark(mine.id, [0, 2], StepState.DONE)
    marked = journal.steps(mine.id)
    assert [step.state for step in marked] == [StepState.DONE, StepState.PLANNED, StepState.DONE]
    assert [step.target for step in marked] == [step.target for step in steps]
    journal.failed(mine.id)
    assert journal.unfinished("here") == []
    with pytest.raises(NotFoundError):
        journal.done(ids.new_operation_id())
    journal.close()


def _watch(tmp_path: Path) -> ChangeWatch:
    return ChangeWatch(*(str(tmp_path / name) for name in ("registry.db", "runtime.db", "models.db")))


def test_watch_tells_what_others_wrote_and_nothing_twice(tmp_path: Path) -> None:
    watch = _watch(tmp_path)
    assert watch.poll().jobs == ()
    store = JobStore(str(tmp_path / "registry.db"))
    runtime = RuntimeStore(str(tmp_path / "runtime.db"), str)
    first, second = _add(store, NewJob({}), NewJob({}))
    assert [job.id for job in watch.poll().jobs] == [first, second]
    assert watch.poll().jobs == ()
    store.top([second])
    runtime.put_progress(Progress(second, Stage.STAGING, 10, 100, 5.0, 1.0))
    changes = watch.poll()
    assert [job.id for job in changes.jobs] == [second]
    assert [(p.job_id, p.bytes_done) for p in changes.progress] == [(second, 10)]
    store.remove([first])
    assert watch.poll().removed == (first,)
    idle = watch.poll()
    assert (idle.jobs, idle.progress, idle.removed, idle.models_changed) == ((), (), (), False)
    store.close()
    runtime.close()
    watch.close()


def test_watch_tells_that_models_changed(tmp_path: Path) -> None:
    watch = _watch(tmp_path)
    writer = IndexWriter(str(tmp_path / "models.db"))
    assert watch.poll().models_changed
    assert not watch.poll().models_changed
    writer.upsert([record("flux", number=1)])
    assert watch.poll().models_changed
    assert not watch.poll().models_changed
    writer.close()
    watch.close()


def test_watch_opens_a_replaced_registry(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    store = JobStore(str(path))
    _add(store, NewJob({"n": 1}))
    watch = _watch(tmp_path)
    assert len(watch.poll().jobs) == 1
    for name in ("registry.db", "registry.db-wal", "registry.db-shm"):
        (tmp_path / name).rename(tmp_path / f"{name}.old")
    _add(store, NewJob({"n": 2}))
    assert [job.payload for job in watch.poll().jobs] == [{"n": 2}]
    assert [job.payload for job in store.list()] == [{"n": 2}]
    store.close()
    watch.close()


def test_runtime_keeps_progress_and_heartbeats(tmp_path: Path) -> None:
    path = tmp_path / "runtime.db"
    path.write_bytes(b"not a database" * 500)
    aside: list[str] = []

    def set_aside(name: str) -> str:
        aside.append(name)
        return str(Path(name).rename(f"{name}.old"))

    runtime = RuntimeStore(str(path), set_aside)
    assert aside == [str(path)]
    job = JobId(7)
    runtime.put_progress(Progress(job, Stage.STAGING, 1, 9, 0.5, 1.0))
    runtime.put_progress(Progress(job, Stage.COMMITTING, 9, 9, 0.5, 2.0))
    rows, rev = runtime.progress_since(0)
    assert [(row.stage, row.bytes_done) for row in rows] == [(Stage.COMMITTING, 9)]
    assert runtime.progress_since(rev) == ((), rev)
    runtime.clear(job)
    assert runtime.progress_since(0)[0] == ()
    old, new = (Runner(name, 1, "boot", "host", at) for name, at in (("old", 100.0), ("new", 190.0)))
    runtime.heartbeat(old)
    runtime.heartbeat(new)
    assert runtime.live_runners(200.0, 30.0) == (new,)
    runtime.close()
    again = RuntimeStore(str(path), set_aside)
    assert len(again.runners()) == 2 and len(aside) == 1
    again.close()
