"""What PUT /family/{family_id} refuses. Source: HTTP contract, sections 1.1 (strictness), 1.2 and 4."""

from typing import Any

import pytest

from families.actions import members
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document
from tests.api import Api
from tests.database import documents
from tests.factories import Person, new_family


@pytest.fixture
def family(person: Person) -> Document:
    return new_family(person)


@pytest.fixture
def path(family: Document) -> str:
    return f"/family/{family['_id']}"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {("body", "required")}),
        (None, {("body", "required")}),
        ([], {("body", "invalid_type")}),
        ("name", {("body", "invalid_type")}),
        ({"name": None}, {("name", "null")}),
        ({"name": ""}, {("name", "too_short")}),
        ({"name": "family_larks"}, {("name", "reserved")}),
        ({"name": "<Larks>"}, {("name", "invalid_format")}),
        ({"settings": None}, {("settings", "null")}),
        ({"settings": []}, {("settings", "invalid_type")}),
        ({"settings": "UTC"}, {("settings", "invalid_type")}),
        ({"settings": {"allow_member_invites": "true"}}, {("settings.allow_member_invites", "invalid_type")}),
        ({"settings": {"allow_member_invites": 1}}, {("settings.allow_member_invites", "invalid_type")}),
        ({"settings": {"allow_member_invites": None}}, {("settings.allow_member_invites", "null")}),
        ({"settings": {"visibility": "public"}}, {("settings.visibility", "invalid_choice")}),
        ({"settings": {"visibility": True}}, {("settings.visibility", "invalid_type")}),
        ({"settings": {"visibility": ["private"]}}, {("settings.visibility", "invalid_type")}),
        ({"settings": {"timezone": "Mars/Olympus"}}, {("settings.timezone", "invalid_choice")}),
        ({"settings": {"timezone": "../../etc/passwd"}}, {("settings.timezone", "invalid_choice")}),
        ({"settings": {"timezone": "europe/london"}}, {("settings.timezone", "invalid_choice")}),
        ({"settings": {"timezone": ""}}, {("settings.timezone", "too_short")}),
        ({"settings": {"timezone": 0}}, {("settings.timezone", "invalid_type")}),
        ({"settings": {"auto_approval_threshold": -1}}, {("settings.auto_approval_threshold", "too_small")}),
        (
            {"settings": {"auto_approval_threshold": 10**9 + 1}},
            {("settings.auto_approval_threshold", "too_large")},
        ),
        (
            {"settings": {"auto_approval_threshold": 5.0}},
            {("settings.auto_approval_threshold", "invalid_type")},
        ),
        (
            {"settings": {"auto_approval_threshold": "5"}},
            {("settings.auto_approval_threshold", "invalid_type")},
        ),
        (
            {"settings": {"auto_approval_threshold": True}},
            {("settings.auto_approval_threshold", "invalid_type")},
        ),
        ({"settings": {"auto_approval_threshold": None}}, {("settings.auto_approval_threshold", "null")}),
        (
            {"settings": {"auto_approval_daily_cap": 10**400}},
            {("settings.auto_approval_daily_cap", "too_large")},
        ),
        ({"settings": {"request_expiry_hours": 0}}, {("settings.request_expiry_hours", "too_small")}),
        ({"settings": {"request_expiry_hours": 721}}, {("settings.request_expiry_hours", "too_large")}),
        ({"settings": {"currency": "SBD"}}, {("settings.currency", "unknown_field")}),
        ({"settings": {"$set": {"status": "x"}}}, {("settings.$set", "unknown_field")}),
        (
            {"notification_settings": {"large_transaction_threshold": 0}},
            {("notification_settings.large_transaction_threshold", "too_small")},
        ),
        (
            {"notification_settings": {"large_transaction_threshold": 10**12 + 1}},
            {("notification_settings.large_transaction_threshold", "too_large")},
        ),
        (
            {"notification_settings": {"notify_on_spend": "no"}},
            {("notification_settings.notify_on_spend", "invalid_type")},
        ),
        ({"notification_settings": {"settings": {}}}, {("notification_settings.settings", "unknown_field")}),
        ({"settings.timezone": "UTC"}, {("body", "required"), ("settings.timezone", "unknown_field")}),
        ({"name": "Crows", "version": 1}, {("version", "unknown_field")}),
        ({"name": "Crows", "admin_user_ids": []}, {("admin_user_ids", "unknown_field")}),
        ({"name": "Crows", "status": "dissolved"}, {("status", "unknown_field")}),
        ({"name": "Crows", "limits": {"max_members": 99}}, {("limits", "unknown_field")}),
        ({"name": "Crows", "sbd_account": {"balance": 1}}, {("sbd_account", "unknown_field")}),
        (
            {"name": 5, "settings": {"timezone": 5, "x": 1}, "y": 2},
            {
                ("name", "invalid_type"),
                ("settings.timezone", "invalid_type"),
                ("settings.x", "unknown_field"),
                ("y", "unknown_field"),
            },
        ),
    ],
)
def test_a_body_against_the_rules_changes_nothing(
    person: Person, path: str, body: Any, faults: set[tuple[str, str]]
) -> None:
    before = documents()

    answer = Api(person).put(path, body)

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == faults
    assert documents() == before


def test_a_member_who_is_no_admin_changes_nothing(
    person: Person, stranger: Person, family: Document, path: str
) -> None:
    members.join(family["_id"], stranger.id, actor=Actor.system("tests"), now=clock.now())
    before = documents()

    answer = Api(stranger).put(path, {"name": "Crows"})

    assert answer.problem == (403, "INSUFFICIENT_PERMISSIONS")
    assert answer.json["details"].keys() == {"required"}
    assert Api(stranger).put(path, {"name": "Crows"}, if_match='"0"').problem[0] == 403
    assert documents() == before
    assert Api(person).put(path, {"name": "Crows"}).status == 200
