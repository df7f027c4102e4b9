"""Staff and the second factor: they must have one, and staff's paths want a session that showed it.

Source: HTTP contract, sections 1.2 (who is asking, fresh second factor) and 18 (rules 15 and 20).
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from family_site.identity.actions import roles, second_factor
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor, Scope
from ops.mongo.collections import collection
from ops.redis import store
from tests.api import Api
from tests.database import documents
from tests.factories import PASSWORD, Person, new_permanent_token, new_person, new_staff
from tests.family_site.answering import (
    METHODS,
    NOBODY_GETS_IN,
    answered,
    challenged,
    log_in,
    reauthenticated,
    wrong,
)
from tests.routes import views
from tests.second_factors import Secured, secured, secured_staff, without_it

ANY, CLEAR = "/admin/rate-limits", "/admin/clear-cache"  # of any staff; of operators
DONE = (200, "")
TO_SET_UP = (403, "TWO_FACTOR_SETUP_REQUIRED")
TO_SHOW = (403, "FRESH_TWO_FACTOR_REQUIRED")
NOT_STAFF = (403, "INSUFFICIENT_PERMISSIONS")
TESTS = Actor.system("tests")


@pytest.fixture
def _required(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = "required"


@pytest.fixture
def _offered(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = "offered"


REQUIRED, OFFERED = pytest.mark.usefixtures("_required"), pytest.mark.usefixtures("_offered")
WHICHEVER = pytest.mark.parametrize("wanted", ["required", "offered"])


def told(who: Person | Any, path: str = ANY) -> tuple[int, str]:
    """Return what a call of staff's is answered; ``DONE`` if it is done."""
    answer = Api(who).post(path) if path == CLEAR else Api(who).get(path)
    return answer.problem if answer.status >= 400 else (answer.status, "")


def by(access_token: str) -> Any:
    """Return what stands for the caller who has this access token."""
    return type("Caller", (), {"token": access_token})()


def staffs() -> Iterator[tuple[str, str]]:
    """Yield method and path of every call that is for staff."""
    for path, view in views():
        for method in ("GET", "POST", "PUT", "DELETE"):
            if hasattr(view, method.lower()) and view.permission_for(method) is not None:
                yield method, re.sub(r"\{\w+\}", "anything", path)


# Required -----------------------------------------------------------------------------------------


@REQUIRED
@pytest.mark.parametrize("role", Role)
def test_staff_without_one_get_nothing_of_staff_s(role: Role) -> None:
    person = new_staff(role)
    calls = list(staffs())
    assert ("POST", CLEAR) in calls
    before = documents()

    for method, path in calls:
        assert Api(person).send(method, path).problem == TO_SET_UP, (method, path)

    assert documents() == before
    assert Api(person).get("/auth/me").json["is_staff"] is True
    assert Api(person).get("/family/my-families").status == 200


@REQUIRED
def test_they_set_one_up_and_may_from_the_next_call_on() -> None:
    person = new_staff(Role.OPERATOR)
    assert told(person) == TO_SET_UP  # which Redis remembers from now on
    client = Api(person)

    made = client.post("/auth/2fa/setup", {"method": "totp", "password": PASSWORD}).json
    assert told(person) == TO_SET_UP
    someone = Secured(person, made["totp_secret"], [])
    client.post("/auth/2fa/verify", {"method": "totp", "code": someone.code()})

    assert [told(person, path) for path in (ANY, CLEAR)] == [DONE, DONE]


@REQUIRED
def test_what_their_roles_do_not_let_them_they_may_not_with_one_either() -> None:
    person = secured_staff(Role.AUDITOR).person

    assert [told(person, path) for path in (ANY, CLEAR)] == [DONE, NOT_STAFF]


@WHICHEVER
def test_a_session_from_before_shows_it_first(settings: Any, wanted: str) -> None:
    settings.STAFF_SECOND_FACTOR = wanted
    someone = secured_staff(Role.OPERATOR)
    old = without_it(someone)
    before = documents()

    answer = Api(old).get(ANY)
    assert answer.problem == TO_SHOW
    assert answer.json["details"] == {"methods": METHODS}
    assert told(old, CLEAR) == TO_SHOW
    assert Api(old).get(ANY, **{"X-2FA-Code": someone.code()}).problem == TO_SHOW
    assert documents() == before

    assert reauthenticated(old, password=PASSWORD).problem == NOBODY_GETS_IN
    assert reauthenticated(old, code=wrong(someone)).problem == NOBODY_GETS_IN
    assert told(old) == TO_SHOW
    assert reauthenticated(old, code=someone.code()).status == 200

    assert [told(old, path) for path in (ANY, CLEAR)] == [DONE, DONE]
    over = {"$set": {"fresh_until": clock.now() - timedelta(minutes=1)}}
    collection("sessions").update({"_id": old.session_id}, over)
    store().flushall()
    assert told(old) == DONE  # it was shown in this session, though it is not fresh any more


@WHICHEVER
def test_who_signs_in_with_it_may_at_once(settings: Any, wanted: str) -> None:
    settings.STAFF_SECOND_FACTOR = wanted
    someone = secured_staff(Role.OPERATOR)

    in_two = answered(challenged(someone), someone.code()).json["access_token"]
    in_one = log_in(someone.person, two_fa_code=someone.code(1)).json["access_token"]

    for token in (in_two, in_one):
        assert [told(by(token), path) for path in (ANY, CLEAR)] == [DONE, DONE]


