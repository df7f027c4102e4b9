"""``manage.py metrics``: the exporter."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ops.embedded.watch import Watch
from ops.logs import logger
from ops.metrics import exporter, page, sources
from ops.metrics.exporter import PortTakenError
from ops.metrics.sources import Asker
from ops.rounds import registry

# Until a signal comes there is nothing to do here.
LOOK_SECONDS = 3600.0
log = logger(__name__)


class Command(BaseCommand):
    help = "Show the metrics of all processes on METRICS_PORT, until it is stopped."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Serve."""
        watch = Watch()
        asker = Asker(sources.sources())
        try:
            servers = exporter.listen(settings.METRICS_PORT, page.Page(settings.METRICS_DIR, asker))
        except PortTakenError:
            raise CommandError(
                f"Port {settings.METRICS_PORT} is taken: stop what listens there (`ss -ltnp`), "
                "or set METRICS_PORT."
            ) from None
        page.tell_port(settings.METRICS_PORT)
        exporter.serve(servers)
        asker.start()
        rounds = registry.Rounds(registry.rounds())
        rounds.start()
        log.info("metrics are shown", port=settings.METRICS_PORT)
        while watch.pause(LOOK_SECONDS) is None:
            continue
        rounds.stop()
        asker.stop()
        exporter.close(servers)
        sys.stdout.flush()
