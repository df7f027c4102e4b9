"""The demo's inbox, and mail without a server. Source: design, section 6."""

import html
import importlib
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import clear_url_caches

from family_site import urls
from ops import clock, links
from ops.health import components
from ops.links import LinkKind
from ops.outbox import queries, templates
from ops.outbox.delivery import deliver_due
from ops.outbox.templates import Context, NoLongerWantedError, Template
from tests.api import Api
from tests.console import Page
from tests.database import documents
from tests.ops.outbox.queued import MINUTE, queued, states

LINK = links.issue(LinkKind.CONFIRM_EMAIL, "user_1")


@pytest.fixture
def demo() -> Iterator[None]:
    """The routes as the demo has them."""
    with override_settings(MAIL_SERVER=None, MAIL_INBOX=True):
        _mount()
        yield
    _mount()


def _mount() -> None:
    importlib.reload(sys.modules[urls.__name__])
    clear_url_caches()


def look(path: str = "/demo/inbox") -> Page:
    return Page(Client().get(path))


def frame(page: Page) -> str:
    (found,) = re.findall(r'srcdoc="([^"]*)"', page.html)
    return html.unescape(found)


@pytest.mark.usefixtures("demo", "kept_templates")
def test_a_mail_counts_as_sent_and_is_shown_with_its_link_which_is_stored_nowhere() -> None:
    token = links.token(LinkKind.CONFIRM_EMAIL, "user_1", LINK)
    assert token is not None

    def facts(_context: Context) -> Any:
        return {"asked_by": f"https://families.example.com/confirm/{token}", "asked_at": "<b>now</b>"}

    noted: list[Context] = []
    templates.register(Template("test", "Confirm", facts, {}, noted.append))
    (ada,) = queued("ada")

    assert deliver_due(now=clock.now() + MINUTE) == 1

    assert states() == {"ada": ("sent", 1, None)}
    assert len(noted) == 1
    page = look(f"/demo/inbox/{ada}")
    assert page.status == 200
    assert f"https://families.example.com/confirm/{token}" in page.links
    assert token in frame(page)
    assert "<b>now</b>" not in page.html
    assert "&lt;b&gt;now&lt;/b&gt;" in frame(page)
    assert page.raw.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert token not in repr(documents())


@pytest.mark.usefixtures("demo")
def test_the_newest_is_listed_first_whatever_its_state() -> None:
    now = clock.now()
    for age, name in enumerate(("cleo", "bert", "ada")):
        queued(name, now=now - age * MINUTE)

    page = look()

    assert re.findall(r"<td>(\w+)@example.com</td>", page.html) == ["cleo", "bert", "ada"]
    assert page.text.count("queued") == 3 + 1  # and the head of a column
    assert len([each for each in page.links if each.startswith("/demo/inbox/mail_")]) == 3


@pytest.mark.usefixtures("demo", "kept_templates")
def test_what_is_over_or_broken_is_said_and_hides_no_other_mail() -> None:
    def over(_context: Context) -> Any:
        raise NoLongerWantedError("the link was replaced")

    (ada,) = queued("ada")
    templates.register(Template("over", "Gone", over, {}))
    (bert,) = queued("bert", template="over")
    queued("cleo", template="not_registered")

    assert "not_registered (it cannot be rendered: KeyError)" in look().text
    assert "over (no longer wanted: the link was replaced)" in look().text
    page = look(f"/demo/inbox/{bert}")
    assert "queued: no longer wanted: the link was replaced There is nothing to show." in page.text
    assert look(f"/demo/inbox/{ada}").status == 200
    assert look("/demo/inbox/mail_nothing").status == 404


@pytest.mark.usefixtures("demo")
def test_an_empty_inbox_says_how_a_mail_gets_there() -> None:
    assert "None yet." in look().text
    assert "manage.py sendtestemail" in look().text


@pytest.mark.usefixtures("demo")
def test_in_the_demo_mail_is_well_without_a_server() -> None:
    assert queries.fault() is None


def test_elsewhere_there_is_no_inbox() -> None:
    (ada,) = queued("ada")

    assert [Api().get(each).status for each in ("/demo/inbox", f"/demo/inbox/{ada}")] == [404, 404]


def test_without_a_server_health_is_degraded_and_says_why() -> None:
    with override_settings(MAIL_SERVER=None):
        components.prober.reset()
        answer = Api().get("/health")
    components.prober.reset()

    assert answer.status == 200
    assert answer.json["status"] == "degraded"
    email = answer.json["components"]["email"]
    assert (email["status"], email["detail"]) == ("unhealthy", "no mail server is set")


def test_what_is_due_for_more_than_ten_minutes_is_told() -> None:
    now = clock.now()
    queued("ada", now=now - timedelta(minutes=9))
    assert queries.fault() is None

    queued("bert", now=now - timedelta(minutes=11))

    since = now - timedelta(minutes=11)
    assert queries.fault() == f"the oldest mail that is due waits since {since:%Y-%m-%d %H:%M} UTC"
