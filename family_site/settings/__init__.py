"""Django's settings, made from the typed environment. Read them through ``django.conf.settings``."""

import sys
from pathlib import Path

from family_site import __version__
from family_site.settings import incidents, operations, running
from family_site.settings.api import REST_FRAMEWORK as REST_FRAMEWORK
from family_site.settings.api import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from family_site.settings.digests import digests
from family_site.settings.environment import BASE_DIR, Mode, SettingsError, given, load
from ops import embedded, process
from ops.jobs import broker
from ops.mongo import gdal
from ops.outbox import server as mail_server

gdal.leave_out()  # before anything imports the MongoDB backend
_environment = load()

VERSION = __version__
ROOT_DIR = BASE_DIR
SBD_MODE = _environment.sbd_mode.value
SETTINGS_DIGESTS = digests(_environment)
VAR_DIR = _environment.sbd_var
WEB_PORT = _environment.port
SECRET_KEY = _environment.secret_key
# The first signs; the others are on their way out, and what they signed is still taken.
JWT_SIGNING_KEYS = tuple(_environment.jwt_signing_keys)
JWT_SIGNING_KEY = JWT_SIGNING_KEYS[0]
# The first is for new links; those of the others still open.
LINK_SIGNING_KEYS = tuple(_environment.link_signing_keys)
# The first seals; what the others sealed is still opened.
FIELD_KEYS = tuple(_environment.field_keys)
# The first seals the audit log; what the others sealed is still verified.
AUDIT_KEYS = tuple(_environment.audit_keys)
DEBUG = False
PRODUCTION = _environment.sbd_mode == Mode.PRODUCTION
PUBLIC_URL = _environment.public_url or f"http://localhost:{WEB_PORT}"
# Where people go on from a page of ours.
APP_URL = _environment.app_url or PUBLIC_URL
# Loopback always: the operator's calls on the machine itself name it so.
ALLOWED_HOSTS = [
    *(host.strip() for host in _environment.allowed_hosts.split(",") if host.strip()),
    *("localhost", "127.0.0.1", "[::1]"),
    *(["testserver"] if _environment.sbd_mode == Mode.TEST else []),  # Django's test client
]

# The two servers -------------------------------------------------------------------------------
MONGODB_URI_GIVEN = given("MONGODB_URI")
REDIS_URL_GIVEN = given("REDIS_URL")
_embedded = embedded.running(VAR_DIR)


def _refuse_embedded(servers: embedded.Servers) -> None:
    """Keep production off the demo's servers, also when it is given their addresses."""
    addresses = {
        "MONGODB_URI": _environment.mongodb_uri,
        "REDIS_URL": _environment.redis_url,
        "CELERY_BROKER_URL": _environment.celery_broker_url,
    }
    if ours := [name for name, address in addresses.items() if servers.are_at(address)]:
        raise SettingsError(
            [f"{name} leads to the embedded server of {VAR_DIR}: name a real one" for name in ours]
        )


if PRODUCTION and _embedded:
    _refuse_embedded(_embedded)
MONGODB_URI = (
    _environment.mongodb_uri
    or (_embedded and _embedded.mongodb_uri)
    # Whatever listens on the usual ports while the demo's servers do not run is somebody else's.
    or "mongodb://embedded-mongod-does-not-run.invalid/?directConnection=true"
)
REDIS_URL = (
    _environment.redis_url
    or (_embedded and _embedded.redis_url)
    or "redis://embedded-redis-does-not-run.invalid:6379/0"
)
CELERY_BROKER_URL_GIVEN = given("CELERY_BROKER_URL")
CELERY_BROKER_URL = _environment.celery_broker_url or broker.beside(REDIS_URL)
MONGODB_NAME = "second_brain_database"
# What a restore must never touch lies beside it: design, section 4.
CONTROL_DATABASE_NAME = "second_brain_control"

