"""Each part of the runbook's inventory, E01 to E24, has its file and tells what it is for."""

import hashlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from family_site.settings.environment import Environment
from ops import clock
from ops.bundle import configuration, parts
from ops.bundle.part import HOUR
from ops.doctor.whereabouts import Whereabouts
from ops.embedded.ties import die_with_parent
from ops.metrics import exporter
from ops.metrics.page import Page
from ops.metrics.sources import Asker
from ops.mongo.collections import collection, control_collection
from ops.redis import store
from tests.ops.bundle.conftest import Take
from tests.ops.bundle.lines import FAMILY, REQUEST, busy, event
from tests.ops.metrics.counting import counting

# By the part: what stands in its file. Of figures, only that they are there.
TOLD = {
    "E01": [
        r'UTC - \{"event": "family.created"',
        r"There is no \S+nginx\S+: only production",
        r"a line that is no JSON",
    ],
    "E02": [
        r"^memory +[\d.]+ GiB, available",
        r"^/ +[\d.]+ .iB",
        r"^cpu +some",
        r"mongod +\d",
        r"^processors +\d",
    ],
    "E03": [
        r"^MONGODB_MAX_POOL_SIZE +100$",
        r"^SECRET_KEY +… \(set, not shown\)$",
        r"^SBD_MODE +test$",
        r"^django +5",
        r"^open files +\d+",
    ],
    "E04": [r'"msg": "client metadata"', r"^\d+ +warning +CONTROL"],
    "E05": [
        r"^127\.0\.0\.1:\d+ +PRIMARY +1\.0",
        r"^can be written to +True$",
        r"^electionTimeoutMillis +2000$",
    ],
    "E06": [
        r"^cache +[\d.]+ \S+ of 512\.0 MiB",
        r"sbd_accounts +\d",
        r"of its files",
        r"^connections +\d+ now",
    ],
    "E07": [r"^role +master$", r"^maxmemory-policy +noeviction$", r"Ready to accept connections"],
    "E08": [r"^used_memory_human +\S+$", r"^db0 +[1-9]", r"jobs' queue", r"^share of the most +no limit"],
    "E09": [r"^connected_clients +[1-9]", r"^\d+ +- +127\.0\.0\.1 +0 "],
    "E10": [
        rf"^2 +KeyError at families/actions/joining\.py:88 \(request failed\) .*{REQUEST}$",
        r"^1 +Database connection failed: AutoReconnect",
        r"members\.join\(family_id\)",
    ],
    "E11": [r"^\d\d:\d\d +9 +0 +1 +11\.1 % +1$", r"^1 +POST /family/create +503 +DATABASE_UNAVAILABLE$"],
    "E12": [
        r"^\d{4}-\d\d-\d\d \S+ UTC +web +bundle-tests +1\.2\.3 +0123456789ab +tests$",
        r"UTC +\w+ +\d{4}_\w+$",
    ],
    "E13": [r"^0\.01 +\d+\.\d", r"^memory +some", r"^load of 1, 5, 15 min"],
    "E14": [r"^operations: query +\d+$", r"^transactions +\d+ +[\d.-]+$", r"^== Slow operations"],
    "E15": [
        r"^\d\d:\d\d +20 +11\.0 +20\.0 +20\.0$",
        r"^\d\d:\d\d +9 +10\.0 +3000\.0 +3000\.0$",
        r"^POST /family/create +29 +",
    ],
    "E16": [
        r"^3 +auth\.login\.failed +wrong_password +-$",
        r"^1 +auth\.token\.rejected +expired +-$",
        r"^7 +sign_in_failures$",
        r"^OK +jwt",
    ],
    "E17": [
        r"^sign-in provider +none$",
        r"external: the provider",
        r"^dead_letter +1$",
        r"welcome +no such box$",
    ],
    "E18": [
        r"^persons who signed in +1$",
        r"^failures +4$",
        r"^of them without a sign-in since +1$",
        r"^3 +person-\d+$",
        r"^1 +POST /family/my-families$",
    ],
    "E19": [
        r"^family_create +99 +60 s +.* yes +shell:tests$",
        r"^login +10 +900 s +address$",
        r"^DEGRADED +limits",
    ],
    "E20": [
        r"^2 calls were refused, of 2 ",
        r"^1 +family_create +user$",
        r"^1 +rate limit store unavailable",
    ],
    "E21": [r"^1 keys were looked at, of 1\.$", r"^1 +1 +\d+ B +string +cache:figures$"],
    "E22": [
        r"^1 +family\.member\.removed$",
        r"^1 +POST /family/invite +403 +MEMBER_LIMIT_EXCEEDED$",
        FAMILY,
    ],
    "E23": [r"^dead_letter +1$"],
    "E24": [
        r"^OK +ledger",
        r"^OK +schema",
        r"^tests\.bundle +\d{4}-.* -$",
        r"audit: the audit log is sealed",
    ],
}
WITHOUT_EXPORTER = {"E11", "E13", "E15", "E16", "E17", "E20", "E22", "E23"}


