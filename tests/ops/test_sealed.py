"""Small secrets at rest. Source: design, sections 2 and 6; HTTP contract, section 18 (rule 12)."""

import base64

import pytest
from django.conf import settings
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from ops import sealed

# Fernet's form: version, time and initialisation vector, then blocks of AES, then their HMAC-SHA-256.
HEAD_BYTES, BLOCK_BYTES, DIGEST_BYTES = 1 + 8 + 16, 16, 32
OTHER = "Another-Key-0123456789-abcdefghij-KLM"
TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)


@given(TEXTS)
def test_what_is_sealed_is_opened_again_for_the_same_purpose_only(secret: str) -> None:
    kept = sealed.seal(secret, purpose="one")

    assert sealed.opened(kept, purpose="one") == secret
    assert sealed.opened(kept, purpose="other") is None


@given(st.binary(max_size=200))
def test_what_was_never_sealed_is_not_opened(raw: bytes) -> None:
    assert sealed.opened(base64.urlsafe_b64encode(raw).decode(), purpose="one") is None
    assert sealed.opened(raw.decode("latin-1"), purpose="one") is None


@given(st.integers(min_value=0))
def test_a_changed_bit_closes_it_for_good(place: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(sealed.seal("204951", purpose="one")))
    raw[place // 8 % len(raw)] ^= 1 << place % 8

    assert sealed.opened(base64.urlsafe_b64encode(raw).decode(), purpose="one") is None


def test_the_same_secret_looks_different_each_time() -> None:
    kept = {sealed.seal("204951", purpose="one") for _ in range(100)}

    assert len(kept) == 100
    assert not any("204951" in each or b"204951" in base64.urlsafe_b64decode(each) for each in kept)


def test_a_long_secret_does_not_show_that_it_repeats_itself() -> None:
    raw = base64.urlsafe_b64decode(sealed.seal("\0" * 320, purpose="one"))
    hidden = raw[HEAD_BYTES:-DIGEST_BYTES]
    blocks = [hidden[start : start + BLOCK_BYTES] for start in range(0, len(hidden), BLOCK_BYTES)]

    assert len(set(blocks)) == len(blocks) == 21  # a block of padding, always


def test_a_digest_recognises_its_secret_of_its_purpose_and_no_other() -> None:
    kept = sealed.digest("204951", purpose="one")

    assert sealed.is_of("204951", kept, purpose="one")
    assert not sealed.is_of("204952", kept, purpose="one")
    assert not sealed.is_of("204951", kept, purpose="other")
    assert not sealed.is_of("4951", sealed.digest("4951", purpose="one20"), purpose="one")
    assert kept == sealed.digest("204951", purpose="one") != sealed.digest("204951", purpose="other")


def test_the_key_before_still_opens_and_recognises_until_it_goes() -> None:
    kept, digest = sealed.seal("204951", purpose="one"), sealed.digest("204951", purpose="one")

    with override_settings(FIELD_KEYS=(OTHER, *settings.FIELD_KEYS)):
        assert sealed.opened(kept, purpose="one") == "204951"
        assert sealed.is_of("204951", digest, purpose="one")
        assert sealed.digest("204951", purpose="one") != digest
    with override_settings(FIELD_KEYS=(OTHER,)):
        assert sealed.opened(kept, purpose="one") is None
        assert not sealed.is_of("204951", digest, purpose="one")


@pytest.mark.parametrize("text", ["", "é", "====", "not base64", "A" * 63])
def test_nonsense_is_nothing(text: str) -> None:
    assert sealed.opened(text, purpose="one") is None


def test_what_was_sealed_and_digested_long_ago_is_known_still() -> None:
    kept = (
        "gAAAAABrB54UXMRrRKSJ8BRkoipmOLNTfkMbwT8fasZUNcc0qb6TXX6JWA5CHGk1ldkgcAoEVIHYSN8P5ybSU9dA6poZKWVZaQ=="
    )
    digest = "7c0efe384d2fd8053acd3fb40610f2ee4b123314aae0be15bfc054b1b43c0bdb"

    with override_settings(FIELD_KEYS=(OTHER,)):
        assert sealed.opened(kept, purpose="one") == "204951"
        assert sealed.digest("204951", purpose="one") == digest
