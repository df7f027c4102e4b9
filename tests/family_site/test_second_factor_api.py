"""The caller's second factor: set up, turned on, replaced, turned off.

Source: HTTP contract, sections 11 (2fa), 17 (second factor) and 18 (rules 12, 17 and 18).
"""

import base64
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, unquote, urlparse
from xml.etree import ElementTree as ET

import pytest
from structlog.testing import capture_logs

from family_site.identity.queries import user_by_id
from ops import clock
from tests.api import Api
from tests.database import audit, documents, public_part
from tests.factories import PASSWORD, Person
from tests.family_site.answering import (
    CODE,
    NOBODY_GETS_IN,
    OFF,
    ON,
    STORED,
    answered,
    challenged,
    failures,
    give_up,
    last_warning,
    log_in,
    set_up,
    status,
    verify,
    wrong,
)
from tests.races import at_once
from tests.second_factors import Secured, code_of, secured
from tests.tokens.calls import moment, set_clock

# Setting up ---------------------------------------------------------------------------------------


def test_a_secret_waits_for_ten_minutes_and_is_told_once(person: Person) -> None:
    before = clock.now()
    answer = set_up(person)
    after = clock.now()

    assert answer.status == 200
    made = answer.json
    secret = made["totp_secret"]
    assert re.fullmatch(r"[A-Z2-7]{32}", secret)
    assert {name: made[name] for name in OFF} == {**OFF, "pending": True}
    ends = timedelta(minutes=10)
    earliest = (before + ends).replace(microsecond=0)
    assert moment(earliest) <= made["expires_at"] <= moment(after + ends)
    assert status(person) == {**OFF, "pending": True, "backup_codes_left": 0}
    (entry,) = audit("second_factor.set_up")
    assert (entry["actor"], entry["target"]) == (person.id, person.id)
    assert secret not in repr(documents())
    assert log_in(person).status == 200  # it does not count yet


