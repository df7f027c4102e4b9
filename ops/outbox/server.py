"""Which mail server there is. Read by the settings, so it needs neither Django nor a database."""

from dataclasses import dataclass, field
from email.utils import parseaddr
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Security(StrEnum):
    """How the conversation is protected; named by the scheme of the address."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


DEFAULT_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True)
class MailServer:
    """A mail server; its ``str`` can be shown: it holds no password and no user."""

    security: Security
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Return scheme, host and port."""
        return f"{self.security}://{self.host}:{self.port}"

    @property
    def tells_password_to_all(self) -> bool:
        """Whether a password would leave the machine without TLS."""
        return bool(self.password) and self.security == Security.NONE and self.host not in LOOPBACK


def parsed(url: str) -> MailServer:
    """Return the server of a ``MAIL_URL``, for example ``smtp+starttls://user:password@host:port``.

    Raises:
        ValueError: it is no such address; the text says what is wrong, without the address.
    """
    parts = urlsplit(url)
    schemes = [str(each) for each in Security]
    if parts.scheme not in schemes:
        raise ValueError(f"it must begin with one of {', '.join(f'{each}://' for each in schemes)}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("after the port nothing may stand; a sign in the password is written as %XX")
    if not parts.hostname:
        raise ValueError("it names no host")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("user and password stand there together, or neither of them")
    security = Security(parts.scheme)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(security, parts.hostname, _port(parts) or DEFAULT_PORTS[security], user, password)


def fault_of_sender(sender: str) -> str | None:
    """Say what is wrong with a ``MAIL_FROM``; ``None``: nothing is."""
    if not sender.isprintable():
        return "holds a control character"
    local, _, domain = parseaddr(sender)[1].rpartition("@")
    if not local or not domain or not parseaddr(sender)[1].isascii():
        return "is no address such as: Families <no-reply@families.example.com>"
    return None


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError("its port is none") from None
