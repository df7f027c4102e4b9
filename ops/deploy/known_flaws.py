"""``make audit``: whether a flaw is known of what the locks pin.

Each pinned version is looked up at https://osv.dev, which also holds PyPI's own advisories, by one call
with all names and versions; it gets nothing else of ours. Nothing is installed for it.

Exit status 0: no flaw is known, 1: one is, 2: nobody could be asked, so nothing is known. A package that is
not pinned by ``==`` cannot be looked up, and is as bad as a flaw.

    python -m ops.deploy.known_flaws [--ignore ID]… LOCK…

``OSV_URL`` is another address of the same service. Source: runbook inventory, C27.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx

NONE, FLAWS, COULD_NOT_LOOK = 0, 1, 2
# A name, perhaps extras, a version; hashes, comments and options are on lines of their own.
_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
_REQUIREMENT = re.compile(r"[A-Za-z0-9]")
AT_ONCE = 500  # the service takes 1,000 in a call
SECONDS = 30.0


class Pin(NamedTuple):
    """A package as a lock pins it."""

    name: str
    version: str


class Flaw(NamedTuple):
    """A flaw that is known: by which ids, in a line, and in which versions it is mended."""

    pin: Pin
    id: str
    aliases: tuple[str, ...]
    summary: str
    mended_in: tuple[str, ...]


def main(arguments: Sequence[str]) -> int:
    """Look, and say what is known; returns the exit status."""
    parser = argparse.ArgumentParser(prog="known_flaws", description="Known flaws of what locks pin.")
    parser.add_argument("--ignore", action="append", default=[], metavar="ID", help="a flaw we can live with")
    parser.add_argument("locks", nargs="+", type=Path, metavar="LOCK")
    options = parser.parse_args(arguments)
    pins, unpinned = read(options.locks)
    address = os.environ.get("OSV_URL", "https://api.osv.dev").rstrip("/")
    try:
        with httpx.Client(base_url=address, timeout=SECONDS) as client:
            found = look_up(client, pins)
    except (httpx.HTTPError, ValueError, KeyError) as error:
        sys.stderr.write(f"Nobody could be asked at {address}: {type(error).__name__}. Nothing is known.\n")
        return COULD_NOT_LOOK
    ignored = set(options.ignore)
    flaws = [each for each in found if not ignored & {each.id, *each.aliases}]
    for line in _told(flaws, unpinned):
        sys.stdout.write(f"{line}\n")
    left_out = f", {len(found) - len(flaws)} of them ignored" if len(found) > len(flaws) else ""
    sys.stdout.write(f"{len(pins)} packages: {len(found)} flaws are known{left_out}\n")
    return FLAWS if flaws or unpinned else NONE


def read(locks: Iterable[Path]) -> tuple[list[Pin], list[str]]:
    """Return what locks pin, by name, and the lines that pin nothing."""
    pins, unpinned = set(), []
    for lock in locks:
        for line in lock.read_text().splitlines():
            if pin := _PIN.match(line):
                pins.add(Pin(re.sub(r"[-_.]+", "-", pin[1]).lower(), pin[2]))
            elif _REQUIREMENT.match(line):
                unpinned.append(f"{lock.name}: {line.strip()}")
    return sorted(pins), unpinned


def look_up(client: httpx.Client, pins: Sequence[Pin]) -> list[Flaw]:
    """Return the flaws that are known.

    Raises:
        httpx.HTTPError, ValueError, KeyError: the service is away, or answers something else.
    """
    found: list[Flaw] = []
    for start in range(0, len(pins), AT_ONCE):
        chosen = pins[start : start + AT_ONCE]
        answer = _answer(client.post("/v1/querybatch", json={"queries": [_query(each) for each in chosen]}))
        for pin, result in zip(chosen, answer["results"], strict=True):
            found += [_flaw(client, pin, each["id"]) for each in _every(client, pin, result)]
    return found


def _every(client: httpx.Client, pin: Pin, result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all flaws of a package: the service gives many of them page by page."""
    found = list(result.get("vulns", ()))
    while page := result.get("next_page_token"):
        result = _answer(client.post("/v1/query", json=_query(pin) | {"page_token": page}))
        found += result.get("vulns", ())
    return found


def _query(pin: Pin) -> dict[str, Any]:
    return {"package": {"name": pin.name, "ecosystem": "PyPI"}, "version": pin.version}


def _flaw(client: httpx.Client, pin: Pin, identifier: str) -> Flaw:
    told = _answer(client.get(f"/v1/vulns/{identifier}"))
    ranges = [
        each
        for affected in told.get("affected", ())
        if affected.get("package", {}).get("name", "").lower() == pin.name
        for each in affected.get("ranges", ())
        if each.get("type") != "GIT"
    ]
    mended = {event["fixed"] for each in ranges for event in each.get("events", ()) if "fixed" in event}
    summary = str(told.get("summary") or "").strip()
    return Flaw(pin, identifier, tuple(told.get("aliases", ())), summary, tuple(sorted(mended)))


def _answer(response: httpx.Response) -> dict[str, Any]:
    response.raise_for_status()
    answer = response.json()
    if not isinstance(answer, dict):
        msg = "no object"
        raise ValueError(msg)  # noqa: TRY004  # as of what is no JSON
    return answer


def _told(flaws: Iterable[Flaw], unpinned: Iterable[str]) -> Iterable[str]:
    for each in flaws:
        names = ", ".join((each.id, *each.aliases))
        mended = f"mended in {', '.join(each.mended_in)}" if each.mended_in else "not mended yet"
        yield f"{each.pin.name} {each.pin.version}: {names}: {each.summary} ({mended})"
    for line in unpinned:
        yield f"not pinned, so not looked up: {line}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
