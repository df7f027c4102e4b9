"""doctor:limits: what it says of overrides, their mirror and the counters."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ops.doctor import whereabouts
from ops.doctor.check import Finding, Result
from ops.doctor.checks import limits
from ops.doctor.whereabouts import Whereabouts
from ops.limits import mirror
from ops.redis import store
from tests.factories import new_override
from tests.ops.limits.overridden import CREATE, counted

REMIRROR = ".venv/bin/python manage.py limits remirror"


@pytest.fixture
def where() -> Whereabouts:
    return whereabouts.from_settings()


def look(where: Whereabouts) -> tuple[Result, tuple[str, ...], str | None]:
    """Return result, evidence and remedy."""
    found: Finding = limits.look(where)
    return found.result, found.evidence, found.remedy


def test_all_is_well_without_overrides_and_with_mirrored_ones(where: Whereabouts) -> None:
    store().hset("rate_limit_calls:0", "calls", 1)  # of another hour
    assert look(where) == (
        Result.OK,
        ("no override is in force; 0 of 0 calls of this hour were refused",),
        None,
    )

    made = new_override("/family/create", 7, 120)

    result, (evidence,), remedy = look(where)
    assert (result, remedy) == (Result.OK, None)
    assert evidence.startswith(
        f"in force: {CREATE} 7 in 120 s by system:tests until {made.until:%Y-%m-%d %H:%M} UTC; "
    )


def test_a_hash_that_differs_is_named_with_its_fields(where: Whereabouts) -> None:
    new_override("/family/create", 7, 120)
    store().flushall()
    store().hset(mirror.HASH, "/by/hand", "{}")

    result, evidence, remedy = look(where)

    assert (result, remedy) == (Result.DEGRADED, REMIRROR)
    assert evidence[0] == (
        "rate_limit_config differs from the overrides: missing /family/create; foreign /by/hand"
    )
    assert evidence[1].startswith(f"in force: {CREATE} 7 in 120 s")


def test_what_is_no_hash_is_said(where: Whereabouts) -> None:
    store().set(mirror.HASH, "a string")

    assert look(where) == (
        Result.DEGRADED,
        ("rate_limit_config is no hash", "no override is in force"),
        REMIRROR,
    )


def test_counters_without_an_end_are_counted_and_not_named(where: Whereabouts) -> None:
    counted(f"rate_limit:user:user_1:{CREATE}:1900000000", "rate_limit:address:198.18.0.1:login:1", ttl=None)

    assert look(where) == (
        Result.DEGRADED,
        ("2 counters have no end", "no override is in force"),
        REMIRROR,
    )
    assert store().ttl("rate_limit:address:198.18.0.1:login:1") == -1  # it looks, and changes nothing


def test_without_a_server_it_cannot_look(where: Whereabouts, hang: Callable[[], object]) -> None:
    assert look(replace(where, mongodb=None))[::2] == (Result.COULD_NOT_LOOK, "make run")
    assert look(replace(where, redis=None))[0] == Result.COULD_NOT_LOOK

    hang()

    result, evidence, remedy = look(where)
    assert (result, remedy) == (Result.COULD_NOT_LOOK, ".venv/bin/python manage.py doctor --section 3")
    assert evidence == ("Redis cannot be asked; each process counts for itself meanwhile",)
