"""The id of a request goes along with the mails that it caused. Source: runbook inventory, R054."""

from collections.abc import Callable

import pytest

from family_site.identity.actions import asking
from ops import clock, origin
from ops.mongo.collections import collection
from ops.outbox.delivery import deliver_due
from tests.api import Api
from tests.factories import Person, new_family
from tests.mailbox import Mailbox, at, mailbox
from tests.ops.loglines import events, written
from tests.ops.outbox.queued import MINUTE, mail, queued

ID = "0123456789abcdef"
INVITATION = {"identifier": "wren@example.com", "relationship_type": "child"}


def test_a_mail_and_its_line_bear_the_id_of_the_request_that_caused_it(
    api: Callable[..., Api], person: Person, box: Mailbox
) -> None:
    family = new_family(person, "The Larks")
    api(person).post(f"/family/{family['_id']}/invite", INVITATION, X_Request_ID=ID)

    with written() as lines, origin.of("run-of-the-job", "ops.outbox.deliver"):
        deliver_due(now=clock.now() + MINUTE)

    sent = {each.to: each.message["X-Request-ID"] for each in box.deliveries}
    assert sent["wren@example.com"] == ID
    assert {each["request_id"] for each in events(lines, event="mail sent")} == {ID}
    assert "wren" not in "".join(lines)


def test_a_mail_that_a_job_queues_for_a_request_bears_the_id_of_that(
    api: Callable[..., Api], person: Person, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SBD_ROLE", "worker")
    api().post("/auth/forgot-password", {"email": person.email}, X_Request_ID=ID)

    with written() as lines, origin.of("run-of-the-job", "identity.links.answer"):
        assert asking.answer_all(now=clock.now()) == 1
    deliver_due(now=clock.now() + MINUTE)

    assert [each.message["X-Request-ID"] for each in box.deliveries] == [ID]
    (line,) = events(lines, event="password.reset_requested")
    assert (line["target"], line["request_id"]) == (person.id, ID)


@pytest.mark.usefixtures("box")
def test_a_mail_of_a_job_bears_the_id_of_the_run_and_one_of_a_command_none() -> None:
    with origin.of("run-of-the-job", "families.invitations.remind"):
        (of_a_job,) = queued("ada")
    with origin.of(None, "manage.py"):
        (of_a_command,) = queued("bert")

    assert mail(of_a_job)["request_id"] == "run-of-the-job"
    assert mail(of_a_command)["request_id"] is None


def test_the_line_of_a_mail_that_is_put_off_bears_the_id_too() -> None:
    with origin.of(ID, "POST /somewhere"):
        (ada,) = queued("ada")

    with mailbox(at("RCPT", "450 later")), written() as lines:
        deliver_due(now=clock.now() + MINUTE)

    (line,) = events(lines, event="mail put off")
    assert (line["mail"], line["request_id"]) == (ada, ID)


def test_a_mail_that_was_queued_before_there_were_ids_is_sent_without_one(box: Mailbox) -> None:
    (ada,) = queued("ada")
    collection("email_outbox").update({"_id": ada}, {"$unset": {"request_id": ""}})

    deliver_due(now=clock.now() + MINUTE)

    (delivery,) = box.deliveries
    assert delivery.message["X-Request-ID"] is None
