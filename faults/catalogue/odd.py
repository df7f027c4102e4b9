"""States that are odd and well."""

import shutil
import time

from faults import members
from faults.fault import Odd
from faults.ground import Ground
from faults.part import until


def _cold_start(ground: Ground) -> None:
    for part in (ground.worker, ground.beat, ground.web):
        part.stop()
    for part in (ground.web, ground.worker, ground.beat):
        part.start()


def _failover(ground: Ground) -> None:
    old = ground.set.primary()
    with ground.client() as client:
        client.admin.command("replSetStepDown", 5, secondaryCatchUpPeriodSecs=4)
    until(lambda: ground.set.is_whole() and ground.set.primary() != old, what="another primary")


def _backup(ground: Ground) -> None:
    ground.manage("backup")


def _maintenance(ground: Ground) -> None:
    ground.manage("maintenance", "on", "--reason", "tried out")
    ground.manage("maintenance", "off")


def _flush(ground: Ground) -> None:
    with ground.redis() as client:
        client.flushall()


def _broker_flush(ground: Ground) -> None:
    with members.redis_client(ground.broker_port) as client:
        client.flushall()


def _worker_anew(ground: Ground) -> None:
    ground.worker.restart()


def _beat_anew(ground: Ground) -> None:
    ground.beat.restart()


def _two_beats(ground: Ground) -> None:
    ground.beat.kill()
    ground.beat.start()


def _idle(ground: Ground) -> None:
    if ground.load is not None:
        ground.load.stop()
    time.sleep(30)


def _busy_again(ground: Ground) -> None:
    if ground.load is not None:
        ground.load.start()


def _logs_rotated(ground: Ground) -> None:
    for each in (ground.at / "log").iterdir():
        shutil.copy(each, each.with_suffix(".old"))
        each.write_text("")


def _redis_anew(ground: Ground) -> None:
    ground.cache.restart()
    ground.broker.restart()


def _nginx_anew(ground: Ground) -> None:
    ground.site().reload()


ODD = (
    Odd("web, worker and beat have just been started", _cold_start, settles=3.0),
    Odd("another member has just become the primary", _failover, settles=3.0),
    Odd("a backup was just made", _backup),
    Odd("maintenance has just ended", _maintenance, settles=3.0),
    Odd("the cache's Redis was just emptied", _flush, settles=16.0),
    Odd("the jobs' Redis was just emptied", _broker_flush),
    Odd("the worker has just been started anew", _worker_anew),
    Odd("beat has just been started anew", _beat_anew),
    Odd("beat was killed and started at once", _two_beats),
    Odd("nobody calls", _idle, _busy_again),
    Odd("logs were just rotated", _logs_rotated),
    Odd("both Redis have just been started anew", _redis_anew, settles=16.0),
    Odd("nginx has just been started anew", _nginx_anew),
)
