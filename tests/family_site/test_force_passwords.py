"""Forcing new passwords. Source: inventory, C26; docs/decisions/0015."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from family_site.identity import fixes
from family_site.identity.actions import forcing_passwords, passwords
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.doctor.fixes.fix import CannotMendError
from ops.errors import ValidationFailedError
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_permanent_token, new_person, new_staff
from tests.mails import mails
from tests.world import TESTS

NEW, WHY = "Other-Long-8?", "They were stolen"


def force(user_id: str | None = None, *, actor: Actor = TESTS, **earlier: int) -> int:
    now = clock.now()
    before = now - timedelta(**earlier) if earlier else now
    return forcing_passwords.force(user_id, before=before, actor=actor, now=now, reason=WHY)


def log_in(person: Person, password: str = PASSWORD) -> Answer:
    return Api().post("/auth/login", {"username": person.username, "password": password})


def reset(person: Person, new: str = NEW) -> Answer:
    token = next(each.token for each in reversed(mails("reset_password")) if each.to == person.email)
    return Api().post("/auth/reset-password", {"token": token, "new_password": new})


def said(*words: str) -> str:
    out = StringIO()
    call_command("force_password", *words, stdout=out)
    return out.getvalue()


def flagged() -> set[str]:
    return {each["_id"] for each in documents("users")["users"] if each.get("new_password_since")}


def test_the_right_password_opens_nothing_and_says_how_to_go_on(person: Person) -> None:
    assert force(person.id) == 1

    right, wrong = log_in(person), log_in(person, "Wrong-Long-7!")

    assert right.problem == (403, "ACCOUNT_DISABLED")
    assert right.json["details"] == {"reason": "new_password_required"}
    assert "POST /auth/forgot-password" in right.json["message"]
    assert wrong.problem == (401, "INVALID_CREDENTIALS")


def test_sessions_and_permanent_tokens_end_at_once(person: Person) -> None:
    token = new_permanent_token(person)
    assert (Api(person).get("/auth/me").status, Api(token).get("/auth/me").status) == (200, 200)

    force(person.id)

    assert Api(person).get("/auth/me").problem == (401, "INVALID_TOKEN")
    assert Api(token).get("/auth/me").problem == (401, "INVALID_TOKEN")


def test_the_mailed_link_sets_another_and_the_flag_falls(person: Person) -> None:
    force(person.id)

    assert reset(person).status == 200

    assert log_in(person, NEW).status == 200
    assert flagged() == set()


def test_the_same_again_is_not_taken_and_the_link_stays_good(person: Person) -> None:
    force(person.id)

    assert reset(person, PASSWORD).faults == {("new_password", "not_allowed")}
    with pytest.raises(ValidationFailedError):
        passwords.set_password(person.id, PASSWORD, actor=TESTS, now=clock.now())
    assert reset(person).status == 200


def test_staff_sets_another_on_the_machine(person: Person) -> None:
    force(person.id)

    passwords.set_password(person.id, NEW, actor=TESTS, now=clock.now())

    assert log_in(person, NEW).status == 200


def test_the_pages_of_sign_in_refuse_as_well(person: Person) -> None:
    force(person.id)
    form = {"identifier": person.username, "password": PASSWORD}

    page = page_of("/sign-in", form)

    assert "You have to choose a new password." in page


def test_the_console_refuses_as_well() -> None:
    staff = new_staff(Role.OPERATOR)
    force(staff.id)

    page = page_of("/admin/login/", {"username": staff.username, "password": PASSWORD})

    assert "You have to choose a new password." in page


def page_of(path: str, form: dict[str, str]) -> str:
    """Return what a form of a page is answered with, to a browser that has signed in nowhere."""
    return Client().post(path, form, headers={"Accept": "text/html"}).content.decode()


def test_everybody_but_who_acts_and_who_is_disabled_gets_one_mail(person: Person, stranger: Person) -> None:
    staff = new_staff(Role.OPERATOR)

    assert force(actor=staff.actor) == 2

    assert flagged() == {person.id, stranger.id}
    assert sorted(each.to for each in mails("reset_password")) == sorted([person.email, stranger.email])
    assert force(actor=staff.actor) == 0
    assert sorted(each["target"] for each in audit("password.forced")) == sorted([person.id, stranger.id])
    assert {each["private"]["reason"] for each in audit("password.forced")} == {WHY}


def test_what_was_killed_goes_on_and_leaves_alone_who_has_chosen_another(
    person: Person, stranger: Person
) -> None:
    began = clock.now()

    def go_on() -> int:
        return forcing_passwords.force(None, before=began, actor=TESTS, now=clock.now(), reason=WHY)

    forcing_passwords.force(person.id, before=began, actor=TESTS, now=began, reason=WHY)
    reset(person)

    assert go_on() == 1
    assert flagged() == {stranger.id}
    assert log_in(person, NEW).status == 200


def test_it_is_undone_for_who_has_chosen_none_yet(person: Person, stranger: Person) -> None:
    force()
    reset(person)

    assert forcing_passwords.let_be(None, actor=TESTS, now=clock.now(), reason=WHY) == 1

    assert log_in(stranger).status == 200
    assert log_in(person).problem == (401, "INVALID_CREDENTIALS")
    (entry,) = audit("password.let_be")
    assert entry["target"] == stranger.id


def test_many_are_forced_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [new_person() for _ in range(5)]
    monkeypatch.setattr(forcing_passwords, "BATCH", 2)

    assert force() == 5

    assert flagged() == {each.id for each in people}


def test_the_command_plans_and_does_it(person: Person) -> None:
    before = documents()
    words = (person.username, "--reason", WHY)

    planned = said(*words)

    assert planned == (
        "end passwords, and all sessions, and mail links: 1\nNothing was changed; --apply does it.\n"
    )
    assert documents() == before
    assert said(*words, "--apply") == "passwords ended, links on their way: 1\n"
    assert said(*words, "--apply") == "There is nothing to do.\n"
    assert said(*words, "--undo", "--apply") == "passwords good again: 1\n"
    assert said("--all", "--before", "2020-01-01T00:00Z", "--reason", WHY) == "There is nothing to do.\n"


@pytest.mark.parametrize("words", [["nobody"], ["--all", "--before", "yesterday"]])
def test_who_or_what_is_not_understood_changes_nothing(words: list[str], person: Person) -> None:
    with pytest.raises(CommandError):
        said(*words, "--reason", WHY, "--apply")

    assert Api(person).get("/auth/me").status == 200


def test_a_fix_needs_a_reason(person: Person) -> None:
    before: dict[str, Any] = documents()
    for fix in fixes.FIXES:
        assert fix.permission == "ops.respond_security"
        with pytest.raises(CannotMendError):
            fix.apply({"user": person.username}, TESTS, None, clock.now())

    assert documents() == before
