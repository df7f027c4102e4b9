"""What operations refuse, all of them and each. Source: HTTP contract, sections 2.3, 4, 5, 11 and 14."""

# Common to all, to those with a body, and to those that need a sign-in: section 2.3.
COMMON = {
    "VALIDATION_ERROR",
    "ACCESS_BLOCKED",
    "METHOD_NOT_ALLOWED",
    "NOT_ACCEPTABLE",
    "RATE_LIMIT_EXCEEDED",
    "INTERNAL_ERROR",
    "DATABASE_UNAVAILABLE",
    "SERVICE_UNAVAILABLE",
}
OF_CHANGES = {"PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "CONFLICT"}
OF_CLOSED = {"AUTHENTICATION_REQUIRED", "INVALID_TOKEN"}


def of_permanent_tokens(label: str) -> set[str]:
    """Return what a permanent token meets at an operation: none reaches /auth beyond /auth/me."""
    needs_session = " /auth/" in label and label != "GET /auth/me"
    return {"SESSION_REQUIRED" if needs_session else "INSUFFICIENT_SCOPE"}


_ANSWERING = {
    "INVITATION_NOT_FOUND",
    "INVITATION_FAILED",
    "MEMBER_LIMIT_EXCEEDED",
    "FAMILY_LIMIT_EXCEEDED",
    "EMAIL_NOT_CONFIRMED",
}
_MANAGING = {"FAMILY_NOT_FOUND", "INSUFFICIENT_PERMISSIONS"}
_OF_A_MEMBER = {*_MANAGING, "MEMBER_NOT_FOUND"}
_MARKING = {"EMPTY_NOTIFICATION_LIST", "TOO_MANY_NOTIFICATIONS"}
_SETTING_RIGHTS = {*_OF_A_MEMBER, "PERMISSIONS_UPDATE_FAILED", "PRECONDITION_FAILED"}
_FREEZING = {*_MANAGING, "REASON_REQUIRED", "ACCOUNT_FREEZE_FAILED"}
_SPENDING = {
    *("ACCOUNT_FROZEN", "NO_SPENDING_PERMISSION", "SPENDING_LIMIT_EXCEEDED", "INSUFFICIENT_BALANCE"),
    "EMAIL_NOT_CONFIRMED",
}
_ASKING = ("token-requests", "token-request", "sbd/request-tokens")
_LISTING = {"FAMILY_NOT_FOUND", "INVALID_STATUS_FILTER"}
_PURCHASES = ("/family/{family_id}/purchase-requests", "/family/wallet/purchase-requests")
_APPROVING = {
    *("SELF_APPROVAL_FORBIDDEN", "ACCOUNT_FROZEN", "INSUFFICIENT_BALANCE", "EMAIL_NOT_CONFIRMED"),
}
_DENYING = {*_MANAGING, "PURCHASE_REQUEST_NOT_FOUND", "REQUEST_NOT_PENDING"}
_REVIEWING = {
    *(*_MANAGING, *_APPROVING, "TOKEN_REQUEST_NOT_FOUND", "REQUEST_NOT_PENDING", "RECIPIENT_NOT_FOUND"),
}
_ONE_INVITATION = {"FAMILY_NOT_FOUND", "INVITATION_NOT_FOUND"}
_OF_A_SECOND_FACTOR = {"INVALID_CREDENTIALS", "TWO_FACTOR_STATE"}
# What may need a fresh second factor: section 1.2.
ASK_SECOND_FACTOR = {
    *("DELETE /family/{family_id}", "POST /family/{family_id}/members/{user_id}/admin"),
    "PUT /family/{family_id}/sbd-account/permissions",
    "PUT /family/{family_id}/spending-permissions/{user_id}",
    *("POST /family/{family_id}/sbd-account/transfer", "POST /sbd_tokens/send"),
    *("POST /auth/2fa/regenerate-backup-codes", "POST /auth/permanent-tokens"),
}
# What staff's paths refuse: section 1.2.
OF_STAFF = {"INSUFFICIENT_PERMISSIONS", "FRESH_TWO_FACTOR_REQUIRED", "TWO_FACTOR_SETUP_REQUIRED"}

OF_THEIR_OWN: dict[str, set[str]] = {
    "POST /auth/login": {"INVALID_CREDENTIALS", "TWO_FACTOR_REQUIRED", "ACCOUNT_DISABLED"},
    "POST /auth/login/2fa": {"INVALID_CREDENTIALS", "INVALID_TOKEN"},
    "POST /auth/reauthenticate": {"INVALID_CREDENTIALS"},
    **{f"POST /auth/2fa/{name}": _OF_A_SECOND_FACTOR for name in ("setup", "verify", "disable", "reset")},
    "GET /auth/2fa/backup-codes": {"TWO_FACTOR_STATE"},
    "POST /auth/2fa/regenerate-backup-codes": {"TWO_FACTOR_STATE"},
    "POST /auth/refresh": {"INVALID_TOKEN"},
    "PUT /auth/change-password": {"INVALID_CREDENTIALS"},
    "DELETE /auth/sessions/{session_id}": {"NOT_FOUND"},
    "POST /auth/verify-email": {"INVALID_OR_EXPIRED_TOKEN"},
    "POST /auth/reset-password": {"INVALID_OR_EXPIRED_TOKEN"},
    "PUT /auth/email": {"INVALID_CREDENTIALS"},
    "POST /family/create": {"FAMILY_LIMIT_EXCEEDED"},
    "GET /family/{family_id}": {"FAMILY_NOT_FOUND"},
    "PUT /family/{family_id}": {"FAMILY_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "PRECONDITION_FAILED"},
    "POST /family/{family_id}/invite": {
        *("FAMILY_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "INVITATION_FAILED", "INVALID_RELATIONSHIP"),
        *("MEMBER_LIMIT_EXCEEDED", "EMAIL_NOT_CONFIRMED"),
    },
    "GET /family/{family_id}/invitations": {"FAMILY_NOT_FOUND", "INVALID_STATUS_FILTER"},
    "DELETE /family/{family_id}/invitations/{invitation_id}": _ONE_INVITATION,
    "POST /family/{family_id}/invitations/{invitation_id}/resend": _ONE_INVITATION,
    "POST /family/{family_id}/invitations/{invitation_id}/link": _ONE_INVITATION,
    "GET /family/my-invitations": {"INVALID_STATUS_FILTER"},
    "GET /family/invitations/received": {"INVALID_STATUS_FILTER"},
    "POST /family/invitation/{invitation_id}/respond": _ANSWERING,
    "POST /family/invitations/{invitation_id}/respond": _ANSWERING,
    "GET /family/invitation/{token}/accept": {"INVITATION_NOT_FOUND"},
    "GET /family/invitation/{token}/decline": {"INVITATION_NOT_FOUND"},
    "POST /family/invitation/{token}/accept": {*_ANSWERING, "INVITATION_NOT_FOR_YOU"},
    "POST /family/invitation/{token}/decline": {"INVITATION_NOT_FOUND"},
    "DELETE /family/{family_id}": {
        *(*_MANAGING, "ACCOUNT_NOT_EMPTY", "ACCOUNT_FROZEN", "PRECONDITION_FAILED"),
    },
    "GET /family/{family_id}/sbd-account": {"FAMILY_NOT_FOUND"},
    "GET /family/{family_id}/sbd-account/holders": {"FAMILY_NOT_FOUND"},
    "PUT /family/{family_id}/sbd-account/permissions": _SETTING_RIGHTS,
    "PUT /family/{family_id}/spending-permissions/{user_id}": _SETTING_RIGHTS,
    "POST /family/{family_id}/sbd-account/freeze": _FREEZING,
    "POST /family/{family_id}/account/freeze": _FREEZING,
    "POST /family/{family_id}/sbd-account/validate-spending": {"FAMILY_NOT_FOUND", "INVALID_AMOUNT"},
    "POST /family/validate-spending": {"ACCOUNT_NOT_FOUND"},
    "GET /family/{family_id}/sbd-account/available-balance": {"FAMILY_NOT_FOUND"},
    "GET /family/{family_id}/sbd/balance": {"FAMILY_NOT_FOUND"},
    "POST /family/{family_id}/sbd-account/transfer": {
        *(*_SPENDING, "SELF_TRANSFER", "FAMILY_NOT_FOUND", "RECIPIENT_NOT_FOUND"),
    },
    "POST /family/{family_id}/sbd-account/contribute": {
        *("FAMILY_NOT_FOUND", "INSUFFICIENT_BALANCE", "EMAIL_NOT_CONFIRMED"),
    },
    "GET /family/{family_id}/sbd-account/transactions": {"FAMILY_NOT_FOUND", "INVALID_DATE_FORMAT"},
    "GET /family/{family_id}/sbd-transactions/history": {"FAMILY_NOT_FOUND", "INVALID_DATE_FORMAT"},
    "POST /family/{family_id}/compliance/report": {
        *(*_MANAGING, "INVALID_REPORT_TYPE", "INVALID_EXPORT_FORMAT", "INVALID_DATE_FORMAT"),
    },
    "GET /family/{family_id}/audit/integrity-check": {*_MANAGING, "INVALID_DATE_FORMAT"},
    "POST /sbd_tokens/send": {
        *(*_SPENDING, "SELF_TRANSFER", "ACCOUNT_NOT_FOUND", "RECIPIENT_NOT_FOUND"),
    },
    "GET /sbd_tokens/transactions": {"INVALID_DATE_FORMAT"},
    "PATCH /sbd_tokens/transaction/note": {"NOT_FOUND"},
    "GET /family/{family_id}/members": {"FAMILY_NOT_FOUND"},
    "DELETE /family/{family_id}/members/{user_id}": {*_OF_A_MEMBER, "MULTIPLE_ADMINS_REQUIRED"},
    "POST /family/{family_id}/members/{user_id}/admin": {
        *_OF_A_MEMBER,
        "ADMIN_ACTION_ERROR",
        "MULTIPLE_ADMINS_REQUIRED",
    },
    "POST /family/{family_id}/members/{user_id}/backup-admin": {*_OF_A_MEMBER, "BACKUP_ADMIN_ERROR"},
    "POST /family/{family_id}/leave": {"FAMILY_NOT_FOUND", "MULTIPLE_ADMINS_REQUIRED"},
    "GET /family/{family_id}/admin-actions": _MANAGING,
    "GET /family/{family_id}/relationships": {"FAMILY_NOT_FOUND"},
    "PUT /family/{family_id}/relationships": {*_OF_A_MEMBER, "INVALID_RELATIONSHIP"},
    "GET /family/notifications": {"INVALID_STATUS_FILTER"},
    "GET /family/{family_id}/notifications": {"FAMILY_NOT_FOUND", "INVALID_STATUS_FILTER"},
    "POST /family/notifications/mark-read": _MARKING,
    "POST /family/{family_id}/notifications/mark-read": {*_MARKING, "FAMILY_NOT_FOUND"},
    "POST /family/{family_id}/notifications/mark-all-read": {"FAMILY_NOT_FOUND"},
    "PUT /family/notifications/preferences": {"INVALID_PREFERENCES", "PRECONDITION_FAILED"},
    "POST /family/{family_id}/recovery/initiate": {"FAMILY_NOT_FOUND", "RECOVERY_INITIATION_FAILED"},
    "POST /family/recovery/{recovery_id}/verify": {"NOT_FOUND", "RECOVERY_VERIFICATION_FAILED"},
    "POST /family/{family_id}/account/emergency-unfreeze": {*_MANAGING, "EMERGENCY_UNFREEZE_FAILED"},
    "GET /family/{family_id}/emergency-unfreeze": {"FAMILY_NOT_FOUND", "INVALID_STATUS_FILTER"},
    "POST /family/emergency-unfreeze/{emergency_id}/approve": {
        *("NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "APPROVAL_FAILED"),
    },
    "POST /family/emergency-unfreeze/{emergency_id}/reject": {
        *("NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "REJECTION_FAILED"),
    },
    "GET /family/{family_id}/allowances": {"FAMILY_NOT_FOUND"},
    "POST /family/{family_id}/allowances": {*_MANAGING, "EMAIL_NOT_CONFIRMED"},
    "PUT /family/{family_id}/allowances/{schedule_id}": {*_MANAGING, "EMAIL_NOT_CONFIRMED", "NOT_FOUND"},
    "DELETE /family/{family_id}/allowances/{schedule_id}": {*_MANAGING, "NOT_FOUND"},
    **{
        f"POST /family/{{family_id}}/{path}": {
            *("FAMILY_NOT_FOUND", "ACCOUNT_FROZEN", "ACCOUNT_NOT_FOUND", "EMAIL_NOT_CONFIRMED"),
        }
        for path in _ASKING
    },
    "GET /family/{family_id}/token-requests": _LISTING,
    "GET /family/{family_id}/token-requests/pending": _MANAGING,
    "GET /family/{family_id}/token-requests/my-requests": {"FAMILY_NOT_FOUND"},
    "DELETE /family/{family_id}/token-requests/{request_id}": {
        *(*_MANAGING, "TOKEN_REQUEST_NOT_FOUND", "REQUEST_NOT_PENDING"),
    },
    "POST /family/{family_id}/token-requests/{request_id}/review": _REVIEWING,
    "POST /family/{family_id}/token-request/{request_id}/review": _REVIEWING,
    **{f"GET {path}": _LISTING for path in _PURCHASES},
    **{f"POST {path}": {"FAMILY_NOT_FOUND", "EMAIL_NOT_CONFIRMED"} for path in _PURCHASES},
    **{f"POST {path}/{{purchase_id}}/approve": {*_DENYING, *_APPROVING} for path in _PURCHASES},
    **{f"POST {path}/{{purchase_id}}/deny": _DENYING for path in _PURCHASES},
    "POST /family/admin/cleanup-expired-token-requests": {"INSUFFICIENT_PERMISSIONS"},
    "GET /family/limits": {*OF_STAFF, "NOT_FOUND"},
    "PUT /family/limits": {"INSUFFICIENT_PERMISSIONS", "NOT_FOUND", "PRECONDITION_FAILED"},
    "GET /family/usage-tracking": {"INVALID_DATE_FORMAT", "INVALID_GRANULARITY"},
    **{f"{method} /admin/rate-limits": {"INSUFFICIENT_PERMISSIONS"} for method in ("GET", "POST", "DELETE")},
    **{
        f"GET /family/{path}": {"INSUFFICIENT_PERMISSIONS"}
        for path in ("health/status", "health/metrics", "health/performance", "admin/health")
    },
    "POST /family/health/check": {"INSUFFICIENT_PERMISSIONS"},
    "POST /admin/cleanup-expired-invitations": {"INSUFFICIENT_PERMISSIONS"},
    "POST /admin/clear-cache": {"INSUFFICIENT_PERMISSIONS"},
    "POST /admin/alerts": {"INSUFFICIENT_PERMISSIONS"},
    **{
        f"{method} /admin/{name}": {"INSUFFICIENT_PERMISSIONS"}
        for name in ("blocklist", "allowlist")
        for method in ("GET", "POST")
    },
    **{
        f"DELETE /admin/{name}": {"INSUFFICIENT_PERMISSIONS", "NOT_FOUND"}
        for name in ("blocklist", "allowlist")
    },
    "GET /admin/security-events": {"INSUFFICIENT_PERMISSIONS", "INVALID_DATE_FORMAT"},
    "POST /admin/security-events/{event_id}/resolve": {"INSUFFICIENT_PERMISSIONS", "NOT_FOUND"},
    "POST /family/admin/cleanup-expired-invitations": {"INSUFFICIENT_PERMISSIONS"},
}
# Who calls these need not be signed in; everything else is closed.
OPEN = {
    *("POST /auth/register", "POST /auth/login", "POST /auth/login/2fa", "POST /auth/refresh"),
    *("POST /auth/verify-email", "GET /auth/verify-email", "POST /auth/resend-verification"),
    *("POST /auth/forgot-password", "POST /auth/reset-password", "GET /auth/reset-password"),
    *("GET /family/invitation/{token}/accept", "GET /family/invitation/{token}/decline"),
    "POST /family/invitation/{token}/decline",
    *("GET /health", "GET /health/live", "GET /health/ready", "GET /status", "GET /status.json"),
    *("GET /family/health", "GET /family/health/liveness", "GET /family/health/readiness"),
}
