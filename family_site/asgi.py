"""The server's entrance: ``uvicorn family_site.asgi:application``."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "family_site.settings")
os.environ["SBD_ROLE"] = "web"  # before anything asks `ops.process`

from django.conf import settings

from ops import process, switches
from ops.access import in_force as access_rules
from ops.deployments import recording
from ops.embedded.ties import end_with_parent
from ops.errors import DatabaseUnavailableError, DomainError, ServiceUnavailableError
from ops.jobs.pulse import Pulse
from ops.limits import overrides
from ops.mongo.breaker import breaker, probe
from ops.server import service_manager
from ops.server.bridge import Bridge
from ops.web import handler
from ops.web.problems import rendered

# A database that is away does not hold up the start for longer.
RULES_SECONDS = 0.5
# So many may be killed and started anew in a row, without filling the list of those that live.
FORGET_AFTER = timedelta(minutes=10)


def _overload() -> DomainError:
    """Say why a request found no thread: those before it wait for the database, or it is only too much."""
    return DatabaseUnavailableError() if breaker.fault() else ServiceUnavailableError()


def _end_with_master() -> None:
    """End when uvicorn's master was killed: its workers would outlive it, and keep the port.

    With one worker there is no master, and whoever started the server may go.
    """
    if multiprocessing.parent_process() is not None:
        end_with_parent(signal.SIGTERM)


def _connect() -> None:
    """Connect before the first request does; a database that is away does not hold up the start."""
    threading.Thread(target=probe, name="mongodb-first-look", daemon=True).start()


def _know_the_rules() -> None:
    """Know whom to keep out, and which limits hold, before the first request comes."""
    for copy in (switches.reader, access_rules.reader, overrides.reader):
        copy.await_first(RULES_SECONDS)


def _require_merchant() -> None:
    """Refuse to start where purchases could not be paid; on a thread, since Django asks nothing on a loop."""
    from tokens import checks  # noqa: PLC0415  # models must be loaded first

    with ThreadPoolExecutor(1) as thread:
        thread.submit(checks.require_merchant).result()


def _tell_service_manager() -> None:
    """Let systemd know as soon as this process can be called."""
    service_manager.tell_once_listening(settings.WEB_PORT, what=f"version {settings.VERSION}")


def _record_start() -> None:
    recording.record_in_background(process.WEB)


_pulse = Pulse("web", forget_after=FORGET_AFTER, is_quiet=True)
application = Bridge(
    handler.application(),
    refuse=rendered,
    overload=_overload,
    threads=settings.WEB_THREADS,
    on_start=[
        _end_with_master,
        _require_merchant,
        _connect,
        _know_the_rules,
        _record_start,
        _pulse.start,
        _tell_service_manager,
    ],
    on_stop=[_pulse.stop],
)
