"""Roles of staff: what each may, how they are given and taken, what the console makes of them."""

from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command

from family_site.identity import queries
from family_site.identity import roles as table
from family_site.identity.actions import roles
from family_site.identity.models import User
from family_site.identity.roles import PERMISSIONS, Role
from ops import clock
from ops.actors import EVERYTHING, Actor, ActorKind
from ops.console import panels
from ops.console.actions import ConfirmedAction
from ops.console.pages import ConsoleAdmin
from ops.errors import InsufficientPermissionsError, NotFoundError
from ops.mongo.collections import collection
from tests import commands
from tests.api import Api
from tests.console import LIST, Console, document_page
from tests.database import audit, documents
from tests.factories import Person, new_person, new_staff

REASON = "joined the team"
ELSEWHERE = "203.0.113.7"  # where only staff are told details


def grant(person: Person, role: Role) -> bool:
    return roles.grant(person.id, role, actor=Actor.shell(), now=clock.now(), reason=REASON)


def revoke(person: Person, role: Role) -> bool:
    return roles.revoke(person.id, role, actor=Actor.shell(), now=clock.now(), reason=REASON)


def rights_of(person: Person) -> tuple[bool, bool, list[str]]:
    (user,) = [each for each in documents("users")["users"] if each["_id"] == person.id]
    return user["is_staff"], user["is_superuser"], user["staff_roles"]


def is_staff_of_the_api(person: Person) -> bool:
    components = Api(person, address=ELSEWHERE).get("/health").json["components"]
    return "latency_ms" in components["mongodb"]


# What each may ------------------------------------------------------------------------------------


def test_the_migrations_write_what_the_table_says() -> None:
    stored = {each["_id"]: set(each["permissions"]) for each in documents("staff_roles")["staff_roles"]}

    assert stored == {str(role): set(table.permissions_of(role)) for role in Role}
    assert stored["superuser"] == {EVERYTHING}


def test_the_auditor_sees_everything_and_changes_nothing() -> None:
    views = {each for each in PERMISSIONS if each.partition(".")[2].startswith("view_")}

    assert table.permissions_of(Role.AUDITOR) == views


def test_whatever_the_console_asks_for_is_some_roles_right() -> None:
    pages = [page for page in admin.site._registry.values() if isinstance(page, ConsoleAdmin)]  # noqa: SLF001  # no other way to all of them
    asked = {f"{page.opts.app_label}.view_{page.opts.model_name}" for page in pages}
    for page in pages:
        actions = [getattr(type(page), name) for name in page.actions]
        asked |= {each.permission for each in actions if isinstance(each, ConfirmedAction)}
    for registered in (panels._FIRST, panels._LAST):  # noqa: SLF001  # as above
        asked |= {permission for added in registered.values() for permission, _ in added}

    assert asked <= PERMISSIONS.keys()


def test_a_right_is_of_active_staff_only() -> None:
    user = User.objects.get(pk=new_staff(Role.SUPPORT).id)
    assert user.has_perm("identity.view_user")
    assert user.get_all_permissions() == set(table.permissions_of(Role.SUPPORT))
    assert (user.has_module_perms("identity"), user.has_module_perms("tokens")) == (True, False)
    assert not user.has_perm("identity.view_user", user)  # none is of one document

    for right in ("is_active", "is_staff"):
        other = User.objects.get(pk=user.pk)
        setattr(other, right, False)
        assert not other.has_perm("identity.view_user")
        assert not other.has_module_perms("identity")


def test_two_roles_may_what_each_of_them_may() -> None:
    person = new_staff(Role.SUPPORT)
    grant(person, Role.OPERATOR)

    may = User.objects.get(pk=person.id).get_all_permissions()

    assert may == set(table.permissions_of(Role.SUPPORT) | table.permissions_of(Role.OPERATOR))


# Giving and taking --------------------------------------------------------------------------------


def test_a_role_is_given_and_taken_and_both_are_on_record(person: Person) -> None:
    assert grant(person, Role.SUPPORT)
    assert rights_of(person) == (True, False, ["support"])
    assert grant(person, Role.AUDITOR)
    assert rights_of(person) == (True, False, ["auditor", "support"])
    assert revoke(person, Role.SUPPORT)
    assert rights_of(person) == (True, False, ["auditor"])
    assert revoke(person, Role.AUDITOR)
    assert rights_of(person) == (False, False, [])

    given, _ = audit("role.granted")
    assert (given["target"], given["private"]["reason"]) == (person.id, REASON)
    assert given["before"] == {"is_staff": False, "is_superuser": False, "staff_roles": []}
    assert given["after"] == {"is_staff": True, "is_superuser": False, "staff_roles": ["support"]}
    assert [each["after"]["staff_roles"] for each in audit("role.revoked")] == [["auditor"], []]


def test_the_superuser_is_a_role_as_well(person: Person) -> None:
    assert grant(person, Role.SUPERUSER)
    assert rights_of(person) == (True, True, [])
    assert revoke(person, Role.SUPERUSER)
    assert rights_of(person) == (False, False, [])


def test_what_is_so_already_changes_nothing(person: Person) -> None:
    grant(person, Role.SUPPORT)
    bare = new_person()
    collection("users").update({"_id": bare.id}, {"$set": {"is_staff": True}})
    before = documents()

    assert not grant(person, Role.SUPPORT)
    assert not revoke(person, Role.FINANCE)
    assert not revoke(bare, Role.FINANCE)

    assert documents() == before


