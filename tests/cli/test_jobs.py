"""`jobs`: the queue as a table and as JSON, and steering it."""

from pathlib import Path

import pytest

from tests.support.program import pumas


@pytest.fixture
def asking(tmp_path: Path) -> Path:
    """Root of a demo library, in whose queue a pickle waits for an answer."""
    folder = tmp_path / "demo"
    assert pumas("demo", folder, root=folder).code == 0
    return folder


def test_an_empty_queue(root: Path) -> None:
    assert pumas("jobs", root=root).out == "no jobs\n"
    assert pumas("jobs", "list", "--json", root=root).data == {"jobs": []}


def test_finished_and_asking_jobs_are_listed(asking: Path) -> None:
    jobs = pumas("jobs", "--json", root=asking).data["jobs"]
    assert {job["state"] for job in jobs} == {"done", "needs_you"}
    [pickle] = [job for job in jobs if job["state"] == "needs_you"]
    assert pickle["needs"][0]["kind"] == "pickle"
    assert pickle["sources"][0].endswith("old-style-mix.ckpt")
    table = pumas("jobs", root=asking).out.splitlines()
    assert table[0].split() == ["ID", "STATE", "DONE", "JOB", "NOTE"]
    assert len(table) == len(jobs) + 1
    assert any("asks: pickle" in line for line in table)


def test_watch_ends_when_nothing_goes_on(asking: Path) -> None:
    assert pumas("jobs", "watch", "--json", root=asking).code == 0


def test_cancel_all_needs_a_yes(asking: Path) -> None:
    asked = pumas("jobs", "cancel", root=asking)
    assert asked.code == 4
    assert "--yes" in asked.err
    done = pumas("jobs", "cancel", "--yes", "--json", root=asking)
    assert [job["state"] for job in done.data["jobs"]] == ["cancelled"]


def test_cancelled_jobs_can_be_retried_and_ask_again(asking: Path) -> None:
    [job] = pumas("jobs", "cancel", "--yes", "--json", root=asking).data["jobs"]
    again = pumas("jobs", "retry", str(job["id"]), "--json", root=asking)
    assert again.code == 4
    assert again.data["jobs"][0]["state"] == "needs_you"


def test_an_action_that_does_not_fit_says_so(asking: Path) -> None:
    jobs = pumas("jobs", "--json", root=asking).data["jobs"]
    done = next(job["id"] for job in jobs if job["state"] == "done")
    ran = pumas("jobs", "pause", str(done), "--json", root=asking)
    assert ran.code == 4
    assert ran.document["errors"][0]["code"] == "wrong_state"
