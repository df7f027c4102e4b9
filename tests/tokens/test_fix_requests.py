"""fix:expire_requests and fix:correct_balance, as somebody types them."""

import pytest

from ops.actors import Actor
from tests.database import audit, documents
from tests.factories import Person
from tests.families.test_requests_command import COLLECTIONS, ask_long_ago
from tests.ops.doctor.fixed import noted, typed
from tests.tokens.damage import change, checked, named
from tests.tokens.funds import account_of, issue
from tests.tokens.told import recorded

ME = Actor.shell().id
WHY = "changed by hand last night"


def test_what_nobody_decided_on_is_marked_once(person: Person) -> None:
    ask_long_ago(person)
    before = documents()
    assert typed("expire_requests") == (1, ["mark as expired: 2"], None)
    assert documents() == before

    done = [typed("expire_requests", apply=True, reason="beat was down") for _ in range(2)]

    assert [each.lines for each in done] == [["marked as expired: 2"], []]
    found = documents(*COLLECTIONS)
    assert {request["status"] for name in COLLECTIONS for request in found[name]} == {"expired"}
    assert noted() == [("expire_requests", ME, "beat was down")]


@pytest.mark.usefixtures("_forgotten")
@pytest.mark.parametrize("by_name", [False, True], ids=["by id", "by name"])
def test_a_balance_is_corrected_to_what_its_postings_say(person: Person, by_name: bool) -> None:  # noqa: FBT001  # a parameter of the test
    account_id = str(account_of(person)["_id"])
    account = person.username if by_name else account_id
    issue(account_id, 1000)
    change("sbd_accounts", account_id, balance=1500)
    before = documents()
    assert typed("correct_balance", account=account) == (
        1,
        [
            f"correct {person.username} from 1,500 to 1,000, which its entries come to",
            "post an issuance of 500 and its reversal, which together come to nothing",
        ],
        None,
    )
    assert documents() == before

    done = typed("correct_balance", apply=True, reason=WHY, account=account)

    assert done.lines[0] == f"corrected {person.username} from 1,500 to 1,000"
    assert account_of(person)["balance"] == 1000
    assert named(checked()) == {}
    entry = recorded("balance.corrected")
    assert (entry["actor"], entry["private"]["reason"]) == (ME, WHY)
    assert typed("correct_balance", apply=True, reason=WHY, account=account) == (0, [], None)
    assert len(audit("balance.corrected")) == 1


@pytest.mark.usefixtures("_forgotten")
@pytest.mark.parametrize("apply", [False, True])
def test_what_cannot_be_corrected_is_refused_in_a_sentence(apply: bool) -> None:  # noqa: FBT001  # a parameter of the test
    nobody = typed("correct_balance", apply=apply, reason=WHY, account="nobody")
    system = typed("correct_balance", apply=apply, reason=WHY, account="system_issuance")

    assert (nobody.status, nobody.lines, system.status, system.lines) == (1, [], 1, [])
    assert nobody.refused
    assert system.refused == (
        "The balance cannot be corrected. It is the system's own: a job adds its balance up from its entries."
    )
