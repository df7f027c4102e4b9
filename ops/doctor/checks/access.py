"""doctor:access (runbook S21): which rules keep people out, and whether one of them keeps out everybody."""

from collections import Counter
from ipaddress import ip_network
from typing import TYPE_CHECKING

from django.conf import settings

from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts

if TYPE_CHECKING:
    from ops.access.rules import Rule

LIST = ".venv/bin/python manage.py access list"
SHOWN = 3


def look(where: Whereabouts) -> Finding:
    """Count the rules in force, and look for blocks of the proxies in front of us."""
    every = ask(where, _in_force)
    if isinstance(every, Finding):
        return every
    evidence = f"in force: {_counted(every)}"
    proxies = [rule.value for rule in every if _holds_proxy(rule)]
    if not proxies:
        return Finding(Result.OK, (evidence,))
    named = ", ".join(proxies[:SHOWN]) + (" and more" if len(proxies) > SHOWN else "")
    return Finding(
        Result.DEGRADED,
        (f"blocked, though proxies of ours call from there: {named}", evidence),
        "somebody blocked what they took for a caller's address; whoever comes by such a proxy, and is not "
        "told apart by its header, is refused",
        LIST,
    )


def _in_force() -> "list[Rule]":
    from ops import clock  # noqa: PLC0415  # only when Django is set up
    from ops.access import in_force  # noqa: PLC0415  # as above

    now = clock.now()
    return [rule for rule in in_force.read().every if rule.holds(now)]


def _counted(every: "list[Rule]") -> str:
    numbers = Counter((rule.list, rule.kind) for rule in every)
    return (
        ", ".join(f"{which} {kind}: {number}" for (which, kind), number in sorted(numbers.items())) or "none"
    )


def _holds_proxy(rule: "Rule") -> bool:
    if rule.list != "block" or rule.kind not in {"address", "network"}:
        return False
    network = ip_network(rule.value)
    return any(
        network.version == proxy.version and network.overlaps(proxy) for proxy in settings.TRUSTED_PROXIES
    )
