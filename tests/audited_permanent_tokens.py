"""Permanent tokens in the look at audit entries."""

from typing import Any

from family_site.identity.actions import permanent_tokens
from family_site.identity.actions.permanent_tokens import Wanted
from ops.actors import Scope
from tests.audited import HOUSE, WHY, Row, at, by_staff
from tests.factories import new_permanent_token, new_person

WANTED = Wanted("of a script", [Scope.READ])

ROWS: dict[str, Row] = {
    "permanent_tokens.create": Row(
        lambda p: permanent_tokens.create(WANTED, **at(p)), "permanent_token.created", again=1
    ),
    "permanent_tokens.create_by_operator": Row(
        lambda p: permanent_tokens.create_by_operator(p.id, WANTED, **by_staff()),
        "permanent_token.created",
        again=1,
    ),
    "permanent_tokens.revoke": Row(
        lambda _: permanent_tokens.revoke(HOUSE["script"].id, **at(HOUSE["scripter"])),
        "permanent_token.revoked",
    ),
    "permanent_tokens.revoke_by_staff": Row(
        lambda _: permanent_tokens.revoke_by_staff(HOUSE["script"].id, **by_staff(), reason=WHY),
        "permanent_token.revoked",
    ),
    "permanent_tokens.revoke_by_operator": Row(
        lambda _: permanent_tokens.revoke_by_operator(HOUSE["script"].token, **by_staff()),
        "permanent_token.revoked",
    ),
}


def house() -> dict[str, Any]:
    """Return somebody, and a token of theirs."""
    scripter = new_person()
    return {"scripter": scripter, "script": new_permanent_token(scripter)}
