"""A copy of the cache's Redis, as it would write it to its own disk.

Fetched as a replica would (``SYNC``), so it makes no difference on which machine Redis runs, and under whose
user. Redis writes its file in a child of its own and goes on serving.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from redis.connection import ConnectionPool
from redis.exceptions import RedisError

from ops.backup.errors import RedisCopyError
from ops.backup.places import UNFINISHED, private, settle, settle_directory

# Redis sends an empty line from time to time while it writes its file.
SECONDS = 60.0
MAGIC = b"REDIS"
PORTION = 2**16


def fetch(path: Path) -> int:
    """Put a fresh copy in place of the one that is there; returns its bytes.

    Raises:
        RedisCopyError: Redis is away, or what it sent is no whole copy; the one before stays.
    """
    unfinished = path.with_name(f"{UNFINISHED}{path.name}")
    pool = ConnectionPool.from_url(settings.REDIS_URL, socket_connect_timeout=2.0, socket_timeout=SECONDS)
    connection: Any = pool.make_connection()
    try:
        connection.connect()
        connection.send_command("SYNC")
        with private(unfinished) as file:
            size = _receive(connection._sock, file)  # noqa: SLF001  # past the parser: what comes is no reply
            settle(file)
    except (RedisError, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise RedisCopyError(f"Redis gave no copy: {type(error).__name__}.") from error
    except RedisCopyError:
        unfinished.unlink(missing_ok=True)
        raise
    finally:
        connection.disconnect()
    unfinished.replace(path)
    settle_directory(path.parent)
    return size


def _receive(socket: Any, file: Any) -> int:
    """Write what follows the announced length; returns that."""
    line = _line(socket)
    if not line.startswith(b"$") or not line[1:].isdigit():
        raise RedisCopyError(f"Redis refused a copy: {line.decode(errors='replace')[:80]}")
    size = left = int(line[1:])
    begin = b""
    while left:
        portion = socket.recv(min(PORTION, left))
        if not portion:
            raise RedisCopyError("Redis broke off in the middle of its copy.")
        begin = begin or portion[: len(MAGIC)]
        file.write(portion)
        left -= len(portion)
    if begin != MAGIC:
        raise RedisCopyError("What Redis sent is no copy of itself.")
    return size


def _line(socket: Any) -> bytes:
    """Return the first line that is not empty."""
    line = bytearray()
    while True:
        byte = socket.recv(1)
        if not byte:
            raise RedisCopyError("Redis broke off before it sent anything.")
        if byte != b"\n":
            line += byte
        elif bytes(line).strip():
            return bytes(line).strip()
