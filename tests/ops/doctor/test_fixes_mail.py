"""fix:resend_mail: dead letters queued again, and what has been due for long handed over."""

import pytest

from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.outbox import queries
from ops.outbox.delivery import deliver_due
from ops.outbox.templates import NO_LONGER_WANTED
from tests.database import audit, documents
from tests.mailbox import Mailbox, mailbox
from tests.ops.doctor.fixed import noted, typed
from tests.ops.outbox.queued import MINUTE, queued, states

ME = Actor.shell().id
REFUSED = "550 no such user"


@pytest.fixture
def dead() -> dict[str, str]:
    """Two that were refused, one that nobody wants any more, one that waits; their ids by name."""
    names = ("ada", "bert", "carl", "dora")
    ids = dict(zip(names, queued(*names), strict=True))
    for name, fault in (("ada", REFUSED), ("bert", REFUSED), ("carl", f"{NO_LONGER_WANTED}: it is over")):
        change = {"status": "dead_letter", "fault": fault, "attempts": 3}
        collection("email_outbox").update({"_id": ids[name]}, {"$set": change})
    return ids


@pytest.mark.usefixtures("dead")
def test_dead_letters_that_somebody_waits_for_are_queued_again_as_the_console_does() -> None:
    before = documents()
    assert typed("resend_mail") == (1, [f"queue 2 mails again: {REFUSED}"], None)
    assert documents() == before

    done = typed("resend_mail", apply=True, reason="their server is mended")

    assert done == (0, ["2 mails queued again; a worker sends what is queued"], None)
    assert states()["ada"] == states()["bert"] == ("queued", 0, None)
    assert states()["carl"][0] == "dead_letter"
    entries = audit("mail.resent")
    assert [(each["actor"], each["private"]["reason"]) for each in entries] == [
        (ME, "their server is mended")
    ] * 2
    assert typed("resend_mail", apply=True) == (0, [], None)
    assert len(audit()) == 2


def test_one_mail_alone_is_queued_again(dead: dict[str, str]) -> None:
    assert typed("resend_mail", id=dead["ada"]).lines == [f"queue {dead['ada']} again, of test: {REFUSED}"]

    assert typed("resend_mail", apply=True, id=dead["ada"]).status == 0

    assert (states()["ada"][0], states()["bert"][0]) == ("queued", "dead_letter")
    (entry,) = audit("mail.resent")
    assert entry["private"]["reason"] == "doctor --fix resend_mail"


@pytest.mark.parametrize("apply", [False, True])
def test_one_that_waits_or_never_was_is_refused(dead: dict[str, str], apply: bool) -> None:  # noqa: FBT001  # a parameter of the test
    before = documents()

    waiting = typed("resend_mail", apply=apply, id=dead["dora"])
    unknown = typed("resend_mail", apply=apply, id="mail_none")

    assert waiting == (1, [], "This mail is no dead letter: it is waiting to be sent.")
    assert (unknown.status, unknown.lines) == (1, [])
    assert documents() == before


def test_one_that_was_sent_needs_nothing() -> None:
    (ada,) = queued("ada")
    collection("email_outbox").update({"_id": ada}, {"$set": {"status": "sent"}})

    assert typed("resend_mail", apply=True, id=ada) == (0, [], None)


def test_of_many_faults_the_commonest_are_told_and_the_rest_counted() -> None:
    for number, mail_id in enumerate(queued(*(f"p-{each}" for each in range(8)))):
        change = {"status": "dead_letter", "fault": f"55{max(0, number - 1)} no"}
        collection("email_outbox").update({"_id": mail_id}, {"$set": change})

    lines = typed("resend_mail").lines

    assert lines[0] == "queue 2 mails again: 550 no"
    assert lines[5:] == ["queue 2 mails again, of other faults"]


def test_what_has_been_due_for_long_is_handed_over_and_what_is_due_now_is_the_workers() -> None:
    now = clock.now()
    queued("new", now=now)
    with mailbox() as box:
        assert typed("resend_mail", apply=True) == (0, [], None)
        queued("old", now=now - queries.LATE - MINUTE)
        assert typed("resend_mail").lines == [
            f"hand over what is due, the oldest since {now - queries.LATE - MINUTE:%Y-%m-%d %H:%M} UTC"
        ]
        assert box.deliveries == []

        done = typed("resend_mail", apply=True)

        assert sorted(each.to for each in box.deliveries) == ["new@example.com", "old@example.com"]
        assert done.lines[0].startswith("2 mails handed over")
        assert deliver_due(now=clock.now()) == 0
    assert noted() == [("resend_mail", ME, None)]
    assert isinstance(box, Mailbox)
