"""What is to be typed to put the copy of Redis back: its files are its own, no command of ours writes them.

Seldom needed: all that Redis holds comes back from MongoDB by itself. Source: runbook, recovery (R096-R099).
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from ops.backup.errors import BackupError
from ops.backup.places import Places
from ops.backup.redis_copy import MAGIC

SECONDS = 2.0
USUAL = {"dir": "/var/lib/redis", "dbfilename": "dump.rdb", "appendonly": "no"}


def steps(places: Places) -> list[str]:
    """Return the lines to type, in order, for the Redis that is running now.

    Raises:
        BackupError: there is no copy, or it is none.
    """
    copy = places.redis
    try:
        with copy.open("rb") as file:
            is_whole = file.read(len(MAGIC)) == MAGIC
    except OSError:
        raise BackupError(f"There is no copy of Redis at {copy}.") from None
    if not is_whole:
        raise BackupError(f"{copy} is no copy of Redis.")
    told = _configuration()
    target = Path(told["dir"]) / told["dbfilename"]
    off, on = [], []
    if told["appendonly"] == "yes":
        # With it on, Redis reads its log when it starts, and never looks at the copy.
        off = ["redis-cli config set appendonly no", "redis-cli config rewrite"]
        on = ["redis-cli config set appendonly yes", "redis-cli config rewrite"]
    return [
        *off,
        "sudo systemctl stop redis",
        f"sudo cp {copy} {target}",
        f"sudo chown redis:redis {target}",
        "sudo systemctl start redis",
        *on,
        "redis-cli info keyspace",
    ]


def _configuration() -> dict[str, str]:
    """Return where Redis has its files; what it does not tell is as in the shipped configuration."""
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS, decode_responses=True) as client:
            told: Any = {name: client.config_get(name).get(name, usual) for name, usual in USUAL.items()}
    except RedisError:
        return dict(USUAL)
    return dict(told)
