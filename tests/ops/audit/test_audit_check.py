"""What doctor says of the audit log."""

from datetime import timedelta

import pytest

from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Finding, Result
from ops.doctor.checks import audit
from tests.ops.audit.sealed_log import Log, head, put_head, write


def looked() -> Finding:
    return audit.look(whereabouts.from_settings())


def test_of_a_new_system_there_is_nothing_to_say() -> None:
    assert looked() == Finding(Result.OK, ("the chain ends with number 0, as its head says",))


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(("seconds", "result"), [(50, Result.OK), (70, Result.DEGRADED)])
def test_what_is_not_sealed_within_a_minute_is_said(seconds: int, result: Result) -> None:
    at = clock.now() - timedelta(seconds=seconds)
    write(7, at)

    found = looked()

    assert found.result == result
    assert found.evidence[0] == "the chain ends with number 6, as its head says"
    late = (f"an entry of {at:%Y-%m-%d %H:%M:%S} UTC is not sealed",)
    assert found.evidence[1:] == (late if result == Result.DEGRADED else ())


def test_a_chain_that_was_cut_off_is_said(log: Log) -> None:
    log.remove(5, 6)

    found = looked()

    assert found == Finding(
        Result.FAILED,
        ("the chain ends with number 4, and went on to 6",),
        "entries were cut off, or a backup was restored that was older, or the head was changed",
        ".venv/bin/python manage.py verify_audit",
    )


def test_a_head_that_is_gone_or_changed_is_said(log: Log) -> None:
    mine = head()
    put_head({**mine, "seq": 5})
    changed = looked()
    put_head(None)
    gone = looked()
    put_head(mine)
    log.change(6, hash="0" * 64)

    assert (changed.result, changed.evidence) == (
        Result.FAILED,
        ("the chain's head is not as it was written",),
    )
    assert (gone.result, gone.evidence) == (
        Result.FAILED,
        ("the chain ends with number 6, and has no head",),
    )
    assert looked().evidence == ("number 6 is not the entry that the chain's head is of",)
