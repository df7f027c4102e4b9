"""Making, listing and revoking permanent tokens. Source: HTTP contract, sections 11 and 18 (rule 12)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.test import override_settings

from family_site.identity.actions import permanent_tokens
from family_site.identity.actions.permanent_tokens import Wanted
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Scope
from ops.mongo.collections import collection
from tests.api import Answer, Api
from tests.database import audit, documents, public_part
from tests.factories import Person, new_permanent_token, new_person, new_staff
from tests.mails import mails
from tests.races import at_once, ended
from tests.second_factors import secured, without_it

PATH = "/auth/permanent-tokens"
WISH: Mapping[str, Any] = {"description": "of a script", "scopes": ["read"]}
MADE = {"token", "token_id", "description", "scopes", "ip_restrictions", "expires_at", "created_at"}
SHOWN = (MADE - {"token"}) | {"last_used_at", "usage_count", "is_revoked"}
STORED = ("users", "api_tokens", "audit_log", "email_outbox", "notifications", "idempotency_keys")


def make(person: Person, **changes: Any) -> Answer:
    return Api(person).post(PATH, {**WISH, **changes})


def at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def listed(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Api(person).get(PATH).json
    return found


def test_a_token_is_shown_once_and_kept_as_a_digest_only(person: Person) -> None:
    answer = make(person, ip_restrictions=["203.0.113.7", "2001:db8::/32", "203.0.113.7/32"])

    assert (answer.status, answer.json.keys()) == (201, MADE)
    token = answer.json["token"]
    assert token.startswith("sbdp_")
    assert len(token) == len("sbdp_") + 43
    assert answer.json["ip_restrictions"] == ["203.0.113.7/32", "2001:db8::/32"]
    assert token not in repr(documents())
    (found,) = listed(person)
    assert found.keys() == SHOWN
    assert {name: found[name] for name in MADE - {"token"}} == {
        name: answer.json[name] for name in MADE - {"token"}
    }
    assert (found["last_used_at"], found["usage_count"], found["is_revoked"]) == (None, 0, False)


def test_a_token_ends_after_90_days_unless_it_shall_end_at_another_second(person: Person) -> None:
    before, wanted = clock.now(), clock.now().replace(microsecond=0) + timedelta(days=366)

    usual, long = make(person).json, make(person, expires_at=at(wanted)).json

    span = datetime.fromisoformat(usual["expires_at"]) - before
    assert timedelta(days=90, seconds=-1) <= span <= timedelta(days=90, minutes=5)
    assert datetime.fromisoformat(long["expires_at"]) == wanted


def test_the_first_answer_is_not_kept_for_an_idempotency_key(person: Person) -> None:
    answers = [Api(person).post(PATH, WISH, Idempotency_Key="the-same-key") for _ in range(2)]

    assert [each.status for each in answers] == [201, 201]
    assert answers[0].json["token"] != answers[1].json["token"]
    assert documents("idempotency_keys") == {"idempotency_keys": []}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"scopes": []}, ("scopes", "too_short")),
        ({"scopes": "read"}, ("scopes", "invalid_type")),
        ({"scopes": ["write"]}, ("scopes.0", "invalid_choice")),
        ({"scopes": ["read", "admin"]}, ("scopes", "not_allowed")),
        ({"description": " "}, ("description", "too_short")),
        ({"description": "x" * 256}, ("description", "too_long")),
        ({"ip_restrictions": ["here"]}, ("ip_restrictions.0", "invalid_format")),
        ({"ip_restrictions": ["203.0.113.7/24"]}, ("ip_restrictions.0", "invalid_format")),
        ({"ip_restrictions": [f"203.0.113.{each}" for each in range(21)]}, ("ip_restrictions", "too_long")),
        ({"expires_at": "tomorrow"}, ("expires_at", "invalid_format")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ("expires_at", "too_small")),
        ({"expires_at": at(clock.now() + timedelta(days=367))}, ("expires_at", "too_large")),
        ({"token": "sbdp_mine"}, ("token", "unknown_field")),
    ],
)
def test_what_is_not_as_it_must_be_makes_nothing(
    person: Person, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    before = documents(*STORED)

    answer = make(person, **changes)

    assert answer.faults == {fault}
    assert documents(*STORED) == before


def test_only_staff_have_the_scope_admin() -> None:
    assert make(new_person(is_staff=True), scopes=["admin"]).status == 201


def test_an_address_must_be_confirmed_where_that_is_asked_for(person: Person) -> None:
    with override_settings(REQUIRE_CONFIRMED_EMAIL=True):
        assert make(person).problem == (403, "EMAIL_NOT_CONFIRMED")

    assert documents("api_tokens") == {"api_tokens": []}


def test_there_are_20_tokens_at_most_and_an_end_makes_room(person: Person) -> None:
    made = [new_permanent_token(person) for _ in range(20)]
    assert make(person).faults == {("body", "not_allowed")}

    assert Api(person).send("DELETE", f"{PATH}/{made[3].id}").status == 200

    assert make(person).status == 201
    assert make(person).faults == {("body", "not_allowed")}
    in_a_year = clock.now() + timedelta(days=365)
    later = permanent_tokens.create(Wanted("later", [Scope.READ]), actor=person.actor, now=in_a_year)
    (user,) = documents("users")["users"]
    assert [each["token_id"] for each in user["permanent_tokens"]] == [later.document["_id"]]


def test_of_many_at_once_as_many_are_made_as_there_is_room_for(person: Person) -> None:
    for _ in range(17):
        new_permanent_token(person)

    outcomes = at_once([partial(ended, partial(new_permanent_token, person)) for _ in range(8)])

    assert sorted(outcomes) == ["VALIDATION_ERROR"] * 5 + ["done"] * 3
    stored = documents("api_tokens", "users")
    assert len(stored["api_tokens"]) == 20
    assert len(stored["users"][0]["permanent_tokens"]) == 20


def test_tokens_are_listed_newest_first_ended_ones_too_and_nobody_elses(
    person: Person, stranger: Person
) -> None:
    first, second = new_permanent_token(person), new_permanent_token(person)
    earlier = clock.now() - timedelta(hours=1)
    collection("api_tokens").update({"_id": first.id}, {"$set": {"created_at": earlier}})
    new_permanent_token(stranger)
    Api(person).send("DELETE", f"{PATH}/{first.id}")

    found = [(each["token_id"], each["is_revoked"]) for each in listed(person)]

    assert found == [(second.id, False), (first.id, True)]


def test_a_token_is_revoked_once_and_by_its_user_only(person: Person, stranger: Person) -> None:
    token = new_permanent_token(person)
    path, before = f"{PATH}/{token.id}", documents(*STORED)

    assert Api(stranger).send("DELETE", path).problem == (404, "NOT_FOUND")
    assert documents(*STORED) == before

    assert Api(person).send("DELETE", path).status == 200
    assert Api(person).send("DELETE", path).problem == (404, "NOT_FOUND")
    assert len(audit("permanent_token.revoked")) == 1


def test_of_many_revocations_at_once_one_wins(person: Person) -> None:
    token = new_permanent_token(person)
    revoke = partial(permanent_tokens.revoke, token.id, actor=person.actor, now=clock.now())

    assert sorted(at_once([partial(ended, revoke) for _ in range(4)])) == ["NOT_FOUND"] * 3 + ["done"]
    assert len(audit("permanent_token.revoked")) == 1


def test_the_entry_says_what_was_made_and_keeps_what_names_people_apart(person: Person) -> None:
    made = make(person, scopes=["tokens", "read"], ip_restrictions=["203.0.113.0/24"]).json

    (entry,) = audit("permanent_token.created")

    assert (entry["actor"], entry["target"]) == (person.id, made["token_id"])
    assert (entry["after"]["user_id"], entry["after"]["scopes"]) == (person.id, ["read", "tokens"])
    assert entry["private"]["after"] == {"description": "of a script", "ip_restrictions": ["203.0.113.0/24"]}
    assert not any(each in public_part(entry) for each in ("of a script", "203.0.113", made["token"]))


def test_its_user_is_warned_of_a_new_token_in_the_app_and_by_mail(person: Person) -> None:
    token = make(person).json["token"]

    (mail,) = mails("security")
    (notice,) = documents("notifications")["notifications"]
    assert (mail.to, mail.subject) == (person.email, "A permanent token was made for your account")
    assert (notice["user_id"], notice["data"]["event"]) == (person.id, "permanent_token_made")
    assert token not in mail.text + mail.html + repr(notice)


@pytest.mark.limited
def test_10_tokens_an_hour_are_made_and_20_revoked(person: Person) -> None:
    assert [make(person).status for _ in range(11)] == [201] * 10 + [429]
    unknown = f"{PATH}/tok_unknown"
    assert [Api(person).send("DELETE", unknown).status for _ in range(21)] == [404] * 20 + [429]


def test_staff_who_have_still_to_show_a_second_factor_lay_no_token_in_store() -> None:
    early, late = new_staff(Role.OPERATOR), new_staff(Role.OPERATOR)
    with override_settings(STAFF_SECOND_FACTOR="required"):
        without = make(early, scopes=["admin"])
        reading = make(early, scopes=["read"])
    someone = secured(late)
    before = without_it(someone)

    assert without.problem == (403, "TWO_FACTOR_SETUP_REQUIRED")
    assert reading.status == 201
    code = {"X-2FA-Code": someone.code()}
    unseen = Api(before).post(PATH, {**WISH, "scopes": ["admin"]}, **code)
    assert unseen.problem == (403, "FRESH_TWO_FACTOR_REQUIRED")
