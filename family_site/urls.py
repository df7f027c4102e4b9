"""Every route of the system; literal paths stand before ``{family_id}``. Source: HTTP contract."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from families.api import views as families
from family_site.identity.api import sessions as own_sessions
from family_site.identity.api import views as identity
from ops.health import api as health
from ops.web import docs

urlpatterns: list[URLPattern | URLResolver] = [
    # Sign-in
    path("auth/register", identity.Register.as_view()),
    path("auth/login", identity.Login.as_view()),
    path("auth/refresh", identity.Refresh.as_view()),
    path("auth/logout", identity.Logout.as_view()),
    path("auth/me", identity.Me.as_view()),
    path("auth/change-password", own_sessions.ChangePassword.as_view()),
    path("auth/sessions", own_sessions.Sessions.as_view()),
    path("auth/sessions/<str:session_id>", own_sessions.OneSession.as_view()),
    # Health
    path("health", health.Health.as_view()),
    path("health/live", health.Live.as_view()),
    path("health/ready", health.Ready.as_view()),
    path("family/health", health.BareHealth.as_view()),
    path("family/health/liveness", health.Live.as_view()),
    path("family/health/readiness", health.Ready.as_view()),
    # Families
    path("family/create", families.CreateFamily.as_view()),
    path("family/my-families", families.MyFamilies.as_view()),
    path("family/<str:family_id>", families.OneFamily.as_view()),
    # Documentation
    path("schema", docs.Schema.as_view(), name="schema"),
    path("docs", docs.ApiPage.as_view()),
    path("docs/errors", docs.ErrorsPage.as_view()),
    # The operator console
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
]

handler400 = "ops.web.problems.bad_request"
handler403 = "ops.web.problems.forbidden"
handler404 = "ops.web.problems.not_found"
handler500 = "ops.web.problems.server_error"
