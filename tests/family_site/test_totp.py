"""Codes of an authenticator: the RFC's own examples, the drift, and the QR code.

Source: RFC 6238, appendix B.
"""

import base64
import re
from datetime import UTC, datetime

import pytest

from family_site.identity import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()
# The last six of the eight digits that the RFC prints for SHA-1.
EXAMPLES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


@pytest.mark.parametrize(("second", "code"), EXAMPLES)
def test_the_codes_are_those_of_the_rfc(second: int, code: str) -> None:
    assert totp.code_at(SECRET, totp.step_at(at(second))) == code


@pytest.mark.parametrize("off", range(-3, 4))
def test_one_step_of_drift_is_allowed_and_no_more(off: int) -> None:
    step = totp.step_at(at(1234567890))

    found = totp.matching_step(SECRET, totp.code_at(SECRET, step + off), now=at(1234567890), after=0)

    assert found == (step + off if abs(off) <= 1 else None)


@pytest.mark.parametrize("used", [0, 1, 2])
def test_a_used_step_takes_those_before_it_along(used: int) -> None:
    step = totp.step_at(at(1234567890))
    codes = [totp.code_at(SECRET, step + off) for off in (-1, 0, 1)]

    found = [
        totp.matching_step(SECRET, each, now=at(1234567890), after=step - 1 + used) is not None
        for each in codes
    ]

    assert found == [place > used for place in range(3)]


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "\x00" * 6]
)
def test_what_is_no_code_matches_nothing(typed: str) -> None:
    assert totp.matching_step(SECRET, typed, now=at(59), after=0) is None


def test_the_qr_code_is_whole_at_every_size_and_tells_nothing_in_words() -> None:
    address = totp.uri(SECRET, "ines")

    drawing = totp.drawn(address)

    box = re.search(r'viewBox="0 0 (\d+) (\d+)"', drawing)
    assert box
    assert (box[1], "width=" in drawing, "height=" in drawing) == (box[2], False, False)
    assert SECRET not in drawing
    assert totp.drawn_for_img(address).startswith("data:image/svg+xml")
    assert (
        address
        == f"otpauth://totp/Family%20Management%20System:ines?secret={SECRET}&issuer=Family%20Management%20System"
    )


def test_secrets_differ_and_have_160_bits() -> None:
    made = {totp.new_secret() for _ in range(50)}

    assert len(made) == 50
    assert {len(base64.b32decode(each)) for each in made} == {20}
