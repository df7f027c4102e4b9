"""A code that comes with a call is used up by the change alone; and what is not asked for.

Source: HTTP contract, sections 1.2 (fresh second factor), 1.3 (Idempotency-Key) and 18 (rules 2 and 16).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest

from ops.actors import Scope
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import Person, Token, new_issuance, new_permanent_token, new_person
from tests.family_site.answering import CODE, METHODS, factor, log_in
from tests.races import at_once, persistent
from tests.second_factors import Secured, secured
from tests.tokens.calls import KEY
from tests.tokens.deeds import House
from tests.tokens.funds import account_of

REGENERATE = "/auth/2fa/regenerate-backup-codes"
SEND = "/sbd_tokens/send"
NOT_FRESH = (403, "FRESH_TWO_FACTOR_REQUIRED")
# Calls that want a fresh second factor, and are refused for another reason: by the path behind the family's.
REFUSED: Mapping[str, tuple[str, str, Any, tuple[int, str]]] = {
    "no such member": (
        "POST",
        "/members/user_nobody/admin",
        {"action": "promote"},
        (404, "MEMBER_NOT_FOUND"),
    ),
    "an admin already": (
        "POST",
        "/members/{admin}/admin",
        {"action": "promote"},
        (400, "ADMIN_ACTION_ERROR"),
    ),
    "no body": ("POST", "/members/{admin}/admin", {}, (400, "VALIDATION_ERROR")),
    "rights of an admin": (
        "PUT",
        "/spending-permissions/{admin}",
        {"can_spend": True, "spending_limit": -1},
        (400, "PERMISSIONS_UPDATE_FAILED"),
    ),
    "tokens are left": ("DELETE", "", None, (400, "ACCOUNT_NOT_EMPTY")),
    "too much": (
        "POST",
        "/sbd-account/transfer",
        {"recipient_identifier": "{payee}", "amount": 5001},
        (400, "INSUFFICIENT_BALANCE"),
    ),
    "no such recipient": (
        "POST",
        "/sbd-account/transfer",
        {"recipient_identifier": "user_nobody", "amount": 2000},
        (404, "RECIPIENT_NOT_FOUND"),
    ),
}


def sent_with(code: str | None, key: str | None) -> dict[str, str]:
    """Return the headers of a call."""
    found = {CODE: code, "Idempotency-Key": key}
    return {name: each for name, each in found.items() if each is not None}


class Payer:
    """The founder of a family with tokens, with tokens of their own and a second factor."""

    def __init__(self) -> None:
        """Found it."""
        self.house = House(5000)
        new_issuance(self.house.founder, 9000)
        self.someone = secured(self.house.founder)
        self.person = self.someone.person
        self.payee = new_person()

    def send(
        self, amount: int, code: str | None = None, key: str | None = None, *, by: Token | None = None
    ) -> Answer:
        """Send tokens."""
        body = {"to_user": self.payee.username, "amount": amount}
        return Api(by or self.person).post(SEND, body, **sent_with(code, key))

    def transfer(self, amount: int, code: str | None = None, key: str | None = None) -> Answer:
        """Pay of the family's account."""
        body = {"recipient_identifier": self.payee.id, "amount": amount}
        path = f"/family/{self.house.id}/sbd-account/transfer"
        return Api(self.person).post(path, body, **sent_with(code, key))

    @property
    def paid(self) -> int:
        """What has come to the payee."""
        return int(account_of(self.payee)["balance"])


@pytest.fixture
def payer() -> Payer:
    return Payer()


def but_for_failures() -> dict[str, list[dict[str, Any]]]:
    return {name: found for name, found in documents().items() if name != "sign_in_failures"}


