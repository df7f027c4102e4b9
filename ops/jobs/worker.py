"""The worker: what is ours in it."""

from typing import Any

import celery
import structlog
from celery import bootsteps
from celery.worker import consumer, state

from ops import origin, process
from ops.deployments import recording
from ops.jobs.pulse import Pulse
from ops.logs import logger
from ops.maintenance import mode

log = logger(__name__)


class Task(celery.Task):  # type: ignore[misc]  # celery ships no types
    """A task whose id stands in each line of the log, as a request's id does."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it; during maintenance it is as if it had not come, and comes again with a later tick."""
        if mode.is_on():
            log.info("task left undone for maintenance", job=self.name)
            return None
        run = self.request.id
        with (
            structlog.contextvars.bound_contextvars(request_id=run, job=self.name),
            origin.of(run, self.name),
        ):
            return super().__call__(*args, **kwargs)


class Consumer(consumer.Consumer):  # type: ignore[misc]  # celery ships no types
    """Takes tasks, and does nothing else.

    What workers otherwise tell each other goes through further connections to Redis, and is known to keep a
    worker from its tasks after Redis came back.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what celery's own takes."""
        alone = {"without_mingle": True, "without_gossip": True, "without_heartbeat": True}
        super().__init__(*args, **options | alone)


class PulseStep(bootsteps.StartStopStep):  # type: ignore[misc]  # celery ships no types
    """Says that the worker lives, from when its pool is there."""

    requires = {"celery.worker.components:Pool"}  # noqa: RUF012  # celery reads it so

    def __init__(self, worker: Any, **options: Any) -> None:
        """Begin without a pulse."""
        super().__init__(worker, **options)
        self._pulse = Pulse("worker", is_idle=_has_no_task)

    def start(self, _worker: Any) -> None:
        """Start."""
        recording.record_in_background(process.WORKER)
        self._pulse.start()

    def stop(self, _worker: Any) -> None:
        """End."""
        self._pulse.stop()


def _has_no_task() -> bool:
    """Tell whether no task was taken that has not ended, in whichever child it runs."""
    return not state.reserved_requests
