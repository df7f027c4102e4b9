"""The demo, started once for the tests that only call it."""

from collections.abc import Iterator

import pytest

from tests.e2e.demo import Run, running
from tests.mailbox import Mailbox


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
