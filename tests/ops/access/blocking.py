"""Rules of access in tests: made by the actions, and known to this process when they are."""

from datetime import timedelta
from typing import Any

from ops import clock
from ops.access import changing, in_force
from ops.access.changing import Wanted
from ops.actors import Actor
from ops.guarding import AccessList, RuleKind
from ops.mongo.collections import Document, collection
from tests import commands
from tests.database import documents
from tests.waiting import until

TESTS = Actor.system("tests")
WHY = "guesses passwords"
HERE, NEARBY, NETWORK = "203.0.113.7", "203.0.113.8", "203.0.113.0/24"


def stored() -> list[Document]:
    """Return all rules."""
    return documents("access_rules")["access_rules"]


def known() -> bool:
    """Tell whether the copy is of the rules that are stored."""
    with commands.unwatched():
        named = {(each["list"], each["kind"], each["value"]) for each in stored()}
    return {rule[:3] for rule in in_force.current().every} == named and in_force.reader.fresh() is not None


def wanted(kind: str, value: str, span: timedelta | None = None, why: str = WHY) -> Wanted:
    """Return a rule as it is asked for; ``span``: how long it shall hold."""
    return Wanted(RuleKind(kind), value, clock.now() + span if span else None, why)


def block(kind: str, value: str, span: timedelta | None = None) -> Document:
    """Keep out, and wait until this process does."""
    made = changing.block(wanted(kind, value, span), actor=TESTS, now=clock.now())
    assert until(known)
    return made


def allow(kind: str, value: str) -> Document:
    """Let in, and wait until this process does."""
    made = changing.allow(wanted(kind, value), actor=TESTS, now=clock.now())
    assert until(known)
    return made


def remove(which: str, kind: str, value: str) -> None:
    """Take a rule back, and wait until this process does."""
    by: dict[str, Any] = {"actor": TESTS, "now": clock.now()}
    changing.remove(AccessList(which), RuleKind(kind), value, **by)
    assert until(known)


def forget_all() -> None:
    """Remove all rules past the product, and wait until this process does: else the next test meets them."""
    collection("access_rules").delete({})
    in_force.announce()
    assert until(known)
