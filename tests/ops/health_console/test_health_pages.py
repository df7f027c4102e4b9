"""/admin/health/: what doctor saw, in which order, how old it is, and looking now."""

import re
import threading
from datetime import datetime, timedelta

import pytest

from family_site.identity.actions import roles
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.doctor import recording, registry
from ops.doctor.check import Finding, Result
from ops.errors import DatabaseUnavailableError
from ops.health_console import pages
from ops.mongo.collections import control_collection
from tests import commands
from tests.console import Console, Page
from tests.factories import new_staff
from tests.ops.health_console.conftest import OK, See, Tried

PATH = "/admin/health/"
LIMIT_SECONDS = 60.0  # a busy machine may take long
PATHS = (PATH, *(f"/admin/runbook/{part}" for part in ("", "5/", "fix/kill_it/")))
DEAD = Finding(
    Result.FAILED,
    ("127.0.0.1:6379: <refused>", "second line"),
    "Redis does not run",
    "systemctl start redis",
)
BLIND = Finding(Result.COULD_NOT_LOOK, ("Redis cannot be asked",), "Redis is away", due_to=("redis",))
SLOW = Finding(Result.DEGRADED, ("2 of 3 late",), "a slow disk", "df -h")


def card(page: Page, name: str) -> str:
    """Return the words of a cause's card."""
    found = re.search(
        rf'<section class="module cause" aria-label="{name}">(.*?)</section>', page.html, re.DOTALL
    )
    assert found, f"no card {name}"
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_each_cause_stands_with_what_it_explains_beneath_the_worst_first(operator: Console, see: See) -> None:
    see(mongo=SLOW, redis=DEAD, limits=BLIND, clock=OK)

    page = operator.get(PATH)

    assert page.html.index('aria-label="redis"') < page.html.index('aria-label="mongo"')
    assert "127.0.0.1:6379: &lt;refused&gt;" in page.html
    told = card(page, "redis")
    for words in ("failed", "redis is well", "second line", "Redis does not run", "systemctl start redis"):
        assert words in told
    assert "could not look limits: Redis cannot be asked" in told
    assert "limits" not in card(page, "mongo")
    assert 'aria-label="limits"' not in page.html
    assert "All checks are ok." not in page.text


def test_a_cause_says_when_it_was_well_the_last_time(operator: Console, see: See) -> None:
    before = clock.now() - timedelta(hours=3)
    see(before, redis=OK, mongo=SLOW)
    see(redis=DEAD, mongo=SLOW)

    page = operator.get(PATH)

    assert f"Last ok {before:%Y-%m-%d %H:%M:%S} UTC" in card(page, "redis")
    assert "Last ok not in the last 24 hours" in card(page, "mongo")


def test_all_well_is_said_in_words(operator: Console, see: See) -> None:
    see(redis=OK, mongo=OK)

    page = operator.get(PATH)

    assert "All checks are ok." in page.text
    assert 'class="module cause"' not in page.html
    assert "is not done" not in page.text


def test_a_cause_leads_to_its_page_of_the_runbook_and_to_what_mends_it(
    operator: Console, see: See, tried: Tried
) -> None:
    assert not tried.applied
    see(redis=DEAD, mongo=SLOW)

    page = operator.get(PATH)

    assert {"/admin/runbook/3/", "/admin/runbook/fix/kill_it/"} <= page.links
    assert "End an operation <at once>" not in page.html
    assert "End an operation &lt;at once&gt;" in card(page, "redis")
    assert "End an operation" not in card(page, "mongo")


def test_a_look_that_is_too_old_names_who_should_have_looked(operator: Console, see: See) -> None:
    see(clock.now() - timedelta(minutes=14), redis=OK)

    page = operator.get(PATH)

    assert 'role="alert"' in page.html
    assert "What stands here is 14 minutes old: the job ops.doctor.look" in page.text
    assert "No worker" in page.text
    assert "No beat" in page.text


def test_a_worker_that_lives_is_not_blamed(operator: Console, see: See) -> None:
    now = clock.now()
    beat = {"role": "worker", "host": "here", "pid": 1, "since": now, "seen_at": now}
    control_collection("heartbeats").insert({"_id": "worker:here:1", **beat})
    see(now - timedelta(minutes=14), redis=OK)

    page = operator.get(PATH)

    control_collection("heartbeats").delete({"_id": "worker:here:1"})
    assert "The worker lives." in page.text
    assert "No beat" in page.text


def test_before_the_first_look_the_board_says_that_nobody_looks(operator: Console) -> None:
    page = operator.get(PATH)

    assert page.status == 200
    assert "Doctor has not looked in the last 25 hours." in page.text
    assert "Nobody looks" in page.text


