"""``manage.py sendtestemail ADDRESS [--through-outbox]``: does mail arrive, and if not, at which leg?"""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document
from ops.outbox import queries, states, trial
from ops.outbox.rendering import UnusableAddressError
from ops.outbox.smtp import DeliveryFaultError

WAIT_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.5
OVER = (states.SENT, states.DEAD_LETTER)


class Command(BaseCommand):
    help = "Send a test mail, and show what the mail server says to it; or send it the way of all mails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="where the mail goes")
        parser.add_argument(
            "--through-outbox",
            action="store_true",
            help=f"queue it, and wait up to {WAIT_SECONDS:g} s for a worker to deliver it",
        )
        parser.add_argument("--wait", type=float, default=WAIT_SECONDS, help="seconds, with --through-outbox")

    def handle(self, *_args: Any, address: str, through_outbox: bool, wait: float, **_options: Any) -> None:
        """Send it by the way that was asked for."""
        if through_outbox:
            self._through_outbox(address, wait)
        else:
            self._directly(address)

    def _directly(self, address: str) -> None:
        try:
            message_id = trial.send(address, actor=Actor.shell(), hear=self.stdout.write)
        except UnusableAddressError:
            raise CommandError("This is no address that a mail can be sent to.") from None
        except DeliveryFaultError as fault:
            raise CommandError(f"The mail was not taken: {fault}.") from None
        self.stdout.write(f"The mail server has it: {message_id}")

    def _through_outbox(self, address: str, wait: float) -> None:
        mail_id = trial.queue_test(address, actor=Actor.shell(), now=clock.now())
        self.stdout.write(f"Queued as {mail_id}.")
        mail, ends_at = queries.mail(mail_id), time.monotonic() + wait
        while mail and mail["status"] not in OVER and time.monotonic() < ends_at:
            time.sleep(LOOK_EVERY_SECONDS)
            mail = queries.mail(mail_id)
        self._tell(mail, wait)

    def _tell(self, mail: Document | None, wait: float) -> None:
        if mail is None:
            raise CommandError("It is not in the outbox any more.")
        attempts = f"{mail['attempts']} attempts" if mail["attempts"] != 1 else "1 attempt"
        if mail["status"] == states.SENT:
            self.stdout.write(f"Sent after {attempts}: {mail['message_id']}")
            return
        met = f" It met: {mail['fault']}." if mail["fault"] else ""
        if mail["status"] == states.DEAD_LETTER:
            raise CommandError(f"Given up after {attempts}.{met}")
        general = queries.fault()
        why = f" As it stands, {general}." if general else " Does a worker run?"
        raise CommandError(f"Still {mail['status']} after {wait:g} s and {attempts}.{met or why}")
