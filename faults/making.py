"""Makes a system: ports, directories, the environment of its processes."""

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from faults import front, members
from faults.ground import WORKERS, Ground
from faults.mail import MailServer
from faults.members import LOOPBACK, ReplicaSet
from ops.embedded import ports

MEMORY = Path("/dev/shm")  # noqa: S108  # a fresh directory in it, as in any other
KEYS = ("SECRET_KEY", "JWT_SIGNING_KEY", "LINK_SIGNING_KEY", "FIELD_KEY", "AUDIT_KEY")
# Nothing of the machine's own settings reaches the system.
KEPT = ("PATH", "HOME", "LANG", "TERM", "TMPDIR")


def free_ports(count: int) -> list[int]:
    """Return ports that nobody has, all different."""
    free: dict[int, None] = {}
    while len(free) < count:
        free[next(ports.candidates(None, "PORT"))] = None
    return list(free)


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Start a system with its data in a directory of its own; leave nothing behind."""
    at = Path(tempfile.mkdtemp(prefix="sbd-broken-", dir=MEMORY if MEMORY.is_dir() else None))
    made: Ground | None = None
    try:
        made = _described(at)
        made.start()
        yield made
    finally:
        if made is not None:
            made.stop()
        shutil.rmtree(at, ignore_errors=True)


def _described(at: Path) -> Ground:
    (at / "log").mkdir()
    *mongodb, cache, broker, web, metrics, mail, plain, tls = free_ports(10)
    parts = [members.mongod(number, port, at) for number, port in enumerate(mongodb)]
    run = at / "run"
    shown = front.Front(at / "nginx", plain=plain, port=tls, upstream=web, maintenance=run / "maintenance")
    whole = ReplicaSet(mongodb, parts)
    server = MailServer(mail)
    environment = {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        **{name: secrets.token_urlsafe(48) for name in KEYS},
        "SBD_MODE": "production",
        "DJANGO_SETTINGS_MODULE": "family_site.settings",
        "SBD_VAR": str(at / "var"),
        "PORT": str(web),
        "SBD_WORKERS": str(WORKERS),
        "PUBLIC_URL": f"https://{front.NAME}:{tls}",
        "ALLOWED_HOSTS": front.NAME,
        "TRUSTED_PROXIES": LOOPBACK,
        "MONGODB_URI": whole.uri,
        "MONGODB_MAX_POOL_SIZE": "20",
        "MONGODB_MIN_POOL_SIZE": "2",
        "REDIS_URL": f"redis://:{members.PASSWORD}@{LOOPBACK}:{cache}/0",
        "CELERY_BROKER_URL": f"redis://:{members.PASSWORD}@{LOOPBACK}:{broker}/0",
        "MAIL_URL": server.url,
        "MAIL_FROM": "Families <no-reply@families.example.com>",
        "REQUIRE_CONFIRMED_EMAIL": "false",
        "METRICS_PORT": str(metrics),
        "METRICS_DIR": str(run / "metrics"),
        "BACKUP_DIR": str(at / "backups"),
        "LOG_LEVEL": "WARNING",
        "SSL_CERT_FILE": str(shown.chain),
    }
    (at / "var").mkdir()
    run.mkdir()
    return Ground(
        at, environment, whole, cache, broker, web, metrics, server, shown if front.is_there() else None
    )
