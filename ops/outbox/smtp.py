"""Handing mails over to the mail server, and what its answers mean."""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from email.message import EmailMessage
from email.utils import parseaddr
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from django.conf import settings

from ops.outbox.pace import Pace
from ops.outbox.server import MailServer, Security

Hear = Callable[[str], None]
LONGEST_FAULT = 160
LONGEST_WORD = 24  # a link's token is longer, and so is most of an address
READY, CLOSING = 220, 421  # RFC 5321, section 4.2.3
TEMPORARY = range(400, 500)


# In this order: some are kinds of others.
MET: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPServerDisconnected, "it closed the connection"),
    (smtplib.SMTPNotSupportedError, "it offers no STARTTLS, or no sign-in"),
    (ssl.SSLError, "it does not speak TLS as it should"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "it closed the connection"),
    (socket.gaierror, "nobody knows its name"),
)


class DeliveryFaultError(Exception):
    """A mail was not taken; the text says why, with neither an address nor anything of its content."""


class ServerUnusableError(DeliveryFaultError):
    """The server cannot be used for any mail, this one says nothing about it: nobody's attempt."""


class CutShortError(DeliveryFaultError):
    """The conversation about one mail broke off: an attempt, and better no further mail right now."""


class PutOffError(DeliveryFaultError):
    """The server does not take this mail now."""


class RefusedError(DeliveryFaultError):
    """The server will never take this mail."""


class Courier(AbstractContextManager["Courier"]):
    """One connection to the mail server, for one mail after another."""

    def __init__(self, server: MailServer, pace: Pace, hear: Hear | None = None) -> None:
        """Take where to, and who hears the conversation; nothing is opened yet."""
        self._server = server
        self._pace = pace
        self._hear = hear
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        """Connect, secured and signed in as the address says.

        Raises:
            ServerUnusableError: it is away, or does not want us.
        """
        self._smtp = smtp = _conversation(self._server, self._pace.connect_seconds, self._hear)
        seconds = 2 * self._pace.connect_seconds
        try:
            with _no_longer_than(seconds, smtp) as cut:
                self._introduce(smtp)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.close()
            raise ServerUnusableError(_late(seconds) if cut.is_set() else self._met(error)) from None
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take leave, if that is still possible, and close."""
        smtp = self._smtp
        if error is None and smtp is not None and smtp.sock is not None:
            try:
                smtp.sock.settimeout(self._pace.connect_seconds)
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                self.close()
        self.close()

    def close(self) -> None:
        """Close without a word."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    @property
    def is_open(self) -> bool:
        """Whether another mail can be handed over."""
        return self._smtp is not None and self._smtp.sock is not None

    def hand_over(self, message: EmailMessage, to: str) -> None:
        """Send one message; returns once the server has taken it.

        Raises:
            ServerUnusableError, CutShortError: and the connection is closed.
            PutOffError, RefusedError: the next message may go by the same connection.
        """
        try:
            self._hand_over(message, to)
        except (ServerUnusableError, CutShortError):
            self.close()
            raise

    def _hand_over(self, message: EmailMessage, to: str) -> None:
        smtp = self._smtp
        if smtp is None or smtp.sock is None:
            raise ServerUnusableError("the connection is closed")
        seconds = self._pace.send_seconds
        smtp.sock.settimeout(seconds)
        try:
            with _no_longer_than(seconds, smtp) as cut:
                smtp.send_message(message, parseaddr(settings.MAIL_FROM)[1], [to])
        except smtplib.SMTPSenderRefused as error:
            raise ServerUnusableError(_said(error.smtp_code, error.smtp_error, to, "MAIL")) from None
        except smtplib.SMTPRecipientsRefused as error:
            raise _judged(*error.recipients[to], to, "RCPT") from None
        except smtplib.SMTPDataError as error:
            raise _judged(error.smtp_code, error.smtp_error, to, "DATA") from None
        except smtplib.SMTPNotSupportedError:
            raise RefusedError("the server takes no address with other letters than a to z") from None
        except (OSError, smtplib.SMTPException, ValueError) as error:
            late = cut.is_set() or _is_late(error)
            raise CutShortError(_late(seconds) if late else _met(error, seconds)) from None

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        code, said = smtp.connect(self._server.host, self._server.port)
        if code != READY:
            raise smtplib.SMTPConnectError(code, said)
        smtp.ehlo_or_helo_if_needed()
        if self._server.security == Security.STARTTLS:
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if self._server.user:
            smtp.login(self._server.user, self._server.password)

    def _met(self, error: Exception) -> str:
        return _met(error, self._pace.connect_seconds)


