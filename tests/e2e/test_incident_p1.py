"""A P1 from its alert to its post-mortem, in a real Chromium: escalated, mended, well, resolved, told."""

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest
from playwright.sync_api import Browser

from ops import clock
from ops.incidents import escalating, records
from ops.incidents.starting import CLAIMS
from ops.mongo.collections import Document, control_collection
from ops.redis import store
from tests import browser
from tests.browser import Watched
from tests.e2e.console_demo import Served, serving
from tests.ops.incidents.opened import changed, forget_all, looked_well

pytestmark = pytest.mark.long

T = TypeVar("T")
SECRET = "what-the-monitoring-shows-at-our-door-7"  # of this test alone
MINUTE = timedelta(minutes=1)
WIDTH, PHONE = 1280, 390
REASON = "The cache holds what has no end."
MENDED = "Keys of the cache had lost their end; they are deleted."
FINDING = {
    "name": "redis",
    "section": 3,
    "title": "Redis answers",
    "result": "failed",
    "cause": "it is full",
    "evidence": ["used 512 MB of 512 MB"],
    "remedy": "redis-cli info memory",
    "explained_by": [],
}
ROUTE = {"route": "/family/{family_id}/sbd-account/transactions", "requests": 210, "failed": 31}
# Where to leave pictures of the pages, for who wants to look at them.
SHOTS = os.environ.get("INCIDENT_SHOTS")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    """The demo, whose monitoring may post alerts."""
    browser.require(request.config)
    with serving(tmp_path_factory.mktemp("incident"), MONITORING_SECRET=SECRET) as served:
        yield served


@pytest.fixture(autouse=True)
def _none() -> Iterator[None]:
    _forget()
    yield
    _forget()


@pytest.fixture
def page(chromium: Browser, served: Served) -> Watched:
    """A page on which staff are signed in."""
    watched = Watched(chromium.new_page(viewport={"width": WIDTH, "height": 900}))
    served.sign_in(watched)
    return watched


@pytest.mark.keeps_redis
def test_a_p1_is_played_whole(page: Watched, served: Served) -> None:
    began = clock.now()
    _alert(served, began)
    _see_and_escalate(page, served)
    _acknowledge_and_fix(page, served)
    _resolve(page, served, began)
    _write_the_post_mortem(page)

    kinds = [each["kind"] for each in _aside(records.events, _only()["_id"])]
    wanted = ("opened", "escalated", "escalated", "acknowledged", "alert_ended", "resolved", "post_mortem")
    assert _in_order(wanted, kinds), kinds
    # Users were told, and are told that it is over.
    page.open(f"{served.address}/status")
    page.page.get_by_text("It is over.").first.wait_for()
    assert page.look() == []


def _see_and_escalate(page: Watched, served: Served) -> None:
    """The incident stands on the first page; nobody takes it, so those above are called, level by level."""
    page.open(f"{served.address}/admin/")
    page.page.get_by_role("region", name="Open incidents").get_by_role("link", name="Redis").click()
    page.page.get_by_role("heading", level=1, name="Redis is down").wait_for()
    incident = _only()
    assert (incident["severity"], incident["section"], incident["level"]) == ("p1", 3, 0)
    assert page.page.get_by_text(re.compile(r"acknowledge in 1\d min")).count() == 1
    for level in (1, 2):
        _aside(changed, incident["_id"], acknowledge_by=clock.now() - MINUTE)
        assert _aside(escalating.escalate_due, clock.now()) == 1
        assert _only()["level"] == level
    page.page.reload()
    assert page.page.get_by_text("on-call engineer, DevOps lead, CTO (level 2)").count() == 1


def _acknowledge_and_fix(page: Watched, served: Served) -> None:
    """Somebody takes it, and applies doctor's fix from its page."""
    page.page.get_by_role("button", name="Acknowledge").click()
    page.page.get_by_text("Acknowledge: done.").wait_for()
    assert _only()["state"] == "acknowledged"
    store().set("cache:planted", "x")
    page.open(f"{served.address}/admin/runbook/fix/endless_keys/")
    page.page.get_by_label("Reason").fill(REASON)
    page.page.get_by_role("button", name="Apply it").click()
    page.page.get_by_role("region", name="What was done").wait_for()
    assert not store().exists("cache:planted")


def _resolve(page: Watched, served: Served, began: datetime) -> None:
    """Not while the alert fires; once all has been well for a quarter of an hour."""
    _do(page, _only(), "Resolve")
    page.page.get_by_label("What mended it").fill(MENDED)
    page.page.get_by_role("button", name="Resolve").click()
    page.page.get_by_text("Nothing was changed: It is not over yet.").wait_for()
    assert page.page.get_by_label("What mended it").input_value() == MENDED
    _alert(served, began, ends_at=clock.now() - 16 * MINUTE)
    _aside(looked_well, clock.now(), times=16)
    page.page.get_by_role("button", name="Resolve").click()
    page.page.get_by_text("Resolve: done.").wait_for()
    assert (_only()["state"], _only()["resolution"]) == ("resolved", MENDED)


