"""The authorization table: who gets what of the API. The console's is in ``authorization_console``.

One row an operation: method, path, status of success, and what becomes of the call of each actor. The rows
are held against the URL configuration, and each cell is one real request: ``test_authorization.py``.

A new endpoint needs its row here, and in ``bodies.py`` what a caller who may would send. An actor is added as
a column, and in ``world.py``.

Source: HTTP contract, sections 1.2 and 4 to 14 (column *who*).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.authorization_console import CONSOLE, PAGES, STAFF
from tests.authorization_health import HEALTH
from tests.authorization_requests import REQUESTS
from tests.bodies import BODIES, PARAMETERS, QUERIES
from tests.world import World

ACTORS = (
    *("nobody", "stranger", "other", "member", "spender", "manager", "admin", "backup", "former", "disabled"),
    *("roleless", "support", "operator", "finance", "auditor", "superuser"),
)
OUTCOMES: Mapping[str, tuple[int, str]] = {
    "?": (401, "AUTHENTICATION_REQUIRED"),
    "x": (401, "INVALID_TOKEN"),
    "a": (403, "ACCOUNT_DISABLED"),
    "!": (403, "INSUFFICIENT_PERMISSIONS"),
    "-": (404, "FAMILY_NOT_FOUND"),
    "i": (404, "INVITATION_NOT_FOUND"),
    "n": (403, "INVITATION_NOT_FOR_YOU"),
    "0": (404, "NOT_FOUND"),
    "k": (404, "ACCOUNT_NOT_FOUND"),
    "p": (403, "NO_SPENDING_PERMISSION"),
    "w": (400, "RECOVERY_INITIATION_FAILED"),
    "u": (400, "EMERGENCY_UNFREEZE_FAILED"),
    "q": (404, "TOKEN_REQUEST_NOT_FOUND"),
    "b": (404, "PURCHASE_REQUEST_NOT_FOUND"),
    "2": (400, "TWO_FACTOR_STATE"),
}
# +: it is done, and answered with the status of the row. The others are the refusals above. A row that is too
# long goes on in the next line, indented.
#
# nob: nobody signed in            man: manager of its account, no admin        rol: staff without a role
# str: a user without a family     adm: admin of the family                     sup: support
# oth: admin of another family     bac: member and backup admin                 ope: operator
# mem: member of the family        for: was a member                            fin: finance
# spe: member who may spend        dis: member whose user is disabled           aud, sup: auditor, superuser
API = """
#                                           nob str oth mem spe man adm bac for dis | rol sup ope fin aud sup
# Sign-in
POST   /auth/register                   201  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
POST   /auth/login                      200  +   +   +   +   +   +   +   +   +   a  |  +   +   +   +   +   +
POST   /auth/login/2fa                  200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
POST   /auth/refresh                    200  +   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
POST   /auth/logout                     200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /auth/me                         200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /auth/verify-email               200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
POST   /auth/verify-email               200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
POST   /auth/resend-verification        200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
POST   /auth/forgot-password            200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
POST   /auth/reset-password             200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
PUT    /auth/email                      200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
PUT    /auth/change-password            200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /auth/sessions                   200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
DELETE /auth/sessions                   200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
DELETE /auth/sessions/{session_id}      200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
POST   /auth/reauthenticate             200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
# Second factors; whoever gives theirs up, or replaces it, has set one up before, and nobody else has one
POST   /auth/2fa/setup                  200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
POST   /auth/2fa/verify                 200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /auth/2fa/status                 200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
POST   /auth/2fa/disable                200  ?   +   +   +   +   +   +   +   +   x  |  !   !   !   !   !   !
POST   /auth/2fa/reset                  200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /auth/2fa/backup-codes           200  ?   2   2   2   2   2   2   2   2   x  |  2   2   2   2   2   2
POST   /auth/2fa/regenerate-backup-codes
                                        200  ?   2   2   2   2   2   2   2   2   x  |  2   2   2   2   2   2
