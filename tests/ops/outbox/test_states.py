"""What happens around a delivery: processes that die, hooks, mails nobody wants, caps, staff.

Source: design, section 6; HTTP contract, sections 17 and 18.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from ops import clock
from ops.actors import Actor
from ops.errors import NotFoundError
from ops.mongo.collections import collection
from ops.outbox import flow, rendering, resending, states, templates
from ops.outbox.delivery import USUAL, deliver_due
from ops.outbox.templates import Context, NoLongerWantedError, Template
from tests.database import audit, documents
from tests.failpoints import failing
from tests.mailbox import RCPT, Delivery, Mailbox, at, mailbox
from tests.ops.outbox.queued import MINUTE, mail, queued
from tests.ops.outbox.queued import states as seen

STAFF = Actor.system("tests")


def registered(facts: Callable[[Context], Any] = dict, delivered: Any = None, name: str = "test") -> None:
    """Register a template that shows what the test mail shows, or does not."""
    templates.register(Template(name, "Hello", facts, {}, delivered))


def test_what_died_between_acceptance_and_marking_is_sent_again_under_the_same_id(box: Mailbox) -> None:
    now = clock.now()
    (ada,) = queued("ada", now=now)
    claimed = states.claim(now=now, pace=USUAL)
    assert claimed is not None
    taken = rendering.message(claimed, rendering.rendered_mail(claimed), now=now)

    assert deliver_due(now=now + timedelta(seconds=59)) == 0
    assert deliver_due(now=now + timedelta(seconds=60)) == 1

    assert seen() == {"ada": ("sent", 2, None)}
    assert [each.message_id for each in box.deliveries] == [taken["Message-ID"]] == [mail(ada)["message_id"]]


def test_whoever_comes_late_changes_nothing_that_another_has_taken() -> None:
    now = clock.now()
    queued("ada", now=now)
    late, later = states.claim(now=now, pace=USUAL), now + MINUTE
    second = states.claim(now=later, pace=USUAL)
    assert late is not None
    assert second is not None
    before = documents("email_outbox")

    states.put_off(late, "451", now=later, pace=USUAL)
    states.bury(late, "550")
    states.give_back(late, until=later)
    assert documents("email_outbox") == before

    states.mark_sent(late, now=later)
    states.bury(second, "550")
    assert seen() == {"ada": ("sent", 2, None)}


def test_a_mail_that_kills_its_process_each_time_is_given_up() -> None:
    now = clock.now()
    queued("ada", now=now)

    for attempt in range(12):
        assert states.claim(now=now + attempt * MINUTE, pace=USUAL) is not None
    with mailbox(at(RCPT, "451 4.3.0 Try again")):
        deliver_due(now=now + 12 * MINUTE)

    assert seen()["ada"][0] == "dead_letter"


@pytest.mark.usefixtures("kept_templates")
def test_what_nobody_wants_any_more_is_not_sent_and_says_why(box: Mailbox) -> None:
    def over(_context: Context) -> Any:
        raise NoLongerWantedError("the invitation was cancelled")

    registered(over)
    queued("ada")

    assert deliver_due(now=clock.now() + MINUTE) == 1

    assert box.deliveries == []
    assert seen() == {"ada": ("dead_letter", 1, "no longer wanted: the invitation was cancelled")}


@pytest.mark.usefixtures("kept_templates")
def test_what_cannot_be_rendered_is_tried_again_and_stops_no_other(
    box: Mailbox,
) -> None:
    def broken(_context: Context) -> Any:
        raise RuntimeError("a defect")

    registered(broken, name="broken")
    now = clock.now()
    queued("ada", template="broken", now=now - MINUTE)
    queued("bert", template="not_registered", now=now - MINUTE)
    queued("cleo", now=now)

    assert deliver_due(now=now) == 3

    fault = "it cannot be rendered: "
    assert seen() == {
        "ada": ("queued", 1, f"{fault}RuntimeError"),
        "bert": ("queued", 1, f"{fault}KeyError"),
        "cleo": ("sent", 1, None),
    }
    assert [each.to for each in box.deliveries] == ["cleo@example.com"]


@pytest.mark.usefixtures("kept_templates", "box")
def test_what_follows_from_a_delivery_is_written_once_with_the_mark() -> None:
    def note(context: Context) -> None:
        collection("notifications").insert({"_id": context["asked_by"]})

    registered(delivered=note)
    now = clock.now()
    queued("ada", now=now)

    deliver_due(now=now)
    deliver_due(now=now + timedelta(days=1))

    assert documents("notifications") == {"notifications": [{"_id": "shell:tests"}]}
    assert seen() == {"ada": ("sent", 1, None)}


@pytest.mark.usefixtures("kept_templates")
@pytest.mark.parametrize("error", [RuntimeError("defect"), NotFoundError()])
def test_what_follows_may_fail_and_the_mail_is_not_sent_again(box: Mailbox, error: Exception) -> None:
    def fail(context: Context) -> None:
        collection("notifications").insert({"_id": context["asked_by"]})
        raise error

    registered(delivered=fail)
    now = clock.now()
    queued("ada", now=now)

    deliver_due(now=now)
    deliver_due(now=now + timedelta(days=1))

    assert seen() == {"ada": ("sent", 1, None)}
    assert len(box.deliveries) == 1
    assert documents("notifications") == {"notifications": []}


@pytest.mark.long
def test_a_write_that_is_lost_after_acceptance_leaves_it_to_the_lease(box: Mailbox) -> None:
    now = clock.now()
    queued("ada", now=now)
    down = failing("commitTransaction", "update", closeConnection=True)
    with ExitStack() as stack:
        box.taken = lambda _delivery: stack.enter_context(down)
        with pytest.raises(Exception, match=r"."):
            deliver_due(now=now)
    box.taken = lambda _delivery: None

    assert seen() == {"ada": ("sending", 1, None)}
    assert deliver_due(now=now + 3 * MINUTE) == 1
    assert seen() == {"ada": ("sent", 2, None)}
    assert len({each.message_id for each in box.deliveries}) == 1
    assert len(box.deliveries) == 2


@override_settings(MAIL_PER_MINUTE=3)
def test_no_more_than_so_many_leave_in_a_minute(box: Mailbox) -> None:
    now = clock.now().replace(second=10)
    queued(*(f"person-{number}" for number in range(5)), now=now - MINUTE)

    assert deliver_due(now=now) == 3
    assert deliver_due(now=now + timedelta(seconds=20)) == 0
    assert {attempts for _, attempts, _ in seen().values()} == {0, 1}
    assert deliver_due(now=now + MINUTE) == 2

    assert len(box.deliveries) == 5


@override_settings(MAIL_CONCURRENCY=1)
def test_the_slot_of_a_process_that_died_is_free_after_its_lease(box: Mailbox) -> None:
    now = clock.now()
    queued("ada", now=now)
    slot = flow.take_slot(now=now, pace=USUAL)
    assert slot is not None

    assert deliver_due(now=now + timedelta(seconds=59)) == 0
    assert box.connections == 0
    assert deliver_due(now=now + timedelta(seconds=60)) == 1
    assert not slot.keep(now=now + MINUTE, pace=USUAL)


def test_a_run_that_lost_its_slot_takes_no_further_mail(box: Mailbox) -> None:
    now = clock.now()
    queued("ada", "bert", now=now)

    def take_the_slots(_delivery: Delivery) -> None:
        collection("email_flow").update_all({}, {"$set": {"holder": "another"}})

    box.taken = take_the_slots

    assert deliver_due(now=now) == 1
    assert sorted(status for status, _, _ in seen().values()) == ["queued", "sent"]


def test_a_dead_letter_is_queued_again_with_all_its_attempts(box: Mailbox) -> None:
    now = clock.now()
    with mailbox(at(RCPT, "550 5.1.1 Unknown")):
        (ada,) = queued("ada", now=now - timedelta(days=9))
        deliver_due(now=now)
    dead = mail(ada)

    assert resending.resend(ada, actor=STAFF, now=now, reason="the mailbox is there now")
    assert not resending.resend(ada, actor=STAFF, now=now, reason="and again")
    assert seen() == {"ada": ("queued", 0, None)}
    (entry,) = audit("mail.resent")
    was = {"status": "dead_letter", "attempts": 1, "fault": "550 at RCPT: 5.1.1 Unknown"}
    assert (entry["target"], entry["before"]) == (ada, was)
    assert entry["after"] == {"status": "queued", "attempts": 0, "fault": None}
    assert entry["private"]["reason"] == "the mailbox is there now"

    with mailbox(at(RCPT, "451 4.7.1 Greylisted")):
        deliver_due(now=now)
    assert seen()["ada"][:2] == ("queued", 1)  # its three days began anew
    deliver_due(now=now + MINUTE)
    assert seen() == {"ada": ("sent", 2, None)}
    assert box.deliveries_of(dead["message_id"]) == 1


def test_what_is_not_there_cannot_be_sent_again() -> None:
    with pytest.raises(NotFoundError):
        resending.resend("mail_nothing", actor=STAFF, now=clock.now(), reason="for a test")
    assert audit("mail.resent") == []


def test_a_pause_grows_to_its_longest_and_is_never_nothing() -> None:
    steps = [USUAL.until_next_attempt(times) for times in range(1, 40)]
    wholes = [min(timedelta(hours=6), timedelta(seconds=30) * 2**each) for each in range(39)]

    assert all(whole / 10 <= step <= whole for step, whole in zip(steps, wholes, strict=True))
    assert replace(USUAL, first_pause=timedelta(0)).until_next_attempt(3) == timedelta(0)
