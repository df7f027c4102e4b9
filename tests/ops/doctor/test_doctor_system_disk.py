"""Doctor on disks: real file systems in memory, which root alone may make."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.doctor import servers_data
from ops.doctor.check import Finding, Result
from ops.doctor.checks import disk
from ops.doctor.machine import HERE, Machine
from ops.doctor.whereabouts import Whereabouts
from tests.tools import require

MB = 2**20


@pytest.fixture
def mounted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """``mounted(size="8m")`` gives an empty file system of this test alone."""
    mount, umount = require(request.config, "mount"), require(request.config, "umount")
    if os.geteuid() != 0:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            # Past the capture, so that it is seen.
            print("\n*** NOT ROOT: no file system can be made; its tests do not run. ***", file=sys.stderr)  # noqa: T201
        pytest.skip("only root can make a file system")
    made: list[Path] = []

    def make(**options: str) -> Path:
        at = tmp_path / f"disk{len(made)}"
        at.mkdir()
        words = ",".join(f"{name}={value}" for name, value in options.items())
        subprocess.run([mount, "-t", "tmpfs", "-o", words, "tmpfs", str(at)], check=True)
        made.append(at)
        return at

    yield make
    for at in made:
        subprocess.run([umount, str(at)], check=True)


def look(where: Whereabouts, **places: Path) -> Finding:
    return disk.look(where, places=places)


def test_each_file_system_is_told_once(where: Whereabouts, mounted: Callable[..., Path]) -> None:
    one, other = mounted(size="8m"), mounted(size="8m")
    (one / "data").write_bytes(b"x" * 2 * MB)

    found = look(where, data=one, logs=one / "below" / "it", backups=other)

    assert found.result == Result.OK
    assert [line.split(" of its")[0] for line in found.evidence[0].split("; ")] == [
        f"{one}: 25% of 8.0 MB, 0%",
        f"{other}: 0% of 8.0 MB, 0%",
    ]


@pytest.mark.parametrize(("megabytes", "result"), [(13, Result.DEGRADED), (16, Result.FAILED)])
def test_one_that_fills_up_is_unwell_and_what_grows_is_named(
    where: Whereabouts, mounted: Callable[..., Path], megabytes: int, result: Result
) -> None:
    at = mounted(size="16m")
    (at / "backups" / "older").mkdir(parents=True)
    (at / "small").write_bytes(b"x" * (MB - 4096))
    (at / "backups" / "older" / "large").write_bytes(b"x" * (megabytes - 1) * MB)

    found = look(where, data=at, backups=at / "backups")

    assert found.result == result
    said = f"{at}: {megabytes / 16:.0%} taken, "
    assert found.evidence[0].startswith(said)
    assert f"of ours: backups {megabytes - 1}.0 MB, data 1020 kB" in found.evidence[0]
    assert found.remedy == f"sudo du -xh --max-depth=3 {at} | sort -h | tail -n 20"


def test_one_without_inodes_is_as_full_as_one_without_bytes(
    where: Whereabouts, mounted: Callable[..., Path]
) -> None:
    at = mounted(size="8m", nr_inodes="20")
    for number in range(19):
        (at / str(number)).touch()

    found = look(where, data=at)

    assert (found.result, found.evidence[0]) == (Result.FAILED, f"{at}: 100% of its inodes are taken")
    assert found.remedy == f"df -i {at}"


def test_one_that_the_kernel_has_made_read_only_is_told(
    where: Whereabouts, mounted: Callable[..., Path]
) -> None:
    at = mounted(size="8m")
    subprocess.run(["mount", "-o", "remount,ro", str(at)], check=True)

    found = look(where, data=at)

    assert (found.result, found.evidence[0]) == (Result.FAILED, f"{at} is read-only")


def test_a_mount_that_is_read_only_for_one_unit_alarms_nobody(where: Whereabouts, tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    line = "36 35 98:0 / / ro,noatime shared:1 - ext4 /dev/root {},errors=remount-ro\n"
    results = {}
    for options in ("rw", "ro"):
        (tmp_path / "self" / "mountinfo").write_text(line.format(options))
        places = {"data": Path("/nowhere/at/all")}
        results[options] = disk.look(where, Machine(proc=tmp_path), places).result

    assert results == {"rw": disk.look(where, HERE, places).result, "ro": Result.FAILED}


def test_where_the_servers_have_their_data_they_say_themselves(where: Whereabouts) -> None:
    found = servers_data.directories(where)

    assert found == {servers_data.MONGODB: where.var / "mongodb", servers_data.REDIS: where.var / "redis"}
