"""Second factors and challenges in the look at audit entries."""

from typing import Any

from family_site.identity import totp
from family_site.identity.actions import codes, proving, second_factor, sign_in_challenges, signing_in
from family_site.identity.queries import user_by_id
from ops import clock
from tests.audited import HOUSE, STAFF, WHY, Row, by_staff
from tests.factories import PASSWORD, Person, new_person
from tests.second_factors import secured

PARTS = {
    "proving.prove_password": "looks at a password",
    "proving.code_of": "looks at a code, and uses none up",
    "proving.confirmation_of": "looks at what confirms a caller; the change uses it up",
    "sign_in_challenges.issue": "asks for a code: what is recorded is the session that it opens",
    "sign_in_challenges.look_at": "looks at a code, and uses none up",
    "sign_in_challenges.close": "of opening a session",
    "signing_in.answer_by_browser": "of opening a browser's session, which the page does",
}
ROWS: dict[str, Row] = {
    "codes.use": Row(lambda _: codes.use(_match(), **_by("secured")), "second_factor.backup_code_used"),
    "codes.use_up": Row(lambda _: codes.use_up(_match(), **_by("secured")), "second_factor.backup_code_used"),
    "proving.reauthenticate": Row(
        lambda _: proving.reauthenticate(None, _code(), **_by("secured")), "session.confirmed"
    ),
    "proving.prove_by_code": Row(
        lambda _: proving.prove_by_code(_code(), **_by("secured")), "session.confirmed"
    ),
    "second_factor.set_up": Row(
        lambda _: second_factor.set_up(PASSWORD, **_by("plain")), "second_factor.set_up", again=1
    ),
    "second_factor.replace": Row(
        lambda _: second_factor.replace(PASSWORD, _code(), **_by("secured")), "second_factor.set_up"
    ),
    "second_factor.turn_on": Row(
        lambda _: second_factor.turn_on(_first_code(), **_by("waiting")), "second_factor.turned_on"
    ),
    "second_factor.turn_off": Row(
        lambda _: second_factor.turn_off(PASSWORD, _code(), **_by("secured")), "second_factor.turned_off"
    ),
    "second_factor.renew_backup_codes": Row(
        lambda _: second_factor.renew_backup_codes(**_by("secured")),
        "second_factor.backup_codes_made",
        again=1,
    ),
    "second_factor.take_away": Row(
        lambda _: second_factor.take_away(_person("secured").id, **by_staff(), reason=WHY),
        "second_factor.reset",
    ),
    "signing_in.answer": Row(
        lambda _: signing_in.answer(_made("challenge"), _code(), method=None, actor=STAFF, now=_made("then")),
        "session.opened",
    ),
}


def house() -> dict[str, Any]:
    """Return people without a second factor, with one that waits and with one; and a challenge of the last.

    ``then`` is when all of it is done, so that a code that is sent again is the same one.
    """
    someone, waiting = secured(), new_person()
    then = clock.now()
    issued = sign_in_challenges.issue(user_by_id(someone.person.id), actor=STAFF, now=then)
    made = {
        "plain": new_person(),
        "waiting": waiting,
        "first": second_factor.set_up(PASSWORD, actor=waiting.actor, now=then).secret,
        "secured": someone.person,
        "secret": someone.secret,
        "backup_codes": someone.backup_codes,
        "challenge": issued.challenge_token,
        "then": then,
    }
    return {"with_factors": made}


def _made(name: str) -> Any:
    return HOUSE["with_factors"][name]


def _person(name: str) -> Person:
    person: Person = _made(name)
    return person


def _by(name: str) -> dict[str, Any]:
    return {"actor": _person(name).actor, "now": _made("then")}


def _code() -> str:
    return totp.code_at(_made("secret"), totp.step_at(_made("then")))


def _first_code() -> str:
    return totp.code_at(_made("first"), totp.step_at(_made("then")))


def _match() -> codes.Match:
    user = user_by_id(_person("secured").id)
    return codes.looked_at(user, _made("backup_codes")[0], address=None, now=_made("then"))
