"""Staff disable and enable users, and end sessions, in the console."""

from collections.abc import Callable
from functools import partial

import pytest

from family_site.identity.roles import Role
from ops.mongo.collections import collection
from tests.api import Api
from tests.console import LIST, Console
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_person, new_staff
from tests.races import at_once

USERS, SESSIONS = LIST["users"], LIST["sessions"]


def address(which: str, identifier: str) -> str:
    return f"{LIST[which]}{identifier.replace('_', '_5F')}/change/"


def is_in_force(session_id: str) -> bool:
    (found,) = [each for each in documents("sessions")["sessions"] if each["_id"] == session_id]
    return found["revoked_at"] is None


@pytest.fixture
def staff() -> Person:
    return new_person("operator", is_staff=True)


@pytest.fixture
def console(staff: Person) -> Console:
    return Console(staff)


def test_a_disabled_user_is_out_at_once_and_back_after_they_are_enabled(
    console: Console, api: Callable[..., Api], person: Person
) -> None:
    signing_in = {"username": person.username, "password": PASSWORD}
    assert api(person).get("/auth/me").status == 200

    console.confirm(address("users", person.id), "disable")

    assert api(person).get("/auth/me").status == 401
    assert api().post("/auth/login", signing_in).problem == (403, "ACCOUNT_DISABLED")
    assert "Enable…" in console.get(address("users", person.id)).text
    console.confirm(address("users", person.id), "enable", reason="it was a mistake")
    assert api(person).get("/auth/me").status == 401
    assert api().post("/auth/login", signing_in).status == 200
    assert [each["private"]["reason"] for each in audit("user.enabled")] == ["it was a mistake"]


def test_nobody_disables_themselves(console: Console, staff: Person) -> None:
    before = documents("users", "audit_log")

    console.confirm(address("users", staff.id), "disable")

    assert console.get(address("users", staff.id)).told.startswith("Disable operator: refused. ")
    assert documents("users", "audit_log") == before


@pytest.mark.parametrize("superuser", [False, True])
def test_staff_are_shut_out_by_superusers_only(staff: Person, *, superuser: bool) -> None:
    colleague = new_staff(Role.OPERATOR)
    console = Console(staff if superuser else new_staff(Role.SUPPORT))
    before = documents("users", "audit_log")

    foreseen = console.ask(address("users", colleague.id), "disable").text
    console.confirm(address("users", colleague.id), "disable")

    assert ("all their sessions end" in foreseen) is superuser
    assert (documents("users", "audit_log") != before) is superuser


def test_two_confirmations_at_once_are_one_change(staff: Person, person: Person) -> None:
    consoles = [Console(staff), Console(staff)]

    answers = at_once([partial(each.confirm, USERS, "disable", person.id) for each in consoles])

    assert [answer.goes_to for answer in answers] == [USERS, USERS]
    assert [each["target"] for each in audit("user.disabled")] == [person.id]


def test_support_disables_and_ends_what_an_auditor_only_sees(person: Person) -> None:
    support, auditor = Console(new_staff(Role.SUPPORT)), Console(new_staff(Role.AUDITOR))
    asked = [(USERS, "disable", person.id), (SESSIONS, "end", person.session_id)]
    before = documents("users", "audit_log")

    seen = [auditor.confirm(*each).status for each in asked]

    assert seen == [403, 403]
    assert documents("users", "audit_log") == before
    assert is_in_force(person.session_id)
    assert [support.confirm(*each).status for each in reversed(asked)] == [302, 302]
    assert [len(audit("session.revoked")), len(audit("user.disabled"))] == [1, 1]


def test_sessions_end_one_by_one_from_their_list(
    console: Console, api: Callable[..., Api], person: Person, stranger: Person
) -> None:
    console.confirm(SESSIONS, "end", stranger.session_id)

    asked = console.ask(SESSIONS, "end", stranger.session_id, person.session_id)
    page = console.confirm(SESSIONS, "end", stranger.session_id, person.session_id)

    effect = "It ends at once; its user can sign in again."
    over = ["unchanged", "Already over."]
    assert [line[1:] for line in asked.table("What will happen")] == [over, ["change", effect]]
    assert [line[1:] for line in page.table("What became of it")] == [over, ["done", ""]]
    assert [api(each).get("/auth/me").status for each in (person, stranger)] == [401, 401]
    assert [each["target"] for each in audit("session.revoked")] == [stranger.session_id, person.session_id]
    assert {each["private"]["reason"] for each in audit("session.revoked")} == {"as asked by phone"}
    assert "End session" not in console.get(address("sessions", person.session_id)).text


def test_who_ends_the_session_they_use_is_told_before_and_signs_in_again(console: Console) -> None:
    (own,) = [each["_id"] for each in documents("sessions")["sessions"] if each["kind"] == "browser"]

    asked = console.ask(address("sessions", own), "end")
    done = console.confirm(address("sessions", own), "end")

    assert asked.table("What will happen")[0][2] == (
        "It is the one you are using: you will have to sign in again."
    )
    assert done.goes_to == address("sessions", own)
    assert not is_in_force(own)
    assert console.get(done.goes_to).goes_to.startswith("/admin/login/")


def test_who_has_lost_the_role_meanwhile_is_refused(person: Person) -> None:
    console = Console(helper := new_staff(Role.SUPPORT))
    assert console.ask(USERS, "disable", person.id).status == 200
    collection("users").update({"_id": helper.id}, {"$set": {"staff_roles": [Role.AUDITOR]}})
    before = documents("users", "audit_log")

    assert console.confirm(USERS, "disable", person.id).status == 403
    assert documents("users", "audit_log") == before