@pytest.fixture
def used(tmp_path: Path) -> Iterator[Path]:
    """A system that is used; the file with its lines."""
    now = clock.now()
    collection("email_outbox").insert(
        {"_id": "mail_1", "key": "k", "to": "x", "template": "welcome", "status": "dead_letter"}
        | {"fault": "no such box", "created_at": now, "next_attempt_at": now}
    )
    seen: dict[str, Any] = {"type": "sign_in_failures", "count": 7, "first_at": now, "last_at": now}
    collection("security_events").insert({"_id": "sev_1", "subject": "203.0.113.9", "facts": {}, **seen})
    override = {"endpoint": "/family/create", "limit": 99, "window": 60, "by": "shell:tests", "reason": "x"}
    collection("rate_limit_overrides").insert(
        {"_id": "family_create", "until": now.replace(year=2100), "created_at": now, **override}
    )
    # MongoDB warns of it; what it says at its start is beyond the end of a long log.
    connections["default"].connection.admin.command("configureFailPoint", "failCommand", mode="off")
    store().set("cache:figures", 1)
    started = {"_id": "9 tests", "at": now, "role": "web", "host": "bundle-tests", "version": "1.2.3"}
    control_collection("deployments").insert({**started, "commit": "0123456789abcdef", "by": "tests"})
    control_collection("heartbeats").insert({"_id": "tests.bundle", "ok_at": now, "error": None})
    with override_settings(NGINX_ERROR_LOG=str(tmp_path / "nginx.log")):
        yield busy(tmp_path / "log")
    control_collection("deployments").delete({"host": "bundle-tests"})
    control_collection("heartbeats").delete({"_id": "tests.bundle"})


def test_every_part_of_the_inventory_tells_what_it_is_for(take: Take, used: Path) -> None:
    taken = take(file=used)

    assert [part.name[:3] for part in parts.PARTS] == [f"E{number:02}" for number in range(1, 25)]
    for number, patterns in TOLD.items():
        for pattern in patterns:
            assert re.search(pattern, taken[number], re.MULTILINE), (number, pattern, taken[number])
    assert set(taken.missing) == WITHOUT_EXPORTER
    assert taken.files["00-doctor.txt"].startswith("doctor: ")
    assert '"findings"' in taken.files["00-doctor.json"]


def test_the_manifest_tells_of_every_file_and_of_what_is_missing(take: Take, used: Path) -> None:
    taken = take(4, file=used)

    told = {each["name"]: (each["bytes"], each["sha256"]) for each in taken.manifest["files"]}
    assert told == {
        name: (len(text.encode()), hashlib.sha256(text.encode()).hexdigest())
        for name, text in taken.files.items()
        if name != "manifest.json"
    }
    parts_ = {each["part"]: each for each in taken.manifest["parts"]}
    assert list(parts_) == ["E10", "E11", "E12"]
    assert parts_["E11"]["files"] == ["E11-error-rate-graph.txt", "E11-error-rate-graph.svg"]
    (missing,) = parts_["E11"]["could_not_read"]
    assert missing["source"] == "metrics of the exporter"
    assert missing["why"].startswith("the exporter does not answer at 127.0.0.1:")
    assert parts_["E10"]["could_not_read"] == []
    assert parts_["E10"]["since"] < taken.manifest["taken_at"]


