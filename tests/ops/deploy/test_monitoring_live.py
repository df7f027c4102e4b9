"""What a running system exports is what is documented, and a real Prometheus reads it and loads the rules."""

import contextlib
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.demo import Run, running
from tests.e2e.processes import find, wait_until
from tests.e2e.terminal import Terminal
from tests.ops.deploy import monitored
from tests.ops.deploy.monitored import MONITORING
from tests.ops.deploy.pages import fetched
from tests.ports import free_port
from tests.tools import require

pytestmark = pytest.mark.long
NOT_OF_EVERY_KERNEL = frozenset({"pressure_ratio"} if not Path("/proc/pressure").exists() else ())
# A system in which nobody was refused, no backup made and the ledger not yet checked has none of these.
LATER = frozenset(
    {
        "rate_limit_refusals_total",
        "backup_last_success_timestamp_seconds",
        "restore_drill_last_success_timestamp_seconds",
        "ledger_drifted_accounts",
        "ledger_last_check_timestamp_seconds",
        *NOT_OF_EVERY_KERNEL,
    }
)
TIMES = 30


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with running(tmp_path_factory.mktemp("monitored") / "var", ENABLE_RATE_LIMITS="true") as run:
        assert run.is_ready(), run.lines()
        yield run


def exported(page: str) -> dict[str, frozenset[str]]:
    """Return the labels of each series on the page, but those of histograms' buckets and of who counts."""
    found: dict[str, frozenset[str]] = {}
    for metric in text_string_to_metric_families(page):
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        labels = {label for sample in metric.samples for label in sample.labels}
        found[name] = frozenset(labels - {"le", "unit"})
    return found


def test_the_exported_series_are_those_that_are_documented(system: Run) -> None:
    address, documented = f"http://127.0.0.1:{system.metrics_port}/metrics", monitored.documented()
    assert fetched(f"http://127.0.0.1:{system.port}/health/live") != ""  # so that there is a request to count

    wait_until(lambda: documented.keys() - exported(fetched(address)).keys() <= LATER)

    shown = exported(fetched(address))
    assert shown.keys() - documented.keys() == set()
    assert documented.keys() - shown.keys() <= LATER
    labelled = {name: labels for name, labels in shown.items() if labels}
    assert labelled == {name: documented[name] for name in labelled}


def test_the_rules_name_only_values_that_labels_have(system: Run) -> None:
    page = fetched(f"http://127.0.0.1:{system.metrics_port}/metrics")
    shown = {
        (sample.name, label, value)
        for metric in text_string_to_metric_families(page)
        for sample in metric.samples
        for label, value in sample.labels.items()
    }
    named = set().union(*(monitored.values_in(each.expression) for each in monitored.alerts().values()))

    assert ("token_rejections_total", "reason", "signature") in named
    # A status appears with the first answer that has it.
    known = {each for each in named if each[0] not in NOT_OF_EVERY_KERNEL}
    assert {each for each in known - shown if each[:2] != ("http_requests_total", "status")} == set()


def test_staff_are_told_the_latencies_of_all_web_processes(system: Run, tmp_path: Path) -> None:
    for _ in range(TIMES):  # each on a connection of its own, so that both processes get some
        assert fetched(f"http://127.0.0.1:{system.port}/docs/errors") != ""
    terminal = Terminal.of(system.var, system.port, tmp_path)
    token = terminal.sign_in("operator")

    answer = terminal.call("/family/health/performance", token=token)
    counts = terminal.call("/family/health/metrics", token=token)["counts"]

    (told,) = [each for each in answer["routes"] if each["route"] == "/docs/errors"]
    assert told["count"] == TIMES
    # The page may be some seconds old: doctor reads it, too.
    line = f'http_request_duration_seconds_count{{route="/docs/errors",unit="web"}} {TIMES}.0'
    wait_until(lambda: line in fetched(f"http://127.0.0.1:{system.metrics_port}/metrics"))
    assert 0 < told["p50_ms"] <= told["p95_ms"] <= told["p99_ms"]
    assert counts["families"] > 0
    assert counts["tokens_of_users"] > 0


@pytest.fixture(scope="module")
def prometheus(
    request: pytest.FixtureRequest, system: Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """It, with the shipped files, of which only the targets are others; yields its address."""
    program, at, port = (
        require(request.config, "prometheus"),
        tmp_path_factory.mktemp("prometheus"),
        free_port(),
    )
    shutil.copy(MONITORING / "prometheus.yml", at)
    for folder in ("rules", "targets"):
        shutil.copytree(MONITORING / folder, at / folder)
    for name, target in (("sbd", system.metrics_port), ("prometheus", port)):
        (at / "targets" / f"{name}.yml").write_text(f'- targets: ["127.0.0.1:{target}"]\n')
    process = subprocess.Popen(
        [
            program,
            *(f"--config.file={at / 'prometheus.yml'}", f"--storage.tsdb.path={at / 'data'}"),
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def asked(address: str, path: str) -> Any:
    """Return what Prometheus says; ``{}``: it says nothing yet."""
    text = fetched(f"{address}/api/v1/{path}")
    return json.loads(text)["data"] if text else {}


def rules_of(address: str) -> list[dict[str, Any]]:
    return [rule for group in asked(address, "rules").get("groups", ()) for rule in group["rules"]]


def raised(address: str) -> set[str]:
    """Return the alerts that fire, or will if it lasts; a machine that is busy with tests may be slow."""
    alerts = [each["labels"] for each in asked(address, "alerts").get("alerts", ())]
    return {each["alertname"] for each in alerts if each["kind"] != "performance"}


def values(address: str, query: str) -> list[str]:
    found = asked(address, f"query?query={quote(query)}").get("result", ())
    return [each["value"][1] for each in found]


def test_prometheus_reads_the_page_and_every_rule_is_evaluated(prometheus: str) -> None:
    assert wait_until(lambda: values(prometheus, 'up{job="sbd"}') == ["1"])
    assert wait_until(lambda: {each["health"] for each in rules_of(prometheus)} == {"ok"})
    assert wait_until(lambda: values(prometheus, "route:http_requests:rate5m"))

    loaded = rules_of(prometheus)

    assert {each["name"] for each in loaded} == {*monitored.alerts(), *monitored.recorded()}
    assert {each.get("lastError", "") for each in loaded} == {""}
    assert raised(prometheus) == {"BackupOld"}  # the demo has none


@pytest.mark.parametrize(
    ("server", "alert"), [("redis-server", "RateLimitsLocal"), ("mongod", "DatabaseUnavailable")]
)
def test_a_server_that_hangs_raises_its_alert(
    system: Run, prometheus: str, tmp_path: Path, server: str, alert: str
) -> None:
    token = Terminal.of(system.var, system.port, tmp_path).sign_in("ada")
    assert wait_until(lambda: values(prometheus, "sum(rate_limit_fallbacks_total)"))
    assert alert not in raised(prometheus)
    hung = find(system.var, server)
    hung.suspend()
    try:
        assert wait_until(lambda: called(system, token) and alert in raised(prometheus))
    finally:
        hung.resume()

    assert wait_until(lambda: fetched(f"http://127.0.0.1:{system.port}/health/ready"))


def called(system: Run, token: str) -> bool:
    """Ask for families some times, whatever comes of it; not so often that a limit says no."""
    address = f"http://127.0.0.1:{system.port}/family/my-families"
    for _ in range(10):
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # ours
        with contextlib.suppress(OSError):
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310  # as above
    time.sleep(1.5)
    return True
