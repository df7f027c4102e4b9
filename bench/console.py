"""``python -m bench.console``: how long each kind of page of the console takes, and how many commands.

Measured is the database that ``MONGODB_URI`` names, or one of this run's own, with as many families as asked
for. Pages are opened by HTTP, one after the other, signed in as a superuser; commands are counted in this
process, once for each kind.
"""

import argparse
import http.client
import os
import re
import secrets
import statistics
import threading
import time
from contextlib import nullcontext
from typing import Any

from pymongo import monitoring

from bench import serving, world
from bench.report import keep

GOAL_MS = 300.0
STAFF = "bench-staff"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
OWN_COMMANDS = frozenset({"hello", "ping", "endSessions", "killCursors"})


class Counter(monitoring.CommandListener):
    """Counts the commands of one thread; others do what is no page's."""

    def __init__(self) -> None:
        """Begin with none, on this thread."""
        self.count = 0
        self._thread = threading.get_ident()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Count a command."""
        if threading.get_ident() == self._thread:
            self.count += event.command_name not in OWN_COMMANDS

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Let it pass."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Let it pass."""


class Browser:
    """Opens pages by HTTP, as somebody who has signed in."""

    def __init__(self, port: int) -> None:
        """Take the server's port."""
        self._to = http.client.HTTPConnection("localhost", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def sign_in(self, username: str, password: str) -> None:
        """Send the sign-in form.

        Raises:
            PermissionError: it was refused.
        """
        _, page = self.open("/admin/login/")
        found = TOKEN.search(page)
        assert found, "no sign-in form"  # noqa: S101  # a defect of this script
        fields = {"username": username, "password": password, "next": "/admin/"}
        body = "&".join(
            f"{name}={each}" for name, each in {**fields, "csrfmiddlewaretoken": found[1]}.items()
        )
        status, _ = self.open("/admin/login/", body)
        if status != http.HTTPStatus.FOUND:
            raise PermissionError(status)

    def open(self, address: str, body: str | None = None) -> tuple[int, str]:
        """Return status and text of a page."""
        headers = {"Cookie": "; ".join(f"{name}={each}" for name, each in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._to.request("GET" if body is None else "POST", address, body, headers)
        answer = self._to.getresponse()
        text = answer.read().decode()
        for each in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = each.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, text


def main() -> None:
    """Measure all kinds of pages, and print a table, the slowest first."""
    options = _options()
    counter = Counter()
    monitoring.register(counter)
    own = "MONGODB_URI" not in os.environ
    with world.servers() if own else nullcontext():
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "family_site.settings")
        password = _prepare(options.families if own else 0)
        with serving.ours(workers=1) as (port, _):
            browser = Browser(port)
            browser.sign_in(STAFF, password)
            rows = _measured(browser, counter, options)
    rows.sort(key=lambda row: -row["p95_ms"])
    _show(rows)
    keep("console", {"options": vars(options), "rows": rows})


def _prepare(families: int) -> str:
    """Make the database ready, and somebody who may see all; returns their password."""
    import django  # noqa: PLC0415  # the settings must be there first

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from family_site.identity import queries  # noqa: PLC0415
    from family_site.identity.actions import passwords, registration  # noqa: PLC0415
    from ops import clock  # noqa: PLC0415
    from ops.actors import Actor  # noqa: PLC0415

    if settings.PRODUCTION:
        raise SystemExit("It makes a superuser, raises limits and profiles: not in production.")
    call_command("migrate", verbosity=0)
    if families:
        call_command("seed_bulk", families=families, processes=1)
    password, bench, now = f"{secrets.token_hex(12)}-aA1", Actor.system("bench"), clock.now()
    staff = queries.user_by_identifier(STAFF)
    if staff is None:
        address = f"{STAFF}@example.com"
        registration.register(
            STAFF, address, password, actor=bench, now=now, is_staff=True, is_superuser=True
        )
    else:
        passwords.set_password(staff["_id"], password, actor=bench, now=now)
    world.raise_limits()
    return password


def _measured(browser: Browser, counter: Counter, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure each kind; what answers with a redirect is measured up to that."""
    from django.test import Client  # noqa: PLC0415  # after the settings

    from bench import console_pages  # noqa: PLC0415  # as above
    from family_site.identity.models import User  # noqa: PLC0415  # as above

    within = Client(SERVER_NAME="localhost")
    within.cookies.load(dict(browser.cookies))
    staff = User.objects.get(username=STAFF)
    rows = []
    for kind in console_pages.kinds(staff, lambda address: browser.open(address)[1]):
        if options.only and not re.search(options.only, kind.name):
            continue
        row = _row(kind, browser, options.times) | _cost(within, kind.addresses[0], counter)
        print(_line(row), flush=True)
        rows.append(row)
    return rows


def _cost(within: Any, address: str, counter: Counter) -> dict[str, Any]:
    """Return what a page costs, however busy the machine is: commands, what they look at, and our time."""
    from django.db import connection  # noqa: PLC0415  # after the settings

    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    within.get(address)
    database.command("profile", 2)
    commands, began = counter.count, time.process_time()
    within.get(address)
    ours, commands = (time.process_time() - began) * 1000, counter.count - commands
    database.command("profile", 0)
    # What others send meanwhile is not the console's.
    theirs = {"command.comment": {"$regex": r"^GET /admin/"}, "ns": {"$not": {"$regex": "profile"}}}
    figures = {"docs": {"$sum": "$docsExamined"}, "keys": {"$sum": "$keysExamined"}}
    found = list(
        database["system.profile"].aggregate([{"$match": theirs}, {"$group": {"_id": None, **figures}}])
    )
    database["system.profile"].drop()
    examined = found[0] if found else {"docs": 0, "keys": 0}
    return {"commands": commands, "cpu_ms": ours, "docs": examined["docs"], "keys": examined["keys"]}


def _row(kind: Any, browser: Browser, times: int) -> dict[str, Any]:
    milliseconds, statuses, size = [], set(), 0
    browser.open(kind.addresses[0])
    for number in range(times):
        began = time.perf_counter()
        status, text = browser.open(kind.addresses[number % len(kind.addresses)])
        milliseconds.append((time.perf_counter() - began) * 1000)
        statuses.add(status)
        size = max(size, len(text))
    milliseconds.sort()
    return {
        "kind": kind.name,
        "p50_ms": statistics.median(milliseconds),
        "p95_ms": milliseconds[min(len(milliseconds) - 1, int(len(milliseconds) * 0.95))],
        "worst_ms": milliseconds[-1],
        "statuses": sorted(statuses),
        "bytes": size,
    }


def _line(row: dict[str, Any]) -> str:
    over = "" if row["p95_ms"] <= GOAL_MS else "  over"
    statuses = " ".join(map(str, row["statuses"]))
    times = "".join(f"{row[name]:8.0f}" for name in ("p50_ms", "p95_ms", "worst_ms", "cpu_ms"))
    counts = f"{row['commands']:9}{row['docs']:8}{row['keys']:8}{row['bytes']:8}"
    return f"{row['kind']:64.64}{times}{counts} {statuses}{over}"


def _show(rows: list[dict[str, Any]]) -> None:
    times = f"{'p50 ms':>8}{'p95 ms':>8}{'worst':>8}{'our cpu':>8}"
    print(f"\n{'kind':64}{times}{'commands':>9}{'docs':>8}{'keys':>8}{'bytes':>8} status")
    for row in rows:
        print(_line(row))
    over = [row["kind"] for row in rows if row["p95_ms"] > GOAL_MS]
    print(f"{len(rows)} kinds, {len(over)} over {GOAL_MS:.0f} ms; load {os.getloadavg()}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=main.__doc__)
    parser.add_argument("--families", type=int, default=20_000, help="in a database of this run's own")
    parser.add_argument("--times", type=int, default=30, help="how often each kind of page is opened")
    parser.add_argument("--only", help="kinds whose name this expression finds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
