"""Whether an address has an account is told neither by an answer nor by the time that it takes.

How it is measured: ``tests.timing``. Source: HTTP contract, sections 1.2, 5 and 11; design, section 6.
"""

from collections.abc import Callable

import pytest

from ops.mongo.collections import Document, collection
from tests import commands
from tests.api import Answer, Api
from tests.factories import Person, new_person
from tests.timing import PAIRS, WARM_UP, are_told_apart, measured, summary

pytestmark = pytest.mark.long

Send = Callable[[str, str], Answer]


@pytest.fixture
def addresses() -> list[str]:
    """Addresses of users, as many as are asked for."""
    return [new_person().email for _ in range(WARM_UP + PAIRS)]


@pytest.fixture
def sends(person: Person, larks: Document) -> dict[str, Send]:
    """What a caller can send an address with; each call comes from an address of its own."""
    collection("families").update({"_id": larks["_id"]}, {"$set": {"limits.max_members": 500}})

    def invite(to: str, address: str) -> Answer:
        body = {"identifier": to, "relationship_type": "cousin"}
        return Api(person, address=address).post(f"/family/{larks['_id']}/invite", body)

    def forgot(to: str, address: str) -> Answer:
        return Api(address=address).post("/auth/forgot-password", {"email": to})

    def resend(to: str, address: str) -> Answer:
        return Api(address=address).post("/auth/resend-verification", {"email": to})

    return {"invite": invite, "forgot": forgot, "resend": resend}


@pytest.mark.parametrize("kind", ["invite", "forgot", "resend"])
def test_an_address_with_an_account_takes_no_other_time(
    sends: dict[str, Send], addresses: list[str], kind: str
) -> None:
    send, success = sends[kind], 201 if kind == "invite" else 200

    def calls(number: int) -> tuple[Callable[[], None], Callable[[], None]]:
        def call(to: str, network: int) -> None:
            assert send(to, f"10.{network}.{number}.1").status == success

        known = addresses[number]
        return lambda: call(known, 1), lambda: call(unknown(known), 2)

    pairs = measured(calls)

    assert not are_told_apart(pairs), summary(pairs)


@pytest.mark.parametrize("kind", ["invite", "forgot", "resend"])
def test_an_address_with_an_account_costs_the_same_commands_and_gets_the_same_answer(
    sends: dict[str, Send], addresses: list[str], kind: str
) -> None:
    send, known = sends[kind], addresses[0]
    send("first@example.com", "10.3.0.1")  # of which the session is remembered

    with commands.recorded() as for_known:
        with_account = send(known, "10.1.0.1")
    with commands.recorded() as for_unknown:
        without_account = send(unknown(known), "10.2.0.1")

    assert commands.steps(for_unknown) == commands.steps(for_known) != []
    assert with_account.status == without_account.status
    assert with_account.json.keys() == without_account.json.keys()
    same = {"status", "message", "transaction_safe", "relationship_type", "email_status", "invitee_username"}
    assert all(
        with_account.json[name] == without_account.json[name] for name in same & with_account.json.keys()
    )


def unknown(address: str) -> str:
    """Return an address of the same length that nobody has."""
    return f"none{address[4:]}"