GET    /auth/permanent-tokens           200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
POST   /auth/permanent-tokens           201  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
DELETE /auth/permanent-tokens/{token_id}
                                        200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
# Families
POST   /family/create                   201  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /family/my-families              200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /family/{family_id}              200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
PUT    /family/{family_id}              200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
DELETE /family/{family_id}              200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
# Members; what is done is done to the member. The admin can leave, since somebody stands ready.
GET    /family/{family_id}/members      200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
DELETE /family/{family_id}/members/{user_id}
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/members/{user_id}/admin
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/members/{user_id}/backup-admin
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/leave        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/admin-actions
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/relationships
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
PUT    /family/{family_id}/relationships
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
# The family's account; rights are set of the member, and the stranger is paid
GET    /family/{family_id}/sbd-account  200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/sbd-account/holders
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
PUT    /family/{family_id}/sbd-account/permissions
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
PUT    /family/{family_id}/spending-permissions/{user_id}
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/sbd-account/freeze
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/account/freeze
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/sbd-account/validate-spending
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/sbd-account/available-balance
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/sbd/balance  200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/sbd-account/transfer
                                        200  ?   -   -   p   +   +   +   p   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/sbd-account/contribute
                                        201  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/sbd-account/transactions
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
# Allowances; the member gets one
GET    /family/{family_id}/allowances   200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/allowances   201  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
PUT    /family/{family_id}/allowances/{schedule_id}
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
DELETE /family/{family_id}/allowances/{schedule_id}
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
# The family's records
GET    /family/{family_id}/sbd-transactions/history
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/compliance/report
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/audit/integrity-check
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
# Tokens; all ask what they could spend of that account themselves, and annotate what the member got
POST   /family/validate-spending        200  ?   k   k   +   +   +   +   +   k   x  |  k   k   k   +   k   +
GET    /sbd_tokens                      200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
POST   /sbd_tokens/send                 200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /sbd_tokens/transactions         200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
PATCH  /sbd_tokens/transaction/note     200  ?   0   0   +   0   0   0   0   0   x  |  0   0   0   0   0   0
# Invitations; the invitee is the stranger
POST   /family/{family_id}/invite       201  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/invitations  200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
DELETE /family/{family_id}/invitations/{invitation_id}
                                        200  ?   -   -   i   i   i   +   i   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/invitations/{invitation_id}/resend
                                        200  ?   -   -   i   i   i   +   i   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/invitations/{invitation_id}/link
                                        201  ?   -   -   i   i   i   +   i   -   x  |  -   -   -   -   -   -
GET    /family/my-invitations           200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /family/invitations/received     200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
POST   /family/invitation/{invitation_id}/respond
                                        200  ?   +   i   i   i   i   i   i   i   x  |  i   i   i   i   i   i
POST   /family/invitations/{invitation_id}/respond
                                        200  ?   +   i   i   i   i   i   i   i   x  |  i   i   i   i   i   i
GET    /family/invitation/{token}/accept
                                        200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
POST   /family/invitation/{token}/accept
                                        200  ?   +   n   n   n   n   n   n   n   x  |  n   n   n   n   n   n
GET    /family/invitation/{token}/decline
                                        200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
POST   /family/invitation/{token}/decline
                                        200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
# Recovery: the admin of the family works; the member alone got a code, for another one
POST   /family/{family_id}/recovery/initiate
                                        200  ?   -   -   w   w   w   w   w   -   x  |  -   -   -   -   -   -
POST   /family/recovery/{recovery_id}/verify
                                        200  ?   0   0   +   0   0   0   0   0   x  |  0   0   0   0   0   0
# Emergency unfreeze: the family's account is not frozen; on that of another the member votes, which the admin
# froze
POST   /family/{family_id}/account/emergency-unfreeze
                                        201  ?   -   -   u   u   u   u   u   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/emergency-unfreeze
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/emergency-unfreeze/{emergency_id}/approve
                                        200  ?   0   0   +   0   0   !   0   0   x  |  0   0   0   0   0   0