DATABASES = {
    "default": {
        "ENGINE": "ops.mongo.engine",
        "HOST": MONGODB_URI,
        "NAME": MONGODB_NAME,
        "OPTIONS": {
            "maxPoolSize": _environment.mongodb_max_pool_size,
            "minPoolSize": _environment.mongodb_min_pool_size,
            "retryWrites": True,
            "retryReads": True,
            "w": "majority",
            "journal": True,
            "readConcernLevel": "majority",
            # Longer than an election; a request's own deadline ends the wait before (ops.deadline).
            "serverSelectionTimeoutMS": 15_000,
            "connectTimeoutMS": 2_000,
            "socketTimeoutMS": 20_000,
            "waitQueueTimeoutMS": 5_000,
            "tz_aware": False,  # the ORM adds the zone itself; ops.mongo.collection has its own codec
            "appname": f"sbd-{process.role()}",
        },
    }
}
DATABASE_ROUTERS = ["django_mongodb_backend.routers.MongoRouter"]
DEFAULT_AUTO_FIELD = "django_mongodb_backend.fields.ObjectIdAutoField"

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        # Keys lie under their literal names, as the runbook reads them: no prefix, no version.
        "KEY_FUNCTION": "ops.redis.literal_key",
        # Behind the breaker of ops.redis: after one caller waited in vain, the others do not.
        "OPTIONS": {
            "CONNECTION_POOL_CLASS": "ops.redis.GuardedPool",
            "SOCKET_CONNECT_TIMEOUT": 0.25,
            "SOCKET_TIMEOUT": 0.25,
        },
    },
}
ENABLE_QUERY_CACHE = _environment.enable_query_cache
CACHE_TTL = _environment.cache_ttl  # seconds

# Rate limits -----------------------------------------------------------------------------------
ENABLE_RATE_LIMITS = _environment.enable_rate_limits == "true"
# Networks of those who may say where a call comes from.
TRUSTED_PROXIES = _environment.trusted_networks

