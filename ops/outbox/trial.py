"""A test mail: straight to the mail server, or the way of all others."""

from datetime import datetime

from django.conf import settings

from ops import audit, clock
from ops.actors import Actor
from ops.ids import new_id
from ops.mongo.unit_of_work import unit_of_work
from ops.outbox import rendering
from ops.outbox.pace import Pace
from ops.outbox.queue import message_id, queue
from ops.outbox.smtp import Courier, Hear, ServerUnusableError
from ops.outbox.templates import Context, Facts, Template, named, register

NAME = "test"


def send(address: str, *, actor: Actor, hear: Hear) -> str:
    """Send a test mail past the outbox; returns its Message-ID once the server has taken it.

    Args:
        hear: is told the conversation, line by line; no password is among them.

    Raises:
        DeliveryFaultError: it was not taken, or there is no mail server.
        UnusableAddressError: no mail can be addressed so.
    """
    if settings.MAIL_SERVER is None:
        raise ServerUnusableError("no mail server is set")
    now, mail_id = clock.now(), new_id("mail")
    mail = {"to": address, "message_id": message_id(mail_id)}
    content = rendering.rendered(named(NAME), _facts(_context(actor, now)))
    message = rendering.message(mail, content, now=now)
    with Courier(settings.MAIL_SERVER, Pace(), hear) as courier:
        courier.hand_over(message, address)
    return mail["message_id"]


@unit_of_work()
def queue_test(address: str, *, actor: Actor, now: datetime) -> str:
    """Queue a test mail; returns its id."""
    mail_id = queue(NAME, to=address, context=_context(actor, now), key=new_id("test"), now=now)
    audit.record(actor, "mail.test_queued", target=mail_id, now=now)
    return mail_id


def _context(actor: Actor, now: datetime) -> dict[str, str]:
    return {"asked_by": actor.id, "asked_at": f"{now:%Y-%m-%d %H:%M:%S} UTC"}


def _facts(context: Context) -> Facts:
    return context


def enter() -> None:
    """Register the template."""
    sample = {"asked_by": "shell:operator", "asked_at": "2026-01-31 12:00:00 UTC"}
    register(Template(NAME, f"A test of the {rendering.PRODUCT}", _facts, sample))