@pytest.mark.parametrize(
    ("section", "chart", "lines"),
    [
        (4, "E11-error-rate-graph.svg", {"requests", "4xx", "5xx", "ERROR lines"}),
        (5, "E13-resource-graphs.svg", {"processor", "waiting for disk", "memory"}),
        (5, "E15-response-times.svg", {"half within", "95 % within"}),
    ],
)
def test_charts_are_pictures_with_a_point_for_each_figure(
    take: Take, used: Path, section: int, chart: str, lines: set[str]
) -> None:
    picture = ET.fromstring(take(section, file=used).files[chart])  # noqa: S314  # our own

    name = "{http://www.w3.org/2000/svg}"
    drawn = [each.attrib["points"].split() for each in picture.iter(f"{name}polyline")]
    assert len(drawn) == len(lines)
    assert lines <= {str(each.text) for each in picture.iter(f"{name}text")}
    assert len({len(points) for points in drawn}) == 1
    assert len(drawn[0]) >= 2
    across, down = zip(*(map(float, point.split(",")) for line in drawn for point in line), strict=True)
    assert 60 <= min(across) <= max(across) <= 880
    assert 50 <= min(down) <= max(down) <= 280


def test_every_setting_is_named_and_a_value_is_shown_only_if_somebody_allowed_it(take: Take) -> None:
    with override_settings(SETTINGS_DIGESTS={**settings.SETTINGS_DIGESTS, "NEW_THING": "0"}):
        said = take(1)["E03"]

    names = {name.upper() for name in Environment.model_fields}
    assert names <= set(re.findall(r"^([A-Z0-9_]+) ", said, re.MULTILINE))
    assert not configuration.SHOWN.keys() & configuration.SECRET.keys()
    assert configuration.SHOWN.keys() | configuration.SECRET.keys() <= names
    assert re.search(r"^NEW_THING +… \(set, not shown\)$", said, re.MULTILINE)


def test_lines_are_read_from_the_file_that_our_processes_write_to(take: Take, tmp_path: Path) -> None:
    path = busy(tmp_path / "web.log")
    program = "import sys, time; print('ready', file=sys.stderr, flush=True); time.sleep(60)"
    with path.open("a") as output:
        ours = subprocess.Popen(
            [sys.executable, "-c", program, "family_site.asgi:application"],
            stdout=output,
            stderr=subprocess.PIPE,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
        )
    with ours:
        assert ours.stderr is not None
        ours.stderr.readline()
        said = take(1)["E01"]
        ours.kill()

    assert f"From {path}." in said
    assert "family.member.removed" in said


def test_only_what_was_written_since_then_is_taken(take: Take, used: Path) -> None:
    usual, long = take(1, file=used)["E01"], take(1, file=used, span=HOUR)["E01"]

    assert usual.count('"/family/create"') == 9
    assert long.count('"/family/create"') == 29


def test_figures_are_those_that_the_exporter_shows(take: Take, tmp_path: Path) -> None:
    port = exporter.free_port(19_090, most=1000)
    with counting(tmp_path) as process, override_settings(METRICS_DIR=tmp_path, METRICS_PORT=port):
        process.does('http.note("POST", "/family/create", 503, 0.2)')
        servers = exporter.listen(port, Page(tmp_path, Asker([])))
        exporter.serve(servers)
        taken = take(5)
        exporter.close(servers)

    said = taken["E15"]
    assert re.search(r'^http_requests_total\{.*route="/family/create".*\} 1\.0$', said, re.MULTILINE)
    assert "_bucket" not in said
    assert 'processes_alive{role="web"} 1.0' in taken["E13"]


def test_in_production_the_lines_are_those_of_the_journal(
    take: Take, where: Whereabouts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = int(clock.now().timestamp() * 1_000_000)
    entry = {"MESSAGE": event("INFO", "family.created"), "_SYSTEMD_UNIT": "sbd-worker.service"}
    (tmp_path / "entries").write_text(json.dumps({**entry, "__REALTIME_TIMESTAMP": str(at)}) + "\n")
    program = tmp_path / "journalctl"
    program.write_text(f"#!/bin/sh\necho 'Hint: not all is seen.' >&2\ncat {tmp_path}/entries\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    said = take(8, at=replace(where, mode="production"))["E22"]
    lines = take(1, at=replace(where, mode="production"))["E01"]

    assert re.search(r'UTC sbd-worker \{"event": "family.created"', said)
    assert "From the journal of sbd-api, sbd-worker, sbd-beat, sbd-metrics." in lines
    assert "Hint: not all is seen." in lines


def test_without_a_journal_and_without_a_file_it_says_how_to_give_one(
    take: Take, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    said = take(8)["E22"]

    assert "there is no journalctl, and no process of ours writes to a file: give them by --file" in said