# Refused for another reason -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("why", REFUSED)
def test_a_call_that_is_refused_for_another_reason_leaves_the_code_good(
    payer: Payer, why: str, kind: str
) -> None:
    method, path, body, problem = REFUSED[why]
    ids = {"admin": payer.house.admin.id, "payee": payer.payee.id}
    sent = body and {
        name: each.format(**ids) if isinstance(each, str) else each for name, each in body.items()
    }
    code = payer.someone.code() if kind == "totp" else payer.someone.backup_codes[0]
    before = but_for_failures()

    answer = Api(payer.person).send(
        method, f"/family/{payer.house.id}{path.format(**ids)}", sent, **{CODE: code}
    )

    assert answer.problem == problem
    assert but_for_failures() == before
    assert Api(payer.person).post(REGENERATE, **{CODE: code}).status == 200


def test_without_a_code_the_state_of_things_is_not_told(payer: Payer) -> None:
    assert payer.send(9001).problem == NOT_FRESH
    assert Api(payer.person).send("DELETE", f"/family/{payer.house.id}").problem == NOT_FRESH


# Repeated and parallel calls ----------------------------------------------------------------------


def test_a_payment_that_is_repeated_with_its_key_and_used_code_gets_the_first_answer(payer: Payer) -> None:
    code = payer.someone.code()

    first, second = (payer.send(1000, code, KEY) for _ in range(2))
    third = payer.send(1000, key=KEY)

    assert first.status == 200
    assert "Idempotency-Replayed" not in first.headers
    for again in (second, third):
        assert (again.status, again.json) == (200, first.json)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert payer.paid == 1000
    assert len(audit("tokens.paid")) == 1


def test_repeating_an_intent_with_its_used_code_is_no_guess(payer: Payer) -> None:
    code = payer.someone.code()
    first = payer.send(1000, code, KEY)

    again = [payer.send(1000, code, KEY) for _ in range(11)]

    assert {(each.status, each.text) for each in again} == {(200, first.text)}
    assert {each["count"] for each in documents("sign_in_failures")["sign_in_failures"]} == {0}


def test_a_refusal_for_want_of_a_code_uses_no_key_up(payer: Payer) -> None:
    assert payer.send(1000, key=KEY).problem == NOT_FRESH

    done = payer.send(1000, payer.someone.code(), KEY)

    assert done.status == 200
    assert "Idempotency-Replayed" not in done.headers
    assert payer.paid == 1000


def test_of_one_intent_sent_eight_times_at_once_with_its_code_there_is_one_payment(payer: Payer) -> None:
    answers = at_once([persistent(partial(payer.send, 1000, payer.someone.code(), KEY))] * 8)

    assert [each.status for each in answers] == [200] * 8
    assert len({each.json["transaction_id"] for each in answers}) == 1
    assert payer.paid == 1000


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("keyed", [True, False])
def test_of_eight_payments_at_once_with_one_code_one_is_made(payer: Payer, kind: str, *, keyed: bool) -> None:
    code = payer.someone.code() if kind == "totp" else payer.someone.backup_codes[0]
    calls: list[Callable[[], Answer]] = []
    for number in range(8):
        pay = payer.send if number % 2 else payer.transfer
        calls.append(partial(pay, 1000 + number, code, f"{KEY}-{number}" if keyed else None))

    answers = at_once([persistent(each) for each in calls])

    assert Counter(200 if each.status == 200 else each.problem for each in answers) == {200: 1, NOT_FRESH: 7}
    assert 1000 <= payer.paid <= 1007
    assert len(audit("tokens.paid")) == 1
    assert len(factor(payer.someone)["backup_codes"]) == (10 if kind == "totp" else 9)


def test_of_eight_calls_for_new_backup_codes_with_one_code_one_makes_them(payer: Payer) -> None:
    code = payer.someone.code()

    answers = at_once([partial(Api(payer.person).post, REGENERATE, **{CODE: code})] * 8)

    (made,) = [each.json["backup_codes"] for each in answers if each.status == 200]
    assert Counter(each.status for each in answers) == {200: 1, 403: 7}
    assert log_in(payer.person, two_fa_code=made[0]).status == 200
    assert len(audit("second_factor.backup_codes_made")) == 1


