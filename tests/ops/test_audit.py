"""The audit log: one entry a change, in the unit of the change."""

from datetime import UTC, datetime

import pytest

from ops import audit
from ops.actors import Actor, ActorKind
from ops.models import AuditEntry
from ops.mongo.unit_of_work import unit_of_work
from tests import commands
from tests.database import documents

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
ACTOR = Actor(
    ActorKind.USER,
    "user_1",
    "alice",
    session_id="ses_1",
    request_id="request-1",
    address="192.0.2.7",
    user_agent="curl/8",
)


@unit_of_work()
def record_in_full() -> str:
    """Record with everything that an entry can have."""
    return audit.record(
        ACTOR,
        "family.updated",
        target="fam_1",
        family_id="fam_1",
        now=NOW,
        before={"settings.visibility": "private"},
        after={"settings.visibility": "open"},
        reason="They asked for it.",
        private={"before": {"name": "Larks"}, "after": {"name": "Wrens"}},
    )


def test_an_entry_tells_who_did_what_and_why() -> None:
    entry_id = record_in_full()

    assert entry_id.startswith("aud_")
    assert documents("audit_log") == {
        "audit_log": [
            {
                "_id": entry_id,
                "v": 1,
                "at": NOW.replace(tzinfo=None),
                "actor": "user_1",
                "actor_kind": "user",
                "as_staff": False,
                "action": "family.updated",
                "target": "fam_1",
                "family_id": "fam_1",
                "before": {"settings.visibility": "private"},
                "after": {"settings.visibility": "open"},
                "request_id": "request-1",
                "private": {
                    "address": "192.0.2.7",
                    "user_agent": "curl/8",
                    "session_id": "ses_1",
                    "reason": "They asked for it.",
                    "before": {"name": "Larks"},
                    "after": {"name": "Wrens"},
                },
            }
        ]
    }


def test_the_model_reads_what_was_recorded() -> None:
    entry = AuditEntry.objects.get(pk=record_in_full())

    assert (entry.actor, entry.action, entry.target, entry.at) == ("user_1", "family.updated", "fam_1", NOW)
    assert entry.private["reason"] == "They asked for it."
    assert str(entry) == "family.updated fam_1"


def test_what_is_not_known_is_not_made_up() -> None:
    entry_id = unit_of_work()(
        lambda: audit.record(Actor.system("beat"), "session.ended", target="ses_1", now=NOW)
    )()

    assert documents("audit_log")["audit_log"] == [
        {
            "_id": entry_id,
            "v": 1,
            "at": NOW.replace(tzinfo=None),
            "actor": "system:beat",
            "actor_kind": "system",
            "as_staff": True,
            "action": "session.ended",
            "target": "ses_1",
            "family_id": None,
            "before": {},
            "after": {},
            "request_id": None,
            "private": {},
        }
    ]


def test_words_that_people_wrote_are_in_the_private_part_only() -> None:
    entry = AuditEntry.objects.get(pk=record_in_full())

    entry.private = {}
    blanked = repr(entry.__dict__)

    for word in ("192.0.2.7", "curl/8", "They asked", "Larks", "Wrens"):
        assert word not in blanked


def test_outside_of_a_unit_nothing_is_recorded() -> None:
    with pytest.raises(RuntimeError, match=r"family\.created: an audit entry belongs in the unit of work"):
        audit.record(ACTOR, "family.created", target="fam_1", now=NOW)

    assert documents("audit_log") == {"audit_log": []}


def test_an_entry_is_undone_with_its_change() -> None:
    @unit_of_work()
    def change() -> None:
        record_in_full()
        raise LookupError

    with pytest.raises(LookupError):
        change()

    assert documents("audit_log") == {"audit_log": []}


def test_many_like_changes_have_an_entry_each_in_one_command() -> None:
    changes = [audit.Change(f"inv_{number}", "fam_1", {"status": "pending"}, {}) for number in range(3)]

    @unit_of_work()
    def record_all() -> None:
        audit.record_each(Actor.system("beat"), "invitation.expired", changes, now=NOW)
        audit.record_each(Actor.system("beat"), "invitation.expired", [], now=NOW)

    with commands.recorded() as sent:
        record_all()

    assert commands.steps(sent) == ["insert audit_log", "commitTransaction"]
    entries = documents("audit_log")["audit_log"]
    assert sorted(each["target"] for each in entries) == ["inv_0", "inv_1", "inv_2"]
    assert {each["action"] for each in entries} == {"invitation.expired"}
    with pytest.raises(RuntimeError):
        audit.record_each(Actor.system("beat"), "invitation.expired", changes, now=NOW)
