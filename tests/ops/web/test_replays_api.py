"""Idempotency keys through HTTP. Source: HTTP contract, sections 1.3 and 18 (rules 2, 16, 17)."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from ops import clock, idempotency
from ops.idempotency import Intent
from ops.mongo.collections import collection
from ops.web.views import ApiView
from tests.api import Answer, Api
from tests.commands import forget_request, unwatched
from tests.database import documents
from tests.factories import Person, new_family, new_person
from tests.races import at_once, persistent

PATH = "/family/create"
KEY = "key-of-one-intent"


def create(person: Person, name: str | None = "Larks", key: str = KEY) -> Answer:
    return Api(person).post(PATH, {"name": name}, **{"Idempotency-Key": key})


def test_the_same_intent_gets_the_same_answer_and_changes_nothing(person: Person) -> None:
    first = create(person)
    before = documents()

    again = create(person)

    assert first.status == again.status == 201
    assert again.text == first.text
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Content-Type"] == "application/json"
    assert documents() == before


def test_the_order_of_members_and_white_space_are_no_other_intent(person: Person) -> None:
    first = Api(person).post(PATH, b'{"name":"Larks"}', **{"Idempotency-Key": KEY})

    again = Api(person).post(PATH, b' { "name" : "Larks" } ', **{"Idempotency-Key": KEY})

    assert again.text == first.text


@pytest.mark.parametrize("name", ["Owls", None])
def test_another_body_under_the_same_key_is_refused(person: Person, name: str | None) -> None:
    create(person)
    before = documents()

    answer = create(person, name)

    assert answer.problem == (409, "IDEMPOTENCY_KEY_REUSED")
    assert documents() == before


def test_another_target_under_the_same_key_is_refused(person: Person) -> None:
    intent = Intent(person.id, "family_create", KEY, target="a", body_hash="b")
    idempotency.once(intent, lambda: (201, b"{}"), now=clock.now())

    assert create(person).problem == (409, "IDEMPOTENCY_KEY_REUSED")


def test_a_key_is_its_callers_own(person: Person, stranger: Person) -> None:
    mine, theirs = create(person), create(stranger)

    assert mine.json["family_id"] != theirs.json["family_id"]


def test_a_refused_call_uses_no_key_up(person: Person) -> None:
    for name in ("one", "two", "three"):
        new_family(person, name)

    assert create(person).problem == (403, "FAMILY_LIMIT_EXCEEDED")
    assert documents("idempotency_keys") == {"idempotency_keys": []}

    collection("family_people").update({"_id": person.id}, {"$set": {"limits": {"max_families_founded": 4}}})
    assert create(person).status == 201


@pytest.mark.parametrize("key", ["short", "x" * 129, "has a space", "ümlaut-key", ""])
def test_a_key_of_another_form_is_refused(person: Person, key: str) -> None:
    before = documents()

    answer = Api(person).post(PATH, {}, **{"Idempotency-Key": key.encode().decode("latin-1")})

    assert answer.faults == {("header.Idempotency-Key", "invalid_format")}
    assert documents() == before


def test_a_number_that_no_database_holds_is_a_fault_of_its_field(person: Person) -> None:
    body = b'{"name": %d}' % 10**400

    assert Api(person).post(PATH, body, **{"Idempotency-Key": KEY}).faults == {("name", "invalid_type")}


@pytest.mark.race
def test_of_fifty_equal_calls_one_founds_a_family(person: Person) -> None:
    answers = at_once([persistent(partial(create, person))] * 50)

    assert {(answer.status, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert len([answer for answer in answers if "Idempotency-Replayed" not in answer.headers]) <= 1
    assert len(documents("families")["families"]) == 1
    assert create(person).text == answers[0].text


def test_a_second_call_waits_for_the_first_and_is_then_told_to_come_again(person: Person) -> None:
    running = Intent(person.id, "family_create", KEY, target="a", body_hash="b")
    record = {"_id": running.id, "target": "a", "body_hash": "b", "status": 201, "body": b"{}"}
    idempotency_keys = collection("idempotency_keys").raw
    before = documents("families")

    with unwatched(), idempotency_keys.database.client.start_session() as first, first.start_transaction():
        idempotency_keys.insert_one(record, session=first)  # as a first call does that has not committed yet
        second = create(person)
        first.abort_transaction()

    assert second.problem == (409, "CONFLICT")
    assert (second.json["retry_after"], second.headers["Retry-After"]) == (1, "1")
    assert documents("families") == before
    assert create(person).status == 201


def test_an_answer_that_was_lost_after_the_commit_is_given_again(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_args: Any, **_kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ApiView, "finalize_response", dies)
        with pytest.raises(KeyboardInterrupt):
            create(person)
    forget_request()
    (family,) = documents("families")["families"]

    again = create(person)

    assert (again.status, again.json["family_id"]) == (201, family["_id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(documents("families")["families"]) == 1


def test_the_key_itself_is_not_kept_and_the_answer_for_a_day(person: Person) -> None:
    create(person)

    (kept,) = documents("idempotency_keys")["idempotency_keys"]
    assert KEY not in str(kept)
    assert kept["expires_at"] - kept["created_at"] == timedelta(hours=24)


def test_what_moves_tokens_is_kept_for_ever() -> None:
    intent = Intent("user_1", "token_send", KEY, target="a", body_hash="b", keep_forever=True)

    idempotency.once(intent, lambda: (200, b"{}"), now=clock.now())

    assert documents("idempotency_keys")["idempotency_keys"][0]["expires_at"] is None


def test_sign_in_keeps_no_answer() -> None:
    person = new_person()
    sent = {"username": person.username, "password": "Quite-Long-7!"}

    answers = [Api().post("/auth/login", sent, **{"Idempotency-Key": KEY}) for _ in range(2)]

    assert answers[0].json["session_id"] != answers[1].json["session_id"]
    assert documents("idempotency_keys") == {"idempotency_keys": []}
