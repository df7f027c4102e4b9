"""What must not leave is taken out of a text, whatever stands around it; and what says something stays."""

import base64
import json

import pytest

from ops.bundle.masking import Mask

KEY = 'Pl4nted/key+with=signs&"quotes" and ünïcode'
ANN, BEN = f"user_{'a1' * 15}", f"user_{'b2' * 15}"


def hidden(text: str, *secrets: str) -> str:
    return Mask(secrets).hide(text)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(KEY, id="as it is"),
        pytest.param(json.dumps(KEY), id="in JSON"),
        pytest.param(json.dumps(KEY, ensure_ascii=False), id="in JSON with its letters"),
        pytest.param("Pl4nted%2Fkey%2Bwith%3Dsigns%26%22quotes%22%20and%20%C3%BCn%C3%AFcode", id="in an URL"),
        pytest.param(base64.b64encode(KEY.encode()).decode(), id="in base 64"),
    ],
)
def test_a_secret_is_hidden_in_each_way_it_may_be_written(written: str) -> None:
    said = hidden(f"it is {written}, then", KEY)

    assert "Pl4nted" not in said
    assert written.strip('"') not in said
    assert said.endswith(", then")


def test_a_short_secret_is_hidden_where_it_stands_alone() -> None:
    assert hidden("pass=sbd sbd-x sbdx (sbd)", "sbd") == "pass=… …-x sbdx (…)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('Authorization: Bearer abc.def-1", host: "x"', 'Authorization: …", host: "x"'),
        ("cookie: sbd_session=1; sbd_csrf=2", "cookie: …"),
        ('{"Authorization": "Basic dXNlcjpwYXNz", "a": 1}', '{"Authorization": "…", "a": 1}'),
        ("got Bearer opaque-token-1 there", "got Bearer … there"),
        ("requirepass foobared", "requirepass …"),
        ("redis-server --requirepass hunter2 --port 1", "redis-server --requirepass … --port 1"),
        ("password=hunter2&x=1", "password=…&x=1"),
        ('{"verification_code": "123456"}', '{"verification_code": "…"}'),
        ('{\\"api_token\\":\\"abc\\",\\"n\\":1}', '{\\"api_token\\":\\"…\\",\\"n\\":1}'),
        ("JWT_SIGNING_KEY=abc", "JWT_SIGNING_KEY=…"),
        ("mongodb://app:hunter2@db.test/x", "mongodb://…@db.test/x"),
        ("to wren@example.com and root@mailhost", "to …@… and …@…"),
        ("/reset/wren%40example.com/x", "/reset/…@…/x"),
        ("GET /a?token=abc HTTP/1.1", "GET /a?… HTTP/1.1"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nafter", "…\nafter"),
        ('dup key: { email: \\"wren\\" } keyValue: { name: \\"Larks\\" }', "dup key: … keyValue: …"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert hidden(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        '{"event": "auth.token.rejected", "reason": "expired", "at": "2026-11-26T21:22:29.123+00:00"}',
        "token_operations_total 5, tokens: 12, is_token=true",
        "127.0.0.1:27017, [::1]:8000, 0.0.0.0:80, at 21:22:29",
        "MongoDB 6.0.5, Linux 6.18.44",
        'std::runtime, File "/opt/sbd/current/families/actions/joining.py", line 8',
        "fam_3f0c3f0c3f0c3f0c3f0c3f0c3f0c3f user_id user_agent",
    ],
)
def test_what_says_something_stays(text: str) -> None:
    assert hidden(text) == text


def test_persons_and_addresses_have_the_same_name_in_all_texts() -> None:
    mask = Mask([])

    first = mask.hide(f"{BEN} from 203.0.113.9:51234, {ANN} from 2001:db8::1")
    second = mask.hide(f"rate_limit:user:{ANN}:login:1900000000 rate_limit:address:2001:DB8:0::1:login:19")

    assert first == "person-1 from address-2:51234, person-2 from address-1"
    assert second == "rate_limit:user:person-2:login:1900000000 rate_limit:address:address-1:login:19"


def test_a_word_without_end_is_hidden_before_it_is_looked_at() -> None:
    assert hidden(f"GET /{'a' * 100_000}@b and {'a-%' * 100_000}, then") == "GET /…@b and …, then"


def test_an_address_within_another_notation_is_hidden() -> None:
    said = hidden("::ffff:203.0.113.9 10.0.0.0/8 fe80::1%eth0 [2001:db8::2]:443 203.0.113.77.")

    for part in ("203.0.113", "10.0.0", "fe80", "2001"):
        assert part not in said
