"""A real SMTP server in a thread of the tests: takes mails, or behaves as badly as it is told to."""

import asyncio
import contextlib
import email.policy
import itertools
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from django.test import override_settings

from ops.outbox.server import MailServer, Security

HANG_UP = "hang up"
# What to say at a stage (MAIL, RCPT, DATA, after DATA) to an address; `None`: all is well.
Behaviour = Callable[[str, str], str | None]
MAIL, RCPT, DATA = "MAIL", "RCPT", "DATA"


class Delivery(NamedTuple):
    """A mail that the server took."""

    sender: str
    to: str
    message: EmailMessage

    @property
    def message_id(self) -> str:
        """Its Message-ID."""
        return str(self.message["Message-ID"])

    def part(self, kind: str) -> str:
        """Return its text or its HTML."""
        part = self.message.get_body((kind,))
        assert part is not None, kind
        content: str = part.get_content()
        return content


# It would tell every line of every conversation.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Mailbox:
    """The server. ``deliveries``: what it has taken, in order. ``asked``: how often for each address."""

    def __init__(self, behaviour: Behaviour | None = None, **options: Any) -> None:
        """Start it on a free port; ``options``: of aiosmtpd's server."""
        self.behaviour = behaviour or (lambda _stage, _to: None)
        self.deliveries: list[Delivery] = []
        self.asked: Counter[str] = Counter()
        self.open = self.most_open = self.connections = 0
        self.seconds = 0.0
        self.taken: Callable[[Delivery], None] = lambda _delivery: None
        self._lock = threading.Lock()
        self._controller = _Controller(self, options)
        self._controller.start()
        self._runs = True
        self.port: int = self._controller.port
        self.connections = self.most_open = 0  # its own try was the first

    @property
    def url(self) -> str:
        """Its ``MAIL_URL``."""
        return f"smtp://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Let it go; from now on connections are refused."""
        if self._runs:
            self._controller.stop()
            self._runs = False

    def deliveries_of(self, message_id: str) -> int:
        """Return how often it has taken the mail of this Message-ID."""
        return sum(each.message_id == message_id for each in self.deliveries)

    # What aiosmtpd calls ------------------------------------------------------------------------

    def connected(self, change: int) -> None:
        """Count."""
        with self._lock:
            self.open += change
            self.connections += change > 0
            self.most_open = max(self.most_open, self.open)

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender."""
        answer = self._answer(server, MAIL, "")
        if answer is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take an address."""
        self.asked[address] += 1
        answer = self._answer(server, RCPT, address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message."""
        await asyncio.sleep(self.seconds)
        (to,) = envelope.rcpt_tos
        if answer := self._answer(server, DATA, to):
            return answer
        content = envelope.original_content
        assert content is not None
        message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(content)
        delivery = Delivery(str(envelope.mail_from), to, message)
        self.deliveries.append(delivery)
        await asyncio.to_thread(self.taken, delivery)
        return "250 OK, taken"

    def _answer(self, server: SMTP, stage: str, to: str) -> str | None:
        answer = self.behaviour(stage, to)
        if answer == HANG_UP:
            transport: Any = server.transport
            transport.abort()
            raise asyncio.CancelledError
        return answer


class _Server(SMTP):
    """Tells the mailbox of its connections."""

    def connection_made(self, transport: Any) -> None:
        self.event_handler.connected(1)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.connected(-1)
        super().connection_lost(error)


class _Controller(Controller):
    def __init__(self, mailbox: Mailbox, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__(mailbox, hostname="127.0.0.1", port=0)

    def factory(self) -> SMTP:
        return _Server(self.handler, enable_SMTPUTF8=True, **self._options)

    def _trigger_server(self) -> None:
        """Try it at the port that it was given by the system."""
        (listening,) = self.server.sockets  # type: ignore[union-attr]  # it runs
        self.port = listening.getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd's


@contextlib.contextmanager
def mailbox(behaviour: Behaviour | None = None, **options: Any) -> Iterator[Mailbox]:
    """Run a mail server, and let the settings name it."""
    box = Mailbox(behaviour, **options)
    try:
        with override_settings(MAIL_SERVER=MailServer(Security.NONE, "127.0.0.1", box.port)):
            yield box
    finally:
        box.stop()


def at(stage: str, answer: str, *, to: str = "") -> Behaviour:
    """Return the behaviour of a server that answers so at a stage; ``to``: only to this address."""
    return lambda now_at, address: answer if now_at == stage and to in {"", address} else None


def greylisting() -> Behaviour:
    """Return the behaviour of a server that puts off the first attempt for each address."""
    seen: set[str] = set()

    def behave(stage: str, to: str) -> str | None:
        if stage != RCPT or to in seen:
            return None
        seen.add(to)
        return "451 4.7.1 Greylisted, come back later"

    return behave


def in_turn(stage: str, *answers: str | None) -> Behaviour:
    """Return the behaviour of a server that answers so at a stage, one after another, then the last."""
    turns = itertools.chain(answers, itertools.repeat(answers[-1]))
    return lambda now_at, _to: next(turns) if now_at == stage else None


def taking(user: str, password: str) -> dict[str, Any]:
    """Return the options of a server that knows this user and password."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        right = LoginPassword(user.encode(), password.encode())
        return AuthResult(success=given == right, handled=False)

    return {"authenticator": check, "auth_require_tls": False}
