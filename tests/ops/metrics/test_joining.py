"""Counts of several processes, living and dead, real ones each."""

import json
import os
import shutil
from pathlib import Path

import pytest

from ops.metrics import joining, living
from tests.ops.metrics.counting import counting, shown, value

REFUSED = "http.refusals.inc(http.BODY)"
WAITING = "http.waiting.set(3, 'web')"


def refused(directory: Path) -> float | None:
    return value(shown(directory), "http_refusals_total", reason="body", unit="web")


def waiting(directory: Path) -> float | None:
    return value(shown(directory), "http_lane_waiting", lane="web", unit="web")


def test_counts_and_gauges_of_all_processes_are_added_up_by_unit(tmp_path: Path) -> None:
    with counting(tmp_path) as one, counting(tmp_path) as other, counting(tmp_path, "worker") as worker:
        one.does(REFUSED)
        other.does(f"{REFUSED}; {REFUSED}; {WAITING}")
        one.does(WAITING)
        worker.does("mail.emails.inc(mail.SENT)")

        found = shown(tmp_path)

    assert value(found, "http_refusals_total", reason="body", unit="web") == 3
    assert value(found, "http_refusals_total", reason="other", unit="web") == 0
    assert value(found, "http_lane_waiting", lane="web", unit="web") == 6
    assert value(found, "emails_total", outcome="sent", unit="worker") == 1
    # What only web processes count is not shown of others.
    assert value(found, "http_refusals_total", reason="body", unit="worker") is None
    assert [value(found, "processes_alive", role=role) for role in ("web", "worker", "beat")] == [2, 1, 0]


def test_a_histogram_is_added_up_bucket_by_bucket(tmp_path: Path) -> None:
    with counting(tmp_path) as one, counting(tmp_path) as other:
        one.does("http.note('GET', '/health', 200, 0.02)")
        other.does("http.note('GET', '/health', 200, 2.5); http.note('POST', None, 404, 9.0)")

        found = shown(tmp_path)

    by_bound = {
        bound: value(found, "http_request_duration_seconds_bucket", le=bound, route="/health", unit="web")
        for bound in ("0.01", "0.025", "2.0", "3.0", "+Inf")
    }
    assert by_bound == {"0.01": 0, "0.025": 1, "2.0": 1, "3.0": 2, "+Inf": 2}
    assert value(found, "http_request_duration_seconds_count", route="/health", unit="web") == 2
    assert value(found, "http_request_duration_seconds_sum", route="unmatched", unit="web") == 9


def test_of_a_process_that_is_killed_the_counts_stay_and_the_gauges_go(tmp_path: Path) -> None:
    with counting(tmp_path) as killed, counting(tmp_path) as other:
        killed.does(f"{REFUSED}; {WAITING}")
        other.does(f"{REFUSED}; {WAITING}")
        assert (refused(tmp_path), waiting(tmp_path)) == (2, 6)

        killed.is_killed()

        assert (refused(tmp_path), waiting(tmp_path)) == (2, 3)
        assert (refused(tmp_path), waiting(tmp_path)) == (2, 3)
        other.does(REFUSED)
        assert refused(tmp_path) == 3


@pytest.mark.long
def test_files_of_dead_processes_do_not_pile_up(tmp_path: Path) -> None:
    for _ in range(3):
        with counting(tmp_path) as each:
            each.does(REFUSED)
        refused(tmp_path)

    assert [path.name for path in (tmp_path / "web").iterdir()] == [joining.ENDED]
    assert refused(tmp_path) == 3


def test_a_pid_that_is_used_again_brings_nobody_back_to_life(tmp_path: Path) -> None:
    with counting(tmp_path) as killed:
        killed.does(f"{REFUSED}; {WAITING}")
        killed.is_killed()
    for path in (tmp_path / "web").iterdir():
        path.rename(path.with_name(path.name.replace(str(killed.process.pid), str(os.getpid()))))

    assert living.living(tmp_path / "web") == []
    assert (refused(tmp_path), waiting(tmp_path)) == (1, None)


def test_an_exporter_that_is_killed_while_it_moves_counts_counts_nothing_twice(tmp_path: Path) -> None:
    with counting(tmp_path) as dead:
        dead.does(REFUSED)
    kept = tmp_path / "kept"
    shutil.copytree(tmp_path / "web", kept)
    assert refused(tmp_path) == 1
    shutil.copytree(kept, tmp_path / "web", dirs_exist_ok=True)  # written down, and not yet removed

    assert refused(tmp_path) == 1
    assert refused(tmp_path) == 1


@pytest.mark.parametrize("size", [1, 7, 300])
def test_a_file_that_is_half_written_hides_nobody_elses_counts(tmp_path: Path, size: int) -> None:
    with counting(tmp_path) as one, counting(tmp_path) as other:
        one.does(REFUSED)
        other.does(REFUSED)
        (broken,) = (tmp_path / "web").glob(f"counter_{one.process.pid}-*.db")
        whole = broken.read_bytes()
        copy = broken.with_name("counter_1-cafe.db")
        copy.write_bytes(whole[:size])
        (copy.with_name("1-cafe.alive")).touch()
        with living.dead(copy.parent, "1-cafe"):  # as long as this holds its lock, it lives
            found = shown(tmp_path)

    assert value(found, "http_refusals_total", reason="body", unit="web") == 2
    assert value(found, "metrics_collection_errors_total", source="files") == 1


def test_what_was_moved_and_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    with counting(tmp_path) as one:
        one.does(REFUSED)
        (tmp_path / "web" / joining.ENDED).write_text("{")

        found = shown(tmp_path)

    assert value(found, "http_refusals_total", reason="body", unit="web") == 1
    assert value(found, "metrics_collection_errors_total", source="files") == 1


def test_a_unit_that_starts_begins_at_nothing(tmp_path: Path) -> None:
    with counting(tmp_path) as one:
        one.does(REFUSED)
    assert refused(tmp_path) == 1

    joining.begin_anew(tmp_path, ["web"])

    assert refused(tmp_path) is None


def test_a_child_counts_for_itself_also_when_it_is_forked_in_the_middle_of_a_count(tmp_path: Path) -> None:
    count_on = (
        "import threading, time; "
        f"threading.Thread(target=lambda: [{REFUSED} for _ in range(200_000)], daemon=True).start()"
    )
    # A child that waits for a lock of its parent's other thread would never end.
    fork = "child = os.fork(); child or (mail.emails.inc(mail.DEAD), os._exit(0)); os.waitpid(child, 0)"
    with counting(tmp_path, "worker") as parent:
        parent.does("mail.emails.inc(mail.DEAD)")
        parent.does(count_on)
        for _ in range(30):
            parent.does(fork)

        found = shown(tmp_path)

    assert value(found, "emails_total", outcome="dead", unit="worker") == 31
    assert value(found, "processes_alive", role="worker") == 1
    assert json.loads((tmp_path / "worker" / joining.ENDED).read_text())["names"] != []


def test_what_processes_use_is_told_by_themselves(tmp_path: Path) -> None:
    with counting(tmp_path) as one, counting(tmp_path) as other:
        for each in (one, other):
            each.does("processes.tell()")
        found = shown(tmp_path)
        assert (value(found, "process_resident_memory_bytes", role="web", unit="web") or 0) > 1_000_000
        used = value(found, "process_cpu_seconds_total", role="web", unit="web")
        other.is_killed()

        assert value(shown(tmp_path), "process_cpu_seconds_total", role="web", unit="web") == used
