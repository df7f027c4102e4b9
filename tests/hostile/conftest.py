"""The real system, served once for all of these tests."""

from collections.abc import Iterator

import pytest

from tests.hostile.served import Served

FIGURES = pytest.StashKey[str]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures, the seed among them, when all is over."""
    if figures := config.stash.get(FIGURES, ""):
        terminalreporter.section("hostile requests")
        terminalreporter.write_line(figures)


@pytest.fixture(scope="package")
def served(_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("hostile") / "log")
    yield served
    served.stop()
