"""Faults of the site: who has the port, nginx, certificates, metrics, maintenance, rules of access."""

import shutil
import sys
from datetime import timedelta

from faults.catalogue.parts import STALE_SECONDS
from faults.fault import Deed, Fault, as_printed
from faults.front import USUAL_DAYS
from faults.ground import Ground
from faults.members import LOOPBACK
from faults.part import Part
from ops.embedded import ports

NOBODY = 1  # a port on which nobody ever listens
REASON = ("--reason", "tried out")


def _another_program(ground: Ground, name: str, port: int) -> None:
    command = [
        sys.executable,
        "-m",
        "http.server",
        str(port),
        "--bind",
        LOOPBACK,
        "--directory",
        str(ground.at / "run"),
    ]
    ground.other = Part(
        name, command, ground.environment, ground.at / "log" / "other.log", lambda: ports.answers(port)
    )
    ground.other.start()


def _web_port_taken(ground: Ground) -> None:
    ground.web.stop()
    _another_program(ground, "another program", ground.web_port)


def _metrics_port_taken(ground: Ground) -> None:
    ground.metrics.stop()
    _another_program(ground, "another program", ground.metrics_port)


def _started_again(ground: Ground, _said: object) -> None:
    ground.mend()
    for part in (ground.web, ground.metrics):
        part.start()


def _upstream(port: int) -> Deed:
    def configure(ground: Ground) -> None:
        ground.site().configure(port)
        ground.site().reload()

    return configure


def _right_upstream(ground: Ground, _said: object) -> None:
    _upstream(ground.web_port)(ground)


def _certificate(lifetime: timedelta, name: str = "localhost") -> Deed:
    def certify(ground: Ground) -> None:
        ground.site().certify(lifetime, name=name)
        ground.site().reload()

    return certify


def _usual_certificate(ground: Ground, _said: object) -> None:
    _certificate(timedelta(days=USUAL_DAYS))(ground)
    if ground.load is not None:  # it has read the old one
        ground.load.restart()


def _metrics_emptied(ground: Ground) -> None:
    for each in (ground.at / "run" / "metrics" / "web").iterdir():
        each.unlink()


def _web_anew(ground: Ground, _said: object) -> None:
    ground.web.restart()


def _maintenance(ground: Ground) -> None:
    ground.manage("maintenance", "on", *REASON)


def _one_worker_frozen(ground: Ground) -> None:
    ground.web.freeze(children_only=True)


def _thawed(ground: Ground, _said: object) -> None:
    ground.web.thaw()
    ground.worker.thaw()


def _takes_nothing(ground: Ground) -> None:
    ground.worker.freeze(children_only=True)


def _blocked(ground: Ground) -> None:
    ground.manage("access", "block", "address", LOOPBACK, *REASON)


def _unblocked(ground: Ground, _said: object) -> None:
    ground.manage("access", "remove", "block", "address", LOOPBACK, *REASON)


def _metrics_directory_gone(ground: Ground) -> None:
    shutil.rmtree(ground.at / "run" / "metrics" / "worker")


def _worker_anew(ground: Ground, _said: object) -> None:
    ground.worker.restart()


_PORT, _METRICS, _TLS = frozenset({"port"}), frozenset({"metrics"}), frozenset({"tls"})
FAULTS = (
    Fault("another program has the web port", _PORT, _web_port_taken, _started_again, printed="ps -fp"),
    Fault(
        "another program has the metrics' port",
        _METRICS,
        _metrics_port_taken,
        _started_again,
        printed="ss -ltnp",
    ),
    Fault(
        "the web processes' children are frozen",
        frozenset({"port", "process"}),
        _one_worker_frozen,
        _thawed,
        printed="kill -CONT",
    ),
    Fault(
        "the worker lives and takes no tasks",
        frozenset({"worker", "process"}),
        _takes_nothing,
        _thawed,
        shows_after=200.0,
        heals_within=90.0,
    ),
    Fault("nginx: its upstream is another port", frozenset({"nginx"}), _upstream(NOBODY), _right_upstream),
    Fault("the certificate has expired", _TLS, _certificate(timedelta(days=-1)), _usual_certificate),
    Fault("the certificate ends in 5 days", _TLS, _certificate(timedelta(days=5)), _usual_certificate),
    Fault(
        "the certificate is another name's",
        _TLS,
        _certificate(timedelta(days=USUAL_DAYS), "other.example.com"),
        _usual_certificate,
    ),
    Fault("metrics: the web processes' files are deleted", _METRICS, _metrics_emptied, _web_anew),
    Fault("metrics: the worker's directory is deleted", _METRICS, _metrics_directory_gone, _worker_anew),
    Fault(
        "maintenance is on",
        frozenset({"maintenance"}),
        _maintenance,
        as_printed,
        printed="maintenance off",
        shows_after=STALE_SECONDS,
    ),
    Fault("the proxy is blocked", frozenset({"access"}), _blocked, _unblocked, printed="access list"),
)
