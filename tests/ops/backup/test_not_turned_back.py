"""What a restore does not turn back, and what follows it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from family_site.identity.actions import disabling, passwords, permanent_tokens, roles
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.audit import sealing, verifying
from ops.audit.reading import EVERYTHING
from ops.audit.run import Fault
from ops.backup.places import Places
from ops.mongo.collections import collection, control_collection
from ops.redis import store
from tests.api import Api
from tests.database import audit, documents
from tests.factories import PASSWORD, new_permanent_token, new_person, new_staff
from tests.ops.backup.filled import new_founder, restored, run
from tokens.actions import checking


def test_nobody_is_signed_in_afterwards_whatever_redis_remembers(
    places: Places, quieten: Callable[[], None], resume: Callable[[], None]
) -> None:
    person = new_founder()
    run("backup")
    assert Api(person).get("/family/my-families").status != 401
    quieten()

    restored(places)
    resume()

    assert Api(person).get("/family/my-families").problem[0] == 401
    (session,) = documents("sessions")["sessions"]
    assert session["revoked_at"] is not None


@pytest.mark.long
def test_what_was_taken_away_since_stays_away(places: Places, quieten: Callable[[], None]) -> None:
    banned, careful, operator = new_person(), new_person(), new_staff(Role.OPERATOR)
    token = new_permanent_token(careful)
    run("backup")
    reason: dict[str, Any] = {"actor": Actor.system("tests"), "now": clock.now(), "reason": "for a test"}
    disabling.disable(banned.id, **reason)
    roles.revoke(operator.id, Role.OPERATOR, **reason)
    permanent_tokens.revoke(token.id, actor=careful.actor, now=clock.now())
    passwords.change_password(PASSWORD, "Another-Long-8!", actor=careful.actor, now=clock.now())
    now = {each["_id"]: each for each in documents("users")["users"]}
    quieten()

    restored(places)

    users = {each["_id"]: each for each in documents("users")["users"]}
    assert users[banned.id]["is_active"] is False
    assert (users[operator.id]["is_staff"], users[operator.id]["staff_roles"]) == (False, [])
    for field in ("password", "password_at", "security_stamp"):
        assert users[careful.id][field] == now[careful.id][field]
    (stored,) = documents("api_tokens")["api_tokens"]
    assert stored["revoked_at"] is not None


@pytest.mark.long
def test_a_user_whom_somebody_has_damaged_is_mended(places: Places, quieten: Callable[[], None]) -> None:
    person = new_person()
    run("backup")
    collection("users").update({"_id": person.id}, {"$set": {"password": None, "email": ""}})
    quieten()

    restored(places)

    (user,) = documents("users")["users"]
    assert user["password"].startswith(("argon2", "quick"))
    assert user["email"] == person.email


@pytest.mark.long
def test_no_mail_is_sent_twice(places: Places, quieten: Callable[[], None]) -> None:
    for name in ("sent-before", "sent-since", "forgotten", "waiting"):
        collection("email_outbox").insert(queued(name))
    mark_sent("sent-before")
    run("backup")
    mark_sent("sent-since")
    collection("email_outbox").delete({"_id": "forgotten"})
    quieten()

    status, told = restored(places)

    found = {
        each["_id"]: (each["status"], each["fault"]) for each in documents("email_outbox")["email_outbox"]
    }
    assert status == 0
    assert found == {
        "sent-before": ("sent", None),
        "sent-since": ("sent", None),
        "forgotten": ("dead_letter", "held by a restore: it may have been sent after the backup"),
        "waiting": ("queued", None),
    }
    assert "1 mails may have been sent since: now dead letters, for you to decide." in told


@pytest.mark.long
def test_caches_are_cleared_and_limits_stay(places: Places, quieten: Callable[[], None]) -> None:
    run("backup")
    store().set("cache:usage:1", "old")
    store().set("rate_limit:user:1:read:1", "4")
    quieten()

    restored(places)

    assert (store().get("cache:usage:1"), store().get("rate_limit:user:1:read:1")) == (None, b"4")


@pytest.mark.long
def test_the_audit_log_tells_for_ever_which_numbers_are_lost(
    places: Places, quieten: Callable[[], None], resume: Callable[[], None]
) -> None:
    new_person()
    later = clock.now() + timedelta(minutes=1)
    sealing.seal_due(now=later)
    run("backup")
    sealed = audit()[-1]["seq"]
    new_person()
    sealing.seal_due(now=later)
    lost = audit()[-1]["seq"]
    quieten()
    restored(places)
    resume()
    sealing.seal_due(now=later)

    found = verifying.verify(EVERYTHING, now=later, tell=lambda _: None).findings

    assert dict(found.broken) == {Fault.MISSING: 1}
    assert f"{sealed + 1}" in found.kept[0].sentence
    assert f"{lost}" in found.kept[0].sentence


@pytest.mark.long
def test_the_nightly_check_of_the_ledger_begins_anew(places: Places, quieten: Callable[[], None]) -> None:
    run("backup")
    control_collection(checking.NAME).insert({"_id": checking.RUNNING, "progress": {"after": "somewhere"}})
    quieten()

    restored(places)

    assert control_collection(checking.NAME).find_one({"_id": checking.RUNNING}) is None


def queued(name: str) -> dict[str, object]:
    now = clock.now()
    return {
        "_id": name,
        "v": 1,
        "key": name,
        "to": "a@example.com",
        "template": "trial",
        "context": {},
        "message_id": f"<{name}@localhost>",
        "status": "queued",
        "attempts": 0,
        "next_attempt_at": now,
        "lease_until": None,
        "fault": None,
        "created_at": now,
        "sent_at": None,
    }


def mark_sent(name: str) -> None:
    change = {"status": "sent", "sent_at": clock.now(), "attempts": 1}
    collection("email_outbox").update({"_id": name}, {"$set": change})