# Parts -----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "ops.apps.OpsConfig",
    "tokens.apps.TokensConfig",
    "family_site.identity.apps.IdentityConfig",
    "families.invitations.apps.InvitationsConfig",
    "families.apps.FamiliesConfig",
    "ops.mongo.contrib.MongoAdminConfig",
    "ops.mongo.contrib.MongoAuthConfig",
    "ops.mongo.contrib.MongoContentTypesConfig",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_mongodb_backend",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIGRATION_MODULES = {
    "admin": "ops.mongo.contrib_migrations.admin",
    "auth": "ops.mongo.contrib_migrations.auth",
    "contenttypes": "ops.mongo.contrib_migrations.contenttypes",
}
MIDDLEWARE = [
    "ops.web.middleware.RequestMiddleware",
    "ops.web.standstill.StandstillMiddleware",
    "ops.web.pages.PagesMiddleware",
]
# What a page needs and an API call must not pay for; run by PagesMiddleware on these paths only.
PAGE_PREFIXES = (
    *("/admin", "/static/", "/docs", "/demo/"),
    *("/sign-in", "/sign-up", "/sign-out", "/second-factor"),
    *("/forgot-password", "/confirm-address", "/welcome"),
)
# Here a browser gets a page, and a program JSON, at the same path.
PAGE_PREFIXES_SHARED = ("/family/invitation/", "/auth/verify-email", "/auth/reset-password")
PAGE_MIDDLEWARE = [
    "ops.web.pages.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SILENCED_SYSTEM_CHECKS = [
    # The unique index of usernames is declared with ops.mongo.indexes, which this check does not read.
    "auth.W004",
    # The pages' middlewares run inside PagesMiddleware, where these checks do not look.
    *("security.W001", "security.W002", "security.W003"),
    "admin.E408",
    "admin.E409",
    "admin.E410",
]
WEB_THREADS = 4
ROOT_URLCONF = "family_site.urls"
APPEND_SLASH = False  # a path with a final slash is another path: contract, section 1.1
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Sign-in ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "identity.User"
PASSWORD_HASHERS = ["family_site.identity.models.passwords.Argon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["family_site.identity.actions.console_sign_in.CountingBackend"]
SESSION_ENGINE = "family_site.identity.actions.browser_sessions"
SESSION_COOKIE_NAME = "sbd_session"  # of the console and of the pages; no call of the API takes it
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "sbd_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "ops.web.pages.csrf_failure"
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
ACCESS_TOKEN_SECONDS = 15 * 60
REFRESH_TOKEN_SECONDS = 7 * 24 * 60 * 60
SESSION_SECONDS = 90 * 24 * 60 * 60  # a session lives as long as it is refreshed, and never longer than this

# Inviting, joining, moving tokens and permanent tokens ask for it.
REQUIRE_CONFIRMED_EMAIL = (_environment.require_confirmed_email or str(PRODUCTION).lower()) == "true"
# Whether members of staff must have a second factor: ``required`` or ``offered``.
STAFF_SECOND_FACTOR = _environment.staff_second_factor or ("required" if PRODUCTION else "offered")
CONSOLE_IDLE_MINUTES = _environment.console_idle_minutes  # without a request, and a session in it ends
# One provider beside the password, by OpenID Connect; empty: none.
OIDC_ISSUER = _environment.oidc_issuer.strip()
OIDC_CLIENT_ID = _environment.oidc_client_id.strip()
OIDC_CLIENT_SECRET = _environment.oidc_client_secret.strip()
OIDC_NAME = _environment.oidc_name.strip()

# Families --------------------------------------------------------------------------------------
MAX_FAMILIES_FOUNDED = 3
MAX_MEMBERSHIPS = 10
MAX_MEMBERS_PER_FAMILY = 5
ISSUE_ALONE_UP_TO = _environment.issue_alone_up_to  # tokens; for more, a second person is asked
MERCHANT_ACCOUNT = _environment.merchant_account

# Mail ------------------------------------------------------------------------------------------
# ``None``: there is none, and mails wait.
MAIL_SERVER = mail_server.parsed(_environment.mail_url) if _environment.mail_url else None
MAIL_FROM = _environment.mail_from or "Family Management System <no-reply@localhost>"
MAIL_PER_MINUTE = _environment.mail_per_minute
MAIL_CONCURRENCY = _environment.mail_concurrency
# The demo shows its mails itself, to everybody who can reach it.
MAIL_INBOX = _environment.sbd_mode == Mode.DEMO and MAIL_SERVER is None

# Language, files, pages ------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

# Operations ------------------------------------------------------------------------------------
LOG_FORMAT = _environment.log_format or (
    "readable" if _environment.sbd_mode == Mode.DEMO and sys.stdout.isatty() else "json"
)
LOGGING_CONFIG = "ops.logs.configure"
LOGGING = {"level": _environment.log_level, "format": LOG_FORMAT, "version": 1}
METRICS_PORT = _environment.metrics_port
METRICS_DIR = _environment.metrics_dir or (Path("/run/sbd/metrics") if PRODUCTION else VAR_DIR / "metrics")
if process.role() in process.SERVING:
    operations.count_in_files(METRICS_DIR / process.role())
# Stands while there is maintenance; the proxy looks at it, too.
MAINTENANCE_FILE = METRICS_DIR.parent / "maintenance"
NGINX_ERROR_LOG = _environment.nginx_error_log
BACKUP_DIR = _environment.backup_dir or (Path("/opt/backups") if PRODUCTION else VAR_DIR / "backups")
BACKUP_KEEP = _environment.backup_keep
BACKUP_KEY = _environment.backup_key

# Incidents -------------------------------------------------------------------------------------
CONTACTS = incidents.contacts(_environment)
ESCALATION_MATRIX = incidents.matrix(_environment)
ESCALATION_WEBHOOK = incidents.webhook(_environment)
MONITORING_SECRETS = incidents.monitoring_secrets(_environment)
OPERATORS_LINKS = incidents.links(_environment, PUBLIC_URL)
# The copy of the status page that the proxy shows while nobody else can.
STATUS_DIR = METRICS_DIR.parent / "status"

# `make run` ------------------------------------------------------------------------------------
RUN_PREPARE = [["seed_demo"]]
RUN_PROCESSES = running.processes(port=WEB_PORT, workers=_environment.sbd_workers)
RUN_READY_URL = f"http://127.0.0.1:{WEB_PORT}/health/ready"
RUN_BANNER = running.banner(PUBLIC_URL, inbox=MAIL_INBOX)
