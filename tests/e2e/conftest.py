"""The demo, started once for the tests that only call it."""

from collections.abc import Iterator

import pytest

from tests.e2e.demo import Run, running


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The running system, with the demo's families in it."""
    with running(tmp_path_factory.mktemp("served") / "var") as run:
        assert run.is_ready(), run.lines()
        yield run
