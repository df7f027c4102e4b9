"""POST /auth/register. Source: HTTP contract, sections 11 and 18 (rules 12, 13, 17)."""

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from family_site.identity.models.passwords import Argon2Hasher
from tests.api import Api
from tests.database import audit, documents, public_part
from tests.factories import PASSWORD, new_person
from tests.races import at_once

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
TOKENS = {
    *("access_token", "refresh_token", "token_type", "expires_in", "refresh_expires_in", "issued_at"),
    *("expires_at", "session_id", "user", "username", "email", "is_verified", "two_fa_enabled", "role"),
    "client_side_encryption",
}
RIGHTS = {
    "role": "staff",
    "is_staff": True,
    "is_superuser": True,
    "is_verified": True,
    "is_active": False,
    "plan": "pro",
    "team": "team_1",
    "user_id": "user_1",
    "_id": "user_1",
    "security_stamp": "stamp_1",
}


def form(**changes: Any) -> dict[str, Any]:
    return {"username": "robin", "email": "robin@example.com", "password": PASSWORD, **changes}


def test_who_registers_is_signed_in() -> None:
    answer = Api().post("/auth/register", form())

    assert answer.status == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json.keys() == TOKENS
    tokens = answer.json
    user = documents("users")["users"][0]
    assert {name: tokens[name] for name in TOKENS - {"access_token", "refresh_token"}} == {
        "token_type": "bearer",
        "expires_in": 900,
        "refresh_expires_in": 604_800,
        "issued_at": tokens["issued_at"],
        "expires_at": tokens["expires_at"],
        "session_id": documents("sessions")["sessions"][0]["_id"],
        "user": {
            "user_id": user["_id"],
            "username": "robin",
            "email": "robin@example.com",
            "is_verified": False,
            "two_fa_enabled": False,
            "is_staff": False,
            "created_at": tokens["user"]["created_at"],
        },
        "username": "robin",
        "email": "robin@example.com",
        "is_verified": False,
        "two_fa_enabled": False,
        "role": "user",
        "client_side_encryption": False,
    }
    assert user["_id"].startswith("user_")
    for moment in (tokens["issued_at"], tokens["expires_at"], tokens["user"]["created_at"]):
        assert MOMENT.match(moment)
    lifetime = datetime.fromisoformat(tokens["expires_at"]) - datetime.fromisoformat(tokens["issued_at"])
    assert lifetime == timedelta(seconds=900)
    me = Api(authorization=f"Bearer {tokens['access_token']}").get("/auth/me")
    assert (me.status, me.json) == (200, tokens["user"])


def test_registering_opens_an_empty_personal_account_whose_manager_is_the_user() -> None:
    Api().post("/auth/register", form())

    stored = documents("users", "sbd_accounts", "sessions", "families", "family_people")
    assert [len(each) for each in stored.values()] == [1, 1, 1, 0, 0]
    user, account = stored["users"][0], stored["sbd_accounts"][0]
    assert account["username"] == "robin"
    assert account["owner"] == {"kind": "user", "id": user["_id"], "active": True}
    assert (account["balance"], account["seq"], account["status"]) == (0, 0, "active")
    holder = {
        name: account["holders"][0][name] for name in ("user_id", "role", "can_spend", "spending_limit")
    }
    assert len(account["holders"]) == 1
    assert holder == {"user_id": user["_id"], "role": "manager", "can_spend": True, "spending_limit": -1}


def test_registering_leaves_one_audit_entry_that_names_nobody_in_public() -> None:
    answer = Api(user_agent="Lark/1.0").post("/auth/register", form(), x_request_id="request-0001")

    (entry,) = audit()
    user = documents("users")["users"][0]
    assert (entry["action"], entry["target"], entry["request_id"]) == (
        "user.registered",
        user["_id"],
        "request-0001",
    )
    for secret in ("robin", "example.com", PASSWORD, "Lark", "127.0.0.1"):
        assert secret not in public_part(entry)
    assert entry["private"]["after"] == {"username": "robin", "email": "robin@example.com"}
    everything = repr(documents())
    for secret in (PASSWORD, answer.json["access_token"], answer.json["refresh_token"]):
        assert secret not in everything


