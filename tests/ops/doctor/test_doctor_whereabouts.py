"""Where doctor looks while the settings are broken."""

from pathlib import Path

import pytest
from django.conf import settings

from ops import embedded
from ops.doctor import registry, runner, whereabouts
from ops.doctor.check import Result


class BrokenError(Exception):
    """Settings that cannot be read."""

    faults = ("PORT is not right",)


def test_without_settings_the_process_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("SBD_MODE=demo\nPORT=8001\nREDIS_URL=redis://cache/0\nMONGODB_URI=\n")
    monkeypatch.setenv("SBD_MODE", "production")
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("mongodb_uri", "mongodb://db/")
    monkeypatch.delenv("MONGODB_URI")
    monkeypatch.delenv("PORT", raising=False)

    where = whereabouts.from_environment(BrokenError(), env_file=env_file)

    assert (where.production, where.web_port) == (True, 8001)
    assert where.redis == "redis://cache/0"
    assert where.mongodb == "mongodb://db/"
    assert (where.origins["PORT"], where.origins["SBD_MODE"]) == (whereabouts.FILE, whereabouts.SHELL)


def test_without_settings_and_addresses_production_looks_at_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MONGODB_URI", "REDIS_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("SBD_MODE", "production")
    monkeypatch.setenv("PORT", "none")

    where = whereabouts.from_environment(BrokenError(), env_file=tmp_path / ".env")
    found = runner.run(registry.checks(), where)

    resting = {each.name for each in registry.checks() if "settings" in each.rests_on}
    assert (found[0].check.name, found[0].finding.result) == ("settings", Result.FAILED)
    assert len(resting) >= 27
    assert {each.check.name: each.finding.result for each in found if each.check.name in resting} == (
        dict.fromkeys(resting, Result.COULD_NOT_LOOK)
    )
    assert all(each.explained_by for each in found if each.check.name in resting)
    assert found[0].finding.remedy == "sudo systemctl show sbd-api --property=EnvironmentFiles"


def test_without_settings_the_demos_own_servers_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = embedded.running(settings.VAR_DIR)
    assert running is not None
    for name in ("MONGODB_URI", "REDIS_URL"):
        monkeypatch.delenv(name)

    where = whereabouts.from_environment(BrokenError(), env_file=tmp_path / ".env")

    assert where.mongodb == str(running.mongodb_uri)
    assert where.redis == str(running.redis_url)
