"""The processes of `make run`, each with its command line; the units of ``ops/deploy`` start the same."""

import sys
from pathlib import Path

_CELERY = (sys.executable, "-m", "celery", "--quiet", "--app", "family_site.celery")
_ROOT = Path(__file__).resolve().parent.parent.parent
_LOGS = _ROOT / "ops" / "uvicorn-log.json"


def processes(*, port: int, workers: int) -> dict[str, list[str]]:
    """Return the command line of each, by its role."""
    return {
        "web": [
            sys.executable,
            *("-m", "uvicorn", "family_site.asgi:application"),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)),
            *("--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "10", "--ws", "none"),
            *("--http", "ops.server.http:Http"),
            "--no-proxy-headers",  # nobody who can reach the port may say where a call comes from
            *("--log-config", str(_LOGS)),
        ],
        "worker": [*_CELERY, "worker"],
        "beat": [*_CELERY, "beat"],
        "metrics": [sys.executable, str(_ROOT / "manage.py"), "metrics"],
    }


def banner(public_url: str, *, inbox: bool) -> list[str]:
    """Return the lines that say where everything is; ``inbox``: the demo shows its mails."""
    return [
        f"console: {public_url}/admin/",
        f"API:     {public_url}/docs",
        *([f"mails:   {public_url}/demo/inbox"] if inbox else []),
    ]
