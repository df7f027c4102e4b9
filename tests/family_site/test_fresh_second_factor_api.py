"""What is asked to be confirmed by a fresh second factor, of who has one: each operation, by each way.

Source: HTTP contract, sections 1.2 (fresh second factor; order of checks) and 18 (rule 16).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from family_site.identity import totp
from ops import clock
from ops.mongo.collections import collection
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person, new_issuance, new_person
from tests.family_site.answering import CODE, METHODS, factor, failures, log_in, reauthenticated, wrong
from tests.second_factors import Secured, secured
from tests.tokens.deeds import House

REGENERATE = "/auth/2fa/regenerate-backup-codes"
UNLIMITED = {"can_spend": True, "spending_limit": -1}
NOT_FRESH = (403, "FRESH_TWO_FACTOR_REQUIRED")


class Call(NamedTuple):
    """What is sent."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Home:
    """A family with tokens, and its founder with tokens of their own; somebody whom they may pay."""

    house: House
    founder: Person
    payee: Person

    def path(self, rest: str = "") -> str:
        """Return a path of the family."""
        return f"/family/{self.house.id}{rest}"


CALLS: Mapping[str, Callable[[Home], Call]] = {
    "limit": lambda home: Call(
        "PUT",
        home.path("/sbd-account/permissions"),
        {"user_id": home.house.viewer.id, **UNLIMITED},
    ),
    "limit of a member": lambda home: Call(
        "PUT", home.path(f"/spending-permissions/{home.house.viewer.id}"), UNLIMITED
    ),
    "promote": lambda home: Call(
        "POST", home.path(f"/members/{home.house.viewer.id}/admin"), {"action": "promote"}
    ),
    "dissolve": lambda home: Call("DELETE", home.path(), {"payout_to": home.founder.id}),
    "transfer": lambda home: Call(
        "POST",
        home.path("/sbd-account/transfer"),
        {"recipient_identifier": home.payee.id, "amount": 1000},
    ),
    "send": lambda home: Call("POST", "/sbd_tokens/send", {"to_user": home.payee.username, "amount": 1000}),
    "send of the family's": lambda home: Call(
        "POST",
        "/sbd_tokens/send",
        {
            "to_user": home.payee.username,
            "amount": 1000,
            "from_account": home.house.account["username"],
        },
    ),
    "codes": lambda _home: Call("POST", REGENERATE),
    "token": lambda _home: Call(
        "POST", "/auth/permanent-tokens", {"description": "of a script", "scopes": ["read"]}
    ),
}
EACH = pytest.mark.parametrize("name", CALLS)


@pytest.fixture
def home() -> Home:
    """A family whose founder has no second factor yet."""
    house = House(5000)
    new_issuance(house.founder, 5000)
    return Home(house, house.founder, new_person())


@pytest.fixture
def someone(home: Home) -> Secured:
    """The founder, with a second factor."""
    return secured(home.founder)


def call(home: Home, name: str, code: str | None = None, *, by: Person | None = None) -> Answer:
    method, path, body = CALLS[name](home)
    headers = {} if code is None else {CODE: code}
    return Api(by or home.founder).send(method, path, body, **headers)


def but_for_failures() -> dict[str, list[dict[str, Any]]]:
    return {name: found for name, found in documents().items() if name != "sign_in_failures"}


def is_done(answer: Answer) -> bool:
    return answer.status in {200, 201}


def is_refused(answer: Answer) -> bool:
    """Tell whether it is a good refusal for want of a fresh second factor."""
    if is_done(answer):
        return False
    assert answer.problem == NOT_FRESH, answer.text
    assert answer.json["details"] == {"methods": METHODS}
    return True


# Each operation -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in CALLS if name != "codes"])
def test_who_has_no_second_factor_is_not_asked(home: Home, name: str) -> None:
    assert is_done(call(home, name))


@pytest.mark.usefixtures("someone")
@EACH
def test_who_has_one_and_does_not_show_it_changes_nothing(home: Home, name: str) -> None:
    before = documents()

    assert is_refused(call(home, name))
    assert documents() == before


