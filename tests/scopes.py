"""The table of scopes: what each permanent token opens of the API.

One row an operation: what becomes of the call of a superuser who comes with a session, and with a permanent
token of each scope. The rows are held against the URL configuration, and each cell is one real request:
``test_scopes.py``. A new endpoint needs its row here.

Source: HTTP contract, sections 1.2 and 11 (scopes).
"""

from collections.abc import Mapping
from typing import NamedTuple

COMES_WITH = ("session", "read", "families", "tokens", "admin")
# +: it is opened, whatever else is said then. i: INSUFFICIENT_SCOPE. s: SESSION_REQUIRED.
REFUSALS: Mapping[str, str] = {"i": "INSUFFICIENT_SCOPE", "s": "SESSION_REQUIRED"}
TABLE = """
#                                                                        ses rea fam tok adm
# Sign-in: by a session only, but for who it is
POST   /auth/register                                                     +   +   +   +   +
POST   /auth/login                                                        +   +   +   +   +
POST   /auth/login/2fa                                                    +   +   +   +   +
POST   /auth/refresh                                                      +   +   +   +   +
POST   /auth/logout                                                       +   s   s   s   s
GET    /auth/me                                                           +   +   +   +   +
GET    /auth/verify-email                                                 +   +   +   +   +
POST   /auth/verify-email                                                 +   +   +   +   +
POST   /auth/resend-verification                                          +   +   +   +   +
POST   /auth/forgot-password                                              +   +   +   +   +
POST   /auth/reset-password                                               +   +   +   +   +
PUT    /auth/email                                                        +   s   s   s   s
PUT    /auth/change-password                                              +   s   s   s   s
POST   /auth/reauthenticate                                               +   s   s   s   s
POST   /auth/2fa/setup                                                    +   s   s   s   s
POST   /auth/2fa/verify                                                   +   s   s   s   s
GET    /auth/2fa/status                                                   +   s   s   s   s
POST   /auth/2fa/disable                                                  +   s   s   s   s
POST   /auth/2fa/reset                                                    +   s   s   s   s
GET    /auth/2fa/backup-codes                                             +   s   s   s   s
POST   /auth/2fa/regenerate-backup-codes                                  +   s   s   s   s
GET    /auth/sessions                                                     +   s   s   s   s
DELETE /auth/sessions                                                     +   s   s   s   s
DELETE /auth/sessions/{session_id}                                        +   s   s   s   s
GET    /auth/permanent-tokens                                             +   s   s   s   s
POST   /auth/permanent-tokens                                             +   s   s   s   s
DELETE /auth/permanent-tokens/{token_id}                                  +   s   s   s   s
# Health, and the description
GET    /health                                                            +   +   +   +   +
GET    /health/live                                                       +   +   +   +   +
GET    /health/ready                                                      +   +   +   +   +
GET    /family/health                                                     +   +   +   +   +
GET    /family/health/liveness                                            +   +   +   +   +
GET    /family/health/readiness                                           +   +   +   +   +
GET    /status                                                            +   +   +   +   +
GET    /status.json                                                       +   +   +   +   +
GET    /status.atom                                                       +   +   +   +   +
GET    /schema                                                            +   +   +   +   +
GET    /docs                                                              +   +   +   +   +
GET    /docs/errors                                                       +   +   +   +   +
# What reads
GET    /sbd_tokens                                                        +   +   +   +   +
GET    /sbd_tokens/transactions                                           +   +   +   +   +
GET    /family/my-families                                                +   +   +   +   +
GET    /family/my-invitations                                             +   +   +   +   +
GET    /family/invitations/received                                       +   +   +   +   +
GET    /family/invitation/{token}/accept                                  +   +   +   +   +
GET    /family/invitation/{token}/decline                                 +   +   +   +   +
POST   /family/invitation/{token}/decline                                 +   +   +   +   +
GET    /family/notifications                                              +   +   +   +   +
GET    /family/notifications/preferences                                  +   +   +   +   +
GET    /family/limits                                                     +   +   +   +   +
GET    /family/limits/enforcement                                         +   +   +   +   +
GET    /family/usage-tracking                                             +   +   +   +   +
GET    /family/wallet/purchase-requests                                   +   +   +   +   +
GET    /family/{family_id}/emergency-unfreeze                             +   +   +   +   +
GET    /family/{family_id}/invitations                                    +   +   +   +   +
GET    /family/{family_id}/sbd-account                                    +   +   +   +   +
GET    /family/{family_id}/sbd-account/holders                            +   +   +   +   +
GET    /family/{family_id}/sbd-account/available-balance                  +   +   +   +   +
GET    /family/{family_id}/sbd/balance                                    +   +   +   +   +
GET    /family/{family_id}/sbd-account/transactions                       +   +   +   +   +
GET    /family/{family_id}/allowances                                     +   +   +   +   +
GET    /family/{family_id}/token-requests                                 +   +   +   +   +
GET    /family/{family_id}/token-requests/pending                         +   +   +   +   +
GET    /family/{family_id}/token-requests/my-requests                     +   +   +   +   +
GET    /family/{family_id}/purchase-requests                              +   +   +   +   +
GET    /family/{family_id}/sbd-transactions/history                       +   +   +   +   +
GET    /family/{family_id}/audit/integrity-check                          +   +   +   +   +
GET    /family/{family_id}/members                                        +   +   +   +   +
GET    /family/{family_id}/admin-actions                                  +   +   +   +   +
GET    /family/{family_id}/relationships                                  +   +   +   +   +
GET    /family/{family_id}/notifications                                  +   +   +   +   +
GET    /family/{family_id}                                                +   +   +   +   +
# Tokens, and who may spend them
POST   /sbd_tokens/send                                                   +   i   i   +   i
PATCH  /sbd_tokens/transaction/note                                       +   i   i   +   i
POST   /family/validate-spending                                          +   i   i   +   i
POST   /family/wallet/purchase-requests                                   +   i   i   +   i
POST   /family/wallet/purchase-requests/{purchase_id}/approve             +   i   i   +   i
POST   /family/wallet/purchase-requests/{purchase_id}/deny                +   i   i   +   i
POST   /family/emergency-unfreeze/{emergency_id}/approve                  +   i   i   +   i
POST   /family/emergency-unfreeze/{emergency_id}/reject                   +   i   i   +   i
POST   /family/{family_id}/account/emergency-unfreeze                     +   i   i   +   i
PUT    /family/{family_id}/sbd-account/permissions                        +   i   i   +   i
POST   /family/{family_id}/sbd-account/freeze                             +   i   i   +   i
POST   /family/{family_id}/account/freeze                                 +   i   i   +   i
POST   /family/{family_id}/sbd-account/validate-spending                  +   i   i   +   i
POST   /family/{family_id}/sbd-account/transfer                           +   i   i   +   i
POST   /family/{family_id}/sbd-account/contribute                         +   i   i   +   i
PUT    /family/{family_id}/spending-permissions/{user_id}                 +   i   i   +   i
POST   /family/{family_id}/allowances                                     +   i   i   +   i
PUT    /family/{family_id}/allowances/{schedule_id}                       +   i   i   +   i
DELETE /family/{family_id}/allowances/{schedule_id}                       +   i   i   +   i
POST   /family/{family_id}/token-requests                                 +   i   i   +   i
POST   /family/{family_id}/token-request                                  +   i   i   +   i
POST   /family/{family_id}/sbd/request-tokens                             +   i   i   +   i
DELETE /family/{family_id}/token-requests/{request_id}                    +   i   i   +   i
POST   /family/{family_id}/token-requests/{request_id}/review             +   i   i   +   i
POST   /family/{family_id}/token-request/{request_id}/review              +   i   i   +   i
POST   /family/{family_id}/purchase-requests                              +   i   i   +   i
POST   /family/{family_id}/purchase-requests/{purchase_id}/approve        +   i   i   +   i
POST   /family/{family_id}/purchase-requests/{purchase_id}/deny           +   i   i   +   i
# Families, invitations, notices
POST   /family/create                                                     +   i   +   i   i
POST   /family/invitation/{token}/accept                                  +   i   +   i   i
POST   /family/invitation/{invitation_id}/respond                         +   i   +   i   i
POST   /family/invitations/{invitation_id}/respond                        +   i   +   i   i
POST   /family/notifications/mark-read                                    +   i   +   i   i
POST   /family/notifications/mark-all-read                                +   i   +   i   i
PUT    /family/notifications/preferences                                  +   i   +   i   i
POST   /family/recovery/{recovery_id}/verify                              +   i   +   i   i
POST   /family/{family_id}/recovery/initiate                              +   i   +   i   i
POST   /family/{family_id}/invite                                         +   i   +   i   i
DELETE /family/{family_id}/invitations/{invitation_id}                    +   i   +   i   i
POST   /family/{family_id}/invitations/{invitation_id}/resend             +   i   +   i   i
POST   /family/{family_id}/invitations/{invitation_id}/link               +   i   +   i   i
POST   /family/{family_id}/compliance/report                              +   i   +   i   i
DELETE /family/{family_id}/members/{user_id}                              +   i   +   i   i
POST   /family/{family_id}/members/{user_id}/admin                        +   i   +   i   i
POST   /family/{family_id}/members/{user_id}/backup-admin                 +   i   +   i   i
POST   /family/{family_id}/leave                                          +   i   +   i   i
PUT    /family/{family_id}/relationships                                  +   i   +   i   i
POST   /family/{family_id}/notifications/mark-read                        +   i   +   i   i
POST   /family/{family_id}/notifications/mark-all-read                    +   i   +   i   i
PUT    /family/{family_id}                                                +   i   +   i   i
DELETE /family/{family_id}                                                +   i   +   i   i
# Staff's paths
GET    /family/health/status                                              +   i   i   i   +
GET    /family/health/metrics                                             +   i   i   i   +
GET    /family/health/performance                                         +   i   i   i   +
POST   /family/health/check                                               +   i   i   i   +
GET    /family/admin/health                                               +   i   i   i   +
PUT    /family/limits                                                     +   i   i   i   +
POST   /family/admin/cleanup-expired-invitations                          +   i   i   i   +
POST   /family/admin/cleanup-expired-token-requests                       +   i   i   i   +
POST   /admin/cleanup-expired-invitations                                 +   i   i   i   +
GET    /admin/rate-limits                                                 +   i   i   i   +
POST   /admin/rate-limits                                                 +   i   i   i   +
DELETE /admin/rate-limits                                                 +   i   i   i   +
POST   /admin/clear-cache                                                 +   i   i   i   +
POST   /admin/alerts                                                      +   i   i   i   +
GET    /admin/blocklist                                                   +   i   i   i   +
POST   /admin/blocklist                                                   +   i   i   i   +
DELETE /admin/blocklist                                                   +   i   i   i   +
GET    /admin/allowlist                                                   +   i   i   i   +
POST   /admin/allowlist                                                   +   i   i   i   +
DELETE /admin/allowlist                                                   +   i   i   i   +
GET    /admin/security-events                                             +   i   i   i   +
POST   /admin/security-events/{event_id}/resolve                          +   i   i   i   +
"""


class Opening(NamedTuple):
    """A row."""

    method: str
    path: str
    cells: Mapping[str, str]


def openings() -> list[Opening]:
    """Return the rows."""
    rows = (line.split() for line in TABLE.splitlines() if line and not line.startswith("#"))
    return [Opening(method, path, dict(zip(COMES_WITH, cells, strict=True))) for method, path, *cells in rows]
