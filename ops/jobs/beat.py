"""Beat: sends each job's ticks in time, says that it lives, and does not fill a queue that nobody empties."""

from typing import Any

from celery.beat import PersistentScheduler
from django.conf import settings

from ops import process
from ops.deployments import recording
from ops.jobs import broker
from ops.jobs.pulse import Pulse
from ops.logs import logger
from ops.maintenance import mode

# Without it a day without a worker would leave a hundred thousand ticks, out of date all but the last.
MOST_WAITING = 100
log = logger(__name__)


class Scheduler(PersistentScheduler):  # type: ignore[misc]  # celery ships no types
    """Remembers in a file what was sent when, so that a daily job is not forgotten over a restart."""

    def setup_schedule(self) -> None:
        """Begin; not called for a scheduler that is only made to be shown."""
        super().setup_schedule()
        self._held_back_by: str | None = None
        self._pulse = Pulse("beat")
        self._pulse.start()
        recording.record_in_background(process.BEAT)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send a tick, or hold it back: it comes again. A line tells that this begins, one that it ends."""
        try:
            obstacle = self._obstacle()
            if obstacle is None:
                self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:  # noqa: BLE001  # whatever it is, beat goes on
            obstacle = type(error.__cause__ or error).__name__
        if obstacle and not self._held_back_by:
            log.warning("ticks are held back", cause=obstacle)
        elif self._held_back_by and not obstacle:
            log.info("ticks are sent again")
        self._held_back_by = obstacle

    def close(self) -> None:
        """End."""
        self._pulse.stop()
        super().close()

    def _obstacle(self) -> str | None:
        """Ask the broker by a client that gives up soon: the one that sends would wait for long."""
        if mode.is_on():
            return "maintenance"
        waiting = broker.waiting(settings.CELERY_BROKER_URL)
        return f"{waiting} wait in the queue" if waiting >= MOST_WAITING else None
