"""Doctor on the settings of production: the service reads files of its own, and not this shell."""

from pathlib import Path

import pytest

from ops.doctor.check import Finding, Result
from ops.doctor.checks import settings
from ops.doctor.machine import Machine
from ops.doctor.whereabouts import Whereabouts
from tests.ops.deploy import shipped

WHERE = Whereabouts("production", Path("/nowhere"), 8000, None, None)
VALID = "mode production: every variable is valid, the keys are strong"
SECRET = "open-sesame"


@pytest.fixture(autouse=True)
def _shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say nothing in this shell."""
    for name in ("SBD_MODE", "SBD_VAR", "MONGODB_URI", "REDIS_URL", "MAIL_URL", "MAIL_FROM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("ENABLE_RATE_LIMITS", raising=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with the shipped unit and its file of variables."""
    (tmp_path / "sbd.env").write_text(f"SBD_MODE=production\nSBD_VAR=/var/lib/sbd\nREDIS_URL={SECRET}\n")
    told = {"/etc/sbd/sbd.env": str(tmp_path / "sbd.env")}
    (tmp_path / "sbd-api.service").write_text(shipped.rewritten("systemd/sbd-api.service", told))
    return Machine(units=tmp_path)


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    """``.env``, which leads to the unit's file, as the installation makes it."""
    (tmp_path / ".env").symlink_to(tmp_path / "sbd.env")
    return tmp_path / ".env"


def test_one_file_for_both_is_well(machine: Machine, env_file: Path) -> None:
    found = settings.look(WHERE, machine, env_file)

    assert found == Finding(Result.OK, (VALID, "the unit sbd-api is told the same"))


def test_what_this_shell_sets_otherwise_is_named_and_not_shown(
    machine: Machine, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "another-sesame")
    monkeypatch.setenv("MAIL_PER_MINUTE", "7")

    found = settings.look(WHERE, machine, env_file)

    assert found.result == Result.DEGRADED
    assert found.evidence[0] == "otherwise than the unit sbd-api is told: REDIS_URL, MAIL_PER_MINUTE"
    assert (found.cause, found.remedy) == (
        "this shell sets them itself",
        "unset REDIS_URL MAIL_PER_MINUTE",
    )
    assert "sesame" not in str(found)


def test_another_file_than_the_units_is_named(machine: Machine, tmp_path: Path) -> None:
    other = tmp_path / "other.env"
    other.write_text("SBD_MODE=production\nSBD_VAR=/var/lib/sbd\n")

    found = settings.look(WHERE, machine, other)

    assert found.evidence[0] == "otherwise than the unit sbd-api is told: REDIS_URL"
    assert found.cause == f"{other} is not the file of the unit"
    assert found.remedy == "sudo systemctl show sbd-api --property=EnvironmentFiles"


def test_a_drop_in_of_the_unit_counts(
    machine: Machine, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "8001")
    (machine.units / "sbd-api.service.d").mkdir()
    (machine.units / "sbd-api.service.d" / "override.conf").write_text(
        "[Service]\nEnvironment=SBD_WORKERS=8 'PORT=8001'\nEnvironmentFile=-/nowhere/more.env\n"
    )

    found = settings.look(WHERE, machine, env_file)

    assert found == Finding(Result.OK, (VALID, "the unit sbd-api is told the same"))


def test_a_file_of_the_unit_that_may_not_be_read_is_told(machine: Machine, env_file: Path) -> None:
    (machine.units / "sbd-api.service").write_text("[Service]\nEnvironmentFile=/nowhere/sbd.env\n")

    found = settings.look(WHERE, machine, env_file)

    assert found == Finding(Result.OK, (VALID, "what the unit reads is not for us: /nowhere/sbd.env"))


def test_without_the_unit_there_is_nothing_to_compare(tmp_path: Path, env_file: Path) -> None:
    assert settings.look(WHERE, Machine(units=tmp_path / "none"), env_file) == Finding(Result.OK, (VALID,))
