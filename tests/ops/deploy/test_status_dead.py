"""The status page of the whole product while its parts are killed, and as a browser shows it."""

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from family_site.settings.environment import BASE_DIR
from ops.embedded import ports
from tests.browser import Watched, chromium, unreadable
from tests.browser import require as require_browser
from tests.faults.conftest import Ground, ground, spawn, until
from tests.ops.deploy.sites import Front, Web

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def at() -> Iterator[Ground]:
    with ground() as at:
        yield at


@pytest.fixture(scope="module")
def environment(at: Ground) -> dict[str, str]:
    return at.environment


@pytest.fixture(scope="module")
def metrics(at: Ground, web: Web, front: Front) -> Iterator[None]:
    """The process of the metrics, which keeps the copy where nginx looks."""
    front.status.symlink_to(at.var / "status")
    numbers = {"PORT": str(web.port), "METRICS_PORT": str(next(ports.candidates(None, "METRICS_PORT")))}
    command = [sys.executable, str(BASE_DIR / "manage.py"), "metrics"]
    process = spawn(command, at.environment | numbers, at.var / "metrics.log")
    yield
    process.kill()
    process.wait()


def asked(front: Front) -> tuple[httpx.Response, Any]:
    with front.client() as client:
        answer = client.get("/status.json")
        assert answer.status_code == 200
        assert client.get("/status").status_code == 200
        assert client.get("/status.atom").status_code == 200
    return answer, json.loads(answer.content)


def states(said: Any) -> dict[str, str]:
    return {each["id"]: each["state"] for each in said["components"]}


def is_told(front: Front, part: str, state: str) -> bool:
    return states(asked(front)[1])[part] == state


@pytest.mark.usefixtures("metrics")
def test_it_answers_while_one_after_the_other_is_killed(at: Ground, web: Web, front: Front) -> None:
    until(lambda: (front.status / "status.json").exists() and is_told(front, "api", "operational"))
    assert "x-status-copy" not in asked(front)[0].headers

    at.mongodb.kill()
    until(lambda: is_told(front, "api", "down"))
    assert "x-status-copy" not in asked(front)[0].headers

    web.stop()
    until(lambda: is_told(front, "api", "down") and "x-status-copy" in asked(front)[0].headers)
    assert states(asked(front)[1])["email"] == "down"
    first = asked(front)[1]["as_of"]
    until(lambda: asked(front)[1]["as_of"] != first)

    at.mongodb.come_back()
    until(lambda: states(asked(front)[1])["email"] != "down")
    assert is_told(front, "api", "down")
    web.start()
    until(lambda: is_told(front, "api", "operational"))
    assert asked(front)[1]["components"][0]["days"][-1]["seen"] >= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.usefixtures("metrics")
def test_page_and_copy_are_readable(
    request: pytest.FixtureRequest, web: Web, front: Front, scheme: Any, width: int
) -> None:
    require_browser(request.config)
    until((front.status / "index.html").exists)
    copy = (front.status / "index.html").resolve().as_uri()
    size: Any = {"width": width, "height": 900}
    with (
        chromium() as browser,
        contextlib.closing(browser.new_context(color_scheme=scheme, viewport=size)) as context,
    ):
        for address in (f"http://localhost:{web.port}/status", copy):
            shown = Watched(context.new_page())
            shown.open(address)
            assert (shown.look(), unreadable(shown.page, width)) == ([], [])
