"""What is remembered of a session is trusted only while nobody can have ended it.

Source: design, section 7 (epoch); HTTP contract, section 18 (rules 15 and 20).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from family_site.identity import queries
from family_site.identity.actions import disabling, passwords, sessions, signing_in
from family_site.identity.errors import InvalidCredentialsError
from ops import clock, switches
from ops.actors import Actor
from ops.mongo.collections import control_collection
from ops.mongo.unit_of_work import unit_of_work
from ops.redis import store
from tests import commands
from tests.api import Api
from tests.database import documents
from tests.factories import PASSWORD, Person, new_person
from tests.races import at_once
from tests.waiting import until

STAFF = Actor.system("tests")


def is_taken(person: Person) -> bool:
    return Api(person).get("/auth/me").status == 200


def epoch() -> int:
    found = control_collection(switches.NAME).find_one({"_id": queries.EPOCH})
    return 0 if found is None else int(found["epoch"])


@pytest.fixture
def remembered(person: Person) -> Person:
    """Somebody whose session Redis remembers."""
    assert until(lambda: switches.current() is not None)
    assert is_taken(person)
    assert store().get(f"session:{person.session_id}")
    return person


@pytest.fixture
def full_redis(remembered: Person) -> Iterator[None]:  # noqa: ARG001  # first it remembers, then it is full
    """Redis answers what it is asked, and takes nothing new: it has no memory left."""
    store().config_set("maxmemory-policy", "noeviction")
    store().config_set("maxmemory", 1)
    yield
    store().config_set("maxmemory", 0)


@pytest.mark.usefixtures("full_redis")
def test_what_ends_while_redis_takes_nothing_is_over_at_once_for_this_worker(remembered: Person) -> None:
    before = epoch()

    assert Api(remembered).post("/auth/logout").status == 200

    assert not is_taken(remembered)
    assert epoch() == before + 1
    assert b"user_id" in (store().get(f"session:{remembered.session_id}") or b"")


@pytest.mark.usefixtures("full_redis")
def test_other_workers_hear_of_it_by_themselves(remembered: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    # This process plays a worker that did not end the session, so nobody tells it to look again.
    monkeypatch.setattr(switches.reader, "forget", lambda: None)

    assert Api(remembered).post("/auth/logout").status == 200

    assert until(lambda: not is_taken(remembered))
    assert b"user_id" in (store().get(f"session:{remembered.session_id}") or b"")


def test_a_worker_that_dies_right_after_the_commit_leaves_nothing_to_be_said(
    remembered: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "on_commit", lambda _effect: None)

    assert Api(remembered).post("/auth/logout").status == 200

    assert not is_taken(remembered)


def test_what_redis_learns_between_a_flush_and_the_commit_is_not_trusted(
    remembered: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    distrust = queries.distrust
    seen: list[bool] = []

    def flushed(session_ids: list[str]) -> bool:
        told = distrust(session_ids)
        if not seen:  # before the commit: Redis forgets the mark, and learns what is still true
            store().flushall()
            with ThreadPoolExecutor(1) as other:
                seen.append(other.submit(is_taken, remembered).result())
        return told

    monkeypatch.setattr(queries, "distrust", flushed)

    sessions.log_out(actor=remembered.actor, now=clock.now())

    assert seen == [True]
    assert not is_taken(remembered)


def test_an_end_that_is_undone_ends_nothing(remembered: Person) -> None:
    @unit_of_work()
    def undone() -> None:
        sessions.end_sessions({"_id": remembered.session_id}, actor=Actor.system("tests"), now=clock.now())
        raise LookupError

    with pytest.raises(LookupError):
        undone()

    assert is_taken(remembered)
    assert is_taken(remembered)


def test_without_a_fresh_epoch_mongodb_is_asked_and_redis_is_not_believed(
    remembered: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switches, "current", lambda: None)

    with commands.redis_recorded() as redis, commands.recorded() as sent:
        assert is_taken(remembered)

    assert commands.steps(sent) == ["aggregate sessions", "find users"]
    assert redis == Counter({"EVALSHA": 1, "GET": 1})  # counted, and brought along


def test_a_state_of_another_epoch_is_not_trusted(remembered: Person) -> None:
    state = store().get(f"session:{remembered.session_id}")
    sessions.raise_epoch()
    assert until(lambda: switches.current() is not None)

    with commands.recorded() as sent:
        assert is_taken(remembered)

    assert store().get(f"session:{remembered.session_id}") == state
    assert commands.steps(sent) == ["aggregate sessions", "find users"]


def by_disabling(person: Person) -> Callable[[], Any]:
    return partial(disabling.disable, person.id, actor=STAFF, now=clock.now(), reason="Lost device")


def by_another_password(person: Person) -> Callable[[], Any]:
    return partial(passwords.set_password, person.id, "Other-Long-8?", actor=STAFF, now=clock.now())


@pytest.mark.parametrize("shut", [by_disabling, by_another_password])
def test_who_was_shown_in_before_the_door_was_shut_finds_it_shut(
    person: Person, shut: Callable[[Person], Callable[[], Any]]
) -> None:
    (user,) = documents("users")["users"]
    shut(person)()
    before = documents("sessions", "users", "audit_log")

    with pytest.raises(InvalidCredentialsError):
        signing_in.open_session(user, actor=STAFF, now=clock.now())

    assert documents("sessions", "users", "audit_log") == before


@pytest.mark.race
@pytest.mark.parametrize("shut", [by_disabling, by_another_password])
def test_of_those_who_sign_in_while_the_door_is_shut_nobody_stays_in(
    shut: Callable[[Person], Callable[[], Any]],
) -> None:
    person = new_person()
    sign_in: Callable[[], Any] = partial(
        Api().post, "/auth/login", {"username": person.username, "password": PASSWORD}
    )

    at_once([sign_in, shut(person), sign_in])

    assert all(session["revoked_at"] for session in documents("sessions")["sessions"])
