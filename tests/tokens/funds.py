"""Accounts with tokens on them, by postings as staff's issuance makes them."""

from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tests.factories import Person
from tokens.ledger.posting import Posted, Posting, post
from tokens.models.system import ISSUANCE
from tokens.rules import Kind

ISSUER = Actor.system("tests")


def account_of(person: Person) -> Document:
    """Return somebody's own account as it is now."""
    found = collection("sbd_accounts").find_one({"username": person.username})
    assert found is not None
    return found


def account_by_id(account_id: str) -> Document:
    """Return an account as it is now."""
    found = collection("sbd_accounts").find_one({"_id": account_id})
    assert found is not None
    return found


@unit_of_work()
def issue(account_id: str, amount: int) -> Posted:
    """Put so many new tokens on an account."""
    system = collection("sbd_accounts").find_one({"username": ISSUANCE})
    assert system is not None
    postings = [Posting(system, -amount), Posting(account_by_id(account_id), amount)]
    return post(Kind.ISSUANCE, postings, actor=ISSUER, now=clock.now())