POST   /family/emergency-unfreeze/{emergency_id}/reject
                                        200  ?   0   0   +   0   0   !   0   0   x  |  0   0   0   0   0   0
# Notifications
GET    /family/notifications            200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
POST   /family/notifications/mark-read  200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
POST   /family/notifications/mark-all-read
                                        200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /family/notifications/preferences
                                        200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
PUT    /family/notifications/preferences
                                        200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /family/{family_id}/notifications
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/notifications/mark-read
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/notifications/mark-all-read
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
# Limits and usage; whoever may, sets the stranger's
GET    /family/limits                   200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
PUT    /family/limits                   200  ?   !   !   !   !   !   !   !   !   x  |  !   +   !   !   !   +
GET    /family/limits/enforcement       200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
GET    /family/usage-tracking           200  ?   +   +   +   +   +   +   +   +   x  |  +   +   +   +   +   +
# Staff
POST   /admin/clear-cache               200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
POST   /admin/cleanup-expired-invitations
                                        200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
POST   /family/admin/cleanup-expired-invitations
                                        200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
GET    /admin/rate-limits               200  ?   !   !   !   !   !   !   !   !   x  |  +   +   +   +   +   +
POST   /admin/rate-limits               200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
DELETE /admin/rate-limits               200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
POST   /admin/alerts                    200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
GET    /admin/blocklist                 200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
POST   /admin/blocklist                 201  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
DELETE /admin/blocklist                 200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
GET    /admin/allowlist                 200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
POST   /admin/allowlist                 201  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
DELETE /admin/allowlist                 200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
GET    /admin/security-events           200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   +   +
POST   /admin/security-events/{event_id}/resolve
                                        200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
# Documentation
GET    /schema                          200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /docs                            200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /docs/errors                     200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
"""


class Operation(NamedTuple):
    """A row of the API."""

    method: str
    path: str
    success: int
    cells: Mapping[str, str]

    def expected(self, actor: str) -> tuple[int, str]:
        """Return status and code of the answer; of a success the code is empty."""
        cell = self.cells[actor]
        return (self.success, "") if cell == "+" else OUTCOMES[cell]

    def address(self, world: World, actor: str) -> str:
        """Return the path with everything filled in."""
        values = {name: made(world, actor) for name, made in PARAMETERS.items() if f"{{{name}}}" in self.path}
        query = QUERIES.get((self.method, self.path))
        return self.path.format(**values) + (f"?{query(world, actor)}" if query else "")

    def body(self, world: World, actor: str) -> Any:
        """Return what the actor sends; ``None``: nothing."""
        body = BODIES.get((self.method, self.path))
        return body(world, actor) if callable(body) else body


class ConsolePage(NamedTuple):
    """A row of the console; ``action``: empty for the page itself."""

    path: str
    action: str
    cells: Mapping[str, str]


def operations() -> list[Operation]:
    """Return the rows of the API."""
    return [
        Operation(method, path, int(success), _by_actor(ACTORS, cells))
        for method, path, success, *cells in _rows(API + REQUESTS + HEALTH)
    ]


def console_pages() -> list[ConsolePage]:
    """Return the rows of the console."""
    rows = []
    for path, *rest in _rows(CONSOLE):
        action = [] if rest[0] in PAGES else [rest[0]]
        rows.append(ConsolePage(path, "".join(action), _by_actor(STAFF, rest[len(action) :])))
    return rows


def _rows(table: str) -> list[list[str]]:
    rows: list[list[str]] = []
    for line in table.replace("|", " ").splitlines():
        if line.startswith(" "):
            rows[-1] += line.split()
        elif line and not line.startswith("#"):
            rows.append(line.split())
    return rows


def _by_actor(actors: Sequence[str], cells: Sequence[str]) -> Mapping[str, str]:
    return dict(zip(actors, cells, strict=True))
