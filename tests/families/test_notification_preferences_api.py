"""GET and PUT /family/notifications/preferences. Source: HTTP contract, sections 1.3 (ETag) and 12."""

from functools import partial
from itertools import product
from typing import Any

import pytest
from django.test import override_settings

from families.actions.places import FRESH
from ops.mongo.collections import collection
from ops.notices import registered
from ops.outbox.server import MailServer, Security
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person, new_family
from tests.families.told import ADDED, DESIGNATED, REMOVED, tell
from tests.races import at_once

PATH = "/family/notifications/preferences"
WISHES = {"email_notifications": True, "push_notifications": True, "sms_notifications": False}
ON, IN_APP_ONLY = {"in_app": True, "email": True}, {"in_app": True, "email": False}


def people() -> list[dict[str, Any]]:
    return documents("family_people")["family_people"]


def test_what_nobody_has_said_is_as_the_contract_has_it(person: Person) -> None:
    answer = Api(person).get(PATH)

    assert answer.status == 200
    body = answer.json
    kinds = body["preferences"].pop("kinds")
    assert body == {
        "preferences": WISHES,
        "channels": {"in_app": True, "email": True, "push": False, "sms": False},
        "unread_count": 0,
        "last_checked": None,
    }
    assert kinds.keys() == {each.name for each in registered()}
    assert {name for name, ways in kinds.items() if ways == ON} == {
        *("invitation_received", "invitation_accepted", "member_removed", "family_dissolved"),
        *("admin_promoted", "admin_demoted", "backup_admin_designated", "backup_admin_removed"),
        *("recovery_started", "recovery_completed", "recovery_cancelled", "security"),
        *("large_transaction", "account_frozen", "account_unfrozen", "emergency_unfreeze_request"),
        *("emergency_unfreeze_executed", "emergency_unfreeze_closed", "token_transfer_completed"),
        *(f"token_request_{each}" for each in ("created", "approved", "denied", "expired")),
        *(f"purchase_request_{each}" for each in ("approved", "denied", "expired")),
    }
    for name in ("invitation_declined", ADDED, "member_left", "relationship_modified", "upgrade_soon"):
        assert kinds[name] == IN_APP_ONLY
    assert answer.headers["ETag"] == '"0.0.0"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert people() == []


SERVER = MailServer(Security.NONE, "127.0.0.1", 25)


@pytest.mark.parametrize("server", [None, SERVER])
def test_mail_is_told_as_active_only_where_it_can_leave(person: Person, server: MailServer | None) -> None:
    with override_settings(MAIL_SERVER=server, MAIL_INBOX=False):
        channels = Api(person).get(PATH).json["channels"]

    assert channels == {"in_app": True, "email": server is not None, "push": False, "sms": False}


def test_what_is_sent_changes_and_the_rest_stays(person: Person) -> None:
    api = Api(person)
    changes: list[dict[str, Any]] = [
        {"sms_notifications": True, "kinds": {ADDED: {"email": True}}},
        {"kinds": {ADDED: {"in_app": False}, DESIGNATED: {"email": False}}},
        {"email_notifications": False},
    ]

    answers = [api.put(PATH, change) for change in changes]

    assert [answer.status for answer in answers] == [200] * 3
    assert [answer.headers["ETag"] for answer in answers] == ['"1.0.0"', '"2.0.0"', '"3.0.0"']
    preferred = answers[-1].json["preferences"]
    kinds = preferred.pop("kinds")
    assert preferred == {**WISHES, "email_notifications": False, "sms_notifications": True}
    assert (kinds[ADDED], kinds[DESIGNATED]) == ({"in_app": False, "email": True}, IN_APP_ONLY)
    assert kinds["member_left"] == IN_APP_ONLY
    assert api.get(PATH).json == answers[-1].json


def test_a_change_leaves_one_audit_entry_and_nothing_else(person: Person) -> None:
    new_family(person)
    before = documents()

    Api(person).put(PATH, {"sms_notifications": True, "kinds": {ADDED: {"in_app": True, "email": True}}})

    after = documents()
    assert {name for name in after if after[name] != before.get(name, [])} == {"family_people", "audit_log"}
    (entry,) = audit("preferences.changed")
    assert (entry["actor"], entry["target"], entry["family_id"]) == (person.id, person.id, None)
    assert entry["before"] == {"sms_notifications": False, f"kinds.{ADDED}.email": False}
    assert entry["after"] == {"sms_notifications": True, f"kinds.{ADDED}.email": True}


@pytest.mark.parametrize("body", [None, {}, {"kinds": {}}, {"kinds": {ADDED: {}}}, WISHES])
def test_what_is_so_already_changes_nothing(person: Person, body: Any) -> None:
    before = documents()

    answer = Api(person).put(PATH, body)

    assert (answer.status, answer.headers["ETag"]) == (200, '"0.0.0"')
    assert documents() == before


def test_what_was_read_can_be_sent_back_whole(person: Person) -> None:
    Api(person).put(PATH, {"kinds": {ADDED: {"email": True}}})
    preferred = Api(person).get(PATH).json["preferences"]
    before = documents()

    assert Api(person).put(PATH, preferred).status == 200
    assert documents() == before


def test_somebody_without_a_family_becomes_a_person_of_families_who_can_found_one(person: Person) -> None:
    Api(person).put(PATH, {"email_notifications": False})

    (kept,) = people()
    said = {"email_notifications": False, "version": 1}
    assert kept == {"_id": person.id, **FRESH, "notice_preferences": said}
    assert Api(person).post("/family/create", {"name": "Owls"}).status == 201
    assert Api(person).get(PATH).json["preferences"]["email_notifications"] is False


