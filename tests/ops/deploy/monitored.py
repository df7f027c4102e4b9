"""The rules, the dashboard and their documentation, as the tests hold them against each other."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import yaml

from family_site.settings.environment import BASE_DIR

MONITORING = BASE_DIR / "ops" / "deploy" / "monitoring"
DOCUMENT = BASE_DIR / "docs" / "metrics.md"
TESTS = MONITORING / "tests.yml"
DASHBOARD = MONITORING / "grafana" / "dashboards" / "sbd.json"
# Of Prometheus and of Alertmanager themselves.
FOREIGN = frozenset({"up", "alertmanager_notifications_failed_total", "ALERTS"})
# What stands in an expression beside names of series: texts, label matchers, ranges, lists of labels.
_BESIDE = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|ignoring|without|group_left)\s*\([^)]*\)')
_NAME = re.compile(r"\b[a-zA-Z_][a-zA-Z0-9_:]*\b(?!\s*\()")
_WORDS = frozenset({"and", "or", "unless", "offset", "bool"})
_OF_HISTOGRAMS = ("_bucket", "_count", "_sum")


class Rule(NamedTuple):
    """A rule; of an alert ``labels`` and ``annotations`` say what it tells."""

    name: str
    expression: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class Symptom(NamedTuple):
    """A row of the document's second table."""

    number: str
    series: frozenset[str]
    alerts: frozenset[str]


@cache
def alerts() -> dict[str, Rule]:
    """Return the alerts by name."""
    return {each["alert"]: _rule(each["alert"], each) for each in _rules() if "alert" in each}


@cache
def recorded() -> dict[str, Rule]:
    """Return the recorded series by name."""
    return {each["record"]: _rule(each["record"], each) for each in _rules() if "record" in each}


def names_in(expression: str) -> frozenset[str]:
    """Return the series that an expression names."""
    left = _BESIDE.sub(" ", expression)
    return frozenset(name for name in _NAME.findall(left) if name not in _WORDS and not _is_duration(name))


@cache
def series_of(expression: str) -> frozenset[str]:
    """Return the exported series that an expression rests on: a recorded one on those it is made of."""
    found: set[str] = set()
    for name in names_in(expression):
        rule = recorded().get(name)
        # One is made of another, and of itself a day ago.
        found |= series_of(rule.expression) if rule else {_base(name)}
    return frozenset(found)


def values_in(expression: str) -> set[tuple[str, str, str]]:
    """Return series, label and value of each value that an expression asks one of our series for."""
    found = set()
    for name, matchers in re.findall(r"(\w+)\{([^}]*)\}", expression):
        for label, _, values in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers):
            if name not in FOREIGN and "." not in values.replace("3.0", ""):
                found |= {(name, label, value) for value in values.split("|")}
    return found


@cache
def test_groups() -> list[Mapping[str, Any]]:
    """Return the groups of recorded series."""
    groups: list[Mapping[str, Any]] = yaml.safe_load(TESTS.read_text())["tests"]
    return groups


def queries() -> Iterator[str]:
    """Yield what the dashboard's panels ask."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


def documented() -> dict[str, frozenset[str]]:
    """Return the labels of each documented series."""
    rows = (row for row in _rows() if row[1] in {"counter", "gauge", "histogram"})
    return {
        name.strip("`"): frozenset(filter(None, labels.replace(" ", "").split(",")))
        for name, _, labels, _ in rows
    }


def symptoms() -> list[Symptom]:
    """Return the rows of the table of symptoms."""
    rows = (row for row in _rows() if re.fullmatch(r"S\d\d|none", row[0]))
    return [Symptom(row[0], _quoted(row[2]), _quoted(row[3])) for row in rows]


def _rules() -> Iterator[Mapping[str, Any]]:
    for path in sorted((MONITORING / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def _rule(name: str, rule: Mapping[str, Any]) -> Rule:
    return Rule(name, rule["expr"], rule.get("labels", {}), rule.get("annotations", {}))


def _rows() -> Iterator[list[str]]:
    for line in DOCUMENT.read_text().splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def _quoted(cell: str) -> frozenset[str]:
    return frozenset(re.findall(r"`([^`]+)`", cell))


def _base(name: str) -> str:
    """Return the name by which a histogram is declared and documented."""
    return next((name.removesuffix(end) for end in _OF_HISTOGRAMS if name.endswith(end)), name)


def _is_duration(word: str) -> bool:
    return re.fullmatch(r"\d+\w", word) is not None
