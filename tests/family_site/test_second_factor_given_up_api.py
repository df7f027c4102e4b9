"""The caller's second factor, when it is there: replaced, or turned off.

Source: HTTP contract, sections 11 (2fa/disable, 2fa/reset), 17 (second factor) and 18 (rules 16 and 17).
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from family_site.identity import totp
from family_site.identity.actions import second_factor
from family_site.identity.queries import user_by_id
from family_site.identity.roles import Role
from ops import clock
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person
from tests.family_site.answering import (
    NOBODY_GETS_IN,
    OFF,
    ON,
    STORED,
    answered,
    challenged,
    factor,
    failures,
    forget_used_codes,
    give_up,
    last_warning,
    log_in,
    status,
    verify,
    wrong,
)
from tests.second_factors import Secured, code_of, secured, secured_staff, without_it
from tests.tokens.calls import set_clock

# Replacing ----------------------------------------------------------------------------------------


def test_the_old_one_holds_until_a_code_of_the_new_one_has_come(person: Person) -> None:
    someone = secured(person)

    made = give_up(someone, "reset", someone.code())

    assert made.status == 200
    assert {name: made.json[name] for name in ON} == {**ON, "pending": True}
    new = Secured(person, made.json["totp_secret"], [])
    assert new.secret != someone.secret
    assert log_in(person, two_fa_code=new.code()).problem == NOBODY_GETS_IN
    assert log_in(person, two_fa_code=someone.code(1)).status == 200
    assert audit("second_factor.replaced") == []

    codes = verify(person, new.code()).json["backup_codes"]

    assert set(codes).isdisjoint(someone.backup_codes)
    assert len(audit("second_factor.replaced")) == 1
    assert last_warning() == (person.email, "second_factor_replaced")
    forget_used_codes(someone)
    for old in (someone.code(), someone.backup_codes[0]):
        assert log_in(person, two_fa_code=old).problem == NOBODY_GETS_IN
    assert answered(challenged(new), codes[0]).status == 200


def test_a_secret_that_is_not_verified_in_time_leaves_the_old_one(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = secured(person)
    new = give_up(someone, "reset", someone.code()).json["totp_secret"]

    set_clock(monkeypatch, clock.now() + timedelta(minutes=10))

    assert verify(person, code_of(new)).problem == (400, "TWO_FACTOR_STATE")
    assert status(person) == {**ON, "backup_codes_left": 10}
    assert log_in(person, two_fa_code=someone.code()).status == 200


# Turning off --------------------------------------------------------------------------------------


def test_it_is_turned_off_by_password_and_code(person: Person) -> None:
    someone = secured(person)

    answer = give_up(someone, "disable", someone.code())

    assert (answer.status, answer.json) == (200, OFF)
    assert status(person) == {**OFF, "backup_codes_left": 0}
    assert user_by_id(person.id)["second_factor"] is None
    assert log_in(person).status == 200
    assert Api(person).get("/auth/me").json["two_fa_enabled"] is False
    (entry,) = audit("second_factor.turned_off")
    assert (entry["actor"], entry["target"]) == (person.id, person.id)
    assert last_warning() == (person.email, "second_factor_off")


@pytest.mark.parametrize("path", ["disable", "reset"])
def test_neither_goes_without_the_right_password_and_a_code_that_counts(person: Person, path: str) -> None:
    someone = secured(person)
    before, last = documents(*STORED), factor(someone)["last_step"]

    assert give_up(someone, path, someone.code(), "Quite-Wrong-7!").problem == NOBODY_GETS_IN
    assert give_up(someone, path, wrong(someone)).problem == NOBODY_GETS_IN
    assert give_up(someone, path, totp.code_at(someone.secret, last)).problem == NOBODY_GETS_IN

    assert documents(*STORED) == before
    assert failures() == 2 + 2  # a password, by its two limits, and two codes
    assert give_up(someone, path, someone.code()).status == 200


@pytest.mark.parametrize("path", ["disable", "reset"])
def test_where_there_is_none_nothing_is_given_up(person: Person, path: str) -> None:
    nobody = Secured(person, "", [])

    assert give_up(nobody, path, "123456").problem == (400, "TWO_FACTOR_STATE")
    assert failures() == 0


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.SUPERUSER])
def test_staff_replace_theirs_and_cannot_turn_it_off(role: Role) -> None:
    someone = secured_staff(role)
    before = documents(*STORED)

    assert give_up(someone, "disable", someone.code()).problem == (403, "INSUFFICIENT_PERMISSIONS")

    assert documents(*STORED) == before
    assert give_up(someone, "reset", someone.code()).status == 200


def test_a_confirmation_by_one_that_is_replaced_since_is_none(person: Person) -> None:
    someone, later = secured(person), clock.now() + timedelta(minutes=1)
    assert Api(person).post("/auth/reauthenticate", {"code": someone.code()}).status == 200
    assert Api(person).post("/auth/2fa/regenerate-backup-codes").status == 200
    elsewhere = without_it(someone)
    made = give_up(replace(someone, person=elsewhere), "reset", someone.code(1))
    secret = made.json["totp_secret"]

    second_factor.turn_on(totp.code_at(secret, totp.step_at(later)), actor=elsewhere.actor, now=later)

    refused = Api(person).post("/auth/2fa/regenerate-backup-codes")
    assert refused.problem == (403, "FRESH_TWO_FACTOR_REQUIRED")
