"""Rules, their tests, the dashboard and the documentation say the same, and the real programs take them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from ops.doctor import registry
from tests.ops.deploy import monitored
from tests.ops.deploy.monitored import DASHBOARD, FOREIGN, MONITORING, Rule
from tests.tools import require

ALERTS = monitored.alerts()
# People tell people: there is no series of it.
WITHOUT_SERIES = {"S12"}
SYMPTOMS = [f"S{number:02}" for number in range(1, 25)]
HEALTHY = "a healthy system raises nothing"


def run(*words: str | Path, at: Path = MONITORING) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*map(str, words)], cwd=at, capture_output=True, text=True, check=False, timeout=300
    )


def fired(group: str) -> set[str]:
    """Return the alerts that a group of tests says to fire."""
    (found,) = [each for each in monitored.test_groups() if each["name"] == group]
    labels = [sample["labels"] for test in found["promql_expr_test"] for sample in test["exp_samples"]]
    return {name for each in labels for name in re.findall(r'alertname="(\w+)"', each)}


@pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS)
def test_an_alert_says_how_bad_it_is_where_it_belongs_and_what_to_type(alert: Rule) -> None:
    assert set(alert.labels) == {"severity", "section", "kind"}
    assert alert.labels["severity"] in {"p1", "p2", "p3"}
    assert alert.labels["section"] in set("12345678")
    assert alert.labels["kind"] in {"outage", "security", "data", "performance"}
    assert set(alert.annotations) == {"summary", "description", "runbook", "command"}
    program, name, *words = alert.annotations["command"].split()
    assert program == "manage.py"
    if name == "doctor":  # it works without Django, and reads its words by itself
        assert words in ([], *(["--section", str(number)] for number in registry.sections()))
    else:
        command = load_command_class(get_commands()[name], name)
        command.create_parser(program, name).parse_args(words)  # fails the test if it does not take them


def test_every_alert_is_shown_to_fire_and_is_quiet_in_a_healthy_system() -> None:
    groups = [each["name"] for each in monitored.test_groups()]

    assert set().union(*map(fired, groups)) == set(ALERTS)
    assert fired(HEALTHY) == set()
    (healthy,) = [each for each in monitored.test_groups() if each["name"] == HEALTHY]
    shown = [monitored.series_of(each["series"]) for each in healthy["input_series"]]
    used = [monitored.series_of(alert.expression) for alert in ALERTS.values()]
    assert frozenset().union(*used) <= frozenset().union(*shown)


def test_every_symptom_of_the_runbook_has_series_alerts_and_a_test() -> None:
    rows = [each for each in monitored.symptoms() if each.number != "none"]
    groups = " ".join(each["name"] for each in monitored.test_groups())

    assert [each.number for each in rows] == SYMPTOMS
    assert {each.number for each in rows if not each.alerts - {"none"}} == WITHOUT_SERIES
    assert set(re.findall(r"S\d\d", groups)) == set(SYMPTOMS) - WITHOUT_SERIES
    for row in rows:
        for group in (each["name"] for each in monitored.test_groups() if row.number in each["name"]):
            assert fired(group) & row.alerts, (row.number, group)


def test_the_documented_alerts_are_those_there_are_and_rest_on_the_series_beside_them() -> None:
    rows = monitored.symptoms()

    assert set().union(*(each.alerts for each in rows)) - {"none"} == set(ALERTS)
    for row in rows:
        used = {name for each in row.alerts for name in monitored.series_of(ALERTS[each].expression)}
        assert row.series <= used, row.number


def test_rules_and_panels_name_only_series_that_are_documented() -> None:
    known = monitored.documented().keys() | FOREIGN
    expressions = [each.expression for each in (*ALERTS.values(), *monitored.recorded().values())]

    for expression in (*expressions, *monitored.queries()):
        assert monitored.series_of(expression) <= known, expression


def test_the_dashboard_has_a_row_for_each_section_and_its_queries_are_valid(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    promtool = require(request.config, "promtool")
    titles = re.findall(r'"type": "row",\s*"title": "(\d)', DASHBOARD.read_text())
    asked = [each.replace("$__rate_interval", "1m") for each in monitored.queries()]
    rules = [{"record": f"panel:{number}", "expr": each} for number, each in enumerate(asked)]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    checked = run(promtool, "check", "rules", tmp_path / "panels.yml")

    assert titles == list("12345678")
    assert (checked.returncode, len(rules) > 50) == (0, True), checked.stderr


def test_prometheus_takes_its_configuration_and_the_rules(request: pytest.FixtureRequest) -> None:
    checked = run(require(request.config, "promtool"), "check", "config", MONITORING / "prometheus.yml")

    assert checked.returncode == 0, checked.stderr
    assert f"{len(list((MONITORING / 'rules').glob('*.yml')))} rule files found" in checked.stdout


@pytest.mark.long
def test_the_rules_say_of_recorded_series_what_they_should(request: pytest.FixtureRequest) -> None:
    tested = run(require(request.config, "promtool"), "test", "rules", monitored.TESTS)

    assert (tested.returncode, "SUCCESS" in tested.stdout) == (0, True), tested.stdout + tested.stderr


def test_alertmanager_takes_the_template_once_it_is_filled_in(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    amtool = require(request.config, "amtool")
    require(request.config, "envsubst")
    example = MONITORING / "alerts.env.example"

    rendered = run(MONITORING / "render-alertmanager", example, MONITORING / "alertmanager.yml")
    (tmp_path / "alertmanager.yml").write_text(rendered.stdout)
    checked = run(amtool, "check-config", tmp_path / "alertmanager.yml")

    assert (rendered.returncode, "${" in rendered.stdout) == (0, False), rendered.stderr
    assert (checked.returncode, "4 receivers" in checked.stdout) == (0, True), checked.stderr


@pytest.mark.parametrize(
    ("alert", "receiver"),
    [
        ("ServiceUnavailable", "outage"),
        ("LedgerDrift", "data"),
        ("SlowResponses", "performance"),
        ("SignInsFail", "security"),
        ("ManyRateLimited", "performance"),
    ],
)
def test_an_alert_goes_to_whom_its_kind_concerns(
    request: pytest.FixtureRequest, tmp_path: Path, alert: str, receiver: str
) -> None:
    amtool = require(request.config, "amtool")
    require(request.config, "envsubst")
    example = MONITORING / "alerts.env.example"
    rendered = run(MONITORING / "render-alertmanager", example, MONITORING / "alertmanager.yml")
    (tmp_path / "alertmanager.yml").write_text(rendered.stdout)
    labels = [f"{name}={value}" for name, value in ALERTS[alert].labels.items()]

    routed = run(
        *(amtool, "config", "routes", "test", f"--config.file={tmp_path / 'alertmanager.yml'}"),
        *(f"alertname={alert}", *labels),
    )

    assert routed.stdout.strip() == receiver


def test_nobody_gets_a_configuration_in_which_something_is_missing(tmp_path: Path) -> None:
    example = (MONITORING / "alerts.env.example").read_text()
    (tmp_path / "alerts.env").write_text(example.replace("ALERT_TO_DATA=", "OTHER="))
    shutil.copy(MONITORING / "alertmanager.yml", tmp_path)

    rendered = run(MONITORING / "render-alertmanager", tmp_path / "alerts.env", tmp_path / "alertmanager.yml")

    assert (rendered.returncode, rendered.stdout) == (1, "")
    assert "ALERT_TO_DATA is missing" in rendered.stderr
