"""Rules of access at the real nginx: the shipped site, the commands of the shipped unit. Inventory, C25."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from ops import clock
from ops.access import changing, nginx
from ops.access.changing import Wanted
from ops.actors import Actor
from ops.guarding import AccessList, RuleKind
from tests.ops.access.blocking import WHY, forget_all
from tests.ops.deploy import shipped
from tests.ops.deploy.sites import Front
from tests.tools import require
from tests.waiting import until

GUEST, OTHER = "127.0.0.5", "127.0.0.6"
BLOCKED, AWAY = (403, "ACCESS_BLOCKED"), (503, "SERVICE_UNAVAILABLE")
PROBLEM = "application/problem+json"
MEMBERS = {"type", "title", "status", "detail", "error", "message", "details", "request_id"}
SHELL = Actor.shell()


@pytest.fixture(scope="module")
def bare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The site, with nobody behind it: what nginx lets through is answered 503."""
    program = require(request.config, "nginx")
    require(request.config, "openssl")
    front = Front(program, tmp_path_factory.mktemp("nginx"), 9)
    yield front
    front.stop()


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    yield
    forget_all()


def bring(front: Front) -> int:
    """Do what the unit does each minute; returns the exit status."""
    words = [shipped_word(front, each) for each in shipped.command("sbd-blocked.service")]
    try:
        call_command(*words[words.index("access") :])
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def shipped_word(front: Front, word: str) -> str:
    """Return a word of the unit, with what this machine has in place of an installed one."""
    return {
        "/etc/nginx/sbd-blocked.conf": str(front.at / "sbd-blocked.conf"),
        "/usr/sbin/nginx -t": front.command("-t"),
        "/usr/bin/systemctl reload nginx": front.command("-s", "reload"),
    }.get(word, word)


def answered(front: Front, source: str) -> tuple[int, str]:
    """Return what a call from an address is answered."""
    with front.client(source=source) as client:
        answer = client.get("/health/live")
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json().keys() >= MEMBERS
    return answer.status_code, answer.json()["error"]


def block(kind: RuleKind, value: str, **ends: int) -> None:
    now = clock.now()
    changing.block(Wanted(kind, value, now + timedelta(**ends) if ends else None, WHY), actor=SHELL, now=now)


def test_a_blocked_address_gets_the_refusal_of_nginx_until_the_rule_is_gone(bare: Front) -> None:
    bring(bare)
    assert [answered(bare, each) for each in (GUEST, OTHER, "127.0.0.3")] == [AWAY, AWAY, BLOCKED]
    block(RuleKind.NETWORK, "127.0.0.4/30")
    changing.allow(Wanted(RuleKind.ADDRESS, OTHER, None, WHY), actor=SHELL, now=clock.now())

    assert (bring(bare), bring(bare)) == (0, 3)

    assert until(lambda: answered(bare, GUEST) == BLOCKED)
    assert answered(bare, OTHER) == AWAY
    assert answered(bare, "127.0.0.3") == BLOCKED  # by a line that a person wrote

    changing.remove(AccessList.BLOCK, RuleKind.NETWORK, "127.0.0.4/30", actor=SHELL, now=clock.now())
    assert bring(bare) == 0
    assert until(lambda: answered(bare, GUEST) == AWAY)


def test_a_rule_that_has_ended_falls_away(bare: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    block(RuleKind.ADDRESS, GUEST, hours=1)
    bring(bare)
    assert until(lambda: answered(bare, GUEST) == BLOCKED)
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert bring(bare) == 0

    assert until(lambda: answered(bare, GUEST) == AWAY)


def test_what_nginx_does_not_take_is_not_left_there(bare: Front) -> None:
    file = bare.at / "sbd-blocked.conf"
    whole = file.read_text()
    file.write_text(f"no line of nginx\n{nginx.MARK}\n")
    broken = file.read_text()
    block(RuleKind.ADDRESS, GUEST)

    with pytest.raises(CommandError, match="ended with 1"):
        bring(bare)

    assert file.read_text() == broken
    file.write_text(whole)
    assert bring(bare) == 0
    assert until(lambda: answered(bare, GUEST) == BLOCKED)
