"""Pairs of faults at one time: each hides nothing of the other, and neither may be taken for the other's."""

from faults.catalogue import books, callers, mail, mongo, parts, redis, site
from faults.fault import Fault, Pair

_BY_NAME: dict[str, Fault] = {
    fault.name: fault for room in (parts, callers, mongo, redis, mail, site, books) for fault in room.FAULTS
}
_NAMES = (
    ("the web process: stopped", "the cache's Redis: stopped"),
    ("the web process: killed", "the mail server is away"),
    ("the web process: frozen by a signal", "MongoDB: the profiler is on level 2"),
    ("the worker: stopped", "the mail server is away"),
    ("the worker: stopped", "beat: stopped"),
    ("beat: stopped", "the cache's Redis: killed"),
    ("the metrics' exporter: stopped", "the web process: stopped"),
    ("the metrics' exporter: killed", "an index is dropped"),
    ("nginx: stopped", "the cache's Redis: frozen by a signal"),
    ("nginx: stopped", "somebody of staff has no second factor"),
    ("the certificate ends in 5 days", "a balance is edited"),
    ("MongoDB, all members: killed", "the cache's Redis: killed"),
    ("MongoDB, all members: stopped", "the mail server is away"),
    ("MongoDB, all members: frozen by a signal", "the metrics' exporter: stopped"),
    ("MongoDB, all members: killed", "the web process: killed"),
    ("MongoDB: one member is killed", "the jobs' Redis: stopped"),
    ("MongoDB: one member is killed", "the web process: stopped"),
    ("MongoDB: the profiler is on level 2", "a balance is edited"),
    ("the cache's Redis: stopped", "the jobs' Redis: stopped"),
    ("Redis: full, and evicts nothing", "the mail server is away"),
    ("Redis: a replica", "an index is dropped"),
    ("the jobs' Redis: another password", "the backup is moved away"),
    ("the clock is 2 min ahead", "the mail server is away"),
    ("the worker has another key for tokens", "the merchant's account is closed"),
    ("a migration is not applied", "somebody of staff has no second factor"),
    ("another program has the web port", "limits: the hash is edited"),
    ("the proxy is blocked", "the last backup is two days old"),
)
PAIRS = tuple(Pair(_BY_NAME[one], _BY_NAME[other]) for one, other in _NAMES)
