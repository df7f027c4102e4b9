"""Figures of the exporter's page: what all processes have counted since their start."""

import http.client
from collections.abc import Callable
from http import HTTPStatus

from ops.bundle.errors import CannotReadError
from ops.bundle.scene import Scene
from ops.metrics import exporter, page

HOST, SECONDS = "127.0.0.1", 3.0
MOST_BYTES = 20_000_000
BUCKETS = "_bucket{"


def figures(*names: str) -> Callable[[Scene], str]:
    """Return a piece's reader: the figures whose names begin so, without the buckets of histograms."""

    def read(scene: Scene) -> str:
        scene.need_settings()
        lines = [
            line
            for line in _page().splitlines()
            if line.startswith(names) and BUCKETS not in line and not line.endswith(" 0.0")
        ]
        return "\n".join(lines) or "all of them are 0"

    return read


def _page() -> str:
    port = page.port()
    connection = http.client.HTTPConnection(HOST, port, timeout=SECONDS)
    try:
        connection.request("GET", exporter.PATH, headers={"Connection": "close"})
        answer = connection.getresponse()
        text = answer.read(MOST_BYTES).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        reason = f"the exporter does not answer at {HOST}:{port}: {type(error).__name__}"
        raise CannotReadError(reason) from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise CannotReadError(f"{HOST}:{port} answers {answer.status}: another program has the port")
    return text