def test_every_check_has_its_last_day_in_a_picture_and_in_words(operator: Console, see: See) -> None:
    now = clock.now()
    for minutes, finding in ((600, OK), (300, DEAD), (0, SLOW)):
        see(now - timedelta(minutes=minutes), redis=finding)

    page = operator.get(PATH)

    rows = {row[0]: row for row in page.table("All checks")}
    assert list(rows) == [each.name for each in registry.checks()]
    assert rows["redis"][1] == "degraded"
    assert f"{now - timedelta(minutes=600):%Y-%m-%d %H:%M:%S} UTC" in rows["redis"][3]
    assert rows["mongo"][1:4] == ["-", "", "-"]
    label = "Of 96 quarters of an hour: failed in 1, degraded in 1, ok in 1; not looked at in 93 of 96."
    assert f'aria-label="{label}"' in page.html


def test_what_was_changed_lately_stands_there(operator: Console, see: See) -> None:
    see(redis=DEAD)
    sam = new_staff(Role.SUPPORT, "sam")
    roles.revoke(sam.id, Role.SUPPORT, actor=Actor.shell(), now=clock.now(), reason="for a test")

    rows = operator.get(PATH).table("What was changed in the last hour")

    (row,) = [each for each in rows if sam.id in each[1]]
    assert row[0].endswith(" UTC")
    assert row[2] == Actor.shell().id


def test_looking_now_keeps_and_shows_what_is_seen(
    operator: Console, see: See, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LOOK_SECONDS", LIMIT_SECONDS)
    see(clock.now() - timedelta(hours=2), redis=DEAD)

    answer = operator.post(PATH)

    assert (answer.status, answer.goes_to) == (302, PATH)
    seen = recording.latest()
    assert seen
    assert set(seen["results"]) == {each.name for each in registry.checks()}
    page = operator.get(PATH)
    assert "Doctor has looked just now." in page.told
    assert "is not done" not in page.text


def test_who_looks_now_is_not_kept_waiting(
    operator: Console, see: See, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = threading.Event()
    monkeypatch.setattr(pages, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(recording, "look", lambda _now: looks.wait(LIMIT_SECONDS))
    see(redis=OK)

    answer = operator.post(PATH)

    looks.set()
    assert answer.goes_to == PATH
    assert "Doctor still looks" in operator.get(PATH).told


def test_what_cannot_be_kept_is_no_look(operator: Console, see: See, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_now: datetime) -> Result:
        raise DatabaseUnavailableError

    monkeypatch.setattr(pages, "LOOK_SECONDS", LIMIT_SECONDS)
    monkeypatch.setattr(recording, "look", fail)
    see(redis=OK)

    operator.post(PATH)

    assert "Doctor could not look" in operator.get(PATH).told


def test_the_board_is_read_in_few_round_trips_however_long_doctor_has_looked(
    operator: Console, see: See
) -> None:
    see(redis=DEAD)
    with commands.recorded() as few:
        operator.get(PATH)
    for minutes in range(1, 40):
        see(clock.now() - timedelta(minutes=minutes), redis=OK, mongo=SLOW)

    with commands.recorded() as many:
        operator.get(PATH)

    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.SUPPORT, 200), (Role.OPERATOR, 200), (Role.AUDITOR, 200), (Role.FINANCE, 403)],
)
@pytest.mark.usefixtures("tried")
def test_who_may_see_health_sees_these_pages(role: Role, status: int) -> None:
    console = Console(new_staff(role, "somebody"))

    assert [console.get(path).status for path in PATHS] == [status] * len(PATHS)
    assert ({PATH, "/admin/runbook/"} <= console.get("/admin/").links) == (status == 200)


def test_nobody_else_gets_in() -> None:
    nobody = Console()

    assert all(nobody.get(path).goes_to.startswith("/admin/login/") for path in PATHS)


def test_who_may_not_see_health_does_not_look(see: See) -> None:
    see(clock.now() - timedelta(hours=2), redis=DEAD)
    before = recording.latest()

    answer = Console(new_staff(Role.FINANCE, "fred")).post(PATH)

    assert answer.status == 403
    assert recording.latest() == before


def test_the_first_page_of_the_console_says_how_it_is(operator: Console, see: See) -> None:
    assert operator.get("/admin/").text.count("Doctor has not looked in the last 25 hours.") == 1
    see(redis=DEAD, limits=BLIND)

    page = operator.get("/admin/")

    rows = page.table("Doctor")
    assert rows[0][:2] == ["all", "failed"]
    assert rows[1] == ["redis", "failed", "127.0.0.1:6379: <refused>; second line", "limits"]


def test_the_first_page_says_when_that_is_old(operator: Console, see: See) -> None:
    see(clock.now() - timedelta(minutes=4), redis=OK)

    rows = operator.get("/admin/").table("Doctor")

    assert [row[0] for row in rows] == ["all", "worker, beat"]
