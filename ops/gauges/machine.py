"""The machine, the parts of the system, and which release this is."""

import http.client
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from django.conf import settings

from ops.deployments import release
from ops.health.components import prober
from ops.metrics.sources import Figure, Found, Source, register

PRESSURE = Path("/proc/pressure")
RESOURCES = ("cpu", "memory", "io")
# Of what the kernel tells, the average of the last minute.
AVERAGE = "avg60="
WEB_SECONDS = 2.0


def enter() -> None:
    """Register."""
    register(
        Source(
            "pressure",
            [
                Figure(
                    "pressure_ratio",
                    "Share of the last minute in which work waited for a resource.",
                    ("resource", "kind"),
                )
            ],
            lambda: {"pressure_ratio": _pressure()},
        )
    )
    register(
        Source(
            "components",
            [Figure("component_up", "Whether a part of the system does its work.", ("component",))],
            lambda: {"component_up": _components()},
        )
    )
    register(
        Source(
            "web",
            [Figure("web_ready", "Whether the web process takes requests.")],
            lambda: {"web_ready": float(_is_web_ready())},
        )
    )
    register(
        Source(
            "build",
            [Figure("build_info", "The release that shows these metrics.", ("version", "commit"))],
            _build,
        )
    )


def _pressure() -> dict[tuple[str, ...], float]:
    """Return the shares, between 0 and 1; none where the kernel does not tell them."""
    found: dict[tuple[str, ...], float] = {}
    for resource in RESOURCES:
        try:
            told = (PRESSURE / resource).read_text(encoding="ascii")
        except OSError:  # not there, or switched off
            continue
        for line in told.splitlines():
            kind, *words = line.split()
            (average,) = (word.removeprefix(AVERAGE) for word in words if word.startswith(AVERAGE))
            found[resource, kind] = float(average) / 100
    return found


def _components() -> dict[str, float]:
    return {each.component.name: float(each.fault is None) for each in prober.findings()}


def _is_web_ready() -> bool:
    try:
        with urllib.request.urlopen(settings.RUN_READY_URL, timeout=WEB_SECONDS) as answer:  # noqa: S310  # our own address
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, http.client.HTTPException):  # what is refused, or not there, is not ready
        return False


def _build() -> Mapping[str, Found]:
    this = release.current()
    labels: tuple[str, ...] = (this.version, this.commit or "unknown")
    return {"build_info": {labels: 1.0}}
