"""POST /sbd_tokens/send. Source: HTTP contract, sections 1.3 (repeated calls), 8 and 18 (2 to 6)."""

from ops.mongo.collections import collection
from tests.database import documents
from tests.factories import Person
from tests.tokens.calls import KEY, faults, moment, refusal, send
from tests.tokens.deeds import House
from tests.tokens.funds import account_of, issue


def rich(person: Person, tokens: int = 100) -> Person:
    issue(account_of(person)["_id"], tokens)
    return person


def test_tokens_are_sent(person: Person, stranger: Person) -> None:
    rich(person)

    answer = send(person, stranger.username, 30, note=" for bread ")

    assert answer.status == 200
    (stored,) = [each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == "send"]
    assert answer.json == {
        "status": "success",
        "message": "The tokens were sent.",
        "transaction_safe": True,
        "from_user": person.username,
        "to_user": stranger.username,
        "amount": 30,
        "transaction_id": stored["_id"],
        "balance_after": 70,
    }
    assert stored["note"] == "for bread"
    assert stored["request_id"] == answer.headers["X-Request-ID"]
    assert (account_of(person)["balance"], account_of(stranger)["balance"]) == (70, 30)


def test_a_name_is_taken_in_any_case(person: Person, stranger: Person) -> None:
    rich(person)

    assert send(person, stranger.username.upper()).json["to_user"] == stranger.username


def test_who_may_spend_of_a_familys_account_sends_from_it(stranger: Person) -> None:
    house = House(50)
    name = house.account["username"]

    answer = send(house.spender, stranger.username, 20, from_account=name)

    assert (answer.status, answer.json["from_user"], answer.json["balance_after"]) == (200, name, 30)
    assert (account_of(stranger)["balance"], account_of(house.spender)["balance"]) == (20, 0)


def test_a_family_account_is_a_recipient_for_its_holders_alone(stranger: Person) -> None:
    house = House()
    name = house.account["username"]
    rich(house.viewer)
    rich(stranger)

    assert send(house.viewer, name, 5).json["to_user"] == name
    assert refusal(lambda: send(stranger, name)) == (404, "RECIPIENT_NOT_FOUND", {})
    assert house.account["balance"] == 5


def test_the_older_key_makes_two_calls_one_intent(person: Person, stranger: Person) -> None:
    rich(person)

    first = send(person, stranger.username, transaction_id=KEY)
    again = send(person, stranger.username, transaction_id=KEY)
    by_header = send(person, stranger.username, key=KEY)
    by_both = send(person, stranger.username, key=KEY, transaction_id=KEY)

    assert first.status == 200
    assert first.json["transaction_id"] != KEY
    assert first.text == again.text == by_header.text == by_both.text
    assert "Idempotency-Replayed" not in first.headers
    assert {each.headers["Idempotency-Replayed"] for each in (again, by_header, by_both)} == {"true"}
    assert account_of(stranger)["balance"] == 5
    other = refusal(lambda: send(person, stranger.username, 6, transaction_id=KEY))
    assert other == (409, "IDEMPOTENCY_KEY_REUSED", {})


def test_an_older_key_of_another_form_is_a_fault_of_its_field(person: Person, stranger: Person) -> None:
    rich(person)

    def found(older: object, **more: str) -> set[tuple[str, str]]:
        return faults(lambda: send(person, stranger.username, transaction_id=older, **more))

    assert found("short") == {("transaction_id", "too_short")}
    assert found("x" * 129) == {("transaction_id", "too_long")}
    assert found("has a space") == {("transaction_id", "invalid_format")}
    assert found(12345678) == {("transaction_id", "invalid_type")}
    assert found(None) == {("transaction_id", "null")}
    assert found(KEY, key="another-key") == {("transaction_id", "not_allowed")}


def test_the_answer_is_kept_for_ever_and_the_transaction_names_it(person: Person, stranger: Person) -> None:
    rich(person)

    send(person, stranger.username, key=KEY)

    (kept,) = documents("idempotency_keys")["idempotency_keys"]
    (stored,) = [each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == "send"]
    assert kept["expires_at"] is None
    assert stored["key"] == kept["_id"]


def test_a_second_click_is_refused_and_a_key_means_it(person: Person, stranger: Person) -> None:
    rich(person)
    first = send(person, stranger.username).json["transaction_id"]

    status, code, details = refusal(lambda: send(person, stranger.username))

    assert (status, code, details["transaction_id"]) == (409, "CONFLICT", first)
    assert "Idempotency-Key" in details["hint"]
    assert send(person, stranger.username, key=KEY).status == 200
    assert send(person, stranger.username, 6).status == 200
    assert account_of(stranger)["balance"] == 16


def test_the_time_of_a_payment_is_the_answers_and_the_statements(person: Person, stranger: Person) -> None:
    rich(person)
    send(person, stranger.username)

    (stored,) = [each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == "send"]
    entries = collection("sbd_entries").find({"transaction": stored["_id"]}, limit=2)
    assert {moment(each["at"]) for each in entries} == {moment(stored["at"])}