def test_nobody_raises_their_own_rights() -> None:
    person = new_staff(Role.SUPPORT)
    actor = Actor(ActorKind.STAFF, person.id, permissions=frozenset({EVERYTHING}))
    before = documents()

    for act in (roles.grant, roles.revoke):
        with pytest.raises(InsufficientPermissionsError):
            act(person.id, Role.SUPERUSER, actor=actor, now=clock.now(), reason=REASON)
    with pytest.raises(NotFoundError):
        roles.grant("user_nobody", Role.SUPPORT, actor=actor, now=clock.now(), reason=REASON)

    assert documents() == before


def test_being_staff_of_the_api_holds_from_the_next_request_on_and_sessions_go_on(person: Person) -> None:
    assert not is_staff_of_the_api(person)  # and is remembered so

    grant(person, Role.SUPPORT)
    assert is_staff_of_the_api(person)

    revoke(person, Role.SUPPORT)
    assert not is_staff_of_the_api(person)
    assert Api(person).get("/auth/me").json["is_staff"] is False


# In the console -----------------------------------------------------------------------------------


def test_a_role_that_is_taken_closes_its_pages_at_once() -> None:
    person = new_staff(Role.SUPPORT)
    grant(person, Role.OPERATOR)
    console = Console(person)
    assert (console.get(LIST["users"]).status, console.get(LIST["audit"]).status) == (200, 200)

    revoke(person, Role.SUPPORT)
    assert (console.get(LIST["users"]).status, console.get(LIST["audit"]).status) == (403, 200)

    revoke(person, Role.OPERATOR)
    assert console.get(LIST["audit"]).goes_to == "/admin/login/?next=/admin/ops/auditentry/"


def test_staff_without_a_role_are_told_why_the_console_is_empty(person: Person) -> None:
    collection("users").update({"_id": person.id}, {"$set": {"is_staff": True}})

    page = Console(person).get("/admin/")

    assert page.status == 200
    assert "You are a member of staff without a role that opens anything here." in page.text
    assert f"manage.py grant_role {person.username} ROLE --reason WHY" in page.text
    assert page.links.isdisjoint(LIST.values())


def test_rights_cost_one_look_a_page_and_none_for_a_superuser() -> None:
    def looks(role: Role, path: str) -> list[str]:
        console = Console(new_staff(role))
        with commands.recorded() as sent:
            assert console.get(path).status == 200
        return [each for each in commands.steps(sent) if "staff_roles" in each or "auth_" in each]

    assert looks(Role.AUDITOR, "/admin/") == ["aggregate staff_roles"]
    assert looks(Role.AUDITOR, LIST["users"]) == ["aggregate staff_roles"]
    assert looks(Role.SUPERUSER, "/admin/") == []


def test_a_user_shows_their_roles_and_a_role_what_it_may() -> None:
    person = new_staff(Role.OPERATOR)
    grant(person, Role.FINANCE)
    console = Console(new_staff(Role.SUPERUSER))

    assert console.get(document_page(LIST["users"], person.id)).field("Roles of staff") == "finance, operator"
    rows = console.get("/admin/identity/staffrole/").rows
    assert [row[0] for row in rows] == ["auditor", "finance", "operator", "superuser", "support"]
    assert rows[3] == ["superuser", "everything"]
    assert "families.view_family" in console.get("/admin/identity/staffrole/support/change/").field("May")


# From the shell -----------------------------------------------------------------------------------


def run(name: str, *arguments: str) -> str:
    told = StringIO()
    call_command(name, *arguments, stdout=told)
    return told.getvalue().strip()


def test_roles_from_the_shell(person: Person) -> None:
    name, reason = person.username, f"--reason={REASON}"

    assert run("grant_role", name, "support", reason) == f"{name} has the role support."
    assert run("grant_role", person.email, "support", reason) == f"{name} already had the role support."
    assert rights_of(person) == (True, False, ["support"])
    assert run("revoke_role", name, "support", reason) == f"{name} no longer has the role support."
    assert run("revoke_role", name, "support", reason) == f"{name} did not have the role support."

    (entry,) = audit("role.revoked")
    assert (entry["actor"], entry["actor_kind"]) == (Actor.shell().id, "shell")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nobody", "support", "--reason=joined the team"], "There is no user nobody"),
        (["ada", "king", "--reason=joined the team"], "invalid choice: 'king'"),
        (["ada", "support"], "--reason"),
        (["ada", "support", "--reason=  why "], "5 to 500 characters"),
    ],
)
def test_the_shell_refuses_in_one_line(arguments: list[str], told: str) -> None:
    new_person("ada")
    before: dict[str, Any] = documents()

    for name in ("grant_role", "revoke_role"):
        with pytest.raises(CommandError, match=told):
            run(name, *arguments)

    assert documents() == before


def test_what_one_may_is_known_to_the_api_from_the_next_request_on(person: Person) -> None:
    def permissions() -> set[str]:
        assert Api(person).get("/auth/me").status == 200
        return set(queries.live_session(person.session_id, person.id, None)["permissions"])

    assert permissions() == set()
    grant(person, Role.SUPPORT)
    assert permissions() == set(table.permissions_of(Role.SUPPORT))
    revoke(person, Role.SUPPORT)
    assert permissions() == set()
