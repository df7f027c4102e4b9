"""What time does to invitations: by job, command, call of staff. Source: HTTP contract, sections 5, 14."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

import pytest
from django.core.management import call_command

from families.actions import joining
from families.invitations.actions import upkeep
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person, new_invitation, new_staff
from tests.families.overdue import insert_overdue
from tests.races import at_once
from tests.scale import FULL, SHARE

JOB = Actor.system("tests")
MANY = 10_000 if FULL else 10_000 // SHARE
PATHS = ("/admin/cleanup-expired-invitations", "/family/admin/cleanup-expired-invitations")
Clean = Callable[[], tuple[int, int]]


def statuses() -> dict[str, int]:
    found = [each["status"] for each in documents("family_invitations")["family_invitations"]]
    return {status: found.count(status) for status in set(found)}


def sent_before(person: Person, family: Document, days: int, address: str) -> Document:
    return new_invitation(family["_id"], person, address, now=clock.now() - timedelta(days=days))


def test_what_is_overdue_is_marked_once_and_nothing_else(person: Person, larks: Document) -> None:
    overdue = sent_before(person, larks, 7, "old@example.com")
    new_invitation(larks["_id"], person, "new@example.com")

    assert upkeep.expire_overdue(actor=JOB, now=clock.now()) == 1
    assert upkeep.expire_overdue(actor=JOB, now=clock.now()) == 0
    assert statuses() == {"expired": 1, "pending": 1}
    (entry,) = audit("invitation.expired")
    assert (entry["target"], entry["family_id"]) == (overdue["_id"], larks["_id"])
    assert (entry["before"], entry["after"]) == ({"status": "pending"}, {"status": "expired"})


@pytest.mark.scaled
def test_many_are_marked_in_batches_by_jobs_that_run_at_once(person: Person) -> None:
    insert_overdue(person, MANY)

    marked = at_once([partial(upkeep.expire_overdue, actor=JOB, now=clock.now())] * 3)

    assert sum(marked) == MANY
    assert statuses() == {"expired": MANY}
    targets = [entry["target"] for entry in audit("invitation.expired")]
    assert len(targets) == len(set(targets)) == MANY


def test_two_days_before_the_end_the_invitee_is_reminded_once(
    person: Person, larks: Document, guest: Person
) -> None:
    by_name = sent_before(person, larks, 5, guest.username)
    sent_before(person, larks, 5, "old@example.com")
    sent_before(person, larks, 4, "new@example.com")

    assert upkeep.remind_due(actor=JOB, now=clock.now()) == 2
    assert upkeep.remind_due(actor=JOB, now=clock.now()) == 0

    reminders = [
        each for each in documents("email_outbox")["email_outbox"] if each["template"] != "invitation"
    ]
    assert {each["to"] for each in reminders} == {guest.email, "old@example.com"}
    assert {each["template"] for each in reminders} == {"invitation_reminder"}
    # The same link: its generation is the one that was mailed first.
    assert {each["context"]["generation"] for each in reminders} == {"1"}
    kept = collection("family_invitations").find_one({"_id": by_name["_id"]}) or {}
    assert kept["reminded_at"] is not None
    assert len(audit("invitation.reminded")) == 2


def test_nobody_is_reminded_of_what_has_ended(person: Person, larks: Document, guest: Person) -> None:
    answered = sent_before(person, larks, 5, guest.email)
    sent_before(person, larks, 7, "old@example.com")
    joining.decline(answered["_id"], actor=guest.actor, now=clock.now())

    upkeep.remind_due(actor=JOB, now=clock.now())

    sent = [each["template"] for each in documents("email_outbox")["email_outbox"]]
    assert sent == ["invitation"] * 2
    assert audit("invitation.reminded") == []


def test_thirty_days_after_the_end_the_address_goes_and_the_row_stays(
    person: Person, larks: Document, guest: Person
) -> None:
    declined = sent_before(person, larks, 1, guest.email)
    joining.decline(declined["_id"], actor=guest.actor, now=clock.now())
    sent_before(person, larks, 8, "old@example.com")
    by_name = sent_before(person, larks, 8, guest.username)
    upkeep.expire_overdue(actor=JOB, now=clock.now())
    soon = clock.now() + timedelta(days=29, hours=1)

    assert upkeep.blank_old_addresses(actor=JOB, now=soon - timedelta(hours=2)) == 0
    assert upkeep.blank_old_addresses(actor=JOB, now=soon) == 1
    assert upkeep.blank_old_addresses(actor=JOB, now=soon + timedelta(days=1)) == 1

    kept = {each["_id"]: each for each in documents("family_invitations")["family_invitations"]}
    assert len(kept) == 3
    assert {each["invitee_email"] for each in kept.values()} == {None}
    assert kept[declined["_id"]]["invitee"] == "blanked"
    assert kept[by_name["_id"]]["invitee_username"] == "guest"
    assert Api(person).get(f"/family/{larks['_id']}/invitations").status == 200


def by_call(path: str) -> Clean:
    def clean() -> tuple[int, int]:
        answer = Api(new_staff(Role.OPERATOR)).post(path)
        assert answer.status == 200, answer.text
        told = answer.json
        assert told["expired"] == told["expired_count"]
        assert told["total_processed"] == told["expired"] + told["cleaned_count"]
        assert datetime.fromisoformat(told["timestamp"]).tzinfo == UTC
        return told["expired"], told["cleaned_count"]

    return clean


def by_command() -> tuple[int, int]:
    out = io.StringIO()
    call_command("cleanup_expired_invitations", "--apply", stdout=out)
    expired, _, blanked = out.getvalue().split()[:3]
    return int(expired), int(blanked)


@pytest.mark.parametrize("clean", [*map(by_call, PATHS), by_command])
def test_staff_do_it_at_once_and_the_second_time_there_is_nothing_to_do(
    person: Person, larks: Document, clean: Clean
) -> None:
    for days, address in ((8, "one@example.com"), (40, "two@example.com"), (1, "three@example.com")):
        sent_before(person, larks, days, address)

    assert clean() == (2, 1)
    assert clean() == (0, 0)
    addresses = [each["invitee_email"] for each in documents("family_invitations")["family_invitations"]]
    assert sorted(filter(None, addresses)) == ["one@example.com", "three@example.com"]


def test_the_command_only_counts_unless_it_is_told_to(person: Person, larks: Document) -> None:
    sent_before(person, larks, 8, "one@example.com")
    before, out = documents(), io.StringIO()

    call_command("cleanup_expired_invitations", stdout=out)

    told = "1 overdue, 0 addresses to blank\nNothing was changed; --apply does it.\n"
    assert out.getvalue() == told
    assert documents() == before


def test_who_may_not_clean_up_changes_nothing(person: Person, larks: Document) -> None:
    sent_before(person, larks, 8, "one@example.com")
    clerk = new_staff(Role.SUPPORT)
    calls = [(Api(), 401), (Api(person), 403), (Api(clerk), 403)]
    for each in calls:
        each[0].get("/auth/me")
    before = documents()

    for caller, status in calls:
        for path in PATHS:
            assert caller.post(path).status == status
    assert documents() == before
    assert list(chain(audit("invitation.expired"), audit("invitation.blanked"))) == []
