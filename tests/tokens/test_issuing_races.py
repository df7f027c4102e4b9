"""Two people and one issuance, at the same moment: it is decided once. Source: HTTP contract, section 18."""

from collections import Counter
from collections.abc import Callable

from django.conf import settings

from ops import clock
from ops.actors import Actor
from ops.errors import ConflictError
from ops.mongo.collections import Document
from tests.audited import WHY
from tests.database import audit, documents
from tests.factories import Person
from tests.races import at_once
from tests.tokens import ledger_checker
from tests.tokens.funds import account_of
from tokens.actions import issuing

MANY = settings.ISSUE_ALONE_UP_TO + 1
THREADS = 6


def tried(act: Callable[[], Document]) -> Callable[[], str]:
    """Return the act as one that says what became of it."""

    def told() -> str:
        try:
            return str(act()["status"])
        except ConflictError:
            return "refused"

    return told


def issue(account_id: str, amount: int, who: str, issuance_id: str | None = None) -> Document:
    actor = Actor.system(who)
    return issuing.issue(
        account_id, amount, actor=actor, now=clock.now(), reason=WHY, issuance_id=issuance_id
    )


def test_of_many_who_decide_at_once_one_does(person: Person) -> None:
    account_id = account_of(person)["_id"]
    waiting = issue(account_id, MANY, "first")["_id"]

    def decide(number: int) -> Document:
        act = issuing.withdraw if number % 3 == 0 else issuing.confirm
        return act(waiting, actor=Actor.system(f"second-{number}"), now=clock.now(), reason=WHY)

    results = Counter(at_once([tried(lambda n=n: decide(n)) for n in range(THREADS)]))  # type: ignore[misc]  # a default

    (found,) = documents("issuances")["issuances"]
    assert results == Counter({found["status"]: 1, "refused": THREADS - 1})
    is_issued = found["status"] == "issued"
    assert account_of(person)["balance"] == (MANY if is_issued else 0)
    assert len(documents("sbd_transactions")["sbd_transactions"]) == int(is_issued)
    assert len(audit("tokens.issued")) + len(audit("issuance.withdrawn")) == 1
    assert ledger_checker.faults() == []


def test_the_same_intent_at_once_is_issued_once(person: Person) -> None:
    account_id = account_of(person)["_id"]

    results = Counter(at_once([tried(lambda: issue(account_id, 9, "one", "iss_same"))] * THREADS))

    assert results == Counter({"issued": 1, "refused": THREADS - 1})
    assert account_of(person)["balance"] == 9
    assert ledger_checker.faults() == []


def test_the_same_question_at_once_is_asked_once(person: Person) -> None:
    account_id = account_of(person)["_id"]

    results = Counter(at_once([tried(lambda: issue(account_id, MANY, "one", "iss_same"))] * THREADS))

    assert results == Counter({"pending": 1, "refused": THREADS - 1})
    assert len(documents("issuances")["issuances"]) == len(audit("issuance.asked")) == 1
