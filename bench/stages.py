"""``python -m bench.stages [ROW ...]``: where the time of a request goes, stage by stage.

py-spy looks at the one web process five hundred times a second while it answers the row's requests; a look
belongs to the stage of the innermost frame that has one. What the process computes for a request, by the
kernel's count, is shared out in that proportion.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import psutil

from bench import serving, world
from bench.__main__ import prepared_for
from bench.load import Load
from bench.report import keep
from bench.rows import ROWS, Row
from bench.supply import World

CONNECTIONS, LOOKS_A_SECOND = 32, 500
OTHER = "other"


class Stage(NamedTuple):
    """A part of what is done for a request, and the paths of its code."""

    name: str
    paths: tuple[str, ...]


# The first that fits. What has none, like the standard library, belongs to who called it.
STAGES = (
    Stage("server", ("uvicorn/", "ops/server/", "family_site/asgi", "asyncio/")),
    Stage(
        "authentication", ("jwt/", "family_site/identity/api/authentication", "family_site/identity/tokens")
    ),
    Stage("limits", ("ops/limits/", "redis/", "django_redis/")),
    Stage("routing", ("django/urls/",)),
    Stage(
        "middleware", ("ops/web/middleware", "django/middleware/", "django/core/handlers/", "django/http/")
    ),
    Stage("rest framework", ("rest_framework/",)),
    Stage("driver", ("pymongo/", "bson/")),
    Stage("ORM", ("django/db/", "django_mongodb_backend/")),
    Stage("our engine", ("ops/mongo/",)),
    Stage("logs and metrics", ("structlog/", "logging/", "ops/logs", "prometheus_client/", "ops/metrics/")),
    Stage("render", ("ops/web/json", "orjson/")),
    Stage("ops", ("ops/",)),
    Stage("product", ("families/", "tokens/", "family_site/")),
)


class Profile(NamedTuple):
    """What a request costs: microseconds that the process computes, by stage."""

    requests: int
    rate: float
    microseconds: dict[str, float]


def main() -> None:
    """Profile the rows, and print each stage's microseconds."""
    options = _options()
    chosen = [row for row in ROWS if row.name in options.rows or not (options.rows or row.entries)]
    with world.servers():
        people = prepared_for(chosen)
        with serving.ours(workers=1) as (port, master):
            profiles = {row.name: _profile(row, people, port, master, options) for row in chosen}
    for name, profile in profiles.items():
        whole = sum(profile.microseconds.values())
        print(f"{name}: {whole:.0f} us a request, {profile.rate:.0f}/s by one process")
        for stage, microseconds in sorted(profile.microseconds.items(), key=lambda each: -each[1]):
            print(f"  {stage:18}{microseconds:8.0f} us{microseconds / whole:8.1%}")
    keep(
        "stages",
        {"options": vars(options), "rows": {name: each._asdict() for name, each in profiles.items()}},
    )


def _profile(
    row: Row, people: World, port: int, master: psutil.Process, options: argparse.Namespace
) -> Profile:
    if row.prepare is not None:
        row.prepare(people, options.supply)
    load = Load(row.requests(row.path, people), row.may_conflict)
    load.run(port, connections=CONNECTIONS, seconds=2)
    (worker,) = serving.workers_of(master)
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        looking = _look(worker.pid, options.seconds, file.name)
        before = worker.cpu_times()
        measured = load.run(port, connections=CONNECTIONS, seconds=options.seconds)
        after = worker.cpu_times()
        if looking.wait():
            raise RuntimeError("py-spy could not look at the process: has this user the right to?")
        looks = _by_stage(Path(file.name).read_text())
    computed = (after.user + after.system - before.user - before.system) * 1e6
    a_request, total = computed / (measured.requests + measured.refused), sum(looks.values())
    return Profile(
        measured.requests, measured.rate, {name: a_request * count / total for name, count in looks.items()}
    )


def _look(pid: int, seconds: float, to: str) -> subprocess.Popen[bytes]:
    program = str(Path(sys.executable).with_name("py-spy"))
    how = ["--nonblocking", "--gil", "--rate", str(LOOKS_A_SECOND), "--duration", str(round(seconds))]
    command = [program, "record", "--pid", str(pid), *how, "--format", "raw", "--output", to]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _by_stage(looks: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    for line in looks.splitlines():
        frames, _, count = line.rpartition(" ")
        counted[_stage(frames.split(";"))] += int(count)
    return counted


def _stage(frames: list[str]) -> str:
    for frame in reversed(frames):
        for stage in STAGES:
            if any(path in frame for path in stage.paths):
                return stage.name
    return OTHER


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.stages", description=main.__doc__)
    parser.add_argument("rows", nargs="*", help="names of rows; without them all")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of one measurement")
    parser.add_argument("--supply", type=int, default=20_000, help="how much is made of what is used up")
    return parser.parse_args()


if __name__ == "__main__":
    main()
