"""Codes of an authenticator (RFC 6238): six digits, steps of thirty seconds, SHA-1. No database, no clock.

Every authenticator knows this form, and most know no other. Source: HTTP contract, section 11.
"""

import hmac
from datetime import datetime

import pyotp
import segno

ISSUER = "Family Management System"
STEP_SECONDS = 30
DRIFT_STEPS = 1  # how far a phone's clock may be off, either way


def new_secret() -> str:
    """Return a random secret of 160 bits in base32, as authenticators take it."""
    return pyotp.random_base32()


def code_at(secret: str, step: int) -> str:
    """Return the code of a step: the Unix time in steps of thirty seconds."""
    return pyotp.TOTP(secret).generate_otp(step)


def step_at(moment: datetime) -> int:
    """Return the number of the step in which a moment lies."""
    return int(moment.timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """Return the step of which this is the code: the present one or a neighbour; ``None``: of none.

    Args:
        secret: of whom.
        code: as typed.
        now: the time.
        after: the last step whose code was used: neither that one nor one before it counts again.
    """
    present = step_at(now)
    steps = range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1)
    # All are looked at, whatever is found: the time tells nothing.
    found = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), code.encode())]
    return next((step for step in found if step > after), None)


def uri(secret: str, username: str) -> str:
    """Return what a QR code says to an authenticator (``otpauth://``)."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def drawn(address: str) -> str:
    """Return the QR code as SVG, as it stands in a page."""
    return segno.make(address, error="m").svg_inline(border=4, light="#fff", dark="#000", omitsize=True)


def drawn_for_img(address: str) -> str:
    """Return the QR code as the address of an image: SVG in a ``data:`` URI."""
    return segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000")