# What is not asked for ----------------------------------------------------------------------------


def test_below_the_threshold_nothing_is_asked(payer: Payer) -> None:
    assert payer.send(999).status == 200
    assert payer.transfer(998).status == 200
    assert payer.send(1000).problem == NOT_FRESH
    assert payer.transfer(1000).problem == NOT_FRESH
    assert payer.paid == 999 + 998


def test_the_threshold_is_that_of_the_account_that_pays(payer: Payer) -> None:
    change = {"notification_settings": {"large_transaction_threshold": 50}}
    assert Api(payer.person).put(f"/family/{payer.house.id}", change).status == 200
    family = {"from_account": payer.house.account["username"], "to_user": payer.payee.username}

    assert payer.transfer(49).status == 200
    assert payer.transfer(50).problem == NOT_FRESH
    assert Api(payer.person).post(SEND, {**family, "amount": 50}).problem == NOT_FRESH
    assert payer.send(50).status == 200


def test_other_rights_demoting_and_contributing_need_no_second_factor(payer: Payer) -> None:
    client, path = Api(payer.person), f"/family/{payer.house.id}"
    viewer, admin = payer.house.viewer.id, payer.house.admin.id
    most = {"can_spend": True, "spending_limit": 10**12}

    assert client.put(f"{path}/spending-permissions/{viewer}", most).status == 200
    assert client.put(f"{path}/sbd-account/permissions", {"user_id": viewer, **most}).status == 200
    assert client.post(f"{path}/members/{admin}/admin", {"action": "demote"}).status == 200
    assert client.post(f"{path}/sbd-account/contribute", {"amount": 2000}).status == 201


def test_a_code_where_none_is_asked_is_left_alone(payer: Payer, person: Person) -> None:
    code = payer.someone.code()

    assert payer.send(999, code).status == 200
    assert Api(payer.person).get("/auth/me", **{CODE: code}).status == 200
    assert payer.send(1000, code).status == 200
    assert Api(person).put("/family/notifications/preferences", {}, **{CODE: "x"}).status == 200


def test_a_permanent_token_is_not_fresh_and_takes_a_code_along(payer: Payer) -> None:
    token = new_permanent_token(payer.person, Scope.TOKENS)
    body = {"code": payer.someone.code()}
    assert Api(payer.person).post("/auth/reauthenticate", body).status == 200  # which is the session's alone

    assert payer.send(999, by=token).status == 200
    assert payer.send(1000, by=token).problem == NOT_FRESH
    assert payer.send(1000, payer.someone.code(1), by=token).status == 200


# Backup codes -------------------------------------------------------------------------------------


def test_new_backup_codes_void_the_old_ones(person: Person) -> None:
    someone: Secured = secured(person)

    made = Api(person).post(REGENERATE, **{CODE: someone.code()}).json

    assert made.keys() == {"backup_codes"}
    assert len(set(made["backup_codes"])) == 10
    assert set(made["backup_codes"]).isdisjoint(someone.backup_codes)
    assert log_in(person, two_fa_code=someone.backup_codes[0]).problem == (401, "INVALID_CREDENTIALS")
    assert log_in(person, two_fa_code=made["backup_codes"][0]).status == 200
    told = Api(person).get("/auth/2fa/backup-codes").json
    assert told.keys() == {"left", "generated_at"}
    assert told["left"] == 9
    (entry,) = audit("second_factor.backup_codes_made")
    assert (entry["actor"], entry["target"], entry["after"]) == (person.id, person.id, {"backup_codes": 10})
    assert not any(each in repr(documents()) for each in made["backup_codes"])


def test_without_a_second_factor_there_are_no_backup_codes(person: Person) -> None:
    for answer in (Api(person).get("/auth/2fa/backup-codes"), Api(person).post(REGENERATE)):
        assert answer.problem == (400, "TWO_FACTOR_STATE")
