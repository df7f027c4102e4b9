"""Keeping somebody out, letting somebody in nevertheless, and taking either back.

Nobody locks themselves out: not by their own address, a network it is in, their user or their e-mail
address; and of the staff who could take it back, the last one stays. All changes of rules write one document
(see ``in_force.announce``), so of two people who would lock out each other, the second finds that they are
the last.

Source: HTTP contract, section 14 (blocklist, allowlist).
"""

from datetime import datetime
from typing import NamedTuple

from ops import audit
from ops.access import in_force, people, rules
from ops.access.people import Person
from ops.actors import Actor
from ops.errors import Fault, FieldFault, InsufficientPermissionsError, NotFoundError, ValidationFailedError
from ops.guarding import AccessList, RuleKind
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

OWN = Fault("not_allowed", "It would keep you out yourself.")
LAST = Fault("not_allowed", "Nobody would be left who could take it back.")
NOBODY = Fault("invalid_choice", "There is no such user.")
NO_EMAIL = Fault("invalid_format", "This is no e-mail address.")
OVER = Fault("too_small", "This time is over.")
SAID = {AccessList.BLOCK: "access.blocked", AccessList.ALLOW: "access.allowed"}


class Wanted(NamedTuple):
    """A rule as it is asked for: about whom, until when (``None``: until it is removed), and why."""

    kind: RuleKind
    value: str
    until: datetime | None
    reason: str


@unit_of_work()
def block(wanted: Wanted, *, actor: Actor, now: datetime) -> Document:
    """Keep out; returns the rule. A rule that is there already gets the new end and reason.

    Raises:
        ValidationFailedError: the value is none of its kind, or it would lock out the actor, or the last
            member of staff who could take it back; or its end is over.
        InsufficientPermissionsError: it is about staff, whom only superusers keep out.
    """
    value, person = _meant(wanted.kind, wanted.value)
    if person is not None:
        _refuse_for_person(person, actor, now=now)
    elif wanted.kind in {RuleKind.ADDRESS, RuleKind.NETWORK} and rules.holds_address(value, actor.address):
        raise _fault(OWN)
    return _put(AccessList.BLOCK, value, wanted, actor=actor, now=now)


@unit_of_work()
def allow(wanted: Wanted, *, actor: Actor, now: datetime) -> Document:
    """Let in whatever else blocks; returns the rule. One that is there gets the new end and reason.

    Raises:
        ValidationFailedError: the value is none of its kind; or its end is over.
        InsufficientPermissionsError: it is about staff, whom only superusers let in.
    """
    value, person = _meant(wanted.kind, wanted.value)
    if person is not None:
        _require_right(person, actor)
    return _put(AccessList.ALLOW, value, wanted, actor=actor, now=now)


@unit_of_work()
def remove(  # noqa: PLR0913  # a rule is named by three words
    which: AccessList, kind: RuleKind, typed: str, *, actor: Actor, now: datetime, reason: str | None = None
) -> None:
    """Take a rule back, also one that has ended.

    Raises:
        NotFoundError: there is no such rule.
        ValidationFailedError: the value is none of its kind, or the actor would be kept out without the rule.
        InsufficientPermissionsError: it is about staff, about whom only superusers decide.
    """
    value, person = _meant(kind, typed)
    if person is not None:
        _require_right(person, actor)
    key = {"list": str(which), "kind": str(kind), "value": value}
    kept = in_force.current().without((str(which), str(kind), value))
    if which == AccessList.ALLOW and kept.block_address(actor.address, now):
        raise _fault(OWN)
    stored = collection(in_force.NAME).find_one(key)
    if stored is None:
        raise NotFoundError
    in_force.announce()
    collection(in_force.NAME).delete({"_id": stored["_id"]})
    audit.record(
        actor,
        "access.removed",
        target=stored["_id"],
        now=now,
        before=_facts(stored),
        reason=reason,
        private={"before": _personal(stored)},
    )


