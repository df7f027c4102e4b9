"""Doctor on certificates: real handshakes with a server that shows what a test has made."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from ops.doctor.check import Finding, Result
from ops.doctor.checks import tls
from ops.doctor.whereabouts import Whereabouts
from tests.ops.doctor.certificates import Authority
from tests.ports import free_port

DAY = timedelta(days=1)
AGO = -70 * DAY


@pytest.fixture(scope="module")
def authority() -> Authority:
    """An authority."""
    return Authority()


@pytest.fixture
def look(
    where: Whereabouts, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Finding]:
    """``look(ends=...)`` says what doctor finds of a server with such a certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path / "authority.pem")))

    def found(
        *, begins: timedelta = AGO, ends: timedelta, name: str = "localhost", by: Authority = authority
    ) -> Finding:
        with serving(*by.certify(tmp_path, name, begins=begins, ends=ends)) as port:
            return at(where, port)

    return found


def at(where: Whereabouts, port: int) -> Finding:
    with override_settings(PUBLIC_URL=f"https://localhost:{port}"):
        return tls.look(where)


@contextmanager
def serving(certificate: Path, key: Path) -> Iterator[int]:
    """Shake hands with everybody; yields the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:  # it was closed
                    return
                caller.settimeout(5)
                with contextlib.suppress(OSError), context.wrap_socket(caller, server_side=True) as secure:
                    secure.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_without_tls_there_is_no_certificate(where: Whereabouts) -> None:
    with override_settings(PUBLIC_URL="http://localhost:8000"):
        assert tls.look(where) == Finding(Result.OK, ("the public address is one without TLS",))


def test_one_that_holds_for_long_is_well(look: Callable[..., Finding]) -> None:
    found = look(ends=20.5 * DAY + DAY)

    assert found.result == Result.OK
    assert found.evidence[0].endswith(": 21 days are left")


def test_one_that_ends_soon_was_not_renewed(look: Callable[..., Finding]) -> None:
    found = look(ends=20.5 * DAY)

    assert found.result == Result.DEGRADED
    assert found.cause == "20 days are left, and it was not renewed: the renewal does not run, or fails"
    assert found.remedy == "sudo certbot certificates"


@pytest.mark.parametrize(("left", "result"), [(3.5, Result.OK), (1.5, Result.DEGRADED)])
def test_one_that_lives_for_days_is_judged_by_its_life(
    look: Callable[..., Finding], left: float, result: Result
) -> None:
    assert look(begins=(left - 6) * DAY, ends=left * DAY).result == result


def test_one_that_has_expired_or_does_not_hold_yet_may_be_the_clocks_fault(
    look: Callable[..., Finding],
) -> None:
    expired, early = look(ends=-2.5 * DAY), look(begins=DAY, ends=90 * DAY)

    assert (expired.result, early.result) == (Result.FAILED, Result.FAILED)
    assert expired.cause == "it expired 2 days ago: it was not renewed, or nginx not reloaded since"
    assert early.cause == "it does not hold yet: it was made for later, or this machine's clock is wrong"
    assert expired.due_to == early.due_to == ("clock",)


def test_one_for_another_name_is_not_taken(look: Callable[..., Finding]) -> None:
    found = look(ends=90 * DAY, name="elsewhere.example.com")

    assert (found.result, found.cause) == (Result.FAILED, "it was made for another name than localhost")
    assert found.remedy
    assert found.remedy.startswith("openssl s_client -connect localhost:")


def test_one_of_an_authority_that_nobody_knows_is_not_taken(look: Callable[..., Finding]) -> None:
    found = look(ends=90 * DAY, by=Authority())

    assert found.result == Result.FAILED
    assert found.cause
    assert "authority" in found.cause


def test_where_nobody_answers_nginx_may_be_away(where: Whereabouts) -> None:
    found = at(where, free_port())

    assert (found.result, found.due_to) == (Result.FAILED, ("nginx", "port"))
    assert found.evidence[0].endswith(" cannot be reached")


def test_whoever_does_not_speak_tls_is_told(where: Whereabouts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = at(where, silent.getsockname()[1])

    assert found.result == Result.FAILED
    assert " does not shake hands: " in found.evidence[0]
