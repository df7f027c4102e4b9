"""The demo, started once for the tests that only call it."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.conf import settings
from playwright.sync_api import Browser
from redis import Redis

from ops import embedded
from tests import browser
from tests.browser import Watched
from tests.e2e.console_demo import Served
from tests.e2e.demo import Run, running
from tests.mailbox import Mailbox

FLUSH_EVERY_SECONDS = 0.5


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark that these fixtures know."""
    config.addinivalue_line("markers", "keeps_redis: it looks at what lies in Redis, so nobody empties it")


@pytest.fixture(scope="session")
def mails() -> Iterator[Mailbox]:
    """The mail server of the running system."""
    mails = Mailbox()
    try:
        yield mails
    finally:
        mails.stop()


@pytest.fixture(scope="session")
def served(mails: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The running system, with the demo's families in it, and a mail server."""
    with running(
        tmp_path_factory.mktemp("served") / "var",
        MAIL_URL=mails.url,
        MAIL_FROM="Families <no-reply@families.example.com>",
    ) as run:
        assert run.is_ready(), run.lines()
        yield run


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """A browser."""
    with browser.chromium() as started:
        yield started


@pytest.fixture
def page(chromium: Browser, served: Served) -> Watched:
    """A page on which staff are signed in; for modules that serve the console alone."""
    watched = Watched(chromium.new_page())
    served.sign_in(watched)
    return watched


@pytest.fixture(autouse=True)
def _flushed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Empty the running system's Redis again and again during a test: that costs time, and nothing else.

    Source: design, section 2; HTTP contract, section 18 (rule 20).
    """
    if "served" not in request.fixturenames or "keeps_redis" in request.keywords:
        yield
        return
    address = _redis_of(request.getfixturevalue("served"))
    is_over = threading.Event()

    def flush() -> None:
        with closing(Redis.from_url(address)) as redis:
            while not is_over.wait(FLUSH_EVERY_SECONDS):
                redis.flushall()

    flusher = threading.Thread(target=flush)
    flusher.start()
    yield
    is_over.set()
    flusher.join()


def _redis_of(served: object) -> str:
    """Return the address of the Redis that a running system uses: its own, or the tests'."""
    if not isinstance(served, Run):
        return str(settings.REDIS_URL)
    servers = embedded.running(served.var)
    assert servers is not None
    return str(servers.redis_url)
