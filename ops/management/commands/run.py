"""``manage.py run``: the whole system on this machine, until Ctrl-C."""

import contextlib
import os
import signal
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import embedded, process
from ops.embedded import ports
from ops.embedded.ties import end_with_parent
from ops.metrics import exporter
from ops.metrics.exporter import PortTakenError
from ops.metrics.joining import begin_anew
from ops.supervisor import ChildEndedError, Supervisor, handle_signals

READY_SECONDS = 60.0


class Command(BaseCommand):
    help = "Start the embedded servers, migrate, seed the demo and serve, until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--with-parent", action="store_true", help="stop when the process that started this ends"
        )

    def handle(self, *_args: Any, with_parent: bool, **_options: Any) -> None:
        """Serve; when this process ends, however it ends, nothing of it is left."""
        if settings.PRODUCTION:
            raise CommandError("`run` is for the demo; in production a service manager starts uvicorn.")
        if not ports.is_free(settings.WEB_PORT):
            port = settings.WEB_PORT
            raise CommandError(f"Port {port} is taken: stop what listens there (`ss -ltnp`), or set PORT.")
        # Until the supervisor takes over, `kill` breaks off what is being done, as Ctrl-C does.
        handle_signals(signal.default_int_handler)
        if with_parent:
            end_with_parent(signal.SIGTERM)
        with contextlib.suppress(KeyboardInterrupt):
            self._serve_and_stop(time.monotonic())

    def _serve_and_stop(self, started: float) -> None:
        try:
            self._start_servers()
            supervisor = Supervisor()
            try:
                self._serve(supervisor, started)
            except ChildEndedError as error:
                raise CommandError(f"{error}; see the lines above.") from None
            finally:
                supervisor.stop()
        finally:
            self._stop_servers()

    def _start_servers(self) -> None:
        mongodb, redis = not settings.MONGODB_URI_GIVEN, not settings.REDIS_URL_GIVEN
        if not mongodb and not redis:
            return
        try:
            servers = embedded.start(settings.VAR_DIR, mongodb=mongodb, redis=redis, tie_to_parent=True)
        except embedded.EmbeddedError as error:
            raise CommandError(str(error)) from None
        for note in servers.notes:
            self.stdout.write(note)

    def _stop_servers(self) -> None:
        """Stop the servers that this process started; others' go on."""
        servers = embedded.running(settings.VAR_DIR)
        if servers and servers.tied_to == os.getpid():
            embedded.stop(settings.VAR_DIR)

    def _prepare_metrics(self) -> int:
        """Begin to count at nothing; returns the port that the metrics will be shown on.

        Prometheus itself usually has the preferred one; the demo does without it then.
        """
        begin_anew(settings.METRICS_DIR, process.SERVING)
        try:
            port = exporter.free_port(settings.METRICS_PORT)
        except PortTakenError:
            raise CommandError(
                f"No port from {settings.METRICS_PORT} on is free: set METRICS_PORT."
            ) from None
        os.environ["METRICS_PORT"] = str(port)  # for the processes that are started
        return port

    def _serve(self, supervisor: Supervisor, started: float) -> None:
        # A process of its own: it reads the settings anew, and with them where the servers are now.
        if not supervisor.run("prepare", [sys.executable, sys.argv[0], "prepare"]):
            if supervisor.asked_to_stop:
                return
            raise CommandError("The database could not be prepared; see the lines above.")
        port = self._prepare_metrics()
        os.environ["LOG_FORMAT"] = (
            settings.LOG_FORMAT
        )  # also for uvicorn's lines before it reads the settings
        supervisor.start(settings.RUN_PROCESSES)
        if not supervisor.wait_for(settings.RUN_READY_URL, READY_SECONDS):
            if supervisor.asked_to_stop:
                return
            raise CommandError(f"Not ready after {READY_SECONDS:g} s; see the lines above.")
        for line in settings.RUN_BANNER:
            self.stdout.write(line)
        taken = "" if port == settings.METRICS_PORT else f" (port {settings.METRICS_PORT} is taken)"
        self.stdout.write(f"metrics: http://localhost:{port}/metrics{taken}")
        self.stdout.write(f"ready after {time.monotonic() - started:.1f} s; Ctrl-C stops all of it")
        self.stdout.flush()
        supervisor.wait()
