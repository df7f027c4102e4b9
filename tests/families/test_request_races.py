"""Who is quicker: approvals, denials, freezes, time, departures. Paid once or not at all, as the status says.

Source: HTTP contract, section 18 (rules 2, 3, 4, 6, 8 and 13).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest

from families.actions import admins, departing, dissolving, requesting, reviewing
from family_site.identity.actions import disabling
from ops import clock
from tests.consistency import faults
from tests.database import audit, documents
from tests.factories import Person
from tests.families.asking import WHY, asked, asked_to_buy, request_of, review, set_policy, status_of
from tests.races import at_once, ended
from tests.tokens import ledger_checker
from tests.tokens.deeds import House, freeze, transfer
from tests.tokens.funds import account_of, issue
from tests.world import TESTS
from tokens.actions import request_ends
from tokens.rules.requests import PURCHASE, TOKENS, Sort, Urgency

pytestmark = pytest.mark.race(50)
Call = Callable[[], object]


def ends(*calls: Call) -> list[str]:
    """Run all at once; return ``done`` or the code of the refusal of each; whatever came, the books agree."""
    outcomes = at_once([partial(ended, each) for each in calls])
    assert ledger_checker.faults() == []
    assert faults(clock.now()) == []
    return outcomes


def approval(
    by: Person, house: House, request_id: str, *, sort: Sort = TOKENS, now: datetime | None = None
) -> Call:
    return partial(reviewing.approve, sort, house.id, request_id, actor=by.actor, now=now or clock.now())


def denial(by: Person, house: House, request_id: str) -> Call:
    return partial(reviewing.deny, TOKENS, house.id, request_id, actor=by.actor, now=clock.now())


def asking(person: Person, house: House, amount: int) -> Call:
    return partial(
        requesting.request_tokens, house.id, amount, WHY, Urgency.LOW, actor=person.actor, now=clock.now()
    )


def paid(kind: str = "token_request") -> int:
    """Return how many transactions of a kind there are."""
    return sum(each["kind"] == kind for each in documents("sbd_transactions")["sbd_transactions"])


def statuses(request_ids: Sequence[str]) -> Counter[str]:
    return Counter(status_of(each) for each in request_ids)


def test_of_twenty_approvals_one_pays() -> None:
    house = House(100)
    request_id = asked(house.viewer, house, 30)
    by = [house.founder, house.admin] * 10

    outcomes = ends(*[approval(each, house, request_id) for each in by])

    assert Counter(outcomes) == {"done": 1, "REQUEST_NOT_PENDING": 19}
    assert (paid(), house.account["balance"], account_of(house.viewer)["balance"]) == (1, 70, 30)
    assert len(audit("token_request.approved")) == 1


def test_of_many_calls_with_one_key_one_pays() -> None:
    house = House(100)
    request_id = asked(house.viewer, house, 30)

    answers = at_once([partial(review, house.admin, house, request_id, key="key-of-one-intent")] * 8)

    assert {each.status for each in answers} <= {200, 409}
    assert len({each.text for each in answers if each.status == 200}) == 1
    assert (paid(), status_of(request_id)) == (1, "approved")
    assert ledger_checker.faults() == []


def test_an_approval_against_a_denial() -> None:
    house = House(100)
    request_id = asked(house.viewer, house, 30)

    outcomes = ends(approval(house.founder, house, request_id), denial(house.admin, house, request_id))

    stands = status_of(request_id)
    assert (sorted(outcomes), stands) in [
        (["REQUEST_NOT_PENDING", "done"], "approved"),
        (["REQUEST_NOT_PENDING", "done"], "denied"),
    ]
    assert outcomes[0 if stands == "approved" else 1] == "done"
    assert paid() == (stands == "approved")


def test_an_approval_against_whoever_takes_it_back() -> None:
    house = House(100)
    request_id = asked(house.viewer, house, 30)
    withdrawal = partial(requesting.withdraw, house.id, request_id, actor=house.viewer.actor, now=clock.now())

    outcomes = ends(approval(house.founder, house, request_id), withdrawal)

    assert sorted(outcomes) == ["REQUEST_NOT_PENDING", "done"]
    assert status_of(request_id) == ("approved" if outcomes[0] == "done" else "cancelled")


def test_an_approval_against_a_freeze() -> None:
    house = House(100)
    request_id = asked(house.viewer, house, 30)

    approved, frozen = ends(
        approval(house.admin, house, request_id),
        partial(freeze, house.account_id, by=house.founder.actor, now=clock.now()),
    )

    assert frozen == "done"
    assert (approved, status_of(request_id), paid()) in [
        ("done", "approved", 1),
        ("ACCOUNT_FROZEN", "pending", 0),
    ]


def test_an_approval_at_the_very_end_against_the_job_that_marks_it() -> None:
    house = House(100)
    request_id = asked(house.viewer, house, 30)
    end = request_of(request_id)["expires_at"]

    approved, marked = ends(
        approval(house.admin, house, request_id, now=end - timedelta(milliseconds=1)),
        partial(request_ends.expire_overdue, actor=TESTS, now=end),
    )

    assert marked == "done"
    assert (approved, status_of(request_id), paid()) in [
        ("done", "approved", 1),
        ("REQUEST_NOT_PENDING", "expired", 0),
    ]


def test_what_there_is_is_paid_once() -> None:
    house = House(50)
    made = [asked(house.viewer, house, 30), asked(house.spender, house, 30)]

    outcomes = ends(
        approval(house.founder, house, made[0]),
        approval(house.admin, house, made[1]),
        partial(transfer, house.account_id, house.viewer, 30, by=house.spender, now=clock.now()),
    )

    assert Counter(outcomes) == {"done": 1, "INSUFFICIENT_BALANCE": 2}
    assert house.account["balance"] == 20
    assert statuses(made)["pending"] == 2 - paid()


def test_purchases_at_once_all_reach_the_merchant() -> None:
    houses = [House(10) for _ in range(4)]
    made = [asked_to_buy(each.viewer, each) for each in houses]

    outcomes = ends(
        *[
            approval(house.founder, house, request_id, sort=PURCHASE)
            for house, request_id in zip(houses, made, strict=True)
        ]
    )

    assert outcomes == ["done"] * 4
    assert paid("purchase") == 4


def test_the_cap_of_a_day_holds_for_requests_at_once() -> None:
    house = House(100)
    set_policy(house, auto_approval_threshold=10, auto_approval_daily_cap=25)

    outcomes = ends(*[asking(house.viewer, house, 10)] * 6, asking(house.spender, house, 10))

    assert outcomes == ["done"] * 7
    found = documents("token_requests")["token_requests"]
    own = Counter(each["status"] for each in found if each["requester_id"] == house.viewer.id)
    assert own == {"auto_approved": 2, "pending": 4}
    assert account_of(house.viewer)["balance"] == 20
    assert (paid(), house.account["balance"]) == (3, 70)


def test_an_approval_against_the_departure_of_whoever_asked() -> None:
    house = House(100)
    request_id = asked(house.viewer, house, 30)
    leave = partial(departing.leave, house.id, actor=house.viewer.actor, now=clock.now())

    approved, left = ends(approval(house.admin, house, request_id), leave)

    assert left == "done"
    assert (approved, status_of(request_id), paid()) in [
        ("done", "approved", 1),
        ("REQUEST_NOT_PENDING", "cancelled", 0),
    ]


def test_asking_against_leaving_leaves_nothing_that_waits() -> None:
    house = House(100)
    leave = partial(departing.leave, house.id, actor=house.viewer.actor, now=clock.now())

    said, left = ends(asking(house.viewer, house, 30), leave)

    found = [each["status"] for each in documents("token_requests")["token_requests"]]
    assert left == "done"
    assert (said, found) in [("done", ["cancelled"]), ("FAMILY_NOT_FOUND", [])]


def test_asking_against_dissolving_leaves_nothing_that_waits() -> None:
    house = House()
    dissolve = partial(dissolving.dissolve, house.id, actor=house.founder.actor, now=clock.now())

    said, dissolved = ends(asking(house.viewer, house, 30), dissolve)

    found = [each["status"] for each in documents("token_requests")["token_requests"]]
    assert dissolved == "done"
    assert (said, found) in [("done", ["cancelled"]), ("FAMILY_NOT_FOUND", [])]


@pytest.mark.parametrize("decide", [approval, denial])
def test_a_decision_against_ones_own_demotion(decide: Callable[[Person, House, str], Call]) -> None:
    house = House(100)
    request_id = asked(house.viewer, house, 30)
    demote = partial(admins.demote, house.id, house.admin.id, actor=house.founder.actor, now=clock.now())

    decided, demoted = ends(decide(house.admin, house, request_id), demote)

    assert demoted == "done"
    assert decided in {"done", "INSUFFICIENT_PERMISSIONS"}
    assert (status_of(request_id) == "pending") == (decided != "done")


def test_an_own_request_against_the_admin_who_comes_back() -> None:
    house = House(100)
    request_id = asked(house.founder, house, 30)
    switched = {"actor": TESTS, "reason": "for a test"}
    disabling.disable(house.admin.id, now=clock.now(), **switched)  # type: ignore[arg-type]  # a dictionary of both
    enable = partial(disabling.enable, house.admin.id, now=clock.now(), **switched)  # type: ignore[arg-type]  # as above

    approved, enabled = ends(approval(house.founder, house, request_id), enable)

    assert enabled == "done"
    assert (approved, paid()) in [("done", 1), ("SELF_APPROVAL_FORBIDDEN", 0)]


def test_tokens_that_arrive_meanwhile_do_not_disturb() -> None:
    house = House(30)
    request_id = asked(house.viewer, house, 30)

    outcomes = ends(approval(house.admin, house, request_id), partial(issue, house.account_id, 5))

    assert outcomes == ["done", "done"]
    assert house.account["balance"] == 5
