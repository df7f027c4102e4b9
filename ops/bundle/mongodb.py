"""E05, E06, E14: what MongoDB tells of its set, of what it holds and of how it does."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import psutil

from ops.bundle.scene import Document, Scene
from ops.bundle.wording import facts, share, size, table
from ops.profiling.slowest import comment_of, shape_of

SHOWN = 20
LONG_SECONDS = 1


def members(scene: Scene) -> str:
    """Return the members of the set, as one of them sees them."""
    status = scene.admin({"replSetGetStatus": 1})
    newest = max((each["optimeDate"] for each in status["members"] if "optimeDate" in each), default=None)
    rows = [
        (
            each["name"],
            each["stateStr"],
            each["health"],
            f"{each['uptime']} s",
            _behind(each.get("optimeDate"), newest),
            each.get("syncSourceHost") or "-",
            each.get("lastHeartbeatMessage") or each.get("infoMessage") or "-",
        )
        for each in status["members"]
    ]
    head = f"Set {status['set']}, term {status.get('term')}, as of {status['date']:%Y-%m-%d %H:%M:%S} UTC."
    heads = ("member", "state", "health", "up for", "behind", "copies from", "says")
    return f"{head}\n\n{table(heads, rows)}"


def configuration(scene: Scene) -> str:
    """Return how the set is configured."""
    config = scene.admin({"replSetGetConfig": 1})["config"]
    rows = [
        (each["host"], each.get("priority"), each.get("votes"), each.get("hidden"), each.get("arbiterOnly"))
        for each in config["members"]
    ]
    wanted = ("electionTimeoutMillis", "heartbeatIntervalMillis", "chainingAllowed", "getLastErrorDefaults")
    told = {name: config["settings"].get(name) for name in wanted if name in config.get("settings", {})}
    heads = ("member", "priority", "votes", "hidden", "arbiter")
    return f"Version {config['version']}.\n\n{table(heads, rows)}\n\n{facts(told)}"


def primary(scene: Scene) -> str:
    """Return who can be written to, and what it last wrote."""
    hello = scene.admin({"hello": 1})
    last = hello.get("lastWrite", {})
    return facts(
        {
            "answers": hello.get("me"),
            "primary": hello.get("primary", "none"),
            "can be written to": hello.get("isWritablePrimary"),
            "last write": last.get("lastWriteDate", "-"),
            "last write of a majority": last.get("majorityWriteDate", "-"),
        }
    )


def memory(scene: Scene) -> str:
    """Return memory, cache and connections of the server."""
    status = scene.admin({"serverStatus": 1})
    cache = status.get("wiredTiger", {}).get("cache", {})
    most = cache.get("maximum bytes configured", 0)
    dirty = cache.get("tracked dirty bytes in the cache", 0)
    held = cache.get("bytes currently in the cache", 0)
    connections = status["connections"]
    return facts(
        {
            "version": status["version"],
            "up for": f"{status['uptime']:.0f} s",
            "memory": f"{status['mem']['resident']} MiB resident, {status['mem']['virtual']} MiB virtual",
            "cache": f"{size(held)} of {size(most)} ({share(held, most)})",
            "dirty in the cache": f"{size(dirty)} ({share(dirty, most)})",
            "evicted by a worker that waited": cache.get("pages evicted by application threads", "-"),
            "connections": f"{connections['current']} now, {connections['available']} left, "
            f"{connections.get('rejected', 0)} refused",
            "page faults": status.get("extra_info", {}).get("page_faults", "-"),
        }
    )


def disk(scene: Scene) -> str:
    """Return what the databases hold, and what is left of the disk below them."""
    rows = []
    for database in scene.databases():
        told = database.command("dbStats")
        rows.append(
            (
                database.name,
                int(told["objects"]),
                size(told["dataSize"]),
                size(told["storageSize"]),
                size(told["indexSize"]),
                f"{size(told['fsUsedSize'])} of {size(told['fsTotalSize'])}",
            )
        )
    heads = ("database", "documents", "data", "on disk", "indexes", "disk used")
    return table(heads, rows)


def collections(scene: Scene) -> str:
    """Return the largest collections; documents are estimated by the server."""
    rows = [
        (database.name, name, *_figures(database[name].aggregate([{"$collStats": {"storageStats": {}}}])))
        for database in scene.databases()
        for name in database.list_collection_names(filter={"type": "collection"})
        if not name.startswith("system.")
    ]
    rows.sort(key=lambda row: -row[-1])
    heads = ("database", "collection", "documents", "data", "indexes", "bytes on disk")
    return table(heads, rows[:SHOWN])


def oplog(scene: Scene) -> str:
    """Return how far back the oplog goes: a member that was away for longer must be made anew."""
    stored = scene.shared.mongodb.get()["local"]["oplog.rs"]
    first = stored.find_one({}, {"ts": 1}, sort=[("$natural", 1)])
    last = stored.find_one({}, {"ts": 1}, sort=[("$natural", -1)])
    if first is None or last is None:
        return "the oplog is empty"
    began, ended = first["ts"].as_datetime(), last["ts"].as_datetime()
    return facts({"first entry": began, "last entry": ended, "window": ended - began})


def work(scene: Scene) -> str:
    """Return how much the server has done since its start, and how long it took."""
    status = scene.admin({"serverStatus": 1})
    latencies = status.get("opLatencies", {})
    queue = status["globalLock"]["currentQueue"]
    transactions = status.get("transactions", {})
    tickets = status.get("wiredTiger", {}).get("concurrentTransactions", {})
    taken = {name: f"{each.get('out')} of {each.get('totalTickets')}" for name, each in tickets.items()}
    return "\n\n".join(
        [
            facts({f"operations: {name}": number for name, number in status["opcounters"].items()}),
            table(
                ("kind", "operations", "mean, ms"),
                (
                    (kind, each["ops"], f"{each['latency'] / 1000 / each['ops']:.2f}" if each["ops"] else "-")
                    for kind, each in latencies.items()
                ),
            ),
            facts(
                {
                    "waiting readers, writers": f"{queue['readers']}, {queue['writers']}",
                    **{f"tickets: {name}": each for name, each in taken.items() if isinstance(name, str)},
                    "transactions open": transactions.get("currentOpen", "-"),
                    "transactions aborted": transactions.get("totalAborted", "-"),
                    "conflicts between writers": status.get("metrics", {})
                    .get("operation", {})
                    .get("writeConflicts", "-"),
                    "scans of whole collections": status.get("metrics", {})
                    .get("queryExecutor", {})
                    .get("collectionScans", {})
                    .get("nonTailable", "-"),
                }
            ),
        ]
    )


def under_way(scene: Scene) -> str:
    """Return operations that run for long, with types in place of values."""
    query = {"currentOp": 1, "secs_running": {"$gte": LONG_SECONDS}, "ns": {"$gt": ""}}
    rows = [
        (
            each.get("secs_running"),
            each.get("op"),
            each.get("ns"),
            each.get("planSummary", "-"),
            comment_of(each) or each.get("desc", "-"),
            shape_of(each.get("command", {})),
        )
        for each in scene.admin(query)["inprog"]
    ]
    heads = ("seconds", "kind", "of", "plan", "for", "shape")
    return table(heads, rows, none=f"no operation runs for {LONG_SECONDS} s or longer")


def server_process(_scene: Scene) -> str:
    """Return memory and files of the server's process, if it runs on this machine."""
    rows = [
        (each.pid, size(each.info["memory_info"].rss), each.info["num_threads"], each.info["status"])
        for each in psutil.process_iter(["name", "memory_info", "num_threads", "status"])
        if each.info["name"] == "mongod" and each.info["memory_info"] is not None
    ]
    return table(("pid", "memory", "threads", "state"), rows, none="no mongod runs on this machine")


def _figures(told: Iterable[Document]) -> tuple[Any, ...]:
    stats: Mapping[str, Any] = next(iter(told), {}).get("storageStats", {})
    on_disk = stats.get("storageSize", 0) + stats.get("totalIndexSize", 0)
    return (
        stats.get("count", 0),
        size(stats.get("size", 0)),
        size(stats.get("totalIndexSize", 0)),
        on_disk,
    )


def _behind(at: datetime | None, newest: datetime | None) -> str:
    return f"{(newest - at).total_seconds():.0f} s" if at and newest else "-"
