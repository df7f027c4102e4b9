"""How recoveries end without a new admin, and what staff see of those that are open.

Source: HTTP contract, sections 10, 17 (recovery) and 18 (rules 16 to 18).
"""

from datetime import timedelta
from functools import partial

import pytest
from django.core.management import call_command
from structlog.testing import capture_logs

from families import checks, tasks
from families.actions import admins, dissolving, recovering, recovery_ends
from families.models import FamilyRecovery
from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.mongo.collections import Document, collection
from tests.database import audit, documents
from tests.factories import Person, new_family, new_member
from tests.families.orphaned import (
    WHY,
    code_of,
    codes,
    orphaned,
    recovery_of,
    switch,
    told,
    typed,
)
from tests.races import at_once
from tests.world import TESTS


def status_of(recovery: Document) -> str:
    return str(recovery_of(recovery)["status"])


# An admin works again ------------------------------------------------------------------------------


def test_staff_who_give_the_family_an_admin_end_its_recovery() -> None:
    family = orphaned(2)
    recovery, heir = family.begun(), family.members[1]

    admins.promote_by_staff(family.id, heir.id, actor=TESTS, now=clock.now(), reason="asked for by phone")

    assert status_of(recovery) == "cancelled"
    assert told("recovery_cancelled") == {family.admin.id, *(each.id for each in family.members)}


def test_staff_who_promote_somebody_who_is_disabled_end_none() -> None:
    family = orphaned(2)
    recovery, heir = family.begun(), family.members[1]
    switch(heir, active=False)

    admins.promote_by_staff(family.id, heir.id, actor=TESTS, now=clock.now(), reason="asked for by phone")

    assert status_of(recovery) == "pending_verification"


def test_an_admin_who_is_enabled_ends_it_and_everybody_is_told() -> None:
    family = orphaned(3)
    recovery = family.begun()
    typed(family.members[0], recovery, code_of(family.members[0]))

    switch(family.admin, active=True)

    assert status_of(recovery) == "cancelled"
    assert recovery_of(recovery)["ended_at"] is not None
    assert family.stored()["admin_user_ids"] == [family.admin.id]
    assert told("recovery_cancelled") == {family.admin.id, *(each.id for each in family.members)}
    (notice, *_) = [
        each for each in documents("notifications")["notifications"] if each["type"] == "recovery_cancelled"
    ]
    assert notice["data"]["who"] == family.admin.username
    (entry,) = audit("recovery.cancelled")
    assert (entry["target"], entry["family_id"], entry["actor"]) == (recovery["_id"], family.id, TESTS.id)
    assert (entry["before"], entry["after"]) == (
        {"status": "pending_verification"},
        {"status": "cancelled"},
    )
    assert codes() == {}


def test_another_member_who_is_enabled_ends_nothing() -> None:
    family = orphaned(3)
    switch(family.members[2], active=False)
    recovery = family.begun()

    switch(family.members[2], active=True)

    assert status_of(recovery) == "pending_verification"
    assert told("recovery_cancelled") == set()


def test_only_families_that_are_being_recovered_are_told(person: Person) -> None:
    new_member(new_family(person)["_id"], person)
    switch(person, active=False)

    switch(person, active=True)

    assert told("recovery_cancelled") == set()
    assert audit("recovery.cancelled") == []


def test_what_is_over_already_is_not_cancelled() -> None:
    family = orphaned(2)
    recovery = family.begun(now=clock.now() - timedelta(hours=72))

    switch(family.admin, active=True)

    assert status_of(recovery) == "pending_verification"  # until the job has marked it
    assert told("recovery_cancelled") == set()


def test_an_admin_who_works_again_by_any_other_way_is_noticed_by_the_next_vote() -> None:
    family = orphaned(2)
    recovery, first = family.begun(), family.members[0]
    code = code_of(first)
    collection("users").update({"_id": family.admin.id}, {"$set": {"is_active": True}})

    answer = typed(first, recovery, code)

    assert answer.problem == (400, "RECOVERY_VERIFICATION_FAILED")
    assert answer.json["details"] == {"reason": "not_pending", "tries_left": 5}
    assert status_of(recovery) == "cancelled"
    assert told("recovery_cancelled") == {family.admin.id, *(each.id for each in family.members)}
    assert family.stored()["admin_user_ids"] == [family.admin.id]


# Dissolved -----------------------------------------------------------------------------------------


