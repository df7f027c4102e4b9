"""Operations' own sources: the audit log, mails, notices, security events."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ops.models.notification import BY_USER, NoticeStatus
from ops.mongo.collections import Document, collection
from ops.timeline.registry import OTHERS, Moment, register

AUDIT, OUTBOX, NOTICES, EVENTS = "audit_log", "email_outbox", "notifications", "security_events"
MAIL_FIELDS = (
    *("template", "status", "attempts", "fault", "request_id", "to"),
    *("created_at", "sent_at", "resent_at", "next_attempt_at"),
)
# What changes are written about, beside what other sources name.
AUDITED = ("fam", "user", "inv", "acc", "txn", "ses", "tok", "req", "pr", "allow", "alp", "emr", "rec", "iss")


def enter() -> None:
    """Enter them."""
    register((*AUDITED, "rel", "acr", "sev", "mail", OTHERS), _changes_of)
    register(("fam",), lambda family_id, most: _changes({"family_id": family_id}, most))
    register(("user", OTHERS), lambda actor, most: _changes({"actor": actor}, most))
    register((OTHERS,), lambda request_id, most: _changes({"request_id": request_id}, most))
    register(("aud",), lambda entry, _: _changes({"_id": entry}, 1))
    register(("mail",), lambda mail_id, _: mails({"_id": mail_id}, 1))
    register((OTHERS,), lambda request_id, most: mails({"request_id": request_id}, most))
    register(("user",), _notices_to)
    register(("fam",), _notices_about)
    register(("user",), _events_about)


def mails(query: Mapping[str, Any], most: int) -> Iterator[Moment]:
    """Yield what became of mails: queued, sent, queued again, or waiting."""
    order = [] if "_id" in query else [("created_at", -1)]
    fields = dict.fromkeys(MAIL_FIELDS, 1)
    for mail in collection(OUTBOX).find(query, fields, sort=order, limit=most):
        yield from _life_of(mail)


def _life_of(mail: Document) -> Iterator[Moment]:
    facts = {"template": mail["template"], "status": mail["status"], "attempts": mail["attempts"]}
    if mail.get("fault"):
        facts["fault"] = mail["fault"]
    about = None, mail.get("request_id"), facts, {"to": mail["to"]}
    for field, what in (("created_at", "queued"), ("resent_at", "queued again"), ("sent_at", "sent")):
        if mail.get(field):
            yield Moment(mail[field], OUTBOX, f"mail {what}", mail["_id"], *about)


def _changes_of(target: str, most: int) -> Iterable[Moment]:
    return _changes({"target": target}, most)


def _changes(query: Mapping[str, Any], most: int) -> Iterator[Moment]:
    order = [] if "_id" in query else [("at", -1)]
    for entry in collection(AUDIT).find(query, sort=order, limit=most):
        changed = {name: (entry["before"].get(name), value) for name, value in entry["after"].items()}
        gone = {name: (value, None) for name, value in entry["before"].items() if name not in changed}
        facts = {name: f"{old}→{new}" if old is not None else new for name, (old, new) in changed.items()}
        facts |= {name: f"{old}→" for name, (old, _) in gone.items()}
        yield Moment(
            entry["at"],
            AUDIT,
            entry["action"],
            entry["target"],
            entry["actor"],
            entry["request_id"],
            facts,
            entry["private"],
        )


def _notices_to(user_id: str, most: int) -> Iterator[Moment]:
    # By all states, so that the index by state gives them in order.
    states = {"$in": [str(each) for each in NoticeStatus]}
    newest: list[dict[str, Any]] = [
        {"$match": {"user_id": user_id, "status": states}},
        {"$sort": {"created_at": -1, "_id": -1}},
        {"$limit": most},
    ]
    yield from _lives_of(collection(NOTICES).aggregate(newest, hint=BY_USER.directions))


def _notices_about(family_id: str, most: int) -> Iterator[Moment]:
    found = collection(NOTICES).find({"family_id": family_id}, sort=[("created_at", -1)], limit=most)
    yield from _lives_of(found)


def _lives_of(notices: Iterable[Document]) -> Iterator[Moment]:
    for notice in notices:
        facts = {"to": notice["user_id"], "type": notice["type"], "status": notice["status"]}
        yield Moment(notice["created_at"], NOTICES, "told", notice["_id"], facts=facts)
        if notice.get("read_at"):
            yield Moment(notice["read_at"], NOTICES, "read", notice["_id"], notice["user_id"], facts=facts)


def _events_about(subject: str, most: int) -> Iterator[Moment]:
    order = [("last_at", -1), ("_id", -1)]
    for event in collection(EVENTS).find({"subject": subject}, sort=order, limit=most):
        facts = {"count": event["count"], "since": f"{event['first_at']:%H:%M:%S}", **event["facts"]}
        yield Moment(event["last_at"], EVENTS, event["type"], event["_id"], facts=facts)
        if event.get("resolved_at"):
            note = {"note": event["note"]} if event.get("note") else {}
            who = event["resolved_by"]
            yield Moment(event["resolved_at"], EVENTS, "resolved", event["_id"], who, private=note)
