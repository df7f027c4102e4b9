"""fix:expire_invitations, as somebody types it."""

from ops.actors import Actor
from tests.database import audit, documents
from tests.factories import Person
from tests.families.overdue import insert_overdue
from tests.ops.doctor.fixed import noted, typed


def test_what_has_expired_is_marked_once(person: Person) -> None:
    insert_overdue(person, 3)
    before = documents()
    assert typed("expire_invitations") == (1, ["mark as expired: 3"], None)
    assert documents() == before

    done = [typed("expire_invitations", apply=True, reason="beat was down") for _ in range(2)]

    assert [each.lines for each in done] == [["marked as expired: 3", "addresses blanked: 0"], []]
    found = documents("family_invitations")["family_invitations"]
    assert {each["status"] for each in found} == {"expired"}
    assert len(audit("invitation.expired")) == 3
    assert noted() == [("expire_invitations", Actor.shell().id, "beat was down")]
