"""Who is quicker: answers, cancelling, expiry, the last place. Source: HTTP contract, section 18."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from families.actions import inviting, joining
from families.invitations.actions import upkeep
from families.rules import RelationshipType
from ops import clock
from ops.actors import Actor
from ops.errors import ConflictError, DomainError
from ops.mongo.collections import Document
from tests.database import audit, documents
from tests.factories import Person, new_invitation, new_member, new_person, token_of
from tests.races import at_once

JOB = Actor.system("tests")
# Eleven kinds, so five hundred in full.
EACH = 46


def ends(*calls: Callable[[], object]) -> list[str]:
    """Run all at once; return ``done`` or the code of the refusal of each.

    Who is told to repeat, since others kept winning for all of a unit's time, does so, as clients do.
    """

    def end(call: Callable[[], object]) -> str:
        try:
            call()
        except ConflictError:
            return end(call)
        except DomainError as error:
            return error.code
        return "done"

    return at_once([partial(end, call) for call in calls])


def accept(invitation: Document, guest: Person) -> Callable[[], object]:
    return lambda: joining.accept(invitation["_id"], actor=guest.actor, now=clock.now())


def invite(family: Document, person: Person, address: str) -> Callable[[], object]:
    return lambda: inviting.invite(
        family["_id"],
        address,
        RelationshipType.COUSIN,
        by_username=False,
        actor=person.actor,
        now=clock.now(),
    )


def assert_whole(family: Document) -> None:
    """Fail if a member lacks a part, a part lacks its member, or there are too many."""
    stored = documents(
        "families", "sbd_accounts", "family_people", "family_relationships", "family_invitations"
    )
    (found,) = [each for each in stored["families"] if each["_id"] == family["_id"]]
    (account,) = [each for each in stored["sbd_accounts"] if each["_id"] == family["account_id"]]
    members = {each["user_id"] for each in found["members"]}
    assert len(members) == len(found["members"])
    assert {each["user_id"] for each in account["holders"]} == members
    assert {each["_id"] for each in stored["family_people"] if family["_id"] in each["member_of"]} == members
    joined = members - {family["founder_id"]}
    related = [
        {each["user_a"]["user_id"], each["user_b"]["user_id"]} for each in stored["family_relationships"]
    ]
    assert sorted(map(sorted, related)) == sorted(sorted({family["founder_id"], each}) for each in joined)
    answered = [each for each in stored["family_invitations"] if each["status"] == "accepted"]
    assert {each["responded_by"] for each in answered} == joined
    assert len(audit("invitation.accepted")) == len(joined)
    held = {each["invitation_id"] for each in found["open_invitations"]}
    assert held == {each["_id"] for each in stored["family_invitations"] if each["status"] == "pending"}
    assert len(members) + len(held) <= 5


@pytest.mark.race(EACH)
def test_of_eight_accepts_one_is_written(guest: Person, larks: Document, sent: Document) -> None:
    token = token_of(sent)
    by_link = partial(joining.accept_by_link, token, actor=guest.actor, now=clock.now())
    either: list[Callable[[], object]] = [accept(sent, guest), by_link]

    ended = ends(*either * 4)

    assert sorted(ended) == ["INVITATION_NOT_FOUND"] * 7 + ["done"]
    assert_whole(larks)
    assert len(documents("family_relationships")["family_relationships"]) == 1


@pytest.mark.race(EACH)
def test_accepting_against_declining(guest: Person, larks: Document, sent: Document) -> None:
    token = token_of(sent)
    decline = partial(joining.decline_by_link, token, actor=JOB, now=clock.now())

    ended = ends(accept(sent, guest), decline, accept(sent, guest), decline)

    assert sorted(ended) == ["INVITATION_NOT_FOUND"] * 3 + ["done"]
    assert_whole(larks)


@pytest.mark.race(EACH)
def test_accepting_against_cancelling(person: Person, guest: Person, larks: Document, sent: Document) -> None:
    cancel = partial(inviting.cancel, larks["_id"], sent["_id"], actor=person.actor, now=clock.now())

    ended = ends(accept(sent, guest), cancel)

    assert sorted(ended) == ["INVITATION_NOT_FOUND", "done"]
    assert_whole(larks)


@pytest.mark.race(EACH)
def test_accepting_against_resending(person: Person, guest: Person, larks: Document, sent: Document) -> None:
    resend = partial(inviting.resend, larks["_id"], sent["_id"], actor=person.actor, now=clock.now())

    accepted, resent = ends(accept(sent, guest), resend)

    # Resending first is in nobody's way.
    assert (accepted, resent) in {("done", "done"), ("done", "INVITATION_NOT_FOUND")}
    assert_whole(larks)


@pytest.mark.race(EACH)
def test_the_old_link_against_resending(
    person: Person, guest: Person, larks: Document, sent: Document
) -> None:
    by_link = partial(joining.accept_by_link, token_of(sent), actor=guest.actor, now=clock.now())
    resend = partial(inviting.resend, larks["_id"], sent["_id"], actor=person.actor, now=clock.now())

    ended = ends(by_link, resend)

    assert sorted(ended) == ["INVITATION_NOT_FOUND", "done"]
    assert_whole(larks)


@pytest.mark.race(EACH)
def test_accepting_at_its_last_moment_against_its_expiry(
    person: Person, guest: Person, larks: Document
) -> None:
    last = clock.now()
    invitation = new_invitation(larks["_id"], person, guest.email, now=last - timedelta(days=7))
    before = partial(
        joining.accept, invitation["_id"], actor=guest.actor, now=last - timedelta(milliseconds=1)
    )
    expire = partial(upkeep.expire_overdue, actor=JOB, now=last)

    ended = ends(before, expire, expire)

    (kept,) = documents("family_invitations")["family_invitations"]
    assert (ended[0], kept["status"]) in {("done", "accepted"), ("INVITATION_NOT_FOUND", "expired")}
    assert len(audit("invitation.expired")) == (kept["status"] == "expired")
    # A place that has expired may stand in the document until the next write; here it counts for nothing.
    inviting.invite(
        larks["_id"],
        "omar@example.com",
        RelationshipType.COUSIN,
        by_username=False,
        actor=person.actor,
        now=last,
    )
    assert_whole(larks)


@pytest.mark.race(EACH)
def test_of_eight_invitations_for_one_place_one_is_sent(person: Person, larks: Document) -> None:
    for number in range(3):
        new_invitation(larks["_id"], person, f"omar-{number}@example.com")

    ended = ends(*[invite(larks, person, f"wren-{number}@example.com") for number in range(8)])

    assert sorted(ended) == ["MEMBER_LIMIT_EXCEEDED"] * 7 + ["done"]
    assert len(documents("email_outbox")["email_outbox"]) == 4
    assert_whole(larks)


@pytest.mark.race(EACH)
def test_of_eight_who_invite_one_person_one_makes_the_invitation(person: Person, larks: Document) -> None:
    ended = ends(*[invite(larks, person, "Wren@example.com")] * 8)

    assert ended == ["done"] * 8
    stored = documents("family_invitations", "email_outbox")
    assert (len(stored["family_invitations"]), len(stored["email_outbox"])) == (1, 1)
    assert_whole(larks)


@pytest.mark.race(EACH)
def test_accepting_against_inviting_into_the_last_place(
    person: Person, guest: Person, larks: Document, sent: Document
) -> None:
    for number in range(2):
        new_invitation(larks["_id"], person, f"omar-{number}@example.com")

    ended = ends(
        accept(sent, guest), *[invite(larks, person, f"wren-{number}@example.com") for number in range(3)]
    )

    assert ended[0] == "done"
    assert sorted(ended[1:]) == ["MEMBER_LIMIT_EXCEEDED"] * 2 + ["done"]
    assert_whole(larks)


@pytest.mark.race(EACH)
def test_four_accept_at_once_and_each_is_whole(person: Person, larks: Document) -> None:
    guests = [new_person() for _ in range(4)]
    invitations = [new_invitation(larks["_id"], person, each.email) for each in guests]

    ended = ends(*[accept(one, each) for one, each in zip(invitations, guests, strict=True)])

    assert ended == ["done"] * 4
    assert_whole(larks)


@pytest.mark.race(EACH)
def test_two_invitations_of_one_person_accepted_at_once(
    person: Person, guest: Person, larks: Document, sent: Document
) -> None:
    by_name = new_invitation(larks["_id"], person, guest.username)

    ended = ends(accept(sent, guest), accept(by_name, guest))

    assert sorted(ended) == ["INVITATION_NOT_FOUND", "done"]
    assert_whole(larks)


def test_who_was_invited_by_a_member_is_related_to_that_member(person: Person, larks: Document) -> None:
    first = new_member(larks["_id"], person)

    (relationship,) = documents("family_relationships")["family_relationships"]
    assert relationship["pair"] == " ".join(sorted((person.id, first.id)))
