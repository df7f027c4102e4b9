"""Staff and tokens in the look at audit entries: issuing, reversing, freezing."""

from typing import Any

from django.conf import settings

from ops import clock
from ops.actors import Actor
from tests.audited import HOUSE, WHY, Row, by_staff
from tests.factories import Person, new_person
from tests.tokens.funds import account_of
from tokens.actions import freezing, issuing, reversing

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
    "freezing.freeze_by_staff": Row(
        lambda p: freezing.freeze_by_staff(_account_of(p), **by_staff(), reason=WHY), "account.frozen"
    ),
    "freezing.unfreeze_by_staff": Row(
        lambda _: freezing.unfreeze_by_staff(HOUSE["frozen"], **by_staff(), reason=WHY), "account.unfrozen"
    ),
}


def house() -> dict[str, Any]:
    """Return an issuance that waits, a transaction, and an account that is frozen."""
    frozen = _account_of(new_person())
    many = settings.ISSUE_ALONE_UP_TO + 1
    said = by_staff() | {"reason": WHY}
    waiting = issuing.issue(frozen, many, **said)["_id"]
    issued = issuing.issue(_account_of(new_person()), 5, **said)["transaction"]
    freezing.freeze_by_staff(frozen, **said)
    return {"waiting": waiting, "issued": issued, "frozen": frozen}


def _second() -> dict[str, Any]:
    return {"actor": Actor.system("second"), "now": clock.now()}


def _account_of(person: Person) -> str:
    return str(account_of(person)["_id"])
