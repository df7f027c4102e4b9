"""A mail server, and templates of the tests' own."""

import copy
from collections.abc import Iterator

import pytest

from ops.outbox import templates
from tests.mailbox import Mailbox, mailbox


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture
def kept_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it."""
    monkeypatch.setattr(templates, "_templates", copy.copy(templates._templates))  # noqa: SLF001  # put back after
