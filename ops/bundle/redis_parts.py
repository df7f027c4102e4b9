"""E07-E09, E21: what Redis tells of itself, of who is connected and of its keys; none of these is shown."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from ops.bundle import tails
from ops.bundle.errors import CannotReadError
from ops.bundle.scene import Scene
from ops.bundle.wording import facts, share, size, table
from ops.embedded.layout import Layout
from ops.limits import counters, mirror
from ops.limits.store import PREFIX
from ops.logs.scrubbing import HIDDEN

USUAL = Path("/var/log/redis/redis-server.log")
SECRET = re.compile(r"pass|auth|secret|user|key-file|acl", re.IGNORECASE)
# Keys that are looked at; with more of them the figures are of these.
MOST_KEYS, STEP = 50_000, 1000
SHOWN = 40
NO_END = -1
# What a key may begin with that names nobody, and what may follow.
_BEGINS, _FOLLOWS = re.compile(r"[A-Za-z_.-]{1,40}\Z"), re.compile(r"[a-z_]{1,24}\Z")
_MEMORY = (
    *("used_memory_human", "used_memory_rss_human", "used_memory_peak_human", "maxmemory_human"),
    *("maxmemory_policy", "mem_fragmentation_ratio", "used_memory_dataset_perc", "mem_clients_normal"),
)
_STATE = (
    *("redis_version", "role", "uptime_in_seconds", "loading", "rdb_last_bgsave_status"),
    *("rdb_last_save_time", "aof_enabled", "aof_last_write_status", "evicted_keys", "expired_keys"),
    *("keyspace_hits", "keyspace_misses", "instantaneous_ops_per_sec", "rejected_connections"),
    *("total_error_replies", "latest_fork_usec"),
)
_CLIENTS = ("connected_clients", "blocked_clients", "maxclients", "client_recent_max_input_buffer")


def log(scene: Scene) -> str:
    """Return the end of Redis' log."""
    return tails.end(_place(scene))


def configuration(scene: Scene) -> str:
    """Return how Redis is configured now, without its secrets."""
    told: Mapping[Any, Any] = scene.redis().config_get("*")
    return facts({name: _shown(name, value) for name, value in sorted(told.items())})


def state(scene: Scene) -> str:
    """Return what Redis says of its work."""
    return facts(_chosen(scene.redis(), _STATE))


def memory(scene: Scene) -> str:
    """Return what Redis uses, of how much."""
    return _memory(scene.redis())


def memory_of_broker(scene: Scene) -> str:
    """Return the same of the jobs' queue."""
    return _memory(scene.broker())


def keyspace(scene: Scene) -> str:
    """Return how many keys there are, by database."""
    info: Mapping[str, Any] = scene.redis().info("keyspace")
    rows = ((name, each["keys"], each["expires"], each["avg_ttl"]) for name, each in info.items())
    return table(("database", "keys", "that end", "mean rest, ms"), rows, none="no database has a key")


def clients(scene: Scene) -> str:
    """Return how many are connected, from where, and with what they are busy."""
    return _connected(scene.redis())


def clients_of_broker(scene: Scene) -> str:
    """Return the same of the jobs' queue."""
    return _connected(scene.broker())


def keys(scene: Scene) -> str:
    """Return keys by their pattern: how many, how many of them never end, and what they weigh."""
    client, numbers, endless, bytes_ = scene.redis(), Counter[str](), Counter[str](), Counter[str]()
    kinds: dict[str, set[str]] = defaultdict(set)
    looked = 0
    for portion in _portions(client):
        pipe = client.pipeline(transaction=False)
        for key in portion:
            pipe.ttl(key)
            pipe.type(key)
            pipe.memory_usage(key)
        answers = pipe.execute(raise_on_error=False)
        for key, ttl, kind, weight in zip(portion, answers[::3], answers[1::3], answers[2::3], strict=True):
            pattern = _pattern(key)
            numbers[pattern] += 1
            endless[pattern] += ttl == NO_END
            bytes_[pattern] += weight if isinstance(weight, int) else 0
            kinds[pattern].add(str(kind))
        looked += len(portion)
    rows = (
        (number, endless[pattern], size(bytes_[pattern]), ", ".join(sorted(kinds[pattern])), pattern)
        for pattern, number in numbers.most_common(SHOWN)
    )
    head = f"{looked} keys were looked at, of {client.dbsize()}."
    return f"{head}\n\n{table(('keys', 'that never end', 'memory', 'type', 'pattern'), rows, none='no keys')}"


def mirrored(scene: Scene) -> str:
    """Return the hash of overrides of limits, as it lies in Redis."""
    try:
        found: Mapping[Any, Any] = scene.redis().hgetall(mirror.HASH)
    except ResponseError as error:
        return f"{mirror.HASH} is no hash: {type(error).__name__}"
    return table(("endpoint", "what is set"), sorted(found.items()), none=f"{mirror.HASH} is empty")


def _portions(client: Redis) -> Iterator[list[Any]]:
    """Yield keys in portions, by ``SCAN``, which holds nobody up."""
    place, looked = 0, 0
    while looked < MOST_KEYS:
        place, found = client.scan(place, count=STEP)
        if found:
            looked += len(found)
            yield found
        if place == 0:
            return


def _pattern(key: str) -> str:
    """Return a key without what names somebody, or some time."""
    if counter := counters.name_of(key.encode()):
        return f"{PREFIX}{counter.subject.partition(':')[0]}:*:{counter.operation}:*"
    first, *others = key.split(":", 2)
    begins = first if _BEGINS.match(first) else "*"
    follows = [part if place == 0 and _FOLLOWS.match(part) else "*" for place, part in enumerate(others)]
    return ":".join([begins, *follows])


def _memory(client: Redis) -> str:
    info: Mapping[str, Any] = client.info("memory")
    told = {name: info[name] for name in _MEMORY if name in info}
    most, used = info.get("maxmemory", 0), info["used_memory"]
    told["share of the most"] = share(used, most) if most else "no limit: until the kernel ends it"
    return facts(told)


def _connected(client: Redis) -> str:
    connected: list[dict[str, Any]] = client.client_list()
    counted = Counter(
        (
            each.get("name") or "-",
            str(each.get("addr", "-")).rpartition(":")[0],
            each.get("db"),
            each.get("cmd"),
        )
        for each in connected
    )
    rows = ((number, *who) for who, number in counted.most_common(SHOWN))
    told = facts(_chosen(client, _CLIENTS))
    return f"{told}\n\n{table(('connections', 'name', 'from', 'database', 'last command'), rows)}"


def _chosen(client: Redis, names: tuple[str, ...]) -> dict[str, Any]:
    info: Mapping[str, Any] = client.info()
    return {name: info[name] for name in names if name in info}


def _shown(name: str, value: str) -> str:
    if not value:
        return "not set"
    return HIDDEN if SECRET.search(name) else value


def _place(scene: Scene) -> Path:
    """Return where the log is: as the server says, or, while it is away, where it usually is."""
    told = _asked(lambda: scene.redis().config_get("logfile")).get("logfile")
    if told:
        return Path(told)
    return USUAL if scene.where.production else Layout(scene.where.var).log / "redis-server.log"


def _asked(ask: Callable[[], Mapping[Any, Any]]) -> Mapping[Any, Any]:
    try:
        return ask()
    except (RedisError, CannotReadError):
        return {}
