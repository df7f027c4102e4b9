"""Celery: ``celery -A family_site.celery worker`` and ``… beat``; the whole configuration and table of jobs.

Nothing durable lies in the queue. Each job finds its work in MongoDB and may be run twice, late, or twice at
once; a tick that is lost is made good by the next. Source: design, sections 2 and 8.
"""

import logging
import os
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

# Celery looks for both when it is imported. Django's checks are for `manage.py check`; they load every view.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "family_site.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

from ops import process

if "celery" in Path(sys.argv[0]).parts[-2:]:  # `python -m celery`, or the program `celery`
    process.be(process.BEAT if process.BEAT in sys.argv else process.WORKER)

from celery import Celery
from celery.beat import BeatLazyFunc
from celery.signals import celeryd_init, setup_logging
from django.conf import settings

from ops import logs
from ops.jobs import broker, worker
from ops.metrics import jobs

SOFT_LIMIT_SECONDS, HARD_LIMIT_SECONDS = 60, 90


class Job(NamedTuple):
    """A line of beat's table."""

    task: str
    every: timedelta
    what_for: str
    arguments: Mapping[str, Any] = MappingProxyType({})


JOBS = (
    Job("ops.outbox.deliver", timedelta(seconds=1), "sends the mails that are due"),
    Job("identity.links.answer", timedelta(seconds=1), "queues the mails with links that were asked for"),
    Job("families.invitations.expire", timedelta(seconds=10), "marks invitations that have expired"),
    Job("families.invitations.remind", timedelta(minutes=10), "reminds invitees 48 hours before the end"),
    Job("families.invitations.prune", timedelta(days=1), "blanks addresses of what ended long ago"),
    Job("families.recoveries.expire", timedelta(minutes=10), "marks recoveries that have expired"),
    Job("families.emergencies.expire", timedelta(minutes=10), "marks votes on a freeze that have expired"),
    Job("tokens.requests.expire", timedelta(minutes=1), "marks requests that nobody decided on in time"),
    Job(
        "families.allowances.pay",
        timedelta(minutes=1),
        "pays allowances that are due, or notes them as missed",
    ),
    Job(
        "ops.limits.remirror",
        timedelta(seconds=15),
        "ends rate limit overrides in time, and mends their mirror in Redis",
    ),
    Job("ops.audit.seal", timedelta(seconds=5), "seals the newest audit entries into their chain"),
    Job("ops.profiling.keep", timedelta(seconds=30), "switches the database's profiler off at its end"),
    Job("ops.doctor.look", timedelta(minutes=1), "runs doctor's checks and keeps what they found"),
    Job(
        "ops.incidents.attend",
        timedelta(seconds=15),
        "takes evidence of open incidents, escalates them, and mails who is to be told",
    ),
    Job("ops.runs.work", timedelta(seconds=5), "does what staff have begun on many documents"),
    Job("ops.front.count", timedelta(minutes=1), "counts what the console's front page tells"),
    Job("tokens.ledger.roll_up", timedelta(minutes=1), "adds up the accounts that everybody posts to"),
    Job("tokens.ledger.verify", timedelta(minutes=1), "checks the ledger each night, in slices"),
    Job(
        "ops.canary",
        timedelta(minutes=1),
        "shows that queue, worker and outbox do their work",
        {"sent_at": BeatLazyFunc(time.time)},
    ),
)
# A tick that nobody took is worth nothing once the next is sent; but the clocks of beat's machine and the
# worker's may differ by some seconds.
LEAST_LIFE = timedelta(seconds=30)

app = Celery("family_site", task_cls=worker.Task)
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_transport="ops.jobs.transport:Transport",
    result_backend=None,
    task_ignore_result=True,
    result_expires=None,  # else beat would add a job that cleans up results
    task_default_queue=broker.QUEUE,
    # What may come in: JSON, whoever writes into the queue.
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    timezone="UTC",
    # A task is done again when its worker dies or loses Redis in the middle of it.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_prefetch_multiplier=1,
    worker_enable_prefetch_count_reduction=False,  # with one a child there is nothing to reduce
    task_soft_time_limit=SOFT_LIMIT_SECONDS,
    task_time_limit=HARD_LIMIT_SECONDS,
    # Redis may be away, hang or be emptied for any length of time.
    broker_connection_retry=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # Without it a worker ends when its Redis refuses a write: full, or a replica for a while.
    broker_channel_error_retry=True,
    broker_transport_options={
        # Without time limits a worker waits for ever on a connection whose other end is gone, and lives on
        # without taking tasks.
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 5,
        # After which a task that was taken and not ended is given to another worker; a kill of the whole
        # worker leaves such ones. Longer than any task may run.
        "visibility_timeout": HARD_LIMIT_SECONDS + 30,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
    },
    worker_concurrency=2,
    worker_consumer=worker.Consumer,
    worker_enable_remote_control=False,
    worker_proc_alive_timeout=60,  # a child of a busy machine may take long to start
    worker_max_memory_per_child=250_000,  # in KiB; a fresh child takes a third of it
    worker_redirect_stdouts=False,
    beat_scheduler="ops.jobs.beat:Scheduler",
    beat_schedule_filename=str(settings.VAR_DIR / "beat-schedule"),
    beat_max_loop_interval=5,
    beat_schedule={
        job.task: {
            "task": job.task,
            "schedule": job.every,
            "kwargs": dict(job.arguments),
            "options": {"expires": max(job.every, LEAST_LIFE).total_seconds()},
        }
        for job in JOBS
    },
)
jobs.show(*(job.task for job in JOBS))
app.steps["worker"].add(worker.PulseStep)
app.autodiscover_tasks()


@celeryd_init.connect
def _say_all_in_the_log(instance: Any, **_options: Any) -> None:
    """Let the worker show no banner, and put warnings into the log."""
    instance.quiet = True
    logging.captureWarnings(capture=True)


@setup_logging.connect
def _log_as_the_house_does(**_options: Any) -> None:
    """Keep celery from setting up logs of its own, and from a line for each tick of each second."""
    logs.configure(settings.LOGGING)
    for name in ("celery.beat", "celery.worker.strategy"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # How a job ended, its heartbeat has told.
    logging.getLogger("celery.app.trace").setLevel(logging.CRITICAL)
