"""Every route of the system; literal paths stand before ``{family_id}``. Source: HTTP contract."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from families import pages
from families.api import (
    account_statements,
    accounts,
    allowances,
    cleanup,
    emergencies,
    invitation_links,
    invitations,
    limits,
    members,
    notifications,
    purchase_requests,
    records,
    recovery,
    relationships,
    token_requests,
    usage,
)
from families.api import views as families
from family_site.identity import external_pages as external
from family_site.identity import pages as sign_in
from family_site.identity import second_factor_pages
from family_site.identity.api import links as mailed_links
from family_site.identity.api import permanent_tokens
from family_site.identity.api import second_factor as own_second_factor
from family_site.identity.api import sessions as own_sessions
from family_site.identity.api import views as identity
from ops.health import api as health
from ops.health import status, summaries
from ops.operators import access, alerts, rate_limits, security_events
from ops.operators import cache as operator_cache
from ops.outbox import inbox
from ops.status import api as service
from ops.web import docs
from ops.web.browsing import by_accept
from tokens.api import personal, validating

# Where mailed links lead: a browser gets a page, a program JSON.
LINK_TO_ACCEPT = by_accept(pages.accept, invitation_links.LinkToAccept.as_view())
LINK_TO_DECLINE = by_accept(pages.decline, invitation_links.LinkToDecline.as_view())
LINK_TO_CONFIRM = by_accept(sign_in.verify_email, mailed_links.VerifyEmail.as_view())
LINK_TO_RESET = by_accept(sign_in.reset_password, mailed_links.ResetPassword.as_view())

urlpatterns: list[URLPattern | URLResolver] = [
    # Sign-in
    path("auth/register", identity.Register.as_view()),
    path("auth/login", identity.Login.as_view()),
    path("auth/login/2fa", identity.AnswerChallenge.as_view()),
    path("auth/refresh", identity.Refresh.as_view()),
    path("auth/logout", identity.Logout.as_view()),
    path("auth/me", identity.Me.as_view()),
    path("auth/verify-email", LINK_TO_CONFIRM),
    path("auth/resend-verification", mailed_links.ResendVerification.as_view()),
    path("auth/forgot-password", mailed_links.ForgotPassword.as_view()),
    path("auth/reset-password", LINK_TO_RESET),
    path("auth/email", mailed_links.ChangeEmail.as_view()),
    path("auth/change-password", own_sessions.ChangePassword.as_view()),
    path("auth/reauthenticate", own_sessions.Reauthenticate.as_view()),
    path("auth/2fa/setup", own_second_factor.Setup.as_view()),
    path("auth/2fa/verify", own_second_factor.Verify.as_view()),
    path("auth/2fa/status", own_second_factor.Status.as_view()),
    path("auth/2fa/disable", own_second_factor.Disable.as_view()),
    path("auth/2fa/reset", own_second_factor.Reset.as_view()),
    path("auth/2fa/backup-codes", own_second_factor.BackupCodes.as_view()),
    path("auth/2fa/regenerate-backup-codes", own_second_factor.RegenerateBackupCodes.as_view()),
    path("auth/sessions", own_sessions.Sessions.as_view()),
    path("auth/sessions/<str:session_id>", own_sessions.OneSession.as_view()),
    path("auth/permanent-tokens", permanent_tokens.PermanentTokens.as_view()),
    path("auth/permanent-tokens/<str:token_id>", permanent_tokens.OnePermanentToken.as_view()),
    # Health
    path("health", health.Health.as_view()),
    path("health/live", health.Live.as_view()),
    path("health/ready", health.Ready.as_view()),
    path("family/health", health.BareHealth.as_view()),
    path("family/health/liveness", health.Live.as_view()),
    path("family/health/readiness", health.Ready.as_view()),
    path("family/health/status", status.Status.as_view()),
    path("family/health/metrics", summaries.Metrics.as_view()),
    path("family/health/performance", summaries.Performance.as_view()),
    path("family/health/check", status.Check.as_view()),
    path("family/admin/health", status.Status.as_view()),
    path("status", service.Page.as_view()),
    path("status.json", service.Report.as_view()),
    path("status.atom", service.Feed.as_view()),
    # Tokens
    path("sbd_tokens", personal.OwnAccount.as_view()),
    path("sbd_tokens/send", personal.Send.as_view()),
    path("sbd_tokens/transactions", personal.OwnTransactions.as_view()),
    path("sbd_tokens/transaction/note", personal.TransactionNote.as_view()),
    # Families
    path("family/create", families.CreateFamily.as_view()),
    path("family/my-families", families.MyFamilies.as_view()),
    path("family/my-invitations", invitations.MyInvitations.as_view()),
    path("family/invitations/received", invitations.MyInvitations.as_view()),
    path("family/invitation/<str:token>/accept", LINK_TO_ACCEPT),
    path("family/invitation/<str:token>/decline", LINK_TO_DECLINE),
    path("family/invitation/<str:invitation_id>/respond", invitations.Respond.as_view()),
    path("family/invitations/<str:invitation_id>/respond", invitations.Respond.as_view()),
    path("family/notifications", notifications.Notifications.as_view()),
    path("family/notifications/mark-read", notifications.MarkRead.as_view()),
    path("family/notifications/mark-all-read", notifications.MarkAllRead.as_view()),
    path("family/notifications/preferences", notifications.NotificationPreferences.as_view()),
    path("family/validate-spending", validating.ValidateSpending.as_view()),
    path("family/limits", limits.Limits.as_view()),
    path("family/limits/enforcement", limits.Enforcement.as_view()),
    path("family/usage-tracking", usage.UsageTracking.as_view()),
    path("family/admin/cleanup-expired-invitations", cleanup.CleanUpInvitations.as_view()),
    path("family/admin/cleanup-expired-token-requests", cleanup.CleanUpTokenRequests.as_view()),
    path("family/wallet/purchase-requests", purchase_requests.WalletPurchaseRequests.as_view()),
    path(
        "family/wallet/purchase-requests/<str:purchase_id>/approve",
        purchase_requests.ApproveWalletPurchase.as_view(),
    ),
    path(
        "family/wallet/purchase-requests/<str:purchase_id>/deny",
        purchase_requests.DenyWalletPurchase.as_view(),
    ),
    path("family/recovery/<str:recovery_id>/verify", recovery.VerifyRecovery.as_view()),
    path("family/<str:family_id>/recovery/initiate", recovery.InitiateRecovery.as_view()),
    path("family/emergency-unfreeze/<str:emergency_id>/approve", emergencies.ApproveUnfreeze.as_view()),
    path("family/emergency-unfreeze/<str:emergency_id>/reject", emergencies.RejectUnfreeze.as_view()),
    path("family/<str:family_id>/account/emergency-unfreeze", emergencies.RequestUnfreeze.as_view()),
    path("family/<str:family_id>/emergency-unfreeze", emergencies.FamilyEmergencies.as_view()),
    path("family/<str:family_id>/invite", invitations.Invite.as_view()),
    path("family/<str:family_id>/invitations", invitations.FamilyInvitations.as_view()),
    path("family/<str:family_id>/invitations/<str:invitation_id>", invitations.OneInvitation.as_view()),
    path("family/<str:family_id>/invitations/<str:invitation_id>/resend", invitations.Resend.as_view()),
    path("family/<str:family_id>/invitations/<str:invitation_id>/link", invitations.HandOver.as_view()),
    path("family/<str:family_id>/sbd-account", accounts.Account.as_view()),
    path("family/<str:family_id>/sbd-account/holders", accounts.Holders.as_view()),
    path("family/<str:family_id>/sbd-account/permissions", accounts.Permissions.as_view()),
    path("family/<str:family_id>/sbd-account/freeze", accounts.Freeze.as_view()),
    path("family/<str:family_id>/account/freeze", accounts.Freeze.as_view()),
    path("family/<str:family_id>/sbd-account/validate-spending", accounts.ValidateSpending.as_view()),
    path("family/<str:family_id>/sbd-account/available-balance", accounts.AvailableBalance.as_view()),
    path("family/<str:family_id>/sbd/balance", accounts.AvailableBalance.as_view()),
    path("family/<str:family_id>/sbd-account/transfer", accounts.Transfer.as_view()),
    path("family/<str:family_id>/sbd-account/contribute", accounts.Contribute.as_view()),
    path("family/<str:family_id>/sbd-account/transactions", account_statements.Transactions.as_view()),
    path("family/<str:family_id>/spending-permissions/<str:user_id>", accounts.MemberPermissions.as_view()),
    path("family/<str:family_id>/allowances", allowances.Allowances.as_view()),
    path("family/<str:family_id>/allowances/<str:schedule_id>", allowances.OneAllowance.as_view()),
    path("family/<str:family_id>/token-requests", token_requests.TokenRequests.as_view()),
    path("family/<str:family_id>/token-request", token_requests.AskForTokens.as_view()),
    path("family/<str:family_id>/sbd/request-tokens", token_requests.AskForTokens.as_view()),
    path("family/<str:family_id>/token-requests/pending", token_requests.PendingTokenRequests.as_view()),
    path("family/<str:family_id>/token-requests/my-requests", token_requests.MyTokenRequests.as_view()),
    path("family/<str:family_id>/token-requests/<str:request_id>", token_requests.OneTokenRequest.as_view()),
    path(
        "family/<str:family_id>/token-requests/<str:request_id>/review",
        token_requests.ReviewTokenRequest.as_view(),
    ),
    path(
        "family/<str:family_id>/token-request/<str:request_id>/review",
        token_requests.ReviewTokenRequest.as_view(),
    ),
    path("family/<str:family_id>/purchase-requests", purchase_requests.PurchaseRequests.as_view()),
    path(
        "family/<str:family_id>/purchase-requests/<str:purchase_id>/approve",
        purchase_requests.ApprovePurchase.as_view(),
    ),
    path(
        "family/<str:family_id>/purchase-requests/<str:purchase_id>/deny",
        purchase_requests.DenyPurchase.as_view(),
    ),
    path("family/<str:family_id>/sbd-transactions/history", records.History.as_view()),
    path("family/<str:family_id>/compliance/report", records.ComplianceReport.as_view()),
    path("family/<str:family_id>/audit/integrity-check", records.IntegrityCheck.as_view()),
    path("family/<str:family_id>/members", members.Members.as_view()),
    path("family/<str:family_id>/members/<str:user_id>", members.OneMember.as_view()),
    path("family/<str:family_id>/members/<str:user_id>/admin", members.Admin.as_view()),
    path("family/<str:family_id>/members/<str:user_id>/backup-admin", members.BackupAdmin.as_view()),
    path("family/<str:family_id>/leave", members.Leave.as_view()),
    path("family/<str:family_id>/admin-actions", members.AdminActions.as_view()),
    path("family/<str:family_id>/relationships", relationships.Relationships.as_view()),
    path("family/<str:family_id>/notifications", notifications.FamilyNotifications.as_view()),
    path("family/<str:family_id>/notifications/mark-read", notifications.MarkFamilyRead.as_view()),
    path("family/<str:family_id>/notifications/mark-all-read", notifications.MarkAllFamilyRead.as_view()),
    path("family/<str:family_id>", families.OneFamily.as_view()),
    # Pages for people; those of links are above, at the paths of the API
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-in/external", external.start, name="external-sign-in"),
    path("sign-in/external/callback", external.callback),
    path("sign-in/external/end", external.end, name="external-sign-in-end"),
    path("sign-in/code", second_factor_pages.sign_in_by_code, name="sign-in-by-code"),
    path("second-factor", second_factor_pages.overview, name="second-factor"),
    path("second-factor/confirm", second_factor_pages.confirm, name="second-factor-confirm"),
    path("sign-up", sign_in.sign_up, name="sign-up"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("forgot-password", sign_in.forgot_password, name="forgot-password"),
    path("confirm-address", sign_in.confirm_address, name="confirm-address"),
    path("welcome", pages.mine, name="welcome"),
    path("welcome/<str:family_id>", pages.welcome),
    # Documentation
    path("schema", docs.Schema.as_view(), name="schema"),
    path("docs", docs.ApiPage.as_view()),
    path("docs/errors", docs.ErrorsPage.as_view()),
    # Staff
    path("admin/cleanup-expired-invitations", cleanup.CleanUpInvitations.as_view()),
    path("admin/rate-limits", rate_limits.RateLimits.as_view()),
    path("admin/clear-cache", operator_cache.ClearCache.as_view()),
    path("admin/alerts", alerts.Alerts.as_view()),
    path("admin/blocklist", access.Blocklist.as_view()),
    path("admin/allowlist", access.Allowlist.as_view()),
    path("admin/security-events", security_events.SecurityEvents.as_view()),
    path("admin/security-events/<str:event_id>/resolve", security_events.ResolveSecurityEvent.as_view()),
    # The operator console
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
]

if settings.MAIL_INBOX:  # the demo without a mail server: whoever reaches it reads every mail
    urlpatterns += [path("demo/inbox", inbox.inbox), path("demo/inbox/<str:mail_id>", inbox.one_mail)]

handler400 = "ops.web.problems.bad_request"
handler403 = "ops.web.problems.forbidden"
handler404 = "ops.web.problems.not_found"
handler500 = "ops.web.problems.server_error"