@WHICHEVER
def test_a_session_goes_on_as_it_was_opened(settings: Any, wanted: str) -> None:
    settings.STAFF_SECOND_FACTOR = wanted
    someone = secured_staff(Role.OPERATOR)
    signed_in = log_in(someone.person, two_fa_code=someone.code()).json

    body = {"refresh_token": signed_in["refresh_token"]}
    refreshed = Api().post("/auth/refresh", body).json["access_token"]

    assert told(by(refreshed)) == DONE


@REQUIRED
def test_who_is_no_staff_sees_no_difference(person: Person) -> None:
    someone = secured(new_person())

    for each in (person, someone.person, without_it(someone)):
        for method, path in staffs():
            assert Api(each).send(method, path).problem == NOT_STAFF, (method, path)
        assert Api(each).get("/auth/me").status == 200
        assert Api(each).post("/family/create").status == 201


@REQUIRED
def test_nobody_without_a_sign_in_learns_of_it() -> None:
    for method, path in staffs():
        assert Api().send(method, path).problem == (401, "AUTHENTICATION_REQUIRED"), (method, path)


# Offered ------------------------------------------------------------------------------------------


@OFFERED
def test_where_it_is_offered_staff_without_one_may() -> None:
    person = new_staff(Role.OPERATOR)

    assert [told(person, path) for path in (ANY, CLEAR)] == [DONE, DONE]


# From the next call on ----------------------------------------------------------------------------


@WHICHEVER
def test_other_sessions_know_at_once_that_there_is_one(settings: Any, wanted: str) -> None:
    settings.STAFF_SECOND_FACTOR = wanted
    person = new_staff(Role.OPERATOR)
    other = log_in(person).json["access_token"]
    without = TO_SET_UP if wanted == "required" else DONE
    assert (told(person), told(by(other))) == (without, without)  # remembered

    secured(person)

    assert (told(person), told(by(other))) == (DONE, TO_SHOW)


@WHICHEVER
def test_whose_is_taken_away_is_signed_out_everywhere_and_begins_anew(settings: Any, wanted: str) -> None:
    settings.STAFF_SECOND_FACTOR = wanted
    someone = secured_staff(Role.OPERATOR)
    assert told(someone.person) == DONE

    second_factor.take_away(someone.person.id, actor=TESTS, now=clock.now(), reason="Lost phone")

    assert told(someone.person) == (401, "INVALID_TOKEN")
    anew = log_in(someone.person)
    assert anew.status == 200
    assert told(by(anew.json["access_token"])) == (TO_SET_UP if wanted == "required" else DONE)


@REQUIRED
def test_who_becomes_staff_sets_one_up_and_who_is_none_any_more_may_nothing(person: Person) -> None:
    assert told(person) == NOT_STAFF

    roles.grant(person.id, Role.OPERATOR, actor=TESTS, now=clock.now(), reason="for a test")
    signed_in = log_in(person).json["access_token"]
    assert told(by(signed_in)) == TO_SET_UP
    someone = secured(person)
    with_it = log_in(person, two_fa_code=someone.code()).json["access_token"]
    assert told(by(with_it)) == DONE

    roles.revoke(person.id, Role.OPERATOR, actor=TESTS, now=clock.now(), reason="for a test")
    again = log_in(person, two_fa_code=someone.code(1)).json["access_token"]
    assert told(by(again)) == NOT_STAFF


@REQUIRED
def test_replacing_it_keeps_the_session_that_did_it(person: Person) -> None:
    roles.grant(person.id, Role.OPERATOR, actor=TESTS, now=clock.now(), reason="for a test")
    signed_in = by(log_in(person).json["access_token"])
    client = Api(signed_in)
    made = client.post("/auth/2fa/setup", {"method": "totp", "password": PASSWORD}).json
    someone = Secured(person, made["totp_secret"], [])
    client.post("/auth/2fa/verify", {"method": "totp", "code": someone.code()})
    body = {"password": PASSWORD, "code": someone.code(1)}
    new = Secured(person, client.post("/auth/2fa/reset", body).json["totp_secret"], [])
    assert told(signed_in) == DONE

    assert client.post("/auth/2fa/verify", {"method": "totp", "code": new.code()}).status == 200

    assert told(signed_in) == DONE


@REQUIRED
def test_a_permanent_token_of_staff_needs_a_second_factor_to_stand_behind_it() -> None:
    person = new_staff(Role.OPERATOR)
    assert told(new_permanent_token(person, Scope.ADMIN)) == TO_SET_UP

    secured(person)

    assert told(new_permanent_token(person, Scope.ADMIN)) == DONE
    assert told(new_permanent_token(person, Scope.READ)) == (403, "INSUFFICIENT_SCOPE")


@REQUIRED
def test_where_only_some_questions_are_staff_s_they_are_told_what_is_missing_too(person: Person) -> None:
    clerk = new_staff(Role.SUPPORT)

    assert Api(clerk).get(f"/family/limits?user_id={person.id}").problem == TO_SET_UP
    assert Api(clerk).get("/family/limits").status == 200
    assert Api(person).get(f"/family/limits?user_id={clerk.id}").problem == NOT_STAFF