def _write_the_post_mortem(page: Watched) -> None:
    """It begins with what happened."""
    incident = _only()
    _do(page, incident, "Write the post-mortem")
    begun = page.page.get_by_label("Post-mortem").input_value()
    assert f"# {incident['title']}" in begun
    assert "doctor.mended endless_keys" in begun
    page.page.get_by_role("button", name="Write the post-mortem").click()
    page.page.get_by_role("region", name="Post-mortem").wait_for()
    assert _only()["post_mortem"]["text"].strip() == begun.strip()


@pytest.mark.parametrize(
    ("scheme", "width"),
    [("dark", PHONE), ("light", WIDTH)],
)
def test_the_pages_of_incidents_can_be_read_by_everybody_everywhere(
    page: Watched, served: Served, scheme: Literal["light", "dark"], width: int
) -> None:
    began = clock.now()
    _alert(served, began)
    page.page.emulate_media(color_scheme=scheme)
    page.page.set_viewport_size({"width": width, "height": 844})
    faults: list[Any] = []

    def look(path: str, name: str) -> None:
        page.open(f"{served.address}/admin/{path}")
        if SHOTS:
            page.page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}-{width}.png", full_page=True)
        faults.extend([*page.look(), *browser.unreadable(page.page, width)])
        # What axe fetches itself, a policy may refuse: not what the page does.
        page.look()

    one = f"incidents/{_only()['_id']}/"
    look("", "front")
    look("incidents/", "list")
    look("incidents/open/", "open")
    look(one, "new")
    for name in ("note", "severity", "public", "tick", "follow-up", "resolve", "post-mortem"):
        look(f"{one}{name}/", name)
    _fill(served, _only(), began)
    look(one, "resolved")

    assert faults == []


def _fill(served: Served, incident: Document, began: datetime) -> None:
    """Let an incident have all that one can have, and be over."""
    now, day = clock.now(), (clock.now() - timedelta(days=2)).date().isoformat()
    _alert(served, began, ends_at=now)
    _aside(
        changed,
        incident["_id"],
        state="resolved",
        resolved_at=now,
        resolved_by="shell:ada",
        resolution=MENDED,
        doctor={"at": now, "result": "failed", "unwell": [FINDING]},
        impact={
            "since": began,
            "at": now,
            "requests": 1200,
            "failed": 31,
            "users": 7,
            "families": 3,
            "routes": [ROUTE],
            "unknown": [],
            "late": None,
        },
        bundle={"path": "/var/lib/sbd/bundles/incidents/inc.tar.gz", "sha256": "ab" * 32, "bytes": 81234}
        | {"at": now, "missing": []},
        boxes={"C09": {"at": now, "by": "shell:ada", "evidence": "the change", "note": None}},
        links=[{"what": "the change", "address": "https://git.example.org/7", "at": now, "by": "shell:ada"}],
        follow_ups=[
            {"id": "flw_1", "what": "Watch the memory", "owner": "ada", "due": day}
            | {"done_at": None, "done_by": None}
        ],
        post_mortem={"text": "# Why\n\nRedis was full.", "at": now, "by": "shell:ada"},
    )


def _do(page: Watched, incident: Document, label: str) -> None:
    """Go to an act from the incident's page."""
    page.open(f"{page.page.url.partition('/admin/')[0]}/admin/incidents/{incident['_id']}/")
    page.page.get_by_role("link", name=f"{label}…").click()
    page.page.get_by_role("heading", level=1, name=label).wait_for()


def _only() -> Document:
    (incident,) = _aside(records.latest, 2)
    return incident


def _aside(ask: Callable[..., T], *args: Any, **more: Any) -> T:
    """Ask the database on a thread of its own: the browser's runs an event loop, where Django refuses to."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask, *args, **more).result()


def _alert(served: Served, began: datetime, *, ends_at: datetime | None = None) -> None:
    """Post an alert as Alertmanager does: it fires, or has ended."""
    starts_at = began - 30 * MINUTE
    labels = {"alertname": "RedisDown", "severity": "p1", "section": "3", "kind": "outage"}
    annotations = {"summary": "Redis is down", "command": "manage.py doctor --section 3"}
    alert = {
        "status": "resolved" if ends_at else "firing",
        "labels": labels,
        "annotations": annotations,
        "startsAt": starts_at.isoformat(),
        "endsAt": ends_at.isoformat() if ends_at else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "a1b2c3d4e5f60718",
    }
    sent = {
        "version": "4",
        "groupKey": "{}",
        "truncatedAlerts": 0,
        "status": alert["status"],
        "receiver": "p1",
        "groupLabels": {},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager",
        "alerts": [alert],
    }
    head = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    request = urllib.request.Request(  # noqa: S310  # our own address
        f"{served.address}/admin/alerts", data=json.dumps(sent).encode(), headers=head
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as got:  # noqa: S310  # as above
            assert got.status == 200
    except urllib.error.HTTPError as refused:
        pytest.fail(refused.read().decode())


def _in_order(wanted: tuple[str, ...], found: list[str]) -> bool:
    """Tell whether these stand among the others in this order."""
    rest = iter(found)
    return all(each in rest for each in wanted)


def _forget() -> None:
    forget_all()
    for name in (CLAIMS, "incident_pages"):
        control_collection(name).delete({})
