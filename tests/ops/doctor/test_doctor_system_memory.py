"""Doctor on memory: what the kernel writes of it, in files that a test writes."""

from dataclasses import replace
from pathlib import Path

import pytest

from ops.doctor.check import Result
from ops.doctor.checks import memory
from ops.doctor.machine import Machine
from ops.doctor.whereabouts import Whereabouts

MB = 2**20


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine of 10 GB, of which half is available, that has been up for 10,000 s."""
    (tmp_path / "proc").mkdir()
    (tmp_path / "cgroup").mkdir()
    (tmp_path / "proc" / "uptime").write_text("10000.00 19000.00\n")
    here = Machine(proc=tmp_path / "proc", cgroups=tmp_path / "cgroup", kernel_log=tmp_path / "proc" / "kmsg")
    available(here, share=0.5)
    return here


def available(machine: Machine, *, share: float) -> None:
    lines = {"MemTotal": 10 * 2**20, "MemFree": 1, "MemAvailable": int(share * 10 * 2**20)}
    lines |= {"SwapTotal": 2 * 2**20, "SwapFree": 1 * 2**20}
    text = "".join(f"{name}:{number:>12} kB\n" for name, number in lines.items())
    (machine.proc / "meminfo").write_text(text)


def limited(machine: Machine, unit: str, *, most: str, held: int, killed: int = 0) -> None:
    group = machine.cgroups / "system.slice" / f"{unit}.service"
    group.mkdir(parents=True)
    (group / "memory.max").write_text(f"{most}\n")
    (group / "memory.stat").write_text(f"anon {held}\nfile {900 * MB}\n")
    (group / "memory.events").write_text(f"low 0\nhigh 7\nmax 3\noom 1\noom_kill {killed}\n")


def test_what_is_available_counts_and_not_what_is_free(where: Whereabouts, machine: Machine) -> None:
    found = memory.look(where, machine)

    assert found.result == Result.OK
    assert found.evidence[0] == "50% of 10.0 GB available, 1.0 of 2.0 GB of swap in use"


def test_the_largest_programs_are_named_without_their_arguments(where: Whereabouts) -> None:
    largest = memory.look(where).evidence[-1]

    assert largest.startswith("largest: ")
    assert largest.count(" MB") == 5
    assert "--" not in largest


@pytest.mark.parametrize(("share", "result"), [(0.09, Result.DEGRADED), (0.02, Result.FAILED)])
def test_a_machine_without_memory_is_unwell(
    where: Whereabouts, machine: Machine, share: float, result: Result
) -> None:
    available(machine, share=share)

    found = memory.look(where, machine)

    assert found.result == result
    assert found.evidence[0] == f"{share * 10 * 1024:,.0f} MB available, {share:.0%} of what there is"
    assert found.remedy == "ps -eo pid,user,rss,comm --sort=-rss | head -n 11"


def test_what_a_unit_holds_itself_is_compared_with_what_it_may_have(
    where: Whereabouts, machine: Machine
) -> None:
    limited(machine, "sbd-worker", most=str(1024 * MB), held=950 * MB, killed=2)

    found = memory.look(replace(where, mode="production"), machine)

    assert found.result == Result.DEGRADED
    assert found.evidence[0] == "sbd-worker holds 950 MB of the 1,024 MB that it may have (MemoryMax)"
    assert found.evidence[1].endswith(" of swap in use, 2 of sbd-worker killed since that was started")
    assert found.remedy == "sudo systemctl show sbd-worker --property=MemoryMax,MemoryHigh,MemoryCurrent"


@pytest.mark.parametrize(("most", "held"), [(str(1024 * MB), 200 * MB), ("max", 9_000 * MB)])
def test_files_that_the_kernel_keeps_and_units_without_a_limit_alarm_nobody(
    where: Whereabouts, machine: Machine, most: str, held: int
) -> None:
    limited(machine, "mongod", most=most, held=held, killed=1)

    found = memory.look(where, machine)

    assert found.result == Result.OK
    assert found.evidence[0].endswith(", 1 of mongod killed since that was started")


def test_whom_the_kernel_killed_lately_is_named(where: Whereabouts, machine: Machine) -> None:
    killed = "Out of memory: Killed process {pid} ({name}) total-vm:1kB, anon-rss:1kB, UID:0"
    machine.kernel_log.write_text(
        f"3,101,{2_000 * 10**6},-;{killed.format(pid=7, name='long-ago')}\n"
        f"3,102,{9_900 * 10**6},-;{killed.format(pid=8, name='mongod')}\n"
        " SUBSYSTEM=memory\n"
        f"6,103,{9_950 * 10**6},-;Memory cgroup out of memory: Killed process 9 (python) total-vm:1kB\n"
        f"6,104,{9_960 * 10**6},-;something else about a process 10 (python)\n"
    )
    (machine.proc / "vmstat").write_text("pgfault 12\noom_kill 3\n")

    found = memory.look(where, machine)

    assert found.result == Result.DEGRADED
    assert found.evidence[0] == "killed by the kernel in the last 30 minutes: mongod, python"
    assert found.evidence[1].endswith("3 killed for want of memory since the machine was started")


def test_without_a_proc_nothing_can_be_said(where: Whereabouts, tmp_path: Path) -> None:
    assert memory.look(where, Machine(proc=tmp_path)).result == Result.COULD_NOT_LOOK