def test_the_recovery_of_a_family_that_is_dissolved_is_closed() -> None:
    family = orphaned(2)
    recovery, first = family.begun(), family.members[0]
    code = code_of(first)
    collection("users").update({"_id": family.admin.id}, {"$set": {"is_active": True}})

    dissolving.dissolve(family.id, actor=family.admin.actor, now=clock.now())

    assert status_of(recovery) == "cancelled"
    assert typed(first, recovery, code).problem == (404, "NOT_FOUND")
    assert codes() == {}


def test_closing_counts_what_was_open() -> None:
    family = orphaned(2)
    family.begun()

    counts = [recovering.close_of(each, now=clock.now()) for each in (family.id, family.id, "fam_1")]

    assert counts == [1, 0, 0]


# Time ----------------------------------------------------------------------------------------------


def test_what_is_overdue_is_marked_once_and_nothing_else() -> None:
    old, young = orphaned(2), orphaned(2)
    overdue = old.begun(now=clock.now() - timedelta(hours=72))
    recovery = young.begun(now=clock.now() - timedelta(hours=71, minutes=59))

    assert tasks.expire_recoveries() == 1
    assert tasks.expire_recoveries() == 0

    assert (status_of(overdue), status_of(recovery)) == ("expired", "pending_verification")
    kept = recovery_of(overdue)
    assert kept["ended_at"] == kept["expires_at"]
    (entry,) = audit("recovery.expired")
    assert (entry["target"], entry["family_id"]) == (overdue["_id"], old.id)
    assert entry["actor"] == "system:beat"


def test_jobs_that_run_at_once_mark_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery_ends, "BATCH", 7)
    draft = orphaned(1).begun()
    now = clock.now()
    copies = [
        draft | {"_id": f"rec_{number}", "family_id": f"fam_{number}", "expires_at": now}
        for number in range(50)
    ]
    collection("recoveries").insert(*copies)

    marked = at_once([partial(recovery_ends.expire_overdue, actor=TESTS, now=now)] * 3)

    assert sum(marked) == 50
    targets = [each["target"] for each in audit("recovery.expired")]
    assert sorted(targets) == sorted(each["_id"] for each in copies)


def test_one_that_is_overdue_is_in_nobodys_way() -> None:
    family = orphaned(2)
    overdue = family.begun(now=clock.now() - timedelta(hours=72))

    recovery = family.begun()

    assert (status_of(overdue), status_of(recovery)) == ("expired", "pending_verification")
    assert [each["target"] for each in audit("recovery.expired")] == [overdue["_id"]]


# Staff ---------------------------------------------------------------------------------------------


def test_staff_are_alerted_by_a_line_that_names_nobody() -> None:
    family = orphaned(2)

    with capture_logs() as lines:
        recovery = family.begun()

    (line,) = [each for each in lines if each["log_level"] == "warning"]
    assert line["event"] == "family is being recovered"
    assert (line["family"], line["recovery"]) == (family.id, recovery["_id"])
    assert line.keys() == {"event", "log_level", "logger_name", "family", "recovery"}
    assert WHY not in str(lines)


def test_doctor_names_the_families_that_wait_for_an_admin() -> None:
    where = whereabouts.from_settings()
    assert checks.look_at_recoveries(where).result == Result.OK
    families = [orphaned(1) for _ in range(4)]
    for each in families[:3]:
        each.begun()
    families[3].begun(now=clock.now() - timedelta(hours=72))

    found = checks.look_at_recoveries(where)

    assert found.result == Result.DEGRADED
    assert found.evidence[0].startswith("3 being recovered by its members: ")
    assert all(each.id in found.evidence[0] for each in families[:3])
    assert families[3].id not in found.evidence[0]


def test_doctor_is_content_once_they_have_one() -> None:
    family = orphaned(1)
    recovery = family.begun()
    typed(family.members[0], recovery, code_of(family.members[0]))

    assert checks.look_at_recoveries(whereabouts.from_settings()).result == Result.OK


def test_the_document_is_read_by_its_model() -> None:
    recovery = orphaned(2).begun()

    found = FamilyRecovery.objects.get(pk=recovery["_id"])

    assert (str(found.status), found.required, len(found.voters)) == ("pending_verification", 2, 2)
    assert str(found) == f"{recovery['family_id']} (pending_verification)"


def test_every_index_is_there() -> None:
    call_command("check", "--database", "default")


def test_a_backup_admin_of_a_family_without_an_admin_stays_one_until_promoted() -> None:
    family = orphaned(3, ready=[1])
    recovery = family.begun()
    assert [each["user_id"] for each in family.stored()["members"] if each["is_backup_admin"]] == [
        family.members[1].id
    ]

    for each in family.members[:2]:
        typed(each, recovery, code_of(each))

    assert not any(each["is_backup_admin"] for each in family.stored()["members"])
