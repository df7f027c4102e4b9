"""Rules of access for nginx, as lines and in its file. Inventory, C25."""

import random
from datetime import timedelta
from io import StringIO
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ops import clock
from ops.access import changing, nginx
from ops.access.changing import Wanted
from ops.access.rules import Rule, Rules
from ops.actors import Actor
from ops.guarding import AccessList, RuleKind
from tests.factories import Person
from tests.ops.access.blocking import NETWORK, WHY

SHELL = Actor.shell()
MINE = "# mine\n192.0.2.1 1;\n"


def told(*words: str) -> str:
    out = StringIO()
    call_command("access", "nginx", *words, stdout=out)
    return out.getvalue()


def block(kind: RuleKind, value: str, **ends: int) -> None:
    now = clock.now()
    until = now + timedelta(**ends) if ends else None
    changing.block(Wanted(kind, value, until, WHY), actor=SHELL, now=now)


def written(path: Path, *words: str) -> int:
    """Write the file; returns the exit status."""
    try:
        told("--file", str(path), *words)
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def test_it_prints_what_nginx_reads(person: Person) -> None:
    block(RuleKind.NETWORK, NETWORK)
    block(RuleKind.ADDRESS, "2001:db8::7")
    block(RuleKind.USER, person.id)
    block(RuleKind.EMAIL, "mallory@example.com")
    wanted = Wanted(RuleKind.ADDRESS, "203.0.113.5", None, WHY)
    changing.allow(wanted, actor=SHELL, now=clock.now())

    assert told() == f"2001:db8::7/128 1;\n{NETWORK} 1;\n203.0.113.5/32 0;\n"


def test_nginx_decides_as_we_do() -> None:
    chance, now = random.Random(7), clock.now()  # noqa: S311  # no secret hangs on it
    for _ in range(200):
        rules = [
            Rule(chance.choice([*AccessList]), RuleKind.NETWORK, f"10.0.0.{host}/{width}", None)
            for width in (32, 30, 28, 24)
            for host in (0, 0, 4 if width in {30, 32} else 0)
            if chance.random() < 0.5
        ]
        geo = [line.rstrip(";").split() for line in nginx.lines(rules)]
        for host in (0, 1, 4, 9, 77):
            address = ip_address(f"10.0.0.{host}")
            found = [(ip_network(net).prefixlen, kept) for net, kept in geo if address in ip_network(net)]
            assert (max(found, default=(0, "0"))[1] == "1") == Rules(rules).block_address(str(address), now)


def test_the_file_is_written_once_and_what_a_person_wrote_stays(tmp_path: Path) -> None:
    file = tmp_path / "sbd-blocked.conf"
    file.write_text(MINE)
    file.chmod(0o640)
    block(RuleKind.NETWORK, NETWORK)

    assert (written(file), written(file)) == (0, 3)

    assert file.read_text() == f"{MINE}{nginx.MARK}\n{NETWORK} 1;\n"
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_rule_that_is_over_falls_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "sbd-blocked.conf"
    block(RuleKind.NETWORK, NETWORK, hours=1)
    written(file)
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert written(file) == 0

    assert file.read_text() == f"{nginx.MARK}\n"


def test_what_has_to_follow_and_fails_puts_the_file_back(tmp_path: Path) -> None:
    file, trace = tmp_path / "sbd-blocked.conf", tmp_path / "trace"
    file.write_text(MINE)
    block(RuleKind.NETWORK, NETWORK)

    with pytest.raises(CommandError, match="false ended with 1"):
        written(file, "--then", "false", "--then", f"touch {trace}")

    assert (file.read_text(), trace.exists()) == (MINE, False)
    assert written(file, "--then", "true", "--then", f"touch {trace}") == 0
    assert trace.exists()


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nothing was changed"):
        written(tmp_path / "missing" / "sbd-blocked.conf")
