"""Forgotten passwords. Source: HTTP contract, sections 1.2, 11 and 18 (rules 11, 12, 15, 17)."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from family_site.identity.actions import disabling
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from tests import commands
from tests.api import Answer, Api
from tests.console import Console
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_person
from tests.mails import mailed_token, mails
from tests.races import at_once

NEW = "Other-Long-8?"


def forgot(email: str, address: str = "127.0.0.1") -> Answer:
    return Api(address=address).post("/auth/forgot-password", {"email": email})


def reset(token: str, new: str = NEW) -> Answer:
    return Api().post("/auth/reset-password", {"token": token, "new_password": new})


def token_for(person: Person) -> str:
    assert forgot(person.email).status == 200
    return next(mail.token for mail in reversed(mails("reset_password")) if mail.to == person.email)


def log_in(person: Person, password: str = NEW, address: str = "127.0.0.1") -> Answer:
    body = {"username": person.username, "password": password}
    return Api(address=address).post("/auth/login", body)


def is_inside(person: Person) -> bool:
    return Api(person).get("/auth/me").status == 200


def user(person: Person) -> dict[str, Any]:
    (found,) = [each for each in documents("users")["users"] if each["_id"] == person.id]
    return found


def test_the_mailed_link_sets_a_password_once_and_ends_all_sessions(person: Person, stranger: Person) -> None:
    other = log_in(person, PASSWORD)
    token, before = token_for(person), audit()
    assert is_inside(person)

    answer = reset(token)

    assert answer.status == 200
    assert answer.json.keys() == {"status", "message", "transaction_safe"}
    (entry,) = [each for each in audit() if each not in before]
    assert (entry["action"], entry["actor"], entry["target"]) == ("password.reset", person.id, person.id)
    assert set(entry["after"]["sessions_ended"]) == {person.session_id, other.json["session_id"]}
    assert not is_inside(person)
    assert Api().post("/auth/refresh", {"refresh_token": other.json["refresh_token"]}).status == 401
    assert is_inside(stranger)
    assert log_in(person, PASSWORD).problem == (401, "INVALID_CREDENTIALS")
    assert log_in(person).status == 200
    assert reset(token, "Third-Long-9!").problem == (400, "INVALID_OR_EXPIRED_TOKEN")
    assert log_in(person).status == 200


def test_sessions_of_the_console_end() -> None:
    staff = new_person("operator", is_staff=True)
    console = Console(staff)

    assert reset(token_for(staff)).status == 200

    assert console.get("/admin/").goes_to == "/admin/login/?next=/admin/"


def test_nothing_of_a_user_but_password_its_time_and_stamp_changes(person: Person) -> None:
    collection("users").update({"_id": person.id}, {"$set": {"totp": {"secret": "sealed"}}})
    token, before = token_for(person), user(person)

    assert reset(token).status == 200

    after = user(person)
    assert {name for name in after if after[name] != before.get(name)} == {
        *("password", "password_at", "security_stamp")
    }
    assert after.keys() - before.keys() == {"password_at", "new_password_since"}


def test_no_answer_and_no_command_tells_who_has_an_address(person: Person, stranger: Person) -> None:
    disable(stranger)
    told = []
    for number, email in enumerate((person.email, stranger.email, "nobody@example.com")):
        with commands.recorded() as sent:
            answer = forgot(email, address=f"192.0.{number}.1")
        told.append((answer.status, answer.json, commands.steps(sent)))

    counted = ["findAndModify sign_in_failures", "findAndModify sign_in_failures"]
    message = "If the address has an account, a mail with a link is on its way to it."
    body = {"status": "success", "message": message, "transaction_safe": True}
    assert told == [(200, body, [*counted, "insert link_requests"])] * 3
    assert [mail.to for mail in mails("reset_password")] == [person.email]
    assert [each["target"] for each in audit("password.reset_requested")] == [person.id]


def test_links_asked_for_are_limited_by_address_and_by_identifier() -> None:
    for number in range(5):
        assert forgot("robin@example.com", address=f"192.0.2.{number}").status == 200
        assert forgot(f"bird{number}@example.com", address="198.51.100.1").status == 200

    by_name = forgot("ROBIN@example.com", address="203.0.113.1")
    by_address = forgot("wren@example.com", address="198.51.100.1")

    for answer, scope in ((by_name, "identifier"), (by_address, "address")):
        assert answer.problem == (429, "RATE_LIMIT_EXCEEDED")
        facts = {"operation": "password_forgot", "limit": 5, "window": 3600, "scope": scope}
        assert answer.json["details"] == facts
    assert len(documents("link_requests")["link_requests"]) == 10
    assert Api().post("/auth/resend-verification", {"email": "robin@example.com"}).status == 200


def test_the_lock_of_failed_sign_ins_is_lifted_wherever_they_came_from(
    person: Person, stranger: Person
) -> None:
    for number in range(4):
        for _ in range(5):
            log_in(person, "Quite-Wrong-7!", address=f"192.0.2.{number}")
    for _ in range(5):
        log_in(stranger, "Quite-Wrong-7!", address="192.0.2.9")
    token = token_for(person)
    assert log_in(person, PASSWORD).status == 429

    assert reset(token).status == 200

    assert log_in(person).status == 200
    assert log_in(person, address="192.0.2.1").status == 200
    assert log_in(stranger, PASSWORD, address="192.0.2.9").status == 429
    assert forgot(person.email).status == 200  # what was asked for still counts
    asked = [each["count"] for each in documents("sign_in_failures")["sign_in_failures"]]
    assert asked.count(2) >= 2


def test_after_an_hour_the_link_is_over(person: Person) -> None:
    token, before = token_for(person), user(person)
    (link,) = documents("challenges")["challenges"]
    assert link["expires_at"] - link["created_at"] == timedelta(hours=1)
    collection("challenges").update({"_id": link["_id"]}, {"$set": {"expires_at": clock.now()}})

    assert reset(token).problem == (400, "INVALID_OR_EXPIRED_TOKEN")
    assert user(person) == before


def test_a_link_that_is_asked_for_again_voids_the_one_before(person: Person) -> None:
    first, second = token_for(person), token_for(person)

    assert reset(first).problem == (400, "INVALID_OR_EXPIRED_TOKEN")
    assert reset(second).status == 200


def move_away(person: Person) -> None:
    Api(person).put("/auth/email", {"email": "moved@example.com", "password": PASSWORD})
    Api().post("/auth/verify-email", {"token": mailed_token("confirm_new_email")})


def change_password(person: Person) -> None:
    body = {"current_password": PASSWORD, "new_password": "Third-Long-9!"}
    Api(person).put("/auth/change-password", body)


def disable(person: Person) -> None:
    disabling.disable(person.id, actor=Actor.system("tests"), now=clock.now(), reason="Lost device")


def disable_and_enable(person: Person) -> None:
    disable(person)
    disabling.enable(person.id, actor=Actor.system("tests"), now=clock.now(), reason="Found again")


@pytest.mark.parametrize("meanwhile", [move_away, change_password, disable, disable_and_enable])
def test_what_happens_meanwhile_voids_the_link(person: Person, meanwhile: Callable[[Person], None]) -> None:
    token = token_for(person)
    meanwhile(person)
    before = documents("users", "sessions", "audit_log", "challenges")

    assert reset(token).problem == (400, "INVALID_OR_EXPIRED_TOKEN")

    assert documents("users", "sessions", "audit_log", "challenges") == before
    assert mails("reset_password") == []


def test_a_weak_password_is_refused_and_uses_nothing_up(person: Person) -> None:
    token, before = token_for(person), documents()

    assert reset(token, "lowercase-7!").faults == {("new_password", "invalid_format")}
    assert reset(token, "Sh0rt-!").faults == {("new_password", "too_short")}
    assert documents() == before
    assert reset(token).status == 200


def test_a_new_password_like_the_name_is_refused() -> None:
    goldfinch = new_person("goldfinch")

    assert reset(token_for(goldfinch), "Goldfinch-77!").faults == {("new_password", "invalid_format")}


def test_a_token_of_nothing_changes_nothing(person: Person) -> None:
    token_for(person)
    before = documents()

    for token in ("x" * 43, before["challenges"][0]["link"]["digest"], before["challenges"][0]["_id"]):
        assert reset(token).problem == (400, "INVALID_OR_EXPIRED_TOKEN")
    assert documents() == before


def test_a_confirmation_of_the_same_address_goes_on() -> None:
    Api().post("/auth/register", {"username": "robin", "email": "robin@example.com", "password": PASSWORD})
    confirmation = mailed_token("confirm_email")
    forgot("robin@example.com")
    assert reset(mailed_token("reset_password")).status == 200

    assert Api().post("/auth/verify-email", {"token": confirmation}).status == 200


def test_a_wished_change_of_address_does_not_go_on(person: Person) -> None:
    Api(person).put("/auth/email", {"email": "moved@example.com", "password": PASSWORD})
    moving, token = mailed_token("confirm_new_email"), token_for(person)
    assert reset(token).status == 200

    assert Api().post("/auth/verify-email", {"token": moving}).problem == (400, "INVALID_OR_EXPIRED_TOKEN")


def test_of_parallel_resets_one_wins(person: Person) -> None:
    token, before = token_for(person), len(audit())
    passwords = [f"Other-Long-{number}?" for number in range(4)]

    answers = at_once([partial(reset, token, each) for each in passwords])

    won = [new for new, answer in zip(passwords, answers, strict=True) if answer.status == 200]
    assert len(won) == 1
    assert sorted(each.status for each in answers) == [200, 400, 400, 400]
    assert len(audit()) == before + 1
    assert log_in(person, won[0]).status == 200


def test_of_a_reset_and_a_change_at_once_one_wins(person: Person) -> None:
    token, before = token_for(person), len(audit())
    body = {"current_password": PASSWORD, "new_password": "Third-Long-9!"}
    change = partial(Api(person).put, "/auth/change-password", body)

    was_reset, was_changed = at_once([partial(reset, token), change])

    assert (was_reset.status == 200) != (was_changed.status == 200)
    assert len(audit()) == before + 1
    holds, holds_not = (NEW, "Third-Long-9!") if was_reset.status == 200 else ("Third-Long-9!", NEW)
    assert (log_in(person, holds).status, log_in(person, holds_not).status) == (200, 401)
    assert is_inside(person) == (was_changed.status == 200)