@EACH
def test_a_code_with_the_call_does_it_and_is_used_up(home: Home, someone: Secured, name: str) -> None:
    code = someone.code()
    step = totp.step_at(clock.now())

    assert is_done(call(home, name, code))

    assert factor(someone)["last_step"] in {step, step + 1}
    assert is_refused(Api(home.founder).post(REGENERATE, **{CODE: code}))
    assert is_refused(Api(home.founder).post(REGENERATE))  # it was for that call alone
    assert log_in(home.founder, two_fa_code=code).problem == (401, "INVALID_CREDENTIALS")


@EACH
def test_a_backup_code_does_as_well(home: Home, someone: Secured, name: str) -> None:
    code = someone.backup_codes[3]

    assert is_done(call(home, name, code))

    assert len(factor(someone)["backup_codes"]) == (10 if name == "codes" else 9)
    assert is_refused(Api(home.founder).post(REGENERATE, **{CODE: code}))


@EACH
def test_a_wrong_code_does_nothing_and_counts(home: Home, someone: Secured, name: str) -> None:
    before = but_for_failures()

    for code in (wrong(someone), "aaaaa-aaaaa", "x"):
        assert is_refused(call(home, name, code))

    assert but_for_failures() == before
    assert failures() == 3


@EACH
def test_a_used_code_does_nothing(home: Home, someone: Secured, name: str) -> None:
    code = someone.code()
    assert log_in(home.founder, two_fa_code=code).status == 200
    before = but_for_failures()

    assert is_refused(call(home, name, code))
    assert but_for_failures() == before


@EACH
def test_a_session_that_was_confirmed_does_it_for_ten_minutes(
    home: Home, someone: Secured, name: str
) -> None:
    assert reauthenticated(home.founder, code=someone.code()).status == 200
    mine = {"_id": home.founder.session_id}

    collection("sessions").update(mine, {"$set": {"fresh_until": clock.now()}})
    before = documents()
    assert is_refused(call(home, name))
    assert documents() == before

    collection("sessions").update(mine, {"$set": {"fresh_until": clock.now() + timedelta(minutes=1)}})
    assert is_done(call(home, name))
    assert is_done(Api(home.founder).post(REGENERATE))  # and again


@EACH
def test_neither_signing_in_nor_another_session_confirms_it(home: Home, someone: Secured, name: str) -> None:
    signed_in = log_in(home.founder, two_fa_code=someone.code()).json
    other = replace(home.founder, token=signed_in["access_token"], session_id=signed_in["session_id"])

    assert is_refused(call(home, name, by=other))

    assert reauthenticated(home.founder, code=someone.code(1)).status == 200
    assert is_refused(call(home, name, by=other))


@EACH
def test_a_code_of_somebody_else_does_nothing(home: Home, someone: Secured, name: str) -> None:
    other = secured(home.payee)

    for code in (other.code(), other.backup_codes[0]):
        assert is_refused(call(home, name, code))

    assert len(factor(other)["backup_codes"]) == 10
    assert factor(someone)["backup_codes"] != factor(other)["backup_codes"]


@EACH
def test_who_turned_it_off_is_not_asked_in_the_next_call(home: Home, someone: Secured, name: str) -> None:
    assert is_refused(call(home, name))
    body = {"password": "Quite-Long-7!", "code": someone.code()}
    assert Api(home.founder).post("/auth/2fa/disable", body).status == 200

    answer = call(home, name)

    assert answer.problem == (400, "TWO_FACTOR_STATE") if name == "codes" else is_done(answer)


# The order of checks ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["limit", "limit of a member", "promote", "dissolve", "transfer"])
def test_a_stranger_and_who_lacks_the_right_are_not_asked(home: Home, name: str) -> None:
    outsider, viewer = secured(home.payee), secured(home.house.viewer)
    lacking = "NO_SPENDING_PERMISSION" if name == "transfer" else "INSUFFICIENT_PERMISSIONS"

    for code in (None, outsider.code()):
        assert call(home, name, code, by=outsider.person).problem == (404, "FAMILY_NOT_FOUND")
    for code in (None, viewer.code()):
        assert call(home, name, code, by=viewer.person).problem == (403, lacking)

    assert log_in(outsider.person, two_fa_code=outsider.code()).status == 200
    assert log_in(viewer.person, two_fa_code=viewer.code()).status == 200
