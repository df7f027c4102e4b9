"""What doctor:jwt (runbook R071) tells of keys: every process has the same, and none is weak.

Keys are told by their fingerprints only. What the tokens in use were signed with, identity knows.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from ops import keys
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts
from ops.jobs import wellbeing
from ops.mongo.collections import Document

ROLES = ("web", *wellbeing.ROLES)
SHORTEST = 32
NAMES = "grep -n -o '^[A-Z_]*KEY' .env"
SHOWN = 3


class Trouble(NamedTuple):
    """Something that is amiss: how bad, what was seen, why it most likely is so, what to look at next."""

    result: Result
    evidence: str
    cause: str
    remedy: str


class Standing(NamedTuple):
    """The processes that live and tell of their keys, and the fingerprints of those of this shell."""

    processes: Sequence[Document]
    mine: Mapping[str, Sequence[str]]

    @property
    def accepted(self) -> set[str]:
        """The fingerprints of the keys whose tokens are taken somewhere; without processes, here."""
        known = [each["keys"][keys.TOKENS] for each in self.processes] or [self.mine[keys.TOKENS]]
        return set(chain.from_iterable(known))


def standing() -> Standing:
    """Read it."""
    seen = wellbeing.picture()
    living = [each for role in ROLES for each in seen.living(role) if "keys" in each]
    return Standing(living, keys.fingerprints())


def facts(seen: Standing) -> str:
    """Return a line of who was compared."""
    if not seen.processes:
        return "no process lives that tells of its keys"
    signing = ", ".join(sorted({each["keys"][keys.TOKENS][0] for each in seen.processes}))
    return f"processes that live: {len(seen.processes)}, signing with {signing}"


def differences(seen: Standing, where: Whereabouts) -> list[Trouble]:
    """Compare the processes with each other, and with this shell."""
    found = [
        trouble
        for variable, mine in seen.mine.items()
        if (trouble := _difference(variable, seen.processes, list(mine), remedy(where)))
    ]
    return sorted(found, key=lambda each: -each.result.severity)


def weaknesses(where: Whereabouts) -> list[Trouble]:
    """Look for keys that are short, or not made for this system; none is ever shown."""
    made_for_demos = _of_demo(where) if where.production else set()
    found = []
    for variable, values in keys.in_settings().items():
        if min(len(each) for each in values) < SHORTEST:
            found.append(f"{variable} is shorter than {SHORTEST} characters")
        elif not made_for_demos.isdisjoint(values):
            found.append(f"{variable} is one that was made for the demo")
    if not found:
        return []
    cause = "somebody who guesses or knows the key can sign in as anybody"
    return [Trouble(Result.DEGRADED, "; ".join(found), cause, remedy(where))]


def finding(troubles: Sequence[Trouble], told: str) -> Finding:
    """Return what is told of troubles, the worst first, beside the facts."""
    if not troubles:
        return Finding(Result.OK, (told,))
    ordered = sorted(troubles, key=lambda each: -each.result.severity)
    evidence = (*(each.evidence for each in ordered), told)
    return Finding(ordered[0].result, evidence, ordered[0].cause, ordered[0].remedy)


def remedy(where: Whereabouts) -> str:
    """Return what shows where keys come from, without showing any."""
    if not where.production:
        return NAMES
    return "sudo systemctl show sbd-api sbd-worker sbd-beat --property=EnvironmentFiles,ActiveEnterTimestamp"


def _difference(
    variable: str, processes: Sequence[Document], mine: list[str], remedy_: str
) -> Trouble | None:
    held = {_named(each): list(each["keys"][variable]) for each in processes if variable in each["keys"]}
    different = {tuple(each) for each in held.values()}
    used = {each[0] for each in held.values()}
    lacking = sorted(name for name, each in held.items() if not used <= set(each))
    if lacking:
        shown = ", ".join(lacking[:SHOWN]) + (" and more" if len(lacking) > SHOWN else "")
        evidence = f"{variable}: not all have the keys that others use: {shown}"
        cause = "some processes were started before the key was changed, or by another environment"
        return Trouble(Result.FAILED, evidence, cause, remedy_)
    if len(different) > 1:
        evidence = f"{variable}: processes have different keys, and each has those that the others use"
        cause = "a key is being changed: not all processes were started anew yet"
        return Trouble(Result.DEGRADED, evidence, cause, remedy_)
    if different and different != {tuple(mine)}:
        evidence = f"{variable}: this shell has other keys than the processes"
        cause = "the setting was changed and the processes not started anew, or the shell has another one"
        return Trouble(Result.DEGRADED, evidence, cause, remedy_)
    return None


def _named(process: Document) -> str:
    return f"{process['role']} {process['pid']} on {process['host']}"


def _of_demo(where: Whereabouts) -> set[str]:
    """Return the secrets that the demo made in this directory."""
    with contextlib.suppress(OSError, ValueError):
        return set(json.loads((where.var / "secrets").read_text()).values())
    return set()