def test_an_authenticator_reads_the_secret_from_the_drawn_code_or_its_text(person: Person) -> None:
    made = set_up(person).json

    uri = urlparse(made["provisioning_uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == f"/Family Management System:{person.username}"
    assert parse_qs(uri.query) == {"secret": [made["totp_secret"]], "issuer": ["Family Management System"]}
    media_type, _, drawn = made["qr_code_data"].partition(",")
    assert media_type.startswith("data:image/svg+xml")
    svg = base64.b64decode(drawn) if media_type.endswith(";base64") else unquote(drawn)
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314  # our own


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_the_first_code_turns_it_on_and_shows_ten_backup_codes(
    person: Person, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, clock.now())
    secret = set_up(person).json["totp_secret"]

    answer = verify(person, code_of(secret, steps))

    assert answer.status == 200
    codes = answer.json.pop("backup_codes")
    assert {name: answer.json[name] for name in ON} == ON
    assert len(set(codes)) == 10
    assert status(person) == {**ON, "backup_codes_left": 10}
    assert Api(person).get("/auth/me").json["two_fa_enabled"] is True
    assert log_in(person).problem == (401, "TWO_FACTOR_REQUIRED")
    (entry,) = audit("second_factor.turned_on")
    assert (entry["actor"], entry["target"]) == (person.id, person.id)
    assert last_warning() == (person.email, "second_factor_on")


def test_nothing_of_it_can_be_read_from_the_database(person: Person) -> None:
    secret = set_up(person).json["totp_secret"]
    codes = verify(person, code_of(secret)).json["backup_codes"]

    stored = repr(documents())

    assert secret not in stored
    for code in codes:
        assert code not in stored
        assert code.replace("-", "") not in stored
    kept = user_by_id(person.id)
    assert kept["second_factor_pending"] is None
    assert {len(each) for each in kept["second_factor"]["backup_codes"]} == {64}


def test_the_code_that_turned_it_on_is_used_up(person: Person) -> None:
    secret = set_up(person).json["totp_secret"]
    code = code_of(secret)
    verify(person, code)

    assert log_in(person, two_fa_code=code).problem == NOBODY_GETS_IN
    assert log_in(person, two_fa_code=code_of(secret, 1)).status == 200


def test_a_wrong_code_turns_nothing_on_and_counts(person: Person) -> None:
    secret = set_up(person).json["totp_secret"]
    before = documents(*STORED)

    answer = verify(person, wrong(Secured(person, secret, [])))

    assert answer.problem == NOBODY_GETS_IN
    assert documents(*STORED) == before
    assert failures() == 1
    assert verify(person, code_of(secret)).status == 200


def test_a_wrong_password_sets_nothing_up_and_counts_as_at_a_sign_in(person: Person) -> None:
    before = documents(*STORED)

    for _ in range(5):
        assert set_up(person, "Quite-Wrong-7!").problem == NOBODY_GETS_IN

    refused = set_up(person)
    assert refused.problem == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.json["details"]["operation"] == "login"
    assert documents(*STORED) == before


def test_from_the_tenth_minute_on_it_has_to_be_begun_again(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = set_up(person).json
    over = datetime.fromtimestamp(user_by_id(person.id)["second_factor_pending"]["expires_at"], UTC)
    assert made["expires_at"] == moment(over)

    set_clock(monkeypatch, over)
    refused = verify(person, code_of(made["totp_secret"]))

    assert refused.problem == (400, "TWO_FACTOR_STATE")
    assert status(person) == {**OFF, "backup_codes_left": 0}
    set_clock(monkeypatch, over - timedelta(milliseconds=1))
    assert status(person) == {**OFF, "pending": True, "backup_codes_left": 0}
    assert verify(person, code_of(made["totp_secret"])).status == 200


def test_of_two_secrets_only_the_newer_waits(person: Person) -> None:
    first, second = (set_up(person).json["totp_secret"] for _ in range(2))

    assert verify(person, code_of(first)).problem == NOBODY_GETS_IN
    assert verify(person, code_of(second)).status == 200


def test_where_nothing_waits_nothing_is_turned_on(person: Person) -> None:
    before = documents(*STORED)

    assert verify(person, "123456").problem == (400, "TWO_FACTOR_STATE")
    assert documents(*STORED) == before


def test_it_is_set_up_once(person: Person) -> None:
    someone = secured(person)
    before = documents(*STORED)

    assert set_up(person).problem == (400, "TWO_FACTOR_STATE")
    assert verify(person, someone.code()).problem == (400, "TWO_FACTOR_STATE")
    assert documents(*STORED) == before


def test_of_parallel_first_codes_one_turns_it_on(person: Person) -> None:
    secret = set_up(person).json["totp_secret"]

    answers = at_once([partial(verify, person, code_of(secret))] * 8)

    won = [each.json["backup_codes"] for each in answers if each.status == 200]
    assert len(won) == 1
    assert Counter(each.status for each in answers) == {200: 1, 400: 7}
    assert len(audit("second_factor.turned_on")) == 1
    assert log_in(person, two_fa_code=won[0][0]).status == 200


@pytest.mark.parametrize("method", ["backup", "sms", "", None, 1])
def test_only_authenticators_are_set_up(person: Person, method: object) -> None:
    for path, sent in (("setup", {"password": PASSWORD}), ("verify", {"code": "123456"})):
        answer = Api(person).post(f"/auth/2fa/{path}", {"method": method, **sent})
        assert answer.problem == (400, "VALIDATION_ERROR")


# Secrets ------------------------------------------------------------------------------------------


def test_no_secret_and_no_code_is_in_the_log_or_in_the_audit(person: Person) -> None:
    with capture_logs() as lines:
        first = set_up(person).json["totp_secret"]
        used = [code_of(first)]
        codes = verify(person, used[0]).json["backup_codes"]
        someone = Secured(person, first, codes)
        used += [wrong(someone), someone.code(1), codes[0], codes[1]]
        for code in used[1:3]:
            log_in(person, two_fa_code=code)
        answered(token := challenged(someone), codes[0])
        again = Api(person).post("/auth/2fa/regenerate-backup-codes", **{CODE: codes[1]})
        second = give_up(someone, "reset", again.json["backup_codes"][0]).json["totp_secret"]

    told = repr(lines) + "".join(public_part(each) + repr(each["private"]) for each in audit())
    assert "auth.second_factor.failed" in told
    assert {each for each in {first, second, token, PASSWORD, *codes} if each in told} == set()
    assert {each for each in used if re.search(rf"(?<!\d){each}(?!\d)", told)} == set()
    assert "second_factor.backup_codes_made" in told
