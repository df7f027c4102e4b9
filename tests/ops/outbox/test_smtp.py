"""The conversation with the mail server: secured, timed, told without secrets. Source: design, section 6."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from ops.outbox.pace import Pace
from ops.outbox.server import MailServer, Security
from ops.outbox.smtp import Courier, CutShortError, RefusedError, ServerUnusableError
from tests.mailbox import DATA, Mailbox, at, taking

HASTY = Pace(connect_seconds=0.4, send_seconds=0.4)
OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl to make a certificate with")


def message() -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = "Hello"
    made.set_content("Hello\n")
    return made


def server_at(
    port: int, security: Security = Security.NONE, host: str = "127.0.0.1", **who: str
) -> MailServer:
    return MailServer(security, host, port, **who)


@contextlib.contextmanager
def running(**options: object) -> Iterator[Mailbox]:
    box = Mailbox(**options)  # type: ignore[arg-type]  # options of aiosmtpd
    try:
        yield box
    finally:
        box.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for ``localhost``, signed by itself, and its key."""
    made = tmp_path_factory.mktemp("tls") / "both.pem"
    request = [str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    request += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*request, "-keyout", made, "-out", made.with_suffix(".crt")], check=True, capture_output=True
    )
    made.write_text(made.read_text() + made.with_suffix(".crt").read_text())
    return made


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@needs_openssl
def test_with_a_trusted_certificate_the_mail_goes_by_starttls(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    login = taking("families", "s%cret word")
    with running(tls_context=tls(certificate), require_starttls=True, **login) as box:
        where = server_at(box.port, Security.STARTTLS, "localhost", user="families", password="s%cret word")
        with Courier(where, Pace()) as courier:
            courier.hand_over(message(), "ada@example.com")

    assert [each.to for each in box.deliveries] == ["ada@example.com"]


@needs_openssl
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_that_is_not_trusted_or_not_the_hosts_gets_no_mail(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    if host != "localhost":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    with running(tls_context=tls(certificate)) as box:
        where = server_at(box.port, Security.STARTTLS, host, user="families", password="secret")
        with pytest.raises(ServerUnusableError, match=r"^its certificate is not trusted: "):
            Courier(where, Pace()).__enter__()

    assert box.deliveries == []


def test_no_password_is_said_where_starttls_was_asked_for_and_is_not_offered() -> None:
    heard: list[str] = []
    with running(**taking("families", "secret")) as box:
        where = server_at(box.port, Security.STARTTLS, user="families", password="secret")
        with pytest.raises(ServerUnusableError, match="it offers no STARTTLS"):
            Courier(where, Pace(), heard.append).__enter__()

    assert not any("AUTH …" in line for line in heard)


def test_what_is_heard_is_the_conversation_without_user_password_or_content() -> None:
    heard: list[str] = []
    with running(**taking("families", "secret")) as box:
        where = server_at(box.port, user="families", password="secret")
        with Courier(where, Pace(), heard.append) as courier:
            courier.hand_over(message(), "ada@example.com")

    assert heard[0].startswith("< 220 ")
    assert "> AUTH …" in heard
    assert "< 235 …" in heard
    assert "> rcpt TO:<ada@example.com>" in heard
    assert heard[-2:] == ["> quit", "< 221 Bye"]
    said = " ".join(heard)
    assert not any(each in said for each in ("families ", "c2VjcmV0", "Hello", "ZmFtaWxpZXM"))


def test_a_wrong_password_is_the_servers_refusal_of_us() -> None:
    with running(**taking("families", "secret")) as box:
        where = server_at(box.port, user="families", password="open sesame")
        with pytest.raises(ServerUnusableError) as refused:
            Courier(where, Pace()).__enter__()

    assert str(refused.value) == "535: it refuses the user or the password"


@pytest.mark.parametrize(
    ("security", "words"),
    [(Security.NONE, "no answer within 0.4 s"), (Security.TLS, "no answer within 0.4 s")],
)
def test_a_server_that_takes_the_connection_and_says_nothing(security: Security, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ServerUnusableError, match=words):
        Courier(server_at(silent.getsockname()[1], security), HASTY).__enter__()


def test_a_server_that_says_a_letter_now_and_then_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        talker = threading.Thread(target=_drip, args=(listening,))
        talker.start()
        with pytest.raises(ServerUnusableError, match=r"not done within 0\.8 s"):
            Courier(server_at(listening.getsockname()[1]), HASTY).__enter__()
        talker.join()


def _drip(listening: socket.socket) -> None:
    caller, _ = listening.accept()
    with caller, contextlib.suppress(OSError):
        while True:
            caller.sendall(b"2")
            time.sleep(0.1)


def test_what_speaks_no_tls_or_no_smtp_is_no_mail_server() -> None:
    with running() as box, pytest.raises(ServerUnusableError, match="does not speak TLS"):
        Courier(server_at(box.port, Security.TLS), Pace()).__enter__()


def test_an_unknown_host_and_a_closed_port_are_said_in_words() -> None:
    with pytest.raises(ServerUnusableError, match="nobody knows its name"):
        Courier(server_at(25, host="nowhere.invalid"), Pace()).__enter__()
    with pytest.raises(ServerUnusableError, match="connection refused"):
        Courier(server_at(1), Pace()).__enter__()


def test_after_a_break_nothing_more_is_handed_over() -> None:
    with (
        running(behaviour=at(DATA, "421 4.3.2 Closing")) as box,
        Courier(server_at(box.port), Pace()) as courier,
    ):
        with pytest.raises(CutShortError, match=r"^421 at DATA: 4\.3\.2 Closing$"):
            courier.hand_over(message(), "ada@example.com")

        assert not courier.is_open
        with pytest.raises(ServerUnusableError):
            courier.hand_over(message(), "bert@example.com")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 <ada.k@example.com>: unknown", "550 at DATA: … unknown"),
        ("550 Sorry, ADA.K is not here", "550 at DATA: Sorry, … is not here"),
        ("554 see https://x.example/t/abc for why", "554 at DATA: see … for why"),
        (f"554 bad {'x' * 43} in body", "554 at DATA: bad … in body"),
        (f"554 {'word ' * 90}".strip(), f"554 at DATA: {'word ' * 90}"[:160].rstrip(": ")),
    ],
)
def test_what_is_kept_of_a_refusal_names_nobody_and_opens_nothing(said: str, kept: str) -> None:
    with (
        running(behaviour=at(DATA, said)) as box,
        Courier(server_at(box.port), Pace()) as courier,
        pytest.raises(RefusedError) as refused,
    ):
        courier.hand_over(message(), "ada.k@example.com")

    assert str(refused.value) == kept
