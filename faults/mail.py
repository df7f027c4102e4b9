"""The mail server of the system: takes mails, or behaves as badly as it is told to."""

import logging
import time
import warnings
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOOPBACK = "127.0.0.1"
USER, PASSWORD = "families", "of-this-run-only"
REFUSED = "refused.example.org"
SLOW_SECONDS = 5.0
# It would tell every line of every conversation.
logging.getLogger("mail.log").setLevel(logging.ERROR)
# It listens on loopback only, where nobody listens in.
warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")


class MailServer:
    """It runs in a thread of this process, always on the same port.

    Attributes:
        password: the one it knows.
        slow: whether it waits before it greets.
        taken: how many mails it has taken.
    """

    def __init__(self, port: int) -> None:
        """Take the port; it does not run yet."""
        self.port = port
        self.password = PASSWORD
        self.slow = False
        self.taken = 0
        self._controller: _Controller | None = None

    @property
    def url(self) -> str:
        """Its ``MAIL_URL``."""
        return f"smtp://{LOOPBACK}:{self.port}"

    def start(self, *, sign_in: bool = False) -> None:
        """Listen; ``sign_in``: it takes nothing from who has not signed in."""
        if self._controller is None:
            self._controller = _Controller(self, sign_in=sign_in)
            self._controller.start()

    def stop(self) -> None:
        """Let it go: from now on connections are refused."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take an address, unless it is of those that are refused for good."""
        if address.endswith(f"@{REFUSED}"):
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        self.taken += 1
        return "250 OK, taken"


class _Server(SMTP):
    """Waits before it greets, if it shall."""

    def connection_made(self, transport: Any) -> None:
        if self.event_handler.slow:
            time.sleep(SLOW_SECONDS)  # the whole server waits: nobody else is greeted meanwhile
        super().connection_made(transport)


class _Controller(Controller):
    def __init__(self, server: MailServer, *, sign_in: bool) -> None:
        self._options: dict[str, Any] = {}
        if sign_in:
            self._options = {
                "authenticator": _authenticator(server),
                "auth_required": True,
                "auth_require_tls": False,
            }
        super().__init__(server, hostname=LOOPBACK, port=server.port)

    def factory(self) -> SMTP:
        return _Server(self.handler, enable_SMTPUTF8=True, **self._options)


def _authenticator(server: MailServer) -> Any:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        right = LoginPassword(USER.encode(), server.password.encode())
        return AuthResult(success=given == right, handled=False)

    return check