@unit_of_work()
def remove_by_staff(rule_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Take a rule back by its id.

    Raises:
        As ``remove``.
    """
    stored = collection(in_force.NAME).find_one({"_id": rule_id})
    if stored is None:
        raise NotFoundError
    which, kind = AccessList(stored["list"]), RuleKind(stored["kind"])
    remove(which, kind, stored["value"], actor=actor, now=now, reason=reason)


def _meant(kind: RuleKind, typed: str) -> tuple[str, Person | None]:
    """Return a value as it is stored, and the user whom it is about, if it is about one.

    Raises:
        ValidationFailedError: it is none of its kind.
    """
    found: str | Fault | None
    person = None
    match kind:
        case RuleKind.ADDRESS:
            found = rules.normal_address(typed)
        case RuleKind.NETWORK:
            found = rules.normal_network(typed)
        case RuleKind.EMAIL:
            found = people.known().folded(typed) or NO_EMAIL
            person = people.known().called(found) if isinstance(found, str) else None
        case RuleKind.USER:
            person = people.known().called(typed)
            found = person.id if person else NOBODY
    if isinstance(found, Fault):
        raise _fault(found)
    return found, person


def _refuse_for_person(person: Person, actor: Actor, *, now: datetime) -> None:
    if actor.id == person.id:
        raise _fault(OWN)
    _require_right(person, actor)
    staff = set(people.known().who_may_undo())
    if person in staff and not _free(staff - {person}, now=now):
        raise _fault(LAST)


def _require_right(person: Person, actor: Actor) -> None:
    if right := people.known().right_missing(person, actor):
        raise InsufficientPermissionsError(required=right)


def _free(staff: set[Person], *, now: datetime) -> set[Person]:
    """Return those of these people whom no rule keeps out, as the database has it now."""
    values = {RuleKind.USER: {each.id for each in staff}, RuleKind.EMAIL: {each.email for each in staff}}
    found = [
        rule
        for kind, named in values.items()
        for rule in collection(in_force.NAME).find(
            {"list": str(AccessList.BLOCK), "kind": str(kind), "value": {"$in": sorted(named)}},
            limit=len(named) or 1,
        )
    ]
    blocked = {each["value"] for each in found if each["until"] is None or now < each["until"]}
    return {each for each in staff if blocked.isdisjoint(each)}


def _put(which: AccessList, value: str, wanted: Wanted, *, actor: Actor, now: datetime) -> Document:
    if wanted.until is not None and wanted.until <= now:
        raise _fault(OVER, "until")
    stored = collection(in_force.NAME)
    key = {"list": str(which), "kind": str(wanted.kind), "value": value}
    said: Document = {"until": wanted.until, "reason": wanted.reason}
    before = stored.find_one(key)
    if before is not None and before | said == before:
        return before
    in_force.announce()
    said |= {"by": actor.id, "created_at": now}
    rule: Document = (before or {"_id": new_id("acr"), "v": 1, **key}) | said
    if before is None:
        stored.insert(rule)
    else:
        stored.update({"_id": rule["_id"]}, {"$set": said})
    audit.record(
        actor,
        SAID[which],
        target=rule["_id"],
        now=now,
        before=_facts(before) if before else None,
        after=_facts(rule),
        reason=wanted.reason,
        private={"after": _personal(rule)},
    )
    return rule


def _facts(rule: Document) -> Document:
    """Return what the audit log has of a rule: a user by id; what else names somebody is personal."""
    facts = {name: rule[name] for name in ("list", "kind", "until")}
    return facts | ({"user_id": rule["value"]} if rule["kind"] == RuleKind.USER else {})


def _personal(rule: Document) -> Document:
    return {} if rule["kind"] == RuleKind.USER else {"value": rule["value"]}


def _fault(fault: Fault, field: str = "value") -> ValidationFailedError:
    return ValidationFailedError([FieldFault(field, *fault)])