def test_name_and_address_are_stored_in_one_case() -> None:
    answer = Api().post("/auth/register", form(username="  RoBin_7 ", email="Robin@Example.COM"))

    user = documents("users")["users"][0]
    assert (answer.status, answer.json["username"], answer.json["email"]) == (
        201,
        "robin_7",
        "robin@example.com",
    )
    assert (user["username"], user["email"]) == ("robin_7", "robin@example.com")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"username": "ab"}, "too_short"),
        ({"username": "  ab  "}, "too_short"),
        ({"username": ""}, "too_short"),
        ({"username": "a" * 51}, "too_long"),
        ({"username": "rob in"}, "invalid_format"),
        ({"username": "robin!"}, "invalid_format"),
        ({"username": "robin@example.com"}, "invalid_format"),
        ({"username": "röbin"}, "invalid_format"),
        ({"username": "r\u043ebin"}, "invalid_format"),  # a Cyrillic o
        ({"username": "\uff52obin"}, "invalid_format"),  # a full-width r
        ({"username": "\u017fystem-x"}, "invalid_format"),  # a long s
        ({"username": "rob\u200bin"}, "invalid_format"),
        ({"username": "rob\u202ein"}, "invalid_format"),
        ({"username": "robin\x00"}, "invalid_format"),
        ({"username": "robin\nrobin"}, "invalid_format"),
        ({"username": "family_larks"}, "reserved"),
        ({"username": "Team_1"}, "reserved"),
        ({"username": "ADMIN_1"}, "reserved"),
        ({"username": "system_issuance"}, "reserved"),
        ({"username": "bot_1"}, "reserved"),
        ({"username": "service_1"}, "reserved"),
        ({"username": "System"}, "reserved"),
        ({"username": "root"}, "reserved"),
        ({"username": "admin"}, "reserved"),
        ({"username": "support"}, "reserved"),
        ({"email": ""}, "too_short"),
        ({"email": "robin"}, "invalid_format"),
        ({"email": "@example.com"}, "invalid_format"),
        ({"email": "robin@"}, "invalid_format"),
        ({"email": "ro bin@example.com"}, "invalid_format"),
        ({"email": "robin@@example.com"}, "invalid_format"),
        ({"email": "robin@example.com\r\nBcc: all@example.com"}, "invalid_format"),
        ({"email": "Robin <robin@example.com>"}, "invalid_format"),
        ({"email": "robin@example.com,wren@example.com"}, "invalid_format"),
        ({"email": "robin@example\u202e.com"}, "invalid_format"),
        ({"email": "a" * 250 + "@example.com"}, "too_long"),
        ({"password": "Aa1!aaa"}, "too_short"),
        ({"password": "Aa1!" + "a" * 125}, "too_long"),
        ({"password": "quite-long-7!"}, "invalid_format"),  # no upper case
        ({"password": "QUITE-LONG-7!"}, "invalid_format"),  # no lower case
        ({"password": "Quite-Long-!!"}, "invalid_format"),  # no digit
        ({"password": "QuiteLong7777"}, "invalid_format"),  # no special character
        ({"password": "Password1!"}, "invalid_format"),  # common but for its end
        ({"password": "P@ssw0rd"}, "invalid_format"),
        ({"password": "Qwerty123!"}, "invalid_format"),
        ({"password": "Robin-2024!"}, "invalid_format"),  # like the name
        ({"password": "Quite-Long\x007!"}, "invalid_format"),
    ],
)
def test_a_field_against_the_rules_is_named_and_nothing_is_written(
    changed: dict[str, str], code: str
) -> None:
    answer = Api().post("/auth/register", form(**changed))

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == {(next(iter(changed)), code)}
    stored = documents("users", "sbd_accounts", "sessions", "audit_log")
    assert not any(stored.values())


def test_a_password_keeps_the_spaces_around_it() -> None:
    Api().post("/auth/register", form(password=f" {PASSWORD} "))

    assert Api().post("/auth/login", {"username": "robin", "password": PASSWORD}).status == 401
    assert Api().post("/auth/login", {"username": "robin", "password": f" {PASSWORD} "}).status == 200


