"""A family's page in the console: who is who, and what staff do to members.

Source: HTTP contract, section 6.
"""

import pytest

from families.actions import relationships
from families.actions.relationships import Pair
from families.rules import RelationshipType, reciprocal
from family_site.identity.roles import Role
from ops import clock
from ops.mongo.collections import Document
from tests.consistency import faults
from tests.console import LIST, Console, Page, document_page
from tests.database import audit, documents
from tests.factories import Person, new_member, new_person, new_staff

REASON = "as asked by phone"


@pytest.fixture
def support() -> Console:
    return Console(new_staff(Role.SUPPORT, "helen"))


@pytest.fixture
def guest(person: Person, larks: Document) -> Person:
    """A member beside the founder."""
    return new_member(larks["_id"], person, new_person("guest"))


def page_of(larks: Document) -> str:
    return document_page(LIST["families"], larks["_id"])


def confirm(support: Console, larks: Document, action: str, target: Person) -> Page:
    form = {"action": action, "confirmed": "1", "reason": REASON, "member": target.id}
    support.post(page_of(larks), form)
    return support.get(page_of(larks))


def test_the_members_stand_in_a_tree(
    support: Console, larks: Document, person: Person, guest: Person
) -> None:
    kind = RelationshipType.CHILD
    pair = Pair(person.id, guest.id, kind, reciprocal(kind))
    relationships.change(larks["_id"], pair, actor=person.actor, now=clock.now())

    page = support.get(page_of(larks))

    _, _, tree = page.html.partition('aria-label="Family tree"')
    top, _, below = (
        tree.partition("</section>")[0].partition('<ul class="tree">')[2].partition('<ul class="tree">')
    )
    assert person.username in top
    assert "guest</a>, child" in below


def test_the_page_tells_of_notices_and_changes(support: Console, larks: Document, guest: Person) -> None:
    notices = support.get(page_of(larks)).table("Latest notices")

    assert [row[1:] for row in notices if row[1] == guest.username] == [
        ["guest", "New member", "Larks", "unread"],
    ]


def test_a_member_is_promoted_as_by_an_admin(
    support: Console, larks: Document, person: Person, guest: Person
) -> None:
    page = confirm(support, larks, "promote", guest)

    assert page.told == "Make admin Larks: done."
    (family,) = documents("families")["families"]
    assert family["admin_user_ids"] == [person.id, guest.id]
    (entry,) = audit("admin.promoted")
    assert (entry["target"], entry["private"]["reason"]) == (guest.id, REASON)
    told = [each for each in documents("notifications")["notifications"] if each["type"] == "admin_promoted"]
    assert {each["user_id"] for each in told} == {person.id, guest.id}
    assert {each["data"]["by"] for each in told} == {"the support"}
    assert faults(clock.now()) == []


@pytest.mark.usefixtures("guest")
def test_what_an_admin_is_refused_staff_is_refused(support: Console, larks: Document, person: Person) -> None:
    before = documents("families", "sbd_accounts", "notifications", "email_outbox", "audit_log")

    page = confirm(support, larks, "demote", person)

    assert page.told.startswith("Make plain member Larks: refused.")
    assert documents("families", "sbd_accounts", "notifications", "email_outbox", "audit_log") == before


@pytest.mark.parametrize(
    ("action", "says"),
    [("designate", "backup_admin.designated"), ("remove", "member.removed"), ("stand_down", None)],
)
def test_each_action_does_what_it_says(
    support: Console, larks: Document, guest: Person, action: str, says: str | None
) -> None:
    before = len(audit())

    confirm(support, larks, action, guest)

    assert [each["action"] for each in audit()[before:]] == ([says] if says else [])
    assert faults(clock.now()) == []


@pytest.mark.usefixtures("guest")
def test_a_member_has_to_be_chosen(support: Console, larks: Document) -> None:
    stranger = new_person()
    before = documents()

    form = {"action": "remove", "confirmed": "1", "reason": REASON, "member": stranger.id}
    page = support.post(page_of(larks), form)

    assert "This cannot be taken so. Nothing was changed." in page.text
    assert documents("families", "audit_log") == {name: before[name] for name in ("families", "audit_log")}


def test_the_list_offers_only_what_can_be_done_to_several(support: Console, larks: Document) -> None:
    page = support.get(LIST["families"])

    assert larks["name"] in page.text
    assert 'value="dissolve"' in page.html
    assert 'value="promote"' not in page.html


def test_a_family_is_dissolved_with_a_reason(support: Console, larks: Document, guest: Person) -> None:
    support.confirm(page_of(larks), "dissolve")

    (family,) = documents("families")["families"]
    assert (family["status"], family["members"]) == ("dissolved", [])
    (entry,) = audit("family.dissolved")
    assert entry["private"]["reason"] == REASON
    assert guest.id in entry["before"]["members"]
    assert faults(clock.now()) == []


@pytest.mark.usefixtures("larks")
def test_limits_are_changed_from_the_persons_page(support: Console, person: Person) -> None:
    path = document_page(LIST["people"], person.id)
    form = {"action": "change_limits", "confirmed": "1", "reason": REASON, "members_per_family": "9"}

    support.post(path, form)

    page = support.get(path)
    assert page.told == f"Change limits {person.username}: done."
    assert page.table("Limits")[2][:2] == ["Members of each family they founded", "9"]
    (entry,) = audit("limits.changed")
    assert entry["private"]["reason"] == REASON


@pytest.mark.usefixtures("larks")
def test_limits_want_a_number(support: Console, person: Person) -> None:
    form = {"action": "change_limits", "confirmed": "1", "reason": REASON}

    page = support.post(document_page(LIST["people"], person.id), form)

    assert "Say at least one of the numbers." in page.text
    assert audit("limits.changed") == []


def test_a_persons_page_tells_of_families_limits_and_notices(support: Console, guest: Person) -> None:
    page = support.get(document_page(LIST["users"], guest.id))

    assert page.table("Families")[0][0] == "Larks"
    assert [row[0] for row in page.table("Limits")] == [
        "Families founded",
        "Memberships",
        "Members of each family they founded",
    ]
    assert page.table("Latest notices")[0][2] == "New member"
