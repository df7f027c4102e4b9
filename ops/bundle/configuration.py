"""E03: how the system is set up. A setting's value is shown only if it is known to be no secret."""

import platform
import resource
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from ops.bundle.scene import Scene
from ops.bundle.wording import facts, table
from ops.deployments import release
from ops.logs.scrubbing import HIDDEN

PACKAGES = ("django", "django-mongodb-backend", "pymongo", "redis", "celery", "kombu", "uvicorn", "uvloop")
NONE = "not set"
MASKED = f"{HIDDEN} (set, not shown)"


def _of(name: str) -> Callable[[], Any]:
    return lambda: getattr(settings, name)


def _option(name: str) -> Callable[[], Any]:
    return lambda: _options()[name]


def _options() -> Any:
    return settings.DATABASES["default"]["OPTIONS"]


def _log_level() -> Any:
    return settings.LOGGING["level"]


def _workers() -> Any:
    words = settings.RUN_PROCESSES["web"]
    return words[words.index("--workers") + 1]


def _networks() -> Any:
    return ", ".join(map(str, settings.TRUSTED_PROXIES))


def _address(name: str) -> Callable[[], Any]:
    return lambda: without_login(str(getattr(settings, name)))


# By the variable's name; what is in neither is not shown.
SHOWN: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        **{
            name: _of(name)
            for name in (
                *("SBD_MODE", "PUBLIC_URL", "APP_URL", "ALLOWED_HOSTS", "REQUIRE_CONFIRMED_EMAIL"),
                *("STAFF_SECOND_FACTOR", "ISSUE_ALONE_UP_TO", "MERCHANT_ACCOUNT", "ENABLE_RATE_LIMITS"),
                "CONSOLE_IDLE_MINUTES",
                *("LOG_FORMAT", "METRICS_PORT", "METRICS_DIR", "BACKUP_DIR", "BACKUP_KEEP"),
                *("ENABLE_QUERY_CACHE", "CACHE_TTL", "MAIL_PER_MINUTE", "MAIL_CONCURRENCY"),
                *("OIDC_ISSUER", "OIDC_NAME", "NGINX_ERROR_LOG", "ESCALATION_MATRIX"),
            )
        },
        "SBD_VAR": _of("VAR_DIR"),
        "PORT": _of("WEB_PORT"),
        "SBD_WORKERS": _workers,
        "LOG_LEVEL": _log_level,
        "TRUSTED_PROXIES": _networks,
        "MAIL_URL": _of("MAIL_SERVER"),  # its text holds neither user nor password
        "MONGODB_MAX_POOL_SIZE": _option("maxPoolSize"),
        "MONGODB_MIN_POOL_SIZE": _option("minPoolSize"),
        **{name: _address(name) for name in ("MONGODB_URI", "REDIS_URL", "CELERY_BROKER_URL")},
    }
)
# Of these it is told whether they are set, and how many keys there are.
SECRET: Mapping[str, str] = MappingProxyType(
    {
        "SECRET_KEY": "SECRET_KEY",
        "JWT_SIGNING_KEY": "JWT_SIGNING_KEYS",
        "LINK_SIGNING_KEY": "LINK_SIGNING_KEYS",
        "FIELD_KEY": "FIELD_KEYS",
        "AUDIT_KEY": "AUDIT_KEYS",
        "BACKUP_KEY": "BACKUP_KEY",
        "OIDC_CLIENT_ID": "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET": "OIDC_CLIENT_SECRET",
        "MAIL_FROM": "MAIL_FROM",
        "MONITORING_SECRET": "MONITORING_SECRETS",
        "ESCALATION_WEBHOOK_URL": "ESCALATION_WEBHOOK",
    }
)


def variables(scene: Scene) -> str:
    """Return every setting by the name of its variable; the value only if it may be shown."""
    if scene.where.faults:
        told = "\n".join(scene.where.faults)
        ours = sorted(scene.where.origins.keys() & (SHOWN.keys() | SECRET.keys()))
        rows = [(name, MASKED, scene.where.origins[name]) for name in ours]
        return f"The settings are broken:\n{told}\n\n{table(('variable', 'value', 'set'), rows)}"
    return table(("variable", "value"), ((name, shown(name)) for name in sorted(settings.SETTINGS_DIGESTS)))


def shown(name: str) -> str:
    """Return what may be told of a variable."""
    if name in SHOWN:
        value = SHOWN[name]()
        return NONE if value is None or value == "" else str(value)
    if name not in SECRET:
        return MASKED
    value = getattr(settings, SECRET[name])
    if not value:
        return NONE
    return f"{HIDDEN} ({len(value)} keys, not shown)" if isinstance(value, tuple) else MASKED


def programs(scene: Scene) -> str:
    """Return what runs, in which version."""
    told = {"python": sys.version.split()[0], "system": platform.platform()}
    told |= {name: _version(name) for name in PACKAGES}
    if not scene.where.faults:
        this = release.current()
        told |= {"release": this.version, "commit": str(this.commit), "built": str(this.built_at)}
    return facts(told)


def limits(_scene: Scene) -> str:
    """Return what a process like this one may use."""
    wanted = {"open files": resource.RLIMIT_NOFILE, "processes": resource.RLIMIT_NPROC}
    rows = ((what, *map(_limit, resource.getrlimit(number))) for what, number in wanted.items())
    return table(("what", "limit", "at most"), rows)


def without_login(address: str) -> str:
    """Return scheme, hosts and path of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _limit(number: int) -> str:
    return "none" if number == resource.RLIM_INFINITY else str(number)
