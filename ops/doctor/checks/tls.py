"""doctor:tls: the certificate of the public address is one that browsers take, and stays so for a while."""

import contextlib
import socket
import ssl
import time
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509

from ops import clock
from ops.doctor import calls, listeners, site
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts

# Authorities renew a month before; of a certificate that lives for days, a third of its life is left then.
SOON, SHARE = timedelta(days=21), 3
SECONDS, CONNECT_SECONDS = 0.4, 0.6
# Of OpenSSL's x509_vfy.h.
WRONG_NAME = frozenset({62, 64})
NOBODYS = {
    18: "it is signed by nobody but itself",
    19: "it is signed by an authority that nobody knows",
    2: "a certificate between it and the authority is missing",
    20: "it is signed by an authority that nobody knows, or a certificate in between is missing",
    21: "a certificate between it and the authority is missing",
}
LOOPBACK = "127.0.0.1"


class Met(NamedTuple):
    """A certificate, and what is wrong with it by its number in OpenSSL; ``None``: nothing."""

    certificate: x509.Certificate
    fault: int | None


def look(where: Whereabouts) -> Finding:
    """Shake hands, as a browser does; then once more with whoever it is, to read what was shown."""
    if where.faults:
        return site.unknown()
    public = site.public()
    if public is None:
        return Finding(Result.OK, ("the public address is one without TLS",))
    name, port = public
    address = _address(name, port)
    if address is None:
        cause = "its name is not known, or nobody answers here or there"
        return _unreachable(name, port, f"{name}:{port} cannot be reached", cause)
    try:
        met = _met(address, port, name)
    except OSError as error:
        evidence = f"{name}:{port} does not shake hands: {type(error).__name__}"
        return _unreachable(name, port, evidence, "whoever listens there does not speak TLS for this name")
    return _judged(name, port, met)


def _address(name: str, port: int) -> str | None:
    """Return an address that answers: the name's, or this machine's, which may not reach itself by name."""
    known = [*site.addresses(name), *([LOOPBACK] if listeners.holder(port) else [])]
    until = time.monotonic() + CONNECT_SECONDS
    for address in known:
        with contextlib.suppress(OSError):
            left = max(0.05, until - time.monotonic())
            socket.create_connection((address, port), timeout=min(SECONDS, left)).close()
            return address
    return None


def _met(address: str, port: int, name: str) -> Met:
    fault: int | None = None
    try:
        _shown(address, port, name, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        fault = error.verify_code
    shown = _shown(address, port, name, calls.trusting())
    return Met(x509.load_der_x509_certificate(shown), fault)


def _shown(address: str, port: int, name: str, context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection((address, port), timeout=SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.getpeercert(binary_form=True) or b""


def _judged(name: str, port: int, met: Met) -> Finding:
    certificate, now = met.certificate, clock.now()
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    evidence = (f"{name}:{port}: the certificate holds from {_day(begins)} to {_day(ends)}",)
    show = _show(name, port)
    if now >= ends:
        cause = f"it expired {(now - ends).days} days ago: it was not renewed, or nginx not reloaded since"
        return Finding(Result.FAILED, evidence, cause, show, due_to=("clock",))
    if now < begins:
        cause = "it does not hold yet: it was made for later, or this machine's clock is wrong"
        return Finding(Result.FAILED, evidence, cause, show, due_to=("clock",))
    if met.fault in WRONG_NAME:
        return Finding(Result.FAILED, evidence, f"it was made for another name than {name}", show)
    if met.fault is not None:
        cause = NOBODYS.get(met.fault, f"browsers do not take it (OpenSSL's fault {met.fault})")
        return Finding(Result.FAILED, evidence, cause, show)
    left = ends - now
    if left < min(SOON, (ends - begins) / SHARE):
        cause = f"{left.days} days are left, and it was not renewed: the renewal does not run, or fails"
        return Finding(Result.DEGRADED, evidence, cause, "sudo certbot certificates")
    return Finding(Result.OK, (f"{evidence[0]}: {left.days} days are left",))


def _unreachable(name: str, port: int, evidence: str, cause: str) -> Finding:
    return Finding(Result.FAILED, (evidence,), cause, _show(name, port), due_to=("nginx", "port"))


def _show(name: str, port: int) -> str:
    return (
        f"openssl s_client -connect {name}:{port} -servername {name} </dev/null 2>/dev/null "
        "| openssl x509 -noout -subject -issuer -dates -ext subjectAltName"
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
