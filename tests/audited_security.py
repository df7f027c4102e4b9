"""Containing a breach, in the look at audit entries: sessions, passwords and accounts of everybody."""

from typing import Any

from family_site.identity.actions import ending, forcing_passwords
from ops import clock
from tests.audited import HOUSE, STAFF, WHY, Row, by_staff
from tests.factories import new_family, new_person
from tests.tokens.funds import account_of
from tokens.actions import freezing, freezing_all

PARTS = {
    "ending.of_everybody": "says which sessions would end",
    "forcing_passwords.to_force": "says whose passwords would end",
    "freezing.record": "the entry of a freeze, or of its end",
}

# Each acts on one document here; of more each has an entry, but those of sessions and tokens: one a batch.
ROWS: dict[str, Row] = {
    "ending.end_everybodys": Row(
        lambda _: ending.end_everybodys(**by_staff(), reason=WHY), "session.revoked"
    ),
    "ending.revoke_tokens": Row(
        lambda _: ending.revoke_tokens(HOUSE["scripter"].id, **by_staff(), reason=WHY),
        "permanent_token.revoked",
    ),
    "forcing_passwords.force": Row(
        lambda p: forcing_passwords.force(p.id, before=clock.now(), **by_staff(), reason=WHY),
        "password.forced",
    ),
    "forcing_passwords.let_be": Row(
        lambda _: forcing_passwords.let_be(HOUSE["forced"], **by_staff(), reason=WHY), "password.let_be"
    ),
    "freezing_all.freeze_all": Row(
        lambda _: freezing_all.freeze_all(HOUSE["open"], **by_staff(), reason=WHY), "account.frozen"
    ),
    "freezing_all.unfreeze_all": Row(
        lambda _: freezing_all.unfreeze_all(HOUSE["closed"], **by_staff(), reason=WHY), "account.unfrozen"
    ),
}


def house() -> dict[str, Any]:
    """Return who must choose a password, and two families of which one account is to be frozen, or opened."""
    forced, one, other = new_person(), new_person(), new_person()
    now = clock.now()
    forcing_passwords.force(forced.id, before=now, actor=STAFF, now=now, reason=WHY)
    families = [new_family(each)["_id"] for each in (one, other)]
    freezing.freeze_by_staff(account_of(one)["_id"], actor=STAFF, now=now, reason=WHY)
    freezing_all.freeze_all(families[1], actor=STAFF, now=now, reason=WHY)
    freezing.unfreeze_by_staff(account_of(other)["_id"], actor=STAFF, now=now, reason=WHY)
    return {"forced": forced.id, "open": families[0], "closed": families[1]}
