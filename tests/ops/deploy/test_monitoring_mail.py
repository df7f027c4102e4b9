"""A real Alertmanager, as it is shipped, mails an alert, and is quiet about what follows from it."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import wait_until
from tests.mailbox import Mailbox
from tests.ops.deploy import monitored
from tests.ops.deploy.monitored import MONITORING
from tests.ops.deploy.pages import fetched
from tests.ports import free_port
from tests.tools import require

ALERTS = monitored.alerts()


@pytest.fixture
def mails() -> Iterator[Mailbox]:
    mails = Mailbox()
    try:
        yield mails
    finally:
        mails.stop()


@pytest.fixture
def alertmanager(request: pytest.FixtureRequest, mails: Mailbox, tmp_path: Path) -> Iterator[str]:
    """It, with the mail server of the tests, which has no TLS; yields its address."""
    program = require(request.config, "prometheus-alertmanager", "alertmanager")
    require(request.config, "envsubst")
    environment = (MONITORING / "alerts.env.example").read_text()
    ours = environment.replace("smtp.families.example.com:587", f"127.0.0.1:{mails.port}")
    (tmp_path / "alerts.env").write_text(ours)
    rendered = subprocess.run(
        [MONITORING / "render-alertmanager", tmp_path / "alerts.env", MONITORING / "alertmanager.yml"],
        capture_output=True,
        text=True,
        check=True,
    )
    config = rendered.stdout.replace("smtp_require_tls: true", "smtp_require_tls: false")
    (tmp_path / "alertmanager.yml").write_text(config)
    port = free_port()
    process = subprocess.Popen(
        [
            *(
                program,
                f"--config.file={tmp_path / 'alertmanager.yml'}",
                f"--storage.path={tmp_path / 'data'}",
            ),
            *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        assert wait_until(lambda: fetched(f"{address}/-/ready"))
        yield address
    finally:
        process.terminate()
        process.wait(30)


def send(address: str, *names: str) -> None:
    """Raise alerts as Prometheus does, with what the rules say of them."""
    sent = [
        {
            "labels": {"alertname": name, **ALERTS[name].labels},
            "annotations": {**ALERTS[name].annotations, "summary": f"summary of {name}"},
        }
        for name in names
    ]
    request = urllib.request.Request(  # noqa: S310  # an address of ours
        f"{address}/api/v2/alerts",
        data=json.dumps(sent).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # as above
        assert answer.status == 200


def states(address: str) -> dict[str, str]:
    found: list[dict[str, Any]] = json.loads(fetched(f"{address}/api/v2/alerts"))
    return {each["labels"]["alertname"]: each["status"]["state"] for each in found}


@pytest.mark.long
def test_an_alert_is_mailed_to_whom_it_concerns_with_what_to_type_first(
    alertmanager: str, mails: Mailbox
) -> None:
    send(alertmanager, "LedgerDrift")

    assert wait_until(lambda: mails.deliveries)
    (mail,) = mails.deliveries
    assert (mail.to, mail.sender) == ("database@families.example.com", "alerts@families.example.com")
    assert mail.message["Subject"] == "[p1] firing: LedgerDrift"
    assert "summary of LedgerDrift" in mail.part("plain")
    assert "Runbook: section 8. Type first: manage.py verify_ledger" in mail.part("plain")


@pytest.mark.parametrize(
    ("cause", "quiet", "told"),
    [
        ("DatabaseUnavailable", ("NotReady", "SlowDatabase", "BackupOld"), "LedgerDrift"),
        ("WebProcessesGone", ("NotReady", "ServiceUnavailable"), "MailWaits"),
        ("MaintenanceOn", ("NotReady", "ServiceUnavailable"), "MaintenanceLasts"),
    ],
)
def test_what_follows_from_something_worse_is_not_told(
    alertmanager: str, cause: str, quiet: tuple[str, ...], told: str
) -> None:
    send(alertmanager, cause, *quiet, told)
    expected = {cause: "active", told: "active", **dict.fromkeys(quiet, "suppressed")}

    wait_until(lambda: states(alertmanager) == expected)

    assert states(alertmanager) == expected