@pytest.mark.parametrize(
    ("kinds", "faults"),
    [
        ({REMOVED: {"in_app": False}}, {(f"kinds.{REMOVED}.in_app", "not_allowed")}),
        ({"security": {"email": False}}, {("kinds.security.email", "not_allowed")}),
        ({"invitation_received": {"email": False}}, {("kinds.invitation_received.email", "not_allowed")}),
        ({"nothing": {"in_app": True}}, {("kinds.nothing", "invalid_choice")}),
        ({"": {}}, {("kinds.", "invalid_choice")}),
        ({"x" * 300: {}}, {("kinds." + "x" * 64, "invalid_choice")}),
        (
            {"$set": {}, ADDED: {"in_app": False}, "family_dissolved": {"in_app": False, "email": False}},
            {
                ("kinds.$set", "invalid_choice"),
                ("kinds.family_dissolved.in_app", "not_allowed"),
                ("kinds.family_dissolved.email", "not_allowed"),
            },
        ),
    ],
)
def test_what_cannot_be_had_so_is_refused_and_nothing_is_changed(
    person: Person, kinds: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    before = documents()

    answer = Api(person).put(PATH, {"email_notifications": False, "kinds": kinds})

    assert answer.problem == (400, "INVALID_PREFERENCES")
    assert answer.faults == faults
    assert documents() == before


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"email_notifications": "true"}, ("email_notifications", "invalid_type")),
        ({"push_notifications": 1}, ("push_notifications", "invalid_type")),
        ({"sms_notifications": None}, ("sms_notifications", "null")),
        ({"channels": {"sms": True}}, ("channels", "unknown_field")),
        ({"kinds": None}, ("kinds", "null")),
        ({"kinds": [ADDED]}, ("kinds", "invalid_type")),
        ({"kinds": {ADDED: True}}, (f"kinds.{ADDED}", "invalid_type")),
        ({"kinds": {ADDED: None}}, (f"kinds.{ADDED}", "null")),
        ({"kinds": {ADDED: {"in_app": 0}}}, (f"kinds.{ADDED}.in_app", "invalid_type")),
        ({"kinds": {ADDED: {"sms": True}}}, (f"kinds.{ADDED}.sms", "unknown_field")),
        ({"kinds": {f"kind_{number}": {} for number in range(999)}}, ("kinds", "too_long")),
        ([], ("body", "invalid_type")),
    ],
)
def test_what_is_not_of_the_form_is_refused_and_nothing_is_changed(
    person: Person, body: Any, fault: tuple[str, str]
) -> None:
    before = documents()

    answer = Api(person).put(PATH, body)

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == {fault}
    assert documents() == before


def test_a_stale_version_is_refused_and_nothing_is_changed(person: Person) -> None:
    api = Api(person)
    first = api.get(PATH).headers["ETag"]
    api.put(PATH, {"sms_notifications": True}, if_match=first)
    tell([person])
    before = documents()

    answer = api.put(PATH, {"sms_notifications": False}, if_match=first)

    assert answer.problem == (412, "PRECONDITION_FAILED")
    assert answer.json["details"] == {"current_etag": '"1.1.0"'}
    assert documents() == before
    # That there is something unread is no other version.
    assert api.put(PATH, {"sms_notifications": False}, if_match='W/"1.0.0"').status == 200


def test_the_tag_tells_of_all_that_is_answered(person: Person) -> None:
    api = Api(person)
    first = api.get(PATH)
    assert api.get(PATH, if_none_match=first.headers["ETag"]).status == 304

    tell([person])
    unread = api.get(PATH, if_none_match=first.headers["ETag"])
    api.post("/family/notifications/mark-all-read")
    checked = api.get(PATH, if_none_match=unread.headers["ETag"])

    assert (unread.json["unread_count"], unread.json["last_checked"]) == (1, None)
    (kept,) = documents("notifications")["notifications"]
    assert checked.json["unread_count"] == 0
    assert checked.json["last_checked"].startswith(kept["read_at"].isoformat())
    tags = [each.headers["ETag"] for each in (first, unread, checked)]
    assert len(set(tags)) == 3
    assert [tag.split(".")[0] for tag in tags] == ['"0'] * 3


def test_preferences_are_the_persons_own(person: Person, stranger: Person) -> None:
    Api(person).put(PATH, {"email_notifications": False})

    assert Api(stranger).get(PATH).json["preferences"]["email_notifications"] is True


@pytest.mark.race
def test_changes_at_one_moment_are_all_written(person: Person) -> None:
    wanted = list(product((ADDED, "member_left", "upgrade_soon"), ({"in_app": False}, {"email": True})))

    answers = at_once([partial(Api(person).put, PATH, {"kinds": {name: ways}}) for name, ways in wanted])

    assert [answer.status for answer in answers] == [200] * len(wanted)
    kinds = Api(person).get(PATH).json["preferences"]["kinds"]
    for name, _ in wanted:
        assert kinds[name] == {"in_app": False, "email": True}
    kept = collection("family_people").find_one({"_id": person.id})
    assert kept is not None
    assert kept["notice_preferences"]["version"] == len(audit("preferences.changed")) == len(wanted)


@pytest.mark.race
def test_of_two_changes_of_one_version_one_wins(person: Person) -> None:
    changes = [{"sms_notifications": True}, {"push_notifications": False}]

    answers = at_once([partial(Api(person).put, PATH, each, if_match='"0.0.0"') for each in changes])

    assert sorted(answer.status for answer in answers) == [200, 412]
    assert len(audit("preferences.changed")) == 1