def test_all_faulty_fields_are_named_at_once() -> None:
    answer = Api().post(
        "/auth/register", {"username": "ab", "email": "robin", "is_staff": True, "plan": None, "password": 5}
    )

    assert answer.faults == {
        ("username", "too_short"),
        ("email", "invalid_format"),
        ("password", "invalid_type"),
        ("is_staff", "unknown_field"),
        ("plan", "unknown_field"),
    }


def test_a_weak_password_is_named_beside_another_faulty_field() -> None:
    answer = Api().post("/auth/register", form(email="robin", password="robin-redbreast"))

    assert answer.faults == {("email", "invalid_format"), ("password", "invalid_format")}
    sentences = [fault["message"] for fault in answer.json["details"] if fault["field"] == "password"]
    assert len(sentences) == len(set(sentences)) == 3  # upper case, digit, like the name


def test_every_field_is_needed() -> None:
    assert Api().post("/auth/register").faults == {
        ("username", "required"),
        ("email", "required"),
        ("password", "required"),
    }


@pytest.mark.parametrize("name", RIGHTS)
def test_nobody_gives_themselves_rights(name: str) -> None:
    answer = Api().post("/auth/register", form(**{name: RIGHTS[name]}))

    assert answer.faults == {(name, "unknown_field")}
    assert documents("users", "sbd_accounts") == {"users": [], "sbd_accounts": []}


def test_what_is_taken_is_named_whatever_its_case() -> None:
    new_person("robin")
    before = documents()

    name = Api().post("/auth/register", form(username="ROBIN", email="other@example.com"))
    address = Api().post("/auth/register", form(username="other", email="ROBIN@example.com"))
    both = Api().post("/auth/register", form())

    assert name.faults == {("username", "unavailable")}
    assert address.faults == {("email", "unavailable")}
    assert both.faults == {("username", "unavailable"), ("email", "unavailable")}
    assert documents() == before


@pytest.mark.parametrize(
    "email", ["stra\u00dfe@example.com", "ines@stra\u00dfe.example", "\u017fam@example.com"]
)
def test_an_address_that_folding_would_make_anothers_is_refused(email: str) -> None:
    assert Api().post("/auth/register", form(email=email)).faults == {("email", "invalid_format")}


def test_addresses_that_fold_to_the_same_are_one() -> None:
    Api().post("/auth/register", form(email="\u00c9va@example.com"))

    again = Api().post("/auth/register", form(username="wren", email="\u00e9VA@Example.COM"))

    assert again.faults == {("email", "unavailable")}


def test_of_eight_who_ask_for_one_name_at_once_one_gets_it() -> None:
    calls = [
        partial(Api().post, "/auth/register", form(email=f"robin{number}@example.com")) for number in range(8)
    ]

    answers = at_once(calls)

    assert sorted(answer.status for answer in answers) == [201] + [400] * 7
    assert all(answer.faults == {("username", "unavailable")} for answer in answers if answer.status != 201)
    stored = documents("users", "sbd_accounts", "sessions", "audit_log")
    assert [len(each) for each in stored.values()] == [1, 1, 1, 1]


def test_of_eight_who_ask_for_one_address_at_once_one_gets_it() -> None:
    calls = [partial(Api().post, "/auth/register", form(username=f"robin{number}")) for number in range(8)]

    answers = at_once(calls)

    assert sorted(answer.status for answer in answers) == [201] + [400] * 7
    assert all(answer.faults == {("email", "unavailable")} for answer in answers if answer.status != 201)
    stored = documents("users", "sbd_accounts", "sessions", "audit_log")
    assert [len(each) for each in stored.values()] == [1, 1, 1, 1]


def test_passwords_are_hashed_by_argon2id_at_the_least_that_owasp_asks() -> None:
    Api().post("/auth/register", form())
    # The tests' own figures are lower; the product's are looked at by themselves.
    product = Argon2Hasher().encode(PASSWORD, Argon2Hasher().salt())

    assert documents("users")["users"][0]["password"].startswith("argon2$argon2id$v=19$")
    assert product.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_credentials_that_are_no_good_do_not_keep_anybody_from_registering() -> None:
    assert Api(authorization="Bearer old.old.old").post("/auth/register", form()).status == 201
