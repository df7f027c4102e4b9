"""Who sends hostile requests, and what there is that they could change."""

import itertools
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from ops import clock, signing
from ops.redis import store
from ops.signing import TokenType
from tests.console import Console
from tests.factories import Person, new_family, new_person
from tests.hostile.bodies import fields
from tests.hostile.operations import Operation

# A refused call changes nothing but these: HTTP contract, section 18 (rule 16).
COUNTERS = frozenset({"sign_in_failures", "security_events"})
_numbers = itertools.count(1)


@dataclass(frozen=True)
class World:
    """An admin of a family, a member of staff who is signed in to the console, and tokens that are none."""

    founder: Person
    staff: Person
    cookie: str
    ids: dict[str, str]
    bad_tokens: tuple[str, ...]

    def absence(self, operation: Operation) -> frozenset[int]:
        """Return the statuses that are right, besides others, where what is named, or to be, is not there."""
        is_absent = set(operation.parameters) - self.ids.keys()
        names_nobody = any(path[-1] in NOBODY for path, _ in fields(operation.body or {}))
        absent = {404} if is_absent or names_nobody else set()
        refused = operation.needs_query or operation.template in NOT_THEIRS
        return frozenset(absent | ({400} if refused else set()))

    def token_for(self, template: str) -> str:
        """Return the access token of whoever may call this path."""
        is_staffs = template.startswith("/admin") or template in STAFFS
        return (self.staff if is_staffs else self.founder).token


# Where a good body names somebody who was never there.
NOBODY = {"user_id", "user_a_id", "user_b_id", "family_id"}
# What nobody here has, so it is refused.
NOT_THEIRS = {"/auth/2fa/backup-codes"}
# What is for staff, too, outside of the console's paths.
STAFFS = {
    *("/family/limits", "/family/admin/health"),
    *(f"/family/health/{part}" for part in ("status", "metrics", "performance", "check")),
}


def new_world() -> World:
    """Make another one, beside those that are there."""
    number = next(_numbers)
    founder, staff = new_person(f"founder-{number}"), new_person(f"staff-{number}", is_staff=True)
    console = Console(staff)
    cookie = "; ".join(f"{name}={each.value}" for name, each in console.client.cookies.items())
    ids = {
        "family_id": str(new_family(founder)["_id"]),
        "session_id": founder.session_id,
        "user_id": founder.id,
        "object_id": founder.id,
        "app_label": "families",
        "url": "nowhere/",
        "number": "1",
    }
    return World(founder, staff, cookie, ids, tuple(_bad_tokens(founder)))


def digest() -> dict[str, str]:
    """Return a digest of every collection but the counters; the server makes it."""
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    found = database.command("dbHash")["collections"]
    return {name: digest for name, digest in found.items() if name not in COUNTERS}


def forget_limits() -> None:
    """Empty Redis: what counts against limits must not hide what is tried."""
    store().flushall()


def _bad_tokens(person: Person) -> list[str]:
    head, payload, signature = person.token.split(".")
    middle = len(signature) // 2
    flipped = signature[:middle] + ("A" if signature[middle] != "A" else "B") + signature[middle + 1 :]
    claims = {"sub": person.id, "sid": person.session_id, "jti": "jti_x"}
    now = int(clock.now().timestamp())
    long_ago = now - 2 * settings.ACCESS_TOKEN_SECONDS
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
    return [
        f"{head}.{payload}.{flipped}",
        f"{head}.{payload}.",
        f"{head}.{payload}",
        f"{unsigned}.{payload}.",
        f"{unsigned}.{payload}.{signature}",
        f"{person.token}.{signature}",
        f"{person.token} x",
        signature,
        signing.sign(TokenType.ACCESS, claims | {"sid": "ses_nobody"}, issued_at=now, seconds=60 * 60),
        signing.sign(TokenType.REFRESH, claims, issued_at=now, seconds=60 * 60),
        signing.sign(TokenType.ACCESS, claims, issued_at=long_ago, seconds=settings.ACCESS_TOKEN_SECONDS),
    ]
