"""Each code of a second factor counts once, whoever sends it how often and at the same time.

Source: HTTP contract, sections 1.2 (a TOTP code works once), 11 (second factor) and 18 (rule 12).
"""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from family_site.identity import totp
from ops import clock
from ops.mongo.collections import collection
from tests.api import Answer
from tests.database import audit
from tests.factories import Person
from tests.family_site.answering import (
    METHODS,
    NOBODY_GETS_IN,
    answered,
    challenged,
    factor,
    forget_used_codes,
    log_in,
    opened,
    sessions_of,
    void_as,
)
from tests.mails import mails
from tests.races import at_once
from tests.second_factors import Secured, secured
from tests.tokens.calls import set_clock


@pytest.fixture
def someone(person: Person) -> Secured:
    """Somebody with a second factor."""
    return secured(person)


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_clock_of_a_phone_may_be_off_by_one_step(
    someone: Secured, monkeypatch: pytest.MonkeyPatch, steps: int, *, good: bool
) -> None:
    forget_used_codes(someone)
    set_clock(monkeypatch, clock.now())

    answer = answered(challenged(someone), someone.code(steps))

    assert (answer.status == 200) == good
    assert good or answer.problem == NOBODY_GETS_IN


@pytest.mark.parametrize("by_challenge", [True, False])
def test_a_code_counts_once_and_takes_those_before_it_along(
    someone: Secured, monkeypatch: pytest.MonkeyPatch, *, by_challenge: bool
) -> None:
    set_clock(monkeypatch, clock.now())

    def sign_in(code: str) -> Answer:
        if by_challenge:
            return answered(challenged(someone), code)
        return log_in(someone.person, two_fa_code=code)

    opened(sign_in(someone.code(1)))

    for steps in (1, 0, -1):
        assert sign_in(someone.code(steps)).problem == NOBODY_GETS_IN
    assert factor(someone)["last_step"] == totp.step_at(clock.now()) + 1
    set_clock(monkeypatch, clock.now() + timedelta(seconds=30))
    assert sign_in(someone.code()).problem == NOBODY_GETS_IN  # the same one, of another step's view
    opened(sign_in(someone.code(1)))


@pytest.mark.parametrize("kind", METHODS)
def test_one_code_over_eight_challenges_at_once_opens_one_session(someone: Secured, kind: str) -> None:
    code = someone.code() if kind == "totp" else someone.backup_codes[0]
    tokens, before = [challenged(someone) for _ in range(8)], sessions_of(someone.person)

    answers = at_once([partial(answered, token, code) for token in tokens])

    assert Counter(each.problem if each.status != 200 else 200 for each in answers) == {
        200: 1,
        NOBODY_GETS_IN: 7,
    }
    assert sessions_of(someone.person) == before + 1
    assert len(mails("security")) == (2 if kind == "backup" else 1)  # that it was turned on, and that


def test_each_backup_code_counts_once(someone: Secured) -> None:
    for number, code in enumerate(someone.backup_codes):
        opened(answered(challenged(someone), code))
        assert len(factor(someone)["backup_codes"]) == 9 - number

    for code in someone.backup_codes[:3]:
        assert answered(challenged(someone), code).problem == NOBODY_GETS_IN
    entries = audit("second_factor.backup_code_used")
    assert [each["after"] for each in entries] == [{"backup_codes_left": left} for left in range(9, -1, -1)]
    assert {(each["actor"], each["target"]) for each in entries} == {(someone.person.id,) * 2}
    used = [each for each in mails("security") if each.subject == "A backup code of yours was used"]
    assert [each.to for each in used] == [someone.person.email] * 10
    opened(log_in(someone.person, two_fa_code=someone.code()))


def test_a_backup_code_is_taken_as_people_type_it(someone: Secured) -> None:
    codes = someone.backup_codes
    typed = (codes[0].upper(), codes[1].replace("-", ""), codes[2].replace("-", " - "), f" {codes[3]} ")

    for each in typed:
        opened(answered(challenged(someone), each))
    spaced = f"{someone.code()[:3]} {someone.code()[3:]}"
    opened(answered(challenged(someone), spaced))


def test_codes_of_somebody_else_open_nothing(someone: Secured, stranger: Person) -> None:
    other = secured(stranger)

    for code in (other.code(), other.backup_codes[0]):
        assert answered(challenged(someone), code).problem == NOBODY_GETS_IN
    assert len(factor(other)["backup_codes"]) == 10


def test_a_refused_sign_in_leaves_the_code_good(someone: Secured) -> None:
    code, used = someone.code(), challenged(someone)
    collection("sign_in_challenges").update({}, {"$set": {"used_at": clock.now()}})

    assert void_as(answered(used, code)) == "revoked"
    opened(answered(challenged(someone), code))
