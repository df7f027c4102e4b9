"""GET /family/{id}/admin-actions. Source: HTTP contract, sections 1.3 (pages), 6 and 18 (11)."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from families.actions import admins
from family_site.identity.roles import Role
from ops import clock
from ops.actors import ActorKind
from ops.mongo.collections import Document
from tests.api import Answer, Api
from tests.database import audit
from tests.factories import Person, new_family, new_staff
from tests.families.household import (
    admin_of,
    back_up,
    disable,
    dissolve,
    joined,
    leave,
    manage,
    moment,
    relate,
    remove,
    standing_by,
)

ROW = {
    *("action_id", "family_id", "admin_user_id", "admin_username", "target_user_id", "target_username"),
    *("action_type", "details", "created_at", "ip_address", "user_agent"),
}


def actions(person: Person, family: Document, query: str = "") -> Answer:
    return Api(person).get(f"/family/{family['_id']}/admin-actions{query}")


def rows(person: Person, family: Document, query: str = "") -> list[dict[str, Any]]:
    answer = actions(person, family, query)
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json["results"]
    return found


def types(person: Person, family: Document, query: str = "") -> list[str]:
    return [each["action_type"] for each in rows(person, family, query)]


def test_an_action_is_shown_as_the_audit_log_has_it(person: Person, larks: Document) -> None:
    member = joined(larks)
    api = Api(person, address="203.0.113.7", user_agent="Larks/1.0")
    api.post(f"/family/{larks['_id']}/members/{member.id}/admin", {"action": "promote"})

    answer = api.get(f"/family/{larks['_id']}/admin-actions")

    (entry,) = audit("admin.promoted")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "family_id": larks["_id"],
        "results": [
            {
                "action_id": entry["_id"],
                "family_id": larks["_id"],
                "admin_user_id": person.id,
                "admin_username": person.username,
                "target_user_id": member.id,
                "target_username": member.username,
                "action_type": "admin.promoted",
                "details": {"before": entry["before"], "after": entry["after"]},
                "created_at": moment(entry["at"]),
                "ip_address": "203.0.113.7",
                "user_agent": "Larks/1.0",
            }
        ],
        "next": None,
        "previous": None,
    }


def test_what_admins_do_is_listed_the_newest_first(person: Person, larks: Document) -> None:
    member = joined(larks)

    back_up(person, larks, member.id, "designate")
    back_up(person, larks, member.id, "remove")
    manage(person, larks, member.id, "promote")
    manage(person, larks, member.id, "demote")
    relate(person, larks, person.id, member.id, "child")
    Api(person).put(f"/family/{larks['_id']}", {"name": "Owls"})
    remove(person, larks, member.id)

    assert types(person, larks) == [
        "member.removed",
        "family.updated",
        "relationship.changed",
        "admin.demoted",
        "admin.promoted",
        "backup_admin.removed",
        "backup_admin.designated",
    ]
    assert all(each.keys() == ROW for each in rows(person, larks))


def test_addresses_and_agents_are_shown_of_own_rows_only(person: Person, larks: Document) -> None:
    other, member = admin_of(larks, person), joined(larks)
    for admin, action, address in ((person, "promote", "203.0.113.7"), (other, "demote", "203.0.113.8")):
        api = Api(admin, address=address, user_agent=f"{action}/1.0")
        api.post(f"/family/{larks['_id']}/members/{member.id}/admin", {"action": action})

    def shown(viewer: Person) -> list[tuple[str, Any, Any]]:
        found = rows(viewer, larks, f"?target_user_id={member.id}")
        return [(each["admin_user_id"], each["ip_address"], each["user_agent"]) for each in found]

    assert shown(person) == [(other.id, None, None), (person.id, "203.0.113.7", "promote/1.0")]
    assert shown(other) == [(other.id, "203.0.113.8", "demote/1.0"), (person.id, None, None)]


def test_who_of_the_staff_did_it_is_not_told(person: Person, larks: Document) -> None:
    member, staff = joined(larks), new_staff(Role.SUPPORT, "helen")
    by = replace(staff.actor, kind=ActorKind.STAFF, in_console=True, address="203.0.113.9")
    admins.promote_by_staff(larks["_id"], member.id, actor=by, now=clock.now(), reason="They asked for it")

    answer = actions(person, larks)

    (row,) = answer.json["results"]
    assert (row["admin_user_id"], row["admin_username"]) == (None, "the support")
    assert (row["target_user_id"], row["action_type"]) == (member.id, "admin.promoted")
    for word in ("helen", staff.id, "203.0.113.9", "asked"):
        assert word.encode() not in answer.text


def test_the_name_of_who_is_gone_stays(person: Person, larks: Document) -> None:
    other = admin_of(larks, person)
    manage(other, larks, person.id, "demote")
    manage(other, larks, person.id, "promote")
    leave(other, larks)

    row = rows(person, larks)[0]

    said = (row["admin_username"], row["target_username"], row["action_type"])
    assert said == (other.username, person.username, "admin.promoted")
    disable(other)
    assert rows(person, larks)[0]["admin_username"] == other.username


def test_what_concerns_no_person_names_none(person: Person, larks: Document) -> None:
    member = joined(larks)
    Api(person).put(f"/family/{larks['_id']}", {"name": "Owls"})
    relate(person, larks, person.id, member.id, "child")

    named = [(each["target_user_id"], each["target_username"]) for each in rows(person, larks)]

    assert named == [(None, None), (None, None)]


def test_they_are_filtered_by_type_and_person(person: Person, larks: Document) -> None:
    one, other = joined(larks), joined(larks)
    for each in (one, other):
        manage(person, larks, each.id, "promote")
    manage(person, larks, one.id, "demote")

    promoted = rows(person, larks, "?action_type=admin.promoted")
    assert [each["target_user_id"] for each in promoted] == [other.id, one.id]
    assert types(person, larks, f"?target_user_id={one.id}") == ["admin.demoted", "admin.promoted"]
    both = rows(person, larks, f"?action_type=admin.promoted&target_user_id={one.id}")
    assert [each["target_user_id"] for each in both] == [one.id]
    assert rows(person, larks, "?action_type=member.removed") == []
    assert rows(person, larks, f"?target_user_id={person.id}") == []
    assert rows(person, larks, "?target_user_id=user_nobody") == []


def test_a_type_that_there_is_not_is_refused(person: Person, larks: Document) -> None:
    for name in ("", "promote", "admin.*", "member.left "):
        answer = actions(person, larks, f"?action_type={name}")
        assert answer.problem == (400, "VALIDATION_ERROR")
        assert answer.faults == {("query.action_type", "invalid_choice")}


def test_what_was_done_in_another_family_is_not_shown(person: Person, larks: Document) -> None:
    member, owls = joined(larks), new_family(person, "Owls")
    manage(person, larks, member.id, "promote")

    assert rows(person, owls) == []
    assert rows(person, owls, f"?target_user_id={member.id}") == []
    assert types(member, larks) == ["admin.promoted"]


def test_they_are_told_to_admins_only(person: Person, larks: Document, stranger: Person) -> None:
    member, backup, former = joined(larks), standing_by(larks, person), admin_of(larks, person)
    leave(former, larks)

    for each in (member, backup):
        answer = actions(each, larks)
        assert answer.problem == (403, "INSUFFICIENT_PERMISSIONS")
        assert answer.json["details"].keys() == {"required"}
    for outsider in (stranger, former):
        assert actions(outsider, larks).problem == (404, "FAMILY_NOT_FOUND")
    assert Api().get(f"/family/{larks['_id']}/admin-actions").problem[0] == 401
    dissolve(person, larks)
    assert actions(person, larks).problem == (404, "FAMILY_NOT_FOUND")


def test_pages_follow_each_other_without_gap_or_repeat(person: Person, larks: Document) -> None:
    member = joined(larks)
    for _ in range(3):
        manage(person, larks, member.id, "promote")
        manage(person, larks, member.id, "demote")
    everything = [each["action_id"] for each in rows(person, larks)]

    found, path = [], f"/family/{larks['_id']}/admin-actions?limit=4"
    while path:
        page = Api(person).get(path).json
        assert page["family_id"] == larks["_id"]
        found.append([each["action_id"] for each in page["results"]])
        # What comes meanwhile neither repeats nor hides anything.
        back_up(person, larks, member.id, "designate" if len(found) % 2 else "remove")
        path = _local(page["next"])

    assert [len(page) for page in found] == [4, 2]
    assert [each for page in found for each in page] == everything


def _local(address: str | None) -> str:
    parts = urlsplit(address or "")
    return f"{parts.path}?{parts.query}" if address else ""


def test_a_cursor_is_good_for_its_list_and_reader_only(person: Person, larks: Document) -> None:
    other, member = admin_of(larks, person), joined(larks)
    manage(person, larks, member.id, "promote")
    following = _local(actions(person, larks, "?limit=1").json["next"])

    assert Api(person).get(following).status == 200
    for reader, path in (
        (other, following),
        (person, following + "&action_type=admin.promoted"),
        (person, following + f"&target_user_id={member.id}"),
        (person, following.replace("admin-actions", "invitations")),
    ):
        assert Api(reader).get(path).problem == (400, "VALIDATION_ERROR"), path


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("limit=0", ("query.limit", "too_small")),
        ("limit=101", ("query.limit", "too_large")),
        ("limit=ten", ("query.limit", "invalid_type")),
        ("cursor=nonsense", ("query.cursor", "unavailable")),
        ("skip=1", ("query.skip", "use_cursor")),
        ("offset=1", ("query.offset", "use_cursor")),
    ],
)
def test_a_page_that_cannot_be_is_refused(
    person: Person, larks: Document, query: str, fault: tuple[str, str]
) -> None:
    answer = actions(person, larks, f"?{query}")

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == {fault}
