"""Each action leaves exactly one audit entry, and none when there was nothing to change.

The actions are found in the code: one without a row here fails. Source: HTTP contract, section 18 (rule 17).
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

import families.actions
import families.invitations.actions
import family_site.identity.actions
import tokens.actions
from families.actions import changing, founding, inviting, joining, limiting, members, preferring
from families.actions.limiting import Wanted
from families.invitations.actions import upkeep
from families.rules import RelationshipType
from families.rules.limits import LimitType
from family_site.identity.actions import (
    confirming,
    disabling,
    ending,
    passwords,
    refreshing,
    registration,
    roles,
    sessions,
    signing_in,
)
from family_site.identity.roles import Role
from ops import clock
from ops.links import LinkKind
from tests import audited_topics
from tests.api import Api
from tests.audited import HOUSE, WHY, Row, at, by_staff, later
from tests.database import audit, empty_all
from tests.factories import (
    PASSWORD,
    Person,
    new_family,
    new_invitation,
    new_link,
    new_person,
    new_staff,
    token_of,
)
from tests.snapshot import Snapshot

ROOMS = (
    families.actions,
    families.invitations.actions,
    family_site.identity.actions,
    tokens.actions,
)
# Part of an action that is audited as a whole, so with no entry of their own.
PARTS = {
    "sessions.start_session": "of signing up, or of opening a session",
    "sessions.note_sign_in": "of opening a session",
    "sessions.end_sessions": "of whatever ends them",
    "signing_in.recognised": "looks at a password, and opens nothing",
    "access.right_missing": "says what is missing for a change of rules, and changes nothing",
    "asking.ask": "looks at nobody: the job that answers writes the entry of the link it mails",
    "members.enter": "of joining, or of accepting an invitation",
    **audited_topics.PARTS,
}
# Actions that leave none, as the contract's column of effects has it.
UNRECORDED = {
    "reading.mark_read": "`read_at` only: it tells of nobody but the reader, and undoes nothing",
    "reading.mark_all_read": "as above",
}


def signed_in(person: Person) -> Mapping[str, Any]:
    body = {"username": person.username, "password": PASSWORD}
    tokens_: Mapping[str, Any] = Api().post("/auth/login", body).json
    return tokens_


def joined(person: Person) -> None:
    members.join(HOUSE["family"], person.id, **by_staff())


def changed(person: Person) -> None:
    changing.change(HOUSE["own"], {"name": "Owls"}, **at(person))


def invited(person: Person) -> None:
    kind = RelationshipType.COUSIN
    inviting.invite(HOUSE["own"], "wren@example.com", kind, by_username=False, **at(person))


def invitations(family: str, host: Person, guest: Person) -> dict[str, Any]:
    """Return one that is an hour old, and one that has expired a day ago."""
    now = clock.now()
    received = new_invitation(family, host, guest.email, now=now - timedelta(hours=1))
    old = new_invitation(family, host, "old@example.com", now=now - timedelta(days=8))
    upkeep.expire([old], **by_staff())
    return {"invitation": received, "received": received["_id"], "token": token_of(received)}


ROWS: dict[str, Row] = {
    **audited_topics.ROWS,
    "changing.change": Row(changed, "family.updated"),
    "preferring.change": Row(
        lambda p: preferring.change({"email_notifications": False}, **at(p)), "preferences.changed"
    ),
    "limiting.set_limits": Row(
        lambda p: limiting.set_limits(p.id, Wanted({LimitType.MEMBERS: 9}, WHY), **by_staff()),
        "limits.changed",
        again=1,
    ),
    "founding.found": Row(lambda p: founding.found("Larks", **at(p)), "family.created", again=1),
    "members.join": Row(joined, "member.joined"),
    "inviting.invite": Row(invited, "invitation.created"),
    "inviting.resend": Row(
        lambda p: inviting.resend(HOUSE["own"], HOUSE["sent"], **at(p)), "invitation.resent", again=1
    ),
    "inviting.resend_by_staff": Row(
        lambda _: inviting.resend_by_staff(HOUSE["sent"], **by_staff(), reason=WHY),
        "invitation.resent",
        again=1,
    ),
    "inviting.hand_over": Row(
        lambda p: inviting.hand_over(HOUSE["own"], HOUSE["sent"], **at(p)), "invitation.link_made", again=1
    ),
    "inviting.cancel": Row(
        lambda p: inviting.cancel(HOUSE["own"], HOUSE["sent"], **at(p)), "invitation.cancelled"
    ),
    "inviting.cancel_by_staff": Row(
        lambda _: inviting.cancel_by_staff(HOUSE["sent"], **by_staff(), reason=WHY), "invitation.cancelled"
    ),
    "inviting.expire_by_staff": Row(
        lambda _: inviting.expire_by_staff(HOUSE["sent"], **by_staff(), reason=WHY), "invitation.expired"
    ),
    "joining.accept": Row(lambda p: joining.accept(HOUSE["received"], **at(p)), "invitation.accepted"),
    "joining.accept_by_link": Row(
        lambda p: joining.accept_by_link(HOUSE["token"], **at(p)), "invitation.accepted"
    ),
    "joining.decline": Row(lambda p: joining.decline(HOUSE["received"], **at(p)), "invitation.declined"),
    "joining.decline_by_link": Row(
        lambda _: joining.decline_by_link(HOUSE["token"], **by_staff()), "invitation.declined"
    ),
    # By then one that is an hour old is due, and one that was sent just now is not.
    "upkeep.expire": Row(
        lambda _: upkeep.expire([HOUSE["invitation"]], **later(days=7)), "invitation.expired"
    ),
    "upkeep.expire_overdue": Row(
        lambda _: upkeep.expire_overdue(**later(days=6, hours=23, minutes=30)), "invitation.expired"
    ),
    "upkeep.remind_due": Row(
        lambda _: upkeep.remind_due(**later(days=4, hours=23, minutes=30)), "invitation.reminded"
    ),
    "upkeep.blank_old_addresses": Row(
        lambda _: upkeep.blank_old_addresses(**later(days=29)), "invitation.blanked"
    ),
    "disabling.disable": Row(lambda p: disabling.disable(p.id, **by_staff(), reason=WHY), "user.disabled"),
    "disabling.enable": Row(
        lambda _: disabling.enable(HOUSE["off"], **by_staff(), reason=WHY), "user.enabled"
    ),
    "confirming.confirm": Row(
        lambda _: confirming.confirm(HOUSE["confirmation"], **by_staff()), "email.confirmed"
    ),
    "confirming.ask_for_change": Row(
        lambda p: confirming.ask_for_change("new@example.com", PASSWORD, **at(p)),
        "email.change_requested",
        again=1,
    ),
    "confirming.confirm_by_staff": Row(
        lambda p: confirming.confirm_by_staff(p.id, **by_staff(), reason=WHY), "email.confirmed"
    ),
    "passwords.reset_password": Row(
        lambda _: passwords.reset_password(HOUSE["reset"], "Other-Long-8?", **by_staff()), "password.reset"
    ),
    "passwords.set_password": Row(
        lambda p: passwords.set_password(p.id, "Other-Long-8?", **by_staff()), "password.changed", again=1
    ),
    "passwords.change_password": Row(
        lambda p: passwords.change_password(PASSWORD, "Other-Long-8?", **at(p)), "password.changed"
    ),
    "refreshing.refresh": Row(
        lambda _: refreshing.refresh(HOUSE["tokens"]["refresh_token"], **by_staff()), "session.refreshed"
    ),
    "registration.register": Row(
        lambda _: registration.register("wren", "wren@example.com", PASSWORD, **by_staff()), "user.registered"
    ),
    "registration.sign_up": Row(
        lambda _: registration.sign_up("wren", "wren@example.com", PASSWORD, **by_staff()), "user.registered"
    ),
    "registration.sign_up_by_browser": Row(
        lambda _: registration.sign_up_by_browser("wren", "wren@example.com", PASSWORD, **by_staff()),
        "user.registered",
    ),
    "roles.grant": Row(lambda p: roles.grant(p.id, Role.SUPPORT, **by_staff(), reason=WHY), "role.granted"),
    "roles.revoke": Row(
        lambda _: roles.revoke(HOUSE["clerk"].id, Role.SUPPORT, **by_staff(), reason=WHY), "role.revoked"
    ),
    "signing_in.log_in": Row(
        lambda p: signing_in.log_in(p.username, PASSWORD, **by_staff()), "session.opened", again=1
    ),
    "signing_in.open_session": Row(
        lambda _: signing_in.open_session(HOUSE["user"], **by_staff()), "session.opened", again=1
    ),
    "sessions.log_out": Row(lambda p: sessions.log_out(**at(p)), "session.revoked"),
    "sessions.revoke": Row(
        lambda p: sessions.revoke(HOUSE["tokens"]["session_id"], **at(p)), "session.revoked"
    ),
    "sessions.revoke_others": Row(lambda p: sessions.revoke_others(**at(p)), "session.revoked"),
    "sessions.end_by_staff": Row(
        lambda p: sessions.end_by_staff(p.session_id, **by_staff(), reason=WHY), "session.revoked"
    ),
    "ending.end_all_by_staff": Row(
        lambda p: ending.end_all_by_staff(p.id, **by_staff(), reason=WHY), "session.revoked"
    ),
}


def actions() -> Iterator[str]:
    """Yield each public function of the rooms of actions that is told who acts."""
    for room in ROOMS:
        for found in pkgutil.iter_modules(room.__path__):
            module = importlib.import_module(f"{room.__name__}.{found.name}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                own = function.__module__ == module.__name__ and not name.startswith("_")
                if own and "actor" in inspect.signature(function).parameters:
                    yield f"{found.name}.{name}"


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Person, Snapshot]]:
    """One of everything, made for all rows."""
    person, off = new_person(), new_person()
    disabling.disable(off.id, **by_staff(), reason=WHY)
    own, host = new_family(person)["_id"], new_person()
    family = new_family(host)["_id"]
    HOUSE.clear()
    HOUSE.update(
        own=own,
        family=family,
        sent=new_invitation(own, person, host.email)["_id"],
        **invitations(family, host, person),
        off=off.id,
        clerk=new_staff(Role.SUPPORT),
        user=registration.register("lark", "lark@example.com", PASSWORD, **by_staff()),
        tokens=signed_in(person),
        confirmation=new_link(LinkKind.CONFIRM_EMAIL, person),
        reset=new_link(LinkKind.RESET_PASSWORD, person),
        **audited_topics.house(),
    )
    yield person, Snapshot.taken()
    empty_all()


@pytest.fixture
def _emptied(made: tuple[Person, Snapshot]) -> Iterator[None]:
    """Keep the house from row to row, and put back what a row changed."""
    with made[1].restoring():
        yield


@pytest.fixture
def person(made: tuple[Person, Snapshot]) -> Person:
    """Somebody in the house."""
    return made[0]


def test_every_action_has_a_row() -> None:
    assert set(actions()) == {*ROWS, *PARTS, *UNRECORDED}


@pytest.mark.parametrize("name", ROWS)
def test_an_action_leaves_one_entry_and_none_when_it_changes_nothing(person: Person, name: str) -> None:
    row, before = ROWS[name], audit()

    row.call(person)

    first = audit()
    (entry,) = [each for each in first if each not in before]
    assert entry["action"] == row.says

    with suppress(Exception):  # a refusal changes nothing, either
        row.call(person)

    assert len(audit()) == len(first) + row.again
