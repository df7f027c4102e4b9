"""The product as it is installed, in a directory of its own, on servers of its own."""

from collections.abc import Iterator

import pytest

from tests.faults.conftest import ground
from tests.ops.deploy.sites import Front, Web
from tests.tools import require


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """The environment of the product's processes, with two servers that are ready for them."""
    with ground() as at:
        yield at.environment


@pytest.fixture(scope="module")
def web(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The web processes of the shipped unit."""
    web = Web(tmp_path_factory.mktemp("web"), environment)
    yield web
    web.close()


@pytest.fixture(scope="module")
def front(
    request: pytest.FixtureRequest, web: Web, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """The shipped site, before them."""
    nginx = require(request.config, "nginx")
    require(request.config, "openssl")
    front = Front(nginx, tmp_path_factory.mktemp("nginx"), web.port)
    yield front
    front.stop()
