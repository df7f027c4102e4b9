"""Telling: by mail through the outbox, and by the second channel when that is what is broken."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import override_settings

from family_site.settings.incidents import Webhook
from ops.errors import ValidationFailedError
from ops.incidents import escalating, mails, pages, paging, starting
from ops.incidents.kinds import Kind, Severity, Source
from ops.incidents.starting import Report
from ops.mongo.collections import Document, collection, control_collection
from ops.outbox.delivery import deliver_due
from tests.mailbox import mailbox
from tests.ops.incidents.opened import ADA, MINUTE, NOW, changed, texts
from tests.ops.incidents.told import NOBODY, SECRET, Receiver, forget_pages, second_channel
from tests.ports import refusing_port


@pytest.fixture(autouse=True)
def receiver() -> Iterator[Receiver]:
    """The second channel; nothing is kept of other incidents."""
    forget_pages()
    with second_channel() as found:
        yield found
    forget_pages()


def begun(kind: Kind = Kind.OUTAGE) -> Document:
    report = Report(kind, Severity.P1, "No web process is alive.", Source.HAND)
    return starting.opened(report, {}, actor=ADA, now=NOW)


def states(incident: Document) -> dict[str, str]:
    """Return the state of each channel, of the first that was told."""
    return {each["channel"]: each["state"] for each in pages.of(incident["_id"])}


def test_both_channels_say_what_it_is_whom_it_calls_and_where(receiver: Receiver) -> None:
    incident = begun()

    assert paging.send_due(NOW) == 1
    with mailbox() as box:
        assert paging.queue_mails(NOW) == 1
        deliver_due(now=NOW)

    ((said, _, _),) = receiver.taken
    assert said["to"] == {
        "name": "on_call_engineer",
        "title": "on-call engineer",
        "mail": "on_call_engineer@families.test",
        "telephone": "+49 30 0",
    }
    assert said["incident"]["id"] == incident["_id"]
    assert said["incident"]["title"] == "No web process is alive."
    link = f"/admin/incidents/{incident['_id']}/"
    headline = "P1 service outage: No web process is alive."
    asked = "Please acknowledge it by 2026-11-26 12:45 UTC."
    assert said["text"].startswith(f"{headline} - on-call engineer: {asked} http")
    assert said["text"].endswith(link)
    (mail,) = box.deliveries
    assert mail.to == "on_call_engineer@families.test"
    assert mail.message["Subject"] == headline
    for kind in ("plain", "html"):
        assert link in mail.part(kind)
        assert f"incident show {incident['_id']}" in mail.part(kind)
    assert states(incident) == {"mail": "sent", "webhook": "sent"}
    assert ("told", "The on-call engineer was told over the second channel.") in texts(incident["_id"])


def test_what_is_posted_is_signed(receiver: Receiver) -> None:
    begun()
    paging.send_due(NOW)

    ((_, signature, body),) = receiver.taken
    at = int(NOW.timestamp())
    digest = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature == f"t={at},v1={digest}"


def test_of_a_security_incident_nothing_leaves_but_that_it_is_one(receiver: Receiver) -> None:
    incident = begun(Kind.SECURITY)
    paging.tell_all(incident, "Ada's password was guessed.", actor=ADA, now=NOW)
    paging.send_due(NOW)
    with mailbox() as box:
        paging.queue_mails(NOW)
        deliver_due(now=NOW)

    assert len(receiver.taken) == 1
    assert len(box.deliveries) == 4
    left = [body.decode() for _, _, body in receiver.taken]
    left += [mail.part(kind) for mail in box.deliveries for kind in ("plain", "html")]
    subjects = [str(mail.message["Subject"]) for mail in box.deliveries]
    assert set(subjects) == {f"P1 security incident: {incident['_id']}"}
    assert not [each for each in [*left, *subjects] if "web process" in each or "guessed" in each]


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_channel_that_does_not_take_it_is_tried_again_ever_later_for_a_day(
    receiver: Receiver, status: int
) -> None:
    incident = begun()
    receiver.status = status
    tried = []
    for seconds in range(0, 200, 5):
        before = _page(incident)["attempts"]
        paging.send_due(NOW + timedelta(seconds=seconds))
        if _page(incident)["attempts"] > before:
            tried.append(seconds)

    assert tried == [0, 15, 45, 105]
    assert _page(incident)["fault"] == f"it answered {status}"
    paging.send_due(NOW + timedelta(hours=25))
    assert _page(incident)["state"] == "failed"
    receiver.status = 200
    assert paging.send_due(NOW + timedelta(hours=26)) == 0
    assert receiver.taken == []


@pytest.mark.usefixtures("receiver")
def test_a_dead_channel_keeps_no_mail_back_and_dead_mail_no_call() -> None:
    incident = begun()
    with refusing_port() as port:
        dead = Webhook(f"http://127.0.0.1:{port}/hook", SECRET)
        with override_settings(ESCALATION_WEBHOOK=dead):
            paging.send_due(NOW)
    assert _page(incident)["fault"] == "ConnectError"
    with mailbox() as box:
        paging.queue_mails(NOW)
        deliver_due(now=NOW)
    assert len(box.deliveries) == 1

    with second_channel() as other, override_settings(MAIL_SERVER=None):
        begun()
        paging.queue_mails(NOW)
        deliver_due(now=NOW)
        assert paging.send_due(NOW + timedelta(minutes=1)) == 2
        assert len(other.taken) == 2


def test_whom_there_is_no_way_to_is_noted_with_the_incident() -> None:
    with override_settings(CONTACTS=NOBODY, ESCALATION_WEBHOOK=None):
        incident = begun()
        assert (paging.queue_mails(NOW), paging.send_due(NOW)) == (0, 0)

    assert states(incident) == {"mail": "skipped", "webhook": "skipped"}
    lacks = "no mail address is set; no second channel is set"
    said = f"The on-call engineer is not told over all channels: {lacks}."
    assert ("noted", said) in texts(incident["_id"])


def test_who_has_only_a_telephone_is_called_by_the_second_channel() -> None:
    with second_channel(on_call_engineer="+49 30 99") as other:
        incident = begun()
        paging.send_due(NOW)

        assert states(incident) == {"mail": "skipped", "webhook": "sent"}
        ((said, _, _),) = other.taken
        assert (said["to"]["mail"], said["to"]["telephone"]) == (None, "+49 30 99")


def test_of_what_was_resolved_before_only_the_first_hears(receiver: Receiver) -> None:
    incident = begun()
    escalating.escalate_due(NOW + 15 * MINUTE)
    paging.queue_mails(NOW + 15 * MINUTE)
    changed(incident["_id"], state="resolved", resolved_at=NOW + 16 * MINUTE)
    paging.send_due(NOW + 17 * MINUTE)
    with mailbox() as box:
        deliver_due(now=NOW + 17 * MINUTE)

    assert receiver.called == ["on_call_engineer"]
    assert [each.to for each in box.deliveries] == ["on_call_engineer@families.test"]
    assert "nothing is left to be done" in receiver.taken[0][0]["text"]


def test_a_text_goes_to_the_whole_matrix_once() -> None:
    incident = begun()
    first = paging.tell_all(incident, "The database is back.", actor=ADA, now=NOW + MINUTE)
    again = paging.tell_all(incident, "The database is back. ", actor=ADA, now=NOW + 2 * MINUTE)
    with mailbox() as box:
        paging.queue_mails(NOW + 2 * MINUTE)
        deliver_due(now=NOW + 2 * MINUTE)

    assert (first, again) == (3, 0)
    told = [each.to.partition("@")[0] for each in box.deliveries if "is back" in each.part("plain")]
    assert sorted(told) == ["cto", "devops_lead", "on_call_engineer"]
    entry = collection("audit_log").find_one(
        {"target": incident["_id"], "action": "incident.stakeholders_told"}
    )
    assert entry is not None
    assert entry["after"] == {"contacts": ["on_call_engineer", "devops_lead", "cto"]}


def test_a_text_must_say_something() -> None:
    incident = begun()

    with pytest.raises(ValidationFailedError):
        paging.tell_all(incident, " \n ", actor=ADA, now=NOW)
    assert len(pages.of(incident["_id"])) == 2


def test_a_mail_is_queued_once_whoever_queues() -> None:
    begun()

    assert [paging.queue_mails(NOW) for _ in range(3)] == [1, 0, 0]
    assert len(collection("email_outbox").find({"template": mails.NAME}, limit=5)) == 1


def test_an_escalation_that_meets_an_outage_of_the_channel_is_made_good(receiver: Receiver) -> None:
    begun()
    receiver.status = 503
    paging.send_due(NOW)
    escalating.escalate_due(NOW + 15 * MINUTE)
    receiver.status = 200

    assert paging.send_due(NOW + 20 * MINUTE) == 2
    assert sorted(receiver.called) == ["devops_lead", "on_call_engineer"]


def _page(incident: Document) -> Document:
    (page,) = (each for each in pages.of(incident["_id"]) if each["channel"] == "webhook")
    found = control_collection(pages.NAME).find_one({"_id": page["_id"]})
    assert found is not None
    return found