def _conversation(server: MailServer, seconds: float, hear: Hear | None) -> smtplib.SMTP:
    """Return a conversation that has not begun."""
    # Named here, or smtplib would ask the name service who we are, without a time limit.
    name = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    made: _Heard | _HeardOverTls
    if server.security == Security.TLS:
        made = _HeardOverTls(local_hostname=name, timeout=seconds, context=ssl.create_default_context())
    else:
        made = _Heard(local_hostname=name, timeout=seconds)
    made.hear = hear
    # The name that TLS verifies; smtplib takes it only from a constructor that connects at once.
    made._host = server.host  # type: ignore[union-attr]  # noqa: SLF001  # see above
    return made


class _Listening:
    """Tells what is said, but for what signs us in."""

    hear: Hear | None = None
    _signs_in = False

    def putcmd(self, cmd: str, args: str = "") -> None:
        self._tell(">", "AUTH …" if self._signs_in else f"{cmd} {args}".strip())
        super().putcmd(cmd, args)  # type: ignore[misc]  # smtplib.SMTP's

    def getreply(self) -> tuple[int, bytes]:
        code, said = super().getreply()  # type: ignore[misc]  # smtplib.SMTP's
        for line in said.decode("ascii", "replace").splitlines() or [""]:
            self._tell("<", f"{code} …" if self._signs_in and code < TEMPORARY.start else f"{code} {line}")
        return code, said

    def login(self, user: str, password: str, **options: Any) -> tuple[int, bytes]:
        self._signs_in = True
        try:
            answer: tuple[int, bytes] = super().login(user, password, **options)  # type: ignore[misc]
        finally:
            self._signs_in = False
        return answer

    def _tell(self, who: str, what: str) -> None:
        if self.hear is not None:
            self.hear(f"{who} {what}")


class _Heard(_Listening, smtplib.SMTP):
    pass


class _HeardOverTls(_Listening, smtplib.SMTP_SSL):
    pass


@contextmanager
def _no_longer_than(seconds: float, smtp: smtplib.SMTP) -> Iterator[threading.Event]:
    """Cut the connection after so long: the socket's own limit starts anew with every byte that comes."""
    cut = threading.Event()

    def end() -> None:
        cut.set()
        try:
            if smtp.sock is not None:
                smtp.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    watch = threading.Timer(seconds, end)
    watch.daemon = True
    watch.start()
    try:
        yield cut
    finally:
        watch.cancel()


def _late(seconds: float) -> str:
    return f"not done within {seconds:g} s"


def _is_late(error: Exception) -> bool:
    """Tell whether a time limit was over; smtplib calls that a lost connection, with the cause behind it."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _judged(code: int, said: bytes | str, to: str, stage: str) -> DeliveryFaultError:
    words = _said(code, said, to, stage)
    if code == CLOSING:
        return CutShortError(words)
    return PutOffError(words) if code in TEMPORARY else RefusedError(words)


def _said(code: int, said: bytes | str, to: str, stage: str) -> str:
    """Return a server's answer without what could name a person or open a link."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    local = to.rpartition("@")[0]
    if local:
        text = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "…", text, flags=re.IGNORECASE)
    words = [_harmless(word) for word in text.split()]
    return f"{code} at {stage}: {' '.join(words)}"[:LONGEST_FAULT].rstrip(": ")


def _harmless(word: str) -> str:
    tells = "@" in word or "://" in word or len(word) > LONGEST_WORD or not word.isprintable()
    return "…" if tells else word


def _met(error: Exception, seconds: float) -> str:
    """Say what was met instead of an answer about a mail."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{error.smtp_code}: it refuses the user or the password"
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error, "", "the greeting")
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"[:LONGEST_FAULT]
    if _is_late(error):
        return f"no answer within {seconds:g} s"
    for kind, words in MET:
        if isinstance(error, kind):
            return words
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
