"""The container file and the compose file, as far as they can be read without an engine."""

import re
import shlex
from typing import Any

import pytest
import yaml

from family_site.settings.environment import BASE_DIR
from tests.ops.deploy import shipped

Services = dict[str, dict[str, Any]]
# Exact: a version with all its parts, or our own image.
EXACT = re.compile(r"^(sbd:staging|[a-z/]+:v?\d+\.\d+\.\d+[a-z-]*)$")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((BASE_DIR / "compose.yml").read_text())
    return found


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> Services:
    found: Services = compose["services"]
    return found


def test_staging_has_all_that_production_has(services: Services) -> None:
    assert {"mongo1", "mongo2", "mongo3", "redis", "redis-broker"} <= set(services)
    assert {"web", "worker", "beat", "metrics", "nginx"} <= set(services)
    assert {"prometheus", "alertmanager", "grafana", "loki", "promtail"} <= set(services)


def test_every_image_is_named_exactly(services: Services) -> None:
    container = (BASE_DIR / "Containerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", container, re.MULTILINE)

    assert len(bases) == 2
    assert [name for name in bases if not EXACT.match(name)] == []
    assert [each["image"] for each in services.values() if not EXACT.match(each["image"])] == []


def test_every_file_that_is_mounted_is_there(services: Services, compose: dict[str, Any]) -> None:
    sources = [volume.split(":")[0] for each in services.values() for volume in each.get("volumes", ())]
    ours = {source for source in sources if source.startswith("./")}
    named = {source for source in sources if "/" not in source}

    # The certificate is put there by whoever starts it.
    assert [path for path in ours if not (BASE_DIR / path).exists()] == ["./ops/deploy/compose/tls"]
    assert named == set(compose["volumes"])


def test_every_service_waits_for_and_sits_beside_services_that_there_are(services: Services) -> None:
    for each in services.values():
        assert set(each.get("depends_on", ())) <= set(services)
        mode = each.get("network_mode", "")
        assert not mode or mode.removeprefix("service:") in services
        # One that shares another's network cannot have networks or ports of its own.
        assert not (mode and {"networks", "ports"} & set(each))


def test_our_processes_are_started_as_by_the_units(services: Services) -> None:
    container = (BASE_DIR / "Containerfile").read_text()
    (words,) = re.findall(r"^CMD \[(.*?)\]$", container, re.MULTILINE | re.DOTALL)
    web = shlex.split(words.replace("\\\n", " ").replace(",", " "))

    assert web == shipped.command("sbd-api.service", PORT="8000", SBD_WORKERS="2")[1:]
    for name in ("worker", "beat"):
        assert services[name]["command"] == shipped.command(f"sbd-{name}.service")[1:]
    assert services["metrics"]["command"] == ["manage.py", "metrics"]
    ours = [each for each in services.values() if each["image"] == "sbd:staging"]
    assert all(each["read_only"] and each["cap_drop"] == ["ALL"] for each in ours)


def test_the_files_beside_it_can_be_read() -> None:
    for path in sorted((shipped.DEPLOY / "compose").glob("*.yml")):
        assert isinstance(yaml.safe_load(path.read_text()), dict)
    example = (shipped.DEPLOY / "compose" / "staging.env.example").read_text()
    names = set(re.findall(r"^([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) <= names
