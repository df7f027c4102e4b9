"""What MongoDB, Redis and the web process have in common when they do not answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from ops.doctor import listeners
from ops.doctor.check import Finding, Result
from ops.doctor.findings import without_settings
from ops.doctor.listeners import LOOPBACK, Holder
from ops.doctor.whereabouts import Whereabouts

REFUSED = "connection refused"
SILENCE = "no answer within"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of server.

    Attributes:
        name: for people.
        setting: the variable that holds its address.
        unit: of systemd.
    """

    name: str
    setting: str
    unit: str


def silence(seconds: float) -> str:
    """Return the words for a time-out."""
    return f"{SILENCE} {seconds:g} s"


def nowhere(kind: Kind, where: Whereabouts) -> Finding:
    """There is no address to look at."""
    if not where.faults:
        evidence = f"no embedded server runs with the data in {where.var}"
        return Finding(Result.FAILED, (evidence,), f"the demo's own {kind.name} was not started", "make run")
    return without_settings(f"{kind.setting} is not set, and no embedded server runs")


def unreadable(kind: Kind) -> Finding:
    """The address is none; it is not shown, for it may hold a password."""
    return Finding(
        Result.FAILED,
        (f"{kind.setting} is not an address of {kind.name}",),
        f"a mistake in {kind.setting}, such as a sign in the password that must be written as %XX",
        "grep -n -o '^[A-Z_]*' .env",
    )


def stopped(evidence: str, holder: Holder) -> Finding:
    """A signal stopped the process that has the port."""
    pids = " ".join(str(pid) for pid in holder.stopped)
    return Finding(
        Result.FAILED,
        (f"{evidence}; {holder.name} is stopped",),
        "a signal stopped the process: it keeps its port and does nothing",
        f"kill -CONT {pids}",
    )


def unreachable(kind: Kind, where: Whereabouts, faults: Mapping[tuple[str, int], str]) -> Finding:
    """No server of this kind could be used.

    Args:
        faults: what was met at each host and port; at least one.
    """
    evidence = "; ".join(f"{host}:{port}: {fault}" for (host, port), fault in faults.items())
    host, port = next(iter(faults))
    holder = listeners.holder(port) if host in LOOPBACK else None
    if holder and holder.stopped:
        return stopped(evidence, holder)
    cause = _cause(kind, host, set(faults.values()))
    return Finding(Result.FAILED, (evidence,), cause, _status(kind, where, host, port))


def _cause(kind: Kind, host: str, faults: set[str]) -> str:
    where = "" if host in LOOPBACK else f" on {host}"
    if faults == {REFUSED}:
        return f"{kind.name} does not run{where}"
    if all(fault.startswith(SILENCE) for fault in faults):
        return f"{kind.name} hangs{where}, or the network in between is broken"
    return f"{kind.setting} names a wrong host or port, or the network is broken"


def _status(kind: Kind, where: Whereabouts, host: str, port: int) -> str:
    if host not in LOOPBACK:
        return f"nc -vz -w 3 {host} {port}"
    return f"sudo systemctl status {kind.unit}" if where.production else f"ss -ltnp 'sport = :{port}'"
