"""POST /auth/reauthenticate. Source: HTTP contract, sections 1.2 (fresh second factor) and 11."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from ops import clock
from tests.api import Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_permanent_token
from tests.family_site.answering import (
    NOBODY_GETS_IN,
    factor,
    failures,
    give_up,
    log_in,
    reauthenticated,
    session,
    set_up,
    verify,
    wrong,
)
from tests.races import at_once
from tests.second_factors import Secured, code_of, secured, without_it
from tests.tokens.calls import moment, set_clock

STORED = ("users", "sessions", "audit_log", "email_outbox")


@pytest.fixture
def someone(person: Person) -> Secured:
    """Somebody with a second factor."""
    return secured(person)


def test_a_code_confirms_the_session_for_ten_minutes(
    someone: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, now := clock.now())

    answer = reauthenticated(someone.person, code=someone.code())

    assert (answer.status, answer.json) == (200, {"fresh_until": moment(now + timedelta(minutes=10))})
    (entry,) = audit("session.confirmed")
    assert (entry["actor"], entry["target"]) == (someone.person.id, someone.person.session_id)
    assert entry["after"] == {"by": "totp"}
    assert reauthenticated(someone.person, code=someone.code()).problem == NOBODY_GETS_IN  # used up


def test_a_backup_code_does_as_well_once(someone: Secured) -> None:
    code = someone.backup_codes[0]

    assert reauthenticated(someone.person, code=code).status == 200

    assert audit("session.confirmed")[0]["after"] == {"by": "backup"}
    assert len(factor(someone)["backup_codes"]) == 9
    assert reauthenticated(someone.person, code=code).problem == NOBODY_GETS_IN


def test_who_has_no_second_factor_confirms_by_the_password(person: Person) -> None:
    assert reauthenticated(person, code="123456").problem == NOBODY_GETS_IN
    assert reauthenticated(person, password="Quite-Wrong-7!").problem == NOBODY_GETS_IN  # not the one
    assert session(person.session_id)["fresh_until"] is None

    assert reauthenticated(person, password=PASSWORD).status == 200

    assert audit("session.confirmed")[0]["after"] == {"by": "password"}
    assert session(person.session_id)["second_factor_at"] is None


@pytest.mark.parametrize("sent", ["password", "wrong code", "wrong password", "both wrong"])
def test_who_has_one_confirms_by_its_code_and_whatever_is_sent_must_be_right(
    someone: Secured, sent: str
) -> None:
    before = documents(*STORED)
    bodies = {
        "password": {"password": PASSWORD},
        "wrong code": {"code": wrong(someone)},
        "wrong password": {"password": "Quite-Wrong-7!", "code": someone.code()},
        "both wrong": {"password": "Quite-Wrong-7!", "code": wrong(someone)},
    }

    assert reauthenticated(someone.person, **bodies[sent]).problem == NOBODY_GETS_IN

    assert documents(*STORED) == before
    assert (failures() > 0) == (sent != "password")
    assert reauthenticated(someone.person, password=PASSWORD, code=someone.code()).status == 200


def test_it_is_of_this_session_alone(someone: Secured) -> None:
    other = log_in(someone.person, two_fa_code=someone.code()).json["session_id"]

    assert reauthenticated(someone.person, code=someone.code(1)).status == 200

    assert session(someone.person.session_id)["fresh_until"] is not None
    assert session(other)["fresh_until"] is None


def test_a_session_from_before_counts_as_signed_in_with_it_from_then_on(someone: Secured) -> None:
    before = without_it(someone)
    assert session(before.session_id)["second_factor_at"] is None

    assert reauthenticated(before, code=someone.code()).status == 200

    assert session(before.session_id)["second_factor_at"] is not None


def test_what_the_password_confirmed_is_not_fresh_once_there_is_a_second_factor(person: Person) -> None:
    other = log_in(person).json
    client = Api(authorization=f"Bearer {other['access_token']}")
    assert client.post("/auth/reauthenticate", {"password": PASSWORD}).status == 200
    assert session(other["session_id"])["fresh_until"] is not None

    secured(person)

    refused = client.post("/auth/2fa/regenerate-backup-codes")
    assert refused.problem == (403, "FRESH_TWO_FACTOR_REQUIRED")


def test_nor_is_it_if_there_was_one_before(someone: Secured) -> None:
    assert give_up(someone, "disable", someone.code()).status == 200
    assert reauthenticated(someone.person, password=PASSWORD).status == 200
    elsewhere = replace(someone.person, token=log_in(someone.person).json["access_token"])

    secret = set_up(elsewhere).json["totp_secret"]
    assert verify(elsewhere, code_of(secret)).status == 200

    refused = Api(someone.person).post("/auth/2fa/regenerate-backup-codes")
    assert refused.problem == (403, "FRESH_TWO_FACTOR_REQUIRED")


def test_an_empty_body_and_a_permanent_token_confirm_nothing(someone: Secured, stranger: Person) -> None:
    assert reauthenticated(someone.person).problem == (400, "VALIDATION_ERROR")
    token = new_permanent_token(stranger)
    body = {"password": PASSWORD}
    assert Api(token).post("/auth/reauthenticate", body).problem == (403, "SESSION_REQUIRED")
    assert Api().post("/auth/reauthenticate", body).problem == (401, "AUTHENTICATION_REQUIRED")


def test_one_code_confirms_one_of_eight_sessions_at_once(someone: Secured) -> None:
    sessions = [without_it(someone) for _ in range(8)]

    answers = at_once([partial(reauthenticated, each, code=someone.code()) for each in sessions])

    assert Counter(each.status for each in answers) == {200: 1, 401: 7}
    confirmed = [each for each in sessions if session(each.session_id)["fresh_until"] is not None]
    assert len(confirmed) == 1
    assert len(audit("session.confirmed")) == 1
