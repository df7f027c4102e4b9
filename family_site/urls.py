"""Every route of the system; literal paths stand before ``{family_id}``. Source: HTTP contract."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
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

Routes = list[URLPattern | URLResolver]

# Django tries one pattern after the other. So what lies below one part of a path has a list of its own, and
# what is asked for most often stands first, where that makes no difference.
SIGN_IN: Routes = [
    path("register", identity.Register.as_view()),
    path("login", identity.Login.as_view()),
    path("login/2fa", identity.AnswerChallenge.as_view()),
    path("refresh", identity.Refresh.as_view()),
    path("logout", identity.Logout.as_view()),
    path("me", identity.Me.as_view()),
    path("verify-email", LINK_TO_CONFIRM),
    path("resend-verification", mailed_links.ResendVerification.as_view()),
    path("forgot-password", mailed_links.ForgotPassword.as_view()),
    path("reset-password", LINK_TO_RESET),
    path("email", mailed_links.ChangeEmail.as_view()),
    path("change-password", own_sessions.ChangePassword.as_view()),
    path("reauthenticate", own_sessions.Reauthenticate.as_view()),
    path("2fa/setup", own_second_factor.Setup.as_view()),
    path("2fa/verify", own_second_factor.Verify.as_view()),
    path("2fa/status", own_second_factor.Status.as_view()),
    path("2fa/disable", own_second_factor.Disable.as_view()),
    path("2fa/reset", own_second_factor.Reset.as_view()),
    path("2fa/backup-codes", own_second_factor.BackupCodes.as_view()),
    path("2fa/regenerate-backup-codes", own_second_factor.RegenerateBackupCodes.as_view()),
    path("sessions", own_sessions.Sessions.as_view()),
    path("sessions/<str:session_id>", own_sessions.OneSession.as_view()),
    path("permanent-tokens", permanent_tokens.PermanentTokens.as_view()),
    path("permanent-tokens/<str:token_id>", permanent_tokens.OnePermanentToken.as_view()),
]
OWN_TOKENS: Routes = [
    path("send", personal.Send.as_view()),
    path("transactions", personal.OwnTransactions.as_view()),
    path("transaction/note", personal.TransactionNote.as_view()),
]
ACCOUNT_OF_FAMILY: Routes = [
    path("validate-spending", accounts.ValidateSpending.as_view()),
    path("transfer", accounts.Transfer.as_view()),
    path("available-balance", accounts.AvailableBalance.as_view()),
    path("transactions", account_statements.Transactions.as_view()),
    path("contribute", accounts.Contribute.as_view()),
    path("holders", accounts.Holders.as_view()),
    path("permissions", accounts.Permissions.as_view()),
    path("freeze", accounts.Freeze.as_view()),
]
REQUESTS_FOR_TOKENS: Routes = [
    path("pending", token_requests.PendingTokenRequests.as_view()),
    path("my-requests", token_requests.MyTokenRequests.as_view()),
    path("<str:request_id>", token_requests.OneTokenRequest.as_view()),
    path("<str:request_id>/review", token_requests.ReviewTokenRequest.as_view()),
]
MEMBERS: Routes = [
    path("<str:user_id>", members.OneMember.as_view()),
    path("<str:user_id>/admin", members.Admin.as_view()),
    path("<str:user_id>/backup-admin", members.BackupAdmin.as_view()),
]
INVITATIONS_OF_FAMILY: Routes = [
    path("<str:invitation_id>", invitations.OneInvitation.as_view()),
    path("<str:invitation_id>/resend", invitations.Resend.as_view()),
    path("<str:invitation_id>/link", invitations.HandOver.as_view()),
]
ONE_FAMILY: Routes = [
    path("sbd-account", accounts.Account.as_view()),
    path("sbd-account/", include(ACCOUNT_OF_FAMILY)),
    path("invite", invitations.Invite.as_view()),
    path("invitations", invitations.FamilyInvitations.as_view()),
    path("invitations/", include(INVITATIONS_OF_FAMILY)),
    path("members", members.Members.as_view()),
    path("members/", include(MEMBERS)),
    path("leave", members.Leave.as_view()),
    path("admin-actions", members.AdminActions.as_view()),
    path("relationships", relationships.Relationships.as_view()),
    path("notifications", notifications.FamilyNotifications.as_view()),
    path("notifications/mark-read", notifications.MarkFamilyRead.as_view()),
    path("notifications/mark-all-read", notifications.MarkAllFamilyRead.as_view()),
    path("token-requests", token_requests.TokenRequests.as_view()),
    path("token-requests/", include(REQUESTS_FOR_TOKENS)),
    path("token-request", token_requests.AskForTokens.as_view()),
    path("token-request/<str:request_id>/review", token_requests.ReviewTokenRequest.as_view()),
    path("sbd/request-tokens", token_requests.AskForTokens.as_view()),
    path("sbd/balance", accounts.AvailableBalance.as_view()),
    path("purchase-requests", purchase_requests.PurchaseRequests.as_view()),
    path("purchase-requests/<str:purchase_id>/approve", purchase_requests.ApprovePurchase.as_view()),
    path("purchase-requests/<str:purchase_id>/deny", purchase_requests.DenyPurchase.as_view()),
    path("spending-permissions/<str:user_id>", accounts.MemberPermissions.as_view()),
    path("allowances", allowances.Allowances.as_view()),
    path("allowances/<str:schedule_id>", allowances.OneAllowance.as_view()),
    path("sbd-transactions/history", records.History.as_view()),
    path("compliance/report", records.ComplianceReport.as_view()),
    path("audit/integrity-check", records.IntegrityCheck.as_view()),
    path("recovery/initiate", recovery.InitiateRecovery.as_view()),
    path("emergency-unfreeze", emergencies.FamilyEmergencies.as_view()),
    path("account/emergency-unfreeze", emergencies.RequestUnfreeze.as_view()),
    path("account/freeze", accounts.Freeze.as_view()),
]
OWN_NOTIFICATIONS: Routes = [
    path("mark-read", notifications.MarkRead.as_view()),
    path("mark-all-read", notifications.MarkAllRead.as_view()),
    path("preferences", notifications.NotificationPreferences.as_view()),
]
OWN_INVITATIONS: Routes = [
    path("received", invitations.MyInvitations.as_view()),
    path("<str:invitation_id>/respond", invitations.Respond.as_view()),
]
ONE_INVITATION: Routes = [
    path("accept", LINK_TO_ACCEPT),
    path("decline", LINK_TO_DECLINE),
]
WALLET: Routes = [
    path("purchase-requests", purchase_requests.WalletPurchaseRequests.as_view()),
    path("purchase-requests/<str:purchase_id>/approve", purchase_requests.ApproveWalletPurchase.as_view()),
    path("purchase-requests/<str:purchase_id>/deny", purchase_requests.DenyWalletPurchase.as_view()),
]
EMERGENCIES: Routes = [
    path("<str:emergency_id>/approve", emergencies.ApproveUnfreeze.as_view()),
    path("<str:emergency_id>/reject", emergencies.RejectUnfreeze.as_view()),
]
HEALTH_OF_FAMILIES: Routes = [
    path("liveness", health.Live.as_view()),
    path("readiness", health.Ready.as_view()),
    path("status", status.Status.as_view()),
    path("metrics", summaries.Metrics.as_view()),
    path("performance", summaries.Performance.as_view()),
    path("check", status.Check.as_view()),
]
STAFF_OF_FAMILIES: Routes = [
    path("cleanup-expired-invitations", cleanup.CleanUpInvitations.as_view()),
    path("cleanup-expired-token-requests", cleanup.CleanUpTokenRequests.as_view()),
    path("health", status.Status.as_view()),
]
FAMILIES: Routes = [
    path("my-families", families.MyFamilies.as_view()),
    path("create", families.CreateFamily.as_view()),
    # Of two parts and more: before a family's own
    path("invitations/", include(OWN_INVITATIONS)),
    path("invitation/<str:token>/", include(ONE_INVITATION)),
    path("invitation/<str:invitation_id>/respond", invitations.Respond.as_view()),
    path("notifications/", include(OWN_NOTIFICATIONS)),
    path("limits/enforcement", limits.Enforcement.as_view()),
    path("wallet/", include(WALLET)),
    path("recovery/<str:recovery_id>/verify", recovery.VerifyRecovery.as_view()),
    path("emergency-unfreeze/", include(EMERGENCIES)),
    path("health/", include(HEALTH_OF_FAMILIES)),
    path("admin/", include(STAFF_OF_FAMILIES)),
    path("<str:family_id>/", include(ONE_FAMILY)),
    # Of one part
    path("my-invitations", invitations.MyInvitations.as_view()),
    path("notifications", notifications.Notifications.as_view()),
    path("validate-spending", validating.ValidateSpending.as_view()),
    path("limits", limits.Limits.as_view()),
    path("usage-tracking", usage.UsageTracking.as_view()),
    path("health", health.BareHealth.as_view()),
    path("<str:family_id>", families.OneFamily.as_view()),
]

urlpatterns: Routes = [
    path("family/", include(FAMILIES)),
    path("sbd_tokens", personal.OwnAccount.as_view()),
    path("sbd_tokens/", include(OWN_TOKENS)),
    path("auth/", include(SIGN_IN)),
    # Health
    path("health", health.Health.as_view()),
    path("health/live", health.Live.as_view()),
    path("health/ready", health.Ready.as_view()),
    path("status", service.Page.as_view()),
    path("status.json", service.Report.as_view()),
    path("status.atom", service.Feed.as_view()),
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
