"""Staff and tokens in the look at audit entries: issuing, reversing, correcting, freezing."""

from typing import Any

from django.conf import settings

from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from tests.audited import HOUSE, WHY, Row, by_staff
from tests.factories import Person, new_person
from tests.tokens.funds import account_of
from tokens.actions import correcting, freezing, issuing, reversing

ROWS: dict[str, Row] = {
    "issuing.issue": Row(
        lambda p: issuing.issue(_account_of(p), 5, **by_staff(), reason=WHY), "tokens.issued", again=1
    ),
    "issuing.confirm": Row(
        lambda _: issuing.confirm(HOUSE["waiting"], **_second(), reason=WHY), "tokens.issued"
    ),
    "issuing.withdraw": Row(
        lambda _: issuing.withdraw(HOUSE["waiting"], **by_staff(), reason=WHY), "issuance.withdrawn"
    ),
    "reversing.reverse": Row(
        lambda _: reversing.reverse(HOUSE["issued"], **by_staff(), reason=WHY), "transaction.reversed"
    ),
    "correcting.correct": Row(
        lambda _: correcting.correct(HOUSE["drifted"], **by_staff(), reason=WHY), "balance.corrected"
    ),
    "freezing.freeze_by_staff": Row(
        lambda p: freezing.freeze_by_staff(_account_of(p), **by_staff(), reason=WHY), "account.frozen"
    ),
    "freezing.unfreeze_by_staff": Row(
        lambda _: freezing.unfreeze_by_staff(HOUSE["frozen"], **by_staff(), reason=WHY), "account.unfrozen"
    ),
}


def house() -> dict[str, Any]:
    """Return an issuance that waits, a transaction, and accounts: one frozen, one with a wrong balance."""
    frozen = _account_of(new_person())
    many = settings.ISSUE_ALONE_UP_TO + 1
    said = by_staff() | {"reason": WHY}
    waiting = issuing.issue(frozen, many, **said)["_id"]
    issued = issuing.issue(_account_of(new_person()), 5, **said)["transaction"]
    freezing.freeze_by_staff(frozen, **said)
    drifted = _account_of(new_person())
    collection("sbd_accounts").update({"_id": drifted}, {"$set": {"balance": 3}})
    return {"waiting": waiting, "issued": issued, "frozen": frozen, "drifted": drifted}


def _second() -> dict[str, Any]:
    return {"actor": Actor.system("second"), "now": clock.now()}


def _account_of(person: Person) -> str:
    return str(account_of(person)["_id"])
