"""Sending what is due. Source: design, section 6; HTTP contract, section 18 (rules 18 and 20).

A run takes a slot, connects, and only then claims mails, one by one: a server that is away costs no mail an
attempt. A process that is killed leaves a mail that is due again when its lease ends, under the same
Message-ID; nothing but MongoDB is needed to go on.
"""

import contextlib
import time
import traceback
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Protocol

import structlog
from django.conf import settings
from pymongo.errors import PyMongoError

from ops.errors import DomainError
from ops.logs import logger
from ops.metrics import mail as metrics
from ops.mongo.collections import Document
from ops.outbox import flow, internal, rendering, states
from ops.outbox.flow import Slot
from ops.outbox.pace import Pace
from ops.outbox.rendering import UnusableAddressError
from ops.outbox.smtp import Courier, CutShortError, PutOffError, RefusedError, ServerUnusableError
from ops.outbox.templates import NO_LONGER_WANTED, NoLongerWantedError

USUAL = Pace()
log = logger(__name__)


class Carrier(Protocol):
    """Takes mails away."""

    @property
    def is_open(self) -> bool:
        """Whether it takes another."""

    def hand_over(self, message: EmailMessage, to: str) -> None:
        """Take one."""


class InboxOnly:
    """The demo without a mail server: what is sent stays in the outbox, and its inbox page renders it."""

    is_open = True

    def hand_over(self, message: EmailMessage, to: str) -> None:
        """Leave it where it is: stored are template and ids, as ever."""


def deliver_due(*, now: datetime, pace: Pace = USUAL) -> int:
    """Send mails that are due, the oldest first, in one run; returns how many were handled.

    Safe at any time, in any number of processes. Without a mail server nothing is touched.
    """
    internal.deliver(now=now)
    if settings.MAIL_SERVER is None and not settings.MAIL_INBOX:
        return 0
    if not states.is_any_due(now=now):
        return 0
    known = flow.server()
    if known["rests_until"] is not None and known["rests_until"] > now:
        return 0
    slot = flow.take_slot(now=now, pace=pace)
    if slot is None:
        return 0
    run = Run(pace, slot, began=now, started=time.monotonic(), forgets=known["failures"] > 0)
    try:
        run.deliver()
    finally:
        with contextlib.suppress(PyMongoError, DomainError):  # it ends by itself
            slot.give_back()
    return run.handled


@dataclass
class Run:
    """One run; ``forgets``: the first answer of the server is to be written down as its recovery."""

    pace: Pace
    slot: Slot
    began: datetime
    started: float
    forgets: bool
    handled: int = 0

    def now(self) -> datetime:
        """Return the time, from the caller's on."""
        return self.began + timedelta(milliseconds=int((time.monotonic() - self.started) * 1000))

    def deliver(self) -> None:
        """Connect and send."""
        try:
            with self._carrier() as carrier:
                while self._goes_on(carrier) and (mail := states.claim(now=self.now(), pace=self.pace)):
                    self.handled += 1
                    with structlog.contextvars.bound_contextvars(**_caused_by(mail)):
                        self._handle(mail, carrier)
        except ServerUnusableError as error:
            self._server_failed(str(error))

    def _carrier(self) -> AbstractContextManager[Carrier]:
        server = settings.MAIL_SERVER
        return nullcontext(InboxOnly()) if server is None else Courier(server, self.pace)

    def _goes_on(self, carrier: Carrier) -> bool:
        now, ran = self.now(), time.monotonic() - self.started
        return (
            carrier.is_open
            and self.handled < self.pace.run_mails
            and ran < self.pace.run_seconds
            and self.slot.keep(now=now, pace=self.pace)
            and flow.permit(now=now)
        )

    def _handle(self, mail: Document, carrier: Carrier) -> None:
        """Bring one mail to its next state."""
        message = self._message(mail)
        if message is None:
            return
        try:
            carrier.hand_over(message, mail["to"])
        except ServerUnusableError as error:
            states.give_back(mail, until=self._server_failed(str(error)), fault=str(error))
        except CutShortError as error:
            self._server_failed(str(error))
            states.put_off(mail, str(error), now=self.now(), pace=self.pace)
        except PutOffError as error:
            metrics.errors.inc(metrics.PUT_OFF)
            self._server_answered()
            states.put_off(mail, str(error), now=self.now(), pace=self.pace)
        except RefusedError as error:
            metrics.errors.inc(metrics.REFUSED)
            self._server_answered()
            states.bury(mail, str(error))
        else:
            states.mark_sent(mail, now=self.now())
            self._server_answered()

    def _message(self, mail: Document) -> EmailMessage | None:
        """Return the message; ``None``: there is none, and the mail is in the state that follows."""
        try:
            return rendering.message(mail, rendering.rendered_mail(mail), now=self.now())
        except NoLongerWantedError as reason:
            states.bury(mail, f"{NO_LONGER_WANTED}: {reason}")
        except UnusableAddressError:
            states.bury(mail, "its address cannot be used")
        except Exception as error:
            if states.is_database_away(error):
                raise
            _log_defect(mail, error)
            metrics.errors.inc(metrics.NOT_RENDERED)
            fault = f"it cannot be rendered: {type(error).__name__}"
            states.put_off(mail, fault, now=self.now(), pace=self.pace)
        return None

    def _server_answered(self) -> None:
        if self.forgets:
            flow.server_answers()
            self.forgets = False

    def _server_failed(self, fault: str) -> datetime:
        until = flow.server_failed(fault, now=self.now(), pace=self.pace)
        metrics.errors.inc(metrics.SERVER)
        log.error("mail server cannot be used", fault=fault, until=until)
        return until


def _caused_by(mail: Document) -> dict[str, str]:
    """Return what lines about a mail say beside: in which request it was queued, in place of this run."""
    return {"request_id": mail["request_id"]} if mail.get("request_id") else {}


def _log_defect(mail: Document, error: Exception) -> None:
    """Say where it is, without the text of the error: the template engine's may hold all facts, links too."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    place, kind = f"{at.filename}:{at.lineno}", type(error).__name__
    log.error("mail not rendered", mail=mail["_id"], template=mail["template"], cause=kind, at=place)
