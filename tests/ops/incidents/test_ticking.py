"""Boxes that the system ticks by itself: from what, with which evidence, and never against a person."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.actors import Actor, ActorKind
from ops.backup import records as backups
from ops.incidents import attending, proofs, records, touched
from ops.incidents.attending import attend
from ops.incidents.impact import WORKINGS
from ops.incidents.proofs import Proof
from ops.incidents.touched import Touched
from ops.mongo.collections import control_collection
from ops.read_only import switching as closing
from tests.ops.incidents.opened import (
    ADA,
    MINUTE,
    NOW,
    acted,
    as_it_is,
    be_alone,
    changed,
    forget_all,
    looked,
    looked_well,
    opened,
    started,
    take_no_bundle,
    texts,
    ticked,
)

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[None]:
    be_alone(monkeypatch, settings, tmp_path)
    take_no_bundle(monkeypatch)
    forget_all()
    yield
    forget_all()


@pytest.mark.parametrize(
    ("action", "boxes"),
    [
        ("doctor.mended", {"C03", "C39"}),
        ("maintenance.begun", {"C03", "C39"}),
        ("rate_limit.overridden", {"C03", "C39"}),
        ("session.revoked", set()),
    ],
)
def test_what_operators_did_since_is_evidence(action: str, boxes: set[str]) -> None:
    opened()
    acted(action, -1, "before")
    attend(NOW)
    assert ticked().keys().isdisjoint({"C03", "C39"})
    acted(action, 1, "first")
    acted(action, 2, "second")
    attend(NOW + 3 * MINUTE)

    found = {box: each for box, each in ticked().items() if box in {"C03", "C39"}}
    assert found == dict.fromkeys(boxes, f"{action} first by {ADA.id} at 12:31.")
    assert {as_it_is()["boxes"][box]["link"][:4] for box in boxes} <= {"aud_"}


@pytest.mark.parametrize(
    ("action", "actor", "reason"),
    [
        ("session.revoked", Actor.system("beat"), "expired"),
        ("session.revoked", Actor(ActorKind.STAFF, "user_ada"), None),
        ("permanent_token.revoked", Actor(ActorKind.STAFF, "user_ada"), None),
        ("account.frozen", Actor(ActorKind.STAFF, "user_ada"), "my own family's"),
        ("account.frozen", Actor(ActorKind.USER, "user_ada"), "lost my telephone"),
    ],
    ids=["a job", "signs out", "their token", "their family", "a user"],
)
def test_what_jobs_and_users_did_and_staff_for_themselves_is_no_evidence(
    action: str, actor: Actor, reason: str | None
) -> None:
    opened(kind="security")
    acted(action, 1, actor=actor, reason=reason)
    attend(NOW + 2 * MINUTE)

    assert ticked().keys().isdisjoint({"C17", "C26"})


def test_an_account_that_staff_froze_as_staff_is() -> None:
    opened(kind="security")
    acted("account.frozen", 1, actor=Actor(ActorKind.STAFF, "user_ada", in_console=True))
    attend(NOW + 2 * MINUTE)

    assert ticked()["C17"] == "account.frozen x by user_ada at 12:31."


def test_boxes_of_a_security_incident() -> None:
    opened(kind="security", severity="p2", at=NOW)
    for number, action in enumerate(
        ("read_only.begun", "access.blocked", "session.revoked", "database.restored")
    ):
        acted(action, number + 1)
    for kind, text in (("noted", "The CISO cannot be told."), ("told", "The security team was told.")):
        records.note_event("inc_one", kind, text, by="system:paging", now=NOW + MINUTE)
    attend(NOW + 9 * MINUTE)

    found = ticked()
    assert {box: found[box] for box in ("C17", "C25", "C26", "C29", "C19", "C20")} == {
        "C17": f"read_only.begun x by {ADA.id} at 12:31.",
        "C25": f"access.blocked x by {ADA.id} at 12:32.",
        "C26": f"session.revoked x by {ADA.id} at 12:33.",
        "C29": f"database.restored x by {ADA.id} at 12:34.",
        "C19": "12:31: The security team was told.",
        "C20": "Of the kind security.",
    }
    assert found.keys().isdisjoint({"C18", "C27", "C30", "C32", "C34", "C35", "C36", "C02", "C05"})


def test_evidence_is_preserved_when_there_is_a_marked_backup_too(monkeypatch: pytest.MonkeyPatch) -> None:
    opened(kind="security")
    record = {"kind": "backup", "ok": True, "where": "/opt/backups/one.tar"}
    made = [
        {**record, "ended_at": NOW - MINUTE, "marked": True},
        {**record, "ended_at": NOW + MINUTE, "marked": False},
    ]
    monkeypatch.setattr(backups, "every", lambda _most: made)
    attend(NOW + 2 * MINUTE)
    assert "C18" not in ticked()
    made.append({**record, "ended_at": NOW + 2 * MINUTE, "marked": True})
    attend(NOW + 3 * MINUTE)

    assert ticked()["C18"] == "The bundle /var/bundle.tar.gz, and the marked backup /opt/backups/one.tar."


def test_where_nobody_knows_what_it_costs_that_is_left_to_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touched, "since", lambda _moment: Touched(unknown="there is no journal"))
    opened()
    attend(NOW)

    assert as_it_is()["impact"]["unknown"][-1] == "Users and families: there is no journal."
    assert "C02" not in ticked()


def test_a_release_counts_if_it_is_another_than_before() -> None:
    opened()
    started(NOW - MINUTE, "a" * 40)
    started(NOW + MINUTE, "a" * 40)
    attend(NOW + 2 * MINUTE)
    assert "C11" not in ticked()
    started(NOW + 2 * MINUTE, "b" * 40)
    attend(NOW + 3 * MINUTE)

    assert ticked()["C11"] == "web runs 1.2.0 (bbbbbbbbbbbb) since 12:32."


def test_the_ledgers_check_is_evidence_if_it_began_since_and_for_security_only_if_it_holds() -> None:
    kept = control_collection("ledger_checks")
    before = kept.find_one({"_id": "last"})
    opened("inc_service")
    opened("inc_security", kind="security")
    looked(NOW + MINUTE, audit="ok")
    told = {"ended_at": NOW + 2 * MINUTE, "accounts": 3, "entries": 1200, "transactions": 600, "findings": []}
    try:
        for began_at, broken in ((NOW - SECOND, {}), (NOW, {"sum": 1})):
            checked = {**told, "began_at": began_at, "broken": broken}
            kept.update({"_id": "last"}, {"$set": checked}, upsert=True)
            attend(NOW + 3 * MINUTE)
            assert "C31" not in ticked("inc_security")
            assert ("C08" in ticked("inc_service")) == bool(broken)
        kept.update({"_id": "last"}, {"$set": {"broken": {}}})
        attend(NOW + 4 * MINUTE)
    finally:
        kept.delete({"_id": "last"})
        if before:
            kept.insert(before)

    assert ticked("inc_service")["C08"] == "The ledger is broken: checked at 12:32, 1,200 entries."
    sentences = ("The ledger holds: checked at 12:32, 1,200 entries.", "doctor:audit was well at 12:31.")
    assert all(each in ticked("inc_security")["C31"] for each in sentences)


def test_a_box_with_several_sources_needs_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "_sources", {})
    said: list[Proof | None] = [Proof("One.", None), None]
    proofs.register("C08", lambda _since: said[0])
    proofs.register("C08", lambda _since: said[1])
    assert proofs.proof("C08", NOW) is None
    said[1] = Proof("Two.", "there")

    assert proofs.proof("C08", NOW) == Proof("One. Two.", "there")


def test_what_a_person_has_ticked_or_unticked_stays_theirs() -> None:
    by_hand = {"at": NOW, "by": "user_ada", "evidence": "looked", "note": None}
    opened(boxes={"C02": by_hand})
    attend(NOW)
    assert as_it_is()["boxes"]["C02"] == by_hand
    assert "C07" in ticked()
    gone = {"boxes.C02": "", "boxes.C07": ""}
    control_collection(records.NAME).update({"_id": "inc_one"}, {"$unset": gone})
    attend(NOW + MINUTE)

    assert as_it_is()["boxes"].keys().isdisjoint({"C02", "C07"})
    assert [text[:4] for kind, text in texts() if kind == "ticked"].count("C07:") == 1


def test_what_comes_afterwards_is_ticked_too_for_a_week() -> None:
    opened(severity="p2", state="resolved", resolved_at=NOW + MINUTE, resolution="It was started again.")
    attend(NOW + 2 * MINUTE)
    assert ticked() == {
        "C44": "Resolved at 2026-11-26 12:31, due by 2026-11-26 16:30.",
        "C45": "It was started again.",
    }
    changed(post_mortem={"text": "…", "at": NOW + 3 * MINUTE, "by": "user_ada"})
    changed(
        follow_ups=[
            {"id": "a", "what": "Alert earlier", "owner": "Ada", "due": "2026-12-01", "done_at": None}
        ]
    )
    attend(NOW + 4 * MINUTE)
    assert ticked()["C14"] == "Written by user_ada, 2026-11-26 12:33."
    assert ticked()["C15"] == "Alert earlier: Ada, 2026-12-01."
    assert control_collection(WORKINGS).find_one({"_id": "inc_one"}) is not None
    attend(NOW + MINUTE + attending.AFTERWARDS + SECOND)

    assert control_collection(WORKINGS).find_one({"_id": "inc_one"}) is None


def test_one_that_was_resolved_too_late_has_not_been_mended_in_time() -> None:
    opened(severity="p3", state="resolved", resolved_at=NOW + timedelta(hours=25), resolution="Done.")

    attend(NOW + timedelta(hours=26))

    assert "C48" not in ticked()


def test_normal_operations_are_resumed_when_all_is_well_and_changes_are_open() -> None:
    opened(kind="security")
    looked_well(NOW + MINUTE)
    closing.switch_on(reason="a breach", actor=ADA, now=NOW)
    try:
        attend(NOW + MINUTE)
        assert "C32" not in ticked()
    finally:
        closing.switch_off(reason="it is over", actor=ADA, now=NOW + 2 * MINUTE)
    attend(NOW + 2 * MINUTE)

    assert ticked()["C32"] == "Doctor, alerts and requests have been well for 15 minutes."
